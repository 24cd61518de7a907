/* SPDX-License-Identifier: MIT
 *
 * io_stale_test.c - numbers that were closed behind cede's back, or whose files
 * live on in a duplicate, another process or another loop: nothing spins, and
 * nobody gets what is another's.
 */
#include "check.h"
#include "coro/coro.h"
#include "descriptors.h"
#include "io/wait.h"
#include "loop/loop.h"
#include "threads.h"
#include <poll.h>

/* A while in which a loop that spins would have thousands of turns. */
static void check_that_nothing_spins(void)
{
    uint64_t before = cd_me.loop->batch;
    CHECK_OK(cede_sleep(30 * CEDE_MS));
    CHECK(cd_me.loop->batch - before < 10);
}

static int polls_to_read(void *fd)
{
    return cede_fd_poll(*(int *)fd, CEDE_READABLE);
}

/* ---- closed behind our back -------------------------------------------- */

TASK_TEST(who_waits_for_a_number_that_was_closed_waits_on_and_nothing_spins)
{
    PAIR(a, b);
    cede_future *f = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    close(a);
    check_that_nothing_spins();
    CHECK(!cede_done(f));
    CHECK_ERR(reads_a_byte(&a), -EBADF);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    cede_future_free(f);
    a = -1;
}

TASK_TEST(who_waited_is_told_when_the_number_is_used_again)
{
    PAIR(a, b);
    PAIR(c, d);
    CEDE_GROUP(g);
    cede_future *in = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    close(a);
    CHECK_EQ(dup2(c, a), a);
    CHECK_OK(cede_go(&g, writes_later, &d));
    CHECK_EQ(reads_a_byte(&a), 1);
    CHECK_ERR(cede_await(in), CEDE_ECLOSED);
    cede_future_free(in);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(drain(a), 4);
}

TASK_TEST(in_both_directions_when_it_is_used_again_in_one)
{
    PAIR(a, b);
    PAIR(c, d);
    fill(a);
    cede_future *in = cede_spawn(NULL, reads_a_byte, &a);
    cede_future *out = cede_spawn(NULL, writes_later, &a);
    CHECK_OK(cede_sleep(2 * CEDE_MS));
    close(a);
    CHECK_EQ(dup2(c, a), a);
    cede_future *new = cede_spawn(NULL, polls_to_read, &a);
    CHECK_ERR(cede_await(in), CEDE_ECLOSED);
    CHECK_ERR(cede_await(out), CEDE_ECLOSED);
    CHECK_EQ(drain(d), 0); /* what was for b has not come here */
    CHECK_EQ(cede_fd_write(d, "x", 1), 1);
    CHECK_EQ(cede_await(new), CEDE_READABLE);
    cede_future_free(in);
    cede_future_free(out);
    cede_future_free(new);
}

TASK_TEST(a_number_may_be_closed_and_used_again_a_thousand_times)
{
    for (int i = 0; i < 1000; i++) {
        PAIR(a, b);
        cede_future *f = cede_spawn(NULL, polls_to_read, &a);
        CHECK_OK(cede_sleep(0));
        CHECK_EQ(cede_fd_write(b, "x", 1), 1);
        CHECK_EQ(cede_await(f), CEDE_READABLE);
        cede_future_free(f);
    } /* closed by close(2) */
    CHECK(cd_me.loop->fds.awaited == 0);
}

/* ---- files that live on ------------------------------------------------ */

TASK_TEST(a_file_that_lives_on_in_a_duplicate_wakes_nobody)
{
    PAIR(a, b);
    PAIR(c, d);
    int other = dup(a);
    cede_future *f = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_fd_close(a));
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    cede_future_free(f);
    CHECK_EQ(dup2(c, a), a); /* its number, of another file */
    f = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    check_that_nothing_spins();
    CHECK(!cede_done(f));
    CHECK_EQ(cede_fd_write(d, "x", 1), 1);
    CHECK_EQ(cede_await(f), 1);
    cede_future_free(f);
    CHECK_EQ(drain(other), 1);
    close(other);
}

TASK_TEST(two_numbers_of_one_file_are_waited_for_apart)
{
    PAIR(a, b);
    int same = dup(a);
    cede_future *f = cede_spawn(NULL, reads_a_byte, &a);
    cede_future *g = cede_spawn(NULL, reads_a_byte, &same);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_fd_write(b, "xy", 2), 2);
    CHECK_EQ(cede_await(f) + cede_await(g), 2);
    cede_future_free(f);
    cede_future_free(g);
    close(same);
}

TASK_TEST(a_number_that_comes_back_with_its_file_is_that_file)
{
    PAIR(a, b);
    int same = dup(a);
    cede_future *f = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_fd_close(a));
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    cede_future_free(f);
    CHECK_EQ(dup2(same, a), a);
    f = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_EQ(cede_await(f), 1);
    cede_future_free(f);
    close(same);
}

static int reads_5(void *fd)
{
    char buf[8];
    return cede_fd_read(*(int *)fd, buf, sizeof buf);
}

/* ---- several loops ----------------------------------------------------- */

static int accepts(void *listener)
{
    int fd = cede_fd_accept(*(int *)listener, NULL, NULL);
    close(fd);
    return fd < 0 ? fd : 0;
}

static void *runs_accepts(void *listener)
{
    return (void *)(intptr_t)cede_run(accepts, listener);
}

static int connects(void *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = cede_fd_connect(fd, at, sizeof(struct sockaddr_in));
    close(fd);
    return rc;
}

TASK_TEST(two_loops_may_wait_for_one_file)
{
    struct sockaddr_in at;
    int listener = listen_on_loopback(&at, 10);
    pthread_t one = in_thread(runs_accepts, &listener);
    pthread_t two = in_thread(runs_accepts, &listener);
    CHECK_OK(connects(&at));
    CHECK_OK(connects(&at));
    CHECK_EQ(ends_with(one), 0);
    CHECK_EQ(ends_with(two), 0);
    close(listener);
}

static int waits_and_stops(void *fd)
{
    int rc = reads_a_byte(fd);
    note("%d", rc);
    return rc;
}

TEST(a_descriptor_wakes_the_foreign_loop_that_ours_lives_in)
{
    PAIR(a, b);
    cede_loop *l = cede_loop_new(NULL);
    cede_future *f = cede_loop_spawn_on(l, waits_and_stops, &a);
    struct pollfd p = {.fd = cede_loop_fd(l), .events = POLLIN};
    for (int i = 0; i < 5; i++)
        CHECK_OK(cede_loop_step(l));
    CHECK_EQ(cede_loop_timeout_ms(l), -1);
    CHECK_EQ(poll(&p, 1, 0), 0);
    CHECK_EQ(write(b, "x", 1), 1);
    CHECK_EQ(poll(&p, 1, 1000), 1);
    for (int i = 0; i < 5; i++)
        CHECK_OK(cede_loop_step(l));
    CHECK_NOTED("1");
    CHECK_EQ(poll(&p, 1, 0), 0);
    cede_future_free(f);
    CHECK_OK(cede_loop_close(l));
}

TEST(a_loop_is_closed_with_tasks_that_wait_for_descriptors)
{
    PAIR(a, b);
    cede_loop *l = cede_loop_new(NULL);
    cede_future *f = cede_loop_spawn_on(l, reads_a_byte, &a);
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_loop_step(l));
    CHECK_OK(cede_loop_close(l));
    CHECK_ERR(cede_await(f), -ECANCELED);
    cede_future_free(f);
    CHECK_EQ(write(b, "x", 1), 1);
    CHECK_EQ(drain(a), 1);
}

/* ---- those that somebody owns ------------------------------------------ */

struct told {
    struct cd_fd_waiter waiter;
    int count, rc;
};

static void is_told(struct cd_fd_waiter *w, int rc)
{
    struct told *t = (struct told *)w;
    t->count++;
    t->rc = rc;
}

TASK_TEST(an_owner_whose_number_is_anothers_is_told_and_does_not_close_it)
{
    PAIR(a, b);
    PAIR(c, d);
    struct told t = {.waiter.tell = is_told};
    struct cd_fd f;
    cd_fd_init(&f, cd_me.loop, a);
    cd_fd_drained(&f, CD_IN);
    CHECK_OK(cd_fd_await(&f, CD_IN, &t.waiter));
    close(a);
    CHECK_EQ(dup2(c, a), a);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, writes_later, &d));
    CHECK_EQ(reads_5(&a), 5);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(t.count, 1);
    CHECK_ERR(t.rc, CEDE_ECLOSED);
    CHECK_ERR(cd_fd_await(&f, CD_IN, &t.waiter), CEDE_ECLOSED);
    CHECK(!cd_fd_forget(&f));
    cd_fd_close(&f);
    CHECK_EQ(cede_fd_write(d, "x", 1), 1);
    CHECK_EQ(reads_a_byte(&a), 1);
}

TASK_TEST(an_owner_is_not_told_of_the_file_that_had_its_number_before)
{
    PAIR(a, b);
    PAIR(c, d);
    int other = dup(a);
    struct told t = {.waiter.tell = is_told};
    struct cd_fd old, f;
    cd_fd_init(&old, cd_me.loop, a);
    cd_fd_drained(&old, CD_IN);
    CHECK_OK(cd_fd_await(&old, CD_IN, &t.waiter));
    cd_fd_close(&old);
    CHECK_EQ(t.count, 1);
    CHECK_EQ(dup2(c, a), a);
    cd_fd_init(&f, cd_me.loop, a);
    cd_fd_drained(&f, CD_IN);
    CHECK_OK(cd_fd_await(&f, CD_IN, &t.waiter));
    CHECK_EQ(write(b, "x", 1), 1);
    check_that_nothing_spins();
    CHECK_EQ(t.count, 1);
    CHECK(!(f.ready & CD_IN));
    CHECK_EQ(write(d, "x", 1), 1);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(t.count, 2);
    cd_fd_close(&f);
    a = -1;
    close(other);
}

TASK_TEST(an_owner_takes_over_a_number_that_was_used_plainly)
{
    PAIR(a, b);
    struct told t = {.waiter.tell = is_told};
    struct cd_fd f;
    cede_future *plain = cede_spawn(NULL, reads_a_byte, &a);
    CHECK_OK(cede_sleep(CEDE_MS));
    cd_fd_init(&f, cd_me.loop, a);
    cd_fd_drained(&f, CD_IN);
    CHECK_OK(cd_fd_await(&f, CD_IN, &t.waiter));
    CHECK_ERR(cede_await(plain), CEDE_ECLOSED);
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(t.count, 1);
    CHECK_OK(t.rc);
    cd_fd_close(&f);
    cd_fd_close(&f);
    CHECK_ERR(reads_a_byte(&a), -EBADF);
    a = -1;
    cede_future_free(plain);
}

TASK_TEST(what_is_forgotten_stays_open_and_may_be_used_plainly)
{
    PAIR(a, b);
    struct told t = {.waiter.tell = is_told};
    struct cd_fd f;
    cd_fd_init(&f, cd_me.loop, a);
    cd_fd_drained(&f, CD_IN);
    CHECK_OK(cd_fd_await(&f, CD_IN, &t.waiter));
    CHECK(cd_fd_forget(&f));
    CHECK_ERR(t.rc, CEDE_ECLOSED);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, writes_later, &b));
    CHECK_EQ(reads_5(&a), 5);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(t.count, 1);
}

TASK_TEST(closing_the_number_of_an_owner_tells_it)
{
    PAIR(a, b);
    struct told t = {.waiter.tell = is_told};
    struct cd_fd f;
    cd_fd_init(&f, cd_me.loop, a);
    cd_fd_drained(&f, CD_OUT);
    CHECK_OK(cd_fd_await(&f, CD_OUT, &t.waiter));
    CHECK_OK(cede_fd_close(a));
    CHECK_ERR(t.rc, CEDE_ECLOSED);
    CHECK_EQ(cd_me.loop->fds.watched, 0);
    CHECK_EQ(cd_me.loop->fds.awaited, 0);
    cd_fd_close(&f);
    a = -1;
}

/* ---- a peer that nobody tells of --------------------------------------- */

static int reads_all_later(void *fd)
{
    char buf[8];
    CEDE_TRY(cede_sleep(50 * CEDE_MS));
    while (recv(*(int *)fd, buf, sizeof buf, MSG_DONTWAIT) > 0)
        ;
    return 0;
}

/* poll(2) says that there is room, whatever the peer has. */
TASK_TEST(who_sends_to_a_unix_peer_that_is_full_waits_and_does_not_spin)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    socklen_t size = sizeof at.sun_family; /* and whatever name is free */
    int type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int in = socket(AF_UNIX, type, 0), out = socket(AF_UNIX, type, 0);
    CHECK_EQ(bind(in, (struct sockaddr *)&at, size), 0);
    size = sizeof at;
    CHECK_EQ(getsockname(in, (struct sockaddr *)&at, &size), 0);
    struct iovec v = {"x", 1};
    struct msghdr m = {
        .msg_name = &at, .msg_namelen = size, .msg_iov = &v, .msg_iovlen = 1};
    while (sendmsg(out, &m, MSG_DONTWAIT) == 1)
        ;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, reads_all_later, &in));
    uint64_t before = cd_me.loop->batch;
    CHECK_EQ(cede_fd_sendmsg(out, &m, 0), 1);
    CHECK(cd_me.loop->batch - before < 40);
    CHECK_OK(cede_join(&g));
    cede_fd_close(in);
    cede_fd_close(out);
}

SUITE("io_stale")
