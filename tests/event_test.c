/* SPDX-License-Identifier: MIT
 *
 * event_test.c - events: who is waked, who is not, and when.
 */
#include "check.h"
#include "sync_misuse.h"

static cede_event e;

static int waits(void *number)
{
    int rc = cede_event_wait(&e);
    note("%d%s ", *(int *)number, rc == 0 ? "" : rc == -ETIMEDOUT ? "t" : "x");
    return rc;
}

static const int one = 1, two = 2, three = 3;

static cede_future *waiter(cede_group *g, const int *number)
{
    cede_future *f = cede_spawn(g, waits, (void *)(uintptr_t)number);
    CHECK(f != NULL);
    return f;
}

/* ---- set, and not set -------------------------------------------------- */

TASK_TEST(a_zeroed_event_is_not_set)
{
    CHECK(!cede_event_is_set(&e));
    CHECK_ERR(cede_within(CEDE_MS, waits, (void *)(uintptr_t)&one), -ETIMEDOUT);
}

TASK_TEST(set_wakes_all_who_wait_in_their_order)
{
    CEDE_GROUP(g);
    waiter(&g, &one), waiter(&g, &two), waiter(&g, &three);
    CHECK_OK(cede_sleep(0));
    cede_event_set(&e);
    CHECK_NOTED("");
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1 2 3 ");
}

TASK_TEST(a_clear_before_they_run_takes_nothing_back)
{
    CEDE_GROUP(g);
    waiter(&g, &one), waiter(&g, &two);
    CHECK_OK(cede_sleep(0));
    cede_event_set(&e);
    cede_event_clear(&e);
    waiter(&g, &three);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("1 2 ");
    CHECK(!cede_event_is_set(&e));
    cede_event_set(&e);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1 2 3 ");
}

static int notes_other(void *arg)
{
    (void)arg;
    note("other ");
    return 0;
}

TASK_TEST(waiting_for_a_set_event_lets_nobody_else_run)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, notes_other, NULL));
    cede_event_set(&e);
    for (int i = 0; i < 100; i++)
        CHECK_EQ(cede_event_wait(&e), 0);
    CHECK_NOTED("");
}

TASK_TEST(after_128_waits_for_a_set_event_the_others_run)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, notes_other, NULL));
    cede_event_set(&e);
    for (int i = 0; i < 128; i++)
        CHECK_EQ(cede_event_wait(&e), 0);
    CHECK_NOTED("other ");
}

TASK_TEST(setting_and_clearing_again_is_nothing)
{
    cede_event_clear(&e);
    cede_event_set(&e);
    cede_event_set(&e);
    CHECK(cede_event_is_set(&e));
    cede_event_clear(&e);
    cede_event_clear(&e);
    CHECK(!cede_event_is_set(&e));
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void sets(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
    cede_event_set(&e);
}

TASK_TEST(a_callback_of_the_loop_may_set_it)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, nothing, NULL);
    CHECK_OK(cede_on_done(f, sets, NULL));
    CHECK_EQ(cede_event_wait(&e), 0);
}

/* ---- cancelled --------------------------------------------------------- */

TASK_TEST(a_cancelled_waiter_is_gone)
{
    CEDE_GROUP(g);
    waiter(&g, &one);
    cede_future *f = waiter(&g, &two);
    waiter(&g, &three);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    cede_event_set(&e);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("2x 1 3 ");
}

TASK_TEST(who_is_waked_and_cancelled_in_the_same_turn_was_waked)
{
    CEDE_GROUP(g);
    cede_future *f = waiter(&g, &one);
    CHECK_OK(cede_sleep(0));
    cede_event_set(&e);
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_await(f), 0);
}

TASK_TEST(who_is_cancelled_and_waked_in_the_same_turn_was_cancelled)
{
    CEDE_GROUP(g);
    cede_future *f = waiter(&g, &one);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    cede_event_set(&e);
    CHECK_ERR(cede_await(f), -ECANCELED);
}

TASK_TEST(in_a_cancelled_scope_even_a_set_event_answers_so)
{
    cede_event_set(&e);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_event_wait(&e), -ECANCELED);
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
}

/* ---- misuse ------------------------------------------------------------ */

TEST(outside_a_task_one_that_is_set_can_be_waited_for)
{
    CHECK_ERR(cede_event_wait(&e), -EPERM);
    cede_event_set(&e);
    CHECK_EQ(cede_event_wait(&e), 0);
}

static int copies(void *arg)
{
    (void)arg;
    cede_event_set(&e);
    cede_event copy = e;
    return cede_event_wait(&copy);
}

TEST(a_copy_of_a_used_event_aborts_by_name)
{
    CHECK_TASK_ABORTS(copies, NULL, "an event was copied or moved");
}

TEST(one_that_was_never_used_may_be_copied)
{
    cede_event a = {0}, b = a;
    cede_event_set(&b);
    CHECK(cede_event_is_set(&b) && !cede_event_is_set(&a));
}

static int waits_elsewhere(void *arg)
{
    (void)arg;
    return cede_event_wait(&e);
}

TASK_TEST(another_thread_is_told_so_while_tasks_wait_in_it)
{
    CEDE_GROUP(g);
    waiter(&g, &one);
    CHECK_OK(cede_sleep(0));
    CHECK_ELSEWHERE(waits_elsewhere, NULL, -EPERM);
    cede_event_set(&e);
    CHECK_OK(cede_join(&g));
    CHECK_ELSEWHERE(waits_elsewhere, NULL, 0);
}

static int sets_elsewhere(void *arg)
{
    (void)arg;
    cede_event_set(&e);
    return 0;
}

static int clears_elsewhere(void *arg)
{
    (void)arg;
    cede_event_clear(&e);
    return 0;
}

static int is_set_elsewhere(void *fn)
{
    CEDE_GROUP(g);
    waiter(&g, &one);
    CHECK_OK(cede_sleep(0));
    CHECK_ELSEWHERE(*(cede_fn **)fn, NULL, 0);
    return 0;
}

TEST(a_set_by_another_thread_while_tasks_wait_aborts_by_name)
{
    cede_fn *fn[] = {sets_elsewhere, clears_elsewhere};
    for (int i = 0; i < 2; i++)
        CHECK_TASK_ABORTS(is_set_elsewhere, &fn[i],
                          "an event is used by two threads", "waits",
                          "between threads use a shared queue or a promise");
}

SUITE("event")
