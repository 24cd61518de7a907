/* SPDX-License-Identifier: MIT
 *
 * S001-7 - a finite generator: pull until it says that it is over.
 */
#include "seed.h"

#include <stdio.h>

static int squares(cede_gen *self, void *arg)
{
    for (long i = 0, n = *(long *)arg; i < n; i++)
        CEDE_TRY(cede_yield(self, &(long){i * i}));
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 1, "COUNT");
    long n = seed_long(argv[1]), x;
    cede_gen *g = cede_gen_of(long, squares, &n);
    int rc;
    while ((rc = cede_next(g, &x)) > 0)
        printf("%ld\n", x);
    if (rc == 0)
        puts("No more values");
    return cede_gen_close(g) < 0;
}
