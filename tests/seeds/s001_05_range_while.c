/* SPDX-License-Identifier: MIT
 *
 * S001-5 - a while loop over a range; the range can be walked again, its
 * iterator cannot.
 */
#include "seed.h"

#include <stdio.h>

static void collect(cede_iterable r, seed_log *out)
{
    cede_each (int64_t, x, r)
        seed_log_add(out, seed_int(x));
}

static bool equal(const seed_log *a, const seed_log *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = a->items[i].as.integer == b->items[i].as.integer;
    return same;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "START STOP STEP");
    cede_iterable r =
        cede_range(seed_long(argv[1]), seed_long(argv[2]), seed_long(argv[3]));
    cede_iter *it = cede_iter_new(r);
    int64_t x;
    while (cede_iter_next(it, &x) > 0)
        printf("%ld ", (long)x);
    putchar('\n');

    seed_log first = {0}, second = {0};
    collect(r, &first);
    collect(r, &second);
    bool used_up = cede_iter_next(it, &x) == 0;
    printf("%zu %s\n", first.n, seed_bool(equal(&first, &second) && used_up));
    seed_log_free(&first);
    seed_log_free(&second);
    return cede_iter_close(it) < 0;
}
