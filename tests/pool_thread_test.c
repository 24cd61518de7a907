/* SPDX-License-Identifier: MIT
 *
 * pool_thread_test.c - pools used by many threads at once.
 */
#include "check.h"
#include "tasks.h"
#include "threads.h"
#include <stdatomic.h>
#include <string.h>

enum { THREADS = 4 };

static atomic_int ran;

static int counts(void *unused)
{
    (void)unused;
    return atomic_fetch_add(&ran, 1) >= 0 ? 7 : -EIO;
}

static cede_pool *pool;

static void with_threads(void *(*fn)(void *))
{
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++)
        t[i] = in_thread(fn, (void *)(intptr_t)i);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(ends_with(t[i]), 0);
}

/* ---- submitting ------------------------------------------------------ */

static void *submits_and_awaits(void *unused)
{
    (void)unused;
    for (int i = 0; i < rounds(500); i++) {
        cede_future *f = cede_submit(pool, counts, "copy", i % 2 ? 5 : 0);
        CHECK_EQ(cede_await(f), 7);
        cede_future_free(f);
    }
    return NULL;
}

TEST(many_threads_may_submit_and_await)
{
    pool = cede_threads(3);
    with_threads(submits_and_awaits);
    CHECK_EQ(ran, THREADS * rounds(500));
    CHECK_EQ(cede_pool_close(pool), 0);
}

static void *submits_and_forgets(void *unused)
{
    (void)unused;
    for (int i = 0; i < rounds(500); i++)
        cede_future_free(cede_submit(pool, counts, "copy", 5));
    return NULL;
}

TEST(what_many_threads_submit_and_forget_runs)
{
    pool = cede_threads(3);
    with_threads(submits_and_forgets);
    CHECK_EQ(cede_pool_close(pool), 0);
    CHECK_EQ(ran, THREADS * rounds(500));
}

static int runs_and_waits(void *unused)
{
    enum { JOBS = 20 };
    cede_future *fs[JOBS];
    (void)unused;
    for (int n = 0; n < rounds(30); n++) {
        for (int i = 0; i < JOBS; i++)
            fs[i] = cede_submit(pool, counts, NULL, 0);
        CHECK_EQ(cede_gather_futures(fs, JOBS), 0);
        for (int i = 0; i < JOBS; i++)
            cede_future_free(fs[i]);
        CHECK_EQ(cede_offload(counts, NULL), 7);
    }
    return 0;
}

static void *runs_in_a_loop(void *thread)
{
    return (void *)(intptr_t)((intptr_t)thread % 2
                                  ? cede_run(runs_and_waits, NULL)
                                  : runs_and_waits(NULL));
}

TEST(loops_and_threads_may_share_a_pool)
{
    pool = cede_threads(2);
    with_threads(runs_in_a_loop);
    CHECK_EQ(cede_pool_close(pool), 0);
}

/* ---- cancelling ------------------------------------------------------ */

static atomic_int cancelled;

static void *submits_and_cancels(void *unused)
{
    (void)unused;
    for (int i = 0; i < rounds(500); i++) {
        cede_future *f = cede_submit(pool, counts, NULL, 0);
        int rc = cede_cancel(f), result = cede_await(f);
        CHECK(rc == 0 || rc == -EBUSY || rc == -EALREADY);
        CHECK_EQ(result, rc == 0 ? -ECANCELED : 7);
        atomic_fetch_add(&cancelled, rc == 0);
        cede_future_free(f);
    }
    return NULL;
}

TEST(a_job_runs_or_is_cancelled_whoever_is_first)
{
    pool = cede_threads(2);
    with_threads(submits_and_cancels);
    CHECK_EQ(cede_pool_close(pool), 0);
    CHECK_EQ(ran + cancelled, THREADS * rounds(500));
}

static cede_future *shared[200];

static void *cancels_the_shared(void *unused)
{
    intptr_t n = 0;
    (void)unused;
    for (int i = 0; i < 200; i++)
        n += cede_cancel(shared[i]) == 0;
    atomic_fetch_add(&cancelled, (int)n);
    return NULL;
}

TEST(of_those_who_cancel_a_job_one_is_first)
{
    pool = cede_threads(1);
    for (int i = 0; i < 200; i++)
        shared[i] = cede_submit(pool, counts, NULL, 0);
    with_threads(cancels_the_shared);
    CHECK_EQ(cede_pool_close(pool), 0);
    for (int i = 0; i < 200; i++) {
        CHECK(cede_done(shared[i]));
        cede_future_free(shared[i]);
    }
    CHECK_EQ(ran + cancelled, 200);
}

/* ---- ending ---------------------------------------------------------- */

static void *submits_until_shut(void *unused)
{
    (void)unused;
    for (;;) {
        cede_future *f = cede_submit(pool, counts, NULL, 0);
        int rc = cede_await(f);
        cede_future_free(f);
        if (rc == CEDE_ECLOSED)
            return NULL;
        CHECK_EQ(rc, 7);
    }
}

TEST(a_pool_may_be_shut_while_others_submit)
{
    for (int i = 0; i < rounds(50); i++) {
        pthread_t t[THREADS];
        pool = cede_threads(2);
        for (int j = 0; j < THREADS; j++)
            t[j] = in_thread(submits_until_shut, NULL);
        CHECK_EQ(cede_pool_shut(pool), 0);
        for (int j = 0; j < THREADS; j++)
            CHECK_EQ(ends_with(t[j]), 0);
        CHECK_EQ(cede_pool_close(pool), 0);
    }
}

static void *cancels_in_thread(void *f)
{
    return (void *)(intptr_t)(cede_cancel(f) == 0);
}

TEST(a_pool_and_its_job_may_be_cancelled_at_once)
{
    for (int i = 0; i < rounds(300); i++) {
        pool = cede_threads(1);
        cede_future *fs[4];
        for (int j = 0; j < 4; j++)
            fs[j] = cede_submit(pool, counts, NULL, 0);
        pthread_t t = in_thread(cancels_in_thread, fs[3]);
        CHECK_EQ(cede_pool_cancel(pool), 0);
        if (ends_with(t))
            CHECK_ERR(cede_result(fs[3]), -ECANCELED);
        for (int j = 0; j < 4; j++) {
            CHECK(cede_done(fs[j]));
            cede_future_free(fs[j]);
        }
    }
}

static int closes(void *p)
{
    return cede_pool_close(p);
}

TEST(a_pool_may_be_closed_while_its_workers_come_and_go)
{
    for (int i = 0; i < rounds(200); i++) {
        pool = cede_threads(4);
        cede_future *fs[8];
        for (int j = 0; j < 8; j++)
            fs[j] = cede_submit(pool, counts, NULL, 0);
        CHECK_EQ(i % 2 ? cede_run(closes, pool) : closes(pool), 0);
        for (int j = 0; j < 8; j++) {
            CHECK_EQ(cede_result(fs[j]), 7);
            cede_future_free(fs[j]);
        }
    }
}

/* ---- callbacks ------------------------------------------------------- */

static _Thread_local int depth;
static atomic_int told, deepest;

static void resolves_next(cede_future *f, void *next)
{
    CHECK_EQ(cede_result(f), 7);
    if (++depth > deepest)
        deepest = depth;
    atomic_fetch_add(&told, 1);
    if (next)
        cede_resolve(next, 7);
    depth--;
}

TEST(callbacks_of_threads_run_on_the_worker_one_after_the_other)
{
    pool = cede_threads(1);
    for (int i = 0; i < rounds(200); i++) {
        cede_future *next = cede_promise();
        CHECK_OK(cede_on_done(next, resolves_next, NULL));
        cede_future *f = cede_submit(pool, counts, NULL, 0);
        CHECK_OK(cede_on_done(f, resolves_next, next));
        CHECK_EQ(cede_await(f), 7);
        cede_future_free(f);
        CHECK_EQ(cede_await(next), 7);
        cede_future_free(next);
    }
    CHECK_EQ(cede_pool_close(pool), 0);
    CHECK_EQ(told, 2 * rounds(200));
    CHECK_EQ(deepest, 1);
}

/* ---- waiting for oneself --------------------------------------------- */

struct loner {
    cede_future *known; /* that `job` is set */
    cede_future *job;
    int (*waits)(void *loner);
};

static int awaits_itself(void *loner)
{
    return cede_await(((struct loner *)loner)->job);
}

static int awaits_itself_within(void *loner)
{
    return cede_await_within(CEDE_SEC, ((struct loner *)loner)->job);
}

static int awaits_itself_among_others(void *loner)
{
    struct loner *l = loner;
    return cede_gather_futures((cede_future *[]){l->known, l->job}, 2);
}

static int awaits_itself_in_a_task(void *loner)
{
    return cede_run(awaits_itself, loner);
}

static int is_told(void *loner)
{
    struct loner *l = loner;
    CHECK_EQ(cede_await(l->known), 0);
    CHECK_ERR(l->waits(l), -EDEADLK);
    CHECK(strstr(cede_message(), "job 'is_told' waits for itself"));
    return 5;
}

static int is_awaited_by(int (*waits)(void *loner))
{
    struct loner l = {.known = cede_promise(), .waits = waits};
    cede_future *job = cede_submit(pool, is_told, &l, 0);
    l.job = job;
    CHECK_OK(cede_resolve(l.known, 0));
    int rc = cede_await(job);
    cede_future_free(job);
    cede_future_free(l.known);
    return rc;
}

TEST(a_job_that_awaits_itself_is_told)
{
    pool = cede_threads(1);
    CHECK_EQ(is_awaited_by(awaits_itself), 5);
    CHECK_EQ(is_awaited_by(awaits_itself_within), 5);
    CHECK_EQ(is_awaited_by(awaits_itself_among_others), 5);
    CHECK_EQ(is_awaited_by(awaits_itself_in_a_task), 5);
    CHECK_EQ(cede_pool_close(pool), 0);
}

SUITE("pool_thread")
