/* SPDX-License-Identifier: MIT
 *
 * net.h - what tests of servers and of connecting have in common.
 */
#ifndef CEDE_TESTS_NET_H
#define CEDE_TESTS_NET_H

#include "check.h"
#include "observe.h"

#include <dirent.h>
#include <unistd.h>

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

/* Reads until the peer ends, or it is cancelled. */
static inline int listens(cede_stream *peer, void *arg)
{
    char buf[64];
    int n;
    (void)arg;
    while ((n = cede_read(peer, buf, sizeof buf)) > 0)
        ;
    return n;
}

/* Fails with what arg points to. */
static inline int fails_with(cede_stream *peer, void *arg)
{
    (void)peer;
    return *(int *)arg;
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

static inline int runs_served(void *arg)
{
    struct served *s = arg;
    return cede_server_run_named_(s->server, "handler\0", s->on_peer, s->arg);
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
    s->run = cede_spawn(NULL, runs_served, s);
    CHECK_OK(cede_sleep(0));
}

/* What the run answers. */
static inline int await_served(struct served *s)
{
    int rc = cede_await(s->run);
    cede_future_free(s->run);
    s->run = NULL;
    return rc;
}

static inline int stop_served(struct served *s, cede_time grace)
{
    CHECK_OK(cede_server_stop(s->server, grace));
    return await_served(s);
}

static inline void end_served(void *arg)
{
    struct served *s = arg;
    if (s->run)
        CHECK_EQ(stop_served(s, 0), 0);
    CHECK_OK(cede_server_close(s->server));
}

/* `served` runs to the end of the block. */
#define SERVED_AT(address, options, handler, arg_)                             \
    struct served served = {.on_peer = (handler), .arg = (arg_)};              \
    serve_at(&served, options, address);                                       \
    CEDE_DEFER(end_served, &served)
#define SERVED_WITH(options, handler, arg)                                     \
    SERVED_AT("tcp://127.0.0.1:0", options, handler, arg)
#define SERVED(handler, arg) SERVED_WITH(NULL, handler, arg)

static inline cede_server_info look_at(const struct served *s)
{
    cede_server_info info;
    CHECK_OK(cede_server_look(s->server, &info));
    return info;
}

/* Real sockets take their time: let the others run until it is so. */
#define UNTIL(fact)                                                            \
    do {                                                                       \
        while (!(fact))                                                        \
            let_others_run_();                                                 \
    } while (0)

/* The kernel has time as well, whatever the loop's clock does. */
static inline void let_others_run_(void)
{
    CHECK_OK(cede_sleep(0));
    usleep(100);
}

/* ---- clients ----------------------------------------------------------- */

static inline cede_stream *dialed(const char *address)
{
    cede_stream *s;
    CHECK_EQ(cede_dial(address, &s), 0);
    return s;
}

static inline void write_text(cede_stream *s, const char *text)
{
    CHECK_EQ(cede_write(s, text, strlen(text)), (int)strlen(text));
}

static inline void check_reads(cede_stream *s, const char *text)
{
    char buf[256] = "";
    for (size_t done = 0; done < strlen(text);) {
        int n = cede_read(s, buf + done, strlen(text) - done);
        CHECK_OK(n);
        CHECK(n > 0);
        done += (size_t)n;
    }
    CHECK_STR_EQ(buf, text);
}

static inline void check_echo(cede_stream *s, const char *text)
{
    write_text(s, text);
    check_reads(s, text);
}

static inline void check_serves(const char *address)
{
    cede_stream *s = dialed(address);
    check_echo(s, "hello");
    CHECK_OK(cede_stream_close(s));
}

/* What reading answers when there is nothing more. */
static inline int end_of(cede_stream *s)
{
    char byte;
    return cede_read(s, &byte, 1);
}

/* ---- what a process has open ------------------------------------------- */

static inline int count_fds(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    CHECK(d != NULL);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

#endif
