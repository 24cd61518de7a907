/* SPDX-License-Identifier: MIT
 *
 * serve.c - who listens, and to what.
 *
 *     consume -> service_quote -> feed of lines  -> a task per line client
 *                             `-> feed of events -> a task per browser
 *
 * The consumer waits for nobody (feed.h).  http://HOST:PORT is a page and its
 * events; tcp://HOST:PORT and unix:PATH are lines as the program prints them,
 * which end with the input.  The servers stay until they are interrupted.
 */
#include "serve.h"

#include "pipeline.h"

#include <stdio.h>
#include <string.h>

int service_quote(struct service *s, const struct symbol *symbol,
                  const struct quote *quote, int64_t average)
{
    if (s->lines.feed) {
        size_t size = row_write(s->text, quote, average);
        CEDE_TRY(feed_add(s->lines.feed, symbol->index, s->text, size));
    }
    if (s->events.feed) {
        size_t size = event_write(s, quote, average);
        CEDE_TRY(feed_add(s->events.feed, symbol->index, s->text, size));
    }
    return 0;
}

void service_end(struct service *s)
{
    if (s->lines.feed)
        feed_end(s->lines.feed);
    if (s->events.feed)
        feed_end(s->events.feed);
}

static int serve_lines(void *service)
{
    struct service *s = service;
    return cede_server_run(s->lines.server, send_lines, s);
}

static int serve_events(void *service)
{
    struct service *s = service;
    return cede_server_run(s->events.server, serve_http, s);
}

int serve(void *service)
{
    struct service *s = service;
    CEDE_GROUP(servers);
    if (s->lines.feed) {
        cede_go(&servers, feed_pulse, s->lines.feed);
        cede_go(&servers, serve_lines, s);
    }
    if (s->events.feed) {
        cede_go(&servers, feed_pulse, s->events.feed);
        cede_go(&servers, serve_events, s);
    }
    return cede_join(&servers);
}

/* Say where it listens besides: port 0 became a real one, and a name may have
 * several addresses. */
static void announce(struct offer *o, bool http)
{
    cede_address address;
    char text[CEDE_ADDRESS_TEXT];
    while (cede_server_address(o->server, o->addresses, &address) == 0) {
        cede_address_text(&address, text, sizeof text);
        fprintf(stderr, "cede-quotes: serving %s%s%s\n", http ? "http" : "",
                text + (http ? strlen("tcp") : 0), http ? "/" : "");
        o->addresses++;
    }
}

static int listen_at(struct offer *o, const char *address)
{
    if (!o->feed && !(o->feed = feed_new()))
        return cede_fail(-ENOMEM, "no memory for a feed");
    return o->server ? cede_server_add(o->server, address)
                     : cede_listen(address, &o->server);
}

/* Listen for browsers: the socket is a tcp:// one. */
static int listen_http(struct service *s, const char *address)
{
    char tcp[CEDE_ADDRESS_TEXT];
    size_t size = strcspn(address + strlen("http://"), "/");
    if (!http_is_here())
        return cede_fail(-ENOTSUP,
                         "--serve %s: built without llhttp, which reads HTTP "
                         "(Debian: node-llhttp)",
                         address);
    snprintf(tcp, sizeof tcp, "tcp://%.*s", (int)size,
             address + strlen("http://"));
    return listen_at(&s->events, tcp);
}

static int service_add(struct service *s, const char *address)
{
    bool http = strncmp(address, "http://", strlen("http://")) == 0;
    struct offer *o = http ? &s->events : &s->lines;
    CEDE_TRY(http ? listen_http(s, address) : listen_at(o, address));
    announce(o, http);
    return 0;
}

void service_free(void *service)
{
    struct service *s = service;
    struct offer *const all[] = {&s->lines, &s->events};
    for (int i = 0; i < 2; i++) {
        if (all[i]->server)
            cede_server_close(all[i]->server);
        feed_free(all[i]->feed);
    }
    free(s);
}

int service_new(const char *const *addresses, int n, int64_t window,
                struct service **out)
{
    struct service *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return cede_fail(-ENOMEM, "no memory to serve");
    s->window = window;
    snprintf(s->epoch, sizeof s->epoch, "%llx", (long long)cede_clock());
    for (int i = 0; i < n; i++) {
        int rc = service_add(s, addresses[i]);
        if (rc < 0) {
            service_free(s);
            return rc;
        }
    }
    *out = s;
    return 0;
}
