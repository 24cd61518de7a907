/* SPDX-License-Identifier: MIT
 *
 * pool_cpu_test.c - pools whose threads share one CPU, where one worker calls
 * the next, and who waits gives way before it sleeps.
 */
#define _GNU_SOURCE
#include "check.h"
#include "tasks.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { WORKERS = 4, MANY = 1000 };

static pthread_barrier_t all;

/* A pool of one CPU, made on this thread, which keeps to it from then on. */
static cede_pool *pool_of_one_cpu(int (*begin)(void *))
{
    cpu_set_t allowed, one;
    CHECK_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &allowed))
            CPU_SET(i, &one);
    CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    CHECK_EQ(pthread_barrier_init(&all, NULL, WORKERS), 0);
    return cede_threads_with(
        &(cede_pool_options){.workers = WORKERS, .begin = begin});
}

static int meets_the_others(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&all);
    return 1;
}

static int answers(void *number)
{
    return *(int *)number;
}

static void meet(cede_pool *p, cede_fn *fn)
{
    cede_future *fs[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        fs[i] = cede_submit(p, fn, &(int){1}, sizeof(int));
    for (int i = 0; i < WORKERS; i++) {
        CHECK_EQ(cede_await(fs[i]), 1);
        cede_future_free(fs[i]);
    }
}

TASK_TEST(jobs_that_block_on_one_cpu_hold_up_no_others)
{
    cede_pool *p = pool_of_one_cpu(NULL);
    for (int i = 0; i < 100; i++)
        meet(p, meets_the_others);
    CHECK_OK(cede_pool_close(p));
}

TASK_TEST(workers_that_take_long_to_begin_on_one_cpu_hold_up_no_others)
{
    cede_pool *p = pool_of_one_cpu(meets_the_others);
    meet(p, answers);
    CHECK_OK(cede_pool_close(p));
}

TASK_TEST(each_of_many_jobs_on_one_cpu_brings_its_own_result)
{
    static cede_future *fs[MANY];
    cede_pool *p = pool_of_one_cpu(NULL);
    for (int i = 0; i < 3 * MANY; i++) {
        if (i >= MANY) {
            CHECK_EQ(cede_await(fs[i % MANY]), i - MANY);
            cede_future_free(fs[i % MANY]);
        }
        fs[i % MANY] = cede_submit(p, answers, &i, sizeof i);
    }
    for (int i = 2 * MANY; i < 3 * MANY; i++) {
        CHECK_EQ(cede_await(fs[i % MANY]), i);
        cede_future_free(fs[i % MANY]);
    }
    CHECK_OK(cede_pool_close(p));
}

SUITE("pool_cpu")
