/* SPDX-License-Identifier: MIT
 *
 * S000-8 - delegation chains generators: each yields items of its own around
 * those of the next, and the consumer sees one sequence.
 */
#include "seed.h"

#include <stdio.h>

/* Yields before, what a generator of the next link does, and after. */
struct link {
    seed_value before, after; /* None: nothing */
    struct link *next;        /* NULL: the last, which yields items */
    seed_value items;
};

static int yield_items(cede_gen *self, seed_value items)
{
    return cede_yield_iter(
        self,
        cede_iter_new(cede_array(items.as.items, items.n, sizeof(seed_value))));
}

static int chain(cede_gen *self, void *arg)
{
    struct link *link = arg;
    if (!link->next)
        return yield_items(self, link->items);
    if (link->before.kind != SEED_NONE)
        CEDE_TRY(cede_yield(self, &link->before));
    CEDE_TRY(cede_yield_from(self, cede_gen_of(seed_value, chain, link->next)));
    return cede_yield(self, &link->after);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 4, "[ITEMS] AFTER_THEM FIRST LAST");
    struct link a = {.items = seed_parse(argv[1])};
    struct link b = {
        .before = seed_none(), .next = &a, .after = seed_parse(argv[2])};
    struct link c = {.before = seed_parse(argv[3]),
                     .next = &b,
                     .after = seed_parse(argv[4])};
    if (a.items.kind != SEED_LIST)
        seed_refuse("not a list", argv[1]);
    seed_log all = {0};
    cede_each (seed_value, v, cede_gen_of(seed_value, chain, &c))
        seed_log_add(&all, v);
    seed_log_print(&all);
    putchar('\n');
    seed_log_free(&all);
    return cede_each_error() < 0;
}
