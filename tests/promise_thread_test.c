/* SPDX-License-Identifier: MIT
 *
 * promise_thread_test.c - a promise between threads: with loops, and without.
 */
#include "check.h"
#include "tasks.h"
#include "threads.h"
#include <stdatomic.h>

static const cede_options on_virtual = {.poller = "virtual"};

static int awaits(void *f)
{
    return cede_await(f);
}

/* ---- a thread resolves ----------------------------------------------- */

TEST(a_promise_made_before_the_run_may_be_kept_by_a_thread)
{
    for (int i = 0; i < 50; i++) {
        cede_future *f = cede_promise();
        pthread_t t = in_thread(resolves_in_thread, f);
        CHECK_EQ(cede_run_with(i % 2 ? &on_virtual : NULL, awaits, f), 7);
        CHECK_EQ(ends_with(t), 0);
        cede_future_free(f);
    }
}

TASK_TEST(a_threads_message_comes_along)
{
    cede_future *f = cede_promise();
    pthread_t t = in_thread(fails_in_thread, f);
    CHECK_ERR(cede_await(f), -EIO);
    CHECK_STR_EQ(cede_message(), "the thread's text");
    CHECK_EQ(ends_with(t), 0);
    cede_future_free(f);
}

static int awaits_and_notes(void *f)
{
    note("%d ", cede_await(f));
    return 0;
}

TASK_TEST(a_thread_tells_all_who_await_in_order)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise();
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_go(&g, awaits_and_notes, f));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(by_thread(resolves_in_thread, f), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("7 7 7 ");
    cede_future_free(f);
}

TASK_TEST(a_promise_on_its_way_from_a_thread_beats_a_cancel)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise(), *waiter = cede_spawn(&g, awaits, f);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(by_thread(resolves_and_frees_in_thread, f), 0);
    CHECK_EQ(cede_cancel(waiter), 0);
    CHECK_EQ(cede_await(waiter), 7);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_cancel_before_the_thread_resolves_is_one)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise(), *waiter = cede_spawn(&g, awaits, f);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_cancel(waiter), 0);
    CHECK_EQ(by_thread(resolves_and_frees_in_thread, f), 0);
    CHECK_ERR(cede_await(waiter), -ECANCELED);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_thread_that_gives_its_promise_back_breaks_it)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise(), *waiter = cede_spawn(&g, awaits, f);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(by_thread(frees_in_thread, f), 0);
    CHECK_ERR(cede_await(waiter), CEDE_EBROKEN);
    CHECK_ERR(cede_join(&g), CEDE_EBROKEN);
}

/* ---- a thread awaits ------------------------------------------------- */

static void *awaits_in_thread(void *f)
{
    return (void *)(intptr_t)cede_await(f);
}

TEST(a_plain_thread_blocks_until_a_promise_is_kept)
{
    cede_future *f = cede_promise();
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        t[i] = in_thread(awaits_in_thread, f);
    CHECK_EQ(cede_resolve(f, 7), 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(ends_with(t[i]), 7);
    cede_future_free(f);
}

static atomic_int loops_ready;

static int awaits_when_both_do(void *f)
{
    atomic_fetch_add(&loops_ready, 1);
    return cede_await(f);
}

static void *awaits_in_a_loop(void *f)
{
    return (void *)(intptr_t)cede_run(awaits_when_both_do, f);
}

TEST(two_loops_and_a_thread_may_await_one_promise)
{
    for (int i = 0; i < 20; i++) {
        cede_future *f = cede_promise();
        atomic_store(&loops_ready, 0);
        pthread_t t[] = {in_thread(awaits_in_a_loop, f),
                         in_thread(awaits_in_a_loop, f),
                         in_thread(awaits_in_thread, f)};
        while (i % 2 && atomic_load(&loops_ready) < 2)
            continue; /* once about to wait, once at any time */
        CHECK_EQ(cede_resolve(f, 7), 0);
        for (int j = 0; j < 3; j++)
            CHECK_EQ(ends_with(t[j]), 7);
        cede_future_free(f);
    }
}

static int resolves_in_its_loop(void *f)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_resolve(f, 7);
}

TEST(a_task_may_keep_what_another_threads_loop_awaits)
{
    cede_future *f = cede_promise();
    pthread_t t = in_thread(awaits_in_a_loop, f);
    CHECK_EQ(cede_run(resolves_in_its_loop, f), 0);
    CHECK_EQ(ends_with(t), 7);
    cede_future_free(f);
}

/* ---- races ----------------------------------------------------------- */

TEST(one_of_those_who_resolve_at_once_is_first)
{
    for (int i = 0; i < 100; i++) {
        cede_future *f = cede_promise();
        pthread_t t = in_thread(resolves_in_thread, f);
        int rc = cede_resolve(f, 8), other = (int)ends_with(t);
        CHECK((rc == 0) != (other == 0));
        CHECK(rc == -EALREADY || other == -EALREADY);
        CHECK_EQ(cede_result(f), rc == 0 ? 8 : 7);
        cede_future_free(f);
    }
}

TEST(who_sees_that_it_is_done_may_free_it_at_once)
{
    for (int i = 0; i < 300; i++) {
        cede_future *f = cede_promise();
        pthread_t t = in_thread(resolves_in_thread, f);
        while (!cede_done(f))
            continue;
        CHECK_EQ(cede_result(f), 7);
        cede_future_free(f);
        CHECK_EQ(ends_with(t), 0);
    }
}

static int awaits_and_frees(void *f)
{
    int rc = cede_await(f);
    cede_future_free(f);
    return rc;
}

TEST(who_has_awaited_it_may_free_it_at_once)
{
    for (int i = 0; i < 300; i++) {
        cede_future *f = cede_promise();
        pthread_t t = in_thread(resolves_in_thread, f);
        CHECK_EQ(i % 2 ? cede_run(awaits_and_frees, f) : awaits_and_frees(f),
                 7);
        CHECK_EQ(ends_with(t), 0);
    }
}

static int awaits_for_a_moment(void *f)
{
    cede_scope s;
    cede_enter(&s, cede_in(50 * CEDE_US));
    return cede_leave(&s, cede_await(f));
}

TEST(a_cancel_may_race_with_a_resolve)
{
    for (int i = 0; i < 100; i++) {
        cede_future *f = cede_promise();
        pthread_t t = in_thread(resolves_in_thread, f);
        int rc = cede_run(awaits_for_a_moment, f);
        CHECK(rc == 7 || rc == -ETIMEDOUT);
        CHECK_EQ(ends_with(t), 0);
        cede_future_free(f);
    }
}

static int reads(void *f)
{
    int rc;
    while ((rc = cede_result(f)) == -EAGAIN)
        continue;
    return rc;
}

static void *reads_in_thread(void *f)
{
    return (void *)(intptr_t)reads(f);
}

TEST(any_number_of_threads_may_look_at_it)
{
    cede_future *f = cede_promise();
    pthread_t t[] = {in_thread(reads_in_thread, f),
                     in_thread(reads_in_thread, f)};
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_EQ(reads(f), 7);
    CHECK_EQ(ends_with(t[0]), 7);
    CHECK_EQ(ends_with(t[1]), 7);
    cede_future_free(f);
}

SUITE("promise_thread")
