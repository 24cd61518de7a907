/* SPDX-License-Identifier: MIT
 *
 * http.c - a request, and the reply to it; see http.h.
 *
 * The stream lends out what has come, llhttp goes over it and calls back: no
 * byte of a body is copied here, and nothing is kept of heads but a few
 * fields.
 */
#include "http.h"

#include <llhttp.h>
#include <string.h>
#include <strings.h>

enum { HEAD_MAX = 64 * 1024 };

/* One reply that is being read. */
struct talk {
    llhttp_t parser;
    struct http *x;
    char field[32]; /* of the head, its name; cut, then it is none of ours */
    size_t field_size;
    char *value; /* where its value goes; NULL: nowhere */
    size_t value_size, value_room;
    size_t head; /* bytes of all heads */
    bool in_value, in_body, done;
    int failed; /* why a callback stopped it */
};

/* ---- what llhttp finds ----------------------------------------------- */

static size_t append(char *to, size_t size, size_t room, const char *at,
                     size_t n)
{
    if (n > room - 1 - size)
        n = room - 1 - size;
    memcpy(to + size, at, n);
    to[size + n] = '\0';
    return size + n;
}

static int on_field(llhttp_t *parser, const char *at, size_t n)
{
    struct talk *t = parser->data;
    if (t->in_value)
        t->field_size = 0;
    t->in_value = false;
    t->field_size = append(t->field, t->field_size, sizeof t->field, at, n);
    return 0;
}

static void choose_value(struct talk *t)
{
    bool is_location = strcasecmp(t->field, "location") == 0;
    bool is_type = strcasecmp(t->field, "content-type") == 0;
    t->value = is_location ? t->x->location : is_type ? t->x->type : NULL;
    t->value_room = is_location ? sizeof t->x->location : sizeof t->x->type;
    t->value_size = 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t n)
{
    struct talk *t = parser->data;
    if (!t->in_value)
        choose_value(t);
    t->in_value = true;
    if (!t->value || t->in_body)
        return 0;
    t->value_size = append(t->value, t->value_size, t->value_room, at, n);
    if (t->value != t->x->location || t->value_size < URL_SIZE - 1)
        return 0;
    t->failed = cede_fail(-ENAMETOOLONG,
                          "it redirects to a URL of more than "
                          "%d bytes",
                          URL_SIZE - 2);
    return HPE_USER;
}

static int on_headers(llhttp_t *parser)
{
    struct talk *t = parser->data;
    t->x->status = parser->status_code;
    t->in_body = parser->status_code / 100 != 1;
    if (parser->flags & F_CONTENT_LENGTH && !(parser->flags & F_CHUNKED) &&
        parser->content_length <= INT64_MAX)
        t->x->length = (int64_t)parser->content_length;
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t n)
{
    struct talk *t = parser->data;
    struct http *x = t->x;
    x->received += (int64_t)n;
    if (x->most > 0 && x->received > x->most)
        t->failed =
            cede_fail(-EFBIG, "more than %lld bytes", (long long)x->most);
    else if (x->on_body && x->status / 100 == 2)
        t->failed = x->on_body(x->arg, at, n);
    return t->failed < 0 ? HPE_USER : 0;
}

/* What is informational (1xx) comes before the reply. */
static int on_complete(llhttp_t *parser)
{
    struct talk *t = parser->data;
    t->done = parser->status_code / 100 != 1;
    if (!t->done)
        t->x->type[0] = t->x->location[0] = '\0';
    return t->done ? HPE_PAUSED : 0;
}

static const llhttp_settings_t callbacks = {
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_headers,
    .on_body = on_body,
    .on_message_complete = on_complete,
};

/* ---- the exchange ---------------------------------------------------- */

static int no_http(const struct talk *t)
{
    return cede_fail(-EBADMSG, "not HTTP: %s",
                     llhttp_get_error_reason(&t->parser));
}

static int digest(struct talk *t, const char *bytes, size_t n)
{
    t->head += t->in_body ? 0 : n;
    llhttp_errno_t rc = llhttp_execute(&t->parser, bytes, n);
    if (t->failed < 0)
        return t->failed;
    if (rc == HPE_PAUSED_UPGRADE)
        return cede_fail(-EBADMSG, "it changes to another protocol");
    if (rc != HPE_OK && rc != HPE_PAUSED)
        return no_http(t);
    if (!t->in_body && t->head > HEAD_MAX)
        return cede_fail(-EBADMSG, "a head of more than %d bytes", HEAD_MAX);
    return 0;
}

/* The peer has ended: is that where the body ends? */
static int finish(struct talk *t)
{
    llhttp_errno_t rc = llhttp_finish(&t->parser);
    if (t->done)
        return 0;
    if (rc == HPE_OK)
        return cede_fail(CEDE_ESHORT, "it closed without an answer");
    if (t->x->length >= 0)
        return cede_fail(CEDE_ESHORT, "it ended after %lld of %lld bytes",
                         (long long)t->x->received, (long long)t->x->length);
    return cede_fail(CEDE_ESHORT, "it ended within the %s",
                     t->in_body ? "body" : "head");
}

static int ask(cede_stream *s, const struct url *url)
{
    const char *host;
    int n = url_host(url, &host);
    return cede_printf(s,
                       "GET %s HTTP/1.1\r\n"
                       "Host: %.*s\r\n"
                       "User-Agent: cede\r\n"
                       "Accept-Encoding: identity\r\n"
                       "Connection: close\r\n\r\n",
                       url->text + url->path, n, host);
}

int http_talk(struct http *x, cede_stream *s, const struct url *url)
{
    struct talk t = {.x = x};
    x->status = 0;
    x->length = -1;
    x->received = 0;
    x->type[0] = x->location[0] = '\0';
    llhttp_init(&t.parser, HTTP_RESPONSE, &callbacks);
    t.parser.data = &t;

    CEDE_TRY(ask(s, url));
    const void *bytes;
    int n;
    do {
        CEDE_TRY(n = cede_peek(s, &bytes));
        CEDE_TRY(n > 0 ? digest(&t, bytes, (size_t)n) : finish(&t));
    } while (!t.done);
    return x->status;
}

int http_get(struct http *x, const struct url *url)
{
    char address[URL_SIZE];
    url_address(url, address);
    cede_stream *s;
    CEDE_TRY(cede_dial(address, &s));
    int rc = http_talk(x, s, url);
    if (rc < 0)
        cede_stream_abort(s);
    else
        cede_stream_close(s);
    return rc;
}

/* ---- redirects ------------------------------------------------------- */

bool http_is_redirect(const struct http *x)
{
    return x->location[0] && x->status / 100 == 3 && x->status != 304;
}

int http_follow(struct http *x, struct url *url, int hops)
{
    CEDE_TRY(http_get(x, url));
    for (int hop = 0; http_is_redirect(x); hop++) {
        if (hop == hops)
            return cede_fail(-ELOOP, "more than %d redirects", hops);
        struct url next;
        CEDE_TRY(url_resolve(url, x->location, strlen(x->location), &next));
        *url = next;
        CEDE_TRY(http_get(x, url));
    }
    return x->status;
}
