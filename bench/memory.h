/* SPDX-License-Identifier: MIT
 *
 * memory.h - figures of bytes instead of nanoseconds.
 *
 * Each sample is a process of its own, started for it: what it needs in the
 * state with most memory (RSS and page tables), less what it needed before,
 * divided by how many there are.  Cede, floor and reference are the calling
 * program, started again with "--serve SUBJECT"; peers are those of the list.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include "bench.h"
#include "peers/serve.h"

struct memory_figure {
    const char *name;
    long n;         /* tasks, levels, ... */
    double at_most; /* bytes each that were promised; 0: none were */
};

/* Measure f by BENCH_ROUNDS samples, at most five, if it is wanted. */
void memory_figure(const struct memory_figure *f);

#endif
