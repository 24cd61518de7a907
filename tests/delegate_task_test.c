/* SPDX-License-Identifier: MIT
 *
 * delegate_task_test.c - delegation within tasks: an inner generator that
 * waits is cancelled with its consumer, chains pass from task to task, and
 * what bodies register and loop over is cleaned up in order.
 */
#include "check.h"
#include "tasks.h"

static void note_gone(void *name)
{
    note("%s gone; ", (char *)name);
}

/* Yields, and waits in between, for ever. */
static int waits(cede_gen *self, void *arg)
{
    CHECK_OK(cede_gen_defer(self, note_gone, arg));
    int rc = 0;
    for (int i = 0; rc >= 0; i++) {
        rc = cede_sleep(CEDE_SEC);
        if (rc >= 0)
            rc = cede_yield(self, &i);
    }
    note("inner %d; ", rc);
    return rc;
}

static int delegates(cede_gen *self, void *inner)
{
    CHECK_OK(cede_gen_defer(self, note_gone, "outer"));
    int rc = cede_yield_from(self, inner);
    note("outer %d; ", rc);
    return rc;
}

static cede_gen *over(cede_gen *inner)
{
    return cede_gen_of(int, delegates, inner);
}

static int counts_what_comes(void *gen)
{
    int n = 0, x, rc;
    while ((rc = cede_next(gen, &x)) > 0)
        CHECK_EQ(x, n++);
    note("%d items; ", n);
    return rc;
}

/* ---- cancelling ------------------------------------------------------ */

TASK_TEST(a_chain_whose_innermost_waits_is_cancelled_with_its_task)
{
    cede_gen *g = over(over(cede_gen_of(int, waits, "inner")));
    CEDE_GROUP(group);
    cede_go(&group, counts_what_comes, g);
    CHECK_OK(cede_sleep(0));
    cede_group_cancel(&group);
    CHECK_OK(cede_join(&group));
    CHECK_NOTED("inner -125; inner gone; outer -125; outer gone; "
                "outer -125; outer gone; 0 items; ");
    CHECK_EQ(cede_gen_close(g), -ECANCELED);
}

VIRTUAL_TEST(a_deadline_ends_a_chain_where_it_waits)
{
    cede_gen *g = over(cede_gen_of(int, waits, "inner"));
    CHECK_ERR(cede_within(2500 * CEDE_MS, counts_what_comes, g), -ETIMEDOUT);
    CHECK_NOTED("inner -125; inner gone; outer -125; outer gone; 2 items; ");
    cede_gen_close(g);
}

/* Deals with being cancelled in its inner one, and yields once more. */
static int outlives(cede_gen *self, void *inner)
{
    int rc = cede_yield_from(self, inner);
    note("outer %d; ", rc);
    return cede_yield(self, &(int){0});
}

VIRTUAL_TEST(an_outer_body_may_deal_with_its_inner_one_being_cancelled)
{
    cede_gen *g = cede_gen_of(int, outlives, cede_gen_of(int, waits, "inner"));
    cede_scope s;
    cede_enter(&s, cede_in(0));
    int x = -1;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 0);
    CHECK_OK(cede_leave(&s, 0));
    CHECK_NOTED("inner -125; inner gone; outer -125; ");
    CHECK_OK(cede_gen_close(g));
}

static int closes(void *gen)
{
    return cede_gen_close(gen);
}

VIRTUAL_TEST(nobody_else_touches_a_chain_while_its_innermost_waits)
{
    cede_gen *leaf = cede_gen_of(int, waits, "inner"), *g = over(over(leaf));
    CEDE_GROUP(group);
    cede_go(&group, counts_what_comes, g);
    CHECK_OK(cede_sleep(500 * CEDE_MS));
    CHECK_EQ(cede_gen_state(g), CEDE_RUNNING);
    CHECK(cede_gen_delegate(g) == NULL);
    CHECK_ERR(cede_next(g, NULL), -EBUSY);
    CHECK_ERR(cede_gen_stop(g), -EBUSY);
    CHECK_ERR(closes(g), -EBUSY);
    CHECK_ERR(cede_throw(leaf, -EIO, NULL), -EBUSY);
    CHECK_ERR(closes(leaf), -EBUSY);
    CHECK_OK(cede_sleep(600 * CEDE_MS)); /* an item came meanwhile */
    cede_group_cancel(&group);
    CHECK_OK(cede_join(&group));
    CHECK(strstr(noted, "1 items; ") != NULL);
    cede_gen_close(g);
}

/* ---- from task to task ----------------------------------------------- */

static int takes_one(void *gen)
{
    int x = -1;
    CEDE_TRY(cede_next(gen, &x));
    note("%s took %d; ", cede_task_name(), x);
    return 0;
}

static int counts_slowly(cede_gen *self, void *n)
{
    for (int i = 0; i < *(int *)n; i++) {
        CEDE_TRY(cede_sleep(CEDE_MS));
        CEDE_TRY(cede_yield(self, &i));
    }
    return 0;
}

VIRTUAL_TEST(each_step_of_a_chain_may_be_another_tasks)
{
    cede_gen *g = over(over(cede_gen_of(int, counts_slowly, &(int){3})));
    static const cede_task_options names[] = {
        {.name = "a"}, {.name = "b"}, {.name = "c"}};
    for (int i = 0; i < 3; i++) {
        CEDE_GROUP(group);
        cede_go_with(&group, takes_one, g, &names[i]);
        CHECK_OK(cede_join(&group));
    }
    CHECK_NOTED("a took 0; b took 1; c took 2; ");
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_OK(cede_gen_close(g));
}

/* A body's group is closed between yields; here around a delegate's. */
static int gathers(cede_gen *self, void *arg)
{
    CEDE_GROUP(group);
    cede_go(&group, returns_later, arg);
    cede_go(&group, returns_later, arg);
    CEDE_TRY(cede_join(&group));
    return cede_yield(self, arg);
}

VIRTUAL_TEST(an_inner_body_may_run_a_group_between_its_yields)
{
    cede_time before = cede_now();
    cede_gen *g = over(over(cede_gen_of(int, gathers, &(int){9})));
    int x;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 9);
    CHECK_EQ(cede_now() - before, CEDE_MS);
    CHECK_OK(cede_gen_close(g));
}

/* ---- loops inside ---------------------------------------------------- */

/* Loops over a chain of its own, and yields its items on. */
static int loops(cede_gen *self, void *arg)
{
    cede_each (int, x, over(cede_gen_of(int, counts_slowly, arg)))
        CEDE_TRY(cede_yield(self, &x));
    return cede_each_error();
}

VIRTUAL_TEST(a_loop_inside_a_delegate_closes_its_own_chain_when_stopped)
{
    cede_gen *g = over(cede_gen_of(int, loops, &(int){5}));
    int x;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 1);
    CHECK_OK(cede_gen_close(g));
    CHECK_NOTED("outer -4097; outer gone; outer -4097; outer gone; ");
}

static int fails(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_yield(self, arg));
    return cede_fail(-EIO, "no more");
}

/* Loops over a source that fails, and does not ask. */
static int loops_carelessly(cede_gen *self, void *arg)
{
    cede_each (int, x, over(cede_gen_of(int, fails, arg)))
        CEDE_TRY(cede_yield(self, &x));
    return 0;
}

VIRTUAL_TEST(
    an_unread_failure_of_a_loop_in_a_delegate_is_reported_with_its_task)
{
    listen_to_hook();
    cede_gen *g = over(cede_gen_of(int, loops_carelessly, &(int){3}));
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK_STR_EQ(hooked.task, "main");
    CHECK_STR_EQ(hooked.message, "no more");
    CHECK_OK(cede_gen_close(g));
}

SUITE("delegate_task")
