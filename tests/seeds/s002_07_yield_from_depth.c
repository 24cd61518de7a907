/* SPDX-License-Identifier: MIT
 *
 * S002-7 - with delegation the caller's code is the same for any depth: one
 * next, one send, and a result that comes back through every level.
 *
 * Python's depth ends at its recursion limit; here memory alone limits it.
 */
#include "seed.h"

#include <stdio.h>

/* What the innermost yields, and how many levels stand around it. */
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

static int coroutine2(cede_gen *self, void *nest)
{
    return cede_yield_from(self, cede_gen_of(const char *, letters, nest));
}

static int coroutine1(cede_gen *self, void *nest)
{
    return cede_yield_from(self, cede_gen_of(const char *, coroutine2, nest));
}

static int print_letters(struct nest *nest)
{
    cede_gen *coro = cede_gen_of(const char *, coroutine1, nest);
    const char *text;
    for (size_t i = 0; cede_next(coro, &text) > 0; i++)
        printf("%s%s", i > 0 ? " " : "", text);
    putchar('\n');
    return cede_gen_close(coro);
}

static cede_gen *make_level(struct nest *nest);

/* The innermost yields a text and returns the number it is then sent; the
 * others return what the one below does. */
static int level(cede_gen *self, void *arg)
{
    struct nest *nest = arg;
    if (nest->depth-- > 0)
        return cede_yield_from(self, make_level(nest));
    int x = 0;
    CEDE_TRY(cede_exchange(self, &nest->text[0], &x));
    return x;
}

static cede_gen *make_level(struct nest *nest)
{
    return cede_gen_new(level, nest, sizeof(const char *), sizeof(int));
}

static int print_depth(const char *const *leaf, long depth)
{
    struct nest nest = {.text = leaf, .n = 1, .depth = depth};
    cede_gen *g = make_level(&nest);
    const char *text = "";
    int x = (int)depth;
    if (cede_next(g, &text) > 0 && cede_send(g, &x, NULL) == 0)
        printf("%ld %s got %d\n", depth, text, cede_gen_result(g));
    return cede_gen_close(g);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "TEXTS LEAF DEPTHS");
    struct nest nest = {0};
    nest.text = seed_texts(argv[1], &nest.n);
    const char *leaf = argv[2];
    size_t n;
    const long *depth = seed_longs(argv[3], &n);
    int rc = print_letters(&nest);
    for (size_t i = 0; i < n && rc >= 0; i++)
        rc = print_depth(&leaf, depth[i]);
    return rc < 0;
}
