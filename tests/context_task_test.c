/* SPDX-License-Identifier: MIT
 *
 * context_task_test.c - enter and exit that wait, in tasks and generators, and
 * what cancelling does to them.
 */
#include "check.h"
#include "things.h"

static struct thing a = {.name = "a"},
                    slow = {.name = "slow", .delay = CEDE_SEC};

/* ---- waiting --------------------------------------------------------- */

VIRTUAL_TEST(enter_and_exit_may_wait)
{
    int rc;
    cede_time start = cede_now();
    cede_using (rc, &thing_manager, &slow)
        CHECK_EQ(cede_now() - start, CEDE_SEC);
    CHECK_EQ(rc, 0);
    CHECK_EQ(cede_now() - start, 2 * CEDE_SEC);
}

static int waits(cede_gen *self, void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    int rc = cede_yield(self, &(int){1});
    note("-waits %d ", rc);
    int slept = cede_sleep(CEDE_SEC);
    note("slept %d ", slept);
    return rc < 0 ? rc : slept;
}

VIRTUAL_TEST(a_generator_may_wait_on_either_side_of_its_yield)
{
    int rc;
    cede_time start = cede_now();
    cede_with (rc, int, x, cede_gen_of(int, waits, NULL))
        CHECK_EQ(x, 1);
    CHECK_EQ(rc, 0);
    CHECK_EQ(cede_now() - start, 2 * CEDE_SEC);
}

static int holds_for_a_second(void *name)
{
    int rc;
    struct thing t = {.name = name};
    cede_using (rc, &thing_manager, &t)
        rc = cede_sleep(CEDE_SEC);
    return rc;
}

VIRTUAL_TEST(blocks_of_several_tasks_overlap)
{
    CEDE_GROUP(g);
    cede_go(&g, holds_for_a_second, "1");
    cede_go(&g, holds_for_a_second, "2");
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("+1 +2 -1 0 -2 0 ");
}

static int holds_across_yields(cede_gen *self, void *unused)
{
    (void)unused;
    int rc;
    cede_using (rc, &thing_manager, &slow)
        for (int i = 0; i < 2 && rc >= 0; i++)
            rc = cede_yield(self, &i);
    return rc;
}

VIRTUAL_TEST(a_block_may_be_open_across_yields_and_is_left_when_the_body_stops)
{
    cede_each (int, x, cede_gen_of(int, holds_across_yields, NULL)) {
        note("%d ", x);
        break;
    }
    CHECK_NOTED("+slow 0 -slow -4097 ");
}

/* ---- cancelling ------------------------------------------------------ */

VIRTUAL_TEST(cancelled_while_entering_the_block_and_exit_do_not_run)
{
    int rc = 0;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS));
    cede_using (rc, &thing_manager, &slow)
        note("never ");
    CHECK_ERR(cede_leave(&s, rc), -ETIMEDOUT);
    CHECK_NOTED("+slow ");
}

VIRTUAL_TEST(cancelled_while_a_generator_enters_the_block_does_not_run)
{
    int rc = 0;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS));
    cede_with (rc, int, x, cede_gen_of(int, waits, NULL))
        note("never %d", x);
    CHECK_ERR(cede_leave(&s, rc), -ETIMEDOUT);
    CHECK_NOTED("");
}

VIRTUAL_TEST(cancelled_in_the_block_exit_runs_and_its_waits_are_cancelled)
{
    int rc = 0;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC + CEDE_MS));
    cede_using (rc, &thing_manager, &a)
        cede_with (rc, int, x, cede_gen_of(int, waits, NULL))
            rc = cede_sleep(x * CEDE_SEC);
    CHECK_ERR(cede_leave(&s, rc), -ETIMEDOUT);
    CHECK_NOTED("+a -waits -125 slept -125 -a -125 ");
}

/* Gives itself two seconds, whatever happened outside. */
static int says_goodbye(void *delay, int rc)
{
    cede_scope shield;
    cede_enter_shielded(&shield, cede_in(2 * CEDE_SEC));
    int said = cede_leave(&shield, cede_sleep(*(cede_time *)delay));
    note("goodbye %s ", said == 0 ? "said" : cede_strerror(said));
    return rc;
}

static const cede_manager polite = {NULL, says_goodbye};

static int stays_for_ever(void *goodbye)
{
    int rc;
    cede_using (rc, &polite, goodbye)
        rc = cede_sleep(CEDE_NEVER);
    return rc;
}

VIRTUAL_TEST(an_exit_may_wait_in_a_shield_although_the_task_is_cancelled)
{
    cede_time start = cede_now();
    CHECK_ERR(cede_within(CEDE_SEC, stays_for_ever, &(cede_time){CEDE_SEC}),
              -ETIMEDOUT);
    CHECK_EQ(cede_now() - start, 2 * CEDE_SEC);
    CHECK_NOTED("goodbye said ");
}

VIRTUAL_TEST(the_deadline_of_the_shield_bounds_an_exit_that_hangs)
{
    cede_time start = cede_now();
    CHECK_ERR(cede_within(CEDE_SEC, stays_for_ever, &(cede_time){CEDE_NEVER}),
              -ETIMEDOUT);
    CHECK_EQ(cede_now() - start, 3 * CEDE_SEC);
    CHECK(strstr(noted, cede_strerror(-ETIMEDOUT)));
}

static int polite_body(cede_gen *self, void *delay)
{
    return says_goodbye(delay, cede_yield(self, delay));
}

static int stays_with_a_generator(void *delay)
{
    int rc;
    cede_with (rc, cede_time, d, cede_gen_of(cede_time, polite_body, delay)) {
        CHECK_EQ(d, CEDE_SEC);
        rc = cede_sleep(CEDE_NEVER);
    }
    return rc;
}

VIRTUAL_TEST(a_generators_exit_may_wait_in_a_shield_too)
{
    cede_time start = cede_now();
    CEDE_GROUP(g);
    cede_go(&g, stays_with_a_generator, &(cede_time){CEDE_SEC});
    CHECK_OK(cede_sleep(CEDE_SEC));
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(cede_now() - start, 2 * CEDE_SEC);
    CHECK_NOTED("goodbye said ");
}

VIRTUAL_TEST(an_exit_may_suppress_a_cancel_but_not_end_it)
{
    int rc = 0;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    cede_using (rc, &cede_manager_suppress, CEDE_SUPPRESS(-ECANCELED))
        rc = cede_sleep(CEDE_NEVER);
    CHECK_EQ(rc, 0);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_EQ(cede_leave(&s, rc), 0);
}

/* ---- exit stacks ----------------------------------------------------- */

static int opens_all(void *unused)
{
    (void)unused;
    int rc;
    cede_time second = CEDE_SEC;
    CEDE_EXITS(x, rc);
    CEDE_TRY(rc = cede_exits_enter(&x, &thing_manager, &a));
    CEDE_TRY(rc = cede_exits_enter(&x, &polite, &second));
    CEDE_TRY(rc = cede_exits_with(&x, cede_gen_of(int, waits, NULL), NULL));
    CEDE_TRY(rc = cede_exits_enter(&x, &thing_manager, &slow));
    return rc = cede_sleep(CEDE_NEVER);
}

VIRTUAL_TEST(a_stack_mixes_entries_that_wait_with_others)
{
    cede_time start = cede_now();
    CHECK_ERR(cede_within(10 * CEDE_SEC, opens_all, NULL), -ETIMEDOUT);
    CHECK_EQ(cede_now() - start, 11 * CEDE_SEC);
    CHECK_NOTED("+a +slow -slow -125 -waits -125 slept -125 goodbye said "
                "-a -125 ");
}

VIRTUAL_TEST(cancelled_while_one_enters_the_others_exit)
{
    cede_time start = cede_now();
    CHECK_ERR(cede_within(CEDE_SEC + CEDE_MS, opens_all, NULL), -ETIMEDOUT);
    CHECK_EQ(cede_now() - start, 2 * CEDE_SEC + CEDE_MS);
    CHECK_NOTED("+a +slow -waits -125 slept -125 goodbye said -a -125 ");
}

SUITE("context_task")
