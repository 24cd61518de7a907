/* SPDX-License-Identifier: MIT
 *
 * S001-8 - a running average: priming, send, states, close.
 *
 * A value sent to the fresh generator is refused and does not start it.  The
 * first step hands out None; from then on each value sent is answered with the
 * average so far.  Seen from inside it is always running.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>

/* The states the body saw itself in, each once. */
struct seen {
    const char *state[4];
    size_t n;
};

static void see(struct seen *seen, const char *state)
{
    for (size_t i = 0; i < seen->n; i++)
        if (strcmp(seen->state[i], state) == 0)
            return;
    seen->state[seen->n++] = state;
}

static int averager(cede_gen *self, void *arg)
{
    double total = 0, term;
    long count = 0;
    seed_value average = seed_none();
    for (;;) {
        see(arg, seed_state(self));
        CEDE_TRY(cede_exchange(self, &average, &term));
        total += term;
        count++;
        average = seed_float(total / (double)count);
    }
}

static void print_line(seed_value v)
{
    seed_print(v);
    putchar('\n');
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "TOO_EARLY TERMS");
    size_t n;
    double too_early = seed_double(argv[1]);
    const double *term = seed_doubles(argv[2], &n);

    struct seen seen = {0};
    seed_value v = seed_none();
    cede_gen *coro =
        cede_gen_new(averager, &seen, sizeof(seed_value), sizeof(double));
    puts(seed_state(coro));
    int rc = cede_send(coro, &too_early, &v);
    if (rc < 0)
        seed_print_error(SEED_SEND, rc);
    puts(seed_state(coro));

    if (cede_next(coro, &v) > 0)
        print_line(v);
    for (size_t i = 0; i < n; i++)
        if (cede_send(coro, &term[i], &v) > 0)
            print_line(v);

    printf("%s {", seed_state(coro));
    for (size_t i = 0; i < seen.n; i++)
        printf("%s'%s'", i > 0 ? ", " : "", seen.state[i]);
    puts("}");
    cede_gen_stop(coro);
    puts(seed_state(coro));
    if (seed_step(coro, &(seed_value){0}, &v) == 0) {
        printf("StopIteration ");
        print_line(v);
    }
    return cede_gen_close(coro) < 0;
}
