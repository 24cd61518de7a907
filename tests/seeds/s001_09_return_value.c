/* SPDX-License-Identifier: MIT
 *
 * S001-9 - a generator's result arrives with the step that ended it.
 *
 * In the original it is handed over once, and a for loop drops it.  Here it
 * stays readable; the program asks for it when, and only when, a step ended
 * the body.
 */
#include "seed.h"

#include <stdio.h>

struct answer {
    long value;
    int result;
};

static int coro(cede_gen *self, void *arg)
{
    const struct answer *a = arg;
    seed_value value = seed_int(a->value);
    CEDE_TRY(cede_yield(self, &value));
    return a->result;
}

/* Step, and print what came; at the end say so, with the result if it is this
 * step's.  Answers whether something came. */
static bool step(cede_gen *g, const char *end)
{
    seed_value v;
    bool now;
    if (seed_last_step(g, NULL, &v, &now) == 0) {
        printf("%s ", end);
        seed_print(now ? seed_int(cede_gen_result(g)) : seed_none());
        putchar('\n');
        return false;
    }
    seed_print(v);
    putchar('\n');
    return true;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "VALUE RESULT");
    struct answer a = {seed_long(argv[1]), (int)seed_long(argv[2])};

    cede_gen *c = cede_gen_of(seed_value, coro, &a);
    step(c, "unexpected end");
    step(c, "StopIteration");
    step(c, "again StopIteration");
    cede_gen_close(c);

    c = cede_gen_of(seed_value, coro, &a);
    while (step(c, "Value returned by coroutine is"))
        ;
    cede_gen_close(c);

    cede_each (seed_value, x, cede_gen_of(seed_value, coro, &a)) {
        printf("for swallows the value: ");
        seed_print(x);
        putchar('\n');
    }
    return cede_each_error() < 0;
}
