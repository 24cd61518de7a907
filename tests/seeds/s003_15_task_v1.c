/* SPDX-License-Identifier: MIT
 *
 * S003-15 - a Task made by hand: a generator yields futures, and each, when it
 * is done, sends its result back in.  This is how asyncio began.
 *
 * The original steps its generator on whatever thread has done the job.  A
 * generator of C keeps errno and thread-locals across its yields, so here it is
 * stepped by one thread's loop, which is told there; main goes on meanwhile,
 * and waits at the end for what the original has an event for.
 */
#include "seed.h"

#include <stdio.h>

/* ---- the Task of the article ----------------------------------------- */

struct task {
    cede_gen *gen;
};

static void wakeup(cede_future *f, void *task);

static void step(struct task *t, const int *value)
{
    cede_future *f;
    if (cede_send(t->gen, value, &f) > 0)
        cede_on_done(f, wakeup, t);
}

static void wakeup(cede_future *f, void *task)
{
    int result = cede_result(f);
    cede_future_free(f);
    step(task, &result);
}

/* ---- and one --------------------------------------------------------- */

struct sum {
    int x, y;
};

static int executor(void *arg)
{
    const struct sum *s = arg;
    return s->x + s->y;
}

struct exec {
    cede_pool *pool;
    int x, y;
    const long *more;
    size_t n;
    cede_future *done;
};

static int do_exec(cede_gen *self, void *arg)
{
    const struct exec *e = arg;
    struct sum s = {e->x, e->y};
    for (size_t i = 0; i <= e->n; i++) {
        int result;
        cede_future *f = cede_submit(e->pool, executor, &s, sizeof s);
        CEDE_TRY(cede_exchange(self, &f, &result));
        printf("Got:  %d\n", result);
        if (i < e->n)
            s = (struct sum){result, (int)e->more[i]};
    }
    return cede_resolve(e->done, 0);
}

static int amain(void *arg)
{
    struct exec *e = arg;
    e->done = cede_promise();
    struct task t = {
        cede_gen_new(do_exec, e, sizeof(cede_future *), sizeof(int))};
    step(&t, NULL);
    puts("main thread goes on");
    int rc = cede_await(e->done);
    cede_future_free(e->done);
    CEDE_TRY(cede_gen_close(t.gen));
    return rc;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 6, "--clock virtual|real WORKERS X Y MORE");
    struct exec e = {.pool = cede_threads((unsigned)seed_long(argv[3])),
                     .x = (int)seed_long(argv[4]),
                     .y = (int)seed_long(argv[5])};
    e.more = seed_longs(argv[6], &e.n);
    int rc = seed_run(argv, amain, &e);
    return cede_pool_close(e.pool) < 0 || rc < 0;
}
