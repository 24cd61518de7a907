/* SPDX-License-Identifier: MIT
 *
 * http.h - one GET over HTTP/1.1, as straight-line code on a stream.
 *
 *     struct http reply = {.on_body = save, .arg = file};
 *     CEDE_TRY(http_get(&reply, &url));
 *     printf("%d, %lld bytes\n", reply.status, (long long)reply.received);
 *
 * A connection is used once.  How long all that may take is for scopes to say
 * (cede_within).  Replies come with a length, in chunks, or to the peer's end;
 * parsing is llhttp's.
 *
 * Refused, by name: what is no HTTP, heads of more than 64 KiB, bodies that
 * end early or are larger than asked for, other protocols.
 */
#ifndef HTTP_H
#define HTTP_H

#include "url.h"

#include <cede/net.h>

/* Told of the body of a reply that says 2xx, as it comes; may wait.  0, or an
 * error, which ends the exchange. */
typedef int http_body_fn(void *arg, const char *data, size_t n);

struct http {
    http_body_fn *on_body; /* NULL: nobody */
    void *arg;
    int64_t most; /* bytes of the body; 0: any number */

    int status;       /* 0: no reply yet */
    int64_t length;   /* of the body, as announced; -1: it was not */
    int64_t received; /* of the body so far, of whatever status */
    char type[64];    /* such as "text/html; charset=utf-8" */
    char location[URL_SIZE];
};

/* Get url: the status; or why there is none, or only a part of it, with a
 * message: -EBADMSG no HTTP, CEDE_ESHORT it ended early, -EFBIG too large;
 * what dialing, reading and on_body say.  [waits] */
int http_get(struct http *x, const struct url *url);

/* The same, and wherever it points to, up to `hops` times; url is then where
 * the reply came from.  -ELOOP: one more. */
int http_follow(struct http *x, struct url *url, int hops);

/* Ask for url and read the reply, over a connection that is there. */
int http_talk(struct http *x, cede_stream *s, const struct url *url);

/* Does it say that it is somewhere else? */
bool http_is_redirect(const struct http *x);

#endif
