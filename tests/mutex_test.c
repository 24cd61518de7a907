/* SPDX-License-Identifier: MIT
 *
 * mutex_test.c - mutexes: one owner at a time, in the order of coming, whoever
 * is cancelled meanwhile.
 */
#include "check.h"
#include "sync_misuse.h"

static cede_mutex m;

/* Notes when it has the mutex, and holds it for a moment. */
static int locks(void *name)
{
    int rc = cede_mutex_lock(&m);
    note("%s%s", (char *)name,
         rc == 0              ? "("
         : rc == -ECANCELED   ? "x "
         : rc == CEDE_EBROKEN ? "- "
                              : "? ");
    if (rc < 0)
        return rc;
    rc = cede_sleep(CEDE_MS);
    note("%s)", (char *)name);
    cede_mutex_unlock(&m);
    return rc;
}

static cede_future *locker(cede_group *g, const char *name)
{
    cede_future *f = cede_spawn(g, locks, (void *)(uintptr_t)name);
    CHECK(f != NULL);
    return f;
}

/* ---- one at a time ----------------------------------------------------- */

TASK_TEST(a_zeroed_mutex_is_unlocked)
{
    CHECK(!cede_mutex_is_locked(&m));
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CHECK(cede_mutex_is_locked(&m));
    cede_mutex_unlock(&m);
    CHECK(!cede_mutex_is_locked(&m));
}

TASK_TEST(one_after_the_other_has_it_in_the_order_of_coming)
{
    CEDE_GROUP(g);
    locker(&g, "a"), locker(&g, "b"), locker(&g, "c");
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a(a)b(b)c(c)");
    CHECK(!cede_mutex_is_locked(&m));
}

TASK_TEST(who_unlocks_and_locks_again_queues_behind)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CEDE_GROUP(g);
    locker(&g, "a"), locker(&g, "b");
    CHECK_OK(cede_sleep(0));
    cede_mutex_unlock(&m);
    CHECK(cede_mutex_is_locked(&m));
    CHECK_ERR(cede_mutex_trylock(&m), -EAGAIN);
    CHECK_NOTED("");
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CHECK_NOTED("a(a)b(b)");
    cede_mutex_unlock(&m);
    CHECK_OK(cede_join(&g));
}

static int notes_other(void *arg)
{
    (void)arg;
    note("other ");
    return 0;
}

static void locks_often(int n)
{
    for (int i = 0; i < n; i++) {
        CHECK_EQ(cede_mutex_lock(&m), 0);
        cede_mutex_unlock(&m);
    }
}

TASK_TEST(locking_without_waiting_lets_nobody_run_but_once_in_128)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, notes_other, NULL));
    locks_often(100);
    CHECK_NOTED("");
    locks_often(28);
    CHECK_NOTED("other ");
}

static int tries(void *arg)
{
    (void)arg;
    return cede_mutex_trylock(&m);
}

TASK_TEST(trying_answers_at_once)
{
    CHECK_EQ(cede_mutex_trylock(&m), 0);
    CHECK_ERR(cede_mutex_trylock(&m), -EAGAIN);
    CHECK_ERR(cede_within(CEDE_SEC, tries, NULL), -EAGAIN);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, tries, NULL);
    CHECK_ERR(cede_await(f), -EAGAIN);
    cede_mutex_unlock(&m);
    CHECK(!cede_mutex_is_locked(&m));
    CHECK_ERR(cede_join(&g), -EAGAIN);
}

TASK_TEST(a_task_may_hold_many_and_unlock_them_in_any_order)
{
    cede_mutex many[6] = {0};
    static const int order[6] = {2, 0, 5, 4, 1, 3};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 6; i++)
            CHECK_EQ(cede_mutex_lock(&many[i]), 0);
        for (int i = 0; i < 6; i++) {
            cede_mutex_unlock(&many[order[(i + round) % 6]]);
            for (int j = 0; j < 6; j++) {
                int want = cede_mutex_is_locked(&many[j]) ? -EAGAIN : 0;
                CHECK_ERR(cede_mutex_trylock(&many[j]), want);
            }
            for (int j = 0; j <= i; j++)
                cede_mutex_unlock(&many[order[(j + round) % 6]]);
        }
    }
}

/* ---- circles ----------------------------------------------------------- */

TASK_TEST(an_owner_that_locks_it_again_is_told_so)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CHECK_ERR(cede_mutex_lock(&m), -EDEADLK);
    CHECK(strstr(cede_message(), "locks a mutex that it holds"));
    CHECK(cede_mutex_is_locked(&m));
    cede_mutex_unlock(&m);
    CHECK(!cede_mutex_is_locked(&m));
}

static cede_mutex fork_[3];

static int dines(void *arg)
{
    int i = *(int *)arg, left = i, right = (i + 1) % 3;
    CEDE_TRY(cede_mutex_lock(&fork_[left]));
    CEDE_TRY(cede_sleep(0));
    int rc = cede_mutex_lock(&fork_[right]);
    note("%d%s ", i, rc == -EDEADLK ? "!" : "");
    if (rc == 0)
        cede_mutex_unlock(&fork_[right]);
    cede_mutex_unlock(&fork_[left]);
    return 0;
}

TASK_TEST(who_would_close_a_circle_of_waiting_owners_is_told_so)
{
    int i[3] = {0, 1, 2};
    CEDE_GROUP(g);
    for (int n = 0; n < 3; n++)
        CHECK_OK(cede_go(&g, dines, &i[n]));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("2! 1 0 ");
}

/* ---- cancelled --------------------------------------------------------- */

TASK_TEST(a_cancelled_waiter_is_passed_over)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CEDE_GROUP(g);
    cede_future *f = locker(&g, "a");
    locker(&g, "b");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    cede_mutex_unlock(&m);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("ax b(b)");
}

TASK_TEST(who_was_given_it_and_is_cancelled_in_the_same_turn_has_it)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CEDE_GROUP(g);
    cede_future *f = locker(&g, "a");
    locker(&g, "b");
    CHECK_OK(cede_sleep(0));
    cede_mutex_unlock(&m);
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a(a)b(b)");
    CHECK(!cede_mutex_is_locked(&m));
}

TASK_TEST(a_time_out_leaves_no_trace)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, locks, (void *)(uintptr_t) "a"));
    CHECK_OK(cede_sleep(0));
    cede_mutex_unlock(&m);
    CHECK_ERR(cede_within(CEDE_US, locks, (void *)(uintptr_t) "b"), -ETIMEDOUT);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a(bx a)");
    CHECK(!cede_mutex_is_locked(&m));
}

TASK_TEST(in_a_cancelled_scope_only_trying_locks_it)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_mutex_lock(&m), -ECANCELED);
    CHECK(!cede_mutex_is_locked(&m));
    CHECK_EQ(cede_mutex_trylock(&m), 0);
    cede_mutex_unlock(&m);
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
}

/* ---- as a manager ------------------------------------------------------ */

static int returns_from_block(int rc)
{
    cede_using (rc, &cede_manager_mutex, &m) {
        CHECK(cede_mutex_is_locked(&m));
        return -EIO;
    }
    return rc;
}

TASK_TEST(a_block_holds_it_and_keeps_its_outcome)
{
    int rc;
    cede_using (rc, &cede_manager_mutex, &m) {
        CHECK(cede_mutex_is_locked(&m));
        rc = 7;
    }
    CHECK_EQ(rc, 7);
    CHECK(!cede_mutex_is_locked(&m));
    CHECK_ERR(returns_from_block(0), -EIO);
    CHECK(!cede_mutex_is_locked(&m));
}

TASK_TEST(a_block_that_cannot_lock_it_is_skipped)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    int rc;
    cede_using (rc, &cede_manager_mutex, &m)
        note("inside");
    CHECK_ERR(rc, -EDEADLK);
    CHECK_NOTED("");
    cede_mutex_unlock(&m);
}

/* ---- dumps ------------------------------------------------------------- */

static int has_it(void *arg)
{
    return locks(arg);
}

TASK_TEST(a_dump_says_who_holds_what_a_task_waits_for)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, has_it, (void *)(uintptr_t) "a"));
    locker(&g, "b");
    CHECK_OK(cede_sleep(0));
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cede_dump(out);
    fclose(out);
    if (!strstr(text, "mutex lock, held by has_it #2, "))
        check_fail_(__FILE__, __LINE__, "%s", text);
    free(text);
    CHECK_OK(cede_join(&g));
}

/* ---- misuse ------------------------------------------------------------ */

TEST(outside_a_task_nobody_can_own_it)
{
    CHECK_ERR(cede_mutex_lock(&m), -EPERM);
    CHECK_ERR(cede_mutex_trylock(&m), -EPERM);
}

static int unlocks(void *arg)
{
    (void)arg;
    cede_mutex_unlock(&m);
    return 0;
}

static int has_it_unlocked_by_a_child(void *arg)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, unlocks, arg));
    return cede_join(&g);
}

TEST(unlocking_what_one_does_not_hold_aborts_by_name)
{
    CHECK_TASK_ABORTS(unlocks, NULL, "cede_mutex_unlock by task",
                      "does not hold", "(its holder: nobody)");
    CHECK_TASK_ABORTS(has_it_unlocked_by_a_child, NULL, "'unlocks'",
                      "(its holder: m->fn)");
}

static void unlocks_outside(void *arg)
{
    cede_mutex_unlock(arg);
}

TEST(unlocking_outside_a_task_aborts_by_name)
{
    CHECK_ABORTS(unlocks_outside, &m,
                 "cede_mutex_unlock called outside a task");
}

static cede_mutex copy;

static int locks_a_copy(void *arg)
{
    (void)arg;
    return cede_mutex_lock(&copy);
}

static int unlocks_a_copy(void *arg)
{
    (void)arg;
    cede_mutex_unlock(&copy);
    return 0;
}

static int copies_it(void *fn)
{
    locks_often(1);
    copy = m;
    return (*(cede_fn **)fn)(NULL);
}

static int copies_it_locked(void *fn)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    copy = m;
    return (*(cede_fn **)fn)(NULL);
}

TEST(a_copy_of_a_used_mutex_aborts_by_name)
{
    static const char *const says = "a mutex was copied or moved";
    cede_fn *fn[] = {locks_a_copy, unlocks_a_copy};
    for (int i = 0; i < 2; i++) {
        CHECK_TASK_ABORTS(copies_it, &fn[i], says);
        CHECK_TASK_ABORTS(copies_it_locked, &fn[i], says);
    }
}

static int overwrites_it_locked(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_mutex_lock(&copy), 0);
    CHECK_EQ(cede_mutex_lock(&m), 0);
    m = copy;
    cede_mutex_unlock(&m);
    return 0;
}

TEST(a_locked_mutex_that_another_was_copied_to_aborts_by_name)
{
    CHECK_TASK_ABORTS(overwrites_it_locked, NULL,
                      "a mutex was copied or moved");
}

static int locks_elsewhere(void *arg)
{
    (void)arg;
    return cede_mutex_lock(&m);
}

static int locks_and_unlocks(void *arg)
{
    (void)arg;
    locks_often(1);
    return 0;
}

TASK_TEST(another_thread_is_told_so_while_a_task_holds_it)
{
    CHECK_EQ(cede_mutex_lock(&m), 0);
    CHECK_ELSEWHERE(locks_elsewhere, NULL, -EPERM);
    CHECK_ELSEWHERE(tries, NULL, -EPERM);
    CEDE_GROUP(g);
    locker(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_ELSEWHERE(locks_elsewhere, NULL, -EPERM);
    cede_mutex_unlock(&m);
    CHECK_OK(cede_join(&g));
    struct misuse other = {locks_and_unlocks, NULL};
    CHECK_EQ(by_thread(misuses_in_loop, &other), 0);
}

SUITE("mutex")
