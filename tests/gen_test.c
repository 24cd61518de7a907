/* SPDX-License-Identifier: MIT
 *
 * gen_test.c - stepping generators: next, send, throw in every state, what is
 * delivered once and what forever.
 */
#include "check.h"

/* Yields 1, 2, ... *(int *)arg, and returns 42. */
static int counts(cede_gen *self, void *arg)
{
    note("(");
    for (int i = 1; i <= *(int *)arg; i++)
        CEDE_TRY(cede_yield(self, &i));
    note(")");
    return 42;
}

static int three = 3;

/* ---- next ------------------------------------------------------------ */

TEST(making_a_generator_runs_no_statement_of_its_body)
{
    cede_gen *g = cede_gen_of(int, counts, &three);
    CHECK(g != NULL);
    CHECK_EQ(cede_gen_state(g), CEDE_CREATED);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_NOTED("");
}

TEST(next_runs_the_body_to_its_next_yield)
{
    cede_gen *g = cede_gen_of(int, counts, &three);
    int x = 0;
    for (int i = 1; i <= 3; i++) {
        CHECK_EQ(cede_next(g, &x), 1);
        CHECK_EQ(x, i);
        CHECK_EQ(cede_gen_state(g), CEDE_SUSPENDED);
        CHECK_NOTED("(");
    }
    CHECK_EQ(cede_next(g, &x), 0);
    CHECK_NOTED("()");
    CHECK_EQ(cede_gen_close(g), 42);
}

TEST(the_end_is_zero_for_ever_and_leaves_out_alone)
{
    cede_gen *g = cede_gen_new(counts, &(int){0}, sizeof(int), sizeof(int));
    int x = 7;
    for (int i = 0; i < 100; i++) {
        CHECK_EQ(cede_next(g, &x), 0);
        CHECK_EQ(cede_send(g, NULL, &x), 0);
        CHECK_EQ(cede_send(g, &(int){1}, &x), 0);
    }
    CHECK_EQ(x, 7);
    CHECK_NOTED("()");
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_EQ(cede_gen_result(g), 42);
    CHECK_EQ(cede_gen_close(g), 42);
}

TEST(out_may_be_null)
{
    cede_gen *g = cede_gen_of(int, counts, &three);
    int x = 0;
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 2);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_next(g, NULL), 0);
    (void)cede_gen_close(g);
}

static int yields_nothing(cede_gen *self, void *arg)
{
    (void)arg;
    CEDE_TRY(cede_yield(self, NULL));
    return cede_receive(self, NULL);
}

TEST(a_yield_of_null_leaves_out_as_it_was)
{
    cede_gen *g = cede_gen_of(int, yields_nothing, NULL);
    int x = 7;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 7);
    CHECK_EQ(cede_next(g, &x), 0);
    (void)cede_gen_close(g);
}

static int fails_after(cede_gen *self, void *arg)
{
    for (int i = 0; i < *(int *)arg; i++)
        CEDE_TRY(cede_yield(self, &i));
    return -EIO;
}

TEST(a_failure_is_told_once_and_then_it_is_over)
{
    for (int n = 0; n < 2; n++) {
        cede_gen *g = cede_gen_new(fails_after, &n, sizeof(int), sizeof(int));
        for (int i = 0; i < n; i++)
            CHECK_EQ(cede_next(g, NULL), 1);
        CHECK_ERR(cede_next(g, NULL), -EIO);
        CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
        for (int i = 0; i < 3; i++) {
            CHECK_EQ(cede_next(g, NULL), 0);
            CHECK_EQ(cede_send(g, &i, NULL), 0);
        }
        CHECK_ERR(cede_gen_result(g), -EIO);
        CHECK_ERR(cede_gen_close(g), -EIO);
    }
}

static int exits_unasked(cede_gen *self, void *arg)
{
    if (arg)
        CEDE_TRY(cede_yield(self, &(int){1}));
    return CEDE_EXIT;
}

TEST(failing_with_exit_unasked_is_a_broken_protocol)
{
    cede_gen *g = cede_gen_of(int, exits_unasked, NULL);
    CHECK_ERR(cede_next(g, NULL), CEDE_EPROTO);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_ERR(cede_gen_result(g), CEDE_EPROTO);
    (void)cede_gen_close(g);

    g = cede_gen_of(int, exits_unasked, "after a yield");
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_next(g, NULL), CEDE_EPROTO);
    (void)cede_gen_close(g);
}

static int exits_late(cede_gen *self, void *arg)
{
    (void)cede_yield(self, arg);
    (void)cede_yield(self, arg);
    return CEDE_EXIT;
}

TEST(an_exit_that_was_thrown_in_and_handled_is_asked_for_no_more)
{
    cede_gen *g = cede_gen_of(int, exits_late, &(int){1});
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_throw(g, CEDE_EXIT, NULL), 1);
    CHECK_ERR(cede_next(g, NULL), CEDE_EPROTO);
    (void)cede_gen_close(g);
}

static int exits_after_a_failure(cede_gen *self, void *why)
{
    (void)self;
    (void)cede_fail(-EIO, "a failure that was dealt with");
    return why ? cede_fail(CEDE_EXIT, "%s", (char *)why) : CEDE_EXIT;
}

TEST(a_broken_protocol_tells_the_message_of_the_exit_alone)
{
    cede_gen *g = cede_gen_of(int, exits_after_a_failure, NULL);
    CHECK_ERR(cede_next(g, NULL), CEDE_EPROTO);
    CHECK(strstr(cede_message(), "nobody told it to stop") != NULL);
    CHECK(strstr(cede_message(), "dealt with") == NULL);
    (void)cede_gen_close(g);

    g = cede_gen_of(int, exits_after_a_failure, "enough");
    CHECK_ERR(cede_next(g, NULL), CEDE_EPROTO);
    CHECK(strstr(cede_message(), "told it to stop: enough") != NULL);
    (void)cede_gen_close(g);
}

TEST(the_result_is_not_there_before_the_end)
{
    cede_gen *g = cede_gen_of(int, counts, &(int){1});
    CHECK_ERR(cede_gen_result(g), -EAGAIN);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_gen_result(g), -EAGAIN);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_result(g), 42);
    CHECK_EQ(cede_gen_result(g), 42);
    (void)cede_gen_close(g);
}

/* ---- send ------------------------------------------------------------ */

/* Yields the sum of what it was sent. */
static int sums(cede_gen *self, void *arg)
{
    int sum = 0, rc = 0;
    (void)arg;
    for (int x = 0; rc >= 0; sum += rc == 1 ? x : 0)
        rc = cede_exchange(self, &sum, &x);
    return rc;
}

static cede_gen *summing(void)
{
    return cede_gen_new(sums, NULL, sizeof(int), sizeof(int));
}

TEST(a_value_sent_to_a_fresh_generator_is_refused_and_nothing_changes)
{
    cede_gen *g = summing();
    int x = 7;
    CHECK_ERR(cede_send(g, &(int){1}, &x), -EINVAL);
    CHECK_EQ(x, 7);
    CHECK_EQ(cede_gen_state(g), CEDE_CREATED);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 0);
    (void)cede_gen_close(g);
}

TEST(send_of_null_is_next)
{
    cede_gen *g = summing();
    int x = 7;
    CHECK_EQ(cede_send(g, NULL, &x), 1);
    CHECK_EQ(x, 0);
    CHECK_EQ(cede_send(g, &(int){5}, &x), 1);
    CHECK_EQ(cede_send(g, NULL, &x), 1);
    CHECK_EQ(x, 5);
    (void)cede_gen_close(g);
}

TEST(send_delivers_its_value_and_returns_the_next_one_yielded)
{
    cede_gen *g = summing();
    int x;
    CHECK_EQ(cede_next(g, &x), 1);
    for (int i = 1; i <= 10; i++) {
        CHECK_EQ(cede_send(g, &i, &x), 1);
        CHECK_EQ(x, i * (i + 1) / 2);
    }
    (void)cede_gen_close(g);
}

TEST(what_is_sent_and_what_comes_out_may_share_a_variable)
{
    cede_gen *g = summing();
    int x;
    CHECK_EQ(cede_next(g, &x), 1);
    x = 1;
    for (int i = 0; i < 10; i++)
        CHECK_EQ(cede_send(g, &x, &x), 1);
    CHECK_EQ(x, 512);
    (void)cede_gen_close(g);
}

TEST(a_value_sent_to_a_generator_that_takes_none_is_refused)
{
    cede_gen *g = cede_gen_of(int, counts, &three);
    int x = 0;
    CHECK_ERR(cede_send(g, &x, &x), -EINVAL);
    CHECK_EQ(cede_gen_state(g), CEDE_CREATED);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_ERR(cede_send(g, &x, &x), -EINVAL);
    CHECK_EQ(cede_gen_state(g), CEDE_SUSPENDED);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 2);
    (void)cede_gen_close(g);
}

static int notes_what_yields_answer(cede_gen *self, void *arg)
{
    int in = 7, rc = 0;
    for (int i = 0; rc >= 0 && i < 6; i++) {
        rc = i % 2 ? cede_receive(self, &in) : cede_yield(self, arg);
        note("%d:%d ", rc, in);
    }
    return rc;
}

TEST(a_yield_answers_whether_a_value_was_sent)
{
    cede_gen *g = cede_gen_new(notes_what_yields_answer, &three, sizeof(int),
                               sizeof(int));
    int in = 9;
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_send(g, &in, NULL), 1); /* dropped by the yield */
    CHECK_EQ(cede_next(g, NULL), 1);      /* receive: stepped by next */
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_send(g, &in, NULL), 1); /* received */
    CHECK_ERR(cede_throw(g, -EIO, NULL), -EIO);
    CHECK_NOTED("1:7 0:7 0:7 1:9 -5:9 ");
    (void)cede_gen_close(g);
}

/* ---- throw ----------------------------------------------------------- */

/* Yields what was thrown in, negated; returns at -EPIPE; -EBADF becomes
 * -EPERM. */
static int catches(cede_gen *self, void *arg)
{
    int rc = 0;
    (void)arg;
    while (rc != -EPIPE && rc != -EBADF && rc != CEDE_EXIT)
        rc = cede_yield(self, &(int){-rc});
    return rc == -EPIPE ? 11 : -EPERM;
}

TEST(an_error_thrown_in_may_be_handled)
{
    cede_gen *g = cede_gen_of(int, catches, NULL);
    int x = 0;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(cede_throw(g, -EIO, &x), 1);
    CHECK_EQ(x, EIO);
    CHECK_EQ(cede_throw(g, -EPIPE, &x), 0);
    CHECK_EQ(cede_gen_result(g), 11);
    CHECK_EQ(cede_next(g, &x), 0);
    (void)cede_gen_close(g);
}

TEST(an_error_thrown_in_may_be_replaced)
{
    cede_gen *g = cede_gen_of(int, catches, NULL);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_throw(g, -EBADF, NULL), -EPERM);
    CHECK_ERR(cede_gen_result(g), -EPERM);
    CHECK_EQ(cede_next(g, NULL), 0);
    (void)cede_gen_close(g);
}

TEST(an_error_thrown_in_that_nobody_handles_comes_back_once)
{
    cede_gen *g = cede_gen_of(int, counts, &three);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_throw(g, -EIO, NULL), -EIO);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_NOTED("(");
    (void)cede_gen_close(g);
}

TEST(a_throw_at_a_fresh_generator_never_enters_the_body)
{
    cede_gen *g = cede_gen_of(int, counts, &three);
    int x = 7;
    CHECK_ERR(cede_throw(g, -EIO, &x), -EIO);
    CHECK_EQ(x, 7);
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_EQ(cede_next(g, &x), 0);
    CHECK_NOTED("");
    (void)cede_gen_close(g);
}

TEST(a_throw_at_a_closed_generator_comes_back_every_time)
{
    cede_gen *g = cede_gen_of(int, counts, &(int){0});
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_ERR(cede_throw(g, -EIO, NULL), -EIO);
    CHECK_ERR(cede_throw(g, -EPERM, NULL), -EPERM);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_result(g), 42);
    CHECK_EQ(cede_gen_close(g), 42);
}

TEST(throwing_what_is_no_error_is_invalid)
{
    for (int err = 0; err < 2; err++) {
        cede_gen *g = cede_gen_of(int, counts, &three);
        CHECK_EQ(cede_next(g, NULL), 1);
        CHECK_ERR(cede_throw(g, err, NULL), -EINVAL);
        (void)cede_gen_close(g);
    }
}

SUITE("gen")
