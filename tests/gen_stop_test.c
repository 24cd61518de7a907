/* SPDX-License-Identifier: MIT
 *
 * gen_stop_test.c - ending generators: stop and close in every state, deferred
 * clean-up on every way out, priming, the calls given NULL, misuse.
 */
#include "check.h"

static void note_it(void *text)
{
    note("%s", (char *)text);
}

/* Yields for ever; told to stop, returns *(int *)arg, or what the yield
 * answered if arg is NULL. */
static int runs_until_stopped(cede_gen *self, void *arg)
{
    CEDE_DEFER(note_it, "cleaned ");
    int rc = 0;
    for (int i = 0; rc >= 0; i++)
        rc = cede_yield(self, &i);
    note("%s", rc == CEDE_EXIT ? "exit " : "error ");
    return arg ? *(int *)arg : rc;
}

static cede_gen *suspended(int *result)
{
    cede_gen *g = cede_gen_of(int, runs_until_stopped, result);
    CHECK_EQ(cede_next(g, NULL), 1);
    return g;
}

/* ---- stop ------------------------------------------------------------ */

TEST(stopping_a_fresh_generator_never_runs_its_body)
{
    cede_gen *g = cede_gen_of(int, runs_until_stopped, NULL);
    CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_NOTED("");
}

TEST(stop_lets_the_body_clean_up_before_it_returns)
{
    cede_gen *g = suspended(NULL);
    CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_NOTED("exit cleaned ");
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_EQ(cede_gen_result(g), 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

TEST(stop_answers_what_the_body_returns)
{
    cede_gen *g = suspended(&(int){7});
    CHECK_EQ(cede_gen_stop(g), 7);
    CHECK_EQ(cede_gen_result(g), 7);
    CHECK_EQ(cede_gen_close(g), 7);
}

TEST(stop_answers_the_failure_of_the_clean_up)
{
    cede_gen *g = suspended(&(int){-EIO});
    CHECK_ERR(cede_gen_stop(g), -EIO);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_ERR(cede_gen_result(g), -EIO);
    CHECK_EQ(cede_next(g, NULL), 0);
    (void)cede_gen_close(g);
}

TEST(stopping_again_is_nothing)
{
    cede_gen *g = suspended(&(int){-EIO});
    CHECK_ERR(cede_gen_stop(g), -EIO);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_NOTED("exit cleaned ");
    (void)cede_gen_close(g);
}

static int ignores_stop(cede_gen *self, void *arg)
{
    CHECK_OK(cede_gen_defer(self, note_it, "2"));
    CHECK_OK(cede_gen_defer(self, note_it, "1"));
    while (!arg) {
        (void)cede_yield(self, NULL);
        note("y");
    }
    return 0;
}

TEST(a_body_that_ignores_its_stop_is_dropped_after_its_deferred_clean_up)
{
    cede_gen *g = cede_gen_of(int, ignores_stop, NULL);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_gen_stop(g), CEDE_EPROTO);
    CHECK_NOTED("y12");
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_NOTED("y12");
    (void)cede_gen_close(g);
}

TEST(close_reports_an_ignored_stop_and_frees)
{
    cede_gen *g = cede_gen_of(int, ignores_stop, NULL);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_gen_close(g), CEDE_EPROTO);
    CHECK_NOTED("y12");
}

static int returns_after_a_throw(cede_gen *self, void *arg)
{
    (void)arg;
    CHECK_ERR(cede_yield(self, NULL), -EIO);
    CHECK_ERR(cede_yield(self, NULL), CEDE_EXIT);
    return CEDE_EXIT;
}

TEST(a_body_that_handled_a_throw_can_still_be_stopped)
{
    cede_gen *g = cede_gen_of(int, returns_after_a_throw, NULL);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_throw(g, -EIO, NULL), 1);
    CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

/* ---- close ----------------------------------------------------------- */

TEST(close_is_stop_and_answers_the_result)
{
    CHECK_EQ(cede_gen_close(suspended(NULL)), 0);
    CHECK_EQ(cede_gen_close(suspended(&(int){7})), 7);
    CHECK_ERR(cede_gen_close(suspended(&(int){-EIO})), -EIO);
    CHECK_NOTED("exit cleaned exit cleaned exit cleaned ");
}

static int closes_another(cede_gen *self, void *arg)
{
    (void)self;
    note("<");
    int rc = cede_gen_close(arg);
    note(">");
    return rc;
}

TEST(a_body_may_close_another_generator)
{
    cede_gen *g = cede_gen_of(int, closes_another, suspended(NULL));
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_NOTED("<exit cleaned >");
    CHECK_EQ(cede_gen_close(g), 0);
}

/* ---- deferred clean-up ----------------------------------------------- */

static int defers(cede_gen *self, void *arg)
{
    CHECK_EQ(cede_gen_defer(self, note_it, "3"), 0);
    CHECK_EQ(cede_gen_defer(self, note_it, "2"), 0);
    CEDE_TRY(cede_yield(self, NULL));
    CHECK_EQ(cede_gen_defer(self, note_it, "1"), 0);
    CEDE_TRY(cede_yield(self, NULL));
    note("end");
    return *(int *)arg;
}

static cede_gen *deferring(int *result, int steps)
{
    cede_gen *g = cede_gen_of(int, defers, result);
    for (int i = 0; i < steps; i++)
        CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_NOTED("");
    return g;
}

TEST(deferred_clean_up_runs_last_first_when_the_body_returns)
{
    cede_gen *g = deferring(&(int){0}, 2);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_NOTED("end123");
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_NOTED("end123");
}

TEST(deferred_clean_up_runs_when_the_body_fails)
{
    cede_gen *g = deferring(&(int){-EIO}, 2);
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_NOTED("end123");
    (void)cede_gen_close(g);
}

TEST(deferred_clean_up_runs_when_an_error_is_thrown_in)
{
    cede_gen *g = deferring(&(int){0}, 1);
    CHECK_ERR(cede_throw(g, -EIO, NULL), -EIO);
    CHECK_NOTED("23");
    (void)cede_gen_close(g);
}

TEST(deferred_clean_up_runs_at_stop_and_close)
{
    cede_gen *g = deferring(&(int){0}, 2);
    CHECK_EQ(cede_gen_stop(g), 0);
    CHECK_NOTED("123");
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_NOTED("123");
}

TEST(deferring_from_outside_the_body_is_refused)
{
    cede_gen *g = cede_gen_of(int, defers, &(int){0});
    CHECK_ERR(cede_gen_defer(g, note_it, "x"), -EPERM);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_gen_defer(g, note_it, "x"), -EPERM);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_NOTED("23");
}

static void add_one(void *n)
{
    ++*(int *)n;
}

static int defers_a_thousand(cede_gen *self, void *arg)
{
    for (int i = 0; i < 1000; i++)
        CEDE_TRY(cede_gen_defer(self, add_one, arg));
    return 0;
}

TEST(a_body_may_defer_a_thousand_calls)
{
    int n = 0;
    cede_gen *g = cede_gen_of(int, defers_a_thousand, &n);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(n, 1000);
    CHECK_EQ(cede_gen_close(g), 0);
}

/* ---- priming --------------------------------------------------------- */

static int echoes(cede_gen *self, void *arg)
{
    int in = *(int *)arg, rc = in < 0 ? in : 0;
    note("started ");
    while (rc >= 0)
        rc = cede_exchange(self, &in, &in);
    return rc;
}

static cede_gen *primed(int *arg)
{
    cede_gen *g = cede_gen_primed(echoes, arg, sizeof(int), sizeof(int));
    CHECK(g != NULL);
    CHECK_NOTED("started ");
    noted[0] = '\0';
    return g;
}

TEST(the_first_send_to_a_primed_generator_can_be_a_value)
{
    cede_gen *g = primed(&(int){5});
    int x = 0;
    CHECK_EQ(cede_gen_state(g), CEDE_SUSPENDED);
    CHECK_EQ(cede_send(g, &(int){9}, &x), 1);
    CHECK_EQ(x, 9);
    CHECK_EQ(cede_gen_close(g), 0);
}

TEST(a_body_that_fails_while_primed_tells_the_first_call)
{
    int in = -EIO, x = 7;
    cede_gen *a = primed(&in), *b = primed(&in), *c = primed(&in);
    cede_gen *d = primed(&in);
    CHECK_ERR(cede_next(a, &x), -EIO);
    CHECK_ERR(cede_send(b, &(int){1}, &x), -EIO);
    CHECK_ERR(cede_send(c, NULL, &x), -EIO);
    CHECK_ERR(cede_throw(d, -EPERM, &x), -EIO);
    CHECK_EQ(cede_next(a, &x), 0);
    CHECK_EQ(cede_next(b, &x), 0);
    CHECK_EQ(cede_next(c, &x), 0);
    CHECK_EQ(cede_next(d, &x), 0);
    CHECK_EQ(x, 7);
    (void)cede_gen_close(a);
    (void)cede_gen_close(b);
    (void)cede_gen_close(c);
    (void)cede_gen_close(d);
}

TEST(closing_a_generator_that_failed_while_primed_answers_that)
{
    CHECK_ERR(cede_gen_close(primed(&(int){-EIO})), -EIO);
}

static int returns_at_once(cede_gen *self, void *arg)
{
    (void)self;
    return *(int *)arg;
}

TEST(a_body_that_returns_while_primed_is_over)
{
    cede_gen *g =
        cede_gen_primed(returns_at_once, &(int){3}, sizeof(int), sizeof(int));
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_result(g), 3);
    CHECK_EQ(cede_gen_close(g), 3);
}

/* ---- names ----------------------------------------------------------- */

TEST(a_generator_is_named_after_its_body_unless_told)
{
    cede_gen_options named = {.name = "feed"}, plain = {0};
    cede_gen *a = cede_gen_of(int, echoes, NULL);
    cede_gen *b = cede_gen_new_with(&named, echoes, NULL, 4, 0);
    cede_gen *c = cede_gen_new_with(&plain, echoes, NULL, 4, 0);
    cede_gen *d = cede_gen_new_with(NULL, echoes, NULL, 4, 0);
    CHECK_STR_EQ(cede_gen_name(a), "echoes");
    CHECK_STR_EQ(cede_gen_name(b), "feed");
    CHECK_STR_EQ(cede_gen_name(c), "generator");
    CHECK_STR_EQ(cede_gen_name(d), "generator");
    (void)cede_gen_close(a);
    (void)cede_gen_close(b);
    (void)cede_gen_close(c);
    (void)cede_gen_close(d);
}

TEST(a_description_says_name_and_state_and_is_cut_to_size)
{
    cede_gen *g = cede_gen_of(int, echoes, &(int){1});
    char whole[64], again[64], cut[12];
    int size = cede_gen_describe(g, whole, sizeof whole);
    CHECK_EQ(size, strlen(whole));
    CHECK(strncmp(whole, "generator echoes ", 17) == 0);
    CHECK_EQ(cede_gen_describe(g, NULL, 0), size);
    CHECK_EQ(cede_gen_describe(g, cut, sizeof cut), size);
    CHECK_STR_EQ(cut, "generator e");
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_OK(cede_gen_describe(g, again, sizeof again));
    CHECK(strcmp(whole, again) != 0);
    (void)cede_gen_close(g);
}

/* ---- NULL and misuse ------------------------------------------------- */

TEST(every_call_given_null_answers_no_memory)
{
    int x = 7;
    CHECK_ERR(cede_next(NULL, &x), -ENOMEM);
    CHECK_ERR(cede_send(NULL, &x, &x), -ENOMEM);
    CHECK_ERR(cede_throw(NULL, -EIO, &x), -ENOMEM);
    CHECK_ERR(cede_gen_stop(NULL), -ENOMEM);
    CHECK_ERR(cede_gen_close(NULL), -ENOMEM);
    CHECK_ERR(cede_gen_result(NULL), -ENOMEM);
    CHECK_ERR(cede_gen_defer(NULL, note_it, "x"), -ENOMEM);
    CHECK_EQ(cede_gen_state(NULL), CEDE_CLOSED);
    CHECK(cede_gen_name(NULL) != NULL);
    CHECK_EQ(x, 7);
}

static int yields_for_another(cede_gen *self, void *arg)
{
    (void)self;
    return cede_yield(arg, &(int){1});
}

static void misuse_of_another(void *arg)
{
    cede_gen *other = suspended(NULL);
    (void)arg;
    (void)cede_next(cede_gen_of(int, yields_for_another, other), NULL);
}

TEST(yielding_for_another_generator_aborts_by_name)
{
    CHECK_ABORTS(misuse_of_another, NULL, "runs_until_stopped");
}

static void misuse_from_outside(void *arg)
{
    (void)arg;
    (void)cede_yield(suspended(NULL), &(int){1});
}

TEST(yielding_outside_the_body_aborts_by_name)
{
    CHECK_ABORTS(misuse_from_outside, NULL, "runs_until_stopped");
}

SUITE("gen_stop")
