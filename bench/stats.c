/* SPDX-License-Identifier: MIT
 *
 * stats.c - medians, and intervals from order statistics.
 */
#include "stats.h"

#include <stdlib.h>
#include <string.h>

/* Static, because a task's stack is too small for it. */
static double sorted[STATS_MAX];

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The rank whose value, and whose mirror image's, enclose the true median in
 * 90 of 100 cases: as many lie below it as heads among n coins, so ranks are
 * cut off as long as so few heads have a chance of at most 5 %. */
static int interval_rank(int n)
{
    double exactly = 1;
    for (int i = 0; i < n; i++)
        exactly /= 2;
    double at_most = exactly;
    int rank = 0;
    while (at_most <= 0.05) {
        exactly *= (double)(n - rank) / (rank + 1);
        at_most += exactly;
        rank++;
    }
    return rank > 0 ? rank - 1 : 0;
}

static struct stats stats_of_sorted(int n)
{
    qsort(sorted, (size_t)n, sizeof(double), by_value);
    int rank = interval_rank(n);
    return (struct stats){
        .median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2,
        .min = sorted[0],
        .max = sorted[n - 1],
        .lo = sorted[rank],
        .hi = sorted[n - 1 - rank],
        .n = n,
    };
}

struct stats stats_of(const double *values, int n)
{
    memcpy(sorted, values, (size_t)n * sizeof(double));
    return stats_of_sorted(n);
}

struct stats stats_of_ratios(const double *over, const double *under, int n)
{
    for (int i = 0; i < n; i++)
        sorted[i] = over[i] / under[i];
    return stats_of_sorted(n);
}

/* Fewer values than this have no such interval. */
enum { FEWEST = 5 };

int stats_vague(const struct stats *s)
{
    return s->n < FEWEST || s->hi - s->lo > 0.1 * s->median;
}

const char *stats_verdict(const struct stats *s, double at_most)
{
    if (s->n < FEWEST)
        return "open";
    if (s->hi <= at_most)
        return "met";
    return s->lo > at_most ? "missed" : "open";
}
