/* SPDX-License-Identifier: MIT
 *
 * agen_ahead_test.c - generators whose bodies run ahead in a task of their own.
 */
#include "check.h"
#include "items_ahead.h"

/* ---- what it yields -------------------------------------------------- */

VIRTUAL_TEST(it_yields_what_the_inner_one_yields_and_returns_what_it_returns)
{
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(3), 1);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(next_of(g), i);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_result(g), 7);
    CHECK_EQ(cede_gen_close(g), 7);
}

VIRTUAL_TEST(body_and_consumer_wait_at_the_same_time)
{
    cede_time start = cede_now();
    cede_each (int, x, cede_gen_ahead(NULL, ticks_of(3), 1)) {
        note("%d", x);
        CHECK_OK(cede_sleep(CEDE_SEC));
    }
    CHECK_EQ(cede_each_error(), 0);
    CHECK_NOTED("012");
    CHECK_EQ(cede_now() - start, 4 * CEDE_SEC);
}

static void runs_ahead(size_t ahead, const char *so_far, const char *then)
{
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, counts, NULL), ahead);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED(so_far);
    CHECK_EQ(next_of(g), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED(then);
    CHECK_EQ(cede_gen_close(g), 0);
}

TASK_TEST(with_none_ahead_the_body_goes_on_when_its_item_was_taken)
{
    runs_ahead(0, "0", "01");
}

TASK_TEST(the_body_goes_on_while_no_more_than_those_ahead_wait)
{
    runs_ahead(2, "012", "0123");
}

VIRTUAL_TEST(an_inner_one_that_was_started_goes_on_where_it_stood)
{
    cede_gen *inner = ticks_of(3);
    CHECK_EQ(next_of(inner), 0);
    cede_gen *g = cede_gen_ahead(NULL, inner, 0);
    CHECK_EQ(next_of(g), 1);
    CHECK_EQ(cede_gen_close(g), 0);
}

VIRTUAL_TEST(an_inner_one_that_has_ended_gives_its_result)
{
    cede_gen *inner = ticks_of(0);
    CHECK_EQ(cede_next(inner, NULL), 0);
    cede_gen *g = cede_gen_ahead(NULL, inner, 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 7);
}

VIRTUAL_TEST(the_variable_may_be_left_out_and_nothing_is_sent_in)
{
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(3), 0);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_send(g, &(int){1}, NULL), -EINVAL);
    CHECK_EQ(next_of(g), 1);
    CHECK_EQ(cede_gen_close(g), 0);
}

static int delegates(cede_gen *self, void *arg)
{
    return cede_yield_from(self,
                           cede_gen_ahead(NULL, ticks_of(2), *(size_t *)arg));
}

VIRTUAL_TEST(it_may_be_delegated_to_and_a_cancelled_step_ends_neither)
{
    cede_gen *g = cede_gen_of(int, delegates, &(size_t){1});
    CHECK_EQ(next_of(g), 0);
    CEDE_SCOPE(s, cede_in(CEDE_MS));
    CHECK_ERR(cede_next(g, NULL), -ECANCELED);
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
    CHECK_EQ(cede_gen_state(g), CEDE_SUSPENDED);
    CHECK(cede_gen_delegate(g) != NULL);
    CHECK_EQ(next_of(g), 1);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 7);
}

VIRTUAL_TEST(one_ahead_of_another_works)
{
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_ahead(NULL, ticks_of(3), 1), 1);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(next_of(g), i);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 7);
}

/* ---- a step that is cancelled ---------------------------------------- */

VIRTUAL_TEST(a_cancelled_step_takes_nothing_and_the_body_goes_on)
{
    int x = -1;
    cede_time start = cede_now();
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(2), 1);
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC / 2));
    CHECK_ERR(cede_next(g, &x), -ECANCELED);
    CHECK_EQ(x, -1);
    CHECK_EQ(cede_gen_state(g), CEDE_SUSPENDED);
    CHECK_ERR(cede_gen_result(g), -EAGAIN);
    CHECK_ERR(cede_next(g, &x), -ECANCELED); /* as often as one asks */
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
    CHECK_EQ(next_of(g), 0);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
    CHECK_EQ(next_of(g), 1);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 7);
}

VIRTUAL_TEST(a_step_in_a_cancelled_scope_leaves_the_item_where_it_is)
{
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(2), 1);
    CHECK_OK(cede_sleep(CEDE_SEC + 1));
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_next(g, NULL), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_EQ(next_of(g), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

static int takes_one(void *g)
{
    note("<%d>", next_of(g));
    return 0;
}

static int is_cancelled_in_a_step(void *g)
{
    CHECK_ERR(cede_next(g, NULL), -ECANCELED);
    return -ECANCELED;
}

VIRTUAL_TEST(when_its_task_ends_another_goes_on)
{
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(4), 1);
    CEDE_GROUP(tasks);
    cede_future *f = cede_spawn(&tasks, is_cancelled_in_a_step, g);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_OK(cede_go(&tasks, takes_one, g));
    CHECK_OK(cede_join(&tasks));
    CHECK_EQ(next_of(g), 1);
    CHECK_NOTED("<0>");
    CHECK_EQ(cede_gen_close(g), 0);
}

VIRTUAL_TEST(a_second_task_is_refused_while_one_waits_in_a_step)
{
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(2), 1);
    CEDE_GROUP(tasks);
    CHECK_OK(cede_go(&tasks, takes_one, g));
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(cede_next(g, NULL), -EBUSY);
    CHECK_ERR(cede_gen_close(g), -EBUSY);
    CHECK_OK(cede_join(&tasks));
    CHECK_EQ(next_of(g), 1);
    CHECK_EQ(cede_gen_close(g), 0);
}

/* ---- the end --------------------------------------------------------- */

static int fails_after_two(cede_gen *self, void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++)
        CEDE_TRY(cede_yield(self, &i));
    return cede_fail(-EIO, "the disk is gone");
}

TASK_TEST(a_failure_is_answered_after_the_items_before_it_with_its_message)
{
    CEDE_GROUP(group);
    cede_gen *g =
        cede_gen_ahead(&group, cede_gen_of(int, fails_after_two, NULL), 5);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(next_of(g), 0);
    CHECK_EQ(next_of(g), 1);
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "the disk is gone");
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_ERR(cede_gen_close(g), -EIO);
    CHECK_OK(cede_join(&group)); /* it is no failure of the group */
}

TASK_TEST(a_failure_that_no_step_came_to_is_what_closing_answers)
{
    cede_gen *g =
        cede_gen_ahead(NULL, cede_gen_of(int, fails_after_two, NULL), 5);
    CHECK_EQ(next_of(g), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(cede_gen_stop(g), -EIO);
    CHECK_STR_EQ(cede_message(), "the disk is gone");
    CHECK_ERR(cede_gen_close(g), -EIO);
}

/* ---- closing --------------------------------------------------------- */

VIRTUAL_TEST(leaving_a_loop_ends_a_body_that_waits_to_hand_on)
{
    cede_each (int, x, cede_gen_ahead(NULL, cede_gen_of(int, counts, NULL), 0))
        if (x == 2)
            break;
    CHECK_EQ(cede_each_error(), 0);
    CHECK_NOTED("0123x"); /* 2 was taken, so it went on */
    CHECK_EQ(cede_tasks(NULL, 0), 1);
}

static int naps(cede_gen *self, void *rc)
{
    (void)self;
    *(int *)rc = cede_sleep(CEDE_NEVER);
    note("[%d]", cede_sleep(0) == -ECANCELED);
    cede_scope s;
    cede_enter_shielded(&s, cede_in(CEDE_SEC));
    note("[%d]", cede_leave(&s, cede_sleep(CEDE_MS)));
    return *(int *)rc;
}

VIRTUAL_TEST(closing_cancels_the_bodys_waits_and_waits_for_its_clean_up)
{
    int rc = 0;
    cede_time start = cede_now();
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, naps, &rc), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_ERR(rc, -ECANCELED);
    CHECK_NOTED("[1][0]");
    CHECK_EQ(cede_now() - start, CEDE_MS);
}

VIRTUAL_TEST(closing_waits_for_the_child_also_when_it_is_cancelled_then)
{
    int rc = 0;
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, naps, &rc), 0);
    CHECK_OK(cede_sleep(0));
    CEDE_SCOPE(s, cede_in(CEDE_MS / 2));
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK(cede_cancelled());
    CHECK_NOTED("[1][0]");
    CHECK_EQ(cede_tasks(NULL, 0), 1);
}

VIRTUAL_TEST(closing_waits_for_the_child_also_in_a_cancelled_scope)
{
    int rc = 0;
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, naps, &rc), 0);
    CHECK_OK(cede_sleep(0));
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_NOTED("[1][0]");
    CHECK_EQ(cede_tasks(NULL, 0), 1);
}

TASK_TEST(a_body_whose_first_step_has_not_come_never_runs)
{
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, counts, NULL), 1);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_NOTED("");
    CHECK_EQ(cede_tasks(NULL, 0), 1);
}

TASK_TEST(one_that_was_never_stepped_ends_its_body_when_it_is_closed)
{
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, counts, NULL), 1);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_NOTED("01x");
}

TASK_TEST(what_is_thrown_in_ends_it_and_comes_back)
{
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, counts, NULL), 0);
    CHECK_EQ(next_of(g), 0);
    CHECK_ERR(cede_throw(g, cede_fail(-EDOM, "thrown"), NULL), -EDOM);
    CHECK_STR_EQ(cede_message(), "thrown");
    CHECK_NOTED("01x");
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_ERR(cede_gen_close(g), -EDOM);
}

static int cannot_clean_up(cede_gen *self, void *arg)
{
    (void)cede_yield(self, arg);
    return cede_fail(-EIO, "cannot clean up");
}

TASK_TEST(closing_answers_what_the_bodys_clean_up_failed_with)
{
    int x = 1;
    cede_gen *g =
        cede_gen_ahead(NULL, cede_gen_of(int, cannot_clean_up, &x), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(cede_gen_stop(g), -EIO);
    CHECK_STR_EQ(cede_message(), "cannot clean up");
    CHECK_ERR(cede_gen_close(g), -EIO);
}

static int ignores(cede_gen *self, void *arg)
{
    for (int i = 0; i < 2; i++)
        (void)cede_yield(self, arg);
    return cede_yield(self, arg);
}

TASK_TEST(a_body_that_ignores_its_stop_is_dropped_and_that_is_answered)
{
    int x = 1;
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, ignores, &x), 0);
    CHECK_EQ(next_of(g), 1);
    CHECK_ERR(cede_gen_close(g), CEDE_EPROTO);
}

SUITE("agen_ahead")
