/* SPDX-License-Identifier: MIT
 *
 * threads_lock_test.c - nothing is locked by what tasks do among themselves:
 * loops on several threads do not wait for each other.
 *
 * The pthread_mutex_lock of this executable stands before that of the C
 * library, and counts.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "check.h"
#include <dlfcn.h>
#include <pthread.h>

static _Thread_local long locked; /* by this thread, so far */

#if !FOR_TSAN
int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    static int (*real)(pthread_mutex_t *);
    int (*lock)(pthread_mutex_t *) = __atomic_load_n(&real, __ATOMIC_RELAXED);
    if (!lock) {
        *(void **)&lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
        __atomic_store_n(&real, lock, __ATOMIC_RELAXED);
    }
    locked++;
    return lock(mutex);
}
#endif

/* ---- what tasks do all day --------------------------------------------- */

static cede_local color = CEDE_LOCAL("color", NULL);

static int counts_to_ten(cede_gen *self, void *arg)
{
    (void)arg;
    for (int i = 1; i <= 10; i++)
        CEDE_TRY(cede_yield(self, &i));
    return 0;
}

static int puts_ten(void *q)
{
    CEDE_TRY(cede_local_set(&color, q));
    cede_each (int, x, cede_gen_of(int, counts_to_ten, NULL))
        CEDE_TRY(cede_put(q, &x));
    CEDE_TRY(cede_each_error());
    return cede_put(q, &(int){0});
}

static int gets_all(void *q)
{
    int x = 1;
    while (x > 0) {
        CEDE_TRY(cede_get(q, &x));
        CEDE_TRY(cede_sleep(0));
    }
    return cede_sleep(CEDE_US);
}

static int is_late(void *arg)
{
    (void)arg;
    CEDE_SCOPE(s, CEDE_US);
    return cede_sleep(CEDE_NEVER) == -ECANCELED ? 0 : -EIO;
}

static int works(void)
{
    cede_queue *q = cede_queue_new(sizeof(int), 2);
    CEDE_GROUP(g);
    for (int i = 0; i < 20; i++) {
        CEDE_TRY(cede_go(&g, puts_ten, q));
        CEDE_TRY(cede_go(&g, gets_all, q));
        CEDE_TRY(cede_go(NULL, is_late, NULL));
    }
    cede_future *f = cede_spawn(&g, gets_all, q);
    CEDE_TRY(cede_go(&g, puts_ten, q));
    CEDE_TRY(cede_await(f));
    int rc = cede_join(&g);
    CEDE_TRY(cede_sleep(CEDE_MS)); /* so that the background is over */
    cede_queue_free(q);
    return rc;
}

static int works_without_locks(void *arg)
{
    (void)arg;
    CEDE_TRY(works()); /* has the stacks that the next rounds need */
    long before = locked;
    for (int i = 0; i < 20; i++)
        CEDE_TRY(works());
    CHECK_EQ(locked - before, 0);
    return 0;
}

TEST(tasks_that_start_end_wait_and_talk_take_no_lock)
{
    CHECK_EQ(cede_run_threads(2, works_without_locks, NULL), 0);
}

static int resolves_one(void *arg)
{
    (void)arg;
    long before = locked;
    cede_future *f = cede_promise();
    CHECK_OK(cede_resolve(f, 0));
    CHECK_OK(cede_await(f));
    cede_future_free(f);
    CHECK(locked > before);
    return 0;
}

TEST(a_promise_has_a_lock_of_its_own_because_any_thread_may_resolve_it)
{
    CHECK_EQ(cede_run_threads(2, resolves_one, NULL), 0);
}

SUITE_UNLESS("threads_lock", FOR_TSAN      ? "the sanitizer counts locks itself"
                             : ON_VALGRIND ? "stacks have a lock there"
                                           : NULL)
