/* SPDX-License-Identifier: MIT
 *
 * threads_post_test.c - loops of cede_run_threads that give each other work by
 * posts and remote starts, all at once.
 */
#include "check.h"
#include <stdatomic.h>

enum { N = 4 };

static atomic_long ran[N], ended;

/* ---- posts ------------------------------------------------------------- */

static cede_future *last; /* resolved by the last post of all */
static long posts;

static int lands(void *to)
{
    CHECK_EQ(cede_thread_index(), (uintptr_t)to);
    if (++ran[(uintptr_t)to] == posts * N)
        if (++ended == N)
            CHECK_OK(cede_resolve(last, 0));
    return 0;
}

static int posts_to_all(void *arg)
{
    (void)arg;
    for (long i = 0; i < posts; i++)
        for (uintptr_t to = 0; to < N; to++)
            CHECK_OK(cede_loop_post(cede_thread_loop((unsigned)to), lands,
                                    (void *)to));
    return cede_thread_index() == 0 ? cede_await(last) : 0;
}

TEST(posts_from_all_to_all_run_also_where_the_main_is_over)
{
    posts = rounds(5000);
    last = cede_promise();
    CHECK_EQ(cede_run_threads(N, posts_to_all, NULL), 0);
    for (int i = 0; i < N; i++)
        CHECK_EQ(ran[i], posts * N);
    cede_future_free(last);
}

/* ---- remote starts ----------------------------------------------------- */

static int answers_where_it_is(void *arg)
{
    CEDE_TRY(cede_sleep(0));
    return (int)(cede_thread_index() * 1000 + (uintptr_t)arg);
}

static int asks_all(void *rounds_to_go)
{
    for (int i = *(int *)rounds_to_go; i > 0; i--) {
        cede_future *answer[N];
        for (unsigned to = 0; to < N; to++)
            answer[to] =
                cede_loop_spawn_on(cede_thread_loop(to), answers_where_it_is,
                                   (void *)(uintptr_t)(i % 1000));
        for (unsigned to = 0; to < N; to++) {
            CHECK_EQ(cede_await(answer[to]), to * 1000 + (unsigned)i % 1000);
            cede_future_free(answer[to]);
        }
    }
    return 0;
}

TEST(tasks_started_on_all_by_all_are_awaited_also_where_the_main_is_over)
{
    CHECK_EQ(cede_run_threads(N, asks_all, &(int){rounds(1000)}), 0);
}

static int sleeps(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_NEVER);
}

static int starts_and_cancels(void *rounds_to_go)
{
    unsigned next = (cede_thread_index() + 1) % N;
    for (int i = *(int *)rounds_to_go; i > 0; i--) {
        cede_future *f =
            cede_loop_spawn_on(cede_thread_loop(next), sleeps, NULL);
        if (i % 2)
            CHECK_OK(cede_sleep(0));
        cede_cancel(f);
        CHECK_ERR(cede_await(f), -ECANCELED);
        cede_future_free(f);
    }
    return 0;
}

TEST(a_cancel_reaches_a_task_that_was_started_on_another_thread)
{
    CHECK_EQ(cede_run_threads(N, starts_and_cancels, &(int){rounds(1000)}), 0);
}

static int leaves_work_behind(void *arg)
{
    (void)arg;
    for (unsigned to = 0; to < N; to++) {
        cede_future *f = cede_loop_spawn_on(cede_thread_loop(to), sleeps, NULL);
        CHECK(f != NULL);
        cede_future_free(f);
    }
    return 0;
}

TEST(what_is_on_its_way_when_the_last_main_ends_is_cancelled_or_refused)
{
    for (int i = 0; i < rounds(200); i++)
        CHECK_EQ(cede_run_threads(N, leaves_work_behind, NULL), 0);
}

SUITE("threads_post")
