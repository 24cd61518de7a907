/* SPDX-License-Identifier: MIT
 *
 * serve.h - --serve: quotes and averages for whoever connects.
 */
#ifndef SERVE_H
#define SERVE_H

#include "feed.h"
#include "quote.h"

enum { EPOCH = 24 };

/* One form of what is served; zeroed if nobody may ask for it. */
struct offer {
    struct feed *feed;
    cede_server *server;
    size_t addresses; /* that it listens at, and has said so */
};

struct service {
    int64_t window;
    struct offer lines, events;
    char epoch[EPOCH];     /* tells this run's events from another's */
    char text[FEED_CHUNK]; /* of the quote being added */
};

/* Listen at all addresses, and say so on standard error.  [waits]  0, and *out
 * is there for service_free; or why not, and NULL. */
int service_new(const char *const *addresses, int n, int64_t window,
                struct service **out);
void service_free(void *service);

/* Task: serve, until cancelled.  Takes the service. */
cede_fn serve;

/* A quote and its average; and that there are no more.  0; -ENOMEM. */
int service_quote(struct service *s, const struct symbol *symbol,
                  const struct quote *quote, int64_t average);
void service_end(struct service *s);

/* ---- lines (lines.c) ------------------------------------------------- */

/* Serve a client of lines, until there are no more.  Takes the service. */
cede_peer_fn send_lines;

/* Have the kernel hold little for a peer: what it holds is no longer news when
 * a slow one gets to it. */
void send_little(cede_stream *peer);

/* Send what the listener has not had, if there is anything now.  [waits] */
int send_news(cede_stream *peer, struct feed *f, struct listener *l);

/* ---- events (events.c) ----------------------------------------------- */

/* Write the event of a quote to s->text: its size. */
size_t event_write(struct service *s, const struct quote *quote,
                   int64_t average);

/* Send events, those after the one named `last`, or all there are ("", or the
 * name is another run's), until the peer leaves.  [waits] */
int send_events(struct service *s, cede_stream *peer, const char *last);

/* ---- HTTP (http.c) --------------------------------------------------- */

/* Was the parser there when this was built? */
bool http_is_here(void);

/* Serve a browser.  Takes the service. */
cede_peer_fn serve_http;

#endif
