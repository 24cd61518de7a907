/* SPDX-License-Identifier: MIT
 *
 * cond_test.c - conditions: no notification lost, none from nowhere, and the
 * mutex held again whatever happens.
 */
#include "check.h"
#include "sync_misuse.h"

#include <pthread.h>
#include <semaphore.h>

static cede_cond c;
static cede_mutex m;

/* Notes what its wait answered, and that it has the mutex then. */
static int waits(void *name)
{
    CHECK_OK(cede_mutex_lock(&m));
    int rc = cede_cond_wait(&c, &m);
    note("%s%s ", (char *)name,
         rc == 0              ? ""
         : rc == -ECANCELED   ? "x"
         : rc == CEDE_EBROKEN ? "-"
                              : "?");
    if (rc == CEDE_EBROKEN)
        return 0;
    CHECK_ERR(cede_mutex_trylock(&m), -EAGAIN);
    cede_mutex_unlock(&m); /* aborts if it is not the owner */
    return rc;
}

static cede_future *waiter(cede_group *g, const char *name)
{
    cede_future *f = cede_spawn(g, waits, (void *)(uintptr_t)name);
    CHECK(f != NULL);
    return f;
}

static int notify(size_t n)
{
    CHECK_OK(cede_mutex_lock(&m));
    int rc = cede_cond_notify(&c, n);
    cede_mutex_unlock(&m);
    return rc;
}

/* ---- notified ---------------------------------------------------------- */

TASK_TEST(waiting_unlocks_the_mutex_and_locks_it_again)
{
    CEDE_GROUP(g);
    waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_mutex_is_locked(&m));
    CHECK_OK(cede_mutex_lock(&m));
    CHECK_EQ(cede_cond_notify(&c, 1), 1);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    cede_mutex_unlock(&m);
    CHECK(cede_mutex_is_locked(&m));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a ");
    CHECK(!cede_mutex_is_locked(&m));
}

TASK_TEST(notify_wakes_the_n_that_waited_longest)
{
    CEDE_GROUP(g);
    waiter(&g, "a"), waiter(&g, "b"), waiter(&g, "c"), waiter(&g, "d");
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(notify(0), 0);
    CHECK_EQ(notify(2), 2);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("a b ");
    CHECK_EQ(notify(SIZE_MAX), 2);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a b c d ");
}

TASK_TEST(a_notification_that_nobody_waits_for_is_nothing)
{
    CHECK_EQ(notify(1), 0);
    CEDE_GROUP(g);
    waiter(&g, "a");
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    CHECK_EQ(notify(SIZE_MAX), 1);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(notify(1), 0);
}

static int locks(void *name)
{
    CHECK_OK(cede_mutex_lock(&m));
    note("%s ", (char *)name);
    cede_mutex_unlock(&m);
    return 0;
}

TASK_TEST(who_is_notified_queues_behind_those_that_wait_for_the_mutex)
{
    CEDE_GROUP(g);
    waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_mutex_lock(&m));
    CHECK_OK(cede_go(&g, locks, (void *)(uintptr_t) "b"));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_cond_notify(&c, 1), 1);
    CHECK_OK(cede_go(&g, locks, (void *)(uintptr_t) "c"));
    CHECK_OK(cede_sleep(0));
    cede_mutex_unlock(&m);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("b a c ");
}

/* ---- predicates -------------------------------------------------------- */

static int level;

static bool is_level_2(void *arg)
{
    CHECK(cede_mutex_is_locked(&m));
    CHECK_ERR(cede_mutex_trylock(&m), -EAGAIN);
    (*(int *)arg)++;
    return level >= 2;
}

static int waits_for_level_2(void *asked)
{
    CHECK_OK(cede_mutex_lock(&m));
    int rc = cede_cond_wait_for(&c, &m, is_level_2, asked);
    note("%s ", rc ? "x" : "level");
    cede_mutex_unlock(&m);
    return rc;
}

TASK_TEST(waiting_for_a_predicate_goes_on_until_it_is_true)
{
    int asked = 0;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, waits_for_level_2, &asked));
    CHECK_OK(cede_sleep(0));
    for (level = 0; level < 2; level++) {
        CHECK_EQ(notify(1), 1);
        CHECK_OK(cede_sleep(CEDE_MS));
        CHECK_NOTED("");
    }
    CHECK_EQ(notify(1), 1);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("level ");
    CHECK_EQ(asked, 4);
}

static int notes_other(void *arg)
{
    (void)arg;
    note("other ");
    return 0;
}

TASK_TEST(a_predicate_that_is_true_is_not_waited_for)
{
    int asked = 0;
    level = 2;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, notes_other, NULL));
    CHECK_OK(cede_mutex_lock(&m));
    CHECK_EQ(cede_cond_wait_for(&c, &m, is_level_2, &asked), 0);
    CHECK_NOTED("");
    CHECK_EQ(asked, 1);
    for (int i = 0; i < 128; i++)
        CHECK_EQ(cede_cond_wait_for(&c, &m, is_level_2, &asked), 0);
    CHECK_NOTED("other ");
    cede_mutex_unlock(&m);
}

TASK_TEST(waiting_for_a_predicate_is_cancelled_like_any_wait)
{
    int asked = 0;
    CHECK_ERR(cede_within(CEDE_MS, waits_for_level_2, &asked), -ETIMEDOUT);
    CHECK_NOTED("x ");
    CHECK(!cede_mutex_is_locked(&m));
}

/* ---- cancelled --------------------------------------------------------- */

TASK_TEST(one_that_is_cancelled_has_the_mutex_before_it_answers)
{
    CEDE_GROUP(g);
    cede_future *f = waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_mutex_lock(&m));
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    cede_mutex_unlock(&m);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_NOTED("ax ");
    CHECK(!cede_mutex_is_locked(&m));
    CHECK_OK(cede_join(&g));
}

TASK_TEST(one_that_is_cancelled_while_the_mutex_is_free_has_it_at_once)
{
    CEDE_GROUP(g);
    cede_future *f = waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK(cede_mutex_is_locked(&m));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK(!cede_mutex_is_locked(&m));
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_notification_after_the_cancel_goes_to_another)
{
    CEDE_GROUP(g);
    cede_future *f = waiter(&g, "a");
    waiter(&g, "b");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_mutex_lock(&m));
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_cond_notify(&c, 1), 1);
    cede_mutex_unlock(&m);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("ax b ");
}

TASK_TEST(one_that_is_cancelled_after_it_was_notified_was_notified)
{
    CEDE_GROUP(g);
    cede_future *f = waiter(&g, "a");
    waiter(&g, "b");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_mutex_lock(&m));
    CHECK_EQ(cede_cond_notify(&c, 1), 1);
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    cede_mutex_unlock(&m);
    CHECK_EQ(cede_await(f), 0);
    CHECK_NOTED("a ");
    CHECK_EQ(notify(1), 1);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(in_a_cancelled_scope_the_mutex_is_not_unlocked)
{
    int asked = 0;
    level = 2;
    cede_scope s;
    CHECK_OK(cede_mutex_lock(&m));
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_cond_wait(&c, &m), -ECANCELED);
    CHECK_ERR(cede_cond_wait_for(&c, &m, is_level_2, &asked), -ECANCELED);
    CHECK_EQ(asked, 0);
    CHECK_EQ(cede_leave(&s, -ECANCELED), 0);
    cede_mutex_unlock(&m);
}

/* ---- broken mutexes ---------------------------------------------------- */

static int locks_and_ends(void *arg)
{
    (void)arg;
    CHECK_OK(cede_mutex_lock(&m));
    return cede_sleep(0);
}

static int notifies_and_ends(void *arg)
{
    (void)arg;
    CHECK_OK(cede_mutex_lock(&m));
    CHECK_EQ(cede_cond_notify(&c, 1), 1);
    return cede_sleep(0);
}

static int breaks(cede_fn *fn)
{
    listen_to_hook();
    CEDE_GROUP(g);
    waiter(&g, "a"), waiter(&g, "b");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_go(&g, fn, NULL));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(hooked.count, 1);
    return 0;
}

TASK_TEST(who_waits_is_told_that_the_mutex_broke)
{
    CHECK_OK(breaks(locks_and_ends));
    CHECK_NOTED("a- b- ");
}

TASK_TEST(who_was_notified_is_told_that_the_mutex_broke)
{
    CHECK_OK(breaks(notifies_and_ends));
    CHECK_NOTED("a- b- ");
}

TASK_TEST(who_was_cancelled_is_told_that_the_mutex_broke)
{
    listen_to_hook();
    CEDE_GROUP(g);
    cede_future *f = waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_go(&g, locks_and_ends, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("a- ");
}

/* ---- misuse ------------------------------------------------------------ */

TASK_TEST(waiting_with_two_mutexes_at_a_time_is_refused)
{
    cede_mutex other = {0};
    CEDE_GROUP(g);
    waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_mutex_lock(&other));
    CHECK_ERR(cede_cond_wait(&c, &other), -EINVAL);
    CHECK(cede_mutex_is_locked(&other));
    CHECK_EQ(notify(1), 1);
    CHECK_OK(cede_join(&g));
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS));
    CHECK_ERR(cede_leave(&s, cede_cond_wait(&c, &other)), -ETIMEDOUT);
    cede_mutex_unlock(&other);
}

static int waits_with_other(void *other)
{
    CHECK_EQ(cede_mutex_lock(other), 0);
    int rc = cede_cond_wait(&c, other);
    cede_mutex_unlock(other);
    return rc;
}

TASK_TEST(when_nobody_waits_another_mutex_may_be_used)
{
    CEDE_GROUP(g);
    waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(notify(1), 1);
    cede_mutex other = {0};
    CHECK_OK(cede_go(&g, waits_with_other, &other));
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(notify(1), -EPERM);
    CHECK_EQ(cede_mutex_lock(&other), 0);
    CHECK_EQ(cede_cond_notify(&c, 1), 1);
    cede_mutex_unlock(&other);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(notifying_without_the_mutex_is_refused_if_anybody_waits)
{
    CHECK_EQ(cede_cond_notify(&c, 1), 0);
    CEDE_GROUP(g);
    waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(cede_cond_notify(&c, 1), -EPERM);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    CHECK_EQ(notify(1), 1);
    CHECK_OK(cede_join(&g));
}

static int notifies_outside_a_task(void *arg)
{
    (void)arg;
    CHECK(!cede_mutex_is_locked(&m));
    CHECK_ERR(cede_cond_notify(&c, 1), -EPERM);
    return 0;
}

TASK_TEST(a_callback_that_cannot_hold_the_mutex_cannot_notify)
{
    CEDE_GROUP(g);
    cede_loop *l = cede_loop_current();
    waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_loop_call_soon(l, notifies_outside_a_task, NULL, NULL));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    CHECK_EQ(notify(1), 1);
    CHECK_OK(cede_join(&g));
}

TEST(outside_a_task_nobody_can_wait)
{
    CHECK_ERR(cede_cond_wait(&c, &m), -EPERM);
    CHECK_ERR(cede_cond_wait_for(&c, &m, is_level_2, NULL), -EPERM);
    CHECK_EQ(cede_cond_notify(&c, 1), 0);
}

static int waits_unlocked(void *arg)
{
    (void)arg;
    return cede_cond_wait(&c, &m);
}

static int waits_for_unlocked(void *arg)
{
    return cede_cond_wait_for(&c, &m, is_level_2, arg);
}

TEST(waiting_without_the_mutex_aborts_by_name)
{
    CHECK_TASK_ABORTS(waits_unlocked, NULL, "cede_cond_wait by task",
                      "does not hold the mutex");
    CHECK_TASK_ABORTS(waits_for_unlocked, NULL, "cede_cond_wait_for by task");
}

static int copies(void *arg)
{
    (void)arg;
    CHECK_EQ(notify(1), 0);
    cede_cond copy = c;
    CHECK_OK(cede_mutex_lock(&m));
    return cede_cond_wait(&copy, &m);
}

TEST(a_copy_of_a_used_condition_aborts_by_name)
{
    CHECK_TASK_ABORTS(copies, NULL, "a condition was copied or moved");
}

static int notifies_elsewhere(void *arg)
{
    (void)arg;
    return cede_cond_notify(&c, 1);
}

static int waits_elsewhere(void *arg)
{
    (void)arg;
    cede_mutex own = {0};
    int rc = cede_mutex_lock(&own);
    if (rc == 0) {
        rc = cede_cond_wait(&c, &own);
        cede_mutex_unlock(&own);
    }
    return rc;
}

TASK_TEST(another_thread_is_told_so_while_tasks_wait_in_it)
{
    CEDE_GROUP(g);
    waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK_ELSEWHERE(notifies_elsewhere, NULL, -EPERM);
    CHECK_ELSEWHERE(waits_elsewhere, NULL, -EPERM);
    CHECK_EQ(notify(1), 1);
    CHECK_OK(cede_join(&g));
}

static sem_t held;

static int holds_and_ends_never(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_mutex_lock(&m), 0);
    sem_post(&held);
    return cede_sleep(CEDE_NEVER);
}

static void *holds_elsewhere(void *arg)
{
    (void)cede_run(holds_and_ends_never, NULL);
    return arg;
}

/* The mutex was free when the other thread came. */
static int wakes_while_another_thread_holds_it(void *arg)
{
    (void)arg;
    pthread_t thread;
    CEDE_GROUP(g);
    cede_future *f = waiter(&g, "a");
    CHECK_OK(cede_sleep(0));
    CHECK(sem_init(&held, 0, 0) == 0);
    CHECK(pthread_create(&thread, NULL, holds_elsewhere, NULL) == 0);
    while (sem_wait(&held) < 0)
        ;
    CHECK_OK(cede_cancel(f));
    return cede_join(&g);
}

TEST(who_wakes_while_another_thread_has_the_mutex_aborts_by_name)
{
    CHECK_TASK_ABORTS(wakes_while_another_thread_holds_it, NULL,
                      "a mutex is used by two threads",
                      "'holds_and_ends_never' holds it",
                      "'waits', which is to have it");
}

SUITE("cond")
