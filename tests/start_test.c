/* SPDX-License-Identifier: MIT
 *
 * start_test.c - cede_start: waiting until a child is ready for work.
 */
#include "check.h"
#include "tasks.h"

static int eio = -EIO, zero, seven = 7;

/* Ready after a while, and works until it is cancelled. */
static int serves(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    note("ready ");
    CEDE_TRY(cede_started(*(int *)arg));
    int rc = cede_sleep(CEDE_NEVER);
    note("served ");
    return rc;
}

/* ---- ready ----------------------------------------------------------- */

VIRTUAL_TEST(start_answers_what_the_child_said_when_it_was_ready)
{
    cede_time begin = cede_now();
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, serves, &seven), 7);
    CHECK_EQ(cede_now() - begin, CEDE_MS);
    CHECK_NOTED("ready ");
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("ready served ");
}

TASK_TEST(a_child_may_be_ready_with_nothing_to_say)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, serves, &zero), 0);
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
}

static int ready_then_fails(void *arg)
{
    CEDE_TRY(cede_started(1));
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fail(*(int *)arg, "at work");
}

TASK_TEST(what_a_ready_child_fails_with_is_the_groups_business)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, ready_then_fails, &eio), 1);
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_STR_EQ(cede_message(), "at work");
    cede_failure f;
    CHECK_EQ(cede_failures(&f, 1), 1);
    CHECK_STR_EQ(f.name, "ready_then_fails");
}

static int ready_and_over(void *arg)
{
    CEDE_TRY(cede_started(*(int *)arg));
    return 0;
}

TASK_TEST(a_child_that_is_ready_and_over_at_once_was_ready)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, ready_and_over, &seven), 7);
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(a_child_among_many_that_have_not_run_yet_is_started_in_order)
{
    CEDE_GROUP(g);
    for (int i = 0; i < 100; i++)
        CHECK_OK(cede_go(&g, returns, &zero));
    CHECK_EQ(cede_start(&g, ready_and_over, &seven), 7);
    CHECK_EQ(cede_join(&g), 0);
}

static int serves_in_the_background(void *arg)
{
    return cede_start(NULL, serves, arg);
}

TEST(a_child_may_be_started_in_the_background)
{
    CHECK_EQ(cede_run(serves_in_the_background, &seven), 7);
    CHECK_NOTED("ready served ");
}

static int names_itself(void *arg)
{
    snprintf(arg, 32, "%s", cede_task_name());
    return cede_started(0);
}

TASK_TEST(a_started_child_has_its_functions_name)
{
    char name[32] = "";
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, names_itself, name), 0);
    CHECK_STR_EQ(name, "names_itself");
    CHECK_EQ((cede_start)(&g, names_itself, name), 0);
    CHECK_STR_EQ(name, "task");
    CHECK_EQ(cede_join(&g), 0);
}

struct pair {
    int a, b;
};

static int adds(void *arg)
{
    const struct pair *p = arg;
    return cede_started(p->a + p->b);
}

TASK_TEST(the_argument_may_be_a_literal_in_the_callers_frame)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, adds, &(struct pair){3, 4}), 7);
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(a_start_that_went_well_leaves_the_callers_message)
{
    CEDE_GROUP(g);
    cede_fail(-EPIPE, "long ago");
    CHECK_EQ(cede_start(&g, adds, &(struct pair){3, 4}), 7);
    CHECK_STR_EQ(cede_message(), "long ago");
    CHECK_EQ(cede_join(&g), 0);
}

/* ---- not ready ------------------------------------------------------- */

static int fails_before(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fail(*(int *)arg, "the port is taken");
}

TASK_TEST(what_a_child_fails_with_before_is_the_callers_business)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "sibling"));
    CHECK_ERR(cede_start(&g, fails_before, &eio), -EIO);
    CHECK_STR_EQ(cede_message(), "the port is taken");
    CHECK(!cede_cancelled());
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_EQ(cede_failures(NULL, 0), 0);
}

TASK_TEST(a_failure_without_a_message_has_not_that_of_an_earlier_one)
{
    CEDE_GROUP(g);
    cede_fail(-EPIPE, "long ago");
    CHECK_ERR(cede_start(&g, returns_later, &eio), -EIO);
    CHECK_STR_EQ(cede_message(), "");
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(a_child_that_returns_without_being_ready_broke_the_protocol)
{
    CEDE_GROUP(g);
    CHECK_ERR(cede_start(&g, returns_later, &zero), CEDE_EPROTO);
    CHECK(strstr(cede_message(), "'returns_later'") != NULL);
    CHECK_ERR(cede_start(&g, returns, &seven), CEDE_EPROTO);
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(a_child_that_gives_up_uncancelled_has_failed_with_that)
{
    int rc = -ECANCELED;
    CEDE_GROUP(g);
    CHECK_ERR(cede_start(&g, returns, &rc), -ECANCELED);
    CHECK(!cede_cancelled());
    CHECK_EQ(cede_join(&g), 0);
}

/* ---- refused --------------------------------------------------------- */

TASK_TEST(a_joined_group_starts_no_child)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_ERR(cede_start(&g, serves, &zero), CEDE_ECLOSED);
    CHECK_NOTED("");
}

TEST(outside_a_task_nothing_can_be_started_or_be_ready)
{
    CEDE_GROUP(g);
    CHECK_ERR(cede_start(&g, serves, &zero), -EPERM);
    CHECK_ERR(cede_start(NULL, serves, &zero), -EPERM);
    CHECK_ERR(cede_started(0), -EPERM);
}

TASK_TEST(no_function_is_invalid_and_no_failure_of_the_group)
{
    CEDE_GROUP(g);
    CHECK_ERR(cede_start(&g, NULL, NULL), -EINVAL);
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(in_a_cancelled_scope_nothing_is_started)
{
    CEDE_GROUP(g);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_start(&g, ready_and_over, &zero), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_NOTED("");
    CHECK_EQ(cede_join(&g), 0);
}

static int says_it_wrongly(void *arg)
{
    (void)arg;
    CHECK_ERR(cede_started(-EIO), -EINVAL);
    CHECK_ERR(cede_started(-1), -EINVAL);
    CHECK_EQ(cede_started(5), 0);
    CHECK_ERR(cede_started(6), -EALREADY);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_ERR(cede_started(6), -EALREADY);
    note("said");
    return 0;
}

TASK_TEST(being_ready_is_said_once_and_is_no_error)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, says_it_wrongly, NULL), 5);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("said");
}

static int says_it_unasked(void *arg)
{
    (void)arg;
    return cede_started(0);
}

TASK_TEST(only_a_task_that_was_started_so_may_say_that_it_is_ready)
{
    CHECK_ERR(cede_started(0), -EPERM);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, says_it_unasked, NULL);
    CHECK_ERR(cede_join(&g), -EPERM);
    (void)f;
}

SUITE("start")
