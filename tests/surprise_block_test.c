/* SPDX-License-Identifier: MIT
 *
 * surprise_block_test.c - a task that blocks its thread: nobody else runs
 * meanwhile, and what came due happens late, but in its order.
 *
 * The clock is the real one.  Nothing is asserted of how long anything takes,
 * only of what cannot happen before what.
 */
#include "check.h"
#include <time.h>

/* What a call that knows nothing of the loop does: the thread stands still. */
static void block(cede_time delay)
{
    const struct timespec t = {.tv_nsec = (long)delay};
    nanosleep(&t, NULL);
}

static int on_epoll(cede_fn *fn)
{
    return cede_run_with(&(cede_options){.poller = "epoll"}, fn, NULL);
}

/* ---- the others ------------------------------------------------------- */

static cede_time blocked_until;

static int notes_when_it_wakes(void *arg)
{
    const int *ms = arg;
    cede_time due = cede_in(*ms * CEDE_MS);
    CEDE_TRY(cede_sleep(*ms * CEDE_MS));
    cede_time now = cede_clock();
    note("%d%s%s ", *ms, now >= due ? "" : " early",
         now >= blocked_until ? "" : " while blocked");
    return 0;
}

static int sleepers_and_a_blocker(void *arg)
{
    (void)arg;
    int ms[] = {9, 3, 6};
    CEDE_GROUP(g);
    for (int i = 0; i < 3; i++)
        CEDE_TRY(cede_go(&g, notes_when_it_wakes, &ms[i]));
    CEDE_TRY(cede_sleep(0));
    block(30 * CEDE_MS);
    blocked_until = cede_clock();
    note("blocked ");
    return cede_join(&g);
}

TEST(while_a_task_blocks_no_other_runs_and_timers_fire_late_in_their_order)
{
    CHECK_EQ(on_epoll(sleepers_and_a_blocker), 0);
    CHECK_NOTED("blocked 3 6 9 ");
}

/* ---- deadlines -------------------------------------------------------- */

static int blocks_past_its_deadline(void *arg)
{
    (void)arg;
    cede_scope s;
    cede_enter(&s, cede_in(5 * CEDE_MS));
    block(10 * CEDE_MS);
    CHECK(!cede_cancelled()); /* nobody has looked at the clock */
    int rc = cede_sleep(CEDE_SEC);
    CHECK_ERR(rc, -ECANCELED);
    CHECK(cede_cancelled());
    return cede_leave(&s, rc);
}

TEST(a_deadline_that_passed_while_blocked_ends_the_next_wait)
{
    CHECK_ERR(on_epoll(blocks_past_its_deadline), -ETIMEDOUT);
}

static int blocks_and_ends(void *arg)
{
    (void)arg;
    block(10 * CEDE_MS);
    return 7;
}

static int has_too_little_time(void *arg)
{
    return cede_within(5 * CEDE_MS, blocks_and_ends, arg);
}

TEST(what_never_waits_is_never_cut_short)
{
    CHECK_EQ(on_epoll(has_too_little_time), 7);
}

/* Yielding is no look at the clock: that is at the turn's end. */
static int blocks_and_yields(void *arg)
{
    (void)arg;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS));
    int rc = 0, n = 0;
    for (; rc == 0 && n < 1000; n++) {
        block(CEDE_MS / 20);
        rc = cede_sleep(0);
    }
    CHECK_ERR(rc, -ECANCELED);
    CHECK(n <= 257);
    return cede_leave(&s, rc);
}

TEST(a_task_that_only_yields_meets_its_deadline_within_256_steps)
{
    CHECK_ERR(on_epoll(blocks_and_yields), -ETIMEDOUT);
}

/* ---- the virtual clock ------------------------------------------------ */

VIRTUAL_TEST(blocking_takes_no_virtual_time)
{
    cede_time from = cede_clock();
    block(5 * CEDE_MS);
    CHECK_EQ(cede_clock(), from);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_clock(), from + CEDE_MS);
}

SUITE_UNLESS("surprise_block",
             ON_VALGRIND ? "it is about a few real milliseconds" : NULL)
