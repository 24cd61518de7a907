/* SPDX-License-Identifier: MIT
 *
 * S001-6 and S001-14 - an endless generator, taken from in two ways, and left
 * when one has enough.
 *
 * The first numbers are pulled by hand, the following come through a for loop
 * over a stage that takes so many; the same loop would walk an array.
 */
#include "seed.h"

#include <stdio.h>

struct pair {
    long a, b;
};

static int fib(cede_gen *self, void *start)
{
    long a = ((struct pair *)start)->a, b = ((struct pair *)start)->b;
    for (;;) {
        long sum = a + b;
        CEDE_TRY(cede_yield(self, &sum));
        a = b;
        b = sum;
    }
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 4, "A B BY_HAND BY_LOOP");
    struct pair start = {seed_long(argv[1]), seed_long(argv[2])};
    cede_gen *g = cede_gen_of(long, fib, &start);

    seed_log first = {0};
    for (long i = seed_long(argv[3]); i > 0; i--) {
        long x;
        if (cede_next(g, &x) > 0)
            seed_log_add(&first, seed_int(x));
    }
    seed_log_print(&first);
    putchar('\n');
    seed_log_free(&first);

    size_t more = (size_t)seed_long(argv[4]);
    cede_each (long, x, cede_iter_take(cede_iter_gen(g), more))
        printf("%ld ", x);
    putchar('\n');
    return cede_each_error() < 0;
}
