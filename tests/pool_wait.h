/* SPDX-License-Identifier: MIT
 *
 * pool_wait.h - who waits for jobs, on every kind of pool.  Include
 * pool_conformance.h first.
 */
#ifndef CEDE_TESTS_POOL_WAIT_H
#define CEDE_TESTS_POOL_WAIT_H

#include "pool_conformance.h"

static int awaits_it(void *f)
{
    return cede_await(f);
}

TASK_TEST(who_awaits_a_job_with_a_copy_and_is_cancelled_leaves_at_once)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    cede_future *queued = submit_int(p, doubles, 1);
    CEDE_GROUP(g);
    cede_future *waiters[] = {cede_spawn(&g, awaits_it, b.job),
                              cede_spawn(&g, awaits_it, queued)};
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(cede_cancel(waiters[i]), 0);
        CHECK_ERR(cede_await(waiters[i]), -ECANCELED);
    }
    CHECK(cede_running(b.job));
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(await_and_free(queued), 2);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(cede_pool_close(p), 0);
}

static void a_time_out_leaves_it_running(void)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    CHECK_ERR(cede_await_within(CEDE_MS, b.job), -ETIMEDOUT);
    CHECK_ERR(cede_await_within(0, b.job), -ETIMEDOUT);
    CHECK(cede_running(b.job));
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_time_out_of_a_thread_that_waits_leaves_a_job_running)
{
    a_time_out_leaves_it_running();
}

TASK_TEST(a_time_out_of_who_waits_leaves_a_job_running)
{
    a_time_out_leaves_it_running();
}

static void notes_result(cede_future *f, void *ctx)
{
    (void)ctx;
    note("%d ", cede_result(f));
}

TASK_TEST(callbacks_of_a_job_run_on_the_loop_that_registered_them)
{
    cede_pool *p = MAKE_POOL(1);
    struct busy b = keep_busy(p);
    CHECK_EQ(cede_on_done(b.job, notes_result, NULL), 0);
    CHECK_EQ(cede_on_done(b.job, notes_result, p), 0);
    CHECK_EQ(cede_off_done(b.job, notes_result, p), 1);
    CHECK_EQ(let_go(&b), 7);
    while (!*noted)
        CHECK_OK(cede_sleep(0)); /* it is on its way */
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("7 ");
    CHECK_EQ(cede_pool_close(p), 0);
}

static void wait_for_several(void)
{
    cede_pool *p = MAKE_POOL(2);
    cede_future *fs[8];
    for (int i = 0; i < 8; i++)
        fs[i] = submit_int(p, doubles, i);
    CHECK_EQ(cede_gather_futures(fs, 8), 0);
    CHECK_EQ(cede_wait(fs, 8, CEDE_ALL), 8);
    int sum = 0;
    cede_each (cede_future *, f, cede_as_completed(fs, 8))
        sum += cede_result(f);
    CHECK_EQ(sum, 56);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(await_and_free(fs[i]), 2 * i);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_thread_waits_for_several_jobs)
{
    wait_for_several();
}

TASK_TEST(a_task_waits_for_several_jobs)
{
    wait_for_several();
}

static void wait_for_the_first(void)
{
    cede_pool *p = MAKE_POOL(2);
    struct busy b = keep_busy(p);
    cede_future *fs[] = {b.job, submit_int(p, fails_with_text, 1)};
    CHECK_EQ(cede_wait(fs, 2, CEDE_FIRST), 1);
    CHECK_EQ(cede_wait(fs, 2, CEDE_FIRST_ERROR), 1);
    CHECK_ERR(cede_gather_futures(fs, 2), -EIO);
    CHECK_STR_EQ(cede_message(), "item 1 is bad");
    CHECK(!cede_done(b.job));
    cede_future_free(fs[1]);
    CHECK_EQ(let_go(&b), 7);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_thread_waits_for_the_first_job_or_failure)
{
    wait_for_the_first();
}

TASK_TEST(a_task_waits_for_the_first_job_or_failure)
{
    wait_for_the_first();
}

#endif
