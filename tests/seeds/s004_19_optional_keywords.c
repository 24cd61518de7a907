/* SPDX-License-Identifier: MIT
 *
 * S004-19 - await, return and yield are all optional: a function that does not
 * wait can be a task all the same, and a body that does not yield is over in
 * its first step.
 *
 * An int is what a C function returns, so 0 is printed as Python's None.
 */
#include "seed.h"

#include <stdio.h>

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int only_return(void *arg)
{
    return (int)*(long *)arg;
}

static int only_await(void *arg)
{
    (void)arg;
    return cede_sleep(0);
}

static int only_yield(cede_gen *self, void *arg)
{
    return cede_yield(
        self, &(seed_value){.kind = SEED_INT, .as.integer = *(long *)arg});
}

static int returns_in_a_body(cede_gen *self, void *arg)
{
    (void)self;
    return only_return(arg);
}

static void print_result(int rc)
{
    seed_print(rc == 0 ? seed_none() : seed_int(rc));
    putchar(' ');
}

static int amain(void *arg)
{
    int results[3];
    CEDE_TRY(cede_gather(
        CEDE_CALLS({nothing, NULL}, {only_return, arg}, {only_await, NULL}),
        results));
    for (int i = 0; i < 3; i++)
        print_result(results[i]);
    seed_log log = {0};
    cede_each (seed_value, x, cede_gen_of(seed_value, only_yield, arg))
        seed_log_add(&log, x);
    seed_log_print(&log);
    putchar('\n');
    seed_log_free(&log);
    return cede_each_error();
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "--clock virtual|real RESULT");
    long result = seed_long(argv[3]);
    if (seed_run(argv, amain, &result) < 0)
        return 1;
    cede_gen *c = cede_gen_new(returns_in_a_body, &result, 0, 0);
    if (cede_next(c, NULL) == 0)
        printf("driven by hand: %d\n", cede_gen_result(c));
    return cede_gen_close(c) < 0;
}
