/* SPDX-License-Identifier: MIT
 *
 * pool.c - what it costs to have a thread do something, and to get its result.
 *
 * thread_ping, thread_ping_p99  a job that does nothing, submitted and awaited,
 *                     one at a time: half of them take no longer, and 99 of
 *                     100; all threads on one core
 * thread_ping_2, thread_ping_2_p99  on two cores
 * thread_inflight_1000  the same with 1,000 submitted at any time, to four
 *                     threads; ns a job, all threads on one core
 * thread_inflight_1000_2  on two cores
 *
 * The floor of a ping is two threads and a futex for each direction; that of
 * many jobs is a ring behind a mutex, of which a worker takes 32 at a time and
 * is woken for 500, and one sum instead of a result for each.
 */
#define _GNU_SOURCE
#include "apart.h"

#include <cede.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PINGS = 20000, JOBS = 200000, IN_FLIGHT = 1000, WORKERS = 4 };
enum { TAKEN = 32 }; /* at a time, by a worker of the floor */

static long long took[PINGS];

static void keep_times(long n)
{
    serve_late = took;
    serve_late_count = n;
}

static int job(void *arg)
{
    (void)arg;
    return 1;
}

/* ---- the floor of a ping --------------------------------------------- */

static atomic_uint there, back;

static void signal_futex(atomic_uint *word)
{
    *word = 1;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void wait_futex(atomic_uint *word)
{
    while (!*word)
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    *word = 0;
}

static void *floor_pong(void *n)
{
    for (long left = *(long *)n; left > 0; left--) {
        wait_futex(&there);
        bench_require(job(NULL) == 1, "the floor's job failed");
        signal_futex(&back);
    }
    return NULL;
}

static void floor_ping(long n)
{
    pthread_t worker;
    bench_require(pthread_create(&worker, NULL, floor_pong, &n) == 0,
                  "no thread");
    for (long i = 0; i < n; i++) {
        long long start = serve_ns();
        signal_futex(&there);
        wait_futex(&back);
        took[i] = serve_ns() - start;
    }
    pthread_join(worker, NULL);
    keep_times(n);
}

/* ---- the floor of many jobs ------------------------------------------ */

/* Those from got to put - 1, modulo IN_FLIGHT, are not begun. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t work, room;
    int (*ring[IN_FLIGHT])(void *arg);
    long put, got, done, sum;
    int idle, full; /* who waits: workers, the submitter */
    int closed;
} plain = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .work = PTHREAD_COND_INITIALIZER,
           .room = PTHREAD_COND_INITIALIZER};

static void run_some(void)
{
    int (*fn[TAKEN])(void *arg);
    int n = 0;
    long sum = 0;
    while (n < TAKEN && plain.got < plain.put)
        fn[n++] = plain.ring[plain.got++ % IN_FLIGHT];
    pthread_mutex_unlock(&plain.lock);
    for (int i = 0; i < n; i++)
        sum += fn[i](NULL);
    pthread_mutex_lock(&plain.lock);
    plain.sum += sum;
    plain.done += n;
    if (plain.full && plain.put - plain.done <= IN_FLIGHT / 2)
        pthread_cond_signal(&plain.room);
}

static void *floor_worker(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&plain.lock);
    while (plain.got < plain.put || !plain.closed) {
        if (plain.got < plain.put) {
            run_some();
            continue;
        }
        plain.idle++;
        pthread_cond_wait(&plain.work, &plain.lock);
        plain.idle--;
    }
    pthread_mutex_unlock(&plain.lock);
    return NULL;
}

static void floor_submit(int (*fn)(void *arg))
{
    pthread_mutex_lock(&plain.lock);
    plain.full = plain.put - plain.done == IN_FLIGHT;
    while (plain.full && plain.put - plain.done > IN_FLIGHT / 2)
        pthread_cond_wait(&plain.room, &plain.lock);
    plain.full = 0;
    plain.ring[plain.put++ % IN_FLIGHT] = fn;
    /* Not for each job: on one core every one would be a switch. */
    if (plain.idle > 0 && plain.put % (IN_FLIGHT / 2) == 0)
        pthread_cond_signal(&plain.work);
    pthread_mutex_unlock(&plain.lock);
}

static void floor_close(void)
{
    pthread_mutex_lock(&plain.lock);
    plain.closed = 1;
    pthread_cond_broadcast(&plain.work);
    pthread_mutex_unlock(&plain.lock);
}

static void floor_inflight(long n)
{
    pthread_t worker[WORKERS];
    plain.put = plain.got = plain.done = plain.sum = plain.closed = 0;
    for (int i = 0; i < WORKERS; i++)
        bench_require(pthread_create(&worker[i], NULL, floor_worker, NULL) == 0,
                      "no thread");
    for (long i = 0; i < n; i++)
        floor_submit(job);
    floor_close();
    for (int i = 0; i < WORKERS; i++)
        pthread_join(worker[i], NULL);
    bench_require(plain.sum == n, "the floor lost a job");
}

/* ---- cede ------------------------------------------------------------ */

static cede_pool *pool;

static int result_of(cede_future *f)
{
    int result = cede_await(f);
    cede_future_free(f);
    return result;
}

static void ping(long n)
{
    for (long i = 0; i < n; i++) {
        long long start = serve_ns();
        bench_require(result_of(cede_submit(pool, job, NULL, 0)) == 1,
                      "a job failed");
        took[i] = serve_ns() - start;
    }
    keep_times(n);
}

/* The oldest is awaited before the next is submitted. */
static void inflight(long n)
{
    static cede_future *jobs[IN_FLIGHT];
    long sum = 0;
    for (long i = 0; i < n; i++) {
        if (i >= IN_FLIGHT)
            sum += result_of(jobs[i % IN_FLIGHT]);
        jobs[i % IN_FLIGHT] = cede_submit(pool, job, NULL, 0);
    }
    for (long i = n < IN_FLIGHT ? 0 : n - IN_FLIGHT; i < n; i++)
        sum += result_of(jobs[i % IN_FLIGHT]);
    bench_require(sum == n, "a job was lost");
}

/* ---- as a process of its own ----------------------------------------- */

static const struct serve_figure by_cede[] = {
    {"thread_ping", ping},
    {"thread_ping_2", ping},
    {"thread_inflight_1000", inflight},
    {"thread_inflight_1000_2", inflight},
    {NULL, NULL},
};
static const struct serve_figure by_floor[] = {
    {"thread_ping", floor_ping},
    {"thread_ping_2", floor_ping},
    {"thread_inflight_1000", floor_inflight},
    {"thread_inflight_1000_2", floor_inflight},
    {NULL, NULL},
};

static int serve_main(void *arg)
{
    (void)arg;
    pool = cede_threads(WORKERS);
    int status = serve(by_cede);
    CEDE_TRY(cede_pool_close(pool));
    return status;
}

static int serve_subject(const char *subject)
{
    if (strcmp(subject, "cede") == 0)
        return cede_run(serve_main, NULL);
    return serve(by_floor);
}

/* ---- figures --------------------------------------------------------- */

static void ping_figure(const char *name, int cores, struct bench_target target)
{
    apart_figure(&(struct apart_figure){
        .name = name,
        .n = PINGS,
        .cores = cores,
        .values = {{"", APART_P50, "us", {target}},
                   {"_p99", APART_P99, "us", {{NULL, 0}}}}});
}

static void inflight_figure(const char *name, int cores,
                            struct bench_target target)
{
    apart_figure(
        &(struct apart_figure){.name = name,
                               .n = JOBS,
                               .cores = cores,
                               .values = {{"", APART_WALL, "ns", {target}}}});
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--serve") == 0)
        return serve_subject(argv[2]);
    bench_start(argc, argv);
    ping_figure("thread_ping", 1, (struct bench_target){"floor", 1.3});
    ping_figure("thread_ping_2", 2, (struct bench_target){"tokio", 1});
    inflight_figure("thread_inflight_1000", 1, (struct bench_target){"go", 1});
    inflight_figure("thread_inflight_1000_2", 2,
                    (struct bench_target){NULL, 0});
    return bench_end();
}
