/* SPDX-License-Identifier: MIT
 *
 * S004-15 and S004-16 - the same work by threads and by tasks: the results are
 * the same, and what waits overlaps in both.  What computes may run on several
 * cores in threads: nothing locks the others out (Python's GIL does).
 *
 * That they overlap is no matter of time here: every job waits until all have
 * begun, and none would if they came one after another.  Jobs that compute do
 * so without ever waiting by cede, so that nobody could take turns.
 */
#include "seed.h"

#include <stdatomic.h>
#include <stdio.h>

enum { PATIENCE = 60 }; /* seconds */

/* Where n jobs wait until all of them have begun. */
struct start {
    cede_future *all;
    atomic_long missing;
};

static void start_of(struct start *s, long n)
{
    s->all = cede_promise();
    s->missing = n;
}

static int begin(struct start *s)
{
    if (--s->missing == 0)
        cede_resolve(s->all, 0);
    return cede_await_within(PATIENCE * CEDE_SEC, s->all);
}

/* ---- work that waits ------------------------------------------------- */

struct io_job {
    struct start *start;
    cede_time delay;
    long i, result;
};

static int io_job(void *arg)
{
    struct io_job *j = arg;
    CEDE_TRY(begin(j->start));
    CEDE_TRY(cede_sleep(j->delay));
    j->result = j->i * j->i;
    return 0;
}

static bool is_square(const struct io_job *j, long i)
{
    return j->result == i * i;
}

static void print_model(const char *model, bool results, bool overlap)
{
    printf("%s %s %s\n", model, seed_bool(results), seed_bool(overlap));
}

/* A generator of n jobs, as a map wants them. */
struct io_jobs {
    struct io_job first;
    long n;
};

static int io_jobs(cede_gen *self, void *arg)
{
    const struct io_jobs *all = arg;
    struct io_job j = all->first;
    for (j.i = 0; j.i < all->n; j.i++)
        CEDE_TRY(cede_yield(self, &j));
    return 0;
}

static int threads(struct io_jobs *all)
{
    bool right = true;
    long n = 0;
    cede_pool *p = cede_threads((unsigned)all->n);
    cede_iter *jobs = cede_iter_gen(cede_gen_of(struct io_job, io_jobs, all));
    cede_each (struct io_job, j, cede_map(p, io_job, jobs, (size_t)all->n))
        right &= is_square(&j, n++);
    int rc = cede_each_error();
    print_model("threads", right && n == all->n, rc == 0);
    return cede_pool_close(p);
}

static int tasks(void *arg)
{
    struct io_jobs *all = arg;
    struct io_job jobs[64];
    cede_call calls[64];
    for (long i = 0; i < all->n; i++) {
        jobs[i] = all->first;
        jobs[i].i = i;
        calls[i] = (cede_call){io_job, &jobs[i]};
    }
    int rc = cede_gather(calls, (size_t)all->n, NULL);
    bool right = true;
    for (long i = 0; i < all->n; i++)
        right &= is_square(&jobs[i], i);
    print_model("asyncio", right, rc == 0);
    return 0;
}

static int both(char **argv, long n, cede_time delay)
{
    struct start start;
    struct io_jobs all = {{&start, delay, 0, 0}, n};
    start_of(&start, n);
    int rc = threads(&all);
    cede_future_free(start.all);
    if (rc < 0)
        return rc;
    start_of(&start, n);
    rc = seed_run(argv, tasks, &all);
    cede_future_free(start.all);
    return rc;
}

/* ---- work that computes ---------------------------------------------- */

struct cpu_job {
    atomic_long *missing; /* who has not begun */
    long n, result;
};

static long sum_of_squares(long n)
{
    long sum = 0;
    for (long i = 0; i < n; i++)
        sum += i * i;
    return sum;
}

static int cpu_job(void *arg)
{
    struct cpu_job *j = arg;
    cede_time until = cede_now() + PATIENCE * CEDE_SEC;
    --*j->missing;
    while (*j->missing > 0) /* computes: all are on their way at once */
        if (cede_now() > until)
            return -ETIMEDOUT;
    j->result = sum_of_squares(j->n);
    return 0;
}

static int compute(long jobs, long n)
{
    atomic_long missing = jobs;
    struct cpu_job job = {&missing, n, 0};
    cede_future *f[64];
    cede_pool *p = cede_threads((unsigned)jobs);
    for (long i = 0; i < jobs; i++)
        f[i] = cede_submit(p, cpu_job, &job, sizeof job);
    int rc = cede_gather_futures(f, (size_t)jobs);
    bool equal = rc == 0;
    for (long i = 0; i < jobs; i++) {
        const struct cpu_job *done = cede_arg(f[i]);
        equal &= done->result == sum_of_squares(n);
        cede_future_free(f[i]);
    }
    printf("cpu results equal: %s\n", seed_bool(equal));
    return cede_pool_close(p);
}

static long read_jobs(const char *arg)
{
    long n = seed_long(arg);
    if (n < 1 || n > 64)
        seed_refuse("1 to 64 jobs", arg);
    return n;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 6,
               "--clock virtual|real JOBS SECONDS CPU_JOBS CPU_N");
    long jobs = read_jobs(argv[3]), cpu_jobs = read_jobs(argv[5]);
    return both(argv, jobs, seed_time(seed_double(argv[4]))) < 0 ||
           compute(cpu_jobs, seed_long(argv[6])) < 0;
}
