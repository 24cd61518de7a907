/* SPDX-License-Identifier: MIT
 *
 * http.c - as much of HTTP as a page and its events need.
 *
 * GET, and one request after another on a connection.  Who sends something
 * else is told so and closed; who sends half a request for ten seconds is
 * closed.
 *
 * Source: RFC 9112, HTTP/1.1.
 */
#include "serve.h"

#if QUOTES_HTTP
#include "request.h"

#include <string.h>

extern const char page[]; /* page.S */
extern const char page_end[];

bool http_is_here(void)
{
    return true;
}

static int respond(cede_stream *peer, const char *status, const char *type,
                   const char *body, size_t size)
{
    CEDE_TRY(cede_printf(peer,
                         "HTTP/1.1 %s\r\n"
                         "Content-Type: %s; charset=utf-8\r\n"
                         "Content-Length: %zu\r\n"
                         "Cache-Control: no-cache\r\n"
                         "\r\n",
                         status, type, size));
    CEDE_TRY(cede_write(peer, body, size));
    return cede_flush(peer);
}

static int drain(void *stream)
{
    cede_stream *peer = stream;
    const void *data;
    int n;
    while ((n = cede_peek(peer, &data)) > 0)
        ;
    return n;
}

/* Answer and close.  What still comes is read for a while: closed with data
 * unread, the connection would be reset and the answer lost. */
static int refuse(cede_stream *peer, const char *status, const char *header)
{
    CEDE_TRY(cede_printf(peer,
                         "HTTP/1.1 %s\r\n"
                         "Content-Type: text/plain\r\n"
                         "Content-Length: %zu\r\n"
                         "Connection: close\r\n"
                         "%s\r\n"
                         "%s\n",
                         status, strlen(status) + 1, header, status));
    CEDE_TRY(cede_stream_end(peer));
    return cede_within(CEDE_SEC, drain, peer);
}

/* Answer a request: 1 when the next one may come. */
static int answer(struct service *s, struct request *r, int status)
{
    static const char lost[] = "404 Not Found\n";
    bool next = llhttp_should_keep_alive(&r->parser);
    if (status == 400)
        return refuse(r->peer, "400 Bad Request", "");
    if (status == 431)
        return refuse(r->peer, "431 Request Header Fields Too Large", "");
    if (r->parser.method != HTTP_GET || r->body)
        return refuse(r->peer, "405 Method Not Allowed", "Allow: GET\r\n");
    r->path[strcspn(r->path, "?")] = '\0';
    if (strcmp(r->path, "/events") == 0)
        return send_events(s, r->peer, r->last_event);
    if (strcmp(r->path, "/") == 0)
        CEDE_TRY(respond(r->peer, "200 OK", "text/html", page,
                         (size_t)(page_end - page)));
    else
        CEDE_TRY(respond(r->peer, "404 Not Found", "text/plain", lost,
                         sizeof lost - 1));
    return next;
}

int serve_http(cede_stream *peer, void *service)
{
    int rc;
    do {
        struct request r;
        rc = request_read(&r, peer);
        if (rc > 0)
            rc = answer(service, &r, rc);
    } while (rc > 0);
    return rc == -ETIMEDOUT ? 0 : rc;
}

#else

bool http_is_here(void)
{
    return false;
}

int serve_http(cede_stream *peer, void *service)
{
    (void)peer, (void)service;
    return -ENOTSUP;
}

#endif
