/* SPDX-License-Identifier: MIT
 *
 * pool_inside_test.c - what the process's own pools do, from the inside:
 * threads that end when they are idle, and a pool that users' jobs cannot hold
 * up.
 */
#define _GNU_SOURCE
#include "base/cpus.h"
#include "check.h"
#include "pool/pool.h"
#include "tasks.h"
#include "threads.h"
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

static int adds_one(void *n)
{
    return ++*(int *)n;
}

static unsigned workers_of(cede_pool *p)
{
    cede_pool_info info;
    CHECK_OK(cede_pool_look(p, &info));
    return info.workers;
}

static void use(cede_pool *p)
{
    enum { JOBS = 8 };
    cede_future *fs[JOBS];
    int n[JOBS] = {0};
    for (int i = 0; i < JOBS; i++)
        fs[i] = cede_submit(p, adds_one, &n[i], 0);
    for (int i = 0; i < JOBS; i++) {
        CHECK_EQ(cede_await(fs[i]), 1);
        cede_future_free(fs[i]);
    }
}

TEST(idle_threads_end_and_others_start_when_they_are_needed)
{
    const cede_pool_options o = {.workers = 3};
    cede_pool *p = cd_threads_new(&o, CEDE_MS);
    for (int i = 0; i < 5; i++) {
        use(p);
        while (workers_of(p) > 0)
            usleep(200);
    }
    use(p);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_job_may_come_just_as_a_thread_ends)
{
    const cede_pool_options o = {.workers = 3};
    cede_pool *p = cd_threads_new(&o, 50 * CEDE_US);
    for (int i = 0; i < rounds(500); i++) {
        use(p);
        usleep((unsigned)(40 + i % 40));
    }
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- the library's own ----------------------------------------------- */

enum { MOST = 32 };
static sem_t there, go;

static int stops(void *unused)
{
    (void)unused;
    sem_post(&there);
    sem_wait(&go);
    return 0;
}

static int offloads_a_stop(void *unused)
{
    return cede_offload(stops, unused);
}

static int names_thread(void *name)
{
    pthread_getname_np(pthread_self(), name, 16);
    return 7;
}

static int offloads_inside(void *name)
{
    return cd_offload_to(cd_pool_internal(), "name\0", names_thread, name);
}

TASK_TEST(users_jobs_do_not_hold_up_the_librarys)
{
    char name[16] = "";
    sem_init(&there, 0, 0);
    sem_init(&go, 0, 0);
    CEDE_GROUP(g);
    for (int i = 0; i < MOST; i++)
        CHECK_OK(cede_go(&g, offloads_a_stop, NULL));
    CHECK_OK(cede_sleep(0));
    for (unsigned i = 0; i < cd_cpus() + 4 && i < MOST; i++)
        sem_wait(&there); /* now they have all workers */
    CHECK_EQ(offloads_inside(name), 7);
    CHECK_STR_EQ(name, "cede-lib-1");
    for (int i = 0; i < MOST; i++)
        sem_post(&go);
    CHECK_OK(cede_join(&g));
}

TEST(the_default_pool_has_4_workers_more_than_cpus_and_32_at_most)
{
    unsigned n = cd_cpus() + 4;
    CHECK_EQ(cd_pool_default()->most, n < MOST ? n : MOST);
    CHECK(cd_pool_default() == cd_pool_default());
    CHECK(cd_pool_default() != cd_pool_internal());
}

/* ---- between taking back and being over -------------------------------- */

/* What cd_pool_type says of itself, for a pool that only counts. */
static struct counting {
    cede_pool pool;
    struct cd_job *job;
    int asked;
    void (*over)(struct cd_job *j, int rc, const struct cd_message *message);
} counting;

static cede_future *submitted;

static int keeps(cede_pool *p, struct cd_job *j)
{
    (void)p;
    counting.job = j;
    return 0;
}

static int gives_back(cede_pool *p, struct cd_job *j)
{
    (void)p;
    counting.asked++;
    atomic_store(&j->state, CD_JOB_TAKEN);
    return 0;
}

/* Where another thread may cancel it as well, and may have closed the pool. */
static void is_cancelled_again(struct cd_job *j, int rc,
                               const struct cd_message *message)
{
    j->over = counting.over;
    CHECK_EQ(cede_cancel(submitted), 0);
    CHECK_EQ(counting.asked, 1);
    CHECK_EQ(cede_cancel(submitted), -EALREADY);
    j->over(j, rc, message);
}

TEST(who_cancels_a_job_that_was_taken_back_does_not_ask_the_pool)
{
    static const struct cd_pool_type type = {.submit = keeps,
                                             .take_back = gives_back};
    counting.pool = (cede_pool){.type = &type, .forks = cd_forks};
    submitted = cede_submit(&counting.pool, adds_one, NULL, 0);
    counting.over = counting.job->over;
    counting.job->over = is_cancelled_again;
    CHECK_EQ(cede_cancel(submitted), 0);
    CHECK_EQ(counting.asked, 1);
    CHECK_ERR(cede_result(submitted), -ECANCELED);
    cede_future_free(submitted);
}

static sem_t dropped;
static cede_pool *dropping;

static int runs_until_it_is_dropped(void *unused)
{
    (void)unused;
    return sem_wait(&dropped);
}

static void is_cancelled_meanwhile(struct cd_job *j, int rc,
                                   const struct cd_message *message)
{
    cede_pool_info info;
    j->over = counting.over;
    CHECK_EQ(cede_cancel(submitted), 0);
    CHECK_OK(cede_pool_look(dropping, &info));
    CHECK_EQ(info.queued, 0);
    j->over(j, rc, message);
    sem_post(&dropped);
}

TEST(who_cancels_a_job_that_the_pool_is_dropping_does_not_drop_it_again)
{
    sem_init(&dropped, 0, 0);
    cede_pool *p = dropping = cede_threads(1);
    cede_future *first = cede_submit(p, runs_until_it_is_dropped, NULL, 0);
    submitted = cede_submit(p, adds_one, NULL, 0);
    struct cd_job *j = (struct cd_job *)(uintptr_t)cd_job_of(submitted);
    counting.over = j->over;
    j->over = is_cancelled_meanwhile;
    CHECK_EQ(cede_pool_cancel(p), 0);
    CHECK_ERR(cede_result(submitted), -ECANCELED);
    cede_future_free(submitted);
    cede_future_free(first);
    sem_destroy(&dropped);
}

/* ---- a thread that cannot be started ----------------------------------- */

static atomic_bool closed;
static pthread_t closer;

static void *closes(void *p)
{
    CHECK_EQ(cede_pool_close(p), 0);
    closed = true;
    return NULL;
}

/* Called by who submits, for there is no thread. */
static void is_over(struct cd_job *j, int rc, const struct cd_message *message)
{
    (void)message;
    CHECK_EQ(rc, CEDE_EBROKEN);
    closer = in_thread(closes, j->arg);
    usleep(20000);
    CHECK(!closed);
}

TEST(who_closes_waits_for_who_could_not_start_a_thread)
{
    const cede_pool_options o = {.workers = 1, .stack_size = (size_t)1 << 60};
    cede_pool *p = cede_threads_with(&o);
    struct cd_job j;
    CHECK_EQ(cd_job_init(&j, "job\0", adds_one, p), 0);
    j.over = is_over;
    CHECK_EQ(p->type->submit(p, &j), 0);
    CHECK_EQ(ends_with(closer), 0);
}

/* Its worker is between the two steps of resolving it, so to speak. */
TEST(a_job_that_is_all_but_done_is_done_for_whoever_holds_it)
{
    cede_pool *p = cede_threads(1);
    int n = 0;
    cede_future *f = cede_submit(p, adds_one, &n, 0);
    while (!cede_done(f))
        sched_yield();
    atomic_store(&f->done, false);
    cd_future_hold(f);
    CHECK(f->done);
    cd_future_release(f);
    CHECK_EQ(cede_await(f), 1);
    cede_future_free(f);
    CHECK_OK(cede_pool_close(p));
}

SUITE("pool_inside")
