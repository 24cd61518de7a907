/* SPDX-License-Identifier: MIT
 *
 * S003-14 - a failure inside of the executor comes back with the result, its
 * text included, as often as one asks; the worker takes the next job.
 */
#include "seed.h"

#include <stdio.h>

static int boom(void *text)
{
    return cede_fail(SEED_VALUE_ERROR, "%s", (const char *)text);
}

struct next_job {
    const char *text;
    seed_value found; /* out, in the job's copy */
};

static int next_job(void *arg)
{
    struct next_job *j = arg;
    j->found = seed_text(j->text);
    return 0;
}

static void print_failure(const char *what, cede_future *f)
{
    printf("%s: ", what);
    seed_repr_error(SEED_AWAIT, cede_await(f));
    putchar('\n');
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "WORKERS FAILURE TEXT");
    cede_pool *p = cede_threads((unsigned)seed_long(argv[1]));
    cede_future *f = cede_submit(p, boom, argv[2], 0);
    print_failure("result raised", f);
    print_failure("exception()", f);
    cede_future_free(f);

    struct next_job j = {argv[3], seed_none()};
    f = cede_submit(p, next_job, &j, sizeof j);
    cede_await(f);
    printf("worker survives: ");
    seed_print(((struct next_job *)cede_arg(f))->found);
    putchar('\n');
    cede_future_free(f);
    return cede_pool_close(p) < 0;
}
