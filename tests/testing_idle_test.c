/* SPDX-License-Identifier: MIT
 *
 * testing_idle_test.c - waiting until nothing else happens; the clock held,
 * released and moved.
 */
#include "check.h"
#include <cede/testing.h>
#include <pthread.h>
#include <unistd.h>

static int yields_100(void *count)
{
    for (int i = 0; i < 100; i++) {
        CEDE_TRY(cede_sleep(0));
        ++*(int *)count;
    }
    return 0;
}

TASK_TEST(idle_is_when_no_task_is_ready)
{
    int count = 0;
    CEDE_GROUP(g);
    cede_go(&g, yields_100, &count);
    CHECK_OK(cede_test_idle());
    CHECK_EQ(count, 100);
    CHECK_OK(cede_join(&g));
}

static int sleeps(void *woken)
{
    CEDE_TRY(cede_sleep(50 * CEDE_MS));
    *(bool *)woken = true;
    return 0;
}

TASK_TEST(a_timer_that_is_not_due_keeps_nobody_from_being_idle)
{
    bool woken = false;
    CEDE_GROUP(g);
    cede_go(&g, sleeps, &woken);
    CHECK_OK(cede_test_idle());
    CHECK(!woken);
    CHECK_OK(cede_join(&g));
}

VIRTUAL_TEST(the_clock_does_not_jump_while_somebody_waits_for_idleness)
{
    bool woken = false;
    cede_time start = cede_now();
    CEDE_GROUP(g);
    cede_go(&g, sleeps, &woken);
    for (int i = 0; i < 10; i++)
        CHECK_OK(cede_test_idle());
    CHECK_EQ(cede_now(), start);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(cede_now(), start + 50 * CEDE_MS);
}

static int idles(void *count)
{
    CEDE_TRY(cede_test_idle());
    return ++*(int *)count;
}

TASK_TEST(all_who_wait_for_idleness_go_on_together)
{
    int count = 0;
    CEDE_GROUP(g);
    for (int i = 0; i < 10; i++)
        cede_go(&g, idles, &count);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(count, 0);
    CHECK_OK(cede_test_idle());
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(count, 10);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(waiting_for_idleness_can_be_cancelled)
{
    int count = 0;
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, idles, &count);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    cede_group_cancel(&g);
    CHECK_ERR(cede_test_idle(), -ECANCELED);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(count, 0);
    CHECK_OK(cede_test_idle());
}

TEST(idleness_is_for_tasks)
{
    CHECK_ERR(cede_test_idle(), -EPERM);
}

/* ---- other threads ----------------------------------------------------- */

static int waits_for_ever(void *unused)
{
    (void)unused;
    return cede_sleep(CEDE_NEVER);
}

static void *cancels(void *f)
{
    CHECK_OK(cede_cancel(f));
    return NULL;
}

TASK_TEST(what_other_threads_have_posted_comes_before_idleness)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, waits_for_ever, NULL);
    CHECK_OK(cede_sleep(0));
    pthread_t other;
    CHECK_EQ(pthread_create(&other, NULL, cancels, f), 0);
    pthread_join(other, NULL);
    CHECK_OK(cede_test_idle());
    CHECK(cede_done(f));
    CHECK_OK(cede_join(&g));
}

static void *cancels_later(void *f)
{
    usleep(20000); /* real time, for which a held clock waits */
    return cancels(f);
}

VIRTUAL_TEST(a_held_clock_waits_for_other_threads)
{
    cede_time start = cede_now();
    CHECK_OK(cede_test_hold(true));
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, waits_for_ever, NULL);
    bool woken = false;
    cede_go(&g, sleeps, &woken);
    pthread_t other;
    CHECK_EQ(pthread_create(&other, NULL, cancels_later, f), 0);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(cede_now(), start);
    CHECK(!woken);
    CHECK_OK(cede_test_hold(false));
    CHECK_OK(cede_join(&g));
    CHECK(woken);
    pthread_join(other, NULL);
}

/* ---- the clock --------------------------------------------------------- */

static char order[8];

static int notes_at(void *at)
{
    CEDE_TRY(cede_sleep((*(char *)at - '0') * CEDE_SEC));
    order[strlen(order)] = *(char *)at;
    return 0;
}

VIRTUAL_TEST(a_jump_fires_what_is_due_by_then_in_order)
{
    cede_time start = cede_now();
    CHECK_OK(cede_test_hold(true));
    CEDE_GROUP(g);
    static char at[] = "4213";
    for (int i = 0; i < 4; i++)
        cede_go(&g, notes_at, &at[i]);
    CHECK_OK(cede_test_idle());
    CHECK_STR_EQ(order, "");
    CHECK_OK(cede_test_jump(3 * CEDE_SEC));
    CHECK_EQ(cede_clock(), start + 3 * CEDE_SEC);
    CHECK_OK(cede_test_idle());
    CHECK_STR_EQ(order, "123");
    CHECK_EQ(cede_now(), start + 3 * CEDE_SEC);
    CHECK_OK(cede_test_hold(false));
    CHECK_OK(cede_join(&g));
    CHECK_STR_EQ(order, "1234");
    CHECK_EQ(cede_now(), start + 4 * CEDE_SEC);
}

VIRTUAL_TEST(a_jump_far_beyond_the_end_of_time_stays_before_it)
{
    CHECK_OK(cede_test_jump(CEDE_NEVER - 1));
    CHECK_OK(cede_test_jump(CEDE_NEVER - 1));
    CHECK(cede_clock() < CEDE_NEVER);
    CHECK_OK(cede_sleep(0));
}

VIRTUAL_TEST(a_jump_goes_ahead_and_not_for_ever)
{
    CHECK_ERR(cede_test_jump(-1), -EINVAL);
    CHECK_ERR(cede_test_jump(CEDE_NEVER), -EINVAL);
}

static int on_the_real_clock(void *unused)
{
    (void)unused;
    CHECK_ERR(cede_test_hold(true), -EINVAL);
    CHECK_ERR(cede_test_jump(1), -EINVAL);
    return 0;
}

TEST(only_the_virtual_clock_is_held_and_moved)
{
    CHECK_ERR(cede_test_hold(true), -EPERM);
    CHECK_ERR(cede_test_jump(1), -EPERM);
    CHECK_OK(cede_run(on_the_real_clock, NULL));
}

SUITE("testing_idle")
