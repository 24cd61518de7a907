/* SPDX-License-Identifier: MIT
 *
 * race_test.c - several calls at once, until one succeeds.
 */
#include "check.h"

struct job {
    cede_time delay;
    int rc;
};

static int works(void *arg)
{
    const struct job *j = arg;
    int rc = cede_sleep(j->delay);
    note("%s%d ", rc < 0 ? "x" : "", j->rc);
    if (rc < 0)
        return rc;
    return j->rc < 0 ? cede_fail(j->rc, "the text of %d", j->rc) : j->rc;
}

static struct job quick = {CEDE_SEC, 1}, slow = {3 * CEDE_SEC, 2},
                  broken = {CEDE_MS, -EIO}, missing = {2 * CEDE_MS, -ENOENT},
                  endless = {CEDE_NEVER, 3};

VIRTUAL_TEST(the_first_success_wins_and_the_others_are_over)
{
    int result = 0;
    listen_to_hook();
    CHECK_EQ(cede_race(CEDE_CALLS({works, &slow}, {works, &broken},
                                  {works, &quick}, {works, &endless}),
                       &result),
             2);
    CHECK_EQ(result, 1);
    CHECK_NOTED("-5 1 x2 x3 ");
    CHECK(!cede_cancelled());
    CHECK_EQ(hooked.count, 0);
}

VIRTUAL_TEST(the_result_may_be_left_out)
{
    CHECK_EQ(cede_race(CEDE_CALLS({works, &endless}, {works, &quick}), NULL),
             1);
}

VIRTUAL_TEST(when_all_fail_the_first_failure_is_the_answer)
{
    int result = 7;
    CHECK_ERR(
        cede_race(CEDE_CALLS({works, &missing}, {works, &broken}), &result),
        -EIO);
    CHECK_STR_EQ(cede_message(), "the text of -5");
    CHECK_EQ(result, 7);
    CHECK_NOTED("-5 -2 ");
}

static int returns_cancelled(void *arg)
{
    (void)arg;
    return -ECANCELED;
}

TASK_TEST(one_that_calls_itself_cancelled_has_failed)
{
    CHECK_ERR(cede_race(CEDE_CALLS({returns_cancelled, NULL}), NULL),
              -ECANCELED);
    CHECK(!cede_cancelled());
}

TASK_TEST(a_race_of_none_is_refused)
{
    const cede_call call = {works, &quick};
    CHECK_ERR(cede_race(&call, 0, NULL), -EINVAL);
    CHECK_ERR(cede_race(NULL, 0, NULL), -EINVAL);
    CHECK_ERR(cede_race(&call, (size_t)INT32_MAX + 1, NULL), -EINVAL);
}

TASK_TEST(a_race_of_no_function_starts_nothing_that_goes_on)
{
    CHECK_ERR(cede_race(CEDE_CALLS({works, &endless}, {NULL, NULL}), NULL),
              -EINVAL);
    CHECK_NOTED("x3 ");
}

TEST(outside_a_task_there_is_no_race)
{
    const cede_call call = {works, &quick};
    CHECK_ERR(cede_race(&call, 1, NULL), -EPERM);
}

VIRTUAL_TEST(a_cancelled_race_cancels_all_and_waits_for_them)
{
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS / 2));
    int rc = cede_race(CEDE_CALLS({works, &endless}, {works, &broken}), NULL);
    CHECK_ERR(rc, -ECANCELED);
    CHECK_ERR(cede_leave(&s, rc), -ETIMEDOUT);
    CHECK_NOTED("x3 x-5 ");
}

TASK_TEST(in_a_cancelled_scope_no_race_begins)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_race(CEDE_CALLS({works, &endless}), NULL), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_NOTED("");
}

static int cleans_up(void *arg)
{
    (void)cede_sleep(CEDE_NEVER);
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    CHECK_OK(cede_sleep(CEDE_SEC));
    note("clean ");
    return cede_leave(&s, *(int *)arg);
}

VIRTUAL_TEST(
    a_success_counts_though_the_race_is_cancelled_while_others_clean_up)
{
    int result = 0;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC + CEDE_MS));
    int rc = cede_race(CEDE_CALLS({cleans_up, &(int){-EIO}}, {works, &quick}),
                       &result);
    CHECK_EQ(rc, 1);
    CHECK_EQ(result, 1);
    CHECK_NOTED("1 clean ");
    CHECK(cede_cancelled());
    CHECK_EQ(cede_leave(&s, rc), 1);
}

VIRTUAL_TEST(a_success_counts_also_when_it_answers_a_cancel)
{
    int result = 0;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    int rc = cede_race(CEDE_CALLS({works, &endless}, {cleans_up, &(int){5}}),
                       &result);
    CHECK_EQ(rc, 1);
    CHECK_EQ(result, 5);
    CHECK_EQ(cede_leave(&s, rc), 1);
}

VIRTUAL_TEST(a_second_success_does_not_count)
{
    int result = 0;
    CHECK_EQ(
        cede_race(CEDE_CALLS({cleans_up, &(int){5}}, {works, &quick}), &result),
        1);
    CHECK_EQ(result, 1);
    CHECK_NOTED("1 clean ");
}

static int races(void *arg)
{
    int depth = *(int *)arg - 1, result = 0;
    if (depth < 0)
        return cede_sleep(CEDE_MS) < 0 ? -ECANCELED : 1;
    CEDE_TRY(cede_race(CEDE_CALLS({races, &depth}, {races, &depth}), &result));
    return result + 1;
}

TASK_TEST(races_nest)
{
    CHECK_EQ(races(&(int){5}), 6);
}

/* ---- one after the other ------------------------------------------------ */

/* Notes when it starts, in tenths of a second, and works. */
static cede_time began;

static int starts(void *arg)
{
    note("@%d ", (int)((cede_now() - began) / (CEDE_SEC / 10)));
    return works(arg);
}

static int staggered(const cede_call *calls, size_t n, cede_time delay)
{
    began = cede_now();
    return cede_race_staggered(calls, n, delay, NULL);
}

VIRTUAL_TEST(the_next_of_a_staggered_race_starts_after_the_delay)
{
    CHECK_EQ(staggered(CEDE_CALLS({starts, &slow}, {starts, &quick},
                                  {starts, &endless}, {starts, &quick}),
                       6 * CEDE_SEC / 10),
             1);
    CHECK_NOTED("@0 @6 @12 1 x2 x3 ");
}

VIRTUAL_TEST(a_failure_starts_the_next_at_once)
{
    struct job fails_late = {CEDE_SEC / 2, -EIO};
    CHECK_EQ(staggered(CEDE_CALLS({starts, &fails_late}, {starts, &fails_late},
                                  {starts, &quick}, {starts, &endless}),
                       2 * CEDE_SEC),
             2);
    CHECK_NOTED("@0 -5 @5 -5 @10 1 ");
}

VIRTUAL_TEST(failures_of_the_same_time_start_one_each)
{
    struct job first = {CEDE_SEC, -EIO}, second = {CEDE_SEC / 2, -EPIPE};
    CHECK_EQ(staggered(CEDE_CALLS({starts, &first}, {starts, &second},
                                  {starts, &slow}, {starts, &quick}),
                       CEDE_SEC / 2),
             3);
    CHECK_NOTED("@0 @5 -5 -32 @10 @10 1 x2 ");
}

VIRTUAL_TEST(without_end_to_the_delay_only_failures_start_the_next)
{
    CHECK_EQ(staggered(CEDE_CALLS({starts, &broken}, {starts, &slow},
                                  {starts, &quick}),
                       CEDE_NEVER),
             1);
    CHECK_NOTED("@0 -5 @0 2 ");
}

VIRTUAL_TEST(a_staggered_race_that_all_lose_answers_the_first_failure)
{
    CHECK_ERR(
        staggered(CEDE_CALLS({starts, &missing}, {starts, &broken}), CEDE_SEC),
        -ENOENT);
}

VIRTUAL_TEST(a_staggered_race_that_is_cancelled_starts_no_more)
{
    CEDE_SCOPE(s, cede_in(CEDE_SEC / 2));
    CHECK_ERR(
        staggered(CEDE_CALLS({starts, &slow}, {starts, &quick}), CEDE_SEC),
        -ECANCELED);
    CHECK_NOTED("@0 x2 ");
}

VIRTUAL_TEST(without_a_delay_all_start_together)
{
    CHECK_EQ(staggered(CEDE_CALLS({starts, &slow}, {starts, &quick}), 0), 1);
    CHECK_NOTED("@0 @0 1 x2 ");
}

static int starts_late_without_memory(void)
{
    cede_call calls[] = {{works, &broken}, {NULL, NULL}};
    return cede_race_staggered(calls, 2, CEDE_SEC, NULL);
}

VIRTUAL_TEST(one_that_cannot_be_started_counts_more_than_an_earlier_failure)
{
    CHECK_ERR(starts_late_without_memory(), -EINVAL);
}

SUITE("race")
