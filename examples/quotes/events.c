/* SPDX-License-Identifier: MIT
 *
 * events.c - quotes as server-sent events.
 *
 *     id: 18f2a-7
 *     data: {"n":7,"t":1763771906123.5,"symbol":"MSFT","date":"Jul 1 2000",
 *            "price":34.81,"average":null}
 *
 * on one line.  The id names the run and the event, so that a browser that
 * comes back, and says which it had last, gets what it missed and nothing
 * twice; if the server is another one by then, all there is.  Two events of
 * another kind: "hello" comes first, "end" when there will be no more quotes.
 *
 * Source: HTML Standard, 9.2 Server-sent events.
 */
#include "serve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

_Static_assert(6 * MAX_LINE + 256 <= FEED_CHUNK, "an event fits");

static const cede_time silence = 15 * CEDE_SEC;

/* ---- writing --------------------------------------------------------- */

/* Write text as a string of JSON, with its quotation marks. */
static char *write_string(char *at, struct text text)
{
    *at++ = '"';
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c < ' ')
            at += sprintf(at, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            at += sprintf(at, "\\%c", c);
        else
            *at++ = (char)c;
    }
    *at++ = '"';
    return at;
}

/* Milliseconds of the browser's clock. */
static double time_of_day(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

size_t event_write(struct service *s, const struct quote *quote,
                   int64_t average)
{
    uint64_t n = s->events.feed->next + 1;
    char *at = s->text;
    at += sprintf(at, "id: %s-%" PRIu64 "\n", s->epoch, n);
    at += sprintf(at, "data: {\"n\":%" PRIu64 ",\"t\":%.3f,\"symbol\":", n,
                  time_of_day());
    at = write_string(at, quote_symbol(quote));
    at += sprintf(at, ",\"date\":");
    at = write_string(at, quote_date(quote));
    at += sprintf(at,
                  ",\"price\":%.15g,\"average\":", (double)quote->price / 1e4);
    if (average == NO_AVERAGE)
        at += sprintf(at, "null");
    else
        at = decimal_write(at, average);
    at += sprintf(at, "}\n\n");
    return (size_t)(at - s->text);
}

/* ---- sending --------------------------------------------------------- */

/* One browser. */
struct session {
    struct service *service;
    cede_stream *peer;
    struct listener listener;
};

/* The number behind the event named `id`; 0: it is none of ours. */
static uint64_t number_after(const struct service *s, const char *id)
{
    size_t size = strlen(s->epoch);
    char *end;
    if (strncmp(id, s->epoch, size) != 0 || id[size] != '-')
        return 0;
    uint64_t n = strtoull(id + size + 1, &end, 10);
    return *end == '\0' && n <= s->events.feed->next ? n : 0;
}

static int wait_for_news(void *session)
{
    struct session *c = session;
    return feed_wait(c->service->events.feed, &c->listener);
}

/* Send what comes, until there is an end of it.  A comment now and then finds
 * out whether the peer is still there. */
static int send_quotes(struct session *c)
{
    for (;;) {
        int rc = cede_within(silence, wait_for_news, c);
        if (rc == 0)
            return cede_printf(c->peer, "event: end\ndata:\n\n");
        if (rc == -ETIMEDOUT)
            CEDE_TRY(cede_printf(c->peer, ":\n\n"));
        else
            CEDE_TRY(rc);
        CEDE_TRY(send_news(c->peer, c->service->events.feed, &c->listener));
    }
}

/* The browser would come back at once if this closed. */
static int stay(struct session *c)
{
    for (;;) {
        CEDE_TRY(cede_sleep(silence));
        CEDE_TRY(cede_printf(c->peer, ":\n\n"));
    }
}

int send_events(struct service *s, cede_stream *peer, const char *last)
{
    struct session c = {s, peer, {.next = number_after(s, last)}};
    send_little(peer);
    CEDE_TRY(cede_printf(peer,
                         "HTTP/1.1 200 OK\r\n"
                         "Content-Type: text/event-stream\r\n"
                         "Cache-Control: no-store\r\n"
                         "Connection: close\r\n"
                         "\r\n"
                         "retry: 1000\n"
                         "event: hello\n"
                         "data: {\"epoch\":\"%s\",\"window\":%lld}\n\n",
                         s->epoch, (long long)s->window));
    CEDE_TRY(send_quotes(&c));
    return stay(&c);
}
