/* SPDX-License-Identifier: MIT
 *
 * 15_many_cores.c - a loop on every core: one thread hands out ranges of
 * numbers, and whichever thread is free counts the primes in the next one.
 */
#include <cede.h>
#include <stdio.h>

enum { LIMIT = 400000, STEP = 1000, MOST_THREADS = 1024 };

static int found[MOST_THREADS]; /* each thread has its own */

static int is_prime(int n)
{
    int d = 2;
    while (d * d <= n && n % d != 0)
        d++;
    return d * d > n && n > 1;
}

static int count(void *ranges)
{
    for (int from; cede_get(ranges, &from) > 0;)
        for (int n = from; n < from + STEP; n++)
            found[cede_thread_index()] += is_prime(n);
    return 0;
}

static int hand_out(void *ranges)
{
    for (int from = 0; from < LIMIT; from += STEP)
        CEDE_TRY(cede_put(ranges, &from));
    cede_queue_close(ranges);
    return 0;
}

static int amain(void *ranges)
{
    CEDE_GROUP(g);
    cede_go(&g, count, ranges);
    if (cede_thread_index() == 0)
        cede_go(&g, hand_out, ranges);
    return cede_join(&g);
}

int main(void)
{
    cede_queue *ranges = cede_queue_new_shared(sizeof(int), 16);
    int rc = cede_run_threads(0, amain, ranges); /* 0: one for each core */
    cede_queue_free(ranges);
    int sum = 0;
    for (int i = 0; i < MOST_THREADS; i++)
        sum += found[i];
    printf("%d primes below %d\n", sum, LIMIT);
    return rc < 0;
}

/* Prints:
 * 33860 primes below 400000
 */
