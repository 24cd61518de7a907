/* SPDX-License-Identifier: MIT
 *
 * net.h - what tests of servers and of connecting have in common.
 */
#ifndef CEDE_TESTS_NET_H
#define CEDE_TESTS_NET_H

#include "check.h"

/* ---- handlers ---------------------------------------------------------- */

/* Gives back what it reads. */
static inline int echo(cede_stream *peer, void *arg)
{
    char buf[64];
    int n;
    (void)arg;
    while ((n = cede_read(peer, buf, sizeof buf)) > 0)
        CEDE_TRY(cede_write(peer, buf, (size_t)n));
    return n;
}

/* ---- servers in the background ----------------------------------------- */

/* A server at a port of its own, run by a task of the background. */
struct served {
    cede_server *server;
    cede_peer_fn *on_peer;
    void *arg;
    char address[CEDE_ADDRESS_TEXT];
    cede_future *run;
};

static inline int run_served(void *arg)
{
    struct served *s = arg;
    return cede_server_run(s->server, s->on_peer, s->arg);
}

static inline void text_of(const cede_server *s, size_t i, char *out)
{
    cede_address a;
    CHECK_OK(cede_server_address(s, i, &a));
    cede_address_text(&a, out, CEDE_ADDRESS_TEXT);
}

static inline void serve_at(struct served *s, const cede_serve_options *o,
                            const char *address)
{
    CHECK_OK(cede_listen_with(o, address, &s->server));
    text_of(s->server, 0, s->address);
    s->run = cede_spawn(NULL, run_served, s);
    CHECK_OK(cede_sleep(0));
}

/* What the run answered. */
static inline int stop_served(struct served *s, cede_time grace)
{
    CHECK_OK(cede_server_stop(s->server, grace));
    int rc = cede_await(s->run);
    cede_future_free(s->run);
    CHECK_OK(cede_server_close(s->server));
    s->server = NULL;
    return rc;
}

static inline void end_served(void *arg)
{
    struct served *s = arg;
    if (s->server)
        CHECK_OK(stop_served(s, 0));
}

/* `served` runs to the end of the block. */
#define SERVED_WITH(options, handler, arg_)                                    \
    struct served served = {.on_peer = (handler), .arg = (arg_)};              \
    serve_at(&served, options, "tcp://127.0.0.1:0");                           \
    CEDE_DEFER(end_served, &served)
#define SERVED(handler, arg) SERVED_WITH(NULL, handler, arg)

/* ---- clients ----------------------------------------------------------- */

static inline void read_all_of(cede_stream *s, char *buf, size_t n)
{
    for (size_t done = 0; done < n;) {
        int rc = cede_read(s, buf + done, n - done);
        CHECK_OK(rc);
        CHECK(rc > 0);
        done += (size_t)rc;
    }
}

static inline void check_echo(cede_stream *s, const char *text)
{
    char buf[256] = "";
    CHECK_EQ(cede_write(s, text, strlen(text)), (int)strlen(text));
    read_all_of(s, buf, strlen(text));
    CHECK_STR_EQ(buf, text);
}

static inline void check_echoes(const char *address, const char *text)
{
    cede_stream *s;
    CHECK_OK(cede_dial(address, &s));
    check_echo(s, text);
    CHECK_OK(cede_stream_close(s));
}

#define CHECK_ECHOES(address, text) check_echoes(address, text)

#endif
