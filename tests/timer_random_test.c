/* SPDX-License-Identifier: MIT
 *
 * timer_random_test.c - random sleeps from a nanosecond to centuries, some of
 * them cut short, some deadlines moved: every wake-up comes exactly on time,
 * and equal times in the order in which they were set.  A failure names its
 * seed.
 */
#include "check.h"

enum { SEEDS = 300, SLEEPERS = 40, NAPS = 6 };

static unsigned seed;
static uint64_t state;
static cede_time last_wake;               /* of anybody */
static unsigned long set_count, last_set; /* order of setting, of last_wake */

static uint64_t bits(int n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 1 >> (63 - n);
}

/* Any number of bits from 0 to 54; often the same few values. */
static cede_time random_delay(void)
{
    if (bits(2) == 0)
        return (cede_time)1 << bits(5);
    return (cede_time)(1 + bits((int)(bits(6) % 55)));
}

static void must(bool so, const char *what, cede_time is, cede_time want)
{
    if (!so)
        check_fail_(__FILE__, __LINE__, "seed %u: %s: %jd, not %jd", seed, what,
                    (intmax_t)is, (intmax_t)want);
}

static void woke(cede_time when, unsigned long nth)
{
    cede_time now = cede_now();
    must(now == when, "woke at", now, when);
    must(now >= last_wake, "time went back", now, last_wake);
    must(now > last_wake || nth > last_set, "out of order", (cede_time)nth,
         (cede_time)last_set);
    last_wake = now;
    last_set = nth;
}

static int sleeps(void *arg)
{
    (void)arg;
    for (int i = 0; i < NAPS; i++) {
        cede_time delay = random_delay(), when = cede_now() + delay;
        unsigned long nth = ++set_count;
        must(cede_sleep(delay) == 0, "sleep", 0, 0);
        woke(when, nth);
    }
    return 0;
}

/* Sleeps for ever, until a deadline that was moved a few times. */
static int is_cut_short(void *arg)
{
    (void)arg;
    for (int i = 0; i < NAPS; i++) {
        cede_scope s;
        cede_time when = CEDE_NEVER;
        cede_enter(&s, random_delay());
        for (int moves = (int)bits(2); moves >= 0; moves--) {
            when = cede_now() + random_delay();
            cede_scope_deadline(&s, when);
        }
        if (cede_cancelled()) { /* the first one had passed */
            (void)cede_leave(&s, 0);
            continue;
        }
        unsigned long nth = ++set_count;
        int rc = cede_leave(&s, cede_sleep(CEDE_NEVER));
        must(rc == -ETIMEDOUT, "leave", rc, -ETIMEDOUT);
        woke(when, nth);
    }
    return 0;
}

/* Sets timers that never fire. */
static int changes_its_mind(void *arg)
{
    (void)arg;
    for (int i = 0; i < NAPS; i++) {
        cede_scope s[3];
        for (int k = 0; k < 3; k++)
            cede_enter(&s[k], cede_in(random_delay()));
        for (int k = 2; k >= 0; k--)
            must(cede_leave(&s[k], 0) == 0, "leave", 0, 0);
        cede_time delay = random_delay(), when = cede_now() + delay;
        unsigned long nth = ++set_count;
        must(cede_sleep(delay) == 0, "sleep", 0, 0);
        woke(when, nth);
    }
    return 0;
}

static int all_sleep(void *arg)
{
    static cede_fn *const kinds[] = {sleeps, is_cut_short, changes_its_mind};
    CEDE_GROUP(g);
    for (int i = 0; i < SLEEPERS; i++)
        CHECK_OK(cede_go(&g, kinds[bits(8) % 3], arg));
    return cede_join(&g);
}

TEST(every_timer_fires_exactly_on_time_and_in_order)
{
    cede_options o = {.poller = "virtual"};
    for (seed = 0; seed < SEEDS; seed++) {
        state = seed;
        last_wake = 0;
        set_count = last_set = 0;
        CHECK_EQ(cede_run_with(&o, all_sleep, NULL), 0);
    }
}

SUITE("timer_random")
