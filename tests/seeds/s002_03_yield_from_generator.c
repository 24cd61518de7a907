/* SPDX-License-Identifier: MIT
 *
 * S002-3 and S002-4 - delegating to a generator is like calling a function:
 * what the inner one yields or returns comes out of the outer one.
 */
#include "seed.h"

#include <stdio.h>

struct program {
    const char *const *text;
    size_t n;
    cede_gen_fn *generator; /* whom the coroutine delegates to */
    int number;             /* what func1 returns */
};

static int generator(cede_gen *self, void *arg)
{
    const struct program *p = arg;
    for (size_t i = 0; i < p->n; i++)
        CEDE_TRY(cede_yield(self, &p->text[i]));
    return 0;
}

static int coroutine(cede_gen *self, void *arg)
{
    struct program *p = arg;
    return cede_yield_from(self, cede_gen_of(const char *, p->generator, p));
}

static int func1(const struct program *p)
{
    return p->number;
}

static int func2(const struct program *p)
{
    return func1(p);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "TEXTS NUMBER");
    struct program p = {.generator = generator,
                        .number = (int)seed_long(argv[2])};
    p.text = seed_texts(argv[1], &p.n);
    cede_gen *coro = cede_gen_of(const char *, coroutine, &p);
    const char *text;
    for (size_t i = 0; cede_next(coro, &text) > 0; i++)
        printf("%s%s", i > 0 ? " " : "", text);
    printf("\n%d\n", func2(&p));
    return cede_gen_close(coro) < 0;
}
