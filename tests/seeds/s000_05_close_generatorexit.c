/* SPDX-License-Identifier: MIT
 *
 * S000-5 - stopping a generator: its pending yield answers CEDE_EXIT, it
 * cleans up, and only then does the call return.
 *
 * Stopping again does nothing; a generator that never ran has nothing to clean
 * up; one that yields instead of ending is reported; an error of the clean-up
 * reaches who stopped it.
 */
#include "seed.h"

#include <stdio.h>

static int polite(cede_gen *self, void *arg)
{
    const seed_value data = seed_text(arg);
    puts("open");
    int rc;
    do
        rc = cede_yield(self, &data);
    while (rc >= 0);
    if (rc == CEDE_EXIT)
        puts("GeneratorExit -> clean exit");
    puts("finally");
    return rc;
}

static int ignores_its_stop(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = cede_yield(self, &(seed_value){0});
    if (rc == CEDE_EXIT)
        rc = cede_yield(self, &(seed_value){0});
    return rc;
}

static int fails_cleaning_up(cede_gen *self, void *arg)
{
    cede_yield(self, &(seed_value){0});
    return cede_fail(SEED_KEY_ERROR, "%s", (const char *)arg);
}

static int simple(cede_gen *self, void *arg)
{
    (void)arg;
    return cede_yield(self, &(seed_value){0});
}

static cede_gen *make(cede_gen_fn *body, void *arg)
{
    return cede_gen_new(body, arg, sizeof(seed_value), 0);
}

static cede_gen *started(cede_gen_fn *body, void *arg)
{
    cede_gen *g = make(body, arg);
    cede_next(g, NULL);
    return g;
}

/* What stopping answers; a result of 0 is Python's None. */
static void print_stop(const char *what, cede_gen *g)
{
    int rc = cede_gen_stop(g);
    printf("%s ", what);
    if (rc < 0)
        seed_repr_error(SEED_STOP, rc);
    else
        seed_repr(rc == 0 ? seed_none() : seed_int(rc));
    putchar('\n');
}

static void stop_a_polite_one(char *data)
{
    seed_value v;
    cede_gen *g = make(polite, data);
    seed_step(g, NULL, &v);
    seed_print(v);
    putchar('\n');
    print_stop("close ->", g);
    print_stop("close again ->", g);
    if (seed_step(g, NULL, &v) == 0) {
        printf("StopIteration ");
        seed_print(v);
        putchar('\n');
    }
    cede_gen_close(g);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "DATA CLEAN_UP_ERROR");
    stop_a_polite_one(argv[1]);

    cede_gen *g = make(polite, argv[1]);
    print_stop("close unstarted ->", g);
    cede_gen_close(g);

    g = started(ignores_its_stop, NULL);
    int rc = cede_gen_stop(g);
    if (rc < 0)
        seed_print_error(SEED_STOP, rc);
    cede_gen_close(g);

    g = started(fails_cleaning_up, argv[2]);
    print_stop("close propagated", g);
    cede_gen_close(g);

    g = started(simple, NULL);
    print_stop("close not catching ->", g);
    cede_gen_close(g);
    return 0;
}
