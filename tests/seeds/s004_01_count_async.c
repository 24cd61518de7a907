/* SPDX-License-Identifier: MIT
 *
 * S004-1 - several counts, one loop: as long as one of them.
 */
#include "seed.h"

#include <stdio.h>

enum { MOST = 1000 };

struct counting {
    size_t n;
    cede_time pause;
    const char *before, *after, *title;
};

static int count(void *arg)
{
    const struct counting *c = arg;
    puts(c->before);
    CEDE_TRY(cede_sleep(c->pause));
    puts(c->after);
    return 0;
}

static int amain(void *arg)
{
    struct counting *c = arg;
    cede_call calls[MOST];
    for (size_t i = 0; i < c->n; i++)
        calls[i] = (cede_call){count, c};
    cede_time start = cede_clock();
    CEDE_TRY(cede_gather(calls, c->n, NULL));
    printf("%s executed in %.2f seconds.\n", c->title,
           seed_seconds(cede_clock() - start));
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 7,
               "--clock virtual|real COUNTS SECONDS BEFORE AFTER TITLE");
    long n = seed_long(argv[3]);
    if (n < 0 || n > MOST)
        seed_refuse("0 to 1000 counts", argv[3]);
    struct counting c = {.n = (size_t)n,
                         .pause = seed_time(seed_double(argv[4])),
                         .before = argv[5],
                         .after = argv[6],
                         .title = argv[7]};
    return seed_run(argv, amain, &c) < 0;
}
