/* SPDX-License-Identifier: MIT
 *
 * S003-18 - what the article's Task lacks: a failed future's error has to be
 * thrown into the generator, where it can be handled; one that is not is the
 * Task's own.
 *
 * As in S003-15 the generator is stepped by one thread's loop, which is told
 * when another has done a job.
 */
#include "seed.h"

#include <stdio.h>

/* ---- the Task -------------------------------------------------------- */

struct task {
    cede_gen *gen;
    cede_future *result;
};

static void wakeup(cede_future *f, void *task);

/* With what the future that it waits for has brought; NULL: the first step. */
static void step(struct task *t, const int *brought)
{
    cede_future *f;
    int rc = brought && *brought < 0 ? cede_throw(t->gen, *brought, &f)
                                     : cede_send(t->gen, brought, &f);
    if (rc > 0)
        cede_on_done(f, wakeup, t);
    else
        cede_resolve(t->result, rc < 0 ? rc : cede_gen_result(t->gen));
}

static void wakeup(cede_future *f, void *task)
{
    int result = cede_await(f); /* is done: does not wait, has the message */
    step(task, &result);
    cede_future_free(f);
}

/* ---- jobs ------------------------------------------------------------ */

struct job {
    cede_pool *pool;
    const char *error;
    int value;
    char got[80];
};

static int bad(void *arg)
{
    const struct job *j = arg;
    return cede_fail(SEED_OS_ERROR, "%s", j->error);
}

static int good(void *arg)
{
    const struct job *j = arg;
    return j->value;
}

/* What the pool answers: its result is sent in, or its error thrown. */
static int yield_job(cede_gen *self, struct job *j, cede_fn *fn)
{
    int result;
    cede_future *f = cede_submit(j->pool, fn, j, 0);
    CEDE_TRY(cede_exchange(self, &f, &result));
    return result;
}

static int handles(cede_gen *self, void *arg)
{
    struct job *j = arg;
    int rc = yield_job(self, j, bad);
    if (rc == SEED_OS_ERROR)
        snprintf(j->got, sizeof j->got, "%s", cede_message_of(rc));
    return yield_job(self, j, good);
}

static int does_not(cede_gen *self, void *arg)
{
    return yield_job(self, arg, bad);
}

/* ---- main ------------------------------------------------------------ */

static int run_task(cede_gen_fn *fn, struct job *j)
{
    struct task t = {cede_gen_new(fn, j, sizeof(cede_future *), sizeof(int)),
                     cede_promise()};
    step(&t, NULL);
    int rc = cede_await(t.result);
    cede_future_free(t.result);
    cede_gen_close(t.gen);
    return rc;
}

static int amain(void *arg)
{
    struct job *j = arg;
    int rc = run_task(handles, j);
    seed_value got[] = {seed_text(j->got), seed_int(rc)};
    seed_print(seed_tuple(got, 2));
    putchar('\n');

    seed_repr_error(SEED_AWAIT, run_task(does_not, j));
    putchar('\n');
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 5, "--clock virtual|real WORKERS ERROR VALUE");
    struct job j = {.pool = cede_threads((unsigned)seed_long(argv[3])),
                    .error = argv[4],
                    .value = (int)seed_long(argv[5])};
    int rc = seed_run(argv, amain, &j);
    return cede_pool_close(j.pool) < 0 || rc < 0;
}
