/* SPDX-License-Identifier: MIT
 *
 * S003-12 - a job of a pool's thread, and its result: waiting for it blocks, a
 * time limit ends the waiting and not the job, a job that runs cannot be
 * cancelled, a result may be asked for again, and a pool that was shut takes no
 * more jobs.
 *
 * Nothing here is a task: main and the job are plain threads.  The job goes on
 * only when main has tried what it tries while the job runs.
 */
#include "seed.h"

#include <stdio.h>

static cede_future *begun, *tried;

struct sum {
    long x, y;
    cede_time nap;
};

static int executor(void *arg)
{
    const struct sum *s = arg;
    puts("I'm going to sleep for a while...");
    cede_resolve(begun, 0);
    CEDE_TRY(cede_await(tried));
    CEDE_TRY(cede_sleep(s->nap));
    return (int)(s->x + s->y);
}

static void try_while_it_runs(cede_future *f, cede_time limit)
{
    cede_await(begun);
    if (cede_await_within(limit, f) == -ETIMEDOUT)
        printf("timeout: still %s cancel() -> %s\n",
               cede_running(f) ? "running" : "?",
               seed_bool(cede_cancel(f) == 0));
    cede_resolve(tried, 0);
}

static void await_it(cede_future *f, cede_time start, cede_time nap)
{
    printf("%d\n", cede_await(f));
    printf("We're blocked until we get the result... %s %s %s\n",
           seed_bool(cede_now() - start >= nap), seed_bool(cede_done(f)),
           seed_bool(cede_result(f) == -ECANCELED));
    printf("%d ", cede_await(f));
    if (cede_result(f) < 0)
        seed_repr_error(SEED_AWAIT, cede_result(f));
    else
        seed_repr(seed_none());
    putchar('\n');
}

static void submit_too_late(cede_pool *p, const struct sum *s)
{
    cede_pool_shut(p);
    cede_future *late = cede_submit(p, executor, s, sizeof *s);
    seed_print_error(SEED_SUBMIT, cede_await(late));
    cede_future_free(late);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 5, "WORKERS X Y LIMIT SECONDS");
    struct sum s = {seed_long(argv[2]), seed_long(argv[3]),
                    seed_time(seed_double(argv[5]))};
    cede_pool *p = cede_threads((unsigned)seed_long(argv[1]));
    begun = cede_promise();
    tried = cede_promise();
    cede_time start = cede_now();
    cede_future *f = cede_submit(p, executor, &s, sizeof s);
    try_while_it_runs(f, seed_time(seed_double(argv[4])));
    await_it(f, start, s.nap);
    submit_too_late(p, &s);
    cede_future_free(f);
    cede_future_free(begun);
    cede_future_free(tried);
    return cede_pool_close(p) < 0;
}
