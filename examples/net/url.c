/* SPDX-License-Identifier: MIT
 *
 * url.c - reads, joins and finds URLs; see url.h.
 *
 * A URL is written piece by piece into its text.  What does not fit is counted
 * but not written, so that its length is checked once, at the end.
 */
#include "url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char scheme[] = "http://";

/* ---- writing --------------------------------------------------------- */

static void put(struct url *u, const char *bytes, size_t n)
{
    if (u->size + n < URL_SIZE)
        memcpy(u->text + u->size, bytes, n);
    u->size += n;
}

/* What would end a request's line, or is no character of a URL. */
static bool is_foreign(char c)
{
    return (unsigned char)c <= ' ' || (unsigned char)c >= 0x7f ||
           strchr("\"<>\\^`{|}", c);
}

static void put_encoded(struct url *u, const char *bytes, size_t n)
{
    static const char digits[] = "0123456789ABCDEF";
    for (const char *at = bytes; at < bytes + n; at++) {
        unsigned byte = (unsigned char)*at;
        if (is_foreign(*at))
            put(u, (char[]){'%', digits[byte / 16], digits[byte % 16]}, 3);
        else
            put(u, at, 1);
    }
}

static void drop_segment(struct url *u)
{
    while (u->size > u->path && u->size < URL_SIZE && u->text[--u->size] != '/')
        ;
}

/* Path and query, without "." and ".." (RFC 3986, 5.2.4). */
static void put_path(struct url *u, const char *at)
{
    u->path = u->size;
    while (*at == '/') {
        const char *segment = at + 1;
        size_t n = strcspn(segment, "/?#");
        bool up = n == 2 && memcmp(segment, "..", 2) == 0;
        bool dots = up || (n == 1 && *segment == '.');
        if (up)
            drop_segment(u);
        if (!dots || segment[n] != '/')
            put(u, "/", 1);
        if (!dots)
            put_encoded(u, segment, n);
        at = segment + n;
    }
    if (u->size == u->path)
        put(u, "/", 1);
    put_encoded(u, at, strcspn(at, "#"));
}

/* ---- reading --------------------------------------------------------- */

static bool is_port(const char *text, size_t n)
{
    long port = strtol(text, NULL, 10);
    return n <= 5 && strspn(text, "0123456789") == n && port > 0 &&
           port < 65536;
}

static int bad_host(const char *text)
{
    return cede_fail(-EINVAL, "'%.100s' has no host that can be read", text);
}

/* "host", "host:port", "[v6]:port". */
static int put_authority(struct url *u, const char *text, const char *at,
                         size_t n)
{
    static const char host[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    static const char v6[] = "abcdef0123456789:.";
    char lower[256];
    if (n >= sizeof lower)
        return bad_host(text);
    for (size_t i = 0; i < n; i++)
        lower[i] = (char)tolower((unsigned char)at[i]);
    lower[n] = '\0';

    size_t size =
        *lower == '[' ? 1 + strspn(lower + 1, v6) + 1 : strspn(lower, host);
    if (size < 1 || size > n ||
        (*lower == '[' && (size < 4 || lower[size - 1] != ']')))
        return bad_host(text);
    put(u, lower, size);
    if (size == n || strcmp(lower + size, ":") == 0 ||
        strcmp(lower + size, ":80") == 0)
        return 0;
    if (lower[size] != ':')
        return bad_host(text);
    if (!is_port(lower + size + 1, n - size - 1))
        return cede_fail(-EINVAL, "'%.100s' has a bad port", text);
    put(u, lower + size, n - size);
    return 0;
}

int url_parse(const char *text, struct url *out)
{
    *out = (struct url){.size = 0};
    if (strncasecmp(text, scheme, strlen(scheme)) != 0) {
        size_t n = strcspn(text, ":/?#");
        bool http = n == 4 && strncasecmp(text, "http", n) == 0;
        if (n > 0 && text[n] == ':' && !http)
            return cede_fail(-EPROTONOSUPPORT, "'%.*s' is not spoken here",
                             n < 20 ? (int)n : 20, text);
        return cede_fail(-EINVAL, "'%.100s' is no http:// URL", text);
    }
    const char *authority = text + strlen(scheme);
    size_t n = strcspn(authority, "/?#");
    put(out, scheme, strlen(scheme));
    CEDE_TRY(put_authority(out, text, authority, n));
    put_path(out, authority + n);
    if (out->size >= URL_SIZE)
        return cede_fail(-ENAMETOOLONG, "a URL of %zu bytes", out->size);
    out->text[out->size] = '\0';
    return 0;
}

/* ---- joining --------------------------------------------------------- */

/* How much of base a link that begins like this takes over. */
static size_t kept(const struct url *base, const char *link)
{
    size_t query = base->path + strcspn(base->text + base->path, "?");
    if (strncmp(link, "//", 2) == 0)
        return strlen("http:");
    if (*link == '/')
        return base->path;
    if (*link == '?')
        return query;
    if (*link == '#' || *link == '\0')
        return base->size;
    while (base->text[query - 1] != '/')
        query--;
    return query;
}

int url_resolve(const struct url *base, const char *link, size_t n,
                struct url *out)
{
    char text[2 * URL_SIZE];
    for (; n > 0 && isspace((unsigned char)*link); n--)
        link++;
    for (; n > 0 && isspace((unsigned char)link[n - 1]); n--)
        ;
    if (n >= URL_SIZE)
        return cede_fail(-ENAMETOOLONG, "a link of %zu bytes", n);
    snprintf(text, sizeof text, "%.*s", (int)n, link);

    size_t word = strcspn(text, ":/?#");
    if (word == 0 || text[word] != ':') { /* it names no scheme */
        size_t keep = kept(base, text);
        memmove(text + keep, text, strlen(text) + 1);
        memcpy(text, base->text, keep);
    }
    return url_parse(text, out);
}

/* ---- parts ----------------------------------------------------------- */

int url_host(const struct url *url, const char **host)
{
    *host = url->text + strlen(scheme);
    return (int)(url->path - strlen(scheme));
}

void url_address(const struct url *url, char out[URL_SIZE])
{
    const char *host;
    int n = url_host(url, &host);
    const char *inside = memchr(host, ']', (size_t)n);
    inside = inside ? inside : host;
    bool port = memchr(inside, ':', (size_t)(host + n - inside));
    snprintf(out, URL_SIZE, "tcp://%.*s%s", n, host, port ? "" : ":80");
}

bool url_same_site(const struct url *a, const struct url *b)
{
    return a->path == b->path && memcmp(a->text, b->text, a->path) == 0;
}

/* ---- links ----------------------------------------------------------- */

/* "&amp;" to "&": the one entity that URLs need.  What is left of n. */
static size_t decode(char *text, size_t n)
{
    static const char entity[] = "&amp;";
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        text[size++] = text[i];
        if (n - i >= strlen(entity) &&
            strncasecmp(text + i, entity, strlen(entity)) == 0)
            i += strlen(entity) - 1;
    }
    return size;
}

/* The value that begins at `at`, quoted or not; the end of it. */
static char *value(char *at, char *end, char **begin)
{
    while (at < end && isspace((unsigned char)*at))
        at++;
    char quote = at < end && (*at == '"' || *at == '\'') ? *at++ : '\0';
    *begin = at;
    while (at < end &&
           (quote ? *at != quote : !isspace((unsigned char)*at) && *at != '>'))
        at++;
    return at;
}

int links_each(char *html, size_t size, link_fn *fn, void *arg)
{
    static const char name[] = "href";
    if (size == 0)
        return 0;
    char *end = html + size;
    for (char *at = html; (size_t)(end - at) > strlen(name); at++) {
        if (strncasecmp(at, name, strlen(name)) != 0 ||
            (at > html && !isspace((unsigned char)at[-1])))
            continue;
        char *equals = at + strlen(name);
        while (equals < end && isspace((unsigned char)*equals))
            equals++;
        if (equals == end || *equals != '=')
            continue;
        char *link;
        at = value(equals + 1, end, &link);
        CEDE_TRY(fn(arg, link, decode(link, (size_t)(at - link))));
        if (at == end)
            break;
    }
    return 0;
}
