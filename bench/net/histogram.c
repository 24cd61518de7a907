/* SPDX-License-Identifier: MIT
 *
 * histogram.c - buckets that grow with what they hold.
 */
#include "histogram.h"

enum { STEPS = 1 << HISTOGRAM_BITS };

static int bucket_of(unsigned long long ns)
{
    if (ns < STEPS)
        return (int)ns;
    int octave = 63 - __builtin_clzll(ns) - HISTOGRAM_BITS;
    return ((octave + 1) << HISTOGRAM_BITS) | (int)((ns >> octave) % STEPS);
}

static double lowest(int bucket)
{
    if (bucket < STEPS)
        return bucket;
    int octave = (bucket >> HISTOGRAM_BITS) - 1;
    return (double)((unsigned long long)(STEPS + bucket % STEPS) << octave);
}

void histogram_add(struct histogram *h, long long ns)
{
    h->count++;
    h->bucket[bucket_of(ns > 0 ? (unsigned long long)ns : 0)]++;
}

double histogram_part(const struct histogram *h, double part)
{
    double below = 0;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        below += (double)h->bucket[i];
        if (h->count > 0 && below >= part * (double)h->count)
            return lowest(i);
    }
    return 0;
}
