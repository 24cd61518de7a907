/* SPDX-License-Identifier: MIT
 *
 * S002-9 and S002-10 - mock network I/Os that take seconds each, all at once:
 * two or three take as long as one.
 *
 * Each I/O is a generator that yields while its answer is not there; the
 * coroutine that waits for it delegates to it.  A hand-made loop steps all that
 * have no result yet, and sleeps for a tick after every round, which is what
 * lets the virtual clock move.
 */
#include "seed.h"

#include <stdio.h>

enum { MOST = 64 };

struct program {
    long n;
    cede_time duration, tick, took;
    int response; /* the status every I/O answers */
    int responses[MOST], responses_n;
    cede_gen *coro[MOST];
    int result[MOST]; /* 0: none yet */
};

static int network_io(cede_gen *self, void *arg)
{
    const struct program *p = arg;
    cede_time start = cede_clock();
    while (cede_clock() - start < p->duration)
        CEDE_TRY(cede_yield(self, NULL));
    return p->response;
}

static int coroutine(cede_gen *self, void *arg)
{
    struct program *p = arg;
    int response = cede_yield_from(self, cede_gen_new(network_io, p, 0, 0));
    CEDE_TRY(response);
    p->responses[p->responses_n++] = response;
    return response;
}

static int step_all(struct program *p, bool *waiting)
{
    *waiting = false;
    for (long i = 0; i < p->n; i++) {
        if (p->result[i] != 0)
            continue;
        int rc = cede_next(p->coro[i], NULL);
        if (rc < 0)
            return rc;
        if (rc == 0)
            p->result[i] = cede_gen_result(p->coro[i]);
        else
            *waiting = true;
    }
    return 0;
}

static int loop(void *arg)
{
    struct program *p = arg;
    cede_time start = cede_clock();
    for (long i = 0; i < p->n; i++)
        p->coro[i] = cede_gen_new(coroutine, p, 0, 0);
    bool waiting;
    int rc;
    while ((rc = step_all(p, &waiting)) == 0 && waiting)
        cede_sleep(p->tick);
    for (long i = 0; i < p->n; i++)
        cede_gen_close(p->coro[i]);
    p->took = cede_clock() - start;
    return rc;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 6,
               "--clock virtual|real TICK COUNT SECONDS RESPONSE");
    struct program p = {.n = seed_long(argv[4]),
                        .tick = seed_time(seed_double(argv[3])),
                        .duration = seed_time(seed_double(argv[5])),
                        .response = (int)seed_long(argv[6])};
    if (p.n < 1 || p.n > MOST)
        seed_refuse("1 to 64 coroutines", argv[4]);
    if (p.response < 1)
        seed_refuse("a response is a positive number", argv[6]);
    if (seed_run(argv, loop, &p) < 0)
        return 1;

    printf("Network I/O responses [");
    for (int i = 0; i < p.responses_n; i++)
        printf("%s%d", i > 0 ? ", " : "", p.responses[i]);
    printf("]\nCoroutine results {");
    for (int i = 0; i < p.n; i++)
        printf("%s'coro%d': %d", i > 0 ? ", " : "", i + 1, p.result[i]);
    printf("}\nScript took %.2fs\n", seed_seconds(p.took));
    return 0;
}
