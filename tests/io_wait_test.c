/* SPDX-License-Identifier: MIT
 *
 * io_wait_test.c - tasks that wait for descriptors: two at most, and closing,
 * cancelling and granting in any order, also in one turn.
 */
#include "check.h"
#include "descriptors.h"

static int writes_a_lot(void *fd)
{
    static const char buf[1 << 20];
    return cede_fd_write(*(int *)fd, buf, sizeof buf);
}

static int waits_to_write(void *fd)
{
    return cede_fd_poll(*(int *)fd, CEDE_WRITABLE);
}

/* ---- who may wait ------------------------------------------------------ */

TASK_TEST(two_tasks_wait_in_two_directions_and_a_third_is_refused)
{
    PAIR(a, b);
    size_t filled = fill(a);
    CEDE_GROUP(g);
    cede_future *in = cede_spawn(&g, reads_a_byte, &a);
    cede_future *out = cede_spawn(&g, writes_later, &a);
    CHECK_OK(cede_sleep(2 * CEDE_MS));
    CHECK_ERR(reads_a_byte(&a), -EBUSY);
    CHECK(strstr(cede_message(), "another task waits"));
    CHECK_ERR(cede_fd_poll(a, CEDE_READABLE), -EBUSY);
    CHECK_ERR(cede_fd_write(a, "x", 1), -EBUSY);
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_EQ(cede_await(in), 1);
    CHECK(!cede_done(out));
    CHECK_EQ(drain(b), filled);
    CHECK_EQ(cede_await(out), 5);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_poll_for_both_is_refused_where_one_of_them_is_awaited)
{
    PAIR(a, b);
    fill(a);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, waits_to_write, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_ERR(cede_fd_poll(a, CEDE_READABLE | CEDE_WRITABLE), -EBUSY);
    drain(b);
    CHECK_EQ(cede_await(f), CEDE_WRITABLE);
    CHECK_OK(cede_join(&g));
}

/* ---- closing ----------------------------------------------------------- */

TASK_TEST(closing_wakes_who_waits_in_either_direction)
{
    PAIR(a, b);
    fill(a);
    cede_future *in = cede_spawn(NULL, reads_a_byte, &a);
    cede_future *out = cede_spawn(NULL, waits_to_write, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_fd_close(a));
    CHECK_ERR(cede_await(in), CEDE_ECLOSED);
    CHECK_ERR(cede_await(out), CEDE_ECLOSED);
    CHECK_ERR(reads_a_byte(&a), -EBADF);
    a = -1;
    cede_future_free(in);
    cede_future_free(out);
}

static int polls_both(void *fd)
{
    return cede_fd_poll(*(int *)fd, CEDE_READABLE | CEDE_WRITABLE);
}

TASK_TEST(closing_answers_a_poll_for_both_once)
{
    PAIR(a, b);
    fill(a);
    cede_future *f = cede_spawn(NULL, polls_both, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_fd_close(a));
    a = -1;
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    cede_future_free(f);
}

static int closes_it(void *fd)
{
    return cede_fd_close(*(int *)fd);
}

TASK_TEST(a_callback_may_close_what_a_task_waits_for)
{
    PAIR(a, b);
    CHECK_OK(cede_loop_call_later(cede_loop_current(), CEDE_MS, closes_it, &a,
                                  NULL));
    CHECK_ERR(reads_a_byte(&a), CEDE_ECLOSED);
    a = -1;
}

TASK_TEST(a_write_that_was_closed_halfway_answers_how_much_was_written)
{
    PAIR(a, b);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, writes_a_lot, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_fd_close(a));
    a = -1;
    int n = cede_await(f);
    CHECK(n > 0);
    CHECK_EQ(drain(b), n);
    CHECK_OK(cede_join(&g));
}

/* ---- cancelling -------------------------------------------------------- */

TASK_TEST(a_cancelled_read_has_taken_nothing)
{
    PAIR(a, b);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(drain(a), 1);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(in_a_cancelled_scope_nothing_is_read_or_written)
{
    PAIR(a, b);
    char c;
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CEDE_GROUP(g);
    cede_group_cancel(&g);
    CHECK_ERR(cede_fd_read(a, &c, 1), -ECANCELED);
    CHECK_ERR(cede_fd_write(a, "x", 1), -ECANCELED);
    CHECK_ERR(cede_fd_poll(a, CEDE_READABLE), -ECANCELED);
    CHECK_ERR(cede_fd_accept(a, NULL, NULL), -ECANCELED);
    CHECK_ERR(cede_fd_connect(a, NULL, 0), -ECANCELED);
    CHECK_ERR(cede_fd_sendfile(a, 0, NULL, 1), -ECANCELED);
    CHECK_EQ(drain(a), 1);
    CHECK_EQ(drain(b), 0);
    CHECK_OK(cede_join(&g));
}

struct canceller {
    int fd;
    cede_future *whom;
};

static int cancels_when_told(void *arg)
{
    struct canceller *c = arg;
    CHECK_EQ(reads_a_byte(&c->fd), 1);
    CHECK(!cede_done(c->whom));
    return cede_cancel(c->whom);
}

/* One poll tells both, the canceller first. */
TASK_TEST(who_is_told_and_cancelled_in_one_turn_has_what_was_read)
{
    PAIR(a, b);
    PAIR(c, d);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, reads_a_byte, &a);
    CHECK_OK(cede_go(&g, cancels_when_told, &(struct canceller){c, f}));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_fd_write(d, "x", 1), 1);
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_EQ(cede_await(f), 1);
    CHECK_EQ(drain(a), 0);
    CHECK_OK(cede_join(&g));
}

struct thief {
    struct canceller canceller;
    int fd;
    size_t taken;
};

static int takes_and_cancels(void *arg)
{
    struct thief *t = arg;
    CHECK_EQ(reads_a_byte(&t->canceller.fd), 1);
    t->taken = drain(t->fd);
    return cede_cancel(t->canceller.whom);
}

TASK_TEST(who_is_told_in_vain_and_cancelled_in_one_turn_is_cancelled)
{
    PAIR(a, b);
    PAIR(c, d);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, reads_a_byte, &a);
    struct thief t = {{c, f}, a, 0};
    CHECK_OK(cede_go(&g, takes_and_cancels, &t));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_fd_write(d, "x", 1), 1);
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(t.taken, 1);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(what_comes_at_the_moment_of_the_time_out_is_read_or_left)
{
    for (int i = 0; i < 20; i++) {
        PAIR(a, b);
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, writes_later, &b));
        char buf[8];
        int rc = -ECANCELED;
        {
            CEDE_SCOPE(s, CEDE_MS);
            rc = cede_fd_read(a, buf, sizeof buf);
        }
        CHECK_OK(cede_join(&g));
        size_t left = drain(a);
        CHECK(rc == 5 ? left == 0 : left == 5);
    }
}

SUITE("io_wait")
