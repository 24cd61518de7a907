/* SPDX-License-Identifier: MIT
 *
 * context_with_test.c - blocks with a generator that yields once: what stands
 * after the yield is exit, and a generator that yields never or twice is told.
 */
#include "check.h"
#include "things.h"

/* Yields 42; then notes what its yield answered, and returns `answer` if it
 * is set, else that. */
static int once(cede_gen *self, void *answer)
{
    note("+ ");
    int rc = cede_yield(self, &(int){42});
    note("-%d ", rc);
    return answer ? *(int *)answer : rc;
}

static cede_gen *fresh(const int *answer)
{
    return cede_gen_of(int, once, (void *)(uintptr_t)answer);
}

/* ---- outcomes -------------------------------------------------------- */

TEST(the_item_is_the_variable_and_the_rest_of_the_body_is_exit)
{
    int rc = -1;
    cede_with (rc, int, x, fresh(NULL))
        note("%d %d ", x, rc);
    CHECK_NOTED("+ 42 0 -0 ");
    CHECK_EQ(rc, 0);
}

TEST(a_failure_is_thrown_in_and_passes_when_the_body_returns_it)
{
    int rc;
    cede_with (rc, int, x, fresh(NULL))
        rc = -x;
    CHECK_NOTED("+ --42 ");
    CHECK_ERR(rc, -42);
}

TEST(a_body_that_handles_the_failure_suppresses_it)
{
    int rc;
    cede_with (rc, int, x, fresh(&(int){0}))
        rc = -x;
    CHECK_EQ(rc, 0);
    cede_with (rc, int, x, fresh(&(int){1}))
        rc = -x;
    CHECK_EQ(rc, 0);
}

TEST(a_body_that_fails_with_another_code_replaces_the_failure)
{
    int rc;
    cede_with (rc, int, x, fresh(&(int){-EPIPE}))
        rc = -x;
    CHECK_ERR(rc, -EPIPE);
}

TEST(a_body_that_fails_after_a_block_that_went_well_is_the_outcome)
{
    int rc;
    cede_with (rc, int, x, fresh(&(int){-EPIPE}))
        rc = x;
    CHECK_ERR(rc, -EPIPE);
}

TEST(a_success_stays_as_it_is_whatever_the_body_returns)
{
    int rc;
    cede_with (rc, int, x, fresh(&(int){3}))
        rc = x;
    CHECK_EQ(rc, 42);
}

TEST(the_stop_code_of_generators_is_an_error_like_any_other)
{
    int rc;
    cede_with (rc, int, x, fresh(NULL))
        rc = x > 0 ? CEDE_EXIT : 0;
    CHECK_ERR(rc, CEDE_EXIT);
    cede_with (rc, int, x, fresh(&(int){0}))
        rc = x > 0 ? CEDE_EXIT : 0;
    CHECK_EQ(rc, 0);
}

TEST(a_body_that_fails_with_the_stop_code_unasked_breaks_the_protocol)
{
    int rc;
    cede_with (rc, int, x, fresh(&(int){CEDE_EXIT}))
        rc = x;
    CHECK_ERR(rc, CEDE_EPROTO);
}

/* ---- yielding never, or twice ---------------------------------------- */

static int returns_at_once(cede_gen *self, void *answer)
{
    (void)self;
    return *(int *)answer;
}

TEST(a_generator_that_does_not_yield_skips_the_block)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, returns_at_once, &(int){0}))
        note("never %d", x);
    CHECK_NOTED("");
    CHECK_ERR(rc, CEDE_EPROTO);
    CHECK_STR_EQ(cede_message(), "generator 'returns_at_once' didn't yield");
}

TEST(a_generator_that_fails_before_its_yield_skips_the_block)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, returns_at_once, &(int){-EIO}))
        note("never %d", x);
    CHECK_NOTED("");
    CHECK_ERR(rc, -EIO);
}

static int yields_again(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = cede_yield(self, &(int){1});
    note("first %d ", rc < 0);
    rc = cede_yield(self, &(int){2});
    note("then %s ", cede_strerror(rc));
    return rc;
}

TEST(a_generator_that_yields_again_is_stopped)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, yields_again, NULL))
        note("%d ", x);
    CHECK_ERR(rc, CEDE_EPROTO);
    CHECK_STR_EQ(cede_message(), "generator 'yields_again' didn't stop");
    CHECK(strncmp(noted, "1 first 0 then ", 15) == 0);
    CHECK(strstr(noted, cede_strerror(CEDE_EXIT)));
}

TEST(a_generator_that_yields_after_a_throw_is_stopped)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, yields_again, NULL))
        rc = -x;
    CHECK_ERR(rc, CEDE_EPROTO);
    CHECK_STR_EQ(cede_message(),
                 "generator 'yields_again' didn't stop after throw");
    CHECK(strncmp(noted, "first 1 then ", 13) == 0);
}

static int never_stops(cede_gen *self, void *arg)
{
    (void)arg;
    for (;;)
        (void)cede_yield(self, &(int){1});
    return 0;
}

TEST(a_generator_that_cannot_be_stopped_is_dropped)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, never_stops, NULL))
        note("%d", x);
    CHECK_ERR(rc, CEDE_EPROTO);
    CHECK_STR_EQ(cede_message(), "generator 'never_stops' didn't stop");
}

/* ---- what is refused ------------------------------------------------- */

TEST(no_memory_for_the_generator_skips_the_block)
{
    int rc;
    cede_with (rc, int, x, (cede_gen *)NULL)
        note("never %d", x);
    CHECK_NOTED("");
    CHECK_ERR(rc, -ENOMEM);
}

TEST(a_variable_of_another_size_is_refused_before_the_body_runs)
{
    int rc;
    cede_with (rc, char, x, fresh(NULL))
        note("never %c", x);
    CHECK_NOTED("");
    CHECK_ERR(rc, -EINVAL);
    CHECK(strstr(cede_message(), "'once'"));
}

TEST(a_generator_that_was_started_before_is_refused)
{
    int rc;
    cede_gen *g = fresh(NULL);
    CHECK_EQ(cede_next(g, NULL), 1);
    cede_with (rc, int, x, g)
        note("never %d", x);
    CHECK_ERR(rc, -EALREADY);
    CHECK(strstr(cede_message(), "good for one block"));
}

TEST(a_refusal_keeps_its_message_when_the_generator_cannot_be_stopped)
{
    int rc;
    cede_gen *g = cede_gen_of(int, never_stops, NULL);
    CHECK_EQ(cede_next(g, NULL), 1);
    cede_with (rc, int, x, g)
        note("never %d", x);
    CHECK_ERR(rc, -EALREADY);
    CHECK(strstr(cede_message(), "good for one block"));
}

/* ---- as a manager ---------------------------------------------------- */

TEST(a_generator_is_a_manager_for_one_block)
{
    int rc;
    cede_gen *g = fresh(NULL);
    cede_using (rc, &cede_manager_gen, g)
        rc = -EIO;
    CHECK_NOTED("+ --5 ");
    CHECK_ERR(rc, -EIO);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    cede_using (rc, &cede_manager_gen, g)
        note("never");
    CHECK_ERR(rc, -EALREADY);
    CHECK_NOTED("+ --5 ");
    cede_gen_close(g);
    cede_using (rc, &cede_manager_gen, NULL)
        note("never");
    CHECK_ERR(rc, -ENOMEM);
}

TEST(a_generator_that_yields_twice_as_a_manager_is_stopped)
{
    int rc;
    cede_gen *g = cede_gen_of(int, yields_again, NULL);
    cede_using (rc, &cede_manager_gen, g)
        rc = 0;
    CHECK_ERR(rc, CEDE_EPROTO);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_ERR(cede_gen_close(g), 0);
}

/* ---- ways out -------------------------------------------------------- */

TEST(break_and_continue_leave_the_block_alone)
{
    int rc;
    for (int i = 0; i < 3; i++)
        cede_with (rc, int, x, fresh(NULL)) {
            if (i == 0)
                break;
            if (i == 1)
                continue;
            note("%d ", x);
        }
    CHECK_NOTED("+ -0 + -0 + 42 -0 ");
}

static int returns_from_within(int *rc)
{
    cede_with (*rc, int, x, fresh(NULL))
        return *rc = -x;
    return 0;
}

TEST(return_and_goto_end_the_generator)
{
    int rc;
    CHECK_ERR(returns_from_within(&rc), -42);
    for (;;)
        cede_with (rc, int, x, fresh(NULL))
            cede_with (rc, int, y, fresh(NULL))
                if (x == y)
                    goto out;
out:
    CHECK_NOTED("+ --42 + + -0 -0 ");
}

TEST(blocks_nest_with_those_of_pairs_and_with_loops)
{
    int rc;
    if (noted[0] == '\0')
        cede_using (rc, &thing_manager, &(struct thing){.name = "a"})
            cede_with (rc, int, x, fresh(NULL))
                cede_each (int64_t, i, cede_range(0, 2, 1))
                    note("%d ", (int)i + x);
    else
        note("never");
    CHECK_NOTED("+a + 42 43 -0 -a 0 ");
}

TEST(the_arguments_are_evaluated_once)
{
    int rcs[2] = {1, 1}, *rc = rcs;
    cede_gen *gens[] = {fresh(NULL), NULL}, **g = gens;
    cede_with (*rc++, int, x, *g++)
        note("%d ", x);
    CHECK(rc == rcs + 1 && g == gens + 1);
    CHECK_NOTED("+ 42 -0 ");
}

TEST(a_block_whose_generator_was_stopped_inside_ends_well)
{
    int rc;
    cede_gen *g = fresh(NULL);
    cede_with (rc, int, x, g) {
        CHECK_EQ(x, 42);
        CHECK_OK(cede_gen_stop(g));
    }
    CHECK_EQ(rc, 0);
}

/* ---- messages -------------------------------------------------------- */

static int fails_with_text(cede_gen *self, void *arg)
{
    int rc = cede_yield(self, &(int){1});
    cede_fail(-EPERM, "dealt with");
    return arg ? cede_fail(*(int *)arg, "in the end") : rc;
}

TEST(a_failure_that_passes_keeps_its_message)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, fails_with_text, NULL))
        rc = cede_fail(-EIO, "bad block %d", x);
    CHECK_ERR(rc, -EIO);
    CHECK_STR_EQ(cede_message(), "bad block 1");
}

TEST(the_body_reads_the_message_of_what_is_thrown_in)
{
    int rc;
    cede_gen *g = fresh(NULL);
    cede_with (rc, int, x, g)
        rc = cede_fail(-EIO, "bad block %d", x);
    CHECK_STR_EQ(cede_message(), "bad block 42");
}

TEST(a_failure_that_replaces_another_has_its_own_message)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, fails_with_text, &(int){-EPIPE}))
        rc = cede_fail(-EIO, "bad block %d", x);
    CHECK_ERR(rc, -EPIPE);
    CHECK_STR_EQ(cede_message(), "in the end");
}

SUITE("context_with")
