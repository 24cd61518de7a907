/* SPDX-License-Identifier: MIT
 *
 * S002-8 - a delegation evaluates to what the inner generator returned.
 */
#include "seed.h"

#include <stdio.h>

struct program {
    const char *text; /* what coroutine1 yields */
    int number;       /* and returns */
    seed_log results;
};

static int coroutine1(cede_gen *self, void *arg)
{
    const struct program *p = arg;
    CEDE_TRY(cede_yield(self, &p->text));
    return p->number;
}

static int coroutine2(cede_gen *self, void *arg)
{
    struct program *p = arg;
    int result =
        cede_yield_from(self, cede_gen_of(const char *, coroutine1, p));
    CEDE_TRY(result);
    seed_log_add(&p->results, seed_int(result));
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "TEXT RESULT");
    struct program p = {.text = argv[1], .number = (int)seed_long(argv[2])};
    if (p.number < 0)
        seed_refuse("a result is not negative", argv[2]);
    cede_gen *coro = cede_gen_of(const char *, coroutine2, &p);
    const char *text;
    while (cede_next(coro, &text) > 0)
        puts(text);
    seed_log_print(&p.results);
    putchar('\n');
    seed_log_free(&p.results);
    return cede_gen_close(coro) < 0;
}
