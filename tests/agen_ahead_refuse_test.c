/* SPDX-License-Identifier: MIT
 *
 * agen_ahead_refuse_test.c - what cannot run ahead, who cannot step what does,
 * and how it looks from outside.
 */
#include "check.h"
#include "items_ahead.h"
#include "threads.h"

/* ---- refused --------------------------------------------------------- */

TASK_TEST(without_memory_for_the_inner_one_it_is_null)
{
    cede_gen *g = cede_gen_ahead(NULL, NULL, 1);
    CHECK(g == NULL);
    CHECK_ERR(cede_next(g, NULL), -ENOMEM);
}

TASK_TEST(room_for_more_items_than_there_is_memory_is_null_and_closes_it)
{
    cede_gen *inner = cede_gen_of(int, counts, NULL);
    CHECK_EQ(next_of(inner), 0);
    CHECK(cede_gen_ahead(NULL, inner, SIZE_MAX / 2) == NULL);
    CHECK_NOTED("0x");
}

TASK_TEST(a_child_that_cannot_be_started_fails_the_first_step)
{
    CEDE_GROUP(group);
    CHECK_OK(cede_join(&group));
    cede_gen *inner = cede_gen_of(int, counts, NULL);
    CHECK_EQ(next_of(inner), 0);
    cede_gen *g = cede_gen_ahead(&group, inner, 1);
    CHECK_NOTED("0x"); /* it is closed */
    CHECK_ERR(cede_next(g, NULL), CEDE_ECLOSED);
    CHECK_STR_EQ(cede_message(), "group 'group' is joined already");
    CHECK_EQ(cede_next(g, NULL), 0);
    (void)cede_gen_close(g);
}

TEST(outside_a_run_there_is_no_child_and_the_first_step_says_so)
{
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, counts, NULL), 1);
    CHECK_ERR(cede_next(g, NULL), -EPERM);
    (void)cede_gen_close(g);
    CHECK_NOTED("");
}

static int steps_itself(cede_gen *self, void *other)
{
    cede_gen *g = cede_gen_ahead(NULL, *(cede_gen **)other, 1);
    CHECK_ERR(cede_next(g, NULL), -EBUSY);
    CHECK_STR_EQ(cede_message(), "generator 'steps_itself' is already "
                                 "executing");
    (void)cede_gen_close(g);
    return cede_yield(self, &(int){5});
}

TASK_TEST(an_inner_one_that_runs_is_refused_and_left_alone)
{
    cede_gen *g = NULL;
    g = cede_gen_of(int, steps_itself, &g);
    CHECK_EQ(next_of(g), 5);
    CHECK_EQ(cede_gen_close(g), 0);
}

static int delegates_to(cede_gen *self, void *inner)
{
    return cede_yield_from(self, inner);
}

TASK_TEST(an_inner_one_that_another_delegates_to_is_refused_and_left_alone)
{
    cede_gen *inner = cede_gen_of(int, counts, NULL);
    cede_gen *outer = cede_gen_of(int, delegates_to, inner);
    CHECK_EQ(next_of(outer), 0);
    cede_gen *g = cede_gen_ahead(NULL, inner, 1);
    CHECK_ERR(cede_next(g, NULL), -EBUSY);
    CHECK_STR_EQ(cede_message(), "generator 'counts' belongs to generator "
                                 "'delegates_to', which delegates to it");
    (void)cede_gen_close(g);
    CHECK_EQ(next_of(outer), 1);
    CHECK_EQ(cede_gen_close(outer), 0);
}

static cede_gen *of_its_own;

static int waits_for_itself(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    CEDE_TRY(cede_sleep(0));
    CHECK_ERR(cede_next(of_its_own, NULL), -EDEADLK);
    CHECK_STR_EQ(cede_message(), "task 'waits_for_itself' waits for what it "
                                 "yields itself");
    note("refused");
    return 0;
}

TASK_TEST(the_body_cannot_step_what_it_feeds)
{
    of_its_own =
        cede_gen_ahead(NULL, cede_gen_of(int, waits_for_itself, NULL), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("refused");
    CHECK_EQ(cede_next(of_its_own, NULL), 0);
    CHECK_EQ(cede_gen_close(of_its_own), 0);
}

static int closes_itself(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_sleep(0));
    CHECK_EQ(cede_gen_close(of_its_own), 0);
    note("closed ");
    int rc = cede_yield(self, arg);
    note("%s", rc == CEDE_EXIT ? "told" : "?");
    return rc;
}

TASK_TEST(the_body_may_close_what_it_feeds_and_is_told_at_its_next_yield)
{
    int x = 1;
    of_its_own = cede_gen_ahead(NULL, cede_gen_of(int, closes_itself, &x), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("closed told");
    CHECK_EQ(cede_tasks(NULL, 0), 1);
}

/* ---- outside of tasks, and other threads ----------------------------- */

static void steps_in_a_callback(cede_future *f, void *g)
{
    int x = -1;
    (void)f;
    note("[%d]", cede_next(g, &x) == 1 && x == 0);
    note("[%d]", cede_next(g, &x) == -EPERM && x == 0);
}

static void closes_in_a_callback(cede_future *f, void *g)
{
    (void)f;
    note("[%d]", cede_gen_close(g));
}

static void calls_back(void (*fn)(cede_future *, void *), cede_gen *g)
{
    cede_future *p = cede_promise();
    CHECK_OK(cede_on_done(p, fn, g));
    CHECK_OK(cede_resolve(p, 0));
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    cede_future_free(p);
}

VIRTUAL_TEST(a_callback_gets_what_is_there_and_cannot_wait)
{
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(3), 1);
    CHECK_OK(cede_sleep(CEDE_SEC + 1));
    calls_back(steps_in_a_callback, g);
    CHECK_NOTED("[1][1]");
    CHECK_EQ(next_of(g), 1); /* it is not over */
    CHECK_EQ(cede_gen_close(g), 0);
}

VIRTUAL_TEST(closed_in_a_callback_the_child_ends_by_itself)
{
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(3), 1);
    CHECK_OK(cede_sleep(CEDE_SEC + 1));
    calls_back(closes_in_a_callback, g);
    CHECK_NOTED("[0]");
    CHECK_EQ(cede_tasks(NULL, 0), 1);
}

static void *steps_in_thread(void *g)
{
    int x = -1;
    CHECK_ERR(cede_next(g, &x), -EPERM);
    CHECK_EQ(x, -1);
    return NULL;
}

VIRTUAL_TEST(a_step_on_another_thread_is_refused_and_takes_nothing)
{
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(3), 1);
    CHECK_OK(cede_sleep(CEDE_SEC + 1));
    by_thread(steps_in_thread, g);
    CHECK_EQ(next_of(g), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

static int steps_in_a_run(void *g)
{
    steps_in_thread(g);
    return 0;
}

static void *runs_a_step(void *g)
{
    CHECK_OK(cede_run(steps_in_a_run, g));
    return NULL;
}

VIRTUAL_TEST(a_step_in_a_task_of_another_loop_is_refused)
{
    cede_gen *g = cede_gen_ahead(NULL, ticks_of(3), 1);
    CHECK_OK(cede_sleep(CEDE_SEC + 1));
    by_thread(runs_a_step, g);
    CHECK_EQ(next_of(g), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

static void *closes_in_thread(void *g)
{
    return (void *)(intptr_t)cede_gen_close(g);
}

static int has_a_thread_close_it(void *arg)
{
    (void)arg;
    int n = 3;
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, ticks, &n), 1);
    (void)cede_sleep(0);
    by_thread(closes_in_thread, g);
    return 0;
}

TEST(closing_it_on_another_thread_aborts_by_name)
{
    CHECK_ABORTS(run_it, &(cede_fn *){has_a_thread_close_it},
                 "generator 'ticks', which runs ahead, is closed on another "
                 "thread");
}

TEST(once_its_child_is_over_any_thread_may_close_it)
{
    CHECK_OK(cede_run(keeps, &(size_t){2}));
    CHECK_EQ(by_thread(closes_in_thread, kept), 0);
}

/* ---- looking --------------------------------------------------------- */

static bool is_a_child(const cede_task_info *t, const char *waits)
{
    return strcmp(t->name, "counts") == 0 && strcmp(t->waits, waits) == 0 &&
           strncmp(t->started_at, "tests/agen_ahead_refuse_test.c:", 31) == 0;
}

TASK_TEST(the_child_has_the_name_of_the_inner_one_and_the_place)
{
    cede_gen *g = cede_gen_ahead(NULL, cede_gen_of(int, counts, NULL), 0);
    CHECK_STR_EQ(cede_gen_name(g), "counts");
    CHECK_OK(cede_sleep(0));
    cede_task_info info[2];
    CHECK_EQ(cede_tasks(info, 2), 2);
    CHECK(is_a_child(&info[1], "queue put"));
    CHECK_EQ(cede_gen_close(g), 0);
}

TASK_TEST(the_function_does_what_the_macro_does)
{
    cede_gen *inner = cede_gen_of(int, counts, NULL);
    cede_gen *g = (cede_gen_ahead)(NULL, inner, 1);
    CHECK_EQ(next_of(g), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

SUITE("agen_ahead_refuse")
