/* SPDX-License-Identifier: MIT
 *
 * R-1 - a callback that registers itself again, to be called later.
 */
#include "seed.h"

#include <stdio.h>

static struct {
    const char *text;
    cede_time period, start;
    long n, last;
} hello;

static int greet(void *loop)
{
    hello.n++;
    cede_time passed = cede_now() - hello.start;
    printf("%s at tick %ld\n", hello.text,
           (long)((passed + hello.period / 2) / hello.period));
    if (hello.n == hello.last)
        return cede_loop_stop(loop);
    return cede_loop_call_later(loop, hello.period, greet, loop, NULL);
}

/* The stop cancels it. */
static int amain(void *arg)
{
    (void)arg;
    hello.start = cede_now();
    CEDE_TRY(greet(cede_loop_current()));
    return cede_sleep(CEDE_NEVER);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 5, "--clock virtual|real TEXT PERIOD TIMES");
    hello.text = argv[3];
    hello.period = seed_time(seed_double(argv[4]));
    hello.last = seed_long(argv[5]);
    return seed_run(argv, amain, NULL) != -EINTR;
}
