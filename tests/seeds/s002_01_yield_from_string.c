/* SPDX-License-Identifier: MIT
 *
 * S002-1 and S002-2 - delegating to an iterable is the same as yielding each
 * of its items in a loop.
 */
#include "seed.h"

#include <stdio.h>

static int coroutine(cede_gen *self, void *text)
{
    return cede_yield_iter(self, cede_iter_new(cede_string(text)));
}

static int coroutine_eq(cede_gen *self, void *text)
{
    cede_each (char, c, cede_string(text))
        CEDE_TRY(cede_yield(self, &c));
    return cede_each_error();
}

static int print_first(cede_gen *coro, long n)
{
    char c;
    for (long i = 0; i < n && cede_next(coro, &c) > 0; i++)
        printf("%s%c", i > 0 ? " " : "", c);
    putchar('\n');
    return cede_gen_close(coro);
}

/* Steps both until one ends; did the other one as well, with equal items? */
static bool are_equal(cede_gen *a, cede_gen *b)
{
    bool equal = true;
    int more = 1;
    while (equal && more > 0) {
        char x = 0, y = 0;
        more = cede_next(a, &x);
        equal = more == cede_next(b, &y) && x == y;
    }
    cede_gen_close(a);
    cede_gen_close(b);
    return equal;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "TEXT STEPS");
    char *text = argv[1];
    long n = seed_long(argv[2]);
    if (print_first(cede_gen_of(char, coroutine, text), n) < 0 ||
        print_first(cede_gen_of(char, coroutine_eq, text), n) < 0)
        return 1;
    puts(seed_bool(are_equal(cede_gen_of(char, coroutine, text),
                             cede_gen_of(char, coroutine_eq, text))));
    return 0;
}
