/* SPDX-License-Identifier: MIT
 *
 * future_thread_test.c - what other threads may do with a task's handle:
 * await it, cancel it, look at it; also while the handle is given back.
 */
#define _GNU_SOURCE /* pthread_tryjoin_np */
#include "check.h"
#include "tasks.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

static cede_future *kept;
static const cede_options on_virtual = {.poller = "virtual"};

static void *awaits_in_a_thread(void *f)
{
    int rc = cede_await(f);
    CHECK(cede_done(f));
    CHECK_EQ(cede_result(f), rc);
    return (void *)(intptr_t)rc;
}

static pthread_t in_thread(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    CHECK(pthread_create(&t, NULL, fn, arg) == 0);
    return t;
}

/* The thread may need the loop to go on, so this must not block it. */
static intptr_t result_of(pthread_t t)
{
    void *result;
    int err;
    while ((err = pthread_tryjoin_np(t, &result)) == EBUSY)
        CHECK_OK(cede_sleep(CEDE_US));
    CHECK_EQ(err, 0);
    return (intptr_t)result;
}

static int awaited_by_a_thread(void *arg)
{
    kept = cede_spawn(NULL, returns_later, arg);
    pthread_t t = in_thread(awaits_in_a_thread, kept);
    CHECK_EQ(cede_await(kept), 7);
    CHECK_EQ(result_of(t), 7);
    cede_future_free(kept);
    return 0;
}

TEST(a_plain_thread_may_await_a_task)
{
    CHECK_EQ(cede_run(awaited_by_a_thread, &(int){7}), 0);
    CHECK_EQ(cede_run_with(&on_virtual, awaited_by_a_thread, &(int){7}), 0);
}

static void *cancels_now(void *f)
{
    return (void *)(intptr_t)cede_cancel(f);
}

static void *cancels_in_a_thread(void *f)
{
    struct timespec moment = {0, 2000000};
    nanosleep(&moment, NULL); /* the loop may sleep or not: both must work */
    return (void *)(intptr_t)cede_cancel(f);
}

static int cancelled_by_a_thread(void *arg)
{
    kept = cede_spawn(NULL, sleeps_for_ever, arg);
    pthread_t t = in_thread(cancels_in_a_thread, kept);
    CHECK_ERR(cede_await(kept), -ECANCELED);
    CHECK_EQ(result_of(t), 0);
    cede_future_free(kept);
    return 0;
}

TEST(a_cancel_from_another_thread_wakes_the_loop)
{
    CHECK_EQ(cede_run(cancelled_by_a_thread, "x"), 0);
    CHECK_EQ(cede_run_with(&on_virtual, cancelled_by_a_thread, "y"), 0);
    CHECK_NOTED("xy");
}

static void *reads_until_done(void *f)
{
    while (!cede_done(f))
        CHECK(cede_result(f) == -EAGAIN || cede_result(f) == 7);
    CHECK_EQ(cede_result(f), 7);
    return NULL;
}

static int read_by_a_thread(void *arg)
{
    for (int i = 0; i < 20; i++) {
        cede_future *f = cede_spawn(NULL, returns_later, arg);
        pthread_t t = in_thread(reads_until_done, f);
        CHECK_EQ(cede_await(f), 7);
        (void)result_of(t);
        cede_future_free(f);
    }
    return 0;
}

TEST(a_thread_may_look_at_a_task)
{
    CHECK_EQ(cede_run(read_by_a_thread, &(int){7}), 0);
}

/* ---- given back ------------------------------------------------------- */

static atomic_int waiter; /* its thread id, once it is about to await */

static void *awaits_and_tells(void *f)
{
    atomic_store(&waiter, (int)syscall(SYS_gettid));
    return (void *)(intptr_t)cede_await(f);
}

/* Asleep: its request to the loop is made. */
static bool is_asleep(int tid)
{
    char path[64], state = '?';
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    FILE *file = fopen(path, "r");
    CHECK(file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1);
    CHECK_EQ(fclose(file), 0);
    return state == 'S';
}

static int returns_seven(void *arg)
{
    (void)arg;
    return 7;
}

/* The request lies in the loop's inbox while the task ends, and another one
 * takes the place of its handle. */
static int gives_back_what_a_thread_awaits(void *arg)
{
    cede_future *f = cede_spawn(NULL, returns_seven, arg);
    pthread_t t = in_thread(awaits_and_tells, f);
    while (!atomic_load(&waiter) || !is_asleep(atomic_load(&waiter)))
        continue;
    cede_future_free(f);
    CHECK_OK(cede_sleep(0));
    f = cede_spawn(NULL, returns_later, &(int){8});
    CHECK_EQ(cede_await(f), 8);
    CHECK_EQ(result_of(t), 7);
    cede_future_free(f);
    return 0;
}

TEST(a_thread_that_awaits_a_handle_given_back_gets_the_result)
{
    CHECK_EQ(cede_run(gives_back_what_a_thread_awaits, NULL), 0);
}

static int is_over_before_the_cancel_arrives(void *arg)
{
    for (int i = 0; i < 200; i++) {
        cede_future *f = cede_spawn(NULL, returns_seven, arg);
        pthread_t t = in_thread(cancels_now, f);
        CHECK_OK(cede_sleep(0));
        int rc = (int)result_of(t);
        CHECK(rc == 0 || rc == -EALREADY);
        cede_future_free(f);
    }
    return 0;
}

TEST(a_cancel_from_another_thread_may_race_with_the_end)
{
    CHECK_EQ(cede_run(is_over_before_the_cancel_arrives, NULL), 0);
}

static int ends_before_its_cancel_arrives(void *arg)
{
    cede_future **self = arg;
    void *result;
    CHECK_EQ(pthread_join(in_thread(cancels_now, *self), &result), 0);
    CHECK(!result);
    return 7;
}

/* The next task has the stack of the one that is over, so its memory too. */
TASK_TEST(a_cancel_that_comes_too_late_finds_nobody_else)
{
    CEDE_GROUP(g);
    cede_future *f = NULL;
    f = cede_spawn(&g, ends_before_its_cancel_arrives, &f);
    CHECK_EQ(cede_await(f), 7);
    cede_future *next = cede_spawn(&g, returns_later, &(int){3});
    CHECK_EQ(cede_await(next), 3);
    CHECK_OK(cede_join(&g));
}

/* ---- giving back -------------------------------------------------------- */

enum { HANDLES = 1000 };

static cede_future *handles[HANDLES];

static void *gives_all_back(void *arg)
{
    (void)arg;
    for (int i = 0; i < HANDLES; i++) {
        if (i % 2)
            cede_cancel(handles[i]);
        cede_future_free(handles[i]);
    }
    return NULL;
}

static int ends_soon(void *arg)
{
    (void)arg;
    return cede_sleep(0);
}

TASK_TEST(another_thread_may_give_handles_back)
{
    for (int i = 0; i < HANDLES; i++)
        handles[i] = cede_spawn(NULL, ends_soon, NULL);
    pthread_t t;
    CHECK(pthread_create(&t, NULL, gives_all_back, NULL) == 0);
    for (int i = 0; i < HANDLES; i++) {
        cede_future *f = cede_spawn(NULL, ends_soon, NULL);
        CHECK_OK(cede_await(f));
        cede_future_free(f);
    }
    CHECK(pthread_join(t, NULL) == 0);
}

/* The memory of handles is used again at once. */
TASK_TEST(another_thread_may_give_back_handles_of_tasks_that_are_over)
{
    for (int i = 0; i < HANDLES; i++)
        handles[i] = cede_spawn(NULL, ends_soon, NULL);
    CHECK_OK(cede_await(handles[HANDLES - 1]));
    CHECK_EQ(result_of(in_thread(gives_all_back, NULL)), 0);
    for (int i = 0; i < HANDLES; i++)
        handles[i] = cede_spawn(NULL, ends_soon, NULL);
    for (int i = 0; i < HANDLES; i++) {
        CHECK_OK(cede_await(handles[i]));
        cede_future_free(handles[i]);
    }
}

static int leaves_handles(void *arg)
{
    (void)arg;
    for (int i = 0; i < HANDLES; i++)
        handles[i] = cede_spawn(NULL, ends_soon, NULL);
    return 0;
}

TEST(another_thread_may_give_handles_back_when_their_run_is_over)
{
    CHECK_OK(cede_run(leaves_handles, NULL));
    pthread_t t;
    CHECK(pthread_create(&t, NULL, gives_all_back, NULL) == 0);
    CHECK(pthread_join(t, NULL) == 0);
}

static _Atomic(cede_future *) handle;

static void *cancels_until_it_is_over(void *unused)
{
    (void)unused;
    for (int i = 0; i < rounds(2000); i++) {
        cede_future *f;
        while (!(f = atomic_exchange(&handle, NULL)))
            sched_yield();
        while (cede_cancel(f) == 0)
            continue;
        cede_future_free(f);
    }
    return NULL;
}

static int hands_over_a_handle(void *arg)
{
    handle = cede_spawn(NULL, ends_soon, NULL);
    while (handle)
        sched_yield();
    return arg != NULL;
}

/* Some of these cancels find a loop that was closed just now; what they leave
 * is seen by those who look for leaks. */
TEST(a_handle_may_be_cancelled_and_given_back_just_as_its_run_ends)
{
    pthread_t t;
    CHECK(pthread_create(&t, NULL, cancels_until_it_is_over, NULL) == 0);
    for (int i = 0; i < rounds(2000); i++)
        CHECK_OK(cede_run(hands_over_a_handle, NULL));
    CHECK(pthread_join(t, NULL) == 0);
}

SUITE("future_thread")
