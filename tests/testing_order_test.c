/* SPDX-License-Identifier: MIT
 *
 * testing_order_test.c - code that may wait, and tasks in an order a test
 * wants.
 */
#include "check.h"

#include <cede/testing.h>

/* ---- moments ------------------------------------------------------------ */

static int counts_moments(void *arg)
{
    (void)arg;
    int item = 1;
    uint64_t before = cede_test_moments();
    cede_queue *q = cede_queue_new(sizeof item, 4);
    CHECK_OK(cede_try_put(q, &item));
    CHECK_EQ(cede_try_get(q, &item), 1);
    CHECK_EQ(cede_test_moments(), before);
    CHECK_OK(cede_put(q, &item));
    CHECK(cede_test_moments() > before);
    before = cede_test_moments();
    CHECK_OK(cede_sleep(0));
    CHECK(cede_test_moments() > before);
    cede_queue_free(q);
    return 0;
}

TEST(a_call_that_may_wait_is_a_moment_and_one_that_does_not_is_none)
{
    CHECK_OK(cede_test_run(counts_moments, NULL));
}

static uint64_t called;

static int notes_its_moment(void *arg)
{
    *(uint64_t *)arg = cede_test_moments() - called;
    return 0;
}

static int waits_for_a_child(void *arg)
{
    (void)arg;
    uint64_t await, join;
    CEDE_GROUP(awaited);
    cede_future *f = cede_spawn(&awaited, notes_its_moment, &await);
    called = cede_test_moments();
    CHECK_OK(cede_await(f));
    CHECK_OK(cede_join(&awaited));

    CEDE_GROUP(joined);
    CHECK_OK(cede_go(&joined, notes_its_moment, &join));
    called = cede_test_moments();
    CHECK_OK(cede_join(&joined));
    CHECK_EQ(await, 2); /* the call, and the child's first step */
    CHECK_EQ(join, 2);
    return 0;
}

TEST(a_join_is_a_moment_before_anybody_else_goes_on_like_an_await)
{
    CHECK_OK(cede_test_run(waits_for_a_child, NULL));
}

TASK_TEST(in_ordinary_runs_moments_are_not_counted)
{
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_test_moments(), 0);
}

/* ---- turns -------------------------------------------------------------- */

static cede_turns order;

static int takes_turn(void *arg)
{
    size_t n = (size_t)(uintptr_t)arg;
    CEDE_TRY(cede_test_turn(&order, n));
    note("%zu ", n);
    return cede_test_turn_over(&order, n);
}

static int all_take_turns(void *arg)
{
    order = (cede_turns){0};
    CEDE_GROUP(players);
    for (size_t n = 4; n-- > 0;)
        cede_go(&players, takes_turn, (void *)(uintptr_t)n);
    (void)arg;
    return cede_join(&players);
}

TASK_TEST(turns_come_in_their_order_whoever_came_first)
{
    CHECK_OK(all_take_turns(NULL));
    CHECK_NOTED("0 1 2 3 ");
}

TEST(so_they_do_with_any_seed_and_cancelled_at_any_moment)
{
    CHECK_OK(cede_sweep_seeds(100, all_take_turns, NULL, NULL));
    CHECK_OK(cede_sweep_cancels(all_take_turns, NULL, NULL));
    CHECK_OK(cede_sweep_allocations(all_take_turns, NULL, NULL));
}

TASK_TEST(several_may_wait_for_one_turn)
{
    order = (cede_turns){0};
    CEDE_GROUP(players);
    cede_go(&players, takes_turn, (void *)1);
    cede_go(&players, takes_turn, (void *)1);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("");
    CHECK_OK(cede_test_turn_over(&order, 0));
    CHECK_ERR(cede_join(&players), -EINVAL);
    CHECK_NOTED("1 1 ");
}

TASK_TEST(a_turn_is_over_once_and_in_its_order)
{
    order = (cede_turns){0};
    CHECK_ERR(cede_test_turn_over(&order, 1), -EINVAL);
    CHECK_OK(cede_test_turn(&order, 0));
    CHECK_OK(cede_test_turn_over(&order, 0));
    CHECK_ERR(cede_test_turn_over(&order, 0), -EINVAL);
    CHECK_ERR(cede_test_turn(&order, 0), -EINVAL);
    CHECK_STR_EQ(cede_message(), "turn 0, when turn 1 is the next");
}

TASK_TEST(a_wait_for_a_turn_can_be_cancelled)
{
    order = (cede_turns){0};
    CHECK_ERR(cede_within(CEDE_MS, takes_turn, (void *)3), -ETIMEDOUT);
    CHECK_OK(cede_test_turn_over(&order, 0));
}

TEST(outside_a_task_there_are_no_turns)
{
    CHECK_ERR(cede_test_turn(&order, 0), -EPERM);
}

SUITE("testing_order")
