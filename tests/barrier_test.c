/* SPDX-License-Identifier: MIT
 *
 * barrier_test.c - barriers: rounds, numbers, and what ends a round early.
 */
#include "check.h"
#include "sync_misuse.h"

#include <limits.h>

static cede_barrier b;

static int comes(void *name)
{
    int rc = cede_barrier_wait(&b);
    if (rc >= 0)
        note("%s%d ", (char *)name, rc);
    else
        note("%s%s ", (char *)name, rc == CEDE_EBROKEN ? "-" : "x");
    return rc == CEDE_EBROKEN ? 0 : rc;
}

static cede_future *party(cede_group *g, const char *name)
{
    cede_future *f = cede_spawn(g, comes, (void *)(uintptr_t)name);
    CHECK(f != NULL);
    return f;
}

static void parties(size_t n)
{
    b = (cede_barrier)CEDE_BARRIER(n);
}

/* ---- rounds ------------------------------------------------------------ */

TASK_TEST(all_wait_until_n_have_come)
{
    parties(3);
    CEDE_GROUP(g);
    party(&g, "a"), party(&g, "b");
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("");
    CHECK_EQ(cede_barrier_waiting(&b), 2);
    CHECK_EQ(cede_barrier_wait(&b), 2);
    CHECK_NOTED("");
    CHECK_EQ(cede_barrier_waiting(&b), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a0 b1 ");
}

TASK_TEST(a_barrier_for_one_lets_everybody_pass)
{
    parties(1);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(cede_barrier_wait(&b), 0);
}

static int notes_other(void *arg)
{
    (void)arg;
    note("other ");
    return 0;
}

TASK_TEST(after_128_passes_without_waiting_the_others_run)
{
    parties(1);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, notes_other, NULL));
    for (int i = 0; i < 100; i++)
        CHECK_EQ(cede_barrier_wait(&b), 0);
    CHECK_NOTED("");
    for (int i = 0; i < 28; i++)
        CHECK_EQ(cede_barrier_wait(&b), 0);
    CHECK_NOTED("other ");
}

TASK_TEST(who_comes_before_the_others_have_left_is_of_the_next_round)
{
    parties(2);
    CEDE_GROUP(g);
    party(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_barrier_wait(&b), 1);
    party(&g, "b");
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS));
    CHECK_EQ(cede_leave(&s, cede_barrier_wait(&b)), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a0 b1 ");
}

static int comes_often(void *sum)
{
    for (int i = 0; i < 10; i++) {
        int rc = cede_barrier_wait(&b);
        CEDE_TRY(rc);
        *(int *)sum += rc;
    }
    return 0;
}

TASK_TEST(it_is_used_again_and_again)
{
    parties(4);
    int sum = 0;
    CEDE_GROUP(g);
    for (int i = 0; i < 4; i++)
        CHECK_OK(cede_go(&g, comes_often, &sum));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(sum, 10 * (0 + 1 + 2 + 3));
    CHECK_EQ(cede_barrier_waiting(&b), 0);
}

/* ---- cancelled --------------------------------------------------------- */

TASK_TEST(one_that_is_cancelled_has_not_come_and_leaves_no_gap)
{
    parties(3);
    CEDE_GROUP(g);
    cede_future *f = party(&g, "a");
    party(&g, "b");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_barrier_waiting(&b), 1);
    party(&g, "c");
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("ax ");
    CHECK_EQ(cede_barrier_wait(&b), 2);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("ax b0 c1 ");
}

TASK_TEST(one_that_is_cancelled_after_the_last_came_has_come)
{
    parties(2);
    CEDE_GROUP(g);
    cede_future *f = party(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_barrier_wait(&b), 1);
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_await(f), 0);
    CHECK_EQ(cede_barrier_waiting(&b), 0);
}

TASK_TEST(in_a_cancelled_scope_nobody_comes)
{
    parties(1);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_barrier_wait(&b), -ECANCELED);
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
}

/* ---- broken ------------------------------------------------------------ */

TASK_TEST(reset_breaks_the_round_and_the_next_is_as_new)
{
    parties(3);
    CEDE_GROUP(g);
    party(&g, "a"), party(&g, "b");
    CHECK_OK(cede_sleep(0));
    cede_barrier_reset(&b);
    CHECK(!cede_barrier_is_broken(&b));
    CHECK_EQ(cede_barrier_waiting(&b), 0);
    party(&g, "c"), party(&g, "d");
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_barrier_wait(&b), 2);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a- b- c0 d1 ");
}

TASK_TEST(abort_refuses_all_until_it_is_reset)
{
    parties(2);
    CEDE_GROUP(g);
    party(&g, "a");
    CHECK_OK(cede_sleep(0));
    cede_barrier_abort(&b);
    CHECK(cede_barrier_is_broken(&b));
    CHECK_ERR(cede_barrier_wait(&b), CEDE_EBROKEN);
    CHECK_EQ(cede_barrier_waiting(&b), 0);
    cede_barrier_reset(&b);
    CHECK(!cede_barrier_is_broken(&b));
    party(&g, "b");
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_barrier_wait(&b), 1);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a- b0 ");
}

TASK_TEST(who_is_cancelled_when_it_breaks_is_told_that_it_broke)
{
    parties(2);
    CEDE_GROUP(g);
    cede_future *f = party(&g, "a");
    CHECK_OK(cede_sleep(0));
    cede_barrier_reset(&b);
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a- ");
    CHECK_EQ(cede_barrier_waiting(&b), 0);
}

/* ---- misuse ------------------------------------------------------------ */

TASK_TEST(a_barrier_for_none_or_for_too_many_is_refused)
{
    CHECK_ERR(cede_barrier_wait(&b), -EINVAL);
    parties((size_t)INT_MAX + 1);
    CHECK_ERR(cede_barrier_wait(&b), -EINVAL);
}

TEST(outside_a_task_only_the_last_can_come)
{
    parties(2);
    CHECK_ERR(cede_barrier_wait(&b), -EPERM);
    CHECK_EQ(cede_barrier_waiting(&b), 0);
    parties(1);
    CHECK_EQ(cede_barrier_wait(&b), 0);
}

static int copies(void *arg)
{
    (void)arg;
    parties(1);
    CHECK_EQ(cede_barrier_wait(&b), 0);
    cede_barrier copy = b;
    return cede_barrier_wait(&copy);
}

TEST(a_copy_of_a_used_barrier_aborts_by_name)
{
    CHECK_TASK_ABORTS(copies, NULL, "a barrier was copied or moved");
}

static int comes_elsewhere(void *arg)
{
    (void)arg;
    return cede_barrier_wait(&b);
}

TASK_TEST(another_thread_is_told_so_while_tasks_wait_in_it)
{
    parties(2);
    CEDE_GROUP(g);
    party(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_ELSEWHERE(comes_elsewhere, NULL, -EPERM);
    CHECK_EQ(cede_barrier_wait(&b), 1);
    CHECK_OK(cede_join(&g));
}

static int resets_elsewhere(void *arg)
{
    (void)arg;
    cede_barrier_reset(&b);
    return 0;
}

static int is_reset_elsewhere(void *arg)
{
    (void)arg;
    parties(2);
    CEDE_GROUP(g);
    party(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_ELSEWHERE(resets_elsewhere, NULL, 0);
    return 0;
}

TEST(a_reset_by_another_thread_while_tasks_wait_aborts_by_name)
{
    CHECK_TASK_ABORTS(is_reset_elsewhere, NULL,
                      "a barrier is used by two threads", "waits");
}

SUITE("barrier")
