/* SPDX-License-Identifier: MIT
 *
 * scope_test.c - cancel scopes: deadlines, nesting, shields, and what leaving
 * makes of a result.
 */
#include "check.h"

static int returns(void *arg)
{
    return *(int *)arg;
}

/* ---- cancelling ------------------------------------------------------ */

TASK_TEST(a_scope_that_nothing_happened_to_changes_nothing)
{
    const int results[] = {0, 7, -EIO, -ECANCELED, -ETIMEDOUT};
    for (int i = 0; i < 5; i++) {
        cede_scope s;
        cede_enter(&s, CEDE_NEVER);
        CHECK_OK(cede_sleep(0));
        CHECK(!cede_cancelled());
        CHECK_EQ(cede_leave(&s, results[i]), results[i]);
        CHECK(!cede_scope_expired(&s));
    }
}

TASK_TEST(every_wait_in_a_cancelled_scope_answers_cancelled)
{
    cede_queue *q = cede_queue_new(sizeof(int), 4);
    cede_scope s;
    int x = 7;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    for (int i = 0; i < 3; i++) {
        CHECK(cede_cancelled());
        CHECK_ERR(cede_sleep(0), -ECANCELED);
        CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
        CHECK_ERR(cede_put(q, &x), -ECANCELED);
        CHECK_ERR(cede_get(q, &x), -ECANCELED);
        CHECK_ERR(cede_queue_join(q), -ECANCELED);
        CHECK_ERR(cede_within(CEDE_SEC, returns, &x), -ECANCELED);
        cede_group g;
        cede_group_enter(&g);
        CHECK_ERR(cede_join(&g), -ECANCELED);
    }
    CHECK_EQ(cede_queue_count(q), 0);
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
    CHECK(!cede_cancelled());
    CHECK_OK(cede_sleep(0));
    cede_queue_free(q);
}

TASK_TEST(a_scope_cancelled_by_hand_makes_cancelled_zero_and_nothing_else)
{
    const int results[] = {-ECANCELED, 0, 7, -EIO, -ETIMEDOUT};
    for (int i = 0; i < 5; i++) {
        cede_scope s;
        cede_enter(&s, CEDE_NEVER);
        cede_scope_cancel(&s);
        cede_scope_cancel(&s);
        CHECK_EQ(cede_leave(&s, results[i]), i ? results[i] : 0);
        CHECK(!cede_scope_expired(&s));
    }
}

static int cancels(void *scope)
{
    CHECK_OK(cede_sleep(CEDE_MS));
    cede_scope_cancel(scope);
    return 0;
}

TASK_TEST(another_task_may_cancel_a_scope)
{
    cede_scope s;
    CEDE_GROUP(g);
    cede_enter(&s, CEDE_NEVER);
    CHECK_OK(cede_go(&g, cancels, &s));
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_scope_cancelled_without_a_wait_leaves_nothing_behind)
{
    cede_scope outer, inner;
    cede_enter(&outer, CEDE_NEVER);
    cede_enter(&inner, CEDE_NEVER);
    cede_scope_cancel(&inner);
    CHECK_EQ(cede_leave(&inner, 5), 5);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_leave(&outer, 0), 0);
    CHECK_OK(cede_sleep(0));
}

TASK_TEST(cancelling_an_outer_scope_reaches_the_inner_ones)
{
    cede_scope outer, inner;
    cede_enter(&outer, CEDE_NEVER);
    cede_enter(&inner, CEDE_NEVER);
    cede_scope_cancel(&outer);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_ERR(cede_leave(&inner, -ECANCELED), -ECANCELED);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_EQ(cede_leave(&outer, -ECANCELED), 0);
    CHECK_OK(cede_sleep(0));
}

TASK_TEST(an_inner_scope_that_was_cancelled_too_passes_the_outer_cancel_on)
{
    cede_scope outer, inner;
    cede_enter(&outer, CEDE_NEVER);
    cede_enter(&inner, CEDE_NEVER);
    cede_scope_cancel(&inner);
    cede_scope_cancel(&outer);
    CHECK_ERR(cede_leave(&inner, -ECANCELED), -ECANCELED);
    CHECK_EQ(cede_leave(&outer, -ECANCELED), 0);
}

static int sleeps_in_a_scope(void *arg)
{
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    *(int *)arg = cede_leave(&s, cede_sleep(CEDE_NEVER));
    return *(int *)arg;
}

VIRTUAL_TEST(a_cancel_from_outside_in_a_scope_with_a_deadline_stays_a_cancel)
{
    int left = 7;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_in_a_scope, &left));
    CHECK_OK(cede_sleep(CEDE_MS));
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_ERR(left, -ECANCELED);
}

TASK_TEST(a_new_scope_in_a_cancelled_one_is_cancelled)
{
    cede_scope outer, inner;
    cede_enter(&outer, CEDE_NEVER);
    cede_scope_cancel(&outer);
    cede_enter(&inner, cede_in(CEDE_SEC));
    CHECK(cede_cancelled());
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_ERR(cede_leave(&inner, -ECANCELED), -ECANCELED);
    CHECK(!cede_scope_expired(&inner));
    CHECK_EQ(cede_leave(&outer, -ECANCELED), 0);
}

/* ---- deadlines ------------------------------------------------------- */

VIRTUAL_TEST(a_deadline_ends_a_wait_on_time)
{
    cede_time start = cede_now();
    cede_scope s;
    cede_enter(&s, start + CEDE_SEC);
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_EQ(cede_now(), start + CEDE_SEC);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
    CHECK(cede_scope_expired(&s));
    CHECK_OK(cede_sleep(CEDE_SEC));
}

VIRTUAL_TEST(an_expired_scope_passes_other_results_unchanged)
{
    const int results[] = {0, 7, -EIO, -ETIMEDOUT};
    for (int i = 0; i < 4; i++) {
        cede_scope s;
        cede_enter(&s, cede_in(CEDE_SEC));
        CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
        CHECK_EQ(cede_leave(&s, results[i]), results[i]);
        CHECK(cede_scope_expired(&s));
    }
}

TASK_TEST(a_deadline_that_has_passed_cancels_from_the_start)
{
    const cede_time deadlines[] = {cede_now(), cede_now() - 1, 0, INT64_MIN};
    for (int i = 0; i < 4; i++) {
        cede_scope s;
        cede_enter(&s, deadlines[i]);
        CHECK(cede_cancelled());
        CHECK_ERR(cede_sleep(0), -ECANCELED);
        CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
        CHECK(cede_scope_expired(&s));
    }
}

static int enters_late(void *arg)
{
    cede_time start = cede_clock();
    while (cede_clock() - start < 2 * CEDE_MS)
        continue; /* this turn is long, and cede_now() grows old */
    cede_scope s;
    cede_enter(&s, cede_clock() - CEDE_MS);
    *(bool *)arg = cede_cancelled();
    return cede_leave(&s, cede_sleep(0));
}

TEST(a_deadline_that_passed_in_this_turn_has_passed)
{
    bool cancelled = false;
    CHECK_ERR(cede_run(enters_late, &cancelled), -ETIMEDOUT);
    CHECK(cancelled);
}

VIRTUAL_TEST(what_is_done_before_the_deadline_is_in_time)
{
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    CHECK_EQ(cede_leave(&s, cede_sleep(CEDE_SEC - 1)), 0);
    CHECK(!cede_scope_expired(&s));
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK(!cede_scope_expired(&s));
}

VIRTUAL_TEST(the_outermost_of_nested_expiries_turns_into_a_timeout)
{
    for (int later = 0; later < 2; later++) { /* the same, or a later one */
        cede_time at = cede_in(CEDE_SEC);
        cede_scope outer, inner;
        cede_enter(&outer, at);
        cede_enter(&inner, at + later);
        CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
        CHECK_ERR(cede_leave(&inner, -ECANCELED), -ECANCELED);
        CHECK_ERR(cede_leave(&outer, -ECANCELED), -ETIMEDOUT);
        CHECK(cede_scope_expired(&outer));
    }
}

VIRTUAL_TEST(an_inner_expiry_leaves_the_outer_scope_alone)
{
    cede_scope outer, inner;
    cede_enter(&outer, cede_in(2 * CEDE_SEC));
    cede_enter(&inner, cede_in(CEDE_SEC));
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_ERR(cede_leave(&inner, -ECANCELED), -ETIMEDOUT);
    CHECK_OK(cede_sleep(CEDE_SEC / 2));
    CHECK_ERR(cede_sleep(CEDE_SEC), -ECANCELED);
    CHECK_ERR(cede_leave(&outer, -ECANCELED), -ETIMEDOUT);
}

VIRTUAL_TEST(moving_a_deadline_counts_from_then_on)
{
    cede_time start = cede_now();
    cede_scope s;
    cede_enter(&s, start + CEDE_SEC);
    cede_scope_deadline(&s, start + 3 * CEDE_SEC);
    CHECK_OK(cede_sleep(2 * CEDE_SEC));
    cede_scope_deadline(&s, CEDE_NEVER);
    CHECK_OK(cede_sleep(2 * CEDE_SEC));
    cede_scope_deadline(&s, start + 5 * CEDE_SEC);
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_EQ(cede_now(), start + 5 * CEDE_SEC);
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
}

TASK_TEST(a_deadline_moved_into_the_past_expires_the_scope)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_deadline(&s, cede_now() - CEDE_SEC);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
    CHECK(cede_scope_expired(&s));
}

VIRTUAL_TEST(moving_the_deadline_of_a_scope_that_is_over_does_nothing)
{
    cede_scope s;
    cede_enter(&s, cede_now());
    cede_scope_deadline(&s, CEDE_NEVER);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);

    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    cede_scope_deadline(&s, cede_now());
    CHECK(!cede_scope_expired(&s));
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
}

TASK_TEST(a_scope_may_be_used_again_after_it_was_left)
{
    cede_scope s;
    cede_enter(&s, cede_now());
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
    cede_enter(&s, CEDE_NEVER);
    CHECK(!cede_scope_expired(&s));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_leave(&s, 0), 0);
}

static int puts_one(void *q)
{
    CHECK_OK(cede_sleep(CEDE_SEC));
    return cede_put(q, &(int){9});
}

VIRTUAL_TEST(what_was_granted_in_the_turn_of_the_deadline_is_kept)
{
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    int x = 0;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_one, q));
    CHECK_OK(cede_sleep(0));
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    int rc = cede_get(q, &x);
    bool kept = rc == 1 && x == 9;
    bool late = rc == -ECANCELED && x == 0;
    CHECK(kept || late);
    CHECK_EQ(cede_leave(&s, rc), kept ? 1 : -ETIMEDOUT);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(cede_queue_count(q), late);
    cede_queue_free(q);
}

static int cancels_what_it_served(void *arg)
{
    void **both = arg;
    CHECK_EQ(cede_try_put(both[0], &(int){9}), 0);
    cede_scope_cancel(both[1]);
    return 0;
}

TASK_TEST(a_wait_that_was_granted_before_the_cancel_is_completed)
{
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    int x = 0;
    CEDE_GROUP(g);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    CHECK_OK(cede_go(&g, cancels_what_it_served, ((void *[]){q, &s})));
    CHECK_EQ(cede_get(q, &x), 1);
    CHECK_EQ(x, 9);
    CHECK_ERR(cede_get(q, &x), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 1), 1);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

TASK_TEST(a_timeout_says_whose_time_is_up)
{
    cede_scope limit;
    cede_enter(&limit, cede_in(0));
    CHECK_ERR(cede_leave(&limit, cede_sleep(CEDE_SEC)), -ETIMEDOUT);
    CHECK(strstr(cede_message(), "time is up in scope 'limit', entered at "
                                 "tests/scope_test.c:") != NULL);
}

SUITE("scope")
