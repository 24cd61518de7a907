/* SPDX-License-Identifier: MIT
 *
 * apart.h - figures where everybody is a process of its own, cede too.
 *
 * Needed where a process must be new, where threads take part, and where what
 * counts is not CPU time: the time that passes, or how long each of many took.
 * Cede and floor are the calling program, started again with "--serve SUBJECT";
 * peers are those of the list.  All take turns as in bench.h.
 *
 * The time that passes is that of everything on the cores, so such a figure
 * wants a machine with nothing else to do.
 */
#ifndef BENCH_APART_H
#define BENCH_APART_H

#include "bench.h"
#include "peers/serve.h"

/* Of one round: CPU time of the process, time that passed, and percentiles of
 * what the subject says of it (the line "late" of coproc.h). */
enum apart_what { APART_CPU, APART_WALL, APART_P50, APART_P99, APART_P999 };

enum { APART_VALUES = 4, APART_TARGETS = 2 };

/* A row a subject, named after the figure and the suffix. */
struct apart_value {
    const char *suffix; /* NULL: the list ends */
    enum apart_what what;
    const char *unit; /* "ms" or "us", of a round; "ns", of an operation */
    struct bench_target targets[APART_TARGETS];
};

struct apart_figure {
    const char *name; /* what everybody is told to run */
    long n;           /* how many operations a round has */
    const char *base; /* other work of cede's to compare with, or NULL */
    int cores;        /* for all its threads, 1 or 2; 0: 1 */
    int cold;         /* a new process for each round */
    struct apart_value values[APART_VALUES + 1];
};

/* Measure f, if it is wanted, by BENCH_ROUNDS rounds, at most 15. */
void apart_figure(const struct apart_figure *f);

#endif
