/* SPDX-License-Identifier: MIT
 *
 * callback_thread_test.c - being told of what another thread resolves, and of
 * tasks of another thread's loop.
 */
#define _GNU_SOURCE /* pthread_tryjoin_np */
#include "check.h"
#include "tasks.h"
#include "threads.h"
#include <stdatomic.h>

/* How often a callback ran, its last result, and on which thread. */
struct told {
    atomic_int times;
    int result;
    pthread_t thread;
    cede_future *f;
};

static void tells(cede_future *f, void *ctx)
{
    struct told *t = ctx;
    t->result = cede_result(f);
    t->thread = pthread_self();
    atomic_fetch_add(&t->times, 1);
}

static void wait_until_told(struct told *t, int times)
{
    while (atomic_load(&t->times) < times)
        CHECK_OK(cede_sleep(CEDE_US));
}

/* ---- promises -------------------------------------------------------- */

TASK_TEST(what_a_thread_resolves_is_told_on_the_loop)
{
    struct told told = {0};
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, tells, &told), 0);
    CHECK_EQ(by_thread(resolves_and_frees_in_thread, f), 0);
    CHECK_EQ(atomic_load(&told.times), 0);
    wait_until_told(&told, 1);
    CHECK_EQ(told.result, 7);
    CHECK(pthread_equal(told.thread, pthread_self()));
}

static void *watches_in_thread(void *arg)
{
    struct told *t = arg;
    return (void *)(intptr_t)cede_on_done(t->f, tells, t);
}

static void *takes_back_in_thread(void *arg)
{
    struct told *t = arg;
    return (void *)(intptr_t)cede_off_done(t->f, tells, t);
}

TEST(without_loops_it_is_told_on_the_thread_that_resolves)
{
    struct told told = {.f = cede_promise()};
    for (int i = 0; i < 3; i++)
        CHECK_EQ(by_thread(watches_in_thread, &told), 0);
    CHECK_EQ(cede_off_done(told.f, tells, &told), 3);
    CHECK_EQ(by_thread(watches_in_thread, &told), 0);
    CHECK_EQ(cede_resolve(told.f, 7), 0);
    CHECK_EQ(atomic_load(&told.times), 1);
    CHECK(pthread_equal(told.thread, pthread_self()));
    cede_future_free(told.f);
}

TASK_TEST(a_loop_and_threads_do_not_take_back_each_others)
{
    struct told told = {.f = cede_promise()};
    CHECK_EQ(by_thread(watches_in_thread, &told), 0);
    CHECK_EQ(cede_off_done(told.f, tells, &told), 0);
    CHECK_EQ(cede_on_done(told.f, tells, &told), 0);
    CHECK_EQ(by_thread(takes_back_in_thread, &told), 1);
    CHECK_EQ(by_thread(takes_back_in_thread, &told), 0);
    CHECK_EQ(cede_off_done(told.f, tells, &told), 1);
    cede_future_free(told.f);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(atomic_load(&told.times), 0);
}

static int watches(void *arg)
{
    struct told *t = arg;
    return cede_on_done(t->f, tells, t);
}

TEST(a_loop_may_end_while_a_thread_resolves_what_it_watches)
{
    for (int i = 0; i < 200; i++) {
        struct told told = {.f = cede_promise()};
        pthread_t t = in_thread(resolves_in_thread, told.f);
        CHECK_EQ(cede_run(watches, &told), 0);
        CHECK_EQ(ends_with(t), 0);
        CHECK(atomic_load(&told.times) <= 1);
        cede_future_free(told.f);
    }
}

static void resolves_next(cede_future *f, void *next)
{
    (void)f;
    CHECK_EQ(cede_resolve(next, 7), 0);
}

TASK_TEST(chains_may_go_from_thread_to_loop_and_back)
{
    struct told told = {.f = cede_promise()};
    cede_future *middle = cede_promise();
    CHECK_EQ(cede_on_done(middle, resolves_next, told.f), 0);
    CHECK_EQ(by_thread(watches_in_thread, &told), 0);
    pthread_t t = in_thread(resolves_in_thread, middle);
    wait_until_told(&told, 1);
    CHECK_EQ(ends_with(t), 0);
    cede_future_free(middle);
    cede_future_free(told.f);
}

/* ---- tasks of another loop ------------------------------------------- */

static int seven = 7;

static int is_watched_by_a_thread(void *arg)
{
    struct told *told = arg;
    told->f = cede_spawn(NULL, returns_later, &seven);
    pthread_t t = in_thread(watches_in_thread, told);
    wait_until_told(told, 1);
    CHECK_EQ(ends_with(t), 0);
    CHECK_EQ(told->result, 7);
    /* Done already: the thread that asks is told at once. */
    CHECK_EQ(by_thread(watches_in_thread, told), 0);
    CHECK_EQ(atomic_load(&told->times), 2);
    CHECK(!pthread_equal(told->thread, pthread_self()));
    CHECK_EQ(by_thread(takes_back_in_thread, told), 0);
    cede_future_free(told->f);
    return 0;
}

TEST(a_thread_may_watch_a_task)
{
    struct told told = {0};
    CHECK_EQ(cede_run(is_watched_by_a_thread, &told), 0);
    CHECK_EQ(atomic_load(&told.times), 2);
}

static atomic_int took_back;

static void *watches_and_takes_back(void *arg)
{
    struct told *t = arg;
    CHECK_EQ(cede_on_done(t->f, tells, t), 0);
    CHECK_EQ(cede_on_done(t->f, tells, t), 0);
    CHECK_EQ(cede_off_done(t->f, tells, t), 2);
    atomic_store(&took_back, 1);
    return NULL;
}

static int is_left_by_a_thread(void *arg)
{
    struct told *told = arg;
    CEDE_GROUP(g);
    told->f = cede_spawn(&g, sleeps_for_ever, "");
    pthread_t t = in_thread(watches_and_takes_back, told);
    while (!atomic_load(&took_back))
        CHECK_OK(cede_sleep(CEDE_US));
    CHECK_EQ(ends_with(t), 0);
    cede_group_cancel(&g);
    return cede_join(&g);
}

TEST(a_thread_may_take_back_that_it_watches_a_task)
{
    struct told told = {0};
    CHECK_EQ(cede_run(is_left_by_a_thread, &told), 0);
    CHECK_EQ(atomic_load(&told.times), 0);
}

/* The other loop watches; that it does is known once it said so. */
static atomic_int watching, may_end;

static int watches_the_others_task(void *arg)
{
    struct told *t = arg;
    CHECK_EQ(cede_on_done(t->f, tells, t), 0);
    CHECK_ERR(cede_off_done(t->f, tells, t), -EPERM);
    atomic_store(&watching, 1);
    if (atomic_load(&may_end) == 0)
        wait_until_told(t, 1);
    return 0;
}

static void *in_a_loop(void *arg)
{
    return (void *)(intptr_t)cede_run(watches_the_others_task, arg);
}

static int is_watched_by_a_loop(void *arg)
{
    struct told *told = arg;
    CEDE_GROUP(g);
    told->f = cede_spawn(&g, sleeps_for_ever, "");
    pthread_t t = in_thread(in_a_loop, told);
    while (!atomic_load(&watching))
        CHECK_OK(cede_sleep(CEDE_US));
    if (atomic_load(&may_end)) /* the watcher's loop is over first */
        CHECK_EQ(ends_with(t), 0);
    cede_group_cancel(&g);
    int rc = cede_join(&g); /* which gives the handle back */
    while (!atomic_load(&may_end) && pthread_tryjoin_np(t, NULL) != 0)
        CHECK_OK(cede_sleep(CEDE_US)); /* it may still need our loop */
    return rc;
}

TEST(a_loop_may_watch_another_loops_task)
{
    struct told told = {0};
    CHECK_EQ(cede_run(is_watched_by_a_loop, &told), 0);
    CHECK_EQ(atomic_load(&told.times), 1);
    CHECK_ERR(told.result, -ECANCELED);
}

TEST(a_loop_that_watched_another_loops_task_may_end_first)
{
    struct told told = {0};
    atomic_store(&may_end, 1);
    CHECK_EQ(cede_run(is_watched_by_a_loop, &told), 0);
    CHECK_EQ(atomic_load(&told.times), 0);
}

/* The future is given back, and its run over, before this loop calls back. */
static int holds_its_loop(void *arg)
{
    struct told *t = arg;
    CHECK_EQ(cede_on_done(t->f, tells, t), 0);
    atomic_store(&watching, 1);
    while (!atomic_load(&may_end))
        continue;
    wait_until_told(t, 1);
    return 0;
}

static void *holds_in_a_loop(void *arg)
{
    return (void *)(intptr_t)cede_run(holds_its_loop, arg);
}

TEST(a_promise_outlives_its_owner_until_the_last_callback_ran)
{
    struct told told = {0};
    told.f = cede_promise();
    pthread_t t = in_thread(holds_in_a_loop, &told);
    while (!atomic_load(&watching))
        continue;
    CHECK_EQ(cede_resolve(told.f, 7), 0);
    cede_future_free(told.f);
    atomic_store(&may_end, 1);
    CHECK_EQ(ends_with(t), 0);
    CHECK_EQ(told.result, 7);
}

static pthread_t holder;

static int ends_while_watched(void *arg)
{
    struct told *told = arg;
    CEDE_GROUP(g);
    told->f = cede_spawn(&g, returns_later, &seven);
    holder = in_thread(holds_in_a_loop, told);
    while (!atomic_load(&watching))
        continue; /* its request is posted before our loop goes on */
    return cede_join(&g);
}

TEST(a_task_and_its_run_may_be_over_before_another_loop_is_told)
{
    struct told told = {0};
    CHECK_EQ(cede_run(ends_while_watched, &told), 0);
    CHECK_EQ(atomic_load(&told.times), 0);
    atomic_store(&may_end, 1);
    CHECK_EQ(ends_with(holder), 0);
    CHECK_EQ(told.result, 7);
}

SUITE("callback_thread")
