/* SPDX-License-Identifier: MIT
 *
 * testing_bugs_test.c - the kit proves itself: bugs of order that no ordinary
 * run shows are found among 1,000 seeds, and the seed that found one has it
 * again.
 */
#include "check.h"
#include <cede/testing.h>

enum { SEEDS = 1000 };

/* ---- three bugs -------------------------------------------------------- */

/* Check, then act, with a call in between that might wait, though it never has
 * to as long as there is room in the log. */
static struct {
    cede_queue *log;
    int balance;
} account;

static int withdraws_100(void *unused)
{
    (void)unused;
    if (account.balance < 100)
        return 0;
    CEDE_TRY(cede_put(account.log, &account.balance));
    account.balance -= 100;
    return 0;
}

static int overdraws(void *unused)
{
    (void)unused;
    account.balance = 100;
    account.log = cede_queue_new(sizeof(int), 10);
    CEDE_GROUP(g);
    cede_go(&g, withdraws_100, NULL);
    cede_go(&g, withdraws_100, NULL);
    int rc = cede_join(&g);
    cede_queue_free(account.log);
    CEDE_TRY(rc);
    return account.balance < 0 ? cede_fail(-EDOM, "overdrawn") : 0;
}

/* Tasks start in order, so the consumer finds what the producer made. */
static int *shared;

static int makes(void *it)
{
    shared = it;
    return 0;
}

static int uses(void *unused)
{
    (void)unused;
    return shared ? *shared : cede_fail(-EFAULT, "used before it was made");
}

static int counts_on_the_order_of_starting(void *unused)
{
    (void)unused;
    shared = NULL;
    int it = 7;
    CEDE_GROUP(g);
    cede_go(&g, makes, &it);
    cede_go(&g, uses, NULL);
    return cede_join(&g);
}

/* A wake-up that reaches only those who wait already. */
static cede_queue *bell; /* of no capacity */

static int waits_for_the_bell(void *unused)
{
    (void)unused;
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    return cede_leave(&s, cede_get(bell, NULL));
}

static int rings(void *unused)
{
    (void)unused;
    (void)cede_try_put(bell, "");
    return 0;
}

static int loses_a_wakeup(void *unused)
{
    (void)unused;
    bell = cede_queue_new(1, 0);
    CEDE_GROUP(g);
    cede_go(&g, waits_for_the_bell, NULL);
    cede_go(&g, rings, NULL);
    int rc = cede_join(&g);
    cede_queue_free(bell);
    return rc;
}

/* ---- are found --------------------------------------------------------- */

static void is_found(cede_fn *bug, int rc)
{
    cede_sweep found, again;
    CHECK_OK(cede_test_run(bug, NULL));
    CHECK_ERR(cede_sweep_seeds(SEEDS, bug, NULL, &found), rc);
    CHECK_EQ(found.rc, rc);
    CHECK(found.at >= 1 && found.at <= SEEDS);
    CHECK_EQ(found.at, found.rounds);
    uint64_t schedule = cede_schedule();
    char seed[32], said[64];
    snprintf(seed, sizeof seed, "%d", (int)found.at);
    snprintf(said, sizeof said, "CEDE_SEED=%s:", seed);
    CHECK(strstr(cede_message(), said));
    printf("found with seed %s: %s\n", seed, cede_message());
    setenv("CEDE_SEED", seed, 1);
    CHECK_ERR(cede_sweep_seeds(SEEDS, bug, NULL, &again), rc);
    CHECK_EQ(again.rounds, 1);
    CHECK_EQ(again.at, found.at);
    CHECK_EQ(cede_schedule(), schedule);
    CHECK_ERR(cede_test_run(bug, NULL), rc);
    CHECK_EQ(cede_schedule(), schedule);
    unsetenv("CEDE_SEED");
    CHECK_OK(cede_test_run(bug, NULL));
}

TEST(a_check_before_a_wait_and_an_act_after_it_is_found)
{
    is_found(overdraws, -EDOM);
}

TEST(a_consumer_that_counts_on_the_order_of_starting_is_found)
{
    is_found(counts_on_the_order_of_starting, -EFAULT);
}

TEST(a_wakeup_that_nobody_waits_for_yet_is_found)
{
    is_found(loses_a_wakeup, -ETIMEDOUT);
}

/* ---- how many schedules are tried -------------------------------------- */

static int puts_3(void *q)
{
    for (int i = 0; i < 3; i++)
        CEDE_TRY(cede_put(q, &i));
    return 0;
}

static int gets_6(void *q)
{
    int x;
    for (int i = 0; i < 6; i++)
        CEDE_TRY(cede_get(q, &x));
    return 0;
}

static int two_producers(void *unused)
{
    (void)unused;
    cede_queue *q = cede_queue_new(sizeof(int), 2);
    CEDE_GROUP(g);
    cede_go(&g, puts_3, q);
    cede_go(&g, puts_3, q);
    cede_go(&g, gets_6, q);
    int rc = cede_join(&g);
    cede_queue_free(q);
    return rc;
}

TEST(a_thousand_seeds_are_hundreds_of_schedules)
{
    cede_sweep s;
    CHECK_OK(cede_sweep_seeds(SEEDS, two_producers, NULL, &s));
    CHECK_EQ(s.rounds, SEEDS);
    printf("%d seeds: %zu different schedules\n", SEEDS, s.distinct);
    CHECK(s.distinct > 500);
}

static int alone(void *unused)
{
    (void)unused;
    return cede_sleep(0);
}

TEST(where_there_is_no_choice_there_is_one_schedule)
{
    cede_sweep s;
    CHECK_OK(cede_sweep_seeds(100, alone, NULL, &s));
    CHECK_EQ(s.distinct, 1);
    CHECK_EQ(cede_schedule(), 0);
}

TEST(no_seeds_are_no_rounds)
{
    cede_sweep s;
    CHECK_OK(cede_sweep_seeds(0, overdraws, NULL, &s));
    CHECK_EQ(s.rounds, 0);
    CHECK_EQ(s.distinct, 0);
}

SUITE("testing_bugs")
