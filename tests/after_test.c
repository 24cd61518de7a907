/* SPDX-License-Identifier: MIT
 *
 * after_test.c - promises that the clock keeps.
 */
#include "check.h"
#include "tasks.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

VIRTUAL_TEST(a_time_may_be_awaited_and_has_a_result)
{
    cede_future *f = cede_after(CEDE_SEC, 7);
    cede_time start = cede_now();
    CHECK(!cede_done(f));
    CHECK_EQ(cede_await(f), 7);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
    cede_future_free(f);
}

VIRTUAL_TEST(the_delay_runs_from_the_call)
{
    cede_future *f = cede_after(CEDE_SEC, 7);
    CHECK_OK(cede_sleep(3 * CEDE_SEC));
    CHECK(cede_done(f));
    cede_future_free(f);
}

TASK_TEST(no_delay_is_the_next_turn_and_not_now)
{
    cede_future *f[] = {cede_after(0, 0), cede_after(-CEDE_SEC, 1),
                        cede_after(-CEDE_NEVER, 2)};
    for (int i = 0; i < 3; i++)
        CHECK(!cede_done(f[i]));
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_await(f[i]), i);
        cede_future_free(f[i]);
    }
}

VIRTUAL_TEST(it_may_fail_and_that_is_reported_if_nobody_reads_it)
{
    listen_to_hook();
    cede_future *f = cede_after(CEDE_SEC, -EIO);
    CHECK_OK(cede_sleep(2 * CEDE_SEC));
    cede_future_free(f);
    CHECK_EQ(hooked.count, 1);
    CHECK(strstr(hooked.what, "a promise made at tests/after_test.c:"));
}

/* ---- ended early ----------------------------------------------------- */

static cede_time lasts(cede_fn *fn, int want)
{
    cede_time start = cede_clock();
    cede_future *f = cede_after(1000 * CEDE_SEC, 7);
    int rc = fn(f);
    if (rc != -EAGAIN) {
        CHECK_EQ(cede_await(f), want);
        CHECK_OK(cede_sleep(CEDE_SEC));
        cede_future_free(f);
    }
    return cede_clock() - start;
}

static int cancels(void *f)
{
    return cede_cancel(f);
}

static int resolves(void *f)
{
    return cede_resolve(f, 8);
}

static int gives_back(void *f)
{
    cede_future_free(f);
    return -EAGAIN;
}

VIRTUAL_TEST(cancelled_resolved_or_given_back_it_is_over)
{
    CHECK_EQ(lasts(cancels, -ECANCELED), CEDE_SEC);
    CHECK_EQ(lasts(resolves, 8), CEDE_SEC);
    CHECK_EQ(lasts(gives_back, 0), 0);
}

static void *in_thread_cancels(void *f)
{
    CHECK_EQ(cede_cancel(f), 0);
    return NULL;
}

static void *in_thread_gives_back(void *f)
{
    cede_future_free(f);
    return NULL;
}

static void by_thread(void *(*fn)(void *), void *f)
{
    pthread_t t;
    CHECK(pthread_create(&t, NULL, fn, f) == 0);
    CHECK(pthread_join(t, NULL) == 0);
}

TASK_TEST(another_thread_may_end_it_early)
{
    cede_future *f = cede_after(1000 * CEDE_SEC, 7);
    by_thread(in_thread_cancels, f);
    CHECK_ERR(cede_await(f), -ECANCELED);
    cede_future_free(f);
    by_thread(in_thread_gives_back, cede_after(1000 * CEDE_SEC, 7));
}

VIRTUAL_TEST(what_another_thread_ended_early_takes_no_time)
{
    cede_time start = cede_clock();
    cede_future *f = cede_after(1000 * CEDE_SEC, 7);
    by_thread(in_thread_cancels, f);
    CHECK_OK(cede_sleep(CEDE_SEC));
    cede_future_free(f);
    CHECK_EQ(cede_clock() - start, CEDE_SEC);
}

/* It fires while the news that it was cancelled is on its way. */
VIRTUAL_TEST(a_timer_that_fires_too_late_disturbs_nobody)
{
    cede_future *f = cede_after(0, 7);
    by_thread(in_thread_cancels, f);
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK_ERR(cede_result(f), -ECANCELED);
    cede_future_free(f);
    by_thread(in_thread_gives_back, cede_after(0, 7));
    CHECK_OK(cede_sleep(CEDE_SEC));
}

static atomic_bool fired;

/* Nothing tells it that the loop has resolved f but what it does with f. */
static void *gives_back_what_fired(void *f)
{
    while (!atomic_load_explicit(&fired, memory_order_relaxed))
        sched_yield();
    cede_future_free(f);
    return NULL;
}

VIRTUAL_TEST(another_thread_may_give_back_what_has_just_fired)
{
    pthread_t t;
    cede_future *f = cede_after(CEDE_SEC, 7);
    CHECK(pthread_create(&t, NULL, gives_back_what_fired, f) == 0);
    CHECK_OK(cede_sleep(CEDE_SEC));
    atomic_store_explicit(&fired, true, memory_order_relaxed);
    CHECK(pthread_join(t, NULL) == 0);
}

static bool a_timer_is_set(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cede_dump(out);
    fclose(out);
    bool found = strstr(text, "next timer") != NULL;
    free(text);
    return found;
}

VIRTUAL_TEST(ended_early_it_leaves_no_timer_behind)
{
    cede_future *f = cede_after(CEDE_SEC, 7);
    CHECK(a_timer_is_set());
    CHECK_EQ(cede_resolve(f, 1), 0);
    CHECK(!a_timer_is_set());
    cede_future_free(f);
    CHECK_OK(cede_sleep(2 * CEDE_SEC));
}

/* ---- the end of its loop --------------------------------------------- */

static cede_future *kept[2];

static void notes_result(cede_future *f, void *ctx)
{
    (void)ctx;
    note("%d ", cede_result(f) == CEDE_ECLOSED);
    cede_future *late = cede_after(CEDE_SEC, 7);
    note("%d ", cede_result(late) == CEDE_ECLOSED);
    cede_future_free(late);
}

static int leaves_them(void *arg)
{
    kept[0] = cede_after(CEDE_SEC, *(int *)arg);
    kept[1] = cede_after(CEDE_NEVER, 7);
    return cede_on_done(kept[1], notes_result, NULL);
}

TEST(when_its_loop_ends_first_it_is_closed)
{
    listen_to_hook();
    CHECK_EQ(cede_run(leaves_them, &(int){7}), 0);
    CHECK_NOTED("1 1 ");
    CHECK_ERR(cede_await(kept[0]), CEDE_ECLOSED);
    cede_future_free(kept[0]);
    cede_future_free(kept[1]);
    CHECK_EQ(hooked.count, 0);
}

static int leaves_one(void *arg)
{
    (void)arg;
    kept[0] = cede_after(CEDE_SEC, 7);
    return 0;
}

TEST(closed_with_its_loop_it_is_no_failure_that_somebody_must_read)
{
    listen_to_hook();
    CHECK_OK(cede_run(leaves_one, NULL));
    cede_future_free(kept[0]);
    CHECK_EQ(hooked.count, 0);
}

static int ends_them_elsewhere(void *arg)
{
    (void)leaves_them(arg);
    by_thread(in_thread_gives_back, kept[0]);
    by_thread(in_thread_cancels, kept[1]);
    return 0;
}

TEST(ended_by_another_thread_as_its_loop_ends_it_is_ended_once)
{
    CHECK_EQ(cede_run(ends_them_elsewhere, &(int){7}), 0);
    CHECK_ERR(cede_result(kept[1]), -ECANCELED);
    cede_future_free(kept[1]);
}

TEST(without_a_loop_there_is_no_time_to_wait_for)
{
    cede_future *f = cede_after(CEDE_SEC, 7);
    CHECK_ERR(cede_await(f), -EPERM);
    CHECK(strstr(cede_message(), "without a loop"));
    cede_future_free(f);
}

TASK_TEST(exit_is_no_result_of_a_time)
{
    cede_future *f = cede_after(CEDE_SEC, CEDE_EXIT);
    CHECK_ERR(cede_await(f), -EINVAL);
    cede_future_free(f);
}

SUITE("after")
