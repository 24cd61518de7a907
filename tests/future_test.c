/* SPDX-License-Identifier: MIT
 *
 * future_test.c - handles of tasks: await, cancel, read, free by tasks.  What
 * other threads may do with them is in future_thread_test.c.
 */
#include "check.h"
#include "tasks.h"

/* ---- await ----------------------------------------------------------- */

TASK_TEST(awaiting_answers_the_result_as_often_as_one_asks)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns_later, &(int){7});
    CHECK(!cede_done(f));
    CHECK_ERR(cede_result(f), -EAGAIN);
    CHECK_EQ(cede_await(f), 7);
    CHECK_EQ(cede_await(f), 7);
    CHECK(cede_done(f));
    CHECK_EQ(cede_result(f), 7);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_handle_gives_what_its_task_was_given)
{
    int seven = 7;
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns, &seven);
    CHECK(cede_arg(f) == &seven);
    CHECK_OK(cede_join(&g));
}

static int awaits(void *arg)
{
    int rc = cede_await(*(cede_future **)arg);
    note("%d ", rc);
    return 0;
}

TASK_TEST(any_number_of_tasks_may_await_one_and_wake_in_order)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns_later, &(int){7});
    cede_future *waiter[5];
    for (int i = 0; i < 5; i++)
        CHECK((waiter[i] = cede_spawn(&g, awaits, &f)) != NULL);
    CHECK_EQ(cede_await(f), 7);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("7 7 7 7 7 ");
}

TASK_TEST(awaiting_null_is_out_of_memory)
{
    CHECK_ERR(cede_await(NULL), -ENOMEM);
    CHECK_ERR(cede_cancel(NULL), -ENOMEM);
    CHECK(cede_done(NULL));
    cede_future_free(NULL);
}

static cede_future *first, *second, *third;

static int awaits_first(void *arg)
{
    (void)arg;
    int rc = cede_await(first);
    note("%s", rc == -EDEADLK ? "deadlock " : "ok ");
    return rc == -EDEADLK ? 0 : rc;
}

static int awaits_second(void *arg)
{
    (void)arg;
    return cede_await(second);
}

static int awaits_third(void *arg)
{
    (void)arg;
    return cede_await(third);
}

TASK_TEST(a_task_that_awaits_itself_is_told)
{
    CEDE_GROUP(g);
    first = cede_spawn(&g, awaits_first, NULL);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("deadlock ");
}

TASK_TEST(tasks_that_await_each_other_in_a_circle_are_told_once)
{
    CEDE_GROUP(g);
    first = cede_spawn(&g, awaits_second, NULL);
    second = cede_spawn(&g, awaits_third, NULL);
    third = cede_spawn(&g, awaits_first, NULL);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("deadlock ");
}

TASK_TEST(a_child_may_await_a_sibling_that_awaits_nobody)
{
    CEDE_GROUP(g);
    first = cede_spawn(&g, returns_later, &(int){0});
    second = cede_spawn(&g, awaits_first, NULL);
    third = cede_spawn(&g, awaits_first, NULL);
    CHECK_OK(cede_await(third));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("ok ok ");
}

VIRTUAL_TEST(a_cancelled_await_leaves_the_awaited_alone)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns_later, &(int){7});
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_US));
    CHECK_ERR(cede_leave(&s, cede_await(f)), -ETIMEDOUT);
    CHECK(!cede_done(f));
    CHECK_EQ(cede_await(f), 7);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(awaiting_in_a_cancelled_scope_answers_at_once_even_if_done)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns, &(int){7});
    CHECK_EQ(cede_await(f), 7);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(cede_result(f), 7);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_OK(cede_join(&g));
}

/* ---- cancel ---------------------------------------------------------- */

TASK_TEST(a_cancelled_task_ends_and_says_so)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, sleeps_for_ever, "x");
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_NOTED("");
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_NOTED("x");
    CHECK_ERR(cede_cancel(f), -EALREADY);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(cancelling_a_done_task_is_too_late)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns, &(int){7});
    CHECK_EQ(cede_await(f), 7);
    CHECK_ERR(cede_cancel(f), -EALREADY);
    CHECK_EQ(cede_result(f), 7);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_task_cancelled_before_its_first_step_still_runs)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, sleeps_for_ever, "ran");
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("ran");
}

static int waits_three_times(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++)
        note("%s ", cede_sleep(0) == -ECANCELED ? "no" : "yes");
    return 7;
}

TASK_TEST(a_cancelled_task_is_told_at_every_wait_and_keeps_its_result)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, waits_three_times, NULL);
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_EQ(cede_await(f), 7);
    CHECK_NOTED("no no no ");
    CHECK_OK(cede_join(&g));
}

static int cancels_itself(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_cancel(first), 0);
    CHECK(cede_cancelled());
    return cede_sleep(0);
}

TASK_TEST(a_task_may_cancel_itself)
{
    CEDE_GROUP(g);
    first = cede_spawn(&g, cancels_itself, NULL);
    CHECK_ERR(cede_await(first), -ECANCELED);
    CHECK_OK(cede_join(&g));
}

static int cancels_itself_and_awaits(void *arg)
{
    CHECK_EQ(cede_cancel(first), 0);
    return cede_await(arg);
}

VIRTUAL_TEST(what_a_task_awaits_that_cancelled_itself_goes_on)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns_later, &(int){7});
    first = cede_spawn(&g, cancels_itself_and_awaits, f);
    CHECK_ERR(cede_await(first), -ECANCELED);
    CHECK(!cede_done(f));
    CHECK_EQ(cede_await(f), 7);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_task_done_when_it_is_cancelled_in_the_same_turn_gives_its_result)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns, &(int){7});
    cede_future *waiter = cede_spawn(&g, awaits, &f);
    CHECK_OK(cede_sleep(0)); /* f is done, the waiter not yet resumed */
    CHECK_EQ(cede_cancel(waiter) == 0 || cede_done(waiter), true);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("7 ");
}

/* ---- free ------------------------------------------------------------ */

TASK_TEST(a_handle_may_be_given_back_at_any_time)
{
    int seven = 7;
    CEDE_GROUP(g);
    cede_future_free(cede_spawn(&g, sleeps_for_ever, "a"));
    cede_future *f = cede_spawn(&g, returns, &seven);
    CHECK_EQ(cede_await(f), 7);
    cede_future_free(f);
    f = cede_spawn(&g, returns_later, &seven);
    CHECK_OK(cede_sleep(0));
    cede_future_free(f);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a");
}

TASK_TEST(who_awaits_a_handle_given_back_still_gets_the_result)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns_later, &(int){7});
    CHECK_OK(cede_go(&g, awaits, &f));
    CHECK_OK(cede_sleep(0));
    cede_future_free(f);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("7 ");
}

static cede_future *kept;

static int spawns_in_the_background(void *arg)
{
    kept = cede_spawn(NULL, returns, arg);
    return cede_await(kept);
}

TEST(a_background_handle_outlives_the_run)
{
    CHECK_EQ(cede_run(spawns_in_the_background, &(int){7}), 7);
    CHECK(cede_done(kept));
    CHECK_EQ(cede_result(kept), 7);
    CHECK_EQ(cede_await(kept), 7);
    CHECK_ERR(cede_cancel(kept), -EALREADY);
    cede_future_free(kept);
}

/* ---- many ------------------------------------------------------------ */

static int adds(void *arg)
{
    CEDE_TRY(cede_sleep(0));
    ++*(int *)arg;
    return 0;
}

TASK_TEST(many_tasks_live_at_once)
{
    int sum = 0;
    CEDE_GROUP(g);
    int n = many(10000);
    for (int i = 0; i < n; i++)
        CHECK_OK(cede_go(&g, adds, &sum));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(sum, n);
}

static int starts_the_next(void *arg)
{
    if (--*(int *)arg == 0)
        return 0;
    return cede_go(NULL, starts_the_next, arg);
}

TASK_TEST(a_chain_of_tasks_may_be_long)
{
    int left = rounds(100000);
    CHECK_OK(cede_go(NULL, starts_the_next, &left));
    while (left > 0)
        CHECK_OK(cede_sleep(0));
}

/* ---- for some time ------------------------------------------------------ */

static int sleeps_a_second(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_SEC));
    return *(int *)arg;
}

VIRTUAL_TEST(an_await_may_have_a_time_limit_and_the_awaited_goes_on)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, sleeps_a_second, &(int){7});
    CHECK_ERR(cede_await_within(CEDE_MS, f), -ETIMEDOUT);
    CHECK_STR_EQ(cede_message(), "time is up in scope 'cede_await_within'");
    CHECK_ERR(cede_await_within(0, f), -ETIMEDOUT);
    CHECK_EQ(cede_await_within(2 * CEDE_SEC, f), 7);
    CHECK_EQ(cede_await_within(0, f), 7);
    CHECK_EQ(cede_await_within(-1, f), 7);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(an_await_with_a_time_limit_in_a_cancelled_scope_is_cancelled)
{
    CEDE_SCOPE(s, cede_in(0));
    CHECK_ERR(cede_await_within(CEDE_SEC, NULL), -ENOMEM);
    cede_future *f = cede_promise();
    CHECK_ERR(cede_await_within(CEDE_SEC, f), -ECANCELED);
    CHECK_ERR(cede_await_within(0, f), -ECANCELED);
    cede_future_free(f);
}

SUITE("future")
