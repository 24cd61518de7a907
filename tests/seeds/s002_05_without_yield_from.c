/* SPDX-License-Identifier: MIT
 *
 * S002-5 and S002-6 - without delegation a generator hands out the generator
 * it stands for, and every level costs the consumer a step.
 *
 * The items are handles: opaque values, not entered by anyone.  Whoever pulls
 * one out closes it.
 */
#include "seed.h"

#include <stdio.h>

/* What the innermost generator hands out, and how many stand around it. */
struct nest {
    const char *const *text;
    size_t n;
    long depth;
};

static int letters(cede_gen *self, void *arg)
{
    const struct nest *nest = arg;
    for (size_t i = 0; i < nest->n; i++)
        CEDE_TRY(cede_yield(self, &nest->text[i]));
    return 0;
}

static cede_gen *make(struct nest *nest);

static int intermediary(cede_gen *self, void *arg)
{
    cede_gen *inner = make(arg);
    return cede_yield(self, &inner);
}

/* One level of the nest: the innermost when none is left. */
static cede_gen *make(struct nest *nest)
{
    if (nest->depth-- > 0)
        return cede_gen_of(cede_gen *, intermediary, nest);
    return cede_gen_of(const char *, letters, nest);
}

static int print_depth(struct nest *nest, long depth)
{
    nest->depth = depth;
    cede_gen *g = make(nest);
    for (long i = 0; i < depth; i++) {
        cede_gen *inner;
        int rc = cede_next(g, &inner);
        cede_gen_close(g);
        if (rc <= 0)
            return -1;
        g = inner;
    }
    const char *text;
    for (size_t i = 0; cede_next(g, &text) > 0; i++)
        printf("%s%s", i > 0 ? " " : "", text);
    putchar('\n');
    return cede_gen_close(g);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "TEXTS DEPTHS");
    size_t depths_n;
    struct nest nest = {0};
    nest.text = seed_texts(argv[1], &nest.n);
    const long *depth = seed_longs(argv[2], &depths_n);
    for (size_t i = 0; i < depths_n; i++)
        if (print_depth(&nest, depth[i]) < 0)
            return 1;
    return 0;
}
