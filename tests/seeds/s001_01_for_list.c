/* SPDX-License-Identifier: MIT
 *
 * S001-1 - an iterable can be walked any number of times, an iterator once.
 */
#include "seed.h"

#include <stdio.h>

static void print_pass(cede_iterable x)
{
    cede_each (long, i, x)
        printf("%ld\n", i);
}

static void print_rest(cede_iter *it, const char *prefix)
{
    long i;
    while (cede_iter_next(it, &i) > 0)
        printf("%s%ld\n", prefix, i);
}

/* Whether iterating an iterator goes on where it stands. */
static bool is_its_own_iterator(cede_iterable x)
{
    long first = 0, second = 0, expected = 0;
    cede_iter *reference = cede_iter_new(x), *it = cede_iter_new(x);
    cede_iter_next(reference, NULL);
    int rc = cede_iter_next(reference, &expected);
    cede_iter_next(it, &first);
    cede_iter *again = cede_iter_take(it, 1);
    bool same = cede_iter_next(again, &second) == rc && second == expected;
    cede_iter_close(again);
    cede_iter_close(reference);
    return same;
}

/* Whether each pass begins at the beginning, whatever became of the others. */
static bool passes_are_independent(cede_iterable x)
{
    long first = 0, second = 0;
    cede_iter *a = cede_iter_new(x), *b = cede_iter_new(x);
    bool independent =
        cede_iter_next(a, &first) == cede_iter_next(b, &second) &&
        first == second;
    cede_iter_close(a);
    cede_iter_close(b);
    return independent;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "VALUES DEFAULT");
    size_t n;
    const long *values = seed_longs(argv[1], &n);
    cede_iterable x = cede_array(values, n, sizeof(long));
    print_pass(x);
    cede_iter *it = cede_iter_new(x);
    print_rest(it, "");
    print_pass(x);
    print_rest(it, "never ");

    long left;
    printf("exhausted: ");
    if (cede_iter_next(it, &left) > 0)
        printf("%ld", left);
    else
        printf("%s", argv[2]);
    printf(" %s %s\n", seed_bool(is_its_own_iterator(x)),
           seed_bool(passes_are_independent(x)));
    cede_iter_close(it);
    return 0;
}
