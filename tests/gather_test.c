/* SPDX-License-Identifier: MIT
 *
 * gather_test.c - several calls at once: order of results, failures, cancels.
 */
#include "check.h"

struct job {
    cede_time delay;
    int result;
};

static int works(void *arg)
{
    struct job *j = arg;
    int rc = cede_sleep(j->delay);
    note("%c", rc == -ECANCELED ? 'x' : 'o');
    return rc < 0 ? rc : j->result;
}

static struct job quick = {1, 1}, slow = {CEDE_SEC, 2};
static struct job endless = {CEDE_NEVER, 3}, broken = {2, -EIO};

/* ---- gather ---------------------------------------------------------- */

VIRTUAL_TEST(results_come_in_the_order_of_the_calls)
{
    cede_time start = cede_now();
    struct job jobs[] = {{3 * CEDE_SEC, 10}, {CEDE_SEC, 11}, {0, 12}};
    int results[3] = {0};
    CHECK_EQ(cede_gather(CEDE_CALLS({works, &jobs[0]}, {works, &jobs[1]},
                                    {works, &jobs[2]}),
                         results),
             0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(results[i], 10 + i);
    CHECK_EQ(cede_now() - start, 3 * CEDE_SEC);
}

TASK_TEST(gathering_nothing_is_done_at_once)
{
    CHECK_EQ(cede_gather(NULL, 0, NULL), 0);
    CHECK_EQ(cede_gather_all(NULL, 0, NULL), 0);
}

TASK_TEST(results_may_be_ignored)
{
    CHECK_EQ(cede_gather(CEDE_CALLS({works, &quick}, {works, &quick}), NULL),
             0);
    CHECK_NOTED("oo");
}

VIRTUAL_TEST(the_first_failure_cancels_the_rest_and_is_returned)
{
    int results[4] = {0};
    CHECK_ERR(cede_gather(CEDE_CALLS({works, &endless}, {works, &quick},
                                     {works, &broken}, {works, &slow}),
                          results),
              -EIO);
    CHECK_NOTED("ooxx");
    CHECK_ERR(results[0], -ECANCELED);
    CHECK_EQ(results[1], 1);
    CHECK_ERR(results[2], -EIO);
    CHECK_ERR(results[3], -ECANCELED);
    CHECK_OK(cede_sleep(0));
}

static int fails_with_text(void *arg)
{
    return cede_fail(-EIO, "job %s", (char *)arg);
}

TASK_TEST(the_failure_comes_with_its_message)
{
    CHECK_ERR(cede_gather(CEDE_CALLS({works, &endless}, {fails_with_text, "b"}),
                          NULL),
              -EIO);
    CHECK_STR_EQ(cede_message(), "job b");
}

static int keeps_its_result(void *arg)
{
    (void)cede_sleep(CEDE_NEVER);
    return *(int *)arg;
}

TASK_TEST(a_call_that_swallows_its_cancel_keeps_its_result)
{
    int results[2], seven = 7;
    CHECK_ERR(
        cede_gather(CEDE_CALLS({works, &broken}, {keeps_its_result, &seven}),
                    results),
        -EIO);
    CHECK_EQ(results[1], 7);
}

TASK_TEST(cancelled_without_having_been_asked_is_a_failure)
{
    int results[2], rc = -ECANCELED;
    struct job lies = {0, rc};
    CHECK_ERR(
        cede_gather(CEDE_CALLS({works, &lies}, {works, &endless}), results),
        -ECANCELED);
    CHECK_ERR(results[0], -ECANCELED);
    CHECK_ERR(results[1], -ECANCELED);
    CHECK_OK(cede_sleep(0));
}

/* ---- gather_all ------------------------------------------------------ */

VIRTUAL_TEST(gather_all_keeps_every_outcome)
{
    int results[4] = {0};
    listen_to_hook();
    CHECK_EQ(cede_gather_all(CEDE_CALLS({works, &broken}, {works, &slow},
                                        {works, &broken}, {works, &quick}),
                             results),
             0);
    CHECK_ERR(results[0], -EIO);
    CHECK_EQ(results[1], 2);
    CHECK_ERR(results[2], -EIO);
    CHECK_EQ(results[3], 1);
    CHECK_NOTED("oooo");
    CHECK_EQ(hooked.count, 0);
}

/* ---- cancelling ------------------------------------------------------ */

VIRTUAL_TEST(a_cancelled_gather_cancels_its_calls_and_waits_for_them)
{
    for (int all = 0; all < 2; all++) {
        int results[2] = {7, 7};
        const cede_call calls[] = {{works, &quick}, {works, &endless}};
        cede_scope s;
        cede_enter(&s, cede_in(CEDE_SEC));
        int rc = (all ? cede_gather_all : cede_gather)(calls, 2, results);
        CHECK_ERR(rc, -ECANCELED);
        CHECK_ERR(cede_leave(&s, rc), -ETIMEDOUT);
        CHECK_EQ(results[0], 1);
        CHECK_ERR(results[1], -ECANCELED);
    }
    CHECK_NOTED("oxox");
}

static int cleans_up_slowly(void *arg)
{
    (void)cede_sleep(CEDE_NEVER);
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    CHECK_OK(cede_sleep(CEDE_SEC));
    ++*(int *)arg;
    return cede_leave(&s, -ECANCELED);
}

VIRTUAL_TEST(a_cancelled_gather_waits_for_slow_clean_up)
{
    int cleaned = 0;
    CHECK_ERR(
        cede_gather(CEDE_CALLS({cleans_up_slowly, &cleaned},
                               {cleans_up_slowly, &cleaned}, {works, &broken}),
                    NULL),
        -EIO);
    CHECK_EQ(cleaned, 2);
}

TASK_TEST(a_gather_in_a_cancelled_scope_leaves_nothing_running)
{
    int results[2] = {7, 7};
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(
        cede_gather(CEDE_CALLS({works, &quick}, {works, &endless}), results),
        -ECANCELED);
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
    CHECK_EQ(results[0], -ECANCELED);
    CHECK_EQ(results[1], -ECANCELED);
    noted[0] = '\0';
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
}

/* ---- nesting and numbers --------------------------------------------- */

static int gathers(void *arg)
{
    int depth = *(int *)arg - 1, results[2];
    if (depth < 0)
        return 1;
    CEDE_TRY(
        cede_gather(CEDE_CALLS({gathers, &depth}, {gathers, &depth}), results));
    return results[0] + results[1];
}

TASK_TEST(a_call_that_cannot_start_ends_the_others)
{
    int (*const gathers[])(const cede_call *, size_t,
                           int *) = {cede_gather, cede_gather_all};
    for (int i = 0; i < 2; i++) {
        int results[] = {7, 7, 7};
        CHECK_ERR(gathers[i](CEDE_CALLS({works, &endless}, {NULL, NULL},
                                        {works, &quick}),
                             results),
                  -EINVAL);
        for (int k = 0; k < 3; k++)
            CHECK_EQ(results[k], -ECANCELED);
    }
}

TASK_TEST(gathers_nest)
{
    CHECK_EQ(gathers(&(int){8}), 256);
}

static int doubles(void *arg)
{
    CEDE_TRY(cede_sleep(0));
    return *(int *)arg * 2;
}

TASK_TEST(a_thousand_calls_may_be_gathered)
{
    static cede_call calls[1000];
    static int n[1000], results[1000];
    for (int i = 0; i < 1000; i++) {
        n[i] = i;
        calls[i] = (cede_call){doubles, &n[i]};
    }
    CHECK_EQ(cede_gather(calls, 1000, results), 0);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(results[i], 2 * i);
    CHECK_EQ(cede_gather_all(calls, 1000, results), 0);
    CHECK_EQ(results[999], 1998);
}

SUITE("gather")
