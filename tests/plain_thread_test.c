/* SPDX-License-Identifier: MIT
 *
 * plain_thread_test.c - waiting on threads without a loop: for some time, and
 * for several.
 */
#include "check.h"
#include "tasks.h"
#include "threads.h"
#include <semaphore.h>
#include <stdatomic.h>

/* ---- for some time --------------------------------------------------- */

TEST(a_thread_waits_for_as_long_as_it_says)
{
    cede_future *f = cede_promise();
    cede_time before = cede_now();
    CHECK_ERR(cede_await_within(5 * CEDE_MS, f), -ETIMEDOUT);
    CHECK(cede_now() - before >= 5 * CEDE_MS);
    CHECK_ERR(cede_await_within(0, f), -ETIMEDOUT);
    CHECK_ERR(cede_await_within(-1, f), -ETIMEDOUT);
    CHECK(!cede_done(f));
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_EQ(cede_await_within(0, f), 7);
    CHECK_EQ(cede_await_within(CEDE_SEC, f), 7);
    CHECK_ERR(cede_await_within(CEDE_SEC, NULL), -ENOMEM);
    cede_future_free(f);
}

TEST(a_thread_that_waits_for_some_time_is_told_in_time)
{
    cede_future *f = cede_promise();
    pthread_t t = in_thread(fails_in_thread, f);
    CHECK_ERR(cede_await_within(20 * CEDE_SEC, f), -EIO);
    CHECK_STR_EQ(cede_message(), "the thread's text");
    CHECK_EQ(ends_with(t), 0);
    cede_future_free(f);
    f = cede_promise();
    t = in_thread(resolves_in_thread, f);
    CHECK_EQ(cede_await_within(CEDE_NEVER, f), 7);
    CHECK_EQ(ends_with(t), 0);
    cede_future_free(f);
}

TEST(a_time_out_and_a_result_at_once_are_one_of_both)
{
    for (int i = 0; i < rounds(500); i++) {
        cede_future *f = cede_promise();
        pthread_t t = in_thread(resolves_in_thread, f);
        int rc = cede_await_within(i % 100 * CEDE_US, f);
        CHECK(rc == 7 || rc == -ETIMEDOUT);
        CHECK_EQ(cede_await(f), 7);
        CHECK_EQ(ends_with(t), 0);
        cede_future_free(f);
    }
}

struct task {
    cede_future *future;
    sem_t ready, free;
};

static int sleeps_a_little(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_MS));
    return 7;
}

static int shows_its_task(void *arg)
{
    struct task *t = arg;
    t->future = cede_spawn(NULL, sleeps_a_little, NULL);
    sem_post(&t->ready);
    return cede_sleep(2 * CEDE_MS);
}

static void *runs(void *t)
{
    return (void *)(intptr_t)cede_run(shows_its_task, t);
}

TEST(a_thread_may_wait_for_a_task_for_some_time)
{
    for (int i = 0; i < rounds(100); i++) {
        struct task t = {.future = NULL};
        sem_init(&t.ready, 0, 0);
        pthread_t loop = in_thread(runs, &t);
        sem_wait(&t.ready);
        int rc = cede_await_within((900 + i * 4) * CEDE_US, t.future);
        CHECK(rc == 7 || rc == -ETIMEDOUT);
        cede_future_free(t.future);
        CHECK_EQ(ends_with(loop), 0);
    }
}

/* ---- for several ----------------------------------------------------- */

enum { N = 8 };

static int waits_for_all(cede_future **fs)
{
    return cede_wait(fs, N, CEDE_ALL) == N ? 0 : -EPROTO;
}

static int waits_for_the_first(cede_future **fs)
{
    CHECK(cede_wait(fs, N, CEDE_FIRST) >= 1);
    CHECK_EQ(cede_wait(fs, N, CEDE_FIRST_ERROR), N);
    return 0;
}

static int gathers(cede_future **fs)
{
    return cede_gather_futures(fs, N);
}

static int takes_one_by_one(cede_future **fs)
{
    int n = 0;
    cede_each (cede_future *, f, cede_as_completed(fs, N))
        n += cede_result(f);
    CHECK_EQ(cede_each_error(), 0);
    return n == 7 * N ? 0 : -EPROTO;
}

static int takes_a_few(cede_future **fs)
{
    int n = 0;
    cede_each (cede_future *, f, cede_as_completed(fs, N)) {
        CHECK(cede_done(f));
        if (++n == 3)
            break;
    }
    CHECK_EQ(cede_each_error(), 0);
    return 0;
}

/* They are done while the thread begins to wait. */
static void with_threads(int (*fn)(cede_future **fs))
{
    for (int round = 0; round < rounds(50); round++) {
        cede_future *fs[N];
        pthread_t t[N];
        for (int i = 0; i < N; i++)
            fs[i] = cede_promise();
        for (int i = 0; i < N; i++)
            t[i] = in_thread(resolves_in_thread, fs[i]);
        CHECK_EQ(fn(fs), 0);
        for (int i = 0; i < N; i++)
            CHECK_EQ(ends_with(t[i]), 0);
        for (int i = 0; i < N; i++)
            cede_future_free(fs[i]);
    }
}

TEST(a_thread_waits_for_what_others_resolve)
{
    with_threads(waits_for_all);
    with_threads(waits_for_the_first);
}

TEST(a_thread_gathers_what_others_resolve)
{
    with_threads(gathers);
}

TEST(a_thread_gets_what_others_resolve_one_by_one)
{
    with_threads(takes_one_by_one);
    with_threads(takes_a_few);
}

TEST(a_thread_gets_the_first_failure_with_its_message)
{
    cede_future *fs[] = {cede_promise(), cede_promise()};
    pthread_t t = in_thread(fails_in_thread, fs[1]);
    CHECK_ERR(cede_gather_futures(fs, 2), -EIO);
    CHECK_STR_EQ(cede_message(), "the thread's text");
    CHECK_EQ(cede_wait(fs, 2, CEDE_FIRST_ERROR), 1);
    CHECK_EQ(ends_with(t), 0);
    CHECK(!cede_done(fs[0]));
    cede_future_free(fs[0]);
    cede_future_free(fs[1]);
}

TEST(for_a_thread_too_nulls_have_failed_and_one_given_twice_counts_twice)
{
    cede_future *f = cede_promise(), *fs[] = {f, NULL, f};
    CHECK_EQ(cede_wait(fs, 3, CEDE_FIRST), 1);
    CHECK_EQ(cede_wait(fs, 3, CEDE_FIRST_ERROR), 1);
    CHECK_ERR(cede_gather_futures(fs, 3), -ENOMEM);
    pthread_t t = in_thread(resolves_in_thread, f);
    CHECK_EQ(cede_wait(fs, 3, CEDE_ALL), 3);
    CHECK_EQ(ends_with(t), 0);
    int n = 0;
    cede_each (cede_future *, each, cede_as_completed(fs, 3))
        n += each ? 1 : 10;
    CHECK_EQ(n, 12);
    CHECK_ERR(cede_wait(fs, 0, CEDE_ALL), -EINVAL);
    CHECK_EQ(cede_gather_futures(fs, 0), 0);
    cede_future_free(f);
}

TEST(what_nobody_resolves_may_be_given_up)
{
    cede_future *fs[] = {cede_promise(), cede_promise()};
    CHECK_EQ(cede_resolve(fs[0], 7), 0);
    cede_gen *g = cede_as_completed(fs, 2);
    cede_future *f = NULL;
    CHECK_EQ(cede_next(g, &f), 1);
    CHECK(f == fs[0]);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_EQ(cede_resolve(fs[1], 7), 0);
    cede_future_free(fs[0]);
    cede_future_free(fs[1]);
}

/* ---- refused --------------------------------------------------------- */

static int is_waited_for(void *arg)
{
    struct task *t = arg;
    t->future = cede_spawn(NULL, sleeps_for_ever, "");
    sem_post(&t->ready);
    sem_wait(&t->free);
    return 0;
}

static void *runs_what_is_waited_for(void *t)
{
    return (void *)(intptr_t)cede_run(is_waited_for, t);
}

TEST(a_thread_waits_for_no_task_among_others)
{
    struct task t = {.future = NULL};
    sem_init(&t.ready, 0, 0);
    sem_init(&t.free, 0, 0);
    pthread_t loop = in_thread(runs_what_is_waited_for, &t);
    sem_wait(&t.ready);
    cede_future *f = NULL;
    CHECK_ERR(cede_wait(&t.future, 1, CEDE_ALL), -EPERM);
    CHECK_STR_EQ(cede_message(),
                 "a thread without a loop waits for a task among others");
    CHECK_ERR(cede_gather_futures(&t.future, 1), -EPERM);
    cede_gen *g = cede_as_completed(&t.future, 1);
    CHECK_ERR(cede_next(g, &f), -EPERM);
    cede_gen_close(g);
    sem_post(&t.free);
    CHECK_EQ(ends_with(loop), 0);
    cede_future_free(t.future);
}

static int steps(void *g)
{
    cede_future *f = NULL;
    return cede_next(g, &f);
}

TEST(one_by_one_goes_on_where_it_began)
{
    cede_future *fs[] = {cede_promise(), cede_promise()};
    CHECK_EQ(cede_resolve(fs[0], 7), 0);
    cede_gen *g = cede_as_completed(fs, 2);
    CHECK_EQ(steps(g), 1);
    CHECK_ERR(cede_run(steps, g), -EPERM);
    cede_gen_close(g);
    cede_future_free(fs[0]);
    cede_future_free(fs[1]);
}

SUITE("plain_thread")
