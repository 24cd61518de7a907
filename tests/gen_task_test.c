/* SPDX-License-Identifier: MIT
 *
 * gen_task_test.c - generators whose bodies wait: they suspend the task that
 * steps them, may be cancelled there, and are refused to a second task.
 */
#include "check.h"

/* Yields 0, 1, 2, one each second. */
static int ticks(cede_gen *self, void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        CEDE_TRY(cede_sleep(CEDE_SEC));
        CEDE_TRY(cede_yield(self, &i));
    }
    return 0;
}

static int notes_in_between(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        CEDE_TRY(cede_sleep(i ? CEDE_SEC : CEDE_SEC / 2));
        note("-");
    }
    return 0;
}

VIRTUAL_TEST(a_wait_of_the_body_suspends_its_task_and_not_the_loop)
{
    cede_time start = cede_now();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, notes_in_between, NULL));
    cede_each (int, x, cede_gen_of(int, ticks, NULL))
        note("%d", x);
    CHECK_EQ(cede_each_error(), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("-0-1-2");
    CHECK_EQ(cede_now() - start, 3 * CEDE_SEC);
}

static int steps(void *g)
{
    int x;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 0);
    note("stepped");
    return 0;
}

VIRTUAL_TEST(a_second_task_is_refused_while_the_body_waits)
{
    cede_gen *gen = cede_gen_of(int, ticks, NULL);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, steps, gen));
    CHECK_OK(cede_sleep(CEDE_SEC / 2));
    CHECK_EQ(cede_gen_state(gen), CEDE_RUNNING);
    CHECK_ERR(cede_next(gen, NULL), -EBUSY);
    CHECK_ERR(cede_throw(gen, -EIO, NULL), -EBUSY);
    CHECK_ERR(cede_gen_stop(gen), -EBUSY);
    CHECK_ERR(cede_gen_close(gen), -EBUSY);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("stepped");
    CHECK_EQ(cede_gen_close(gen), 0);
}

VIRTUAL_TEST(a_cancelled_wait_of_the_body_fails_the_step_and_it_is_over)
{
    cede_gen *gen = cede_gen_of(int, ticks, NULL);
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC * 3 / 2));
    CHECK_EQ(cede_next(gen, NULL), 1);
    CHECK_ERR(cede_next(gen, NULL), -ECANCELED);
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
    CHECK_EQ(cede_next(gen, NULL), 0);
    (void)cede_gen_close(gen);
}

static int counts(cede_gen *self, void *arg)
{
    (void)arg;
    for (int i = 0;; i++)
        CEDE_TRY(cede_yield(self, &i));
}

TASK_TEST(stepping_a_body_that_does_not_wait_works_in_a_cancelled_scope)
{
    cede_gen *gen = cede_gen_of(int, counts, NULL);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_EQ(cede_next(gen, NULL), 1);
    CHECK_EQ(cede_next(gen, NULL), 1);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_EQ(cede_gen_close(gen), 0);
}

static int cleans_up_slowly(cede_gen *self, void *arg)
{
    int rc = cede_yield(self, NULL);
    *(int *)arg = cede_sleep(CEDE_MS);
    note("cleaned");
    return rc;
}

TASK_TEST(clean_up_of_a_stopped_body_may_wait)
{
    int slept = 7;
    cede_gen *gen = cede_gen_of(int, cleans_up_slowly, &slept);
    CHECK_EQ(cede_next(gen, NULL), 1);
    CHECK_EQ(cede_gen_close(gen), 0);
    CHECK_EQ(slept, 0);
    CHECK_NOTED("cleaned");
}

TASK_TEST(stop_works_in_a_cancelled_scope_where_clean_up_cannot_wait)
{
    int slept = 7;
    cede_gen *gen = cede_gen_of(int, cleans_up_slowly, &slept);
    CHECK_EQ(cede_next(gen, NULL), 1);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_EQ(cede_gen_stop(gen), 0);
    CHECK_ERR(slept, -ECANCELED);
    CHECK_NOTED("cleaned");
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_EQ(cede_gen_close(gen), 0);
}

TASK_TEST(tasks_may_take_turns_stepping_one_generator)
{
    cede_gen *gen = cede_gen_of(int, counts, NULL);
    CHECK_OK(cede_gather(CEDE_CALLS({steps, gen}), NULL));
    int x;
    CHECK_EQ(cede_next(gen, &x), 1);
    CHECK_EQ(x, 1);
    CHECK_EQ(cede_gen_close(gen), 0);
}

static int waits_inside_a_scope(cede_gen *self, void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        cede_scope s;
        cede_enter(&s, cede_in(CEDE_SEC));
        int rc = cede_leave(&s, cede_sleep(i == 1 ? 2 * CEDE_SEC : 0));
        CEDE_TRY(cede_yield(self, &rc));
    }
    return 0;
}

VIRTUAL_TEST(a_body_may_use_scopes_between_its_yields)
{
    cede_each (int, rc, cede_gen_of(int, waits_inside_a_scope, NULL))
        note("%s ", rc == 0 ? "in time" : rc == -ETIMEDOUT ? "late" : "?");
    CHECK_NOTED("in time late in time ");
}

static int knows_its_name(void *arg)
{
    return strcmp(cede_task_name(), arg) == 0;
}

static int rests(void *arg)
{
    return cede_sleep(*(cede_time *)arg);
}

static int gathers_between(cede_gen *self, void *arg)
{
    for (int i = 0; i < 3; i++) {
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, rests, arg));
        CHECK_OK(cede_go(&g, rests, arg));
        int rc = cede_join(&g);
        CEDE_TRY(cede_yield(self, &rc));
    }
    return 0;
}

VIRTUAL_TEST(a_body_may_use_groups_between_its_yields)
{
    cede_time start = cede_now(), second = CEDE_SEC;
    cede_each (int, rc, cede_gen_of(int, gathers_between, &second))
        note("%d", rc);
    CHECK_NOTED("000");
    CHECK_EQ(cede_now() - start, 3 * CEDE_SEC);
}

TEST(the_main_task_is_named_after_its_function)
{
    cede_options named = {.name = "captain"}, nameless = {0};
    CHECK_EQ(cede_run(knows_its_name, "knows_its_name"), 1);
    CHECK_EQ(cede_run_with(&named, knows_its_name, "captain"), 1);
    CHECK_EQ(cede_run_with(&nameless, knows_its_name, "main"), 1);
}

static int wants_the_time(cede_gen *self, void *arg)
{
    CHECK_STR_EQ(cede_task_name(), arg);
    return cede_yield(self, NULL);
}

static int steps_by_name(void *arg)
{
    cede_gen *gen = cede_gen_of(int, wants_the_time, arg);
    CHECK_EQ(cede_next(gen, NULL), 1);
    return cede_gen_close(gen);
}

TASK_TEST(a_body_runs_in_the_task_of_its_consumer)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, steps_by_name, "steps_by_name"));
    CHECK_OK(cede_join(&g));
}

/* ---- held open across a yield ---------------------------------------- */

static int yields_in_a_scope(cede_gen *self, void *arg)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    int rc = cede_yield(self, arg);
    return cede_leave(&s, rc);
}

static int yields_in_a_group(cede_gen *self, void *arg)
{
    CEDE_GROUP(g);
    int rc = cede_yield(self, arg);
    return rc < 0 ? rc : cede_join(&g);
}

static int steps_scope(void *arg)
{
    return cede_next(cede_gen_of(int, yields_in_a_scope, arg), NULL);
}

static int steps_group(void *arg)
{
    return cede_next(cede_gen_of(int, yields_in_a_group, arg), NULL);
}

static void run_it(void *fn)
{
    (void)cede_run(*(cede_fn **)fn, &(int){1});
}

TEST(a_scope_open_across_a_yield_aborts_by_name)
{
    CHECK_ABORTS(run_it, &(cede_fn *){steps_scope},
                 "generator 'yields_in_a_scope' yielded without leaving scope "
                 "'s', entered at tests/gen_task_test.c:");
}

static int delegates_to_one(cede_gen *self, void *arg)
{
    return cede_yield_from(self, cede_gen_of(int, yields_in_a_scope, arg));
}

static int steps_chain(void *arg)
{
    return cede_next(cede_gen_of(int, delegates_to_one, arg), NULL);
}

TEST(a_scope_open_across_a_yield_of_an_inner_one_aborts_by_the_inner_name)
{
    CHECK_ABORTS(run_it, &(cede_fn *){steps_chain},
                 "generator 'yields_in_a_scope' yielded without leaving scope "
                 "'s', entered at tests/gen_task_test.c:");
}

TEST(a_group_open_across_a_yield_aborts_by_name)
{
    CHECK_ABORTS(run_it, &(cede_fn *){steps_group},
                 "generator 'yields_in_a_group' yielded without leaving group "
                 "'g', entered at tests/gen_task_test.c:");
}

static int returns_in_a_scope(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    return 0;
}

static int delegates_in_a_scope(cede_gen *self, void *arg)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    return cede_yield_from(self, cede_gen_of(int, returns_in_a_scope, arg));
}

static int steps_one_that_returns(void *arg)
{
    return cede_next(cede_gen_of(int, returns_in_a_scope, arg), NULL);
}

static int steps_one_that_delegates(void *arg)
{
    return cede_next(cede_gen_of(int, delegates_in_a_scope, arg), NULL);
}

TEST(returning_or_delegating_inside_a_scope_aborts_by_name)
{
    CHECK_ABORTS(run_it, &(cede_fn *){steps_one_that_returns},
                 "'returns_in_a_scope' returned without leaving scope 's', ");
    CHECK_ABORTS(run_it, &(cede_fn *){steps_one_that_delegates},
                 "'delegates_in_a_scope' delegates without leaving scope 's'");
}

static int holds_a_scope_below(void *arg)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_each (int, x, cede_gen_of(int, counts, arg))
        if (x == 3)
            break;
    return cede_leave(&s, 0);
}

TASK_TEST(a_scope_of_the_consumer_does_not_keep_the_body_from_yielding)
{
    CHECK_EQ(holds_a_scope_below(NULL), 0);
}

/* ---- without a loop -------------------------------------------------- */

static int naps(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_yield(self, arg);
}

TEST(outside_a_task_a_sleep_of_the_body_blocks_the_thread)
{
    cede_time before = cede_clock();
    cede_gen *gen = cede_gen_of(int, naps, &(int){1});
    CHECK_EQ(cede_next(gen, NULL), 1);
    CHECK(cede_clock() - before >= CEDE_MS);
    CHECK_EQ(cede_gen_close(gen), 0);
}

static int sleeps_twice(void *arg)
{
    for (int i = 0; i < 2; i++)
        CEDE_TRY(cede_sleep(*(cede_time *)arg));
    return 7;
}

static int runs_a_loop(cede_gen *self, void *arg)
{
    cede_options o = {.poller = "virtual"};
    for (int i = 0; i < 2; i++) {
        int rc = cede_run_with(&o, sleeps_twice, arg);
        CEDE_TRY(cede_yield(self, &rc));
    }
    return 0;
}

TEST(a_body_may_run_a_loop_of_its_own)
{
    cede_each (int, rc, cede_gen_of(int, runs_a_loop, &(cede_time){CEDE_SEC}))
        note("%d", rc);
    CHECK_NOTED("77");
    CHECK_EQ(cede_each_error(), 0);
}

SUITE("gen_task")
