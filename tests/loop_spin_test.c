/* SPDX-License-Identifier: MIT
 *
 * loop_spin_test.c - loops that look before they sleep: where it helps, and no
 * longer than it does.
 */
#define _GNU_SOURCE /* affinity */

#include "check.h"
#include "coro/coro.h"
#include "descriptors.h"
#include "loop/epoll.h"
#include "loop/loop.h"
#include "threads.h"
#include <sched.h>

enum { ROUNDS = 100 };

static struct cd_epoll *poller(void)
{
    return (struct cd_epoll *)cd_me.loop->poller;
}

/* After a while, so that who asks has to wait. */
static void *echoes(void *fd)
{
    char c;
    struct timespec t = {.tv_nsec = 100000};
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(read(*(int *)fd, &c, 1), 1);
        nanosleep(&t, NULL);
        CHECK_EQ(write(*(int *)fd, &c, 1), 1);
    }
    return NULL;
}

static int asks(void *fd)
{
    char c = 'x';
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(cede_fd_write(*(int *)fd, &c, 1), 1);
        CHECK_EQ(cede_fd_read(*(int *)fd, &c, 1), 1);
    }
    return 0;
}

/* Ask somebody else a hundred times: has it tried to look? */
static int asks_and_tells(void *unused)
{
    (void)unused;
    PAIR(a, b);
    set_blocking(b, true);
    pthread_t t = in_thread(echoes, &b);
    CHECK_OK(asks(&a));
    (void)ends_with(t);
    return poller()->waited[1] > 0;
}

static int ask_with(cede_time spin)
{
    return cede_run_with(&(cede_options){.spin = spin}, asks_and_tells, NULL);
}

static bool has_one_cpu(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1;
}

/* An answer within a second is soon, however busy the machine is. */
TEST(a_loop_that_is_answered_soon_tries_to_look_before_it_sleeps)
{
    CHECK_EQ(ask_with(CEDE_SEC), !has_one_cpu());
}

TEST(unless_it_is_told_to_it_does_not)
{
    CHECK_EQ(ask_with(0), 0);
    CHECK_EQ(ask_with(-1), 0);
}

/* As if to look had helped so far. */
static void be_fond_of_looking(void)
{
    poller()->looks = true;
    poller()->waited[0] = 50 * CEDE_US;
    poller()->waited[1] = CEDE_US;
}

static int sleeps_in_vain(void *unused)
{
    (void)unused;
    const struct cd_epoll *e = poller();
    be_fond_of_looking();
    for (int i = 0; i < 20; i++)
        CHECK_OK(cede_sleep(2 * CEDE_MS));
    CHECK(!e->looks);
    unsigned left = e->left;
    for (int i = 0; i < 20; i++)
        CHECK_OK(cede_sleep(2 * CEDE_MS));
    CHECK_EQ(e->left, left); /* nor does it try */
    return 0;
}

TEST(where_nothing_comes_that_soon_it_stops_looking)
{
    const cede_options o = {.spin = 100 * CEDE_US};
    if (!has_one_cpu())
        CHECK_OK(cede_run_with(&o, sleeps_in_vain, NULL));
}

static int sleeps_for_5_ms(void *unused)
{
    (void)unused;
    cede_time begin = cede_now();
    be_fond_of_looking();
    CHECK_OK(cede_sleep(5 * CEDE_MS));
    CHECK(cede_now() - begin >= 5 * CEDE_MS);
    return 0;
}

TEST(a_timer_is_neither_early_nor_missed_while_it_looks)
{
    CHECK_OK(cede_run_with(&(cede_options){.spin = CEDE_SEC}, sleeps_for_5_ms,
                           NULL));
    CHECK_OK(
        cede_run_with(&(cede_options){.spin = CEDE_MS}, sleeps_for_5_ms, NULL));
}

static void *posts_later(void *f)
{
    struct timespec t = {.tv_nsec = 2000000};
    nanosleep(&t, NULL);
    return (void *)(intptr_t)cede_resolve(f, 7);
}

static int awaits_a_post(void *unused)
{
    (void)unused;
    cede_future *f = cede_promise();
    be_fond_of_looking();
    pthread_t t = in_thread(posts_later, f);
    CHECK_EQ(cede_await(f), 7);
    CHECK_OK(ends_with(t));
    cede_future_free(f);
    return 0;
}

TEST(a_post_is_seen_while_it_looks)
{
    CHECK_OK(
        cede_run_with(&(cede_options){.spin = CEDE_SEC}, awaits_a_post, NULL));
}

static int has_no_spin(void *unused)
{
    (void)unused;
    return cd_me.loop->poller->spin != 0;
}

TEST(with_one_cpu_it_never_looks)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
    CHECK_EQ(
        cede_run_with(&(cede_options){.spin = CEDE_SEC}, has_no_spin, NULL), 0);
}

static int jumps(void *unused)
{
    (void)unused;
    cede_time begin = cede_now();
    CHECK_OK(cede_sleep(3600 * CEDE_SEC));
    CHECK_EQ(cede_now() - begin, 3600 * CEDE_SEC);
    return 0;
}

TEST(the_virtual_clock_does_not_look)
{
    const cede_options o = {.poller = "virtual", .spin = CEDE_SEC};
    CHECK_OK(cede_run_with(&o, jumps, NULL));
}

SUITE("loop_spin")
