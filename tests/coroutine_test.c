/* SPDX-License-Identifier: MIT
 *
 * coroutine_test.c - a call is all it takes: waiting at any depth.
 */
#include "check.h"
#include "tasks.h"

static int steps;

static int counts_steps(void *arg)
{
    (void)arg;
    while (cede_sleep(0) == 0)
        steps++;
    return -ECANCELED;
}

/* Waits once, depth calls down, and passes on what came of it. */
__attribute__((noinline)) static int deep(int depth)
{
    if (depth == 0)
        return cede_sleep(0);
    CEDE_TRY(deep(depth - 1));
    return depth;
}

TASK_TEST(a_wait_a_hundred_calls_deep_is_one_task_and_one_turn)
{
    CEDE_GROUP(others);
    cede_go(&others, counts_steps, NULL);
    CHECK_OK(cede_sleep(0));
    int before = steps;
    CHECK_EQ(deep(100), 100);
    CHECK_EQ(steps, before + 1);
    CHECK_EQ(cede_tasks(NULL, 0), 2);
}

TASK_TEST(a_failure_passes_through_every_call)
{
    CEDE_SCOPE(s, cede_in(0));
    CHECK_EQ(deep(100), -ECANCELED);
}

TASK_TEST(awaiting_what_is_done_lets_nobody_else_run)
{
    CEDE_GROUP(others);
    int seven = 7;
    cede_future *f = cede_spawn(&others, returns, &seven);
    CHECK_EQ(cede_await(f), 7);
    cede_go(&others, counts_steps, NULL);
    CHECK_EQ(cede_await(f), 7);
    CHECK_EQ(steps, 0);
}

SUITE("coroutine")
