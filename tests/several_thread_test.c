/* SPDX-License-Identifier: MIT
 *
 * several_thread_test.c - waiting for several promises that other threads
 * resolve, while that is on its way.
 */
#include "check.h"
#include "threads.h"

enum { N = 8 };

/* ---- many threads ---------------------------------------------------- */

static int waits_for_all(cede_future **fs)
{
    return cede_wait(fs, N, CEDE_ALL) == N ? 0 : -EPROTO;
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

static int waits_for_the_first(cede_future **fs)
{
    for (int i = 0; i < 100; i++)
        CHECK(cede_wait(fs, N, CEDE_FIRST) >= 1);
    return waits_for_all(fs);
}

static void with_threads(int (*fn)(cede_future **fs))
{
    for (int round = 0; round < 20; round++) {
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

TASK_TEST(what_many_threads_resolve_may_be_waited_for)
{
    with_threads(waits_for_all);
    with_threads(waits_for_the_first);
}

TASK_TEST(what_many_threads_resolve_may_be_gathered)
{
    with_threads(gathers);
}

TASK_TEST(what_many_threads_resolve_comes_one_by_one)
{
    with_threads(takes_one_by_one);
}

TASK_TEST(the_first_failure_of_a_thread_brings_its_message)
{
    cede_future *fs[] = {cede_promise(), cede_promise()};
    pthread_t t = in_thread(fails_in_thread, fs[1]);
    CHECK_ERR(cede_gather_futures(fs, 2), -EIO);
    CHECK_STR_EQ(cede_message(), "the thread's text");
    CHECK_EQ(ends_with(t), 0);
    cede_future_free(fs[0]);
    cede_future_free(fs[1]);
}

/* ---- on its way ------------------------------------------------------ */

struct two {
    cede_future *fs[2];
};

static int waits_for_first(void *arg)
{
    return cede_wait(((struct two *)arg)->fs, 2, CEDE_FIRST);
}

static int waits_for_both(void *arg)
{
    return cede_wait(((struct two *)arg)->fs, 2, CEDE_ALL);
}

/* Start fn, have a thread resolve the first, or both, and cancel fn before its
 * loop could hear of that. */
static int cancelled_meanwhile(cede_fn *fn, int resolved)
{
    struct two two = {{cede_promise(), cede_promise()}};
    CEDE_GROUP(g);
    cede_future *waiter = cede_spawn(&g, fn, &two);
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < resolved; i++)
        CHECK_EQ(by_thread(resolves_in_thread, two.fs[i]), 0);
    CHECK_EQ(cede_cancel(waiter), 0);
    int rc = cede_await(waiter);
    CHECK_OK(cede_join(&g));
    for (int i = 0; i < 2; i++)
        cede_future_free(two.fs[i]);
    return rc;
}

TASK_TEST(what_is_on_its_way_beats_a_cancel_if_it_is_enough)
{
    CHECK_EQ(cancelled_meanwhile(waits_for_first, 1), 1);
    CHECK_EQ(cancelled_meanwhile(waits_for_both, 2), 2);
}

TASK_TEST(what_is_on_its_way_and_not_enough_does_not_keep_a_cancelled_task)
{
    CHECK_ERR(cancelled_meanwhile(waits_for_both, 1), -ECANCELED);
    CHECK_ERR(cancelled_meanwhile(waits_for_first, 0), -ECANCELED);
}

/* One is enough; the other is given up while news of it is on its way. */
TASK_TEST(news_may_come_after_the_wait_is_over)
{
    struct two two = {{cede_promise(), cede_promise()}};
    CEDE_GROUP(g);
    cede_future *waiter = cede_spawn(&g, waits_for_first, &two);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_resolve(two.fs[0], 7), 0);
    CHECK_EQ(by_thread(resolves_and_frees_in_thread, two.fs[1]), 0);
    CHECK(cede_await(waiter) >= 1);
    CHECK_OK(cede_join(&g));
    cede_future_free(two.fs[0]);
}

TASK_TEST(a_generator_may_be_closed_while_news_is_on_its_way)
{
    cede_future *fs[] = {cede_promise(), cede_promise(), cede_promise()}, *f;
    cede_gen *g = cede_as_completed(fs, 3);
    CHECK_EQ(cede_resolve(fs[0], 7), 0);
    CHECK_EQ(cede_next(g, &f), 1);
    CHECK_EQ(by_thread(resolves_and_frees_in_thread, fs[1]), 0);
    CHECK_EQ(by_thread(resolves_and_frees_in_thread, fs[2]), 0);
    CHECK_OK(cede_gen_close(g));
    CHECK_OK(cede_sleep(0));
    cede_future_free(fs[0]);
}

static cede_gen *left;

static int leaves_a_generator(void *arg)
{
    cede_future **fs = arg, *f;
    left = cede_as_completed(fs, 3);
    CHECK_EQ(cede_resolve(fs[0], 7), 0);
    CHECK_EQ(cede_next(left, &f), 1);
    CHECK_EQ(by_thread(resolves_and_frees_in_thread, fs[1]), 0);
    return 0;
}

TEST(a_generator_left_open_outlives_loop_and_futures)
{
    cede_future *fs[] = {cede_promise(), cede_promise(), cede_promise()};
    CHECK_EQ(cede_run(leaves_a_generator, fs), 0);
    CHECK_EQ(by_thread(resolves_and_frees_in_thread, fs[2]), 0);
    CHECK_OK(cede_gen_close(left));
    cede_future_free(fs[0]);
}

/* ---- another loop's task --------------------------------------------- */

static int asks(void *arg)
{
    cede_future *f = arg, *out;
    CHECK_ERR(cede_wait(&f, 1, CEDE_FIRST), -EPERM);
    CHECK_ERR(cede_gather_futures(&f, 1), -EPERM);
    cede_gen *g = cede_as_completed(&f, 1);
    CHECK_ERR(cede_next(g, &out), -EPERM);
    CHECK_ERR(cede_gen_close(g), -EPERM);
    return 0;
}

static void *asks_in_thread(void *f)
{
    return (void *)(intptr_t)cede_run(asks, f);
}

static int sleeps(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_NEVER);
}

TASK_TEST(a_task_of_another_loop_is_refused_among_others)
{
    CEDE_GROUP(g);
    CHECK_EQ(by_thread(asks_in_thread, cede_spawn(&g, sleeps, NULL)), 0);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

SUITE("several_thread")
