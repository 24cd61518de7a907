/* SPDX-License-Identifier: MIT
 *
 * gen_busy_test.c - a generator that runs refuses every call, from its own
 * body and from below, and goes on unharmed.
 */
#include "check.h"

static void every_call_is_refused(cede_gen *g)
{
    int x = 7;
    CHECK_EQ(cede_gen_state(g), CEDE_RUNNING);
    CHECK_ERR(cede_next(g, &x), -EBUSY);
    CHECK_ERR(cede_send(g, NULL, &x), -EBUSY);
    CHECK_ERR(cede_send(g, &x, &x), -EBUSY);
    CHECK_ERR(cede_throw(g, -EIO, &x), -EBUSY);
    CHECK_ERR(cede_gen_stop(g), -EBUSY);
    CHECK_ERR(cede_gen_close(g), -EBUSY);
    CHECK_ERR(cede_gen_result(g), -EAGAIN);
    CHECK_EQ(x, 7);
}

static int re_enters(cede_gen *self, void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        every_call_is_refused(self);
        CEDE_TRY(cede_yield(self, &i));
    }
    return 0;
}

TEST(a_running_generator_refuses_every_call_and_goes_on_unharmed)
{
    cede_gen *g = cede_gen_new(re_enters, NULL, sizeof(int), sizeof(int));
    int x;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_next(g, &x), 1);
        CHECK_EQ(x, i);
    }
    CHECK_EQ(cede_next(g, &x), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

static cede_gen *upper;

static int disturbs_the_upper_one(cede_gen *self, void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        every_call_is_refused(upper);
        CEDE_TRY(cede_yield(self, &i));
    }
    return 0;
}

static int steps_a_lower_one(cede_gen *self, void *arg)
{
    int x = 0;
    while (cede_next(arg, &x) > 0)
        CEDE_TRY(cede_yield(self, &x));
    return 0;
}

TEST(a_generator_refuses_calls_from_one_that_it_steps_itself)
{
    cede_gen *lower = cede_gen_of(int, disturbs_the_upper_one, NULL);
    upper = cede_gen_new(steps_a_lower_one, lower, sizeof(int), sizeof(int));
    int x;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_next(upper, &x), 1);
        CHECK_EQ(x, i);
        CHECK_EQ(cede_gen_state(lower), CEDE_SUSPENDED);
    }
    CHECK_EQ(cede_next(upper, &x), 0);
    CHECK_EQ(cede_gen_close(upper), 0);
    CHECK_EQ(cede_gen_close(lower), 0);
}

static int loops_over_itself(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_yield(self, arg));
    cede_each (int, x, self)
        note("%d", x);
    CHECK_ERR(cede_each_error(), -EBUSY);
    cede_each (int, x, cede_iter_gen(self))
        note("%d", x);
    CHECK_ERR(cede_each_error(), -EBUSY);
    return cede_yield(self, arg);
}

TEST(a_loop_over_a_running_generator_fails_and_does_not_close_it)
{
    cede_gen *g = cede_gen_of(int, loops_over_itself, &(int){1});
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_NOTED("");
}

static void disturbs(void *g)
{
    note("%s ", cede_next(g, NULL) > 0 ? "ran" : "did not run");
    (void)cede_gen_stop(g);
}

static int goes_on_when_stopped(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_gen_defer(self, disturbs, self));
    while (!arg) {
        note("y ");
        (void)cede_yield(self, NULL);
    }
    return cede_yield(self, NULL);
}

TEST(deferred_clean_up_cannot_resume_the_body_it_ends)
{
    cede_gen *g = cede_gen_of(int, goes_on_when_stopped, NULL);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_gen_stop(g), CEDE_EPROTO);
    CHECK_NOTED("y y did not run ");
    CHECK_ERR(cede_gen_close(g), CEDE_EPROTO);
}

SUITE("gen_busy")
