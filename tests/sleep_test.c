/* SPDX-License-Identifier: MIT
 *
 * sleep_test.c - sleeping, the clocks, and fairness among tasks.
 */
#include "check.h"
#include <sys/time.h>

struct nap {
    cede_time delay;
    const char *text;
};

static int naps(void *arg)
{
    struct nap *n = arg;
    cede_time start = cede_clock();
    CEDE_TRY(cede_sleep(n->delay));
    CHECK(cede_clock() - start >= n->delay);
    note("%s", n->text);
    return 0;
}

VIRTUAL_TEST(sleepers_wake_in_the_order_of_their_deadlines)
{
    struct nap n[] = {{3, "c"}, {1, "a"}, {CEDE_SEC, "d"}, {2, "b"}};
    CEDE_GROUP(g);
    for (int i = 0; i < 4; i++)
        CHECK_OK(cede_go(&g, naps, &n[i]));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("abcd");
}

VIRTUAL_TEST(equal_deadlines_fire_in_the_order_they_were_set)
{
    char names[26][2];
    struct nap n[26];
    CEDE_GROUP(g);
    for (int i = 0; i < 26; i++) {
        snprintf(names[i], 2, "%c", 'a' + i);
        n[i] = (struct nap){CEDE_SEC, names[i]};
        CHECK_OK(cede_go(&g, naps, &n[i]));
    }
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("abcdefghijklmnopqrstuvwxyz");
}

/* ---- time ------------------------------------------------------------ */

VIRTUAL_TEST(virtual_time_passes_exactly_and_at_once)
{
    cede_time start = cede_now();
    CHECK_OK(cede_sleep(24 * 3600 * CEDE_SEC));
    CHECK_EQ(cede_now() - start, 24 * 3600 * CEDE_SEC);
    CHECK_OK(cede_sleep(1));
    CHECK_EQ(cede_now() - start, 24 * 3600 * CEDE_SEC + 1);
    CHECK_EQ(cede_clock(), cede_now());
    CHECK_EQ(cede_in(5), cede_now() + 5);
}

VIRTUAL_TEST(virtual_time_stands_still_while_there_is_something_to_do)
{
    cede_time start = cede_clock();
    struct nap n = {CEDE_SEC, "x"};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, naps, &n));
    for (int i = 0; i < 1000; i++)
        CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_clock(), start);
    CHECK_NOTED("");
    CHECK_OK(cede_join(&g));
    CHECK_EQ(cede_clock(), start + CEDE_SEC);
}

TASK_TEST(no_sleep_is_cut_short)
{
    for (int i = 0; i < 5; i++) {
        cede_time start = cede_clock();
        CHECK_OK(cede_sleep(CEDE_MS + i * 7));
        CHECK(cede_clock() - start >= CEDE_MS + i * 7);
    }
}

static void on_alarm(int sig)
{
    (void)sig;
}

/* A signal every 100 microseconds. */
static void be_interrupted(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {{0, 100}, {0, 100}};
    CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
    CHECK_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
}

static int sleeps_twenty_ms(void *arg)
{
    cede_time start = cede_clock();
    (void)arg;
    CHECK_OK(cede_sleep(20 * CEDE_MS));
    CHECK(cede_clock() - start >= 20 * CEDE_MS);
    return 0;
}

TEST(no_sleep_is_cut_short_by_signals)
{
    be_interrupted();
    CHECK_OK(cede_run(sleeps_twenty_ms, NULL));
    CHECK_OK(sleeps_twenty_ms(NULL));
}

TASK_TEST(the_time_of_the_turn_is_not_ahead_of_the_clock)
{
    cede_time before = cede_now();
    CHECK(cede_now() == before);
    CHECK(cede_clock() >= before);
    CHECK_OK(cede_sleep(0));
    CHECK(cede_now() >= before);
    CHECK(cede_in(0) >= cede_now());
}

TASK_TEST(points_in_time_saturate)
{
    CHECK_EQ(cede_in(CEDE_NEVER), CEDE_NEVER);
    CHECK(cede_in(CEDE_NEVER - 1) > cede_now());
    CHECK(cede_in(INT64_MIN) < cede_now());
}

TASK_TEST(a_sleep_of_almost_for_ever_can_be_cancelled)
{
    const cede_time delays[] = {CEDE_NEVER, CEDE_NEVER - 1, CEDE_NEVER / 2};
    for (int i = 0; i < 3; i++) {
        cede_scope s;
        cede_enter(&s, cede_in(CEDE_MS));
        int rc = cede_sleep(delays[i]);
        CHECK_ERR(cede_leave(&s, rc), -ETIMEDOUT);
    }
}

TEST(outside_a_task_a_sleep_blocks_the_thread)
{
    cede_time start = cede_clock();
    CHECK_OK(cede_sleep(2 * CEDE_MS));
    CHECK(cede_clock() - start >= 2 * CEDE_MS);
    CHECK_OK(cede_sleep(INT64_MIN));
}

/* ---- fairness -------------------------------------------------------- */

static int counts_steps(void *arg)
{
    for (;;) {
        ++*(int *)arg;
        CEDE_TRY(cede_sleep(0));
    }
}

TASK_TEST(after_128_waits_that_did_not_wait_the_others_run_once)
{
    int steps = 0, x;
    cede_queue *q = cede_queue_new(sizeof(int), SIZE_MAX);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, counts_steps, &steps));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(steps, 1);
    for (int i = 0; i < 640; i++)
        CHECK_EQ(cede_put(q, &i), 0);
    CHECK(steps >= 5 && steps <= 7);
    for (int i = 0; i < 640; i++)
        CHECK_EQ(cede_get(q, &x), 1);
    CHECK(steps >= 10 && steps <= 12);
    cede_group_cancel(&g);
    (void)cede_join(&g);
    cede_queue_free(q);
}

static int sleeps_beside_a_busy_task(void *arg)
{
    int steps = 0;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, counts_steps, &steps));
    CHECK_OK(naps(arg));
    CHECK(steps > 1);
    cede_group_cancel(&g);
    return cede_join(&g);
}

TEST(a_busy_task_does_not_keep_timers_from_firing)
{
    CHECK_EQ(
        cede_run(sleeps_beside_a_busy_task, (&(struct nap){CEDE_MS, "woke"})),
        0);
    CHECK_NOTED("woke");
}

TEST(nor_does_it_in_a_debug_run_or_one_with_a_seed)
{
    for (int i = 0; i < 2; i++) {
        const cede_options o = {.debug = i == 0, .seed = i == 0 ? 0 : 7};
        CHECK_OK(cede_run_with(&o, sleeps_beside_a_busy_task,
                               &(struct nap){CEDE_MS, "woke "}));
    }
    CHECK_NOTED("woke woke ");
}

SUITE("sleep")
