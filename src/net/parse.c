/* SPDX-License-Identifier: MIT
 *
 * parse.c - what the text of an address says.
 *
 * The text is cut into its parts from the outside in: scheme, port, host; each
 * part is then read by a function that knows how it is written, and says so
 * when it is not.  The port stands behind the last colon, and an IPv6 host ends
 * with the last bracket, for an interface's name may contain either.
 *
 * A host is a name only if it cannot be meant for anything else: what ends in a
 * number is an IPv4 address in four parts or an error, because the system's own
 * look-up takes spellings of it that filters do not know.
 */
#define _GNU_SOURCE /* memrchr */

#include "base/memory.h"
#include "net/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

/* A part of a text. */
struct part {
    const char *at;
    size_t size;
};

/* For "%.*s". */
#define PART(p) (int)(p).size, (p).at

/* What is being read. */
struct text {
    const char *whole; /* for messages */
    const char *scheme;
    int type; /* of socket, by the scheme */
};

static int CEDE_PRINTF_(2, 3) wrong(const struct text *t, const char *fmt, ...)
{
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return cede_fail(-EINVAL, "address '%.200s': %s", t->whole, what);
}

/* ---- numbers ----------------------------------------------------------- */

static bool all_digits(struct part p)
{
    for (size_t i = 0; i < p.size; i++)
        if (p.at[i] < '0' || p.at[i] > '9')
            return false;
    return p.size > 0;
}

/* Of digits alone, and at most so large. */
static bool number(struct part p, unsigned long most, unsigned long *out)
{
    unsigned long n = 0;
    if (!all_digits(p))
        return false;
    for (size_t i = 0; i < p.size; i++) {
        n = n * 10 + (unsigned long)(p.at[i] - '0');
        if (n > most)
            return false;
    }
    *out = n;
    return true;
}

static int read_port(const struct text *t, struct part p, uint16_t *out)
{
    unsigned long n;
    if (!number(p, UINT16_MAX, &n))
        return wrong(t, "port '%.*s' is no number within 0 and 65535", PART(p));
    *out = (uint16_t)n;
    return 0;
}

/* ---- IP ---------------------------------------------------------------- */

/* As a string, for functions that need one; false: it is longer than any. */
static bool copy(struct part p, char *out, size_t size)
{
    if (p.size >= size)
        return false;
    memcpy(out, p.at, p.size);
    out[p.size] = '\0';
    return true;
}

/* A number, or the name of an interface. */
static int read_scope(const struct text *t, struct part p, uint32_t *out)
{
    char name[IF_NAMESIZE];
    unsigned long n = 0;
    if (number(p, UINT32_MAX, &n)) {
        *out = (uint32_t)n;
        return 0;
    }
    int saved = errno, why = ENODEV;
    if (p.size > 0 && copy(p, name, sizeof name)) {
        n = if_nametoindex(name);
        why = errno;
    }
    cd_errno_restore(saved);
    *out = (uint32_t)n;
    if (n == 0 && why != ENODEV)
        return cede_fail(-why, "address '%.200s': interface '%.*s': %s",
                         t->whole, PART(p), cede_strerror(-why));
    return n ? 0
             : wrong(t, "'%.*s' is no network interface of this system",
                     PART(p));
}

static int set(const struct text *t, const void *raw, size_t size,
               cede_address *out)
{
    return cede_address_from(raw, size, t->type, out);
}

static int read_v6(const struct text *t, struct part p, uint16_t port,
                   cede_address *out)
{
    char host[INET6_ADDRSTRLEN];
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
                               .sin6_port = htons(port)};
    struct part bare = {p.at, 0};
    while (bare.size < p.size && p.at[bare.size] != '%')
        bare.size++;
    if (!copy(bare, host, sizeof host) ||
        inet_pton(AF_INET6, host, &in6.sin6_addr) != 1)
        return wrong(t, "'%.*s' is no IPv6 address", PART(bare));
    if (bare.size < p.size) {
        struct part name = {p.at + bare.size + 1, p.size - bare.size - 1};
        CEDE_TRY(read_scope(t, name, &in6.sin6_scope_id));
    }
    return set(t, &in6, sizeof in6, out);
}

static int read_v4(const struct text *t, struct part p, uint16_t port,
                   cede_address *out)
{
    char host[INET_ADDRSTRLEN];
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (!copy(p, host, sizeof host) ||
        inet_pton(AF_INET, host, &in.sin_addr) != 1)
        return wrong(t, "'%.*s' is no IPv4 address in four parts", PART(p));
    return set(t, &in, sizeof in, out);
}

static int read_any(const struct text *t, uint16_t port, cede_address *out)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
                               .sin6_port = htons(port),
                               .sin6_addr = IN6ADDR_ANY_INIT};
    CEDE_TRY(set(t, &in6, sizeof in6, out));
    out->any_ = true;
    return 0;
}

/* ---- names ------------------------------------------------------------- */

/* Does its last label say that it is meant for an IPv4 address? */
static bool ends_in_number(struct part p)
{
    if (p.size > 0 && p.at[p.size - 1] == '.')
        p.size--;
    const char *dot = p.size ? memrchr(p.at, '.', p.size) : NULL;
    struct part last = p;
    if (dot)
        last = (struct part){dot + 1, p.size - (size_t)(dot + 1 - p.at)};
    return all_digits(last) ||
           (last.size >= 2 && last.at[0] == '0' && (last.at[1] | 32) == 'x');
}

static bool may_be_in_name(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_';
}

static int read_name(const struct text *t, struct part p, uint16_t port,
                     struct cd_host *out)
{
    for (size_t i = 0; i < p.size; i++) {
        unsigned char c = (unsigned char)p.at[i];
        if (c >= 0x80)
            return wrong(t, "the host is not in ASCII; such names are written "
                            "as xn--...");
        if (c == ':')
            return wrong(t,
                         "an IPv6 host stands in brackets, as in "
                         "%s[::1]:80",
                         t->scheme);
        if (c < ' ')
            return wrong(t, "the host has a control character, byte %d", c);
        if (!may_be_in_name((char)c))
            return wrong(t, "host '%.*s': no name has a '%c'", PART(p), c);
    }
    if (!copy(p, out->name, sizeof out->name))
        return wrong(t, "the host is longer than %d bytes", CD_HOST_MOST);
    out->type = t->type;
    out->port = port;
    return 1;
}

static int read_host(const struct text *t, struct part p, uint16_t port,
                     cede_address *out, struct cd_host *host)
{
    if (p.size == 0 || (p.size == 1 && p.at[0] == '*'))
        return read_any(t, port, out);
    if (p.at[0] == '[')
        return read_v6(t, (struct part){p.at + 1, p.size - 2}, port, out);
    if (ends_in_number(p) && !memchr(p.at, ':', p.size))
        return read_v4(t, p, port, out);
    return read_name(t, p, port, host);
}

/* ---- host and port ----------------------------------------------------- */

/* Behind the host, that is at its colon; NULL: there is none. */
static const char *colon_of(const struct text *t, const char *at, int *rc)
{
    const char *bracket = at[0] == '[' ? strrchr(at, ']') : NULL;
    const char *colon = bracket ? bracket + 1 : strrchr(at, ':');
    if (at[0] == '[' && !bracket)
        *rc = wrong(t, "the ']' of the IPv6 host is missing, as in %s[::1]:80",
                    t->scheme);
    else if (bracket && *colon && *colon != ':')
        *rc = wrong(t, "']' is followed by '%.20s', not by ':' and a port",
                    colon);
    else if (!colon || !*colon || !colon[1])
        *rc = wrong(t, "the port is missing, as in %s%.*s:80", t->scheme,
                    colon ? (int)(colon - at) : 100, at);
    return colon;
}

static int read_ip(const struct text *t, const char *at, cede_address *out,
                   struct cd_host *host)
{
    int rc = 0;
    uint16_t port = 0;
    const char *colon = colon_of(t, at, &rc);
    if (rc < 0)
        return rc;
    struct part name = {at, (size_t)(colon - at)};
    struct part digits = {colon + 1, strlen(colon + 1)};
    CEDE_TRY(read_port(t, digits, &port));
    return read_host(t, name, port, out, host);
}

/* ---- Unix -------------------------------------------------------------- */

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The byte at *at, which is moved past it; -1: it is no escape. */
static int next_byte(const char **at)
{
    const char *p = *at;
    *at += 1;
    if (p[0] != '%')
        return (unsigned char)p[0];
    int high = hex(p[1]), low = high < 0 ? -1 : hex(p[2]);
    *at += 2;
    return low < 0 ? -1 : high * 16 + low;
}

static int read_abstract(const struct text *t, const char *at,
                         cede_address *out)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t length = 1; /* a zero comes before the name */
    while (*at) {
        const char *from = at;
        int byte = next_byte(&at);
        if (byte < 0)
            return wrong(t, "'%.3s' is no escape of a byte, as in %%00", from);
        if (length == CD_PATH_SIZE)
            return wrong(t, "the abstract name is longer than %d bytes",
                         CD_PATH_SIZE - 1);
        un.sun_path[length++] = (char)byte;
    }
    return cede_address_from(&un, CD_PATH_AT + length, 0, out);
}

static int read_unix(const struct text *t, const char *at, cede_address *out)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t length = strlen(at);
    if (at[0] == '@')
        return read_abstract(t, at + 1, out);
    if (length >= CD_PATH_SIZE)
        return wrong(t, "the path is longer than %d bytes", CD_PATH_SIZE - 1);
    memcpy(un.sun_path, at, length);
    return cede_address_from(&un, CD_PATH_AT + length, 0, out);
}

/* ---- all of it --------------------------------------------------------- */

/* What follows the scheme, if it is this one. */
static const char *behind(const char *text, const char *scheme)
{
    size_t size = strlen(scheme);
    return strncmp(text, scheme, size) == 0 ? text + size : NULL;
}

int cd_address_read(const char *text, cede_address *out, struct cd_host *host)
{
    if (!text)
        return cede_fail(-EINVAL, "an address of which the text is NULL");
    struct text tcp = {text, "tcp://", SOCK_STREAM};
    struct text udp = {text, "udp://", SOCK_DGRAM};
    const char *at;
    if ((at = behind(text, tcp.scheme)))
        return read_ip(&tcp, at, out, host);
    if ((at = behind(text, udp.scheme)))
        return read_ip(&udp, at, out, host);
    if ((at = behind(text, "unix:")))
        return read_unix(&tcp, at, out);
    return wrong(&tcp, "it begins with none of tcp://, udp:// and unix:");
}

int cede_address_parse(const char *text, cede_address *out)
{
    cede_address a;
    struct cd_host host;
    int rc = cd_address_read(text, &a, &host);
    if (rc > 0)
        return cede_fail(CEDE_EDNS,
                         "address '%.200s': host '%s' is a name, which has to "
                         "be looked up: cede_resolve_name",
                         text, host.name);
    if (rc == 0 && out)
        *out = a;
    return rc;
}
