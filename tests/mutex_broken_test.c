/* SPDX-License-Identifier: MIT
 *
 * mutex_broken_test.c - mutexes whose owner ended without unlocking them, and
 * mutexes whose memory went before they were unlocked.
 */
#include "check.h"
#include "sync_misuse.h"

static cede_mutex m;

static int locks_and_ends(void *rc)
{
    CEDE_TRY(cede_mutex_lock(&m));
    CEDE_TRY(cede_sleep(CEDE_MS));
    return *(int *)rc;
}

static int locks(void *name)
{
    int rc = cede_mutex_lock(&m);
    note("%s%s ", (char *)name, rc == CEDE_EBROKEN ? "-" : rc ? "?" : "+");
    if (rc == CEDE_EBROKEN)
        CHECK(strstr(cede_message(), "without unlocking this mutex"));
    if (rc == 0)
        cede_mutex_unlock(&m);
    return 0;
}

/* ---- owners that end --------------------------------------------------- */

TASK_TEST(who_waits_for_one_whose_owner_ends_is_told_that_it_is_broken)
{
    listen_to_hook();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, locks_and_ends, &(int){0}));
    CHECK_OK(cede_go(&g, locks, (void *)(uintptr_t) "a"));
    CHECK_OK(cede_go(&g, locks, (void *)(uintptr_t) "b"));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a- b- ");
}

TASK_TEST(the_failure_hook_is_told_of_an_owner_that_ended)
{
    listen_to_hook();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, locks_and_ends, &(int){0}));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, CEDE_EBROKEN);
    CHECK_STR_EQ(hooked.task, "locks_and_ends");
    CHECK(strstr(hooked.what, "a task started at tests/mutex_broken_test.c:"));
    CHECK(strstr(hooked.what, "ended without unlocking a mutex"));
}

TASK_TEST(it_stays_broken_until_it_is_zeroed)
{
    listen_to_hook();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, locks_and_ends, &(int){0}));
    CHECK_OK(cede_join(&g));
    CHECK(cede_mutex_is_locked(&m));
    CHECK_ERR(cede_mutex_lock(&m), CEDE_EBROKEN);
    CHECK_ERR(cede_mutex_trylock(&m), CEDE_EBROKEN);
    m = (cede_mutex){0};
    CHECK_EQ(cede_mutex_lock(&m), 0);
    cede_mutex_unlock(&m);
}

TASK_TEST(an_owner_that_is_cancelled_breaks_it_as_well)
{
    listen_to_hook();
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, locks_and_ends, &(int){0});
    CHECK_OK(cede_go(&g, locks, (void *)(uintptr_t) "a"));
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a- ");
    CHECK_EQ(hooked.count, 1);
}

static int times_out_with_it(void *arg)
{
    CHECK_ERR(cede_within(CEDE_US, locks_and_ends, arg), -ETIMEDOUT);
    CHECK(cede_mutex_is_locked(&m));
    CHECK_OK(cede_sleep(CEDE_MS));
    note("end ");
    return 0;
}

TASK_TEST(a_time_out_breaks_nothing_before_the_task_ends)
{
    listen_to_hook();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, times_out_with_it, &(int){0}));
    CHECK_OK(cede_go(&g, locks, (void *)(uintptr_t) "a"));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("end a- ");
}

TASK_TEST(who_is_cancelled_when_it_breaks_is_told_that_it_broke)
{
    listen_to_hook();
    CHECK_EQ(cede_mutex_lock(&m), 0);
    cede_mutex_unlock(&m);
    CEDE_GROUP(g);
    cede_future *owner = cede_spawn(&g, locks_and_ends, &(int){0});
    cede_future *f = cede_spawn(&g, locks, (void *)(uintptr_t) "a");
    CHECK_EQ(cede_await(owner), 0);
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a- ");
}

/* The first of those who wait is given it, and ends without unlocking it. */
TASK_TEST(an_owner_that_was_waked_with_it_breaks_it_as_well)
{
    listen_to_hook();
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, locks_and_ends, &(int){0}));
    CHECK_OK(cede_go(&g, locks, (void *)(uintptr_t) "a"));
    CHECK_OK(cede_sleep(0));
    cede_mutex_unlock(&m);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a- ");
}

static cede_mutex four[4];

static int locks_many(void *unlocked)
{
    for (int i = 0; i < 4; i++)
        CHECK_EQ(cede_mutex_lock(&four[i]), 0);
    cede_mutex_unlock(&four[*(int *)unlocked]);
    return 0;
}

TASK_TEST(all_that_it_held_are_broken_and_nothing_else)
{
    listen_to_hook();
    for (int unlocked = 0; unlocked < 4; unlocked++) {
        memset(four, 0, sizeof four);
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, locks_many, &unlocked));
        CHECK_OK(cede_join(&g));
        for (int i = 0; i < 4; i++)
            CHECK_ERR(cede_mutex_trylock(&four[i]),
                      i == unlocked ? 0 : CEDE_EBROKEN);
        cede_mutex_unlock(&four[unlocked]);
    }
    CHECK_EQ(hooked.count, 4);
}

/* ---- memory that is gone ----------------------------------------------- */

/* These read where a mutex was, which tools rightly report. */
#define FRAMES_ARE_WATCHED (FOR_ASAN || ON_VALGRIND)

static __attribute__((noinline)) void locks_on_the_stack(void)
{
    cede_mutex local = {0};
    CHECK_EQ(cede_mutex_lock(&local), 0);
}

static __attribute__((noinline)) void uses_stack(int depth)
{
    volatile char frame[256];
    memset((char *)(uintptr_t)frame, 0x5a, sizeof frame);
    if (depth > 0)
        uses_stack(depth - 1);
    frame[0] = 1;
}

static int forgets_one_on_its_stack(void *arg)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    locks_on_the_stack();
    if (*(int *)arg)
        uses_stack(10);
    return 0;
}

TASK_TEST(one_left_on_the_owners_dead_stack_is_reported)
{
    if (FRAMES_ARE_WATCHED)
        return;
    listen_to_hook();
    for (int used = 0; used < 2; used++) {
        m = (cede_mutex){0};
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, forgets_one_on_its_stack, &used));
        CHECK_OK(cede_join(&g));
        CHECK_EQ(hooked.count, used + 1);
    }
}

static int forgets_one_and_unlocks_another(void *arg)
{
    cede_mutex other = {0};
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CHECK_EQ(cede_mutex_lock(&other), 0);
    locks_on_the_stack();
    if (*(int *)arg)
        uses_stack(10);
    cede_mutex_unlock(&m);
    cede_mutex_unlock(&other);
    locks_on_the_stack(); /* in the same place */
    return 0;
}

TASK_TEST(one_left_on_the_stack_does_no_harm_to_others)
{
    if (FRAMES_ARE_WATCHED)
        return;
    listen_to_hook();
    for (int used = 0; used < 2; used++) {
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, forgets_one_and_unlocks_another, &used));
        CHECK_OK(cede_join(&g));
        CHECK(!cede_mutex_is_locked(&m));
        CHECK_EQ(hooked.count, used + 1);
    }
}

static int zeroes_it_locked(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_mutex_lock(&four[0]), 0);
    for (int i = 0; i < 3; i++) {
        m = (cede_mutex){0};
        CHECK_EQ(cede_mutex_lock(&m), 0);
    }
    cede_mutex_unlock(&four[0]);
    CHECK(!cede_mutex_is_locked(&four[0]));
    cede_mutex_unlock(&m);
    return 0;
}

TASK_TEST(one_zeroed_while_it_was_locked_is_reported_and_goes_in_no_circle)
{
    listen_to_hook();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, zeroes_it_locked, NULL));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(hooked.count, 1);
}

static cede_mutex *shared;

static int locks_shared(void *arg)
{
    (void)arg;
    return cede_mutex_lock(shared);
}

static int ends_with_a_shared_one_on_its_stack(void *arg)
{
    (void)arg;
    cede_mutex local = {0};
    shared = &local;
    CHECK_EQ(cede_mutex_lock(&local), 0);
    return cede_sleep(CEDE_MS);
}

static int shares_one_on_a_stack(void *arg)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, ends_with_a_shared_one_on_its_stack, arg));
    CHECK_OK(cede_go(&g, locks_shared, arg));
    return cede_join(&g);
}

TEST(one_on_a_dead_stack_that_others_wait_in_aborts_by_name)
{
    CHECK_TASK_ABORTS(shares_one_on_a_stack, NULL,
                      "'ends_with_a_shared_one_on_its_stack'",
                      "a mutex on its own stack", "'locks_shared' waits");
}

static int forgets_one_and_ends_with_a_shared_one(void *arg)
{
    (void)arg;
    cede_mutex local = {0};
    shared = &local;
    CHECK_EQ(cede_mutex_lock(&local), 0);
    locks_on_the_stack();
    uses_stack(10);
    return cede_sleep(CEDE_MS);
}

static int shares_one_behind_one_that_is_gone(void *arg)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, forgets_one_and_ends_with_a_shared_one, arg));
    CHECK_OK(cede_go(&g, locks_shared, arg));
    return cede_join(&g);
}

TEST(one_on_a_dead_stack_is_found_by_who_waits_in_it)
{
    if (FRAMES_ARE_WATCHED)
        return;
    CHECK_TASK_ABORTS(shares_one_behind_one_that_is_gone, NULL,
                      "a mutex on its own stack", "'locks_shared' waits");
}

static int shares_one_with_the_background(void *arg)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, ends_with_a_shared_one_on_its_stack, arg));
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_go(NULL, locks_shared, arg));
    return cede_join(&g);
}

TEST(one_on_a_dead_stack_that_the_background_waits_in_aborts_by_name)
{
    CHECK_TASK_ABORTS(shares_one_with_the_background, NULL,
                      "a mutex on its own stack", "'locks_shared' waits");
}

SUITE("mutex_broken")
