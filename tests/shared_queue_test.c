/* SPDX-License-Identifier: MIT
 *
 * shared_queue_test.c - queues that any number of threads and loops share:
 * what other queues promise, with nobody blocked who runs a loop.
 */
#include "check.h"
#include "threads.h"

#include <sched.h>

static cede_queue *q;

static int gets_number(void *unused)
{
    (void)unused;
    int x = -1, rc = cede_get(q, &x);
    note("%s%d ", rc == 1 ? "" : rc == 0 ? "end" : "x", rc == 1 ? x : rc);
    return rc;
}

static int puts_number(void *number)
{
    int rc = cede_put(q, number);
    note("%d>%s ", *(int *)number, rc ? "x" : "ok");
    return 0;
}

static void put_now(int x)
{
    CHECK_EQ(cede_try_put(q, &x), 0);
}

static int got_now(void)
{
    int x = -1;
    CHECK_EQ(cede_try_get(q, &x), 1);
    return x;
}

/* ---- one thread, no waiting -------------------------------------------- */

TEST(a_shared_queue_is_first_in_first_out_and_bounded)
{
    q = cede_queue_new_shared(sizeof(int), 2);
    CHECK_EQ(cede_put(q, &(int){1}), 0);
    CHECK_EQ(cede_put(q, &(int){2}), 0);
    CHECK_ERR(cede_try_put(q, &(int){3}), -EAGAIN);
    CHECK_EQ(cede_queue_count(q), 2);
    CHECK_EQ(cede_queue_capacity(q), 2);
    CHECK_EQ(cede_queue_peak(q), 2);
    int x = 0;
    CHECK_EQ(cede_get(q, &x), 1);
    CHECK_EQ(x, 1);
    CHECK_EQ(got_now(), 2);
    CHECK_ERR(cede_try_get(q, &x), -EAGAIN);
    cede_queue_free(q);
}

TEST(a_shared_queue_without_a_limit_grows)
{
    q = cede_queue_new_shared(sizeof(int), SIZE_MAX);
    for (int i = 0; i < 1000; i++)
        put_now(i);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(got_now(), i);
    cede_queue_free(q);
}

TEST(a_shared_queue_no_memory_could_hold_is_null)
{
    CHECK(!cede_queue_new_shared(SIZE_MAX / 2, 4));
}

static int sum_discarded;

static void add_discarded(void *item)
{
    sum_discarded += *(int *)item;
    CHECK_EQ(cede_queue_count(q), 0); /* no lock is held: it may look */
}

TEST(a_shared_queue_discards_and_counts_what_is_done)
{
    q = cede_queue_new_shared(sizeof(int), 3);
    cede_queue_on_discard(q, add_discarded);
    put_now(5);
    put_now(6);
    CHECK_EQ(got_now(), 5);
    CHECK_EQ(cede_queue_done(q), 0);
    cede_queue_discard(q);
    CHECK_EQ(sum_discarded, 6);
    CHECK_EQ(cede_queue_join(q), 0);
    CHECK_ERR(cede_queue_done(q), -EINVAL);
    CHECK_ERR(cede_put(q, &(int){1}), CEDE_ECLOSED);
    CHECK_EQ(cede_get(q, NULL), 0);
    cede_queue_free(q);
}

TEST(a_shared_queue_moves_batches)
{
    q = cede_queue_new_shared(sizeof(int), 5);
    int x[5] = {1, 2, 3, 4, 5};
    CHECK_EQ(cede_put_many(q, x, 5), 5);
    CHECK_EQ(got_now(), 1);
    int y[5];
    CHECK_EQ(cede_get_many(q, y, 5), 4);
    CHECK(memcmp(y, x + 1, 4 * sizeof(int)) == 0);
    cede_queue_free(q);
}

/* ---- the tasks of one loop --------------------------------------------- */

TASK_TEST(tasks_wait_in_a_shared_queue_in_the_order_they_came)
{
    q = cede_queue_new_shared(sizeof(int), 1);
    CEDE_GROUP(g);
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_go(&g, gets_number, NULL));
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < 3; i++) {
        put_now(i);
        CHECK_ERR(cede_try_get(q, NULL), -EAGAIN);
    }
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0 1 2 ");
    cede_queue_free(q);
}

TASK_TEST(tasks_that_wait_to_put_are_admitted_in_the_order_they_came)
{
    q = cede_queue_new_shared(sizeof(int), 1);
    int numbers[] = {0, 1, 2};
    CEDE_GROUP(g);
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_go(&g, puts_number, &numbers[i]));
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < 3; i++)
        CHECK_EQ(got_now(), i);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0>ok 1>ok 2>ok ");
    cede_queue_free(q);
}

TASK_TEST(a_task_that_waits_in_a_shared_queue_can_be_cancelled)
{
    q = cede_queue_new_shared(sizeof(int), 0);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, gets_number, NULL);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_try_put(q, &(int){1}), -EAGAIN);
    CHECK_ERR(cede_await(f), -ECANCELED);
    (void)cede_join(&g);
    cede_queue_free(q);
}

TASK_TEST(what_a_shared_queue_has_handed_over_is_not_lost_by_a_cancel)
{
    q = cede_queue_new_shared(sizeof(int), 0);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, gets_number, NULL);
    CHECK_OK(cede_sleep(0));
    put_now(4);
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_await(f), 1);
    CHECK_NOTED("4 ");
    (void)cede_join(&g);
    cede_queue_free(q);
}

TASK_TEST(closing_a_shared_queue_ends_all_waits_in_it)
{
    q = cede_queue_new_shared(sizeof(int), 1);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_number, NULL));
    CHECK_OK(cede_sleep(0));
    cede_queue_close(q);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
    q = cede_queue_new_shared(sizeof(int), 1);
    put_now(1);
    CEDE_GROUP(h);
    CHECK_OK(cede_go(&h, puts_number, &(int){2}));
    CHECK_OK(cede_sleep(0));
    cede_queue_close(q);
    CHECK_OK(cede_join(&h));
    CHECK_NOTED("end0 2>x ");
    cede_queue_free(q);
}

static int joins(void *unused)
{
    (void)unused;
    int rc = cede_queue_join(q);
    note("joined ");
    return rc;
}

TASK_TEST(a_shared_queue_is_joined_when_all_is_done)
{
    q = cede_queue_new_shared(sizeof(int), 2);
    put_now(1);
    put_now(2);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, joins, NULL));
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_queue_done(q));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("");
    CHECK_OK(cede_queue_done(q));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("joined ");
    cede_queue_free(q);
}

/* ---- other threads ----------------------------------------------------- */

static void *puts_1_in_thread(void *unused)
{
    return (void)unused, (void *)(intptr_t)cede_put(q, &(int){1});
}

static void *puts_1_to_100_in_thread(void *unused)
{
    (void)unused;
    for (int i = 1; i <= 100; i++)
        if (cede_put(q, &i) < 0)
            return (void *)-1;
    return NULL;
}

static void *sums_in_thread(void *unused)
{
    (void)unused;
    intptr_t sum = 0;
    for (int x; cede_get(q, &x) > 0;)
        sum += x;
    return (void *)sum;
}

TEST(threads_block_while_there_is_nothing_to_do)
{
    for (size_t capacity = 0; capacity < 3; capacity++) {
        q = cede_queue_new_shared(sizeof(int), capacity);
        pthread_t consumer = in_thread(sums_in_thread, NULL);
        pthread_t a = in_thread(puts_1_to_100_in_thread, NULL);
        pthread_t b = in_thread(puts_1_to_100_in_thread, NULL);
        CHECK_EQ(ends_with(a), 0);
        CHECK_EQ(ends_with(b), 0);
        cede_queue_close(q);
        CHECK_EQ(ends_with(consumer), 2 * 5050);
        cede_queue_free(q);
    }
}

static int ticks;

static int ticks_until(void *stop)
{
    while (!*(bool *)stop) {
        ticks++;
        CEDE_TRY(cede_sleep(0));
    }
    return 0;
}

/* Both directions, between tasks and a thread. */
TASK_TEST(a_task_that_waits_for_a_thread_lets_the_others_run)
{
    q = cede_queue_new_shared(sizeof(int), 1);
    bool stop = false;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, ticks_until, &stop));
    pthread_t t = in_thread(puts_1_to_100_in_thread, NULL);
    int sum = 0;
    for (int i = 0, x; i < 100; i++) {
        CHECK_EQ(cede_get(q, &x), 1);
        sum += x;
    }
    stop = true;
    CHECK_EQ(sum, 5050);
    CHECK_EQ(ends_with(t), 0);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

TASK_TEST(a_thread_gets_what_a_task_puts)
{
    q = cede_queue_new_shared(sizeof(int), 0);
    pthread_t t = in_thread(sums_in_thread, NULL);
    for (int i = 1; i <= 100; i++)
        CHECK_EQ(cede_put(q, &i), 0);
    cede_queue_close(q);
    CHECK_EQ(ends_with(t), 5050);
    cede_queue_free(q);
}

static int cancels_what_is_on_its_way(void *f)
{
    CHECK_EQ(by_thread(puts_1_in_thread, NULL), 0);
    return cede_cancel(f);
}

TASK_TEST(an_item_on_its_way_from_another_thread_is_not_lost_by_a_cancel)
{
    q = cede_queue_new_shared(sizeof(int), 0);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, gets_number, NULL);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cancels_what_is_on_its_way(f));
    CHECK_EQ(cede_await(f), 1);
    CHECK_NOTED("1 ");
    (void)cede_join(&g);
    cede_queue_free(q);
}

static void *joins_in_thread(void *unused)
{
    return (void)unused, (void *)(intptr_t)cede_queue_join(q);
}

TEST(a_thread_joins_a_shared_queue)
{
    q = cede_queue_new_shared(sizeof(int), 1);
    put_now(1);
    pthread_t t = in_thread(joins_in_thread, NULL);
    CHECK_EQ(cede_queue_done(q), 0);
    CHECK_EQ(ends_with(t), 0);
    cede_queue_free(q);
}

static void *puts_batch_in_thread(void *unused)
{
    (void)unused;
    int x[100];
    for (int i = 0; i < 100; i++)
        x[i] = i;
    return (void *)(intptr_t)cede_put_many(q, x, 100);
}

TASK_TEST(a_thread_puts_a_batch_that_tasks_get)
{
    for (size_t capacity = 0; capacity < 8; capacity += 7) {
        q = cede_queue_new_shared(sizeof(int), capacity);
        pthread_t t = in_thread(puts_batch_in_thread, NULL);
        int next = 0;
        while (next < 100) {
            int x[9], n = cede_get_many(q, x, 9);
            CHECK(n > 0);
            for (int i = 0; i < n; i++)
                CHECK_EQ(x[i], next++);
        }
        CHECK_EQ(ends_with(t), 100);
        cede_queue_free(q);
    }
}

/* ---- two loops --------------------------------------------------------- */

enum { LOOPS = 2, WORKERS = 4, ITEMS = 500 };

static cede_queue *there, *back;

static int doubles(void *unused)
{
    (void)unused;
    int x, rc;
    while ((rc = cede_get(there, &x)) > 0) {
        x *= 2;
        CEDE_TRY(cede_put(back, &x));
    }
    return rc;
}

static int doubles_in_many_tasks(void *unused)
{
    (void)unused;
    CEDE_GROUP(g);
    for (int i = 0; i < WORKERS; i++)
        CEDE_TRY(cede_go(&g, doubles, NULL));
    return cede_join(&g);
}

static void *runs_doublers(void *unused)
{
    (void)unused;
    return (void *)(intptr_t)cede_run(doubles_in_many_tasks, NULL);
}

static int feeds(void *unused)
{
    (void)unused;
    for (int i = 1; i <= ITEMS; i++)
        CEDE_TRY(cede_put(there, &i));
    cede_queue_close(there);
    return 0;
}

static void exchange(size_t capacity)
{
    there = cede_queue_new_shared(sizeof(int), capacity);
    back = cede_queue_new_shared(sizeof(int), capacity);
    pthread_t t[LOOPS];
    for (int i = 0; i < LOOPS; i++)
        t[i] = in_thread(runs_doublers, NULL);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, feeds, NULL));
    int sum = 0;
    for (int i = 0, x; i < ITEMS; i++) {
        CHECK_EQ(cede_get(back, &x), 1);
        sum += x;
    }
    CHECK_EQ(sum, ITEMS * (ITEMS + 1));
    CHECK_OK(cede_join(&g));
    for (int i = 0; i < LOOPS; i++)
        CHECK_EQ(ends_with(t[i]), 0);
    cede_queue_free(there);
    cede_queue_free(back);
}

TASK_TEST(the_tasks_of_several_loops_share_queues)
{
    exchange(0);
    exchange(1);
    exchange(64);
    exchange(SIZE_MAX);
}

/* ---- where waiting is refused ------------------------------------------ */

static int refused;
static char why[128];

static void waits_in_a_callback(cede_future *f, void *unused)
{
    (void)f;
    (void)unused;
    refused = cede_get(q, NULL);
    snprintf(why, sizeof why, "%s", cede_message());
}

TASK_TEST(what_runs_on_a_loop_outside_of_tasks_must_not_wait)
{
    q = cede_queue_new_shared(sizeof(int), 1);
    cede_future *p = cede_promise();
    CHECK_OK(cede_on_done(p, waits_in_a_callback, NULL));
    CHECK_OK(cede_resolve(p, 0));
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(refused, -EPERM);
    CHECK_STR_EQ(why, "cede_get from an empty queue would have to wait, and "
                      "was called outside a task");
    cede_future_free(p);
    cede_queue_free(q);
}

/* ---- the end ----------------------------------------------------------- */

static int frees_too_early(void *unused)
{
    (void)unused;
    q = cede_queue_new_shared(sizeof(int), 1);
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, gets_number, NULL));
    CEDE_TRY(cede_sleep(0));
    cede_queue_free(q);
    return 0;
}

static void run_frees_too_early(void *arg)
{
    (void)cede_run(frees_too_early, arg);
}

TEST(freeing_a_shared_queue_in_which_a_task_waits_aborts_by_its_name)
{
    CHECK_ABORTS(run_frees_too_early, NULL, "cede_queue_free",
                 "task 'gets_number'");
}

/* A batch that is partly in waits for the rest. */
static void frees_under_a_thread(void *unused)
{
    (void)unused;
    q = cede_queue_new_shared(sizeof(int), 1);
    (void)in_thread(puts_batch_in_thread, NULL);
    while (cede_queue_count(q) == 0)
        sched_yield();
    cede_queue_free(q);
}

TEST(freeing_a_shared_queue_in_which_a_thread_waits_aborts)
{
    CHECK_ABORTS(frees_under_a_thread, NULL,
                 "cede_queue_free while a thread waits in the queue");
}

/* ---- forks ------------------------------------------------------------- */

static void gets_in_the_child(void *unused)
{
    (void)unused;
    put_now(3); /* the parent's task, which is not here, must not get it */
    int x = got_now();
    printf("got %d, then %d", x, cede_try_get(q, NULL) == -EAGAIN);
}

TASK_TEST(in_the_child_of_a_fork_nobody_waits_but_who_is_there)
{
    q = cede_queue_new_shared(sizeof(int), 1);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, gets_number, NULL);
    CHECK_OK(cede_sleep(0));
    CHECK_STR_EQ(OUTPUT_OF(gets_in_the_child, NULL)->text, "got 3, then 1");
    put_now(4);
    CHECK_EQ(cede_await(f), 1);
    CHECK_NOTED("4 ");
    (void)cede_join(&g);
    cede_queue_free(q);
}

static void *overwrites_its_stack(void *unused)
{
    volatile char all[32 * 1024];
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = 0x5a;
    return unused;
}

/* Its threads get the stacks of those that are the parent's. */
static void gets_where_a_thread_waited(void *unused)
{
    by_thread(overwrites_its_stack, unused);
    int x = got_now();
    printf("got %d, then %d, ", x, cede_try_get(q, NULL) == -EAGAIN);
    put_now(7);
    printf("%zu more", cede_queue_count(q));
}

TEST(in_the_child_of_a_fork_nobody_looks_for_the_threads_that_waited)
{
    if (FOR_TSAN)
        return; /* it has no threads in children of processes with threads */
    q = cede_queue_new_shared(sizeof(int), 1);
    pthread_t t = in_thread(puts_batch_in_thread, NULL);
    while (cede_queue_count(q) == 0)
        sched_yield();
    CHECK_STR_EQ(OUTPUT_OF(gets_where_a_thread_waited, NULL)->text,
                 "got 0, then 1, 1 more");
    cede_queue_close(q);
    ends_with(t);
    cede_queue_free(q);
}

SUITE("shared_queue")
