/* SPDX-License-Identifier: MIT
 *
 * agen_test.c - the operations on generators whose bodies wait, and closing
 * them.  What happens to the task that steps them: gen_task_test.c.
 */
#include "check.h"

/* Hands out what it is sent, or -1, a second later each time; what is thrown
 * in it handles by handing it out. */
static int echoes(cede_gen *self, void *arg)
{
    int value = -1;
    (void)arg;
    for (;;) {
        CEDE_TRY(cede_sleep(CEDE_SEC));
        int got = -1;
        int rc = cede_exchange(self, &value, &got);
        if (rc == CEDE_EXIT)
            return 0;
        value = rc < 0 ? rc : got;
    }
}

static cede_gen *echo(void)
{
    return cede_gen_new(echoes, NULL, sizeof(int), sizeof(int));
}

/* ---- next, send, throw, stop ----------------------------------------- */

VIRTUAL_TEST(next_send_throw_and_stop_work_on_a_body_that_waits)
{
    int x = 0;
    cede_time start = cede_now();
    cede_gen *g = echo();
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, -1);
    CHECK_EQ(cede_send(g, &(int){42}, &x), 1);
    CHECK_EQ(x, 42);
    CHECK_EQ(cede_throw(g, -EIO, &x), 1);
    CHECK_EQ(x, -EIO);
    CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_EQ(cede_now() - start, 3 * CEDE_SEC);
    CHECK_EQ(cede_gen_close(g), 0);
}

TASK_TEST(a_value_sent_to_a_fresh_one_is_refused_and_it_stays_fresh)
{
    cede_gen *g = echo();
    CHECK_ERR(cede_send(g, &(int){1}, NULL), -EINVAL);
    CHECK_EQ(cede_gen_state(g), CEDE_CREATED);
    CHECK_EQ(cede_gen_close(g), 0);
}

/* Waits, yields once, waits, and ends as it is told to. */
static int ends_with(cede_gen *self, void *rc)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    CEDE_TRY(cede_yield(self, rc));
    CEDE_TRY(cede_sleep(CEDE_MS));
    note("ended ");
    return *(int *)rc < 0 ? cede_fail(*(int *)rc, "as told") : *(int *)rc;
}

static cede_gen *that_ends_with(int *rc)
{
    return cede_gen_of(int, ends_with, rc);
}

TASK_TEST(the_end_is_told_as_often_as_one_asks_and_the_result_can_be_read)
{
    int rc = 5;
    cede_gen *g = that_ends_with(&rc);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_result(g), 5);
    CHECK_EQ(cede_gen_close(g), 5);
}

TASK_TEST(a_failure_is_told_once_and_then_the_end)
{
    int rc = -EIO;
    cede_gen *g = that_ends_with(&rc);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "as told");
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_ERR(cede_gen_close(g), -EIO);
}

TASK_TEST(a_fresh_one_is_stopped_without_running_and_an_ended_one_too)
{
    int rc = 0;
    cede_gen *g = that_ends_with(&rc);
    CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_NOTED("");
    CHECK_EQ(cede_gen_close(g), 0);
    g = that_ends_with(&rc);
    while (cede_next(g, NULL) > 0)
        continue;
    CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_NOTED("ended ");
    CHECK_EQ(cede_gen_close(g), 0);
}

TASK_TEST(what_is_thrown_at_a_fresh_or_ended_one_comes_back)
{
    int rc = 0;
    cede_gen *g = that_ends_with(&rc);
    CHECK_ERR(cede_throw(g, -EIO, NULL), -EIO);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_ERR(cede_throw(g, -EDOM, NULL), -EDOM);
    CHECK_NOTED("");
    CHECK_ERR(cede_gen_close(g), -EIO);
}

/* ---- told to stop ---------------------------------------------------- */

static void notes(void *text)
{
    note("%s", (char *)text);
}

static int yields_when_told(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_gen_defer(self, notes, "deferred"));
    (void)cede_yield(self, arg);
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_yield(self, arg);
}

TASK_TEST(one_that_waits_and_yields_when_told_to_stop_is_dropped)
{
    int x = 1;
    cede_gen *g = cede_gen_of(int, yields_when_told, &x);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_gen_stop(g), CEDE_EPROTO);
    CHECK_NOTED("deferred");
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_ERR(cede_gen_close(g), CEDE_EPROTO);
}

static int swallows(cede_gen *self, void *arg)
{
    (void)cede_yield(self, arg);
    CEDE_TRY(cede_sleep(CEDE_MS));
    return 3;
}

TASK_TEST(one_that_swallows_its_stop_and_returns_is_fine)
{
    int x = 1;
    cede_gen *g = cede_gen_of(int, swallows, &x);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_gen_stop(g), 3);
    CHECK_EQ(cede_gen_close(g), 3);
}

static int goes_on_when_cancelled(cede_gen *self, void *arg)
{
    int rc = cede_sleep(*(cede_time *)arg);
    return cede_yield(self, &rc);
}

VIRTUAL_TEST(a_body_that_handles_the_cancel_of_its_consumer_goes_on)
{
    int rc = 0;
    cede_gen *g =
        cede_gen_of(int, goes_on_when_cancelled, &(cede_time){CEDE_NEVER});
    CEDE_SCOPE(s, cede_in(CEDE_SEC));
    CHECK_EQ(cede_next(g, &rc), 1);
    CHECK_ERR(rc, -ECANCELED);
    CHECK_ERR(cede_leave(&s, rc), -ETIMEDOUT);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

/* ---- held open across a yield ---------------------------------------- */

static int waits_in_a_deadline(cede_gen *self, void *arg)
{
    CEDE_SCOPE(in_time, cede_in(CEDE_SEC));
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_yield(self, arg);
}

static int rests(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_MS);
}

static int waits_in_a_group(cede_gen *self, void *arg)
{
    CEDE_GROUP(helpers);
    CEDE_TRY(cede_go(&helpers, rests, NULL));
    CEDE_TRY(cede_sleep(CEDE_SEC));
    return cede_yield(self, arg);
}

static int steps(void *fn)
{
    cede_gen *g = cede_gen_of(int, *(cede_gen_fn **)fn, fn);
    return cede_next(g, &(int){0});
}

static void runs_a_step(void *fn)
{
    (void)cede_run(steps, fn);
}

TEST(a_deadline_or_group_open_across_a_yield_aborts_by_name_and_place)
{
    CHECK_ABORTS(runs_a_step, &(cede_gen_fn *){waits_in_a_deadline},
                 "yielded without leaving scope 'in_time', entered at "
                 "tests/agen_test.c:");
    CHECK_ABORTS(runs_a_step, &(cede_gen_fn *){waits_in_a_group},
                 "yielded without leaving group 'helpers', entered at "
                 "tests/agen_test.c:");
}

/* ---- the end of the run ---------------------------------------------- */

static cede_gen *kept;

static int keeps(void *rc)
{
    kept = that_ends_with(rc);
    return cede_next(kept, NULL);
}

TEST(a_debug_run_reports_one_that_waited_and_was_not_closed)
{
    int rc = 0;
    cede_options o = {.debug = true, .slow_step = CEDE_NEVER};
    listen_to_hook();
    CHECK_EQ(cede_run_with(&o, keeps, &rc), 1);
    CHECK_EQ(hooked.count, 1);
    CHECK(strstr(hooked.what, "generator ends_with SUSPENDED was not closed in "
                              "its run, made at tests/agen_test.c:"));
    CHECK_NOTED("");
    CHECK_EQ(cede_gen_close(kept), 0);
}

TEST(after_the_run_it_can_be_stepped_and_its_waits_block_the_thread)
{
    int rc = 6;
    CHECK_EQ(cede_run(keeps, &rc), 1);
    cede_time start = cede_clock();
    CHECK_EQ(cede_next(kept, NULL), 0);
    CHECK(cede_clock() - start >= CEDE_MS);
    CHECK_NOTED("ended ");
    CHECK_EQ(cede_gen_close(kept), 6);
}

SUITE("agen")
