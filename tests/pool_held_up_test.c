/* SPDX-License-Identifier: MIT
 *
 * pool_held_up_test.c - a worker that does not come to look for the next job
 * for a while holds up nobody else's.
 */
#define _GNU_SOURCE
#include "check.h"
#include "tasks.h"
#include "threads.h"
#include <semaphore.h>
#include <stdatomic.h>

static sem_t there, go;

static int stop(void)
{
    sem_post(&there);
    sem_wait(&go);
    return 0;
}

static int stops(void *unused)
{
    (void)unused;
    return stop();
}

static int answers(void *unused)
{
    (void)unused;
    return 7;
}

static void stops_in_callback(cede_future *f, void *unused)
{
    (void)f;
    (void)unused;
    (void)stop();
}

static void runs_meanwhile(cede_pool *p)
{
    cede_future *f = cede_submit(p, answers, NULL, 0);
    CHECK_EQ(cede_await_within(20 * CEDE_SEC, f), 7);
    cede_future_free(f);
}

static void init_stops(void)
{
    sem_init(&there, 0, 0);
    sem_init(&go, 0, 0);
}

/* ---- callbacks --------------------------------------------------------- */

TEST(a_job_does_not_wait_for_the_callbacks_of_another_one)
{
    init_stops();
    cede_pool *p = cede_threads(2);
    cede_future *f = cede_submit(p, stops, NULL, 0);
    CHECK_EQ(cede_on_done(f, stops_in_callback, NULL), 0);
    sem_wait(&there);
    sem_post(&go);
    sem_wait(&there); /* in the callback */
    runs_meanwhile(p);
    sem_post(&go);
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

static void resolves_other(cede_future *f, void *other)
{
    (void)f;
    CHECK_EQ(cede_resolve(other, 5), 0);
    note("first ");
}

static void notes_result(cede_future *f, void *unused)
{
    (void)unused;
    note("%d ", cede_result(f));
}

TEST(callbacks_on_a_worker_run_one_after_the_other_before_its_next_job)
{
    init_stops();
    cede_pool *p = cede_threads(1);
    cede_future *f = cede_submit(p, stops, NULL, 0), *other = cede_promise();
    CHECK_EQ(cede_on_done(f, resolves_other, other), 0);
    CHECK_EQ(cede_on_done(f, notes_result, NULL), 0);
    CHECK_EQ(cede_on_done(other, notes_result, NULL), 0);
    sem_post(&go);
    runs_meanwhile(p);
    CHECK_NOTED("first 0 5 ");
    cede_future_free(f);
    cede_future_free(other);
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- beginning --------------------------------------------------------- */

static atomic_int begun;
static sem_t begins, may_begin;

static int stops_the_second(void *unused)
{
    (void)unused;
    if (atomic_fetch_add(&begun, 1) == 1) {
        sem_post(&begins);
        sem_wait(&may_begin);
    }
    return 0;
}

static bool idles(cede_pool *p)
{
    cede_pool_info info;
    CHECK_OK(cede_pool_look(p, &info));
    return info.idle > 0;
}

TEST(an_idle_worker_takes_a_job_while_another_one_begins)
{
    init_stops();
    sem_init(&begins, 0, 0);
    sem_init(&may_begin, 0, 0);
    const cede_pool_options o = {.workers = 2, .begin = stops_the_second};
    cede_pool *p = cede_threads_with(&o);
    cede_future *f = cede_submit(p, stops, NULL, 0);
    sem_wait(&there);
    cede_future *next = cede_submit(p, answers, NULL, 0);
    sem_wait(&begins);
    sem_post(&go);
    CHECK_EQ(cede_await(next), 7); /* done by the first */
    while (!idles(p))
        usleep(100);
    runs_meanwhile(p);
    sem_post(&may_begin);
    cede_future_free(f);
    cede_future_free(next);
    CHECK_EQ(cede_pool_close(p), 0);
}

SUITE("pool_held_up")
