/* SPDX-License-Identifier: MIT
 *
 * streams.h - tests of two streams, `a` and `b`, that are connected: through
 * memory, by a pair of Unix sockets, and by TCP.
 *
 *     STREAM_TEST(what_is_written_arrives) { ... }
 *
 * runs its body in a task for each of them, on both pollers.  What it has
 * closed it sets to NULL.
 */
#ifndef CEDE_TESTS_STREAMS_H
#define CEDE_TESTS_STREAMS_H

#include "check.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static cede_stream *a, *b;

enum kind { MEMORY, UNIX, TCP, KINDS };
static enum kind kind;

__attribute__((unused)) static void make_tcp(int fds[2])
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    CHECK_EQ(listen(listener, 1), 0);
    CHECK_EQ(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(connect(fds[0], (struct sockaddr *)&at, sizeof at), 0);
    fds[1] = accept(listener, NULL, NULL);
    CHECK(fds[1] >= 0);
    for (int i = 0; i < 2; i++)
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    close(listener);
}

static void make_sockets(int fds[2])
{
    if (kind == UNIX)
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    else
        make_tcp(fds);
}

/* a and b are connected anew; room: of memory. */
static void connect_streams(size_t room)
{
    int fds[2];
    if (kind == MEMORY) {
        CHECK_OK(cede_stream_pair(&a, &b, room));
        return;
    }
    make_sockets(fds);
    CHECK_OK(cede_stream_open(fds[0], fds[0], &a));
    CHECK_OK(cede_stream_open(fds[1], fds[1], &b));
}

__attribute__((unused)) static void close_both(void)
{
    (void)cede_stream_abort(a);
    (void)cede_stream_abort(b);
    a = b = NULL;
}

#define STREAM_TEST(name)                                                      \
    static void name##_over_(void);                                            \
    TASK_TEST(name)                                                            \
    {                                                                          \
        for (kind = 0; kind < KINDS; kind++) {                                 \
            connect_streams(0);                                                \
            name##_over_();                                                    \
            close_both();                                                      \
        }                                                                      \
    }                                                                          \
    static void name##_over_(void)

/* ---- what many of them do ---------------------------------------------- */

__attribute__((unused)) static void says(cede_stream *s, const char *text)
{
    CHECK_EQ(cede_write(s, text, strlen(text)), strlen(text));
    CHECK_OK(cede_flush(s));
}

/* The next strlen(want) bytes. */
__attribute__((unused)) static void hears(cede_stream *s, const char *want)
{
    char text[256] = "";
    size_t n = strlen(want);
    CHECK_EQ(cede_read_exactly(s, text, n), n);
    CHECK_STR_EQ(text, want);
}

/* A task that has begun, and waits if it must. */
__attribute__((unused)) static cede_future *starts(cede_group *g, cede_fn *fn,
                                                   void *arg)
{
    cede_future *f = cede_spawn(g, fn, arg);
    CHECK(f != NULL);
    CHECK_OK(cede_sleep(0));
    return f;
}

/* Wait until it has come that far, whatever that takes. */
#define UNTIL(fact)                                                            \
    while (!(fact))                                                            \
    CHECK_OK(cede_sleep(0))

/* More than any socket holds. */
static inline int writes_a_lot(void *unused)
{
    (void)unused;
    size_t n = 10000000;
    char *data = calloc(1, n);
    int rc = cede_write(a, data, n);
    free(data);
    return rc;
}

#endif
