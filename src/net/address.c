/* SPDX-License-Identifier: MIT
 *
 * address.c - addresses: what the kernel has, and its text.
 *
 * An address holds the kernel's own form, so that a socket call needs no
 * conversion, and what that does not say: the type of socket, and whether all
 * interfaces were meant.  Of Unix addresses the size counts: paths are kept
 * without what follows their end, abstract names to their last byte.
 *
 * What is read here may have come from anywhere, so nothing is taken for a
 * string before its end was found.
 */
#include "net/address.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

_Static_assert(sizeof((cede_address *)0)->raw_ ==
                   sizeof(struct sockaddr_storage),
               "an address has room for all there are");

/* ---- parts ------------------------------------------------------------- */

int cede_address_family(const cede_address *a)
{
    sa_family_t family = 0;
    if (a->raw_size_ > 0)
        memcpy(&family, a->raw_, sizeof family);
    return family;
}

static bool has_port(const cede_address *a)
{
    int family = cede_address_family(a);
    return family == AF_INET || family == AF_INET6;
}

/* It lies in the same place for both. */
_Static_assert(offsetof(struct sockaddr_in, sin_port) ==
                   offsetof(struct sockaddr_in6, sin6_port),
               "one place for ports");

int cede_address_port(const cede_address *a)
{
    struct sockaddr_in in;
    if (!has_port(a))
        return cede_fail(-EINVAL, "this address has no port");
    memcpy(&in, a->raw_, sizeof in);
    return ntohs(in.sin_port);
}

void cd_address_set_port(cede_address *a, uint16_t port)
{
    struct sockaddr_in in;
    memcpy(&in, a->raw_, sizeof in);
    in.sin_port = htons(port);
    memcpy(a->raw_, &in, sizeof in);
}

int cede_address_type(const cede_address *a)
{
    return (int)a->type_;
}

bool cede_address_is_any(const cede_address *a)
{
    return a->any_;
}

const void *cede_address_raw(const cede_address *a, size_t *size)
{
    *size = a->raw_size_;
    return a->raw_;
}

/* What is not part of the kernel's form is zero. */
bool cede_address_equal(const cede_address *a, const cede_address *b)
{
    return a->raw_size_ == b->raw_size_ && a->type_ == b->type_ &&
           a->any_ == b->any_ && memcmp(a->raw_, b->raw_, sizeof a->raw_) == 0;
}

/* ---- of the system's --------------------------------------------------- */

static int from_in(const void *raw, cede_address *out)
{
    struct sockaddr_in in;
    memcpy(&in, raw, sizeof in);
    memset(in.sin_zero, 0, sizeof in.sin_zero);
    memcpy(out->raw_, &in, sizeof in);
    out->raw_size_ = sizeof in;
    return 0;
}

static int from_in6(const void *raw, cede_address *out)
{
    struct sockaddr_in6 in6;
    memcpy(&in6, raw, sizeof in6);
    in6.sin6_flowinfo = 0; /* of a packet, not of where it comes from */
    memcpy(out->raw_, &in6, sizeof in6);
    out->raw_size_ = sizeof in6;
    return 0;
}

/* The kernel counts the zero behind a path, for which there may be no room:
 * then it is not counted here. */
static int from_un(const void *raw, size_t size, cede_address *out)
{
    const char *path = (const char *)raw + CD_PATH_AT;
    size_t length = size - CD_PATH_AT;
    if (length > CD_PATH_SIZE)
        length = CD_PATH_SIZE;
    if (length > 0 && path[0])
        length = strnlen(path, length);
    memcpy(out->raw_, raw, CD_PATH_AT + length);
    if (length > 0 && path[0] && length < CD_PATH_SIZE)
        length++;
    out->raw_size_ = (unsigned)(CD_PATH_AT + length);
    return 0;
}

static int wrong_size(size_t size, int family)
{
    return cede_fail(-EINVAL, "%zu bytes are no address of family %d", size,
                     family);
}

static int from(const void *raw, size_t size, cede_address *out)
{
    sa_family_t family = 0;
    if (size >= sizeof family)
        memcpy(&family, raw, sizeof family);
    if (family == AF_INET && size >= sizeof(struct sockaddr_in))
        return from_in(raw, out);
    if (family == AF_INET6 && size >= sizeof(struct sockaddr_in6))
        return from_in6(raw, out);
    /* And the zero behind the longest path. */
    if (family == AF_UNIX && size <= CD_PATH_AT + CD_PATH_SIZE + 1)
        return from_un(raw, size, out);
    if (family == AF_INET || family == AF_INET6 || family == AF_UNIX ||
        size < sizeof family)
        return wrong_size(size, family);
    return cede_fail(-EAFNOSUPPORT,
                     "an address of family %d, which is neither IP nor Unix",
                     family);
}

int cede_address_from(const void *raw, size_t size, int type, cede_address *out)
{
    cede_address a = {0};
    int rc = size > 0 ? from(raw, size, &a) : 0;
    if (rc < 0)
        return rc;
    if (has_port(&a)) {
        if (type != SOCK_STREAM && type != SOCK_DGRAM)
            return cede_fail(-EINVAL,
                             "an IP address of a socket of type %d, which is "
                             "neither one of streams nor one of datagrams",
                             type);
        a.type_ = (unsigned)type;
    }
    *out = a;
    return 0;
}

/* ---- text -------------------------------------------------------------- */

/* The end of what was written at `at`: the interface of an IPv6 address, which
 * may be gone by now. */
static int put_scope(char *at, size_t size, unsigned scope)
{
    char name[IF_NAMESIZE];
    int saved = errno;
    const char *known = if_indextoname(scope, name);
    cd_errno_restore(saved);
    return known ? snprintf(at, size, "%%%s", name)
                 : snprintf(at, size, "%%%u", scope);
}

static void put_in6(const cede_address *a, char *at, size_t size)
{
    struct sockaddr_in6 in6;
    memcpy(&in6, a->raw_, sizeof in6);
    at[0] = '[';
    inet_ntop(AF_INET6, &in6.sin6_addr, at + 1, (socklen_t)size - 1);
    size_t end = strlen(at);
    if (in6.sin6_scope_id)
        end += (size_t)put_scope(at + end, size - end, in6.sin6_scope_id);
    snprintf(at + end, size - end, "]");
}

static void put_host(const cede_address *a, char *at, size_t size)
{
    struct sockaddr_in in;
    memcpy(&in, a->raw_, sizeof in);
    if (a->any_)
        snprintf(at, size, "*");
    else if (in.sin_family == AF_INET6)
        put_in6(a, at, size);
    else
        inet_ntop(AF_INET, &in.sin_addr, at, (socklen_t)size);
}

static void put_ip(const cede_address *a, char *at, size_t size)
{
    char host[INET6_ADDRSTRLEN + IF_NAMESIZE + sizeof "[%]"];
    put_host(a, host, sizeof host);
    snprintf(at, size, "%s://%s:%d", a->type_ == SOCK_DGRAM ? "udp" : "tcp",
             host, cede_address_port(a));
}

/* Bytes that would end a line, or a text, or begin an escape, are escaped. */
static void put_abstract(const unsigned char *name, size_t length, char *at)
{
    static const char digits[] = "0123456789abcdef";
    at = stpcpy(at, "unix:@");
    for (size_t i = 0; i < length; i++) {
        unsigned char c = name[i];
        if (c >= ' ' && c != '%' && c != 0x7f) {
            *at++ = (char)c;
            continue;
        }
        *at++ = '%';
        *at++ = digits[c >> 4];
        *at++ = digits[c & 15];
    }
}

/* One that begins with @ must not be taken for an abstract name. */
static void put_unix(const cede_address *a, char *at, size_t size)
{
    const unsigned char *path = (const unsigned char *)a->raw_ + CD_PATH_AT;
    size_t length = a->raw_size_ - CD_PATH_AT;
    if (length > 0 && !path[0])
        put_abstract(path + 1, length - 1, at);
    else
        snprintf(at, size, "unix:%s%.*s", length && path[0] == '@' ? "./" : "",
                 (int)length, (const char *)path);
}

int cede_address_text(const cede_address *a, char *buf, size_t size)
{
    char text[CEDE_ADDRESS_TEXT] = "";
    if (has_port(a))
        put_ip(a, text, sizeof text);
    else if (a->raw_size_ > 0)
        put_unix(a, text, sizeof text);
    return snprintf(buf, size, "%s", text);
}
