/* SPDX-License-Identifier: MIT
 *
 * scope_shield_test.c - shields, calls with a time limit, and scopes left at
 * the end of a cancelled life.
 */
#include "check.h"

static int sleeps(void *delay)
{
    return cede_sleep(*(cede_time *)delay);
}

static cede_time never = CEDE_NEVER, second = CEDE_SEC;

/* ---- shields --------------------------------------------------------- */

VIRTUAL_TEST(a_shield_keeps_cancels_from_outside_out)
{
    cede_scope outer, shield;
    cede_enter(&outer, cede_in(CEDE_SEC));
    cede_enter_shielded(&shield, CEDE_NEVER);
    CHECK_OK(cede_sleep(3 * CEDE_SEC));
    CHECK(!cede_cancelled());
    CHECK_EQ(cede_leave(&shield, 0), 0);
    CHECK(cede_cancelled());
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_ERR(cede_leave(&outer, -ECANCELED), -ETIMEDOUT);
}

TASK_TEST(a_shield_entered_in_a_cancelled_scope_lets_clean_up_wait)
{
    cede_scope outer, shield;
    cede_enter(&outer, CEDE_NEVER);
    cede_scope_cancel(&outer);
    cede_enter_shielded(&shield, cede_in(CEDE_SEC));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_leave(&shield, 0), 0);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_EQ(cede_leave(&outer, -ECANCELED), 0);
}

VIRTUAL_TEST(a_shield_does_not_keep_its_own_deadline_out)
{
    cede_scope shield;
    cede_enter_shielded(&shield, cede_in(CEDE_SEC));
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_ERR(cede_leave(&shield, -ECANCELED), -ETIMEDOUT);
}

VIRTUAL_TEST(an_expired_shield_times_out_also_in_a_cancelled_scope)
{
    cede_scope outer, shield;
    cede_enter(&outer, CEDE_NEVER);
    cede_scope_cancel(&outer);
    cede_enter_shielded(&shield, cede_in(CEDE_SEC));
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_ERR(cede_leave(&shield, -ECANCELED), -ETIMEDOUT);
    CHECK_EQ(cede_leave(&outer, -ECANCELED), 0);
}

VIRTUAL_TEST(a_shield_does_not_keep_the_scopes_inside_it_alive)
{
    cede_scope shield, inner;
    cede_enter_shielded(&shield, CEDE_NEVER);
    cede_enter(&inner, cede_in(CEDE_SEC));
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_ERR(cede_leave(&inner, -ECANCELED), -ETIMEDOUT);
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK_EQ(cede_leave(&shield, 0), 0);
}

TASK_TEST(a_shield_that_is_cancelled_by_hand_is_cancelled)
{
    cede_scope shield;
    cede_enter_shielded(&shield, CEDE_NEVER);
    cede_scope_cancel(&shield);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_EQ(cede_leave(&shield, -ECANCELED), 0);
}

TASK_TEST(a_dropped_shield_lets_the_cancel_in_at_once)
{
    cede_scope outer, shield;
    cede_enter(&outer, CEDE_NEVER);
    cede_enter_shielded(&shield, CEDE_NEVER);
    cede_scope_cancel(&outer);
    CHECK_OK(cede_sleep(0));
    cede_scope_shield(&shield, false);
    CHECK(cede_cancelled());
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    cede_scope_shield(&shield, true);
    CHECK(!cede_cancelled());
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_leave(&shield, 0), 0);
    CHECK_EQ(cede_leave(&outer, -ECANCELED), 0);
}

TASK_TEST(a_shield_may_be_raised_on_any_scope)
{
    cede_scope outer, inner;
    cede_enter(&outer, CEDE_NEVER);
    cede_enter(&inner, CEDE_NEVER);
    cede_scope_shield(&inner, true);
    cede_scope_cancel(&outer);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_leave(&inner, 0), 0);
    CHECK_EQ(cede_leave(&outer, -ECANCELED), 0);
}

TASK_TEST(a_shield_protects_from_the_cancel_of_a_group)
{
    cede_scope shield;
    CEDE_GROUP(g);
    cede_enter_shielded(&shield, CEDE_NEVER);
    cede_group_cancel(&g);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_leave(&shield, 0), 0);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_EQ(cede_join(&g), 0);
}

static int sleeps_a_second_and_notes(void *arg)
{
    int rc = cede_sleep(CEDE_SEC);
    note("%s", rc ? "cut " : "slept ");
    (void)arg;
    return rc;
}

VIRTUAL_TEST(a_group_entered_in_a_shield_is_shielded)
{
    cede_scope outer, shield;
    cede_enter(&outer, CEDE_NEVER);
    cede_enter_shielded(&shield, CEDE_NEVER);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_a_second_and_notes, NULL));
    cede_scope_cancel(&outer);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("slept ");
    CHECK_EQ(cede_leave(&shield, 0), 0);
    CHECK_EQ(cede_leave(&outer, -ECANCELED), 0);
}

VIRTUAL_TEST(dropping_the_shield_reaches_the_children_inside)
{
    cede_scope outer, shield;
    cede_enter(&outer, CEDE_NEVER);
    cede_enter_shielded(&shield, CEDE_NEVER);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_a_second_and_notes, NULL));
    CHECK_OK(cede_sleep(0));
    cede_scope_cancel(&outer);
    cede_scope_shield(&shield, false);
    CHECK_ERR(cede_join(&g), -ECANCELED);
    CHECK_NOTED("cut ");
    CHECK_ERR(cede_leave(&shield, -ECANCELED), -ECANCELED);
    CHECK_EQ(cede_leave(&outer, -ECANCELED), 0);
}

static int cleans_up_in_a_shield(void *arg)
{
    int rc = cede_sleep(CEDE_NEVER);
    cede_scope shield;
    cede_enter_shielded(&shield, cede_in(CEDE_SEC));
    int cleaned = cede_sleep(*(cede_time *)arg);
    note("%s ", cede_leave(&shield, cleaned) ? "late" : "clean");
    return rc;
}

VIRTUAL_TEST(clean_up_in_a_shield_has_until_its_deadline)
{
    cede_time start = cede_now(), quick = CEDE_SEC / 2;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, cleans_up_in_a_shield, &quick));
    CHECK_OK(cede_go(&g, cleans_up_in_a_shield, &never));
    CHECK_OK(cede_sleep(0));
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("clean late ");
    CHECK_EQ(cede_now() - start, CEDE_SEC);
}

/* ---- within ---------------------------------------------------------- */

static int returns_seven(void *arg)
{
    note("called");
    (void)arg;
    return 7;
}

TASK_TEST(within_answers_what_the_call_returns)
{
    CHECK_EQ(cede_within(CEDE_SEC, returns_seven, NULL), 7);
    CHECK_EQ(cede_within(CEDE_NEVER, returns_seven, NULL), 7);
    CHECK_NOTED("calledcalled");
}

VIRTUAL_TEST(within_ends_a_call_on_time)
{
    cede_time start = cede_now();
    CHECK_ERR(cede_within(CEDE_SEC, sleeps, &never), -ETIMEDOUT);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
    CHECK_EQ(cede_within(2 * CEDE_SEC, sleeps, &second), 0);
    CHECK_EQ(cede_now() - start, 2 * CEDE_SEC);
}

TASK_TEST(within_does_not_start_what_is_late_already)
{
    CHECK_ERR(cede_within(0, returns_seven, NULL), -ETIMEDOUT);
    CHECK_ERR(cede_within(-1, returns_seven, NULL), -ETIMEDOUT);
    CHECK_ERR(cede_within(INT64_MIN, returns_seven, NULL), -ETIMEDOUT);
    CHECK_NOTED("");
}

TASK_TEST(within_does_not_start_anything_in_a_cancelled_scope)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_within(CEDE_SEC, returns_seven, NULL), -ECANCELED);
    CHECK_ERR(cede_within(0, returns_seven, NULL), -ECANCELED);
    CHECK_NOTED("");
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
}

static int swallows(void *arg)
{
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    return *(int *)arg;
}

VIRTUAL_TEST(a_call_that_swallows_its_timeout_keeps_its_result)
{
    CHECK_EQ(cede_within(CEDE_SEC, swallows, &(int){7}), 7);
    CHECK_EQ(cede_within(CEDE_SEC, swallows, &(int){-EIO}), -EIO);
}

static int within_a_second(void *arg)
{
    int rc = cede_within(CEDE_SEC, sleeps, arg);
    note("%s ", rc == -ECANCELED ? "cancelled" : "timed out");
    return rc;
}

VIRTUAL_TEST(the_outermost_of_nested_calls_times_out)
{
    CHECK_ERR(cede_within(CEDE_SEC, within_a_second, &never), -ETIMEDOUT);
    CHECK_ERR(cede_within(2 * CEDE_SEC, within_a_second, &never), -ETIMEDOUT);
    CHECK_NOTED("cancelled timed out ");
}

VIRTUAL_TEST(a_call_cancelled_from_outside_is_cancelled_not_timed_out)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, within_a_second, &never));
    CHECK_OK(cede_sleep(CEDE_SEC / 2));
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("cancelled ");
}

/* ---- elsewhere ------------------------------------------------------- */

TEST(outside_a_task_nothing_is_cancelled)
{
    CHECK(!cede_cancelled());
}

VIRTUAL_TEST(thousands_of_scopes_may_come_and_go)
{
    for (int i = 0; i < 5000; i++) {
        cede_scope s;
        cede_enter(&s, cede_in(CEDE_SEC + i % 7));
        CHECK_OK(cede_sleep(i % 3));
        CHECK_EQ(cede_leave(&s, 0), 0);
    }
}

#define DEPTH 50

static int enters_deeper(void *arg)
{
    int depth = *(int *)arg - 1;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC * (depth + 1)));
    int rc = depth ? enters_deeper(&depth) : cede_sleep(CEDE_NEVER);
    rc = cede_leave(&s, rc);
    if (depth == DEPTH - 1)
        return rc;
    return depth ? cede_sleep(CEDE_NEVER) : rc;
}

VIRTUAL_TEST(deep_nests_of_deadlines_expire_from_the_inside_out)
{
    cede_time start = cede_now();
    CHECK_ERR(enters_deeper(&(int){DEPTH}), -ETIMEDOUT);
    CHECK_EQ(cede_now() - start, DEPTH * CEDE_SEC);
}

static int has_one_child(void *arg)
{
    int *left = arg;
    if (--*left == 0)
        return cede_sleep(CEDE_NEVER);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, has_one_child, arg));
    int rc = cede_join(&g);
    ++*left;
    return rc;
}

TASK_TEST(a_cancel_reaches_the_bottom_of_a_deep_tree)
{
    const int depth = many(3000);
    int left = depth;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, has_one_child, &left));
    while (left > 0)
        CHECK_OK(cede_sleep(0));
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_EQ(left, depth - 1);
}

TASK_TEST(within_needs_a_function)
{
    CHECK_ERR(cede_within(CEDE_SEC, NULL, NULL), -EINVAL);
}

SUITE("scope_shield")
