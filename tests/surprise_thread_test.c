/* SPDX-License-Identifier: MIT
 *
 * surprise_thread_test.c - what belongs to a thread and what to a coroutine,
 * and the ways in which threads and processes end.
 */
#include "check.h"
#include "tasks.h"
#include <pthread.h>

/* ---- thread-locals and errno ------------------------------------------ */

static _Thread_local int of_the_thread;

static int adds_one(void *arg)
{
    (void)arg;
    int before = of_the_thread++;
    int rc = cede_sleep(CEDE_MS);
    return rc < 0 ? rc : before;
}

TASK_TEST(thread_locals_are_the_threads_and_so_of_all_its_tasks)
{
    int results[2];
    CHECK_OK(
        cede_gather(CEDE_CALLS({adds_one, NULL}, {adds_one, NULL}), results));
    CHECK_EQ(results[0], 0);
    CHECK_EQ(results[1], 1);
    CHECK_EQ(of_the_thread, 2);
}

static int stays_on(void *arg)
{
    const pthread_t *thread = arg;
    for (int i = 0; i < 3; i++) {
        if (!pthread_equal(*thread, pthread_self()))
            return -EPERM;
        CEDE_TRY(cede_sleep(CEDE_MS));
    }
    return 0;
}

TASK_TEST(a_task_never_leaves_its_thread)
{
    pthread_t me = pthread_self();
    CHECK_OK(cede_gather(CEDE_CALLS({stays_on, &me}, {stays_on, &me}), NULL));
}

static int keeps_errno(void *arg)
{
    errno = *(int *)arg;
    for (int i = 0; i < 3; i++) {
        CEDE_TRY(cede_sleep(CEDE_MS));
        if (errno != *(int *)arg)
            return -EINVAL;
    }
    return 0;
}

TASK_TEST(errno_is_the_tasks_own_across_waits)
{
    errno = ERANGE;
    CHECK_OK(cede_gather(
        CEDE_CALLS({keeps_errno, &(int){EDOM}}, {keeps_errno, &(int){EPIPE}}),
        NULL));
    CHECK_EQ(errno, ERANGE);
}

/* ---- ways to end ------------------------------------------------------- */

static void at_exit(void)
{
    printf("at exit");
}

static int calls_exit(void *arg)
{
    atexit(at_exit);
    printf("buffered; ");
    exit(*(int *)arg);
}

static void run_calls_exit(void *arg)
{
    (void)cede_run(calls_exit, arg);
}

TEST(exit_in_a_task_ends_the_process_as_anywhere)
{
    if (SANITIZED)
        return; /* LeakSanitizer misses what only main's frames point to */
    const struct output *o = OUTPUT_OF(run_calls_exit, &(int){3});
    CHECK(WIFEXITED(o->status) && WEXITSTATUS(o->status) == 3);
    CHECK_STR_EQ(o->text, "buffered; at exit");
}

static int calls_abort(void *arg)
{
    (void)arg;
    abort();
}

static void run_calls_abort(void *arg)
{
    (void)cede_run(calls_abort, arg);
}

TEST(abort_in_a_task_is_sigabrt)
{
    const struct output *o = OUTPUT_OF(run_calls_abort, NULL);
    CHECK(WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGABRT);
}

static int calls_pthread_exit(void *arg)
{
    pthread_exit(arg);
}

static int is_cancelled(void *arg)
{
    (void)arg;
    pthread_cancel(pthread_self());
    pthread_testcancel();
    return 0;
}

static void *runs(void *fn)
{
    (void)cede_run(*(cede_fn **)fn, NULL);
    return NULL;
}

static void run_in_a_thread(void *fn)
{
    pthread_t t;
    (void)pthread_create(&t, NULL, runs, fn);
    (void)pthread_join(t, NULL);
}

TEST(a_thread_that_ends_inside_a_run_aborts_by_name)
{
    if (SANITIZED)
        return; /* ThreadSanitizer objects first */
    cede_fn *fn = calls_pthread_exit;
    CHECK_ABORTS(run_in_a_thread, &fn, "the thread ended", "inside cede_run");
    fn = is_cancelled;
    CHECK_ABORTS(run_in_a_thread, &fn, "the thread ended", "inside cede_run");
}

static void *runs_and_exits(void *arg)
{
    (void)cede_run(returns, arg);
    pthread_exit(arg);
}

TEST(a_thread_may_exit_after_its_run)
{
    pthread_t t;
    void *result;
    int zero = 0;
    CHECK_EQ(pthread_create(&t, NULL, runs_and_exits, &zero), 0);
    CHECK_EQ(pthread_join(t, &result), 0);
    CHECK(result == &zero);
}

SUITE("surprise_thread")
