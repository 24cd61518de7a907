/* SPDX-License-Identifier: MIT
 *
 * bench.h - how a figure is measured.
 *
 * A figure is one piece of work done by several: by cede; by the floor, the
 * least code in C and assembly that does it; by the reference, the bare loop
 * that the floor was derived from, which tells whether the floor is still as
 * low as it can be; and by the peers, other libraries and languages.  They
 * take turns on one core, A B C A B C ..., for at least fifteen rounds of
 * 20 ms or more each, so that whatever the machine does meanwhile happens to
 * all.  What counts is the ratio within a round: its median, and a 90 %
 * interval for that from order statistics, which assumes nothing about the
 * distribution.
 *
 * Cede, floor and reference run in the program, peers in processes of their
 * own on the same core (coproc.h).  Time is CPU time, of the thread or of the
 * whole other process: another program on the same core costs it little, and
 * a peer's helper threads count.  A side that sleeps would look fast; that is
 * noticed and said.
 */
#ifndef BENCH_H
#define BENCH_H

/* Do n operations. */
typedef void bench_fn(void *arg, long n);

/* What was promised: cede takes at most `at_most` times what `against` does,
 * which is "floor", a peer, or the subject of .base. */
struct bench_target {
    const char *against; /* NULL: the list ends */
    double at_most;
};

enum { BENCH_TARGETS = 4 };

struct bench_figure {
    const char *name;
    bench_fn *subject;       /* cede */
    bench_fn *floor;         /* NULL: there is none */
    bench_fn *reference;     /* NULL: no floor of its own */
    void *arg;               /* given to all three */
    struct bench_base {      /* another piece of cede's work to compare with */
        const char *subject; /* a figure's name, which has its row elsewhere */
        bench_fn *fn;
        void *arg;
    } base;
    long step;         /* n is this times a power of two; 0: 1,024 */
    int rounds;        /* at most so many, 0: as many as usual */
    int sleeps;        /* it sleeps because that is the work */
    double floor_plus; /* at most so many ns more than the floor; 0: nothing
                          like this was promised */
    struct bench_target targets[BENCH_TARGETS];
};

/* First in main: pins the thread to one core, the last one it may use or
 * BENCH_CORE, and starts the peers that the file BENCH_PEERS lists.  With an
 * argument it answers bench/run and exits. */
void bench_start(int argc, char **argv);

/* Is name what FIGURE (a shell pattern) asks for, if it is set? */
int bench_wanted(const char *name);

/* Measure f, if it is wanted, and print its rows; append the results to the
 * files in the folder BENCH_OUT.  BENCH_ROUNDS rounds, 31 if not set. */
void bench_figure(const struct bench_figure *f);

/* Last in main: what main returns; 1 if a floor was too slow to be one. */
int bench_end(void);

/* End the program unless it holds: a figure of wrong work is worth nothing. */
void bench_require(int holds, const char *what);

/* Is so much memory free, with some to spare?  If not, says that name is left
 * out. */
int bench_memory(const char *name, double bytes);

/* From now on this thread, and the processes and threads that it starts, may
 * run on so many cores, the bench's own among them; 0: on all.  Fails when
 * there are not so many. */
int bench_cores(int count);

/* The sum of 0 .. n-1, which proves that n items arrived. */
static inline long bench_sum(long n)
{
    return n * (n - 1) / 2;
}

#endif
