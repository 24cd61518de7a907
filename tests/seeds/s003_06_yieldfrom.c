/* SPDX-License-Identifier: MIT
 *
 * S003-6 and S003-7 - a generator that delegates to one source after the
 * other; the sources are sequences, or generators of the same kind.
 */
#include "seed.h"

#include <stdio.h>

/* Numbers, or two sources to be delegated to. */
struct source {
    const long *numbers; /* NULL: the two */
    size_t n;
    struct source *x, *y;
};

static int yieldfrom(cede_gen *self, void *arg);

static int delegate(cede_gen *self, struct source *s)
{
    if (!s->numbers)
        return cede_yield_from(self, cede_gen_of(long, yieldfrom, s));
    return cede_yield_iter(
        self, cede_iter_new(cede_array(s->numbers, s->n, sizeof(long))));
}

static int yieldfrom(cede_gen *self, void *arg)
{
    struct source *pair = arg;
    CEDE_TRY(delegate(self, pair->x));
    return delegate(self, pair->y);
}

static int print_all(struct source *pair)
{
    cede_each (long, i, cede_gen_of(long, yieldfrom, pair))
        printf("%ld ", i);
    putchar('\n');
    return cede_each_error();
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "NUMBERS NUMBERS");
    struct source a = {0}, b = {0};
    a.numbers = seed_longs(argv[1], &a.n);
    b.numbers = seed_longs(argv[2], &b.n);
    struct source ab = {.x = &a, .y = &b}, ba = {.x = &b, .y = &a};
    struct source chained = {.x = &ab, .y = &ba};
    return print_all(&ab) < 0 || print_all(&chained) < 0;
}
