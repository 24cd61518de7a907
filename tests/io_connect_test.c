/* SPDX-License-Identifier: MIT
 *
 * io_connect_test.c - connections made and taken, refused, reset and too many.
 */
#include "check.h"
#include "descriptors.h"
#include <stddef.h>
#include <sys/resource.h>

static int tcp(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(fd >= 0);
    return fd;
}

static int connect_tcp(int fd, const struct sockaddr_in *at)
{
    return cede_fd_connect(fd, (const struct sockaddr *)at, sizeof *at);
}

static int accepts_one(void *listener)
{
    return cede_fd_accept(*(int *)listener, NULL, NULL);
}

/* Two ends of a connection over TCP. */
static void connect_ends(int ends[2])
{
    struct sockaddr_in at;
    int listener = listen_on_loopback(&at, 10);
    ends[0] = tcp();
    CHECK_OK(connect_tcp(ends[0], &at));
    ends[1] = accepts_one(&listener);
    CHECK_OK(ends[1]);
    close(listener);
}

/* The connection is not closed but reset. */
static void reset(int fd)
{
    struct linger l = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
    close(fd);
}

/* ---- made and taken ---------------------------------------------------- */

TASK_TEST(a_connection_is_made_and_taken)
{
    struct sockaddr_in at, from, self;
    socklen_t size = sizeof from;
    int listener = listen_on_loopback(&at, 10), fd = tcp();
    CHECK_OK(connect_tcp(fd, &at));
    int taken = cede_fd_accept(listener, (struct sockaddr *)&from, &size);
    CHECK_OK(taken);
    CHECK_EQ(size, sizeof from);
    CHECK(getsockname(fd, (struct sockaddr *)&self, &size) == 0);
    CHECK_EQ(from.sin_port, self.sin_port);
    CHECK(fcntl(taken, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(taken, F_GETFD) & FD_CLOEXEC);
    CHECK_EQ(cede_fd_write(fd, "x", 1), 1);
    CHECK_EQ(reads_a_byte(&taken), 1);
    CHECK_OK(connect_tcp(fd, &at)); /* Linux: that it was made, once more */
    CHECK_ERR(connect_tcp(fd, &at), -EISCONN);
    close(fd);
    close(taken);
    close(listener);
}

static int connects_later(void *at)
{
    int fd = tcp();
    CEDE_TRY(cede_sleep(CEDE_MS));
    int rc = connect_tcp(fd, at);
    close(fd);
    return rc;
}

TASK_TEST(an_accept_waits_for_who_comes_later)
{
    struct sockaddr_in at;
    int listener = listen_on_loopback(&at, 10);
    for (int blocks = 0; blocks < 2; blocks++) {
        set_blocking(listener, blocks);
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, connects_later, &at));
        int taken = accepts_one(&listener);
        CHECK_OK(taken);
        close(taken);
        CHECK_OK(cede_join(&g));
    }
    CHECK(!(fcntl(listener, F_GETFL) & O_NONBLOCK));
    close(listener);
}

TASK_TEST(a_cancelled_accept_has_taken_nobody)
{
    struct sockaddr_in at;
    int listener = listen_on_loopback(&at, 10);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, accepts_one, &listener);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_cancel(f));
    CHECK_OK(connects_later(&at));
    CHECK_ERR(cede_await(f), -ECANCELED);
    int taken = accepts_one(&listener);
    CHECK_OK(taken);
    close(taken);
    close(listener);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(closing_a_listener_wakes_who_accepts)
{
    struct sockaddr_in at;
    int listener = listen_on_loopback(&at, 10);
    cede_future *f = cede_spawn(NULL, accepts_one, &listener);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_fd_close(listener));
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    cede_future_free(f);
}

TASK_TEST(a_socket_that_blocks_is_connected_and_stays_as_it_is)
{
    struct sockaddr_in at;
    int listener = listen_on_loopback(&at, 10), fd = tcp();
    set_blocking(fd, true);
    CHECK_OK(connect_tcp(fd, &at));
    CHECK(!(fcntl(fd, F_GETFL) & O_NONBLOCK));
    close(fd);
    close(listener);
}

/* ---- refused ----------------------------------------------------------- */

TASK_TEST(where_nobody_listens_a_connection_is_refused)
{
    struct sockaddr_in at;
    close(listen_on_loopback(&at, 10));
    int fd = tcp();
    CHECK_ERR(connect_tcp(fd, &at), -ECONNREFUSED);
    close(fd);
    struct sockaddr_un no = {.sun_family = AF_UNIX,
                             .sun_path = "/nowhere/at/all"};
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_ERR(cede_fd_connect(fd, (struct sockaddr *)&no, sizeof no), -ENOENT);
    CHECK_ERR(cede_fd_connect(fd, (struct sockaddr *)&no, 1), -EINVAL);
    close(fd);
}

TASK_TEST(an_accept_of_what_does_not_listen_is_an_error)
{
    int fd = tcp();
    CHECK_ERR(accepts_one(&fd), -EINVAL);
    close(fd);
    PIPE(r, w);
    CHECK_ERR(accepts_one(&r), -ENOTSOCK);
}

TASK_TEST(without_descriptors_an_accept_says_so_and_loses_nobody)
{
    struct sockaddr_in at;
    struct rlimit limit, none;
    int listener = listen_on_loopback(&at, 10), fd = tcp();
    CHECK_OK(connect_tcp(fd, &at));
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    none = limit;
    none.rlim_cur = 0;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHECK_ERR(accepts_one(&listener), -EMFILE);
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int taken = accepts_one(&listener);
    CHECK_OK(taken);
    close(taken);
    close(fd);
    close(listener);
}

/* ---- reset ------------------------------------------------------------- */

TASK_TEST(a_reset_while_reading_is_an_error)
{
    int ends[2];
    connect_ends(ends);
    cede_future *f = cede_spawn(NULL, reads_a_byte, &ends[0]);
    CHECK_OK(cede_sleep(CEDE_MS));
    reset(ends[1]);
    CHECK_ERR(cede_await(f), -ECONNRESET);
    CHECK_EQ(reads_a_byte(&ends[0]), 0);
    cede_future_free(f);
    close(ends[0]);
}

static int writes_a_lot(void *fd)
{
    static const char buf[16 << 20];
    return cede_fd_write(*(int *)fd, buf, sizeof buf);
}

TASK_TEST(a_reset_while_writing_ends_the_write_and_raises_nothing)
{
    int ends[2];
    connect_ends(ends);
    cede_future *f = cede_spawn(NULL, writes_a_lot, &ends[0]);
    CHECK_OK(cede_sleep(CEDE_MS));
    reset(ends[1]);
    int n = cede_await(f);
    CHECK(n > 0 && n < 16 << 20);
    int rc = writes_a_lot(&ends[0]);
    CHECK(rc == -ECONNRESET || rc == -EPIPE);
    CHECK_ERR(writes_a_lot(&ends[0]), -EPIPE);
    cede_future_free(f);
    close(ends[0]);
}

/* ---- slow peers -------------------------------------------------------- */

struct slow {
    int fd;
    size_t n;
};

static int reads_byte_by_byte(void *arg)
{
    struct slow *s = arg;
    int rc;
    for (; (rc = reads_a_byte(&s->fd)) > 0; s->n++)
        CEDE_TRY(cede_sleep(0));
    return rc;
}

TASK_TEST(a_peer_that_reads_byte_by_byte_gets_all_of_it)
{
    PAIR(a, b);
    enum { SIZE = 20000 };
    static const char buf[SIZE];
    int least = 1;
    setsockopt(a, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    struct slow s = {.fd = b};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, reads_byte_by_byte, &s));
    CHECK_EQ(cede_fd_write(a, buf, SIZE), SIZE);
    CHECK_OK(cede_fd_close(a));
    a = -1;
    CHECK_OK(cede_join(&g));
    CHECK_EQ(s.n, SIZE);
}

TASK_TEST(a_peer_that_never_reads_holds_its_writer_and_nobody_else)
{
    int ends[2];
    connect_ends(ends);
    cede_future *f = cede_spawn(NULL, writes_a_lot, &ends[0]);
    for (int i = 0; i < 10; i++)
        CHECK_OK(cede_sleep(CEDE_MS));
    CHECK(!cede_done(f));
    CHECK_OK(cede_cancel(f));
    int n = cede_await(f);
    CHECK(n > 0 && n < 16 << 20);
    cede_future_free(f);
    close(ends[0]);
    close(ends[1]);
}

/* ---- a full backlog ---------------------------------------------------- */

static struct sockaddr_un nowhere_else;
static socklen_t nowhere_size;

/* An abstract address that nobody else has. */
static int listen_unix(int backlog)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    nowhere_else = (struct sockaddr_un){.sun_family = AF_UNIX};
    nowhere_size = sizeof nowhere_else;
    CHECK(bind(fd, (struct sockaddr *)&nowhere_else, sizeof(sa_family_t)) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&nowhere_else, &nowhere_size) ==
          0);
    CHECK(listen(fd, backlog) == 0);
    return fd;
}

static int connects_unix(void *fd)
{
    return cede_fd_connect(*(int *)fd, (struct sockaddr *)&nowhere_else,
                           nowhere_size);
}

static int unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

TASK_TEST(a_connect_to_a_full_backlog_waits_for_room)
{
    int listener = listen_unix(0), first = unix_socket(), fd = unix_socket();
    CHECK_OK(connects_unix(&first));
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, connects_unix, &fd);
    CHECK_OK(cede_sleep(10 * CEDE_MS));
    CHECK(!cede_done(f));
    close(accepts_one(&listener));
    CHECK_OK(cede_await(f));
    CHECK_OK(cede_join(&g));
    close(first);
    close(fd);
    close(listener);
}

TASK_TEST(who_waits_for_room_in_a_backlog_may_be_cancelled_and_closed)
{
    int listener = listen_unix(0), first = unix_socket(), fd = unix_socket();
    CHECK_OK(connects_unix(&first));
    cede_future *f = cede_spawn(NULL, connects_unix, &fd);
    CHECK_OK(cede_sleep(10 * CEDE_MS));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    cede_future_free(f);
    f = cede_spawn(NULL, connects_unix, &fd);
    CHECK_OK(cede_sleep(10 * CEDE_MS));
    CHECK_OK(cede_fd_close(fd));
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    cede_future_free(f);
    close(first);
    close(listener);
}

VIRTUAL_TEST(only_one_waits_for_room_by_one_descriptor)
{
    int listener = listen_unix(0), first = unix_socket(), fd = unix_socket();
    CHECK_OK(connects_unix(&first));
    cede_future *f = cede_spawn(NULL, connects_unix, &fd);
    CHECK_OK(cede_sleep(10 * CEDE_MS)); /* it pauses from 7 to 15 ms */
    CHECK_ERR(connects_unix(&fd), -EBUSY);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    cede_future_free(f);
    close(first);
    close(fd);
    close(listener);
}

TASK_TEST(who_waits_for_room_is_refused_when_the_listener_is_gone)
{
    int listener = listen_unix(0), first = unix_socket(), fd = unix_socket();
    CHECK_OK(connects_unix(&first));
    cede_future *f = cede_spawn(NULL, connects_unix, &fd);
    CHECK_OK(cede_sleep(CEDE_MS));
    close(listener);
    CHECK_ERR(cede_await(f), -ECONNREFUSED);
    cede_future_free(f);
    close(first);
    close(fd);
}

/* ---- many -------------------------------------------------------------- */

static int connects_and_greets(void *unused)
{
    (void)unused;
    int fd = unix_socket();
    CEDE_TRY(fd < 0 ? -errno : 0);
    int rc = connects_unix(&fd);
    if (rc == 0)
        rc = cede_fd_write(fd, "x", 1);
    close(fd);
    return rc;
}

TASK_TEST(of_10000_connects_to_a_short_backlog_none_is_lost)
{
    int n = many(SANITIZED ? 2000 : 10000), listener = listen_unix(128);
    CEDE_GROUP(g);
    for (int i = 0; i < n; i++)
        CHECK_OK(cede_go(&g, connects_and_greets, NULL));
    for (int i = 0; i < n; i++) {
        int fd = accepts_one(&listener);
        CHECK_OK(fd);
        CHECK_EQ(reads_a_byte(&fd), 1);
        close(fd);
    }
    CHECK_OK(cede_join(&g));
    close(listener);
}

static int connects_tcp(void *at)
{
    int fd = tcp();
    int rc = connect_tcp(fd, at);
    if (rc == 0)
        rc = cede_fd_write(fd, "x", 1);
    close(fd);
    return rc;
}

TASK_TEST(of_many_connects_over_tcp_none_is_lost)
{
    struct sockaddr_in at;
    int n = many(1000), listener = listen_on_loopback(&at, 4096);
    CEDE_GROUP(g);
    for (int i = 0; i < n; i++)
        CHECK_OK(cede_go(&g, connects_tcp, &at));
    for (int i = 0; i < n; i++) {
        int fd = accepts_one(&listener);
        CHECK_OK(fd);
        CHECK_EQ(reads_a_byte(&fd), 1);
        close(fd);
    }
    CHECK_OK(cede_join(&g));
    close(listener);
}

SUITE("io_connect")
