/* SPDX-License-Identifier: MIT
 *
 * testing_seed_test.c - one seed is one schedule, and what no seed changes.
 */
#include "check.h"
#include <cede/testing.h>
#include <unistd.h>

/* ---- a program that writes down in which order it runs ----------------- */

enum { TASKS = 5, ROUNDS = 3 };

static struct {
    char order[64];
    int n;
} trace;

static void record(char c)
{
    trace.order[trace.n++] = c;
}

static int lets_others(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        record(*(char *)arg);
        CEDE_TRY(cede_sleep(0));
    }
    return 0;
}

static char names[] = "abcde";

static int starts_some(void *arg)
{
    (void)arg;
    CEDE_GROUP(g);
    for (int i = 0; i < TASKS; i++)
        cede_go(&g, lets_others, &names[i]);
    return cede_join(&g);
}

static void run_seed_of(cede_fn *fn, uint64_t seed)
{
    trace.n = 0;
    memset(trace.order, 0, sizeof trace.order);
    const cede_options o = {.poller = "virtual", .seed = seed};
    CHECK_OK(cede_run_with(&o, fn, NULL));
}

static uint64_t run_seed(uint64_t seed)
{
    run_seed_of(starts_some, seed);
    return cede_schedule();
}

TEST(without_a_seed_tasks_go_on_in_the_order_of_starting)
{
    CHECK_EQ(run_seed(0), 0);
    CHECK_STR_EQ(trace.order, "abcdeabcdeabcde");
}

static void records(cede_future *f, void *ctx)
{
    (void)f;
    record(*(char *)ctx);
}

static int resolves_some(void *arg)
{
    (void)arg;
    cede_future *f[TASKS];
    for (int i = 0; i < TASKS; i++) {
        f[i] = cede_promise();
        CHECK_OK(cede_on_done(f[i], records, &names[i]));
    }
    for (int i = 0; i < TASKS; i++)
        CHECK_OK(cede_resolve(f[i], 0));
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < TASKS; i++)
        cede_future_free(f[i]);
    return 0;
}

TEST(callbacks_keep_their_order_whatever_the_seed)
{
    for (uint64_t seed = 0; seed <= 100; seed++) {
        run_seed_of(resolves_some, seed);
        CHECK_STR_EQ(trace.order, "abcde");
    }
}

/* ---- watching ---------------------------------------------------------- */

enum { ITEMS = 1000 };

static struct {
    char order[4 * ITEMS];
    int n;
} calls;

static int puts_and_gets(void *name)
{
    cede_queue *mine = cede_queue_new(sizeof(int), 1);
    for (int i = 0; i < ITEMS; i++) {
        calls.order[calls.n++] = *(char *)name;
        cede_put(mine, &i);
        cede_get(mine, &i);
        if (i % 300 == 0)
            cede_sleep(0);
    }
    cede_queue_free(mine);
    return 0;
}

static int three_of_them(void *unused)
{
    (void)unused;
    calls.n = 0;
    CEDE_GROUP(g);
    for (int i = 0; i < 3; i++)
        cede_go(&g, puts_and_gets, &names[i]);
    return cede_join(&g);
}

/* Whoever only looks, as these do without a seed, sees the usual order. */
TEST(a_run_that_is_watched_goes_the_way_it_goes_by_itself)
{
    const cede_options o = {.poller = "virtual"};
    CHECK_OK(cede_run_with(&o, three_of_them, NULL));
    CHECK_EQ(calls.n, 3 * ITEMS);
    char order[3 * ITEMS];
    memcpy(order, calls.order, sizeof order);
    CHECK_OK(cede_test_run(three_of_them, NULL));
    CHECK_EQ(memcmp(order, calls.order, sizeof order), 0);
    const cede_options debug = {.poller = "virtual", .debug = true};
    CHECK_OK(cede_run_with(&debug, three_of_them, NULL));
    CHECK_EQ(memcmp(order, calls.order, sizeof order), 0);
    CHECK_EQ(cede_schedule(), 0);
}

/* ---- seeds ------------------------------------------------------------- */

TEST(the_same_seed_is_the_same_run)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        uint64_t hash = run_seed(seed);
        char order[sizeof trace.order];
        memcpy(order, trace.order, sizeof order);
        CHECK_EQ(run_seed(seed), hash);
        CHECK_STR_EQ(trace.order, order);
    }
}

/* Some choices leave no trace, and some seeds have few of them. */
TEST(different_seeds_are_different_runs)
{
    char orders[100][sizeof trace.order];
    uint64_t hashes[100];
    int same_hash = 0, same_order = 0;
    for (int i = 0; i < 100; i++) {
        hashes[i] = run_seed((uint64_t)i + 1);
        memcpy(orders[i], trace.order, sizeof orders[i]);
        for (int j = 0; j < i; j++) {
            bool same = strcmp(orders[i], orders[j]) == 0;
            CHECK(same || hashes[i] != hashes[j]);
            same_hash += hashes[i] == hashes[j];
            same_order += same;
        }
    }
    /* Of 4,950 pairs. */
    CHECK(same_hash < 100);
    CHECK(same_order < 100);
}

/* Between two lines of one task every other that was ready has run. */
TEST(who_lets_others_run_goes_on_after_them_whatever_the_seed)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        run_seed(seed);
        for (int i = 0; i < TASKS * ROUNDS; i++)
            for (int j = i + 1; j < i + TASKS && j < TASKS * ROUNDS; j++)
                if (trace.order[i] == trace.order[j])
                    CHECK_STR_EQ(trace.order, "each once in five");
    }
}

TEST(the_environment_names_a_seed)
{
    uint64_t hash = run_seed(17);
    setenv("CEDE_SEED", "17", 1);
    CHECK_EQ(run_seed(0), hash);
    CHECK(run_seed(18) != hash); /* the option counts for more */
    setenv("CEDE_SEED", "0", 1);
    run_seed(0);
    CHECK_STR_EQ(trace.order, "abcdeabcdeabcde");
}

static int never_runs(void *arg)
{
    (void)arg;
    abort();
}

TEST(what_is_no_number_is_no_seed_and_no_moment)
{
    static const char *const wrong[] = {"123456789012345678901", "-1", "abc",
                                        "7x"};
    for (int i = 0; i < 4; i++) {
        setenv("CEDE_SEED", wrong[i], 1);
        errno = 4242;
        CHECK_ERR(cede_run(never_runs, NULL), -EINVAL);
        CHECK_ERR(cede_sweep_seeds(3, never_runs, NULL, NULL), -EINVAL);
        CHECK_EQ(errno, 4242);
    }
    CHECK_STR_EQ(cede_message(),
                 "CEDE_SEED=7x in the environment is no number");
    unsetenv("CEDE_SEED");
    setenv("CEDE_CANCEL", "x", 1);
    CHECK_ERR(cede_sweep_cancels(never_runs, NULL, NULL), -EINVAL);
}

/* ---- what no seed changes ---------------------------------------------- */

static cede_queue *q;

static int gets(void *arg)
{
    cede_sleep(*(char *)arg); /* so they wait in the order of their names */
    int item;
    CEDE_TRY(cede_get(q, &item));
    CHECK_EQ(item, *(char *)arg);
    return 0;
}

static int puts_in_order(void *arg)
{
    (void)arg;
    CEDE_GROUP(g);
    for (int i = 0; i < TASKS; i++)
        cede_go(&g, gets, &names[i]);
    CEDE_TRY(cede_sleep(CEDE_SEC));
    for (int i = 0; i < TASKS; i++)
        CEDE_TRY(cede_put(q, &(int){names[i]}));
    return cede_join(&g);
}

TEST(who_waits_longest_in_a_queue_is_served_first_whatever_the_seed)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        q = cede_queue_new(sizeof(int), 2);
        const cede_options o = {.poller = "virtual", .seed = seed};
        CHECK_OK(cede_run_with(&o, puts_in_order, NULL));
        cede_queue_free(q);
    }
}

static int counts_to_1000(void *arg)
{
    cede_queue *mine = cede_queue_new(sizeof(int), 1);
    for (int i = 0; i < 1000; i++) {
        cede_put(mine, &i);
        cede_get(mine, &i);
        ++*(int *)arg;
    }
    cede_queue_free(mine);
    return 0;
}

static int looks_in_between(void *arg)
{
    (void)arg;
    int count = 0, before, turns = 0;
    CEDE_GROUP(g);
    cede_go(&g, counts_to_1000, &count);
    while (count < 1000) {
        before = count;
        CEDE_TRY(cede_sleep(0));
        CHECK(count - before <= 64); /* two calls are one item */
        turns++;
    }
    CHECK(turns >= 15);
    return cede_join(&g);
}

TEST(nobody_keeps_others_waiting_for_long_whatever_the_seed)
{
    /* That chance picks the same one again and again is rare. */
    uint64_t seeds = (uint64_t)many(1000);
    for (uint64_t seed = 0; seed <= seeds; seed++) {
        const cede_options o = {.poller = "virtual", .seed = seed};
        CHECK_OK(cede_run_with(&o, looks_in_between, NULL));
    }
}

static int times_of_sleeps(void *arg)
{
    cede_time start = cede_now();
    CEDE_TRY(cede_sleep(3600 * CEDE_SEC));
    CHECK_EQ(cede_now() - start, 3600 * CEDE_SEC);
    return starts_some(arg);
}

TEST(durations_are_exact_whatever_the_seed)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        trace.n = 0;
        const cede_options o = {.poller = "virtual", .seed = seed};
        CHECK_OK(cede_run_with(&o, times_of_sleeps, NULL));
    }
}

TEST(a_seed_works_on_the_real_clock_as_well)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        trace.n = 0;
        const cede_options o = {.poller = "epoll", .seed = seed};
        CHECK_OK(cede_run_with(&o, starts_some, NULL));
        CHECK_EQ(trace.n, TASKS * ROUNDS);
    }
}

SUITE("testing_seed")
