/* SPDX-License-Identifier: MIT
 *
 * schedule_task_test.c - tasks, groups, scopes and gathers in any order,
 * cancelled at any moment, without any allocation.
 */
#include "scenario.h"

/* ---- tasks ------------------------------------------------------------- */

static int adds_1(void *before)
{
    int rc = cede_await(*(cede_future **)before);
    return rc < 0 ? rc : rc + 1;
}

static int answers_0(void *unused)
{
    (void)unused;
    return 0;
}

SCENARIO(a_chain_of_awaits_counts_its_links)
{
    enum { LINKS = 6 };
    cede_future *f[LINKS + 1] = {NULL};
    CEDE_GROUP(g);
    f[0] = cede_spawn(&g, answers_0, NULL);
    for (int i = 0; i < LINKS; i++)
        f[i + 1] = cede_spawn(&g, adds_1, &f[i]);
    int rc = cede_await(f[LINKS]);
    if (rc >= 0)
        ENSURE(rc == LINKS);
    CEDE_TRY(cede_join(&g));
    return rc < 0 ? rc : 0;
}

static int counts_itself(void *count)
{
    ++*(int *)count;
    return cede_sleep(CEDE_MS);
}

SCENARIO(whoever_was_started_runs_exactly_once)
{
    /* The last ones are put off, but ThreadSanitizer takes long for each. */
    enum { MANY = FOR_TSAN ? 10 : 70 };
    int ran = 0, started = 0;
    int rc;
    {
        CEDE_GROUP(g);
        for (int i = 0; i < MANY; i++)
            started += cede_go(&g, counts_itself, &ran) == 0;
        rc = cede_join(&g);
    }
    ENSURE(ran == started);
    return rc;
}

static int goes_on_for_long(void *unused)
{
    (void)unused;
    for (int i = 0; i < 5; i++)
        CEDE_TRY(cede_sleep(CEDE_SEC));
    return 0;
}

SCENARIO(a_handle_is_given_back_or_cancelled_at_any_time)
{
    CEDE_GROUP(g);
    cede_future *dropped = cede_spawn(&g, goes_on_for_long, NULL);
    cede_future *cancelled = cede_spawn(&g, goes_on_for_long, NULL);
    cede_future *both = cede_spawn(&g, goes_on_for_long, NULL);
    cede_future_free(dropped);
    (void)cede_cancel(both);
    cede_future_free(both);
    int rc = cede_sleep(1500 * CEDE_MS);
    if (cancelled)
        (void)cede_cancel(cancelled);
    if (rc == 0 && (rc = cede_await(cancelled)) == -ECANCELED)
        rc = cede_cancelled() ? rc : 0;
    int joined = cede_join(&g);
    return joined < 0 ? joined : rc;
}

static int is_cancelled_from_the_start(void *ran)
{
    ++*(int *)ran;
    ENSURE(cede_sleep(CEDE_SEC) == -ECANCELED);
    return -ECANCELED;
}

SCENARIO(who_is_cancelled_before_it_starts_runs_and_knows)
{
    enum { OTHERS = FOR_TSAN ? 10 : 64 }; /* more are put off */
    int ran = 0, others = 0, rc;
    cede_future *f;
    {
        CEDE_GROUP(g);
        for (int i = 0; i < OTHERS; i++)
            (void)cede_go(&g, counts_itself, &others);
        f = cede_spawn(&g, is_cancelled_from_the_start, &ran);
        (void)cede_cancel(f);
        rc = cede_join(&g);
    }
    ENSURE(ran == (f != NULL));
    return rc;
}

static int stays(void *over)
{
    int rc = cede_sleep(CEDE_NEVER);
    *(bool *)over = true;
    return rc;
}

/* Static, because its end is after main's. */
static bool over;

static int looks_whether_it_is_over(void *started)
{
    (void)started;
    over = false;
    CEDE_TRY(cede_go(NULL, stays, &over));
    return cede_sleep(CEDE_MS);
}

SCENARIO(the_background_ends_with_main)
{
    return looks_whether_it_is_over(NULL);
}

/* ---- groups ------------------------------------------------------------ */

static int fails_1001(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    return cede_fail(-1001, "the first");
}

static int fails_1002(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    return cede_fail(-1002, "the second");
}

static int leaves_when_cancelled(void *live)
{
    ++*(int *)live;
    int rc = cede_sleep(100 * CEDE_SEC);
    ENSURE(rc == -ECANCELED);
    --*(int *)live;
    return rc;
}

SCENARIO(a_failing_child_ends_its_group)
{
    int live = 0, rc;
    cede_time start = cede_now();
    {
        CEDE_GROUP(g);
        cede_go(&g, leaves_when_cancelled, &live);
        cede_go(&g, fails_1001, NULL);
        cede_go(&g, fails_1002, NULL);
        cede_go(&g, leaves_when_cancelled, &live);
        rc = cede_join(&g);
    }
    ENSURE(live == 0);
    ENSURE(cede_now() - start <= CEDE_SEC);
    cede_failure f[2];
    if (rc != -ECANCELED)
        ENSURE(cede_failures(f, 2) >= 1 || rc == -ENOMEM);
    return rc == -1001 || rc == -1002 ? 0 : rc;
}

struct nest {
    int *over, depth;
};

static int has_children(void *arg)
{
    struct nest *mine = arg;
    struct nest below = {mine->over, mine->depth - 1};
    int rc = 0;
    {
        CEDE_GROUP(g);
        for (int i = 0; i < 2 && mine->depth > 0; i++)
            (void)cede_go(&g, has_children, &below);
        rc = cede_sleep(mine->depth * CEDE_SEC);
        int joined = cede_join(&g);
        rc = joined < 0 ? joined : rc;
    }
    ++*mine->over;
    return rc;
}

SCENARIO(children_of_children_are_over_before_their_parents)
{
    int ended = 0;
    struct nest top = {&ended, 2};
    CEDE_TRY(has_children(&top));
    ENSURE(ended == 7);
    return 0;
}

struct late {
    cede_group *group;
    bool started, over;
};

static int is_late(void *arg)
{
    struct late *l = arg;
    int rc = cede_sleep(CEDE_SEC);
    l->over = true;
    return rc;
}

static int starts_another(void *arg)
{
    struct late *l = arg;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    CEDE_TRY(cede_go(l->group, is_late, l));
    l->started = true;
    return 0;
}

SCENARIO(a_join_waits_for_children_that_come_late)
{
    CEDE_GROUP(g);
    struct late l = {.group = &g};
    cede_go(&g, starts_another, &l);
    int rc = cede_join(&g);
    ENSURE(l.over == l.started);
    return rc;
}

/* ---- scopes ------------------------------------------------------------ */

SCENARIO(nested_deadlines_expire_each_in_its_time)
{
    cede_time start = cede_now();
    cede_scope outer, inner;
    cede_enter(&outer, start + 3 * CEDE_SEC);
    cede_enter(&inner, start + CEDE_SEC);
    int rc = cede_leave(&inner, cede_sleep(10 * CEDE_SEC));
    if (rc == -ETIMEDOUT)
        ENSURE(cede_now() == start + CEDE_SEC);
    int outer_rc =
        cede_leave(&outer, rc == -ETIMEDOUT ? cede_sleep(10 * CEDE_SEC) : rc);
    if (outer_rc != -ETIMEDOUT)
        return outer_rc;
    ENSURE(rc == -ETIMEDOUT);
    ENSURE(cede_now() == start + 3 * CEDE_SEC);
    return 0;
}

struct cleaning {
    int begun, done, lacked;
};

/* Without memory for its shield it does without. */
static int cleans_up(void *arg)
{
    struct cleaning *c = arg;
    int rc = cede_sleep(10 * CEDE_SEC);
    c->begun++;
    cede_scope s;
    cede_enter_shielded(&s, cede_in(5 * CEDE_SEC));
    bool shielded = !cede_cancelled();
    int cleaned = cede_leave(&s, cede_sleep(CEDE_SEC));
    ENSURE(cleaned == 0 || !shielded);
    c->done += shielded;
    c->lacked += !shielded;
    return rc;
}

SCENARIO(a_shielded_cleanup_is_finished)
{
    struct cleaning c = {0};
    int rc;
    {
        CEDE_GROUP(g);
        cede_go(&g, cleans_up, &c);
        cede_go(&g, cleans_up, &c);
        rc = cede_sleep(CEDE_SEC);
        cede_group_cancel(&g);
        int joined = cede_join(&g);
        rc = joined < 0 ? joined : rc;
    }
    ENSURE(c.begun == c.done + c.lacked && c.lacked <= 1);
    return rc == -ECANCELED && !cede_cancelled() ? 0 : rc;
}

static int sleeps_shielded(void *unused)
{
    (void)unused;
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    bool shielded = !cede_cancelled(); /* there was memory for it */
    int rc = cede_sleep(2 * CEDE_SEC);
    ENSURE(rc == 0 || !shielded);
    return cede_leave(&s, rc);
}

SCENARIO(no_cancel_from_outside_reaches_into_a_shield)
{
    CEDE_GROUP(g);
    cede_go(&g, sleeps_shielded, NULL);
    int rc = cede_sleep(CEDE_SEC);
    cede_group_cancel(&g);
    int joined = cede_join(&g);
    return joined < 0 ? joined : rc;
}

static int joins_two(void *live)
{
    CEDE_GROUP(g);
    cede_go(&g, leaves_when_cancelled, live);
    cede_go(&g, leaves_when_cancelled, live);
    int rc = cede_join(&g);
    ENSURE(*(int *)live == 0);
    return rc;
}

SCENARIO(cancelling_who_joins_cancels_whom_it_joins)
{
    int live = 0;
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, joins_two, &live);
    int rc = cede_sleep(CEDE_SEC);
    (void)cede_cancel(f);
    int awaited = cede_await(f);
    int joined = cede_join(&g);
    ENSURE(live == 0);
    if (joined < 0 || rc < 0)
        return joined < 0 ? joined : rc;
    return awaited == -ECANCELED && !cede_cancelled() ? 0 : awaited;
}

static int takes_2_s(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    return cede_sleep(CEDE_SEC);
}

SCENARIO(within_ends_what_it_calls_in_time)
{
    cede_time start = cede_now();
    int late = cede_within(1500 * CEDE_MS, takes_2_s, NULL);
    if (late == -ECANCELED || late == -ENOMEM)
        return late;
    ENSURE(late == -ETIMEDOUT);
    ENSURE(cede_now() - start == 1500 * CEDE_MS);
    return cede_within(3 * CEDE_SEC, takes_2_s, NULL);
}

/* ---- gathers ----------------------------------------------------------- */

static int answers_its_argument(void *arg)
{
    CEDE_TRY(cede_sleep((10 - *(int *)arg) * CEDE_SEC));
    return *(int *)arg;
}

SCENARIO(a_gather_has_its_results_in_order)
{
    static int args[] = {3, 7, 2, 5};
    cede_call calls[4];
    int results[4];
    for (int i = 0; i < 4; i++)
        calls[i] = (cede_call){answers_its_argument, &args[i]};
    CEDE_TRY(cede_gather(calls, 4, results));
    for (int i = 0; i < 4; i++)
        ENSURE(results[i] == args[i]);
    return 0;
}

SCENARIO(a_gather_ends_with_its_first_failure)
{
    static int arg = 5;
    int results[3];
    const cede_call calls[] = {{answers_its_argument, &arg},
                               {fails_1001, NULL},
                               {goes_on_for_long, NULL}};
    int rc = cede_gather(calls, 3, results);
    if (rc == -1001)
        ENSURE(results[0] == -ECANCELED && results[1] == -1001 &&
               results[2] == -ECANCELED);
    return rc == -1001 ? 0 : rc;
}

SCENARIO(a_gather_of_all_keeps_every_outcome)
{
    static int arg = 5;
    int results[3];
    const cede_call calls[] = {
        {answers_its_argument, &arg}, {fails_1001, NULL}, {fails_1002, NULL}};
    CEDE_TRY(cede_gather_all(calls, 3, results));
    ENSURE(results[0] == 5 && results[1] == -1001 && results[2] == -1002);
    return 0;
}

/* ---- sleeping ---------------------------------------------------------- */

static int wakes_in_time(void *delay)
{
    cede_time start = cede_now();
    int rc = cede_sleep(*(cede_time *)delay);
    if (rc == 0)
        ENSURE(cede_now() == start + *(cede_time *)delay);
    return rc;
}

SCENARIO(sleepers_wake_at_their_time)
{
    static cede_time delays[] = {CEDE_SEC, 3 * CEDE_US, 7200 * CEDE_SEC, 1,
                                 CEDE_SEC};
    CEDE_GROUP(g);
    for (int i = 0; i < 5; i++)
        cede_go(&g, wakes_in_time, &delays[i]);
    return cede_join(&g);
}

SCENARIO(waiting_for_idleness_goes_on)
{
    CEDE_GROUP(g);
    cede_go(&g, goes_on_for_long, NULL);
    cede_time start = cede_now();
    int rc = cede_test_idle();
    ENSURE(cede_now() == start);
    int joined = cede_join(&g);
    return joined < 0 ? joined : rc;
}

SUITE("schedule_task")
