/* SPDX-License-Identifier: MIT
 *
 * S000-6 - making a generator runs nothing; each step runs to the next yield.
 */
#include "seed.h"

#include <stdio.h>

struct values {
    const long *item;
    size_t n;
};

static int body(cede_gen *self, void *arg)
{
    const struct values *values = arg;
    puts("start");
    for (size_t i = 0; i < values->n; i++) {
        if (i > 0)
            puts("between");
        CEDE_TRY(cede_yield(self, &values->item[i]));
    }
    puts("end");
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 1, "VALUES");
    struct values values;
    values.item = seed_longs(argv[1], &values.n);

    cede_gen *g = cede_gen_of(long, body, &values);
    puts("created, nothing printed yet");
    long x;
    int rc;
    for (int steps = 0; (rc = cede_next(g, &x)) > 0; steps++)
        printf("%ld\n%s\n", x, steps == 0 ? "paused" : "paused again");
    if (rc == 0)
        puts("StopIteration");
    return cede_gen_close(g) < 0;
}
