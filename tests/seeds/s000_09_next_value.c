/* SPDX-License-Identifier: MIT
 *
 * S000-9 - a step returns what stands on the right of yield.
 *
 * Values come out unchanged and in order; at the end, next's default takes
 * their place; a bare yield hands out nothing and leaves None.
 */
#include "seed.h"

#include <stdio.h>

struct prices {
    const double *price;
    size_t n;
};

static int ticker(cede_gen *self, void *arg)
{
    const struct prices *prices = arg;
    for (size_t i = 0; i < prices->n; i++) {
        seed_value price = seed_float(prices->price[i]);
        CEDE_TRY(cede_yield(self, &price));
    }
    return 0;
}

static int bare(cede_gen *self, void *arg)
{
    (void)arg;
    return cede_yield(self, NULL);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "PRICES STEPS DEFAULT");
    struct prices prices;
    prices.price = seed_doubles(argv[1], &prices.n);
    cede_gen *t = cede_gen_of(seed_value, ticker, &prices);
    for (long i = 0, steps = seed_long(argv[2]); i < steps; i++) {
        seed_value v;
        bool over = seed_step(t, NULL, &v) == 0;
        printf("%s", i > 0 ? " " : "");
        seed_print(over ? seed_parse(argv[3]) : v);
    }
    putchar('\n');
    cede_gen_close(t);

    seed_value v;
    cede_gen *b = cede_gen_of(seed_value, bare, NULL);
    if (seed_step(b, NULL, &v) > 0)
        seed_print(v);
    putchar('\n');
    cede_gen_close(b);
    return 0;
}
