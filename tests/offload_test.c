/* SPDX-License-Identifier: MIT
 *
 * offload_test.c - calls made on the process's default pool.
 */
#include "check.h"
#include "tasks.h"
#include "threads.h"
#include <semaphore.h>
#include <stdatomic.h>

struct stop {
    sem_t there, go;
    pthread_t thread;
    int value;
};

static struct stop new_stop(void)
{
    struct stop s = {.value = 7};
    sem_init(&s.there, 0, 0);
    sem_init(&s.go, 0, 0);
    return s;
}

static int stops(void *arg)
{
    struct stop *s = arg;
    s->thread = pthread_self();
    sem_post(&s->there);
    sem_wait(&s->go);
    return s->value;
}

static int offloads_a_stop(void *s)
{
    return cede_offload(stops, s);
}

static int adds_one(void *n)
{
    return ++*(int *)n;
}

static int fails_with_text(void *unused)
{
    (void)unused;
    return cede_fail(-EIO, "the disk is full of sand");
}

/* ---- results --------------------------------------------------------- */

TASK_TEST(an_offloaded_call_answers_its_result)
{
    int n = 4;
    CHECK_EQ(cede_offload(adds_one, &n), 5);
    CHECK_EQ(n, 5);
    CHECK_ERR(cede_offload(fails_with_text, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "the disk is full of sand");
    CHECK_ERR(cede_offload(NULL, NULL), -EINVAL);
}

static int notes_thread(void *arg)
{
    *(pthread_t *)arg = pthread_self();
    return 0;
}

TASK_TEST(it_runs_on_another_thread)
{
    pthread_t t = pthread_self();
    CHECK_OK(cede_offload(notes_thread, &t));
    CHECK(!pthread_equal(t, pthread_self()));
}

TEST(on_a_plain_thread_it_is_a_call)
{
    int n = 4;
    pthread_t t;
    CHECK_EQ(cede_offload(adds_one, &n), 5);
    CHECK_EQ(cede_offload_copy(adds_one, &n, sizeof n), 6);
    CHECK_EQ(n, 6);
    CHECK_OK(cede_offload(notes_thread, &t));
    CHECK(pthread_equal(t, pthread_self()));
    CHECK_ERR(cede_offload(fails_with_text, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "the disk is full of sand");
}

static void offloads_in_callback(cede_future *f, void *rc)
{
    (void)f;
    *(int *)rc = cede_offload(adds_one, rc);
}

TASK_TEST(outside_of_a_task_on_a_loops_thread_it_is_refused)
{
    cede_future *f = cede_promise();
    int rc = 1;
    CHECK_OK(cede_on_done(f, offloads_in_callback, &rc));
    CHECK_OK(cede_resolve(f, 0));
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(rc, -EPERM);
    cede_future_free(f);
}

static int notes(void *text)
{
    note("%s ", (char *)text);
    return 0;
}

TASK_TEST(meanwhile_others_run)
{
    struct stop s = new_stop();
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, offloads_a_stop, &s);
    cede_go(&g, notes, "others");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("others ");
    sem_post(&s.go);
    CHECK_EQ(cede_await(f), 7);
    CHECK_OK(cede_join(&g));
}

static cede_local color = {.initial = "none"};

static int looks_and_sets(void *unused)
{
    (void)unused;
    note("%s ", (char *)cede_local_get(&color));
    return cede_local_set(&color, "red");
}

TASK_TEST(it_has_a_copy_of_the_tasks_values)
{
    CHECK_OK(cede_local_set(&color, "blue"));
    CHECK_OK(cede_offload(looks_and_sets, NULL));
    CHECK_OK(cede_offload(looks_and_sets, NULL));
    CHECK_STR_EQ(cede_local_get(&color), "blue");
    CHECK_NOTED("blue blue ");
}

/* ---- cancelling ------------------------------------------------------ */

TASK_TEST(a_call_that_runs_is_waited_for_whoever_cancels)
{
    struct stop s = new_stop();
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, offloads_a_stop, &s);
    CHECK_OK(cede_sleep(0));
    sem_wait(&s.there);
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_done(f));
    sem_post(&s.go);
    CHECK_EQ(cede_await(f), 7);
    CHECK_OK(cede_join(&g));
}

/* All workers of the default pool. */
enum { ALL = 32 };
static struct stop all[ALL];

static void occupy(cede_group *g)
{
    for (int i = 0; i < ALL; i++) {
        all[i] = new_stop();
        cede_go(g, offloads_a_stop, &all[i]);
    }
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
}

static void vacate(void)
{
    for (int i = 0; i < ALL; i++)
        sem_post(&all[i].go);
}

static int offloads_adding(void *n)
{
    return cede_offload(adds_one, n);
}

TASK_TEST(a_call_that_is_queued_is_taken_back)
{
    CEDE_GROUP(g);
    CEDE_GROUP(h);
    occupy(&g);
    int n = 4;
    cede_future *f = cede_spawn(&h, offloads_adding, &n);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_OK(cede_join(&h));
    vacate();
    CHECK_OK(cede_join(&g));
    CHECK_EQ(n, 4);
}

TASK_TEST(in_a_cancelled_scope_nothing_is_called)
{
    int n = 4;
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_offload(adds_one, &n), -ECANCELED);
    CHECK_ERR(cede_offload_copy(adds_one, &n, sizeof n), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_EQ(n, 4);
}

TASK_TEST(done_beats_cancelled_when_both_come_in_one_turn)
{
    struct stop s = new_stop();
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, offloads_a_stop, &s);
    CHECK_OK(cede_sleep(0));
    sem_wait(&s.there);
    sem_post(&s.go);
    usleep(2000); /* it may be on its way, or not: either way it counts */
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_EQ(cede_await(f), 7);
    CHECK_OK(cede_join(&g));
}

/* ---- copies ---------------------------------------------------------- */

TASK_TEST(what_became_of_a_copy_comes_back)
{
    int n = 4;
    CHECK_EQ(cede_offload_copy(adds_one, &n, sizeof n), 5);
    CHECK_EQ(n, 5);
}

static struct stop *shared;
static atomic_int seen;

static int works_on_its_copy(void *n)
{
    sem_post(&shared->there);
    sem_wait(&shared->go);
    atomic_store(&seen, ++*(int *)n);
    sem_post(&shared->there);
    return 0;
}

static int offloads_a_copy(void *n)
{
    return cede_offload_copy(works_on_its_copy, n, sizeof(int));
}

TASK_TEST(who_is_cancelled_leaves_a_copy_behind)
{
    struct stop s = new_stop();
    shared = &s;
    int n = 4;
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, offloads_a_copy, &n);
    CHECK_OK(cede_sleep(0));
    sem_wait(&s.there);
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_OK(cede_join(&g));
    sem_post(&s.go);
    sem_wait(&s.there);
    CHECK_EQ(seen, 5);
    CHECK_EQ(n, 4);
}

static int offloads_a_copy_and_goes(void *n)
{
    return cede_within(CEDE_MS, offloads_a_copy, n);
}

TEST(a_copy_that_is_done_when_its_loop_is_gone_is_dropped)
{
    static struct stop s;
    s = new_stop();
    shared = &s;
    int n = 4;
    CHECK_ERR(cede_run(offloads_a_copy_and_goes, &n), -ETIMEDOUT);
    sem_post(&s.go);
    sem_wait(&s.there);
    sem_wait(&s.there);
    CHECK_EQ(seen, 5);
    CHECK_EQ(n, 4);
}

static int answers_cancelled(void *n)
{
    ++*(int *)n;
    return -ECANCELED;
}

TASK_TEST(a_call_may_answer_that_it_was_cancelled)
{
    int n = 4;
    CHECK_ERR(cede_offload_copy(answers_cancelled, &n, sizeof n), -ECANCELED);
    CHECK_EQ(n, 5);
}

/* ---- the pool -------------------------------------------------------- */

static int offloads_many(void *unused)
{
    (void)unused;
    int n[100] = {0};
    CEDE_GROUP(g);
    for (int i = 0; i < 100; i++)
        cede_go(&g, offloads_adding, &n[i]);
    CEDE_TRY(cede_join(&g));
    for (int i = 0; i < 100; i++)
        if (n[i] != 1)
            return -EPROTO;
    return 0;
}

static void *runs_a_loop(void *unused)
{
    return (void *)(intptr_t)cede_run(offloads_many, unused);
}

TEST(loops_in_several_threads_share_it)
{
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        t[i] = in_thread(runs_a_loop, NULL);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(ends_with(t[i]), 0);
}

static void in_child(void *unused)
{
    printf("child %d", cede_run(offloads_many, unused));
}

TEST(a_child_of_a_fork_makes_its_own)
{
    CHECK_EQ(cede_run(offloads_many, NULL), 0);
    if (FOR_TSAN)
        return; /* which has no threads in children of threads */
    CHECK_STR_EQ(OUTPUT_OF(in_child, NULL)->text, "child 0");
    CHECK_EQ(cede_run(offloads_many, NULL), 0);
}

static atomic_bool running;

static int ends_late(void *unused)
{
    (void)unused;
    atomic_store(&running, true);
    usleep(20000);
    printf("the job ended");
    fflush(stdout);
    return 0;
}

static int ends_late_in_copy(void *n)
{
    return cede_offload_copy(ends_late, n, 1);
}

static int leaves_it(void *n)
{
    cede_future *f = cede_spawn(NULL, ends_late_in_copy, n);
    while (!atomic_load(&running))
        CEDE_TRY(cede_sleep(0));
    cede_future_free(f);
    return 0;
}

static void exits(void *unused)
{
    (void)unused;
    char n = 0;
    (void)cede_run(leaves_it, &n);
    exit(0);
}

TEST(the_end_of_the_process_waits_for_what_runs)
{
    const struct output *o = OUTPUT_OF(exits, NULL);
    CHECK_STR_EQ(o->text, "the job ended");
    CHECK_EQ(o->status, 0);
}

static int calls_exit(void *unused)
{
    (void)unused;
    exit(3);
}

static int offloads_exit(void *unused)
{
    return cede_offload(calls_exit, unused);
}

static void a_job_exits(void *unused)
{
    (void)cede_run(offloads_exit, unused);
}

TEST(a_job_may_end_the_process)
{
    if (ON_VALGRIND || FOR_ASAN)
        return; /* which take what other threads have on stacks for lost */
    const struct output *o = OUTPUT_OF(a_job_exits, NULL);
    CHECK_STR_EQ(o->text, "");
    CHECK_EQ(WEXITSTATUS(o->status), 3);
}

SUITE("offload")
