/* SPDX-License-Identifier: MIT
 *
 * threads_only_test.c - pools of threads: what others cannot do, because only
 * threads share memory with who submits.
 */
#define _GNU_SOURCE
#include "check.h"
#include "tasks.h"
#include "threads.h"
#include <semaphore.h>
#include <stdatomic.h>

/* ---- jobs given pointers --------------------------------------------- */

/* Something a job waits at, and says that it is there. */
struct stop {
    sem_t there, go;
    int result;
};

static struct stop new_stop(void)
{
    struct stop s = {.result = 7};
    sem_init(&s.there, 0, 0);
    sem_init(&s.go, 0, 0);
    return s;
}

static int stops(void *arg)
{
    struct stop *s = arg;
    sem_post(&s->there);
    sem_wait(&s->go);
    return s->result;
}

static cede_future *submit_stop(cede_pool *p, struct stop *s)
{
    *s = new_stop();
    cede_future *f = cede_submit(p, stops, s, 0);
    sem_wait(&s->there);
    return f;
}

static int adds_one(void *n)
{
    return ++*(int *)n;
}

TEST(a_job_without_a_copy_gets_the_pointer_itself)
{
    cede_pool *p = cede_threads(1);
    int n = 4;
    cede_future *f = cede_submit(p, adds_one, &n, 0);
    CHECK_EQ(cede_await(f), 5);
    CHECK_EQ(n, 5);
    CHECK(cede_arg(f) == &n);
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

static int awaits(void *f)
{
    return cede_await(f);
}

TASK_TEST(who_awaits_it_and_is_cancelled_takes_it_back_if_it_has_not_begun)
{
    cede_pool *p = cede_threads(1);
    struct stop s;
    cede_future *runs = submit_stop(p, &s);
    int n = 4;
    CEDE_GROUP(g);
    cede_future *f = cede_submit(p, adds_one, &n, 0);
    cede_future *waiter = cede_spawn(&g, awaits, f);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_cancel(waiter), 0);
    CHECK_ERR(cede_await(waiter), -ECANCELED);
    CHECK_ERR(cede_result(f), -ECANCELED);
    cede_future_free(f);
    sem_post(&s.go);
    CHECK_EQ(cede_await(runs), 7);
    cede_future_free(runs);
    CHECK_EQ(cede_pool_close(p), 0);
    CHECK_EQ(n, 4);
}

TASK_TEST(who_awaits_it_and_is_cancelled_waits_for_its_end_if_it_runs)
{
    cede_pool *p = cede_threads(1);
    struct stop s;
    cede_future *f = submit_stop(p, &s);
    CEDE_GROUP(g);
    cede_future *waiter = cede_spawn(&g, awaits, f);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_cancel(waiter), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_done(waiter));
    sem_post(&s.go);
    CHECK_EQ(cede_await(waiter), 7);
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

TASK_TEST(in_a_task_so_does_who_awaits_it_for_some_time)
{
    cede_pool *p = cede_threads(1);
    struct stop s;
    cede_future *runs = submit_stop(p, &s);
    int n = 4;
    cede_future *f = cede_submit(p, adds_one, &n, 0);
    CHECK_ERR(cede_await_within(CEDE_MS, f), -ETIMEDOUT);
    CHECK_ERR(cede_result(f), -ECANCELED);
    cede_future_free(f);
    sem_post(&s.go);
    CHECK_EQ(cede_await_within(CEDE_SEC, runs), 7);
    cede_future_free(runs);
    CHECK_EQ(cede_pool_close(p), 0);
    CHECK_EQ(n, 4);
}

static void *goes_on_later(void *arg)
{
    struct stop *s = arg;
    usleep(2000);
    sem_post(&s->go);
    return NULL;
}

TASK_TEST(in_a_cancelled_scope_awaiting_it_is_the_same)
{
    cede_pool *p = cede_threads(1);
    struct stop s;
    cede_future *runs = submit_stop(p, &s);
    int n = 4;
    cede_future *queued = cede_submit(p, adds_one, &n, 0);
    cede_scope scope;
    cede_enter(&scope, CEDE_NEVER);
    cede_scope_cancel(&scope);
    CHECK_ERR(cede_await(queued), -ECANCELED);
    pthread_t t = in_thread(goes_on_later, &s);
    CHECK_EQ(cede_await(runs), 7);
    CHECK_EQ(cede_leave(&scope, 0), 0);
    CHECK_EQ(ends_with(t), 0);
    cede_future_free(queued);
    cede_future_free(runs);
    CHECK_EQ(cede_pool_close(p), 0);
    CHECK_EQ(n, 4);
}

TASK_TEST(a_cancel_in_the_turn_in_which_it_is_done_comes_too_late)
{
    cede_pool *p = cede_threads(1);
    struct stop s;
    cede_future *f = submit_stop(p, &s);
    CEDE_GROUP(g);
    cede_future *waiter = cede_spawn(&g, awaits, f);
    CHECK_OK(cede_sleep(0));
    sem_post(&s.go);
    while (!cede_done(f))
        continue; /* the news is on its way to this loop */
    CHECK_EQ(cede_cancel(waiter), 0);
    CHECK_EQ(cede_await(waiter), 7);
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- what a job may do ----------------------------------------------- */

static cede_local color = {.initial = "none"};

static int sets_another(void *unused)
{
    (void)unused;
    note("%s ", (char *)cede_local_get(&color));
    return cede_local_set(&color, "red");
}

TASK_TEST(a_job_has_the_values_of_its_submitter_and_leaves_none_behind)
{
    cede_pool *p = cede_threads(1);
    CHECK_OK(cede_local_set(&color, "blue"));
    for (int i = 0; i < 2; i++) {
        cede_future *f = cede_submit(p, sets_another, NULL, 0);
        CHECK_OK(cede_await(f));
        cede_future_free(f);
    }
    CHECK_STR_EQ(cede_local_get(&color), "blue");
    CHECK_NOTED("blue blue ");
    CHECK_EQ(cede_pool_close(p), 0);
}

static int sleeps_in_a_run(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_sleep(CEDE_MS));
    return 5;
}

static int runs_a_loop(void *unused)
{
    return cede_run(sleeps_in_a_run, unused);
}

TEST(a_job_may_run_a_loop_of_its_own)
{
    cede_pool *p = cede_threads(1);
    cede_future *f = cede_submit(p, runs_a_loop, NULL, 0);
    CHECK_EQ(cede_await(f), 5);
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

static int submits_and_awaits(void *p)
{
    int n = 6;
    cede_future *f = cede_submit(p, adds_one, &n, 0);
    int rc = cede_await(f);
    cede_future_free(f);
    return rc;
}

TEST(a_job_may_submit_and_await_another_if_there_is_a_worker_left)
{
    cede_pool *p = cede_threads(2);
    cede_future *f = cede_submit(p, submits_and_awaits, p, 0);
    CHECK_EQ(cede_await(f), 7);
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

static int closes_its_pool(void *p)
{
    int rc = cede_pool_close(p);
    CHECK_ERR(cede_pool_cancel(p), -EBUSY);
    return rc;
}

TEST(a_job_cannot_close_its_own_pool)
{
    cede_pool *p = cede_threads(2);
    cede_future *f = cede_submit(p, closes_its_pool, p, 0);
    CHECK_ERR(cede_await(f), -EBUSY);
    CHECK(strstr(cede_message(), "by one of its own jobs"));
    cede_future_free(f);
    CHECK_EQ(cede_pool_close(p), 0);
}

static int until_cancelled(void *arg)
{
    struct stop *s = arg;
    bool before = cede_job_cancelled();
    sem_post(&s->there);
    while (!cede_job_cancelled())
        usleep(100);
    return before ? -EPROTO : 1;
}

TEST(a_job_can_see_that_its_pool_is_cancelled)
{
    cede_pool *p = cede_threads(1);
    struct stop s = new_stop();
    cede_future *f = cede_submit(p, until_cancelled, &s, 0);
    sem_wait(&s.there);
    CHECK(!cede_job_cancelled());
    CHECK_EQ(cede_pool_cancel(p), 0);
    CHECK_EQ(cede_await(f), 1);
    cede_future_free(f);
}

static int looks_around(void *unused)
{
    (void)unused;
    char name[16];
    sigset_t blocked;
    pthread_getname_np(pthread_self(), name, sizeof name);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    note("%s %d %d %d", name, sigismember(&blocked, SIGTERM), errno,
         *cede_message());
    return 0;
}

static int leaves_traces(void *unused)
{
    (void)unused;
    errno = EIO;
    return cede_fail(-EIO, "a text");
}

static void looks_in(cede_pool *p)
{
    cede_future *fs[] = {cede_submit(p, leaves_traces, NULL, 0),
                         cede_submit(p, looks_around, NULL, 0)};
    CHECK_ERR(cede_await(fs[0]), -EIO);
    CHECK_EQ(cede_await(fs[1]), 0);
    cede_future_free(fs[0]);
    cede_future_free(fs[1]);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_worker_has_a_name_no_signals_and_nothing_of_the_job_before)
{
    looks_in(cede_threads(1));
    CHECK_NOTED("cede-1 1 0 0");
}

TEST(a_pools_name_is_that_of_its_threads)
{
    const cede_pool_options o = {.workers = 1, .name = "compressor of things"};
    looks_in(cede_threads_with(&o));
    CHECK_NOTED("compressor of-1 1 0 0");
}

TEST(signals_stay_as_they_were_for_who_submits)
{
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    looks_in(cede_threads(1));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    CHECK_EQ(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

static int recurses(void *arg)
{
    volatile char room[2 << 20];
    room[0] = room[sizeof room - 1] = *(char *)arg;
    return room[0] == room[sizeof room - 1];
}

TEST(the_size_of_the_threads_stacks_can_be_chosen)
{
    const cede_pool_options o = {.workers = 1, .stack_size = 16 << 20};
    cede_pool *p = cede_threads_with(&o);
    for (int i = 0; i < 3; i++) {
        cede_future *f = cede_submit(p, recurses, "x", 0);
        CHECK_EQ(cede_await(f), 1);
        cede_future_free(f);
    }
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(there_are_not_too_many_workers)
{
    CHECK(cede_threads(4097) == NULL);
    CHECK(strstr(cede_message(), "4096 are the most"));
    cede_pool *p = cede_threads(4096);
    CHECK(p != NULL);
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- beginning and ending -------------------------------------------- */

static atomic_int begun, ended;

static int begins(void *arg)
{
    atomic_fetch_add(&begun, 1);
    return *(int *)arg;
}

static void ends(void *arg)
{
    (void)arg;
    atomic_fetch_add(&ended, 1);
}

TEST(each_worker_begins_and_ends)
{
    int fine = 0;
    const cede_pool_options o = {
        .workers = 2, .begin = begins, .begin_arg = &fine, .end = ends};
    cede_pool *p = cede_threads_with(&o);
    struct stop s[2];
    cede_future *fs[] = {submit_stop(p, &s[0]), submit_stop(p, &s[1])};
    CHECK_EQ(begun, 2);
    for (int i = 0; i < 2; i++) {
        sem_post(&s[i].go);
        CHECK_EQ(cede_await(fs[i]), 7);
        cede_future_free(fs[i]);
    }
    CHECK_EQ(ended, 0);
    CHECK_EQ(cede_pool_close(p), 0);
    CHECK_EQ(ended, 2);
}

static int begins_badly(void *unused)
{
    (void)unused;
    return cede_fail(-EACCES, "no license");
}

TEST(a_worker_that_cannot_begin_breaks_the_pool)
{
    const cede_pool_options o = {
        .workers = 1, .begin = begins_badly, .end = ends};
    cede_pool *p = cede_threads_with(&o);
    int n = 0;
    for (int i = 0; i < 3; i++) {
        cede_future *f = cede_submit(p, adds_one, &n, 0);
        CHECK_ERR(cede_await(f), CEDE_EBROKEN);
        CHECK_STR_EQ(cede_message(), "pool 'cede': worker 1 could not begin");
        cede_future_free(f);
    }
    CHECK_EQ(cede_pool_close(p), 0);
    CHECK_EQ(n, 0);
    CHECK_EQ(ended, 0);
}

static int begins_well_once(void *arg)
{
    (void)arg;
    return atomic_fetch_add(&begun, 1) == 0 ? 0 : -EACCES;
}

TEST(a_pool_that_breaks_fails_all_that_has_not_begun)
{
    enum { JOBS = 10 };
    const cede_pool_options o = {.workers = 2, .begin = begins_well_once};
    cede_pool *p = cede_threads_with(&o);
    struct stop s;
    cede_future *runs = submit_stop(p, &s), *fs[JOBS];
    int n = 0;
    for (int i = 0; i < JOBS; i++)
        fs[i] = cede_submit(p, adds_one, &n, 0);
    for (int i = 0; i < JOBS; i++) {
        CHECK_ERR(cede_await(fs[i]), CEDE_EBROKEN);
        cede_future_free(fs[i]);
    }
    CHECK(cede_running(runs));
    sem_post(&s.go);
    CHECK_EQ(cede_await(runs), 7);
    cede_future_free(runs);
    CHECK_EQ(cede_pool_close(p), 0);
    CHECK_EQ(n, 0);
}

/* ---- forks ----------------------------------------------------------- */

static cede_pool *parents;
static cede_future *parents_job;

static void is_told(cede_future *f, void *unused)
{
    (void)f;
    (void)unused;
}

static void in_child(void *unused)
{
    (void)unused;
    int n = 0;
    cede_future *f = cede_submit(parents, adds_one, &n, 0);
    printf("%d ", cede_await(f) == -EPERM);
    printf("%s; ", cede_message());
    cede_future_free(f);
    printf("await %d; ", cede_await(parents_job) == -EPERM);
    printf("watch %d; ", cede_on_done(parents_job, is_told, NULL) == -EPERM);
    printf("cancel %d; ", cede_cancel(parents_job) == -EPERM);
    printf("shut %d; ", cede_pool_shut(parents) == -EPERM);
    printf("close %d", cede_pool_close(parents));
}

TEST(a_child_of_a_fork_has_no_workers_and_is_told_so)
{
    parents = cede_threads(1);
    struct stop s;
    parents_job = submit_stop(parents, &s);
    CHECK_STR_EQ(OUTPUT_OF(in_child, NULL)->text,
                 "1 pool 'cede' was left to the parent by the fork that made "
                 "this process; await 1; watch 1; cancel 1; shut 1; close 0");
    sem_post(&s.go);
    CHECK_EQ(cede_await(parents_job), 7);
    cede_future_free(parents_job);
    CHECK_EQ(cede_pool_close(parents), 0);
}

static int forks_and_returns(void *unused)
{
    (void)unused;
    pid_t pid = fork();
    if (pid == 0)
        return 0;
    int status;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void job_forks(void *unused)
{
    cede_pool *p = cede_threads(1);
    cede_future *f = cede_submit(p, forks_and_returns, unused, 0);
    printf("aborted %d", cede_await(f));
    cede_future_free(f);
    cede_pool_close(p);
}

TEST(a_job_does_not_go_on_in_a_child_that_it_forked)
{
    const struct output *o = OUTPUT_OF(job_forks, NULL);
    CHECK(strstr(o->text, "job 'forks_and_returns' goes on in a process"));
    CHECK(strstr(o->text, "aborted 1"));
}

SUITE("threads_only")
