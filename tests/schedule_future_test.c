/* SPDX-License-Identifier: MIT
 *
 * schedule_future_test.c - promises, callbacks and futures waited for together
 * in any order, cancelled at any moment, without any allocation.
 */
#include "scenario.h"

/* ---- promises ---------------------------------------------------------- */

static void free_promise(void *f)
{
    cede_future_free(*(cede_future **)f);
}

/* Given back at the end of the block, after the groups that follow are
 * over. */
#define PROMISE(f)                                                             \
    cede_future *f = cede_promise();                                           \
    CEDE_DEFER(free_promise, &(f))

static int resolves_to_7(void *f)
{
    CEDE_TRY(cede_sleep(CEDE_SEC));
    int rc = cede_resolve(f, 7);
    ENSURE(rc == 0 || rc == -EALREADY || (!f && rc == -ENOMEM));
    return 0;
}

static int gets_7(void *f)
{
    int rc = cede_await(f);
    ENSURE(rc == 7 || rc == -ECANCELED || (!f && rc == -ENOMEM));
    return rc < 0 ? rc : 0;
}

SCENARIO(all_who_await_a_promise_get_its_result)
{
    PROMISE(f);
    CEDE_GROUP(g);
    cede_go(&g, gets_7, f);
    cede_go(&g, resolves_to_7, f);
    cede_go(&g, gets_7, f);
    cede_go(&g, resolves_to_7, f); /* one of them comes too late */
    return cede_join(&g);
}

static bool begun;

static int awaits(void *f)
{
    begun = true;
    return cede_await(f);
}

SCENARIO(a_promise_given_back_is_broken_to_who_awaits_it)
{
    cede_future *f = cede_promise();
    cede_future *waits;
    int rc, joined;
    {
        CEDE_GROUP(g);
        begun = false;
        waits = cede_spawn(&g, awaits, f);
        rc = cede_sleep(0);
        bool early = begun; /* else nobody awaits it yet */
        if (early)
            cede_future_free(f);
        else
            (void)cede_cancel(waits);
        joined = cede_join(&g);
        if (!early)
            cede_future_free(f);
    }
    if (joined == CEDE_EBROKEN || (joined == -ECANCELED && !cede_cancelled()))
        return rc;
    return joined < 0 ? joined : waits ? rc : -ENOMEM;
}

/* After so many calls that need not wait; the 128th lets others run. */
struct busy {
    cede_future *f;
    int calls, rc;
};

static int calls_and_awaits(void *arg)
{
    struct busy *b = arg;
    for (int i = 0; i < b->calls; i++)
        CEDE_TRY(cede_gather(NULL, 0, NULL));
    b->rc = cede_await(b->f);
    return 0;
}

static int waits_among_others(void *arg)
{
    struct busy *b = arg;
    for (int i = 0; i < b->calls; i++)
        CEDE_TRY(cede_gather(NULL, 0, NULL));
    b->rc = cede_wait(&b->f, 1, CEDE_ALL);
    return 0;
}

static int give_back(cede_fn *fn, int calls)
{
    struct busy b = {cede_promise(), calls, 0};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, fn, &b));
    CHECK_OK(cede_sleep(0));
    cede_future_free(b.f);
    CHECK_OK(cede_join(&g));
    return b.rc;
}

VIRTUAL_TEST(a_promise_is_given_back_to_who_has_just_begun_to_await_it)
{
    for (int calls = 120; calls < 128; calls++) {
        CHECK_ERR(give_back(calls_and_awaits, calls), CEDE_EBROKEN);
        CHECK_EQ(give_back(waits_among_others, calls), 1);
    }
}

static int cancels_it(void *f)
{
    CEDE_TRY(cede_sleep(CEDE_SEC));
    (void)cede_cancel(f);
    return 0;
}

SCENARIO(a_promise_is_resolved_or_cancelled_and_not_both)
{
    PROMISE(f);
    CEDE_GROUP(g);
    cede_go(&g, resolves_to_7, f);
    cede_go(&g, cancels_it, f);
    CEDE_TRY(cede_join(&g));
    int rc = cede_await(f);
    if (rc == -ECANCELED && !cede_cancelled())
        return 0;
    ENSURE(rc == 7 || rc < 0);
    return rc < 0 ? rc : 0;
}

/* ---- callbacks --------------------------------------------------------- */

static struct {
    int ran[4], n;
} told;

static void notes(cede_future *f, void *i)
{
    ENSURE(cede_done(f));
    told.ran[told.n++] = *(int *)i;
}

SCENARIO(callbacks_run_once_in_the_order_of_registering)
{
    static int order[] = {0, 1, 2};
    told.n = 0;
    int registered = 0, rc;
    PROMISE(f);
    {
        CEDE_GROUP(g);
        cede_go(&g, resolves_to_7, f);
        rc = 0;
        for (int i = 0; i < 3 && rc == 0; i++) {
            rc = cede_on_done(f, notes, &order[i]);
            registered += rc == 0;
        }
        int joined = cede_join(&g);
        rc = joined < 0 ? joined : rc;
    }
    CEDE_TRY(rc);
    ENSURE(told.n == 0 || cede_done(f));
    CEDE_TRY(cede_test_idle());
    ENSURE(told.n == registered);
    for (int i = 0; i < told.n; i++)
        ENSURE(told.ran[i] == i);
    return 0;
}

SCENARIO(a_callback_taken_back_does_not_run)
{
    static int order[] = {0, 1};
    told.n = 0;
    PROMISE(f);
    CEDE_TRY(cede_on_done(f, notes, &order[0]));
    CEDE_TRY(cede_on_done(f, notes, &order[1]));
    CEDE_TRY(cede_sleep(0));
    ENSURE(cede_off_done(f, notes, &order[0]) == 1);
    ENSURE(cede_resolve(f, 0) == 0);
    ENSURE(told.n == 0);
    CEDE_TRY(cede_test_idle());
    ENSURE(told.n == 1 && told.ran[0] == 1);
    return 0;
}

/* ---- later ------------------------------------------------------------- */

SCENARIO(after_is_resolved_in_its_time_or_given_back)
{
    cede_time start = cede_now();
    cede_future *soon = cede_after(CEDE_SEC, 5);
    cede_future *late = cede_after(3600 * CEDE_SEC, 6);
    int rc = cede_await(soon);
    if (rc >= 0)
        ENSURE(rc == 5 && cede_now() == start + CEDE_SEC);
    ENSURE(!late || !cede_done(late));
    cede_future_free(soon);
    cede_future_free(late);
    return rc < 0 ? rc : 0;
}

/* ---- several ----------------------------------------------------------- */

static int sleeps_s(void *seconds)
{
    CEDE_TRY(cede_sleep(*(int *)seconds * CEDE_SEC));
    return *(int *)seconds;
}

static int fails_after_2_s(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(2 * CEDE_SEC));
    return cede_fail(-EIO, "no more");
}

static int seconds[] = {3, 1, 4, 2};
enum { SLEEPERS = 4 };

SCENARIO(a_race_is_won_by_the_first_success)
{
    const cede_call calls[] = {{sleeps_s, &seconds[0]},
                               {fails_after_2_s, NULL},
                               {sleeps_s, &seconds[2]}};
    int result = -1;
    cede_time start = cede_now();
    int rc = cede_race(calls, 3, &result);
    CEDE_TRY(rc);
    ENSURE(rc == 0 && result == 3);
    ENSURE(cede_now() == start + 3 * CEDE_SEC);
    return 0;
}

SCENARIO(a_race_between_equals_has_one_winner)
{
    const cede_call calls[] = {{sleeps_s, &seconds[1]},
                               {sleeps_s, &seconds[1]},
                               {sleeps_s, &seconds[1]}};
    int result = -1, rc = cede_race(calls, 3, &result);
    CEDE_TRY(rc);
    ENSURE(rc < 3 && result == 1);
    return 0;
}

static void spawn_sleepers(cede_group *g, cede_future *fs[SLEEPERS])
{
    for (int i = 0; i < SLEEPERS; i++)
        fs[i] = cede_spawn(g, sleeps_s, &seconds[i]);
}

static int count_done(cede_future *const fs[SLEEPERS])
{
    int done = 0;
    for (int i = 0; i < SLEEPERS; i++)
        done += cede_done(fs[i]);
    return done;
}

static int waits_until(enum cede_until until, int want)
{
    cede_future *fs[SLEEPERS];
    CEDE_GROUP(g);
    spawn_sleepers(&g, fs);
    int rc = cede_wait(fs, SLEEPERS, until);
    if (rc >= 0)
        ENSURE(rc == count_done(fs));
    int joined = cede_join(&g);
    CEDE_TRY(joined);
    CEDE_TRY(rc);
    ENSURE(rc >= want);
    return 0;
}

SCENARIO(waiting_for_the_first_ends_with_it)
{
    return waits_until(CEDE_FIRST, 1);
}

SCENARIO(waiting_for_all_ends_with_the_last)
{
    return waits_until(CEDE_ALL, SLEEPERS);
}

SCENARIO(waiting_for_a_failure_ends_with_it)
{
    int rc, done = -1;
    {
        CEDE_GROUP(g);
        cede_future *fs[] = {cede_spawn(&g, sleeps_s, &seconds[2]),
                             cede_spawn(&g, fails_after_2_s, NULL)};
        done = cede_wait(fs, 2, CEDE_FIRST_ERROR);
        rc = cede_join(&g);
    }
    if (rc == -EIO) {
        ENSURE(done >= 1 || done == -ECANCELED || done == -ENOMEM);
        return done == -ECANCELED ? 0 : done < 0 ? done : 0;
    }
    return rc < 0 ? rc : done;
}

SCENARIO(futures_are_gathered_while_they_run_on)
{
    cede_future *fs[SLEEPERS];
    CEDE_GROUP(g);
    spawn_sleepers(&g, fs);
    int rc = cede_gather_futures(fs, SLEEPERS);
    if (rc == 0)
        ENSURE(count_done(fs) == SLEEPERS);
    int joined = cede_join(&g);
    return joined < 0 ? joined : rc;
}

SCENARIO(as_completed_yields_each_once_in_the_order_of_ending)
{
    cede_future *fs[SLEEPERS];
    CEDE_GROUP(g);
    spawn_sleepers(&g, fs);
    cede_gen *gen = cede_as_completed(fs, SLEEPERS);
    cede_future *f;
    int rc, n = 0;
    while ((rc = cede_next(gen, &f)) > 0) {
        ENSURE(cede_done(f));
        n++;
        if (f && cede_result(f) >= 0)
            ENSURE(cede_result(f) == n);
    }
    int end = cede_gen_close(gen);
    int joined = cede_join(&g);
    CEDE_TRY(joined);
    CEDE_TRY(rc);
    ENSURE(n == SLEEPERS);
    return end;
}

SCENARIO(as_completed_is_closed_in_the_middle)
{
    cede_future *fs[SLEEPERS];
    CEDE_GROUP(g);
    spawn_sleepers(&g, fs);
    cede_gen *gen = cede_as_completed(fs, SLEEPERS);
    cede_future *f;
    int rc = cede_next(gen, &f);
    int end = cede_gen_close(gen);
    int joined = cede_join(&g);
    return joined < 0 ? joined : rc < 0 ? rc : end;
}

SUITE("schedule_future")
