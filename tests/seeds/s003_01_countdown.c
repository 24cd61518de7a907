/* SPDX-License-Identifier: MIT
 *
 * S003-1, S003-2 and S003-19 - a countdown, stepped by a loop and by hand; and
 * what a generator says it is.
 *
 * The article's listing has `n =- 1` where `n -= 1` was meant: it hands out its
 * first number and stops.
 */
#include "seed.h"

#include <stdio.h>

static int countdown_typo(cede_gen *self, void *arg)
{
    long n = *(long *)arg;
    while (n > 0) {
        CEDE_TRY(cede_yield(self, &n));
        n = -1;
    }
    return 0;
}

static int countdown(cede_gen *self, void *arg)
{
    for (long n = *(long *)arg; n > 0; n--)
        CEDE_TRY(cede_yield(self, &n));
    return 0;
}

static void print_as_printed(long n)
{
    seed_log got = {0};
    cede_each (long, x, cede_gen_of(long, countdown_typo, &n))
        seed_log_add(&got, seed_int(x));
    printf("as printed: ");
    seed_log_print(&got);
    putchar('\n');
    seed_log_free(&got);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "TYPO_FROM FROM BY_HAND_FROM");
    print_as_printed(seed_long(argv[1]));

    long from = seed_long(argv[2]);
    cede_each (long, x, cede_gen_of(long, countdown, &from))
        printf("Got  %ld\n", x);

    long few = seed_long(argv[3]), x;
    cede_gen *c = cede_gen_of(long, countdown, &few);
    printf("%s %s\n", seed_gen_type(c), cede_gen_name(c));
    int rc;
    while ((rc = cede_next(c, &x)) > 0)
        printf("%ld\n", x);
    if (rc == 0)
        puts("StopIteration None");
    return cede_gen_close(c) < 0;
}
