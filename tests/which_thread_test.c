/* SPDX-License-Identifier: MIT
 *
 * which_thread_test.c - what may be called where: the table of
 * docs/from-threads.md, line by line.
 *
 * "Elsewhere" is a task of another thread's loop; a callback runs on a loop's
 * thread outside of tasks.
 */
#include "check.h"
#include "threads.h"

static cede_future *promise; /* resolved by nobody until a test says so */
static cede_queue *shared, *own;
static cede_pool *pool;

static int answers_7(void *arg)
{
    (void)arg;
    return 7;
}

static void *runs(void *fn)
{
    cede_fn *main;
    memcpy(&main, fn, sizeof main);
    return (void *)(intptr_t)cede_run(main, NULL);
}

/* As the main task of a loop on another thread. */
static int elsewhere(cede_fn *fn)
{
    return (int)by_thread(runs, &fn);
}

/* In a task, with everything that the callback uses, and a task waiting in
 * `own`. */
static void in_callback(void (*cb)(cede_future *f, void *ctx))
{
    cede_future *f = cede_promise();
    CHECK_OK(cede_on_done(f, cb, NULL));
    CHECK_OK(cede_resolve(f, 0));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_off_done(f, cb, NULL), 0); /* it has run */
    cede_future_free(f);
}

/* ---- runs, sleeps, groups --------------------------------------------- */

static void runs_and_sleeps(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
    CHECK_EQ(cede_run(answers_7, NULL), -EBUSY);
    CHECK_EQ(cede_sleep(0), -EPERM);
    CHECK_OK(cede_go(NULL, answers_7, NULL));
}

TASK_TEST(callbacks_neither_run_nor_sleep_but_start_background_tasks)
{
    CHECK_EQ(cede_run(answers_7, NULL), -EBUSY);
    in_callback(runs_and_sleeps);
}

TEST(plain_threads_run_and_sleep_but_start_no_tasks)
{
    CHECK_EQ(cede_run(answers_7, NULL), 7);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_go(NULL, answers_7, NULL), -EPERM);
}

/* ---- promises and jobs ------------------------------------------------- */

static int resolves_and_awaits(void *arg)
{
    (void)arg;
    CHECK_OK(cede_resolve(promise, 7));
    return cede_await(promise);
}

static void uses_promises(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
    cede_future *p = cede_promise();
    CHECK_EQ(cede_await(p), -EPERM);
    CHECK_OK(cede_resolve(p, 7));
    CHECK_EQ(cede_await(p), 7);
    CHECK_EQ(cede_result(p), 7);
    CHECK_EQ(cede_cancel(p), -EALREADY);
    cede_future_free(p);
}

TASK_TEST(promises_are_for_all_threads_and_callbacks_do_not_wait_for_them)
{
    promise = cede_promise();
    CHECK_EQ(elsewhere(resolves_and_awaits), 7);
    CHECK_EQ(cede_await(promise), 7);
    cede_future_free(promise);
    in_callback(uses_promises);
}

static int awaits(void *arg)
{
    (void)arg;
    return cede_await(promise);
}

static void awaits_a_task(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
    CHECK_EQ(cede_await(promise), -EPERM);
    CHECK(!cede_done(promise));
    CHECK_EQ(cede_result(promise), -EAGAIN);
}

static int takes_a_moment(void *arg)
{
    (void)arg;
    CHECK_OK(cede_sleep(CEDE_SEC / 10));
    return 7;
}

VIRTUAL_TEST(tasks_of_other_loops_are_awaited_by_plain_threads_only)
{
    promise = cede_spawn(NULL, takes_a_moment, NULL);
    CHECK_EQ(elsewhere(awaits), -EPERM);
    in_callback(awaits_a_task);
    CHECK_EQ(cede_await(promise), 7);
    CHECK_EQ(elsewhere(awaits), 7);
    cede_future_free(promise);
}

/* ---- queues, and what else tasks wait in ------------------------------ */

static int puts_one(void *arg)
{
    (void)arg;
    return cede_put(shared, &(int){7});
}

static void uses_queues(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
    int item;
    CHECK_EQ(cede_get(shared, &item), -EPERM);
    CHECK_EQ(cede_try_get(shared, &item), -EAGAIN);
    CHECK_OK(cede_try_put(shared, &(int){7}));
    CHECK_EQ(cede_put(shared, &item), -EPERM);
    CHECK_EQ(cede_get(shared, &item), 1);
    CHECK_OK(cede_try_put(own, &item));
    cede_mutex m = {0};
    CHECK_EQ(cede_mutex_lock(&m), -EPERM);
    cede_event e = {0};
    cede_event_set(&e);
    CHECK_EQ(cede_event_wait(&e), 0);
    cede_sem s = CEDE_SEM(0);
    CHECK_OK(cede_sem_release(&s));
}

TASK_TEST(shared_queues_are_for_all_threads_and_callbacks_do_not_wait)
{
    int item;
    shared = cede_queue_new_shared(sizeof(int), 1);
    own = cede_queue_new(sizeof(int), 1);
    CHECK_OK(elsewhere(puts_one));
    CHECK_EQ(cede_get(shared, &item), 1);
    CHECK_EQ(item, 7);
    in_callback(uses_queues);
    cede_queue_free(shared);
    cede_queue_free(own);
}

static cede_sem permits;

static int acquires(void *arg)
{
    (void)arg;
    return cede_sem_acquire(&permits);
}

static int tries(void *arg)
{
    (void)arg;
    return cede_sem_try_acquire(&permits);
}

/* Queues, which abort, are in wrong_thread_test.c. */
TASK_TEST(what_tasks_wait_in_is_refused_to_other_threads)
{
    permits = (cede_sem)CEDE_SEM(0);
    cede_future *f = cede_spawn(NULL, acquires, NULL);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(elsewhere(tries), -EPERM);
    CHECK_OK(cede_sem_release(&permits));
    CHECK_OK(cede_await(f));
    cede_future_free(f);
}

/* ---- pools ------------------------------------------------------------- */

static void uses_pools(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
    promise = cede_submit(pool, answers_7, NULL, 0);
    CHECK_EQ(cede_offload(answers_7, NULL), -EPERM);
    CHECK_EQ(cede_pool_close(pool), -EPERM);
    CHECK_EQ(cede_pool_cancel(pool), -EPERM);
    CHECK_OK(cede_pool_shut(pool));
}

static int submits_and_awaits(void *arg)
{
    (void)arg;
    cede_future *f = cede_submit(pool, answers_7, NULL, 0);
    int rc = cede_await(f);
    cede_future_free(f);
    return rc;
}

TASK_TEST(pools_are_for_all_threads_and_callbacks_only_submit)
{
    pool = cede_threads(1);
    CHECK_EQ(elsewhere(submits_and_awaits), 7);
    CHECK_EQ(submits_and_awaits(NULL), 7);
    in_callback(uses_pools);
    CHECK_EQ(cede_await(promise), 7);
    cede_future_free(promise);
    CHECK_OK(cede_pool_close(pool));
}

static int is_self(void *thread)
{
    return pthread_equal(*(pthread_t *)thread, pthread_self());
}

TEST(a_plain_thread_submits_awaits_and_offloads_to_itself)
{
    pthread_t self = pthread_self();
    pool = cede_threads(1);
    CHECK_EQ(submits_and_awaits(NULL), 7);
    CHECK_EQ(cede_offload(is_self, &self), 1);
    CHECK_OK(cede_pool_close(pool));
}

/* ---- loops -------------------------------------------------------------- */

static cede_loop *home;
static int posted;

static int counts(void *arg)
{
    (void)arg;
    return posted++;
}

static int posts_and_spawns(void *arg)
{
    (void)arg;
    CHECK(!cede_loop_is_closed(home));
    CHECK_OK(cede_loop_post(home, counts, NULL));
    promise = cede_loop_spawn_on(home, answers_7, NULL);
    return 0;
}

static void posts_and_spawns_in_callback(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
    posts_and_spawns(NULL);
}

static void *posts_and_spawns_in_thread(void *arg)
{
    posts_and_spawns(arg);
    return NULL;
}

static void await_what_came(int n)
{
    CHECK_EQ(cede_await(promise), 7);
    CHECK_EQ(posted, n);
    cede_future_free(promise);
}

TASK_TEST(posts_and_tasks_come_from_anywhere)
{
    home = cede_loop_current();
    posts_and_spawns(NULL);
    await_what_came(1);
    CHECK_OK(elsewhere(posts_and_spawns));
    await_what_came(2);
    by_thread(posts_and_spawns_in_thread, NULL);
    await_what_came(3);
    in_callback(posts_and_spawns_in_callback);
    await_what_came(4);
}

/* ---- messages, values, the clock --------------------------------------- */

static cede_local request = CEDE_LOCAL("request", NULL);

static void uses_what_all_have(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
    CHECK_EQ(cede_fail(-EIO, "text"), -EIO);
    CHECK_STR_EQ(cede_message(), "text");
    CHECK_OK(cede_local_set(&request, &request));
    CHECK(cede_local_get(&request) == &request);
    CHECK(cede_now() > 0);
}

TASK_TEST(messages_and_values_are_everywhere)
{
    in_callback(uses_what_all_have);
    uses_what_all_have(NULL, NULL);
}

TEST(messages_and_values_are_on_plain_threads)
{
    uses_what_all_have(NULL, NULL);
}

SUITE("which_thread")
