/* SPDX-License-Identifier: MIT
 *
 * group_test.c - groups: joining, the first failure, cancelling, nesting, and
 * every way out of a block that has children.
 */
#include "check.h"
#include "tasks.h"

static int eio = -EIO, epipe = -EPIPE, zero, seven = 7;

/* ---- join ------------------------------------------------------------ */

TASK_TEST(join_of_nothing_answers_zero)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(results_above_zero_are_no_failures)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, returns, &seven));
    CHECK_OK(cede_go(&g, returns, &zero));
    CHECK_EQ(cede_join(&g), 0);
}

static int sums(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    ++*(int *)arg;
    return 0;
}

TASK_TEST(join_waits_for_all)
{
    int sum = 0;
    CEDE_GROUP(g);
    for (int i = 0; i < 100; i++)
        CHECK_OK(cede_go(&g, sums, &sum));
    CHECK_EQ(sum, 0);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_EQ(sum, 100);
}

TASK_TEST(a_group_is_joined_once)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_ERR(cede_join(&g), CEDE_ECLOSED);
    CHECK_STR_EQ(cede_message(), "group 'g' is joined already");
    CHECK_ERR(cede_join(&g), CEDE_ECLOSED);
    CHECK_OK(cede_sleep(0));
}

TASK_TEST(a_joined_group_takes_no_children)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_ERR(cede_go(&g, sleeps_for_ever, "x"), CEDE_ECLOSED);
    CHECK_ERR(cede_go_copy(&g, returns, &zero, 4), CEDE_ECLOSED);
    CHECK(!cede_spawn(&g, sleeps_for_ever, "x"));
    cede_group_cancel(&g);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("");
}

static cede_group *shared;

static int adds_children(void *arg)
{
    int *left = arg;
    CEDE_TRY(cede_sleep(CEDE_MS));
    if (--*left <= 0)
        return 0;
    return cede_go(shared, adds_children, arg);
}

TASK_TEST(children_may_start_others_while_their_group_is_joined)
{
    int left = 20;
    CEDE_GROUP(g);
    shared = &g;
    CHECK_OK(cede_go(&g, adds_children, &left));
    CHECK_EQ(cede_join(&g), 0);
    CHECK_EQ(left, 0);
}

/* ---- failure --------------------------------------------------------- */

TASK_TEST(the_first_failure_cancels_the_siblings)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "a"));
    CHECK_OK(cede_go(&g, returns_later, &eio));
    CHECK_OK(cede_go(&g, sleeps_for_ever, "b"));
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_NOTED("ab");
    CHECK_EQ(cede_failures(NULL, 0), 1);
}

TASK_TEST(the_first_failure_cancels_the_owners_waits_until_join)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, returns_later, &eio));
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK(cede_cancelled());
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK(!cede_cancelled());
    CHECK_OK(cede_sleep(0));
}

TASK_TEST(a_child_started_after_the_failure_runs_and_is_cancelled)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, returns, &eio));
    (void)cede_sleep(0);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "late"));
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_NOTED("late");
}

TASK_TEST(a_child_cancelled_before_its_first_step_runs_once)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "a"));
    CHECK_OK(cede_go(&g, sleeps_for_ever, "b"));
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("ab");
}

TASK_TEST(cancelled_without_a_cancelled_scope_is_a_failure)
{
    int rc = -ECANCELED;
    cede_failure f;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, returns, &rc));
    CHECK_ERR(cede_join(&g), -ECANCELED);
    CHECK_EQ(cede_failures(&f, 1), 1);
    CHECK_EQ(f.code, -ECANCELED);
    CHECK_STR_EQ(f.name, "returns");
}

TASK_TEST(a_child_cancelled_by_its_handle_is_no_failure)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, sleeps_for_ever, "x");
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_EQ(cede_failures(NULL, 0), 0);
}

static int fails_when_cancelled(void *arg)
{
    (void)cede_sleep(CEDE_NEVER);
    return cede_fail(*(int *)arg, "in clean-up");
}

TASK_TEST(a_cancelled_child_that_fails_otherwise_has_failed)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, fails_when_cancelled, &eio));
    CHECK_OK(cede_sleep(0));
    cede_group_cancel(&g);
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_STR_EQ(cede_message(), "in clean-up");
}

static int fails_by_number(void *arg)
{
    int n = *(int *)arg;
    return cede_fail(-1000 - n, "number %d", n);
}

TASK_TEST(failures_are_listed_in_order_up_to_16_and_all_counted)
{
    int n[20];
    cede_failure f[20] = {{.code = 1}};
    f[16].code = f[3].code = 1;
    CEDE_GROUP(g);
    for (int i = 0; i < 20; i++) {
        n[i] = i;
        CHECK_OK(cede_go(&g, fails_by_number, &n[i]));
    }
    CHECK_EQ(cede_join(&g), -1000);
    CHECK_STR_EQ(cede_message(), "number 0");
    CHECK_EQ(cede_failures(f, 3), 20);
    CHECK_EQ(f[3].code, 1);
    CHECK_EQ(cede_failures(f, 20), 20);
    CHECK_EQ(f[16].code, 1);
    for (int i = 0; i < 16; i++) {
        char want[32];
        snprintf(want, sizeof want, "number %d", i);
        CHECK_EQ(f[i].code, -1000 - i);
        CHECK_STR_EQ(f[i].message, want);
        CHECK_STR_EQ(f[i].name, "fails_by_number");
    }
}

TASK_TEST(a_failure_without_a_message_is_listed_with_an_empty_one)
{
    cede_failure f;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, returns, &eio));
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_EQ(cede_failures(&f, 1), 1);
    CHECK_STR_EQ(f.message, "");
}

TASK_TEST(the_next_join_makes_a_new_list)
{
    for (int i = 0; i < 2; i++) {
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, returns, i ? &zero : &eio));
        CHECK_ERR(cede_join(&g), i ? 0 : -EIO);
        CHECK_EQ(cede_failures(NULL, 0), 1 - i);
    }
}

/* ---- cancelling ------------------------------------------------------ */

TASK_TEST(a_cancelled_group_ends_early_and_well)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "a"));
    CHECK_OK(cede_sleep(0));
    cede_group_cancel(&g);
    cede_group_cancel(&g);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("a");
    CHECK_OK(cede_sleep(0));
}

static int cancels_the_group(void *arg)
{
    CHECK_OK(cede_sleep(CEDE_MS));
    cede_group_cancel(arg);
    return cede_sleep(0);
}

TASK_TEST(a_child_may_cancel_its_group_while_it_is_joined)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "a"));
    CHECK_OK(cede_go(&g, cancels_the_group, &g));
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("a");
}

static int cleans_up_shielded(void *arg)
{
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    for (int i = 0; i < 5; i++)
        CHECK_OK(cede_sleep(CEDE_MS));
    note("%s", (char *)arg);
    return cede_leave(&s, 0);
}

static int joins_a_slow_child(void *arg)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, cleans_up_shielded, arg));
    int rc = cede_join(&g);
    note(" joined");
    return rc;
}

TASK_TEST(join_waits_to_the_end_through_repeated_cancels)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, joins_a_slow_child, "cleaned");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_cancel(f), 0);
        CHECK_OK(cede_sleep(CEDE_MS));
    }
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_NOTED("cleaned joined");
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(a_failure_beats_a_cancel_from_around)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, fails_when_cancelled, &epipe));
    CHECK_OK(cede_sleep(0));
    cede_scope_cancel(&s);
    CHECK_ERR(cede_join(&g), -EPIPE);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
}

TASK_TEST(a_scope_cancelled_around_a_group_cancels_its_children)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "a"));
    CHECK_OK(cede_sleep(0));
    cede_scope_cancel(&s);
    CHECK_ERR(cede_join(&g), -ECANCELED);
    CHECK_NOTED("a");
    CHECK_EQ(cede_failures(NULL, 0), 0);
    CHECK_EQ(cede_leave(&s, 0), 0);
}

VIRTUAL_TEST(a_deadline_around_a_group_ends_it_on_time)
{
    cede_time start = cede_now();
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "a"));
    CHECK_ERR(cede_leave(&s, cede_join(&g)), -ETIMEDOUT);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
}

/* ---- nesting --------------------------------------------------------- */

static int has_children_of_its_own(void *arg)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "inner "));
    if (arg)
        CHECK_OK(cede_go(&g, returns_later, arg));
    int rc = cede_join(&g);
    note("%s ", rc == -ECANCELED ? "cancelled" : "failed");
    return rc;
}

TASK_TEST(a_failure_of_an_inner_group_reaches_the_outer)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, has_children_of_its_own, &eio));
    CHECK_OK(cede_go(&g, sleeps_for_ever, "outer"));
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_NOTED("inner failed outer");
}

TASK_TEST(a_failure_of_an_outer_group_cancels_the_inner)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, has_children_of_its_own, NULL));
    CHECK_OK(cede_go(&g, returns_later, &eio));
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_NOTED("inner cancelled ");
}

TASK_TEST(groups_of_one_task_nest)
{
    CEDE_GROUP(outer);
    CHECK_OK(cede_go(&outer, sleeps_for_ever, "outer"));
    {
        CEDE_GROUP(inner);
        CHECK_OK(cede_go(&inner, returns_later, &eio));
        CHECK_ERR(cede_join(&inner), -EIO);
    }
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("");
    cede_group_cancel(&outer);
    CHECK_EQ(cede_join(&outer), 0);
    CHECK_NOTED("outer");
}

SUITE("group")
