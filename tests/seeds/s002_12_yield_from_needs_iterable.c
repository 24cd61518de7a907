/* SPDX-License-Identifier: MIT
 *
 * S002-12 - one can only delegate to what is iterable.
 *
 * Making the generator is fine: it is the first step, which reaches the
 * delegation, that fails.  Delegating to a sequence evaluates to nothing, 0
 * here and None in the original.
 */
#include "seed.h"

#include <stdio.h>

struct program {
    seed_value source; /* what is delegated to */
    seed_value after;  /* yielded then, with what the delegation answered */
};

static cede_iterable iterable_of(seed_value v)
{
    if (v.kind == SEED_LIST || v.kind == SEED_TUPLE)
        return cede_array(v.as.items, v.n, sizeof *v.as.items);
    return (cede_iterable){.item_size = sizeof(seed_value)};
}

static int g(cede_gen *self, void *arg)
{
    const struct program *p = arg;
    return cede_yield_iter(self, cede_iter_new(iterable_of(p->source)));
}

static int h(cede_gen *self, void *arg)
{
    const struct program *p = arg;
    int x = cede_yield_iter(self, cede_iter_new(iterable_of(p->source)));
    CEDE_TRY(x);
    seed_value pair[] = {p->after, x == 0 ? seed_none() : seed_int(x)};
    return cede_yield(self, &(seed_value[]){seed_tuple(pair, 2)});
}

/* The pair in an item lives in the generator's frame until its next step, so
 * each item is printed before that. */
static int print_list(cede_gen *gen)
{
    bool first = true;
    putchar('[');
    cede_each (seed_value, v, gen) {
        printf("%s", first ? "" : ", ");
        first = false;
        seed_repr(v);
    }
    puts("]");
    return cede_each_error();
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "NO_SEQUENCE SEQUENCE AFTER");
    struct program p = {.source = seed_parse(argv[1])};
    cede_gen *it = cede_gen_of(seed_value, g, &p);
    if (cede_next(it, NULL) == -EINVAL)
        printf("TypeError: '%s' object is not iterable\n", seed_type(p.source));
    cede_gen_close(it);

    p.source = seed_parse(argv[2]);
    p.after = seed_parse(argv[3]);
    return print_list(cede_gen_of(seed_value, h, &p)) < 0;
}
