/* SPDX-License-Identifier: MIT
 *
 * loop_timer_test.c - the timing wheel by itself: without memory, and how many
 * timers it takes to be a crowd.  timer_random_test has the rest.
 */
#include "check.h"
#include "loop/timer.h"

enum { TIMERS = 200 };

static struct cd_wheel wheel;
static struct cd_timer timers[TIMERS];
static cede_time fired_at, last_fired;
static int fired;

/* ---- memory that runs out (cmake/tests.cmake wraps malloc) ------------ */

static bool no_memory;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : __real_malloc(size);
}

/* ---- setting all, and looking at the clock every now and then ---------- */

static void on_time(struct cd_timer *t)
{
    fired++;
    last_fired = t->when;
    CHECK(t->when <= fired_at);
    CHECK(!cd_timer_is_set(t));
}

static void set(int i, cede_time when)
{
    timers[i] = (struct cd_timer){.when = when, .fire = on_time};
    cd_timer_set(&wheel, &timers[i]);
}

static int advance(cede_time now)
{
    fired = 0;
    fired_at = now;
    cd_wheel_advance(&wheel, now);
    return fired;
}

/* Every second one is set without memory, and every third cancelled. */
TEST(without_memory_timers_fire_on_time_and_can_be_cancelled)
{
    cd_wheel_init(&wheel, 0);
    for (int i = 0; i < TIMERS; i++) {
        no_memory = i % 2;
        set(i, (i + 1) * CEDE_MS);
    }
    no_memory = true;
    for (int i = 0; i < TIMERS; i += 3)
        cd_timer_cancel(&wheel, &timers[i]);
    for (int i = 0; i < TIMERS; i++) {
        CHECK_EQ(advance((i + 1) * CEDE_MS - 1), 0);
        if (i % 3 != 0)
            CHECK_EQ(cd_wheel_next(&wheel), (i + 1) * CEDE_MS);
        CHECK_EQ(advance((i + 1) * CEDE_MS), i % 3 != 0);
    }
    CHECK_EQ(cd_wheel_next(&wheel), CEDE_NEVER);
    no_memory = false;
    cd_wheel_end(&wheel);
}

static void cancels_the_next(struct cd_timer *t)
{
    on_time(t);
    cd_timer_cancel(&wheel, t + 1);
}

TEST(without_memory_a_timer_that_fires_may_cancel_the_next)
{
    cd_wheel_init(&wheel, 0);
    no_memory = true;
    for (int i = 0; i < 3; i++)
        set(i, CEDE_MS);
    timers[0].fire = cancels_the_next;
    int n = advance(CEDE_MS);
    no_memory = false;
    CHECK_EQ(n, 2);
    CHECK(!cd_timer_is_set(&timers[1]));
    cd_wheel_end(&wheel);
}

TEST(the_next_is_known_anew_once_it_was_cancelled)
{
    cd_wheel_init(&wheel, 0);
    set(0, CEDE_MS);
    set(1, 2 * CEDE_MS);
    CHECK_EQ(cd_wheel_next(&wheel), CEDE_MS);
    cd_timer_cancel(&wheel, &timers[0]);
    CHECK_EQ(cd_wheel_next(&wheel), 2 * CEDE_MS);
    cd_timer_cancel(&wheel, &timers[1]);
    CHECK_EQ(cd_wheel_next(&wheel), CEDE_NEVER);
    cd_wheel_end(&wheel);
}

TEST(a_timer_set_and_cancelled_again_and_again_takes_no_more_memory)
{
    cd_wheel_init(&wheel, 0);
    set(0, CEDE_MS);
    no_memory = true;
    bool on_sheets = true;
    for (int i = 0; i < TIMERS; i++) {
        set(1, CEDE_MS);
        on_sheets &= timers[1].state == CD_TIMER_NOTED;
        cd_timer_cancel(&wheel, &timers[1]);
    }
    no_memory = false;
    CHECK(on_sheets);
    cd_wheel_end(&wheel);
}

/* Many at a time, so that whole sheets are left behind. */
TEST(what_is_cancelled_in_the_order_of_setting_takes_no_more_memory)
{
    enum { AT_A_TIME = TIMERS / 2 };
    cd_wheel_init(&wheel, 0);
    bool on_sheets = true;
    for (int i = 0; i < 10 * TIMERS; i++) {
        no_memory = i >= TIMERS;
        set(i % TIMERS, CEDE_SEC);
        on_sheets &= timers[i % TIMERS].state == CD_TIMER_NOTED;
        if (i >= AT_A_TIME)
            cd_timer_cancel(&wheel, &timers[(i - AT_A_TIME) % TIMERS]);
    }
    no_memory = false;
    CHECK(on_sheets);
    cd_wheel_end(&wheel);
}

TEST(what_is_far_apart_is_no_crowd)
{
    cd_wheel_init(&wheel, 0);
    for (int i = 0; i < 8; i++)
        set(i, (1 + i) * CEDE_MS);
    CHECK(!cd_wheel_crowded(&wheel, CEDE_MS + 250 * CEDE_US, 8));
    CHECK_EQ(advance(8 * CEDE_MS), 8);
    CHECK_EQ(last_fired, 8 * CEDE_MS);
    cd_wheel_end(&wheel);
}

TEST(a_crowd_is_seen_and_so_is_that_it_left)
{
    cd_wheel_init(&wheel, 0);
    for (int i = 0; i < 8; i++)
        set(i, (100 + i) * CEDE_US);
    CHECK(cd_wheel_crowded(&wheel, 350 * CEDE_US, 8));
    CHECK(!cd_wheel_crowded(&wheel, 350 * CEDE_US, 9));
    cd_timer_cancel(&wheel, &timers[3]);
    CHECK(!cd_wheel_crowded(&wheel, 350 * CEDE_US, 8));
    CHECK_EQ(advance(CEDE_MS), 7);
    CHECK(!cd_wheel_crowded(&wheel, 2 * CEDE_MS, 1));
    cd_wheel_end(&wheel);
}

SUITE("loop_timer")
