/* SPDX-License-Identifier: MIT
 *
 * S003-17 - a Task made by hand that is a future itself, so that its result can
 * be waited for; and a future that is done already, which is not waited for.
 *
 * The generator delegates to one that asks a future for its result: if that is
 * done, it answers without a yield.  The original's work is done by another
 * process, here by another thread, and --where prints that.  Its main thread
 * waits for the Task, here a task does.
 */
#include "seed.h"

#include <pthread.h>
#include <stdio.h>

/* ---- the Task of the article ----------------------------------------- */

struct task {
    cede_gen *gen;
    cede_future *result;
};

static void wakeup(cede_future *f, void *task);

static void step(struct task *t)
{
    cede_future *f;
    if (cede_next(t->gen, &f) > 0)
        cede_on_done(f, wakeup, t);
    else
        cede_resolve(t->result, cede_gen_result(t->gen));
}

static void wakeup(cede_future *f, void *task)
{
    (void)f;
    step(task);
}

/* What the article adds to futures: `yield from future`. */
static int result_of(cede_gen *self, void *future)
{
    cede_future *f = future;
    if (!cede_done(f))
        CEDE_TRY(cede_yield(self, &f));
    return cede_result(f);
}

static int yield_from_future(cede_gen *self, cede_future *f)
{
    return cede_yield_from(self, cede_gen_of(cede_future *, result_of, f));
}

/* ---- a job ----------------------------------------------------------- */

struct calc {
    cede_pool *pool;
    long x, y;
    cede_time nap;
    bool where;       /* print it */
    pthread_t thread; /* out, in the job's copy */
    bool elsewhere;   /* out */
};

static int calc(void *arg)
{
    struct calc *c = arg;
    puts("I'm going to sleep for a while...");
    CEDE_TRY(cede_sleep(c->nap));
    c->thread = pthread_self();
    return (int)(c->x + c->y);
}

static int do_calc(cede_gen *self, void *arg)
{
    struct calc *c = arg;
    cede_future *f = cede_submit(c->pool, calc, c, sizeof *c);
    int result = yield_from_future(self, f);
    const struct calc *after = cede_arg(f);
    c->elsewhere = !pthread_equal(after->thread, pthread_self());
    cede_future_free(f);
    return result;
}

/* A future's result is a number; what it is about stands beside it. */
struct value {
    cede_future *set;
    const char *text;
    const char *result; /* out */
};

static int quick(cede_gen *self, void *arg)
{
    struct value *v = arg;
    int rc = yield_from_future(self, v->set);
    v->result = v->text;
    return rc;
}

/* ---- main ------------------------------------------------------------ */

/* Whether its first step was its last. */
static bool start(struct task *t, cede_gen_fn *fn, void *arg)
{
    t->gen = cede_gen_of(cede_future *, fn, arg);
    t->result = cede_promise();
    step(t);
    return cede_done(t->result);
}

static int result_and_end(struct task *t)
{
    int result = cede_await(t->result);
    cede_future_free(t->result);
    cede_gen_close(t->gen);
    return result;
}

static int calculates(void *arg)
{
    struct calc *c = arg;
    struct task t;
    start(&t, do_calc, c);
    int result = result_and_end(&t);
    if (result < 0)
        return result;
    printf("Got  %d", result);
    if (c->where)
        printf(" | other thread: %s", seed_bool(c->elsewhere));
    putchar('\n');
    return 0;
}

static int already(void *text)
{
    struct value v = {.set = cede_promise(), .text = text};
    cede_resolve(v.set, 0);
    struct task t;
    bool done = start(&t, quick, &v);
    int rc = result_and_end(&t);
    cede_future_free(v.set);
    if (rc == 0)
        printf("%s %s\n", seed_bool(done), v.result);
    return rc;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 7,
               "--clock virtual|real WORKERS X Y SECONDS TEXT [--where]");
    struct calc c = {.pool = cede_threads((unsigned)seed_long(argv[3])),
                     .x = seed_long(argv[4]),
                     .y = seed_long(argv[5]),
                     .nap = seed_time(seed_double(argv[6])),
                     .where = argc > 8};
    int rc = seed_run(argv, calculates, &c);
    if (cede_pool_close(c.pool) < 0 || rc < 0)
        return 1;
    return seed_run(argv, already, argv[7]) < 0;
}
