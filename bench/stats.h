/* SPDX-License-Identifier: MIT
 *
 * stats.h - what a series of rounds amounts to.
 */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

enum { STATS_MAX = 1001 };

struct stats {
    double median, min, max;
    double lo, hi; /* the median lies between them in 90 of 100 cases */
    int n;
};

/* Of n values, at least one and at most STATS_MAX. */
struct stats stats_of(const double *values, int n);

/* Of the n ratios over[i] / under[i]: paired, round by round. */
struct stats stats_of_ratios(const double *over, const double *under, int n);

/* Does the interval leave more than 5 % open to either side? */
int stats_vague(const struct stats *s);

/* "met" or "missed" when the whole interval says so, else "open". */
const char *stats_verdict(const struct stats *s, double at_most);

#endif
