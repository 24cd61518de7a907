/* SPDX-License-Identifier: MIT
 *
 * schedule_agen_test.c - generators that run ahead, and closing what cleans up
 * slowly, in any order, cancelled at any moment, without any allocation.
 */
#include "scenario.h"

/* ---- nothing is lost, nobody stays ------------------------------------- */

/* What an inner body did: told is 0 before it ran, 1 inside, 2 after it. */
struct source {
    int handed, told;
};

static void set_told(void *told)
{
    *(int *)told = 2;
}

static int yields_5(cede_gen *self, void *arg)
{
    struct source *s = arg;
    s->told = 1;
    CEDE_DEFER(set_told, &s->told);
    for (int i = 0; i < 5; i++) {
        CEDE_TRY(cede_sleep(CEDE_SEC));
        CEDE_TRY(cede_yield(self, &i));
        s->handed++;
    }
    return 0;
}

static int reads(cede_gen *g, int n)
{
    int rc = 1, x;
    for (int i = 0; i < n && rc > 0; i++) {
        rc = cede_next(g, &x);
        ENSURE(rc <= 0 || x == i);
    }
    return rc < 0 ? rc : 0;
}

/* Closed in the middle, or at the end: the body is over before the close is. */
static int has_it_read(size_t ahead, int n)
{
    struct source s = {0};
    CEDE_GROUP(group);
    cede_gen *g = cede_gen_ahead(&group, cede_gen_of(int, yields_5, &s), ahead);
    int rc = reads(g, n);
    int closed = cede_gen_close(g);
    ENSURE(s.told != 1);
    ENSURE(rc < 0 || s.handed >= n - 1);
    return cede_join_rc(&group, rc < 0 ? rc : closed);
}

SCENARIO(one_that_runs_ahead_yields_all)
{
    return has_it_read(2, 6);
}

SCENARIO(one_that_hands_over_yields_all)
{
    return has_it_read(0, 6);
}

SCENARIO(one_that_runs_ahead_without_bounds_yields_all)
{
    return has_it_read(SIZE_MAX, 6);
}

SCENARIO(one_that_runs_ahead_is_closed_in_the_middle)
{
    return has_it_read(1, 2);
}

SCENARIO(one_that_hands_over_is_closed_in_the_middle)
{
    return has_it_read(0, 2);
}

SCENARIO(one_that_runs_ahead_is_closed_before_it_was_stepped)
{
    return has_it_read(1, 0);
}

/* ---- steps that are cut short ------------------------------------------ */

struct reader {
    cede_gen *of;
    int next; /* item that comes */
};

static int reads_on(void *arg)
{
    struct reader *r = arg;
    int rc, x;
    while ((rc = cede_next(r->of, &x)) > 0)
        ENSURE(x == r->next++);
    return rc;
}

/* A reader is cancelled, and another one goes on: no item is lost. */
SCENARIO(a_cancelled_step_loses_no_item)
{
    struct source s = {0};
    struct reader r = {0};
    r.of = cede_gen_ahead(NULL, cede_gen_of(int, yields_5, &s), 1);
    int rc;
    {
        CEDE_GROUP(group);
        cede_future *f = cede_spawn(&group, reads_on, &r);
        rc = f ? cede_sleep(2 * CEDE_SEC) : -ENOMEM;
        (void)cede_cancel(f);
        rc = cede_join_rc(&group, rc);
    }
    if (rc == 0)
        rc = reads_on(&r);
    if (rc == 0)
        ENSURE(r.next == 5 && s.handed == 5);
    int closed = cede_gen_close(r.of);
    ENSURE(s.told != 1);
    return rc < 0 ? rc : closed;
}

SCENARIO(cancelling_the_group_ends_the_body_before_the_join)
{
    struct source s = {0};
    cede_gen *g;
    int rc;
    {
        CEDE_GROUP(group);
        g = cede_gen_ahead(&group, cede_gen_of(int, yields_5, &s), 1);
        rc = reads(g, 2);
        cede_group_cancel(&group);
        rc = cede_join_rc(&group, rc);
    }
    ENSURE(s.told != 1);
    int closed = cede_gen_close(g);
    return rc < 0 ? rc : closed;
}

/* ---- scopes open across a yield ---------------------------------------- */

static int hands_on_in_time(cede_gen *self, void *left)
{
    CEDE_SCOPE(s, cede_in(3 * CEDE_SEC));
    int rc = 0;
    for (int i = 0; rc >= 0; i++) {
        rc = cede_sleep(CEDE_SEC);
        if (rc >= 0)
            rc = cede_yield(self, &i);
    }
    *(int *)left = 1;
    rc = cede_leave(&s, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

SCENARIO(a_scope_of_the_body_ends_what_it_hands_on)
{
    int left = 0;
    struct reader r = {0};
    r.of = cede_gen_ahead(NULL, cede_gen_of(int, hands_on_in_time, &left), 0);
    int rc = reads_on(&r);
    if (rc == 0)
        ENSURE(left && r.next >= 2 && r.next <= 3);
    int closed = cede_gen_close(r.of);
    return rc < 0 ? rc : closed;
}

/* ---- clean-up that waits ----------------------------------------------- */

static int cleans_up(cede_gen *self, void *slept)
{
    int rc = cede_yield(self, &(int){1});
    *(int *)slept = cede_sleep(CEDE_SEC);
    return rc;
}

/* -ENOMEM: for the scope that shields it. */
SCENARIO(clean_up_behind_a_shield_is_not_cancelled)
{
    int slept = 1;
    cede_gen *g = cede_gen_of(int, cleans_up, &slept);
    int rc = cede_next(g, NULL);
    int closed = cede_gen_close_within(2 * CEDE_SEC, g);
    if (rc == 1)
        ENSURE(slept == 0 || slept == -ECANCELED);
    if (closed == 0 && slept == -ECANCELED)
        closed = -ENOMEM;
    return rc < 0 ? rc : closed;
}

SUITE("schedule_agen")
