/* SPDX-License-Identifier: MIT
 *
 * S003-5 - yield and return together: the result arrives with the end.
 *
 * A text or a pair does not fit an int, so it is written through the argument,
 * as every larger result is; it comes back as one value.
 */
#include "seed.h"

#include <stdio.h>

struct returnyield {
    seed_value yields, returns;
    seed_value result; /* None until the body returned */
};

static int returnyield(cede_gen *self, void *arg)
{
    struct returnyield *r = arg;
    CEDE_TRY(cede_yield(self, &r->yields));
    r->result = r->returns;
    return 0;
}

static int returns_at_once(cede_gen *self, void *arg)
{
    (void)self;
    struct returnyield *r = arg;
    r->result = r->returns;
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "VALUE RESULT PAIR");
    struct returnyield r = {seed_parse(argv[1]), seed_parse(argv[2]),
                            seed_none()};
    seed_value v;
    cede_gen *ry = cede_gen_of(seed_value, returnyield, &r);
    if (seed_step(ry, NULL, &v) > 0)
        seed_print(v);
    putchar('\n');
    if (seed_step(ry, NULL, &v) == 0) {
        printf("StopIteration: ");
        seed_print(r.result);
        printf(" | value: ");
        seed_print(r.result);
        putchar('\n');
    }
    cede_gen_close(ry);

    struct returnyield t = {.returns = seed_parse(argv[3])};
    cede_gen *g = cede_gen_of(seed_value, returns_at_once, &t);
    if (seed_step(g, NULL, &v) == 0)
        seed_print(t.result);
    putchar('\n');
    return cede_gen_close(g) < 0;
}
