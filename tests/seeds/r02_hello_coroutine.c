/* SPDX-License-Identifier: MIT
 *
 * R-2 - a greeting again and again, until its time is over.
 */
#include "seed.h"

#include <stdio.h>

struct greeting {
    const char *text;
    cede_time period, limit;
};

static int greet(void *arg)
{
    const struct greeting *g = arg;
    for (;;) {
        puts(g->text);
        CEDE_TRY(cede_sleep(g->period));
    }
}

static int amain(void *arg)
{
    struct greeting *g = arg;
    int rc = cede_within(g->limit, greet, g);
    if (rc != -ETIMEDOUT)
        return rc;
    puts("stopped");
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 5, "--clock virtual|real TEXT PERIOD LIMIT");
    struct greeting g = {argv[3], seed_time(seed_double(argv[4])),
                         seed_time(seed_double(argv[5]))};
    return seed_run(argv, amain, &g) < 0;
}
