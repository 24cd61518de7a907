/* SPDX-License-Identifier: MIT
 *
 * queue_random_test.c - two hundred random schedules of producers, consumers,
 * time-outs and cancels over one queue: every item that was put is got once,
 * and no other.  A failure names its seed.
 */
#include "check.h"

static cede_queue *q;

enum { WORKERS = 6, ITEMS = 40 };

static unsigned seed;
static int put_count[WORKERS * ITEMS], got_count[WORKERS * ITEMS];

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

static int produces(void *arg)
{
    int base = *(int *)arg * ITEMS;
    for (int i = base; i < base + ITEMS; i++) {
        cede_scope s;
        cede_enter(&s, dice(4) ? CEDE_NEVER : cede_in((cede_time)dice(5)));
        int rc = cede_put(q, &i);
        put_count[i] = rc == 0;
        CHECK(rc == 0 || rc == -ECANCELED);
        (void)cede_leave(&s, 0);
        CHECK_OK(cede_sleep((cede_time)dice(3)));
    }
    return 0;
}

static int consumes(void *arg)
{
    (void)arg;
    for (int x = -1, rc = 1; rc != 0;) {
        cede_scope s;
        cede_enter(&s, dice(3) ? CEDE_NEVER : cede_in((cede_time)dice(5)));
        rc = dice(5) ? cede_get(q, &x) : cede_try_get(q, &x);
        CHECK(rc >= 0 || rc == -ECANCELED || rc == -EAGAIN);
        if (rc == 1)
            got_count[x]++;
        (void)cede_leave(&s, 0);
        CHECK_OK(cede_sleep((cede_time)dice(4)));
    }
    return 0;
}

static int cancels_now_and_then(void *victims)
{
    for (int i = 0; i < 3; i++) {
        CHECK_OK(cede_sleep((cede_time)dice(60)));
        (void)cede_cancel(((cede_future **)victims)[dice(WORKERS)]);
    }
    return 0;
}

static int gives_up(void *arg)
{
    int x, rc;
    (void)arg;
    while ((rc = cede_get(q, &x)) > 0)
        got_count[x]++;
    return rc;
}

static int one_schedule(void *arg)
{
    int numbers[WORKERS];
    cede_future *victims[WORKERS];
    size_t capacity = dice(5);
    q = cede_queue_new(sizeof(int), capacity);
    CEDE_GROUP(consumers);
    CEDE_GROUP(producers);
    for (int i = 0; i < WORKERS; i++) {
        numbers[i] = i;
        victims[i] = cede_spawn(&consumers, gives_up, NULL);
        CHECK_OK(cede_go(&consumers, consumes, NULL));
        CHECK_OK(cede_go(&producers, produces, &numbers[i]));
    }
    CHECK_OK(cede_go(&producers, cancels_now_and_then, victims));
    CHECK_OK(cede_join(&producers));
    cede_queue_close(q);
    CHECK_OK(cede_join(&consumers));
    CHECK(cede_queue_peak(q) <= capacity);
    cede_queue_free(q);
    return *(int *)arg;
}

TEST(no_schedule_loses_or_doubles_an_item)
{
    cede_options o = {.poller = "virtual"};
    for (unsigned round = 0; round < 200; round++) {
        seed = round;
        memset(got_count, 0, sizeof got_count);
        memset(put_count, 0, sizeof put_count);
        CHECK_EQ(cede_run_with(&o, one_schedule, &(int){3}), 3);
        for (int i = 0; i < WORKERS * ITEMS; i++)
            if (got_count[i] != put_count[i])
                check_fail_(__FILE__, __LINE__, "seed %u: item %d: %d, %d",
                            round, i, put_count[i], got_count[i]);
    }
}

SUITE("queue_random")
