/* SPDX-License-Identifier: MIT
 *
 * schedule_io_test.c - descriptors in any order, cancelled at any moment,
 * without any allocation: nothing is lost, and nothing stays open.
 */
#include "scenario.h"

#include "descriptors.h"

/* Both ends at the end of the block; -1 and an error where there are none. */
#define ENDS(make, a, b)                                                       \
    int a, b;                                                                  \
    CEDE_TRY(descriptors_(make, &(a), &(b)));                                  \
    CEDE_DEFER(close_fd, &(a));                                                \
    CEDE_DEFER(close_fd, &(b))

/* ---- reading and writing ----------------------------------------------- */

struct flow {
    int fd;
    int bytes;
};

static int writes_6(void *arg)
{
    struct flow *f = arg;
    for (int i = 0; i < 3; i++) {
        int rc = cede_fd_write(f->fd, "xy", 2);
        f->bytes += rc > 0 ? rc : 0;
        CEDE_TRY(rc);
    }
    return 0;
}

static int reads_6(void *arg)
{
    struct flow *f = arg;
    char buf[4];
    while (f->bytes < 6) {
        int rc = cede_fd_read(f->fd, buf, sizeof buf);
        f->bytes += rc > 0 ? rc : 0;
        CEDE_TRY(rc);
    }
    return 0;
}

static int flows(int from, int to)
{
    struct flow in = {.fd = to}, out = {.fd = from};
    int rc;
    {
        CEDE_GROUP(g);
        cede_go(&g, reads_6, &in);
        cede_go(&g, writes_6, &out);
        rc = cede_join(&g);
    }
    ENSURE(out.bytes == in.bytes + (int)drain(to));
    if (rc == 0)
        ENSURE(in.bytes == 6);
    return rc;
}

SCENARIO(what_is_written_is_read_or_still_there)
{
    ENDS(cede_fd_pair, a, b);
    return flows(a, b);
}

SCENARIO(what_is_written_to_a_pipe_is_read_or_still_there)
{
    ENDS(cede_fd_pipe, r, w);
    return flows(w, r);
}

enum { LOT = 300000 };

static int writes_a_lot(void *arg)
{
    static const char buf[LOT];
    struct flow *f = arg;
    while (f->bytes < LOT) {
        int rc = cede_fd_write(f->fd, buf, (size_t)(LOT - f->bytes));
        f->bytes += rc > 0 ? rc : 0;
        CEDE_TRY(rc);
    }
    return 0;
}

static int reads_until_the_end(void *arg)
{
    static char buf[100000];
    struct flow *f = arg;
    int rc;
    while ((rc = cede_fd_read(f->fd, buf, sizeof buf)) > 0)
        f->bytes += rc;
    return rc;
}

static int writes_and_closes(void *arg)
{
    struct flow *f = arg;
    int rc = writes_a_lot(arg);
    CHECK_OK(cede_fd_close(f->fd));
    f->fd = -1;
    return rc < 0 ? rc : 0;
}

SCENARIO(a_write_answers_how_much_was_written)
{
    ENDS(cede_fd_pair, a, b);
    struct flow in = {.fd = b}, out = {.fd = a};
    int rc;
    {
        CEDE_GROUP(g);
        cede_go(&g, reads_until_the_end, &in);
        if (cede_go(&g, writes_and_closes, &out) == 0)
            a = -1;
        rc = cede_join(&g);
    }
    if (out.fd >= 0)
        close(out.fd);
    a = -1;
    ENSURE(out.bytes == in.bytes + (int)drain(b));
    return rc;
}

static int closes(void *fd)
{
    int *number = fd;
    CEDE_TRY(cede_sleep(CEDE_MS));
    int rc = cede_fd_close(*number);
    *number = -1;
    return rc;
}

static int is_closed_or_cancelled(void *fd)
{
    int rc = reads_a_byte(fd);
    return rc == CEDE_ECLOSED ? 0 : rc;
}

SCENARIO(who_waits_is_told_of_the_close)
{
    ENDS(cede_fd_pair, a, b);
    CEDE_GROUP(g);
    int same = a;
    cede_go(&g, is_closed_or_cancelled, &same);
    cede_go(&g, closes, &a);
    return cede_join(&g);
}

static int polls(void *fd)
{
    int rc = cede_fd_poll(*(int *)fd, CEDE_READABLE | CEDE_WRITABLE);
    return rc < 0 ? rc : 0;
}

SCENARIO(a_poll_for_both_ends_by_either)
{
    ENDS(cede_fd_pair, a, b);
    fill(a);
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, polls, &a));
    CEDE_TRY(cede_go(&g, writes_later, &b));
    (void)cede_sleep(0);
    drain(b);
    return cede_join(&g);
}

/* ---- accepting and connecting ------------------------------------------ */

static int accepts_2(void *arg)
{
    struct flow *f = arg;
    while (f->bytes < 2) {
        int fd = cede_fd_accept(f->fd, NULL, NULL);
        CEDE_TRY(fd);
        close(fd);
        f->bytes++;
    }
    return 0;
}

static struct sockaddr_in loopback;

static int connects(void *unused)
{
    (void)unused;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int rc = cede_fd_connect(fd, (struct sockaddr *)&loopback, sizeof loopback);
    close(fd);
    return rc;
}

SCENARIO(connections_are_made_and_taken)
{
    int listener = listen_on_loopback(&loopback, 8);
    CEDE_DEFER(close_fd, &listener);
    struct flow f = {.fd = listener};
    CEDE_GROUP(g);
    cede_go(&g, accepts_2, &f);
    cede_go(&g, connects, NULL);
    cede_go(&g, connects, NULL);
    int rc = cede_join(&g);
    if (rc == 0)
        ENSURE(f.bytes == 2);
    return rc;
}

static struct sockaddr_un crowded;
static socklen_t crowded_size;

static int connects_to_the_crowd(void *unused)
{
    (void)unused;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = cede_fd_connect(fd, (struct sockaddr *)&crowded, crowded_size);
    close(fd);
    return rc;
}

SCENARIO(connections_to_a_full_backlog_are_made_when_there_is_room)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CEDE_DEFER(close_fd, &listener);
    crowded = (struct sockaddr_un){.sun_family = AF_UNIX};
    crowded_size = sizeof crowded;
    CHECK(bind(listener, (void *)&crowded, sizeof(sa_family_t)) == 0);
    CHECK(getsockname(listener, (void *)&crowded, &crowded_size) == 0);
    CHECK(listen(listener, 0) == 0);
    struct flow f = {.fd = listener};
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, connects_to_the_crowd, NULL));
    CEDE_TRY(cede_go(&g, connects_to_the_crowd, NULL));
    (void)cede_sleep(CEDE_MS); /* which the join accounts for */
    cede_go(&g, accepts_2, &f);
    return cede_join(&g);
}

/* ---- callbacks --------------------------------------------------------- */

static int takes_a_byte(void *arg)
{
    struct flow *f = arg;
    char c;
    f->bytes += read(f->fd, &c, 1) == 1;
    return 0;
}

SCENARIO(a_callback_is_called_as_long_as_there_is_something)
{
    ENDS(cede_fd_pair, a, b);
    struct flow f = {.fd = a};
    cede_loop *l = cede_loop_current();
    CEDE_TRY(cede_loop_watch(l, a, CEDE_READABLE, takes_a_byte, &f));
    int rc = cede_fd_write(b, "xyz", 3);
    while (rc >= 0 && f.bytes < 3)
        rc = cede_sleep(CEDE_MS);
    ENSURE(cede_loop_unwatch(l, a, CEDE_READABLE) == 1);
    return rc < 0 ? rc : 0;
}

SUITE("schedule_io")
