/* SPDX-License-Identifier: MIT
 *
 * sem_test.c - semaphores: no permit lost, none from nowhere, nobody overtaken.
 */
#include "check.h"
#include "sync_misuse.h"

#include <limits.h>
#include <string.h>

static cede_sem s;

static int acquires(void *number)
{
    int rc = cede_sem_acquire(&s);
    note("%d%s ", *(int *)number, rc ? "x" : "");
    return rc;
}

static int number[4] = {0, 1, 2, 3};
static cede_future *f[4];

/* Four tasks that want a permit of s. */
static void four_want(cede_group *g)
{
    for (int i = 0; i < 4; i++)
        CHECK((f[i] = cede_spawn(g, acquires, &number[i])) != NULL);
    CHECK_OK(cede_sleep(0));
}

/* ---- permits ----------------------------------------------------------- */

TASK_TEST(so_many_get_a_permit_as_there_are)
{
    s = (cede_sem)CEDE_SEM(3);
    CEDE_GROUP(g);
    four_want(&g);
    CHECK_NOTED("0 1 2 ");
    CHECK_EQ(cede_sem_permits(&s), 0);
    CHECK_EQ(cede_sem_release(&s), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0 1 2 3 ");
    CHECK_EQ(cede_sem_permits(&s), 0);
}

TASK_TEST(a_zeroed_one_has_no_permits_and_takes_any_number)
{
    CHECK_ERR(cede_sem_try_acquire(&s), -EAGAIN);
    CHECK_EQ(cede_sem_release_n(&s, SIZE_MAX), 0);
    CHECK_EQ(cede_sem_permits(&s), SIZE_MAX);
    CHECK_ERR(cede_sem_release(&s), -EINVAL);
    CHECK_EQ(cede_sem_permits(&s), SIZE_MAX);
    CHECK_EQ(cede_sem_acquire(&s), 0);
    CHECK_ERR(cede_sem_release_n(&s, 2), -EINVAL);
    CHECK_EQ(cede_sem_permits(&s), SIZE_MAX - 1);
    CHECK_EQ(cede_sem_release(&s), 0);
}

TASK_TEST(giving_back_none_is_nothing)
{
    CEDE_GROUP(g);
    four_want(&g);
    CHECK_EQ(cede_sem_release_n(&s, 0), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("");
    CHECK_EQ(cede_sem_release_n(&s, 4), 0);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_bounded_one_notices_a_release_too_many)
{
    s = (cede_sem)CEDE_SEM_BOUNDED(2);
    CHECK_ERR(cede_sem_release(&s), -EINVAL);
    CHECK_EQ(cede_sem_acquire(&s), 0);
    CHECK_ERR(cede_sem_release_n(&s, 2), -EINVAL);
    CHECK_EQ(cede_sem_permits(&s), 1);
    CHECK_EQ(cede_sem_release(&s), 0);
    CHECK_EQ(cede_sem_permits(&s), 2);
}

TASK_TEST(a_bounded_one_counts_those_that_waiters_are_given)
{
    s = (cede_sem)CEDE_SEM_BOUNDED(1);
    CEDE_GROUP(g);
    four_want(&g);
    CHECK_NOTED("0 ");
    CHECK_ERR(cede_sem_release_n(&s, 2), -EINVAL);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("0 ");
    for (int i = 0; i < 4; i++)
        CHECK_EQ(cede_sem_release(&s), 0);
    CHECK_ERR(cede_sem_release(&s), -EINVAL);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0 1 2 3 ");
}

TASK_TEST(one_bounded_by_0_takes_nothing_back)
{
    s = (cede_sem)CEDE_SEM_BOUNDED(0);
    CHECK_ERR(cede_sem_release(&s), -EINVAL);
    CHECK_ERR(cede_sem_try_acquire(&s), -EAGAIN);
}

/* ---- order ------------------------------------------------------------- */

TASK_TEST(a_release_of_n_serves_the_n_that_waited_longest_at_once)
{
    CEDE_GROUP(g);
    four_want(&g);
    CHECK_EQ(cede_sem_release_n(&s, 3), 0);
    CHECK_ERR(cede_sem_try_acquire(&s), -EAGAIN);
    CHECK_EQ(cede_sem_permits(&s), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("0 1 2 ");
    CHECK_EQ(cede_sem_release_n(&s, 3), 0);
    CHECK_EQ(cede_sem_permits(&s), 2);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0 1 2 3 ");
}

TASK_TEST(who_releases_and_acquires_again_queues_behind)
{
    CEDE_GROUP(g);
    four_want(&g);
    CHECK_EQ(cede_sem_release(&s), 0);
    CHECK_OK(cede_go(&g, acquires, &(int){4}));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_sem_release_n(&s, 4), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0 1 2 3 4 ");
}

static int notes_other(void *arg)
{
    (void)arg;
    note("other ");
    return 0;
}

TASK_TEST(taking_a_permit_that_is_there_lets_nobody_run_but_once_in_128)
{
    s = (cede_sem)CEDE_SEM(128);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, notes_other, NULL));
    for (int i = 0; i < 100; i++)
        CHECK_EQ(cede_sem_acquire(&s), 0);
    CHECK_NOTED("");
    for (int i = 0; i < 28; i++)
        CHECK_EQ(cede_sem_acquire(&s), 0);
    CHECK_NOTED("other ");
}

/* ---- cancelled --------------------------------------------------------- */

TASK_TEST(a_cancelled_waiter_has_taken_no_permit)
{
    CEDE_GROUP(g);
    four_want(&g);
    CHECK_OK(cede_cancel(f[1]));
    CHECK_EQ(cede_sem_release_n(&s, 3), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1x 0 2 3 ");
    CHECK_EQ(cede_sem_permits(&s), 0);
}

TASK_TEST(who_was_given_one_and_is_cancelled_in_the_same_turn_has_it)
{
    CEDE_GROUP(g);
    four_want(&g);
    CHECK_EQ(cede_sem_release(&s), 0);
    CHECK_OK(cede_cancel(f[0]));
    CHECK_EQ(cede_await(f[0]), 0);
    CHECK_NOTED("0 ");
    CHECK_EQ(cede_sem_release_n(&s, 3), 0);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(who_is_cancelled_and_then_passed_over_leaves_it_to_the_next)
{
    CEDE_GROUP(g);
    four_want(&g);
    CHECK_OK(cede_cancel(f[0]));
    CHECK_EQ(cede_sem_release(&s), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("0x 1 ");
    CHECK_EQ(cede_sem_release_n(&s, 2), 0);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_time_out_takes_no_permit)
{
    CHECK_ERR(cede_within(CEDE_MS, acquires, number), -ETIMEDOUT);
    CHECK_EQ(cede_sem_release(&s), 0);
    CHECK_EQ(cede_sem_permits(&s), 1);
}

TASK_TEST(in_a_cancelled_scope_only_trying_takes_one)
{
    s = (cede_sem)CEDE_SEM(1);
    cede_scope scope;
    cede_enter(&scope, CEDE_NEVER);
    cede_scope_cancel(&scope);
    CHECK_ERR(cede_sem_acquire(&s), -ECANCELED);
    CHECK_EQ(cede_sem_permits(&s), 1);
    CHECK_EQ(cede_sem_try_acquire(&s), 0);
    CHECK_EQ(cede_leave(&scope, -ECANCELED), 0);
}

/* ---- misuse ------------------------------------------------------------ */

TEST(outside_a_task_a_permit_that_is_there_can_be_taken)
{
    s = (cede_sem)CEDE_SEM(1);
    CHECK_EQ(cede_sem_acquire(&s), 0);
    CHECK_ERR(cede_sem_acquire(&s), -EPERM);
    CHECK_EQ(cede_sem_release(&s), 0);
    CHECK_EQ(cede_sem_permits(&s), 1);
}

static int copies(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_sem_release(&s), 0);
    cede_sem copy = s;
    return cede_sem_release(&copy);
}

TEST(a_copy_of_a_used_semaphore_aborts_by_name)
{
    CHECK_TASK_ABORTS(copies, NULL, "a semaphore was copied or moved");
}

static int takes_garbage(void *arg)
{
    (void)arg;
    cede_sem garbage;
    memset(&garbage, 0xa5, sizeof garbage);
    return cede_sem_acquire(&garbage);
}

TEST(a_semaphore_that_was_never_zeroed_aborts_by_name)
{
    CHECK_TASK_ABORTS(takes_garbage, NULL, "a semaphore", "or never zeroed");
}

static int acquires_elsewhere(void *arg)
{
    (void)arg;
    return cede_sem_acquire(&s);
}

static int tries_elsewhere(void *arg)
{
    (void)arg;
    return cede_sem_try_acquire(&s);
}

static int releases_elsewhere(void *arg)
{
    (void)arg;
    return cede_sem_release(&s);
}

TASK_TEST(another_thread_is_told_so_while_tasks_wait_in_it)
{
    CEDE_GROUP(g);
    four_want(&g);
    CHECK_ELSEWHERE(acquires_elsewhere, NULL, -EPERM);
    CHECK_ELSEWHERE(tries_elsewhere, NULL, -EPERM);
    CHECK_ELSEWHERE(releases_elsewhere, NULL, -EPERM);
    CHECK_EQ(cede_sem_release_n(&s, 5), 0);
    CHECK_OK(cede_join(&g));
    CHECK_ELSEWHERE(releases_elsewhere, NULL, 0);
    CHECK_EQ(cede_sem_permits(&s), 3);
}

SUITE("sem")
