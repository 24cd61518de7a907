/* SPDX-License-Identifier: MIT
 *
 * histogram.h - how long each of many took, in little memory.
 *
 * Values of up to 64 ns have a bucket each; above, each power of two has 64,
 * so a percentile is at most 1.6 % too low.
 */
#ifndef BENCH_NET_HISTOGRAM_H
#define BENCH_NET_HISTOGRAM_H

enum { HISTOGRAM_BITS = 6, HISTOGRAM_BUCKETS = 64 << HISTOGRAM_BITS };

struct histogram {
    long count;
    long bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, long long ns);

/* What `part` of the values, 0.99 say, do not exceed, in ns; 0 if there are
 * none. */
double histogram_part(const struct histogram *h, double part);

#endif
