/* SPDX-License-Identifier: MIT
 *
 * io_read_test.c - reading, writing and polling descriptors: what is answered,
 * and when it has to wait.
 */
#include "check.h"
#include "descriptors.h"
#include "threads.h"
#include <poll.h>
#include <signal.h>

/* ---- reading ----------------------------------------------------------- */

TASK_TEST(a_read_answers_what_there_is)
{
    PAIR(a, b);
    char buf[8];
    CHECK_EQ(cede_fd_write(a, "xyz", 3), 3);
    CHECK_EQ(cede_fd_read(b, buf, sizeof buf), 3);
    CHECK(memcmp(buf, "xyz", 3) == 0);
}

TASK_TEST(a_read_waits_for_what_comes_later)
{
    PAIR(a, b);
    char buf[8];
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, writes_later, &a));
    CHECK_EQ(cede_fd_read(b, buf, sizeof buf), 5);
    CHECK(memcmp(buf, "later", 5) == 0);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(the_end_is_0_again_and_again)
{
    PAIR(a, b);
    char c;
    CHECK_OK(cede_fd_close(a));
    a = -1;
    for (int i = 0; i < 3; i++)
        CHECK_EQ(cede_fd_read(b, &c, 1), 0);
}

TASK_TEST(to_read_nothing_does_not_wait)
{
    PAIR(a, b);
    char c;
    CHECK_EQ(cede_fd_read(b, &c, 0), 0);
    CHECK_EQ(cede_fd_readv(b, NULL, 0), 0);
}

TASK_TEST(parts_are_read_in_their_order)
{
    PAIR(a, b);
    char x[2], y[4];
    struct iovec v[] = {{x, sizeof x}, {y, sizeof y}};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, writes_later, &a));
    CHECK_EQ(cede_fd_readv(b, v, 2), 5);
    CHECK(memcmp(x, "la", 2) == 0 && memcmp(y, "ter", 3) == 0);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(errors_are_the_kernels)
{
    char c;
    CHECK_ERR(cede_fd_read(-1, &c, 1), -EBADF);
    CHECK_ERR(cede_fd_write(987, &c, 1), -EBADF);
    CHECK_ERR(cede_fd_poll(987, CEDE_READABLE), -EBADF);
    CHECK_ERR(cede_fd_poll(-1, CEDE_READABLE), -EBADF);
    CHECK_ERR(cede_fd_accept(987, NULL, NULL), -EBADF);
    CHECK_ERR(cede_fd_close(-1), -EBADF);
    CHECK_ERR(cede_fd_close(987), -EBADF);
    CHECK_ERR(cede_fd_poll(0, 0), -EINVAL);
    CHECK_ERR(cede_fd_poll(0, 4), -EINVAL);
}

/* ---- writing ----------------------------------------------------------- */

struct transfer {
    int fd;
    size_t n;
};

/* One byte at a time, so that the writer is woken as often as can be. */
static int reads_all(void *arg)
{
    struct transfer *t = arg;
    char buf[1000];
    int rc;
    while ((rc = cede_fd_read(t->fd, buf, sizeof buf)) > 0) {
        for (int i = 0; i < rc; i++)
            CHECK_EQ(buf[i], (char)((t->n + (size_t)i) % 251));
        t->n += (size_t)rc;
    }
    return rc;
}

static char *numbered(size_t n)
{
    char *buf = malloc(n);
    CHECK(buf);
    for (size_t i = 0; i < n; i++)
        buf[i] = (char)(i % 251);
    return buf;
}

enum { LARGE = 1000003 };

static void writes_large(int out, int in)
{
    struct transfer t = {.fd = in};
    char *buf = numbered(LARGE);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, reads_all, &t));
    CHECK_EQ(cede_fd_write(out, buf, LARGE), LARGE);
    CHECK_OK(cede_fd_close(out));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(t.n, LARGE);
    free(buf);
}

TASK_TEST(a_write_waits_until_all_is_written)
{
    PAIR(a, b);
    writes_large(a, b);
    a = -1;
}

TASK_TEST(a_write_to_a_pipe_waits_until_all_is_written)
{
    PIPE(r, w);
    writes_large(w, r);
    w = -1;
}

TASK_TEST(descriptors_that_block_do_not_block_the_others)
{
    PAIR(a, b);
    set_blocking(a, true);
    set_blocking(b, true);
    writes_large(a, b);
    a = -1;
    PIPE(r, w);
    set_blocking(r, true);
    set_blocking(w, true);
    writes_large(w, r);
    w = -1;
    CHECK(!(fcntl(r, F_GETFL) & O_NONBLOCK));
    CHECK(!(fcntl(b, F_GETFL) & O_NONBLOCK));
}

TASK_TEST(many_parts_of_all_sizes_arrive_in_their_order)
{
    PAIR(a, b);
    enum { PARTS = 1000 };
    static struct iovec v[PARTS];
    char *buf = numbered(LARGE);
    size_t at = 0;
    for (size_t i = 0; i < PARTS; i++, at += v[i - 1].iov_len)
        v[i] = (struct iovec){buf + at, i * 7919 % 1900};
    CHECK(at < LARGE);
    struct transfer t = {.fd = b};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, reads_all, &t));
    CHECK_EQ(cede_fd_writev(a, v, PARTS), at);
    CHECK_OK(cede_fd_close(a));
    a = -1;
    CHECK_OK(cede_join(&g));
    CHECK_EQ(t.n, at);
    free(buf);
}

static int writes_large_once(void *arg)
{
    struct transfer *t = arg;
    char *buf = numbered(LARGE);
    int rc = cede_fd_write(t->fd, buf, LARGE);
    free(buf);
    return rc;
}

TASK_TEST(a_write_that_is_cancelled_answers_how_much_was_written)
{
    PAIR(a, b);
    struct transfer t = {.fd = a};
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, writes_large_once, &t);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_cancel(f));
    int written = cede_await(f);
    CHECK(written > 0 && written < LARGE);
    CHECK_EQ(drain(b), written);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_write_that_fails_halfway_answers_how_much_and_the_next_one_why)
{
    PAIR(a, b);
    struct transfer t = {.fd = a};
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, writes_large_once, &t);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_fd_close(b));
    b = -1;
    int written = cede_await(f);
    CHECK(written > 0 && written < LARGE);
    CHECK_ERR(cede_fd_write(a, "x", 1), -EPIPE);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(no_write_to_a_socket_raises_sigpipe)
{
    PAIR(a, b);
    struct iovec v[] = {{"x", 1}, {"y", 1}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    CHECK_OK(cede_fd_close(b));
    b = -1;
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR); /* which would end us */
    CHECK_ERR(cede_fd_write(a, "x", 1), -EPIPE);
    CHECK_ERR(cede_fd_writev(a, v, 2), -EPIPE);
    CHECK_ERR(cede_fd_sendmsg(a, &m, 0), -EPIPE);
}

TASK_TEST(a_vector_of_fewer_parts_than_none_is_refused)
{
    char c = 'c';
    const struct iovec v = {&c, 1};
    PIPE(r, w);
    for (int blocks = 0; blocks < 2; blocks++) {
        set_blocking(r, blocks);
        set_blocking(w, blocks);
        CHECK_ERR(cede_fd_readv(r, &v, -1), -EINVAL);
        CHECK_ERR(cede_fd_writev(w, &v, -1), -EINVAL);
    }
}

TASK_TEST(to_write_nothing_does_not_wait)
{
    PAIR(a, b);
    fill(a);
    CHECK_EQ(cede_fd_write(a, "", 0), 0);
    CHECK_EQ(cede_fd_writev(a, NULL, 0), 0);
}

/* ---- messages ---------------------------------------------------------- */

static int sends_a_message(void *fd)
{
    struct iovec v[] = {{"one ", 4}, {"message", 7}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fd_sendmsg(*(int *)fd, &m, 0);
}

TASK_TEST(messages_are_sent_and_received_whole)
{
    int ends[2];
    char text[32] = "";
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
    struct iovec v = {text, sizeof text};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sends_a_message, &ends[0]));
    CHECK_EQ(cede_fd_recvmsg(ends[1], &m, 0), 11);
    CHECK_STR_EQ(text, "one message");
    CHECK_OK(cede_join(&g));
    close(ends[0]);
    close(ends[1]);
}

TASK_TEST(a_message_waits_until_there_is_room)
{
    int ends[2];
    char c;
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
    while (send(ends[0], "x", 1, MSG_DONTWAIT) == 1)
        ;
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, sends_a_message, &ends[0]);
    CHECK_OK(cede_sleep(2 * CEDE_MS));
    CHECK(!cede_done(f));
    while (recv(ends[1], &c, 1, MSG_DONTWAIT) == 1)
        ;
    CHECK_EQ(cede_await(f), 11);
    CHECK_OK(cede_join(&g));
    close(ends[0]);
    close(ends[1]);
}

/* ---- polling ----------------------------------------------------------- */

TASK_TEST(a_poll_answers_what_is_ready)
{
    PAIR(a, b);
    int both = CEDE_READABLE | CEDE_WRITABLE;
    CHECK_EQ(cede_fd_poll(a, both), CEDE_WRITABLE);
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_EQ(cede_fd_poll(a, both), both);
    CHECK_EQ(cede_fd_poll(a, CEDE_READABLE), CEDE_READABLE);
}

TASK_TEST(a_poll_waits_until_one_of_both_is_ready)
{
    PAIR(a, b);
    CEDE_GROUP(g);
    fill(b);
    CHECK_OK(cede_go(&g, writes_later, &a));
    CHECK_EQ(cede_fd_poll(b, CEDE_READABLE | CEDE_WRITABLE), CEDE_READABLE);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(drain(b), 5);
}

static int polls_both(void *fd)
{
    return cede_fd_poll(*(int *)fd, CEDE_READABLE | CEDE_WRITABLE);
}

TASK_TEST(a_poll_for_both_leaves_both_when_it_is_cancelled)
{
    PAIR(a, b);
    CEDE_GROUP(g);
    fill(b);
    cede_future *f = cede_spawn(&g, polls_both, &b);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    f = cede_spawn(&g, polls_both, &b);
    CHECK_OK(cede_sleep(CEDE_MS));
    drain(a);
    CHECK_EQ(cede_await(f), CEDE_WRITABLE);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_peer_that_hung_up_makes_it_ready_for_both)
{
    PAIR(a, b);
    CEDE_GROUP(g);
    fill(b);
    cede_future *f = cede_spawn(&g, polls_both, &b);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_fd_close(a));
    a = -1;
    CHECK_EQ(cede_await(f), CEDE_READABLE | CEDE_WRITABLE);
    CHECK_EQ(cede_fd_poll(b, CEDE_READABLE), CEDE_READABLE);
    CHECK_EQ(cede_fd_poll(b, CEDE_WRITABLE), CEDE_WRITABLE);
    CHECK_OK(cede_join(&g));
}

/* ---- who may call ------------------------------------------------------ */

static int reads_outside_of_tasks(void *fd)
{
    char c;
    CHECK_ERR(cede_fd_read(*(int *)fd, &c, 1), -EPERM);
    CHECK_ERR(cede_fd_write(*(int *)fd, "x", 1), -EPERM);
    CHECK_ERR(cede_fd_poll(*(int *)fd, CEDE_READABLE), -EPERM);
    CHECK_ERR(cede_fd_connect(*(int *)fd, NULL, 0), -EPERM);
    CHECK_ERR(cede_fd_sendfile(*(int *)fd, *(int *)fd, NULL, 1), -EPERM);
    return cede_loop_stop(cede_loop_current());
}

TEST(a_loops_thread_waits_in_tasks_only)
{
    PAIR(a, b);
    cede_loop *l = cede_loop_new(NULL);
    CHECK_OK(cede_loop_call_soon(l, reads_outside_of_tasks, &a, NULL));
    CHECK_OK(cede_loop_run_forever(l));
    CHECK_OK(cede_loop_close(l));
}

static int answers_it(void *fd)
{
    char buf[8];
    CHECK_EQ(cede_fd_read(*(int *)fd, buf, sizeof buf), 4);
    CHECK_OK(cede_sleep(5 * CEDE_MS));
    return cede_fd_write(*(int *)fd, "pong", 4);
}

static void *runs_answers_it(void *fd)
{
    return (void *)(intptr_t)cede_run(answers_it, fd);
}

TEST(on_a_thread_without_a_loop_they_block)
{
    PAIR(a, b);
    char buf[8];
    pthread_t t = in_thread(runs_answers_it, &b);
    CHECK_EQ(cede_fd_write(a, "ping", 4), 4);
    CHECK_EQ(cede_fd_poll(a, CEDE_READABLE), CEDE_READABLE);
    CHECK_EQ(cede_fd_read(a, buf, sizeof buf), 4);
    CHECK_EQ(ends_with(t), 4);
}

TASK_TEST(errno_stays_the_callers)
{
    PAIR(a, b);
    char buf[8];
    CEDE_GROUP(g);
    errno = 33;
    CHECK_OK(cede_go(&g, writes_later, &a));
    CHECK_EQ(cede_fd_read(b, buf, sizeof buf), 5);
    CHECK_ERR(cede_fd_read(-1, buf, 1), -EBADF);
    CHECK_EQ(cede_fd_poll(b, CEDE_WRITABLE), CEDE_WRITABLE);
    CHECK_OK(cede_fd_close(a));
    CHECK_EQ(errno, 33);
    a = -1;
    CHECK_OK(cede_join(&g));
}

static int sets(void *flag)
{
    *(bool *)flag = true;
    return 0;
}

TASK_TEST(whoever_need_not_wait_lets_others_run_now_and_then)
{
    PAIR(a, b);
    bool ran = false;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sets, &ran));
    volatile bool *seen = &ran;
    for (int i = 0; !*seen; i++) {
        CHECK(i < 1000);
        CHECK_EQ(cede_fd_write(a, "x", 1), 1);
        CHECK_EQ(reads_a_byte(&b), 1);
    }
    CHECK_OK(cede_join(&g));
}

SUITE("io_read")
