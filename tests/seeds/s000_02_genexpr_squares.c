/* SPDX-License-Identifier: MIT
 *
 * S000-2 - a generator expression: squares, pulled one by one, used up once.
 *
 * (x * x for x in values) is a map stage over a pass of the values.  Stepped
 * a few times, then drained, then drained again: there is nothing left, and
 * the caller's default takes its place.
 *
 * Then the same over a source that notes what was asked of it: after one step
 * of the stage exactly one item was produced.
 */
#include "seed.h"

#include <stdio.h>

static int square(void *ctx, const void *in, void *out)
{
    (void)ctx;
    long x = *(const long *)in;
    *(long *)out = x * x;
    return 1;
}

static int multiply(void *ctx, const void *in, void *out)
{
    *(long *)out = *(const long *)ctx * *(const long *)in;
    return 1;
}

/* next(it, default): a line. */
static void print_next(cede_iter *it, const char *otherwise)
{
    long x;
    if (cede_iter_next(it, &x) > 0)
        printf("%ld\n", x);
    else
        puts(otherwise);
}

/* list(it): a line. */
static void print_rest(cede_iter *it)
{
    seed_log rest = {0};
    long x;
    while (cede_iter_next(it, &x) > 0)
        seed_log_add(&rest, seed_int(x));
    seed_log_print(&rest);
    putchar('\n');
    seed_log_free(&rest);
}

struct source {
    const long *values;
    size_t n;
    seed_log asked;
};

static int produce(cede_gen *self, void *arg)
{
    struct source *s = arg;
    for (size_t i = 0; i < s->n; i++) {
        seed_log_add(&s->asked, seed_int(s->values[i]));
        CEDE_TRY(cede_yield(self, &s->values[i]));
    }
    return 0;
}

/* One step, and what was asked of the source by then. */
static void print_laziness(struct source *s, long factor)
{
    cede_iter *it = cede_iter_map(cede_iter_gen(cede_gen_of(long, produce, s)),
                                  multiply, &factor, sizeof(long));
    long x = 0;
    int rc = cede_iter_next(it, &x);
    seed_log_print(&s->asked);
    if (rc > 0)
        printf(" %ld ", x);
    seed_log_print(&s->asked);
    putchar('\n');
    cede_iter_close(it);
    seed_log_free(&s->asked);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 5, "VALUES STEPS DEFAULT SOURCE FACTOR");
    size_t n;
    const long *values = seed_longs(argv[1], &n);
    cede_iter *it =
        cede_iter_map(cede_iter_new(cede_array(values, n, sizeof(long))),
                      square, NULL, sizeof(long));
    for (long i = seed_long(argv[2]); i > 0; i--)
        print_next(it, argv[3]);
    print_rest(it);
    print_rest(it);
    print_next(it, argv[3]);
    cede_iter_close(it);

    struct source source = {0};
    source.values = seed_longs(argv[4], &source.n);
    print_laziness(&source, seed_long(argv[5]));
    return 0;
}
