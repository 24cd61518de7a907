/* SPDX-License-Identifier: MIT
 *
 * S000-3 - a generator is its own iterator, and is no list.
 *
 * There is no length, no index and no slice: those lines of the original are
 * a compile error here, and are left out of the comparison.  What is left to
 * show: an iterator made of a generator shares its position, and a search
 * eats everything up to and including the hit.
 */
#include "seed.h"

#include <stdio.h>

static int count_up(cede_gen *self, void *arg)
{
    for (long i = 0, n = *(long *)arg; i < n; i++)
        CEDE_TRY(cede_yield(self, &i));
    return 0;
}

/* Does an iterator over a generator go on where the generator stands? */
static bool is_its_own_iterator(long n)
{
    cede_gen *g = cede_gen_of(long, count_up, &n);
    long first = 0, second = 0, third = 0;
    int a = cede_next(g, &first);
    cede_iter *it = cede_iter_gen(g);
    int b = cede_iter_next(it, &second);
    int c = cede_next(g, &third);
    cede_iter_close(it);
    return a == 1 && (b != 1 || second == first + 1) &&
           (c != 1 || third == second + 1);
}

static bool contains(cede_gen *g, long wanted)
{
    long x;
    while (cede_next(g, &x) > 0)
        if (x == wanted)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "COUNT WANTED");
    long n = seed_long(argv[1]);
    puts(seed_bool(is_its_own_iterator(n)));

    cede_gen *g = cede_gen_of(long, count_up, &n);
    printf("%s ", seed_bool(contains(g, seed_long(argv[2]))));
    seed_log rest = {0};
    cede_each (long, x, g)
        seed_log_add(&rest, seed_int(x));
    seed_log_print(&rest);
    putchar('\n');
    seed_log_free(&rest);
    return cede_each_error() < 0;
}
