/* SPDX-License-Identifier: MIT
 *
 * agen_ahead_edge_test.c - generators that run ahead, and the ends of groups
 * and runs; scopes that their bodies have open; generators that delegate to
 * them.
 */
#include "check.h"
#include "items_ahead.h"

/* ---- the group ------------------------------------------------------- */

VIRTUAL_TEST(cancelling_the_group_ends_the_body_and_then_the_consumer_hears)
{
    CEDE_GROUP(outer);
    cede_gen *g;
    {
        CEDE_GROUP(group);
        g = cede_gen_ahead(&group, cede_gen_of(int, counts, NULL), 1);
        CHECK_OK(cede_sleep(0));
        cede_group_cancel(&group);
        CHECK_OK(cede_join(&group));
    }
    CHECK_NOTED("01x");
    CHECK_EQ(next_of(g), 0); /* it was there before */
    CHECK_ERR(cede_next(g, NULL), -ECANCELED);
    CHECK_EQ(cede_next(g, NULL), 0);
    (void)cede_gen_close(g);
    CHECK_OK(cede_join(&outer));
}

static int hears_of_the_cancel(void *g)
{
    CHECK_ERR(cede_next(g, NULL), -ECANCELED);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    note("heard");
    return 0;
}

VIRTUAL_TEST(a_consumer_in_another_group_hears_of_it_in_its_step)
{
    CEDE_GROUP(consumers);
    CEDE_GROUP(group);
    cede_gen *g = cede_gen_ahead(&group, ticks_of(3), 1);
    CHECK_OK(cede_go(&consumers, hears_of_the_cancel, g));
    CHECK_OK(cede_sleep(CEDE_MS));
    cede_group_cancel(&group);
    CHECK_OK(cede_join(&group));
    CHECK_OK(cede_join(&consumers));
    CHECK_NOTED("heard");
    (void)cede_gen_close(g);
}

VIRTUAL_TEST(closing_one_whose_group_was_cancelled_is_no_failure)
{
    CEDE_GROUP(group);
    cede_gen *g = cede_gen_ahead(&group, ticks_of(3), 1);
    CHECK_OK(cede_sleep(CEDE_MS));
    cede_group_cancel(&group);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_OK(cede_join(&group));
}

static int sums(void *arg)
{
    cede_each (int, x, *(cede_gen **)arg)
        note("%d", x);
    return cede_each_error();
}

VIRTUAL_TEST(joining_the_group_waits_for_one_that_another_task_steps)
{
    CEDE_GROUP(consumers);
    CEDE_GROUP(group);
    cede_gen *g = cede_gen_ahead(&group, ticks_of(3), 0);
    CHECK_OK(cede_go(&consumers, sums, &g));
    CHECK_OK(cede_join(&group));
    CHECK_OK(cede_join(&consumers));
    CHECK_NOTED("012");
}

VIRTUAL_TEST(it_may_be_read_to_its_end_after_its_group)
{
    cede_gen *g;
    {
        CEDE_GROUP(group);
        g = cede_gen_ahead(&group, ticks_of(3), 3);
        CHECK_OK(cede_join(&group));
    }
    for (int i = 0; i < 3; i++)
        CHECK_EQ(next_of(g), i);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 7);
}

TEST(it_may_be_read_and_closed_after_the_run)
{
    CHECK_OK(cede_run(keeps, &(size_t){2}));
    CHECK_NOTED("012x");
    CHECK_EQ(next_of(kept), 0);
    CHECK_EQ(next_of(kept), 1);
    CHECK_ERR(cede_next(kept, NULL), -ECANCELED);
    (void)cede_gen_close(kept);
    CHECK_OK(cede_run(keeps, &(size_t){2}));
    CHECK_EQ(cede_gen_close(kept), 0);
}

TEST(a_debug_run_reports_one_that_was_left_suspended_and_where_it_was_made)
{
    cede_options o = {.debug = true, .slow_step = CEDE_NEVER};
    listen_to_hook();
    CHECK_OK(cede_run_with(&o, keeps, &(size_t){2}));
    CHECK_EQ(hooked.count, 1);
    CHECK(strstr(hooked.what, "generator counts SUSPENDED was not closed in "
                              "its run, made at tests/items_ahead.h:"));
    CHECK_EQ(cede_gen_close(kept), 0);
}

/* ---- scopes open across a yield -------------------------------------- */

static int hands_on_in_a_scope(cede_gen *self, void *arg)
{
    (void)arg;
    CEDE_SCOPE(s, cede_in(CEDE_SEC));
    int rc = 0;
    for (int i = 0; rc >= 0; i++)
        rc = cede_yield(self, &i);
    rc = cede_leave(&s, rc);
    note("[%s]", rc == -ETIMEDOUT ? "late" : rc == CEDE_EXIT ? "told" : "?");
    return rc == -ETIMEDOUT ? cede_yield(self, &(int){77}) : rc;
}

VIRTUAL_TEST(the_body_may_have_a_scope_open_while_it_hands_on)
{
    cede_gen *g =
        cede_gen_ahead(NULL, cede_gen_of(int, hands_on_in_a_scope, NULL), 0);
    CHECK_EQ(next_of(g), 0);
    CHECK_EQ(next_of(g), 1);
    CHECK(!cede_cancelled());
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_NOTED("[told]");
}

VIRTUAL_TEST(what_cancels_a_scope_of_the_body_is_thrown_in_at_its_yield)
{
    cede_gen *g =
        cede_gen_ahead(NULL, cede_gen_of(int, hands_on_in_a_scope, NULL), 0);
    CHECK_EQ(next_of(g), 0);
    CHECK_OK(cede_sleep(2 * CEDE_SEC));
    CHECK_NOTED("[late]");
    CHECK_EQ(next_of(g), 77); /* 1 was not handed on */
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

static int fails_soon(void *arg)
{
    (void)arg;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    return cede_fail(-EIO, "a child of the body");
}

static int hands_on_in_a_group(cede_gen *self, void *arg)
{
    CEDE_GROUP(group);
    CEDE_TRY(cede_go(&group, fails_soon, arg));
    int rc = 0;
    for (int i = 0; rc >= 0; i++)
        rc = cede_yield(self, &i);
    return cede_join_rc(&group, rc);
}

VIRTUAL_TEST(the_body_may_have_a_group_open_and_a_child_that_fails_ends_it)
{
    cede_gen *g =
        cede_gen_ahead(NULL, cede_gen_of(int, hands_on_in_a_group, NULL), 0);
    CHECK_EQ(next_of(g), 0);
    CHECK_OK(cede_sleep(2 * CEDE_SEC));
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "a child of the body");
    CHECK_ERR(cede_gen_close(g), -EIO);
}

static int leaves_a_scope_open(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    return 0;
}

static int steps_it(void *arg)
{
    cede_gen *g =
        cede_gen_ahead(NULL, cede_gen_of(int, leaves_a_scope_open, arg), 0);
    return cede_next(g, NULL);
}

TEST(a_scope_that_the_body_leaves_open_at_its_end_aborts_by_name)
{
    CHECK_ABORTS(run_it, &(cede_fn *){steps_it},
                 "task 'leaves_a_scope_open' leaves scope 'cede_gen_ahead', "
                 "before it has left scope 's', entered at "
                 "tests/agen_ahead_edge_test.c:");
}

/* ---- a step that is cancelled, of one that delegates ------------------ */

/* Whatever its first yield answers: goes on with one that runs ahead. */
static int delegates_then(cede_gen *self, void *rc)
{
    (void)cede_yield(self, &(int){1});
    CEDE_TRY(cede_yield_from(self, cede_gen_ahead(NULL, ticks_of(2), 0)));
    return *(int *)rc;
}

static cede_gen *started(int *rc)
{
    cede_gen *g = cede_gen_of(int, delegates_then, rc);
    CHECK_EQ(next_of(g), 1);
    return g;
}

VIRTUAL_TEST(told_to_stop_it_is_dropped_and_what_it_delegates_to_is_closed)
{
    int rc = 0;
    cede_gen *g = started(&rc);
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_gen_stop(g), CEDE_EPROTO);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_ERR(cede_gen_close(g), CEDE_EPROTO);
    CHECK_EQ(cede_tasks(NULL, 0), 1);
}

VIRTUAL_TEST(an_exit_that_it_handled_is_not_what_it_may_end_with_later)
{
    int rc = CEDE_EXIT;
    cede_gen *g = started(&rc);
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_throw(g, CEDE_EXIT, NULL), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 0), 0);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(next_of(g), i);
    CHECK_ERR(cede_next(g, NULL), CEDE_EPROTO);
    CHECK_ERR(cede_gen_close(g), CEDE_EPROTO);
}

static int delegates_at_once(cede_gen *self, void *arg)
{
    (void)arg;
    return cede_yield_from(self, cede_gen_ahead(NULL, ticks_of(1), 0));
}

VIRTUAL_TEST(made_primed_it_owes_nothing)
{
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_cancel(&s);
    cede_gen *g = cede_gen_primed(delegates_at_once, NULL, sizeof(int), 0);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_EQ(next_of(g), 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 7);
}

SUITE("agen_ahead_edge")
