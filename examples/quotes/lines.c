/* SPDX-License-Identifier: MIT
 *
 * lines.c - quotes as lines, for programs and for nc; and how anything is sent
 * to those who listen.
 */
#include "serve.h"

#include <stdlib.h>
#include <sys/socket.h>

void send_little(cede_stream *peer)
{
    const int size = 64 * 1024;
    setsockopt(cede_stream_fd(peer), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

int send_news(cede_stream *peer, struct feed *f, struct listener *l)
{
    char *text;
    int n = feed_take(f, l, &text);
    if (n <= 0)
        return n;
    int rc = cede_write(peer, text, (size_t)n);
    free(text);
    return rc < 0 ? rc : cede_flush(peer);
}

int send_lines(cede_stream *peer, void *service)
{
    struct service *s = service;
    struct listener l = {0};
    int rc;
    send_little(peer);
    CEDE_TRY(
        cede_printf(peer, "symbol,date,price,sma%lld\n", (long long)s->window));
    while ((rc = feed_wait(s->lines.feed, &l)) > 0)
        CEDE_TRY(send_news(peer, s->lines.feed, &l));
    return rc;
}
