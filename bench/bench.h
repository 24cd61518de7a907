/* SPDX-License-Identifier: MIT
 *
 * bench.h - how a figure is measured.
 *
 * A figure is one piece of work done twice: by the floor, the least code in C
 * and assembly that does it, and by the subject, which is cede.  Both run in
 * one process on one core, alternating for at least fifteen rounds of 20 ms or
 * more, so that whatever the machine does meanwhile happens to both.  What
 * counts is the ratio within a round: its median, and a 90 % interval for that
 * from order statistics, which assumes nothing about the distribution.
 *
 * Time is the thread's CPU time: another program on the same core costs it
 * little.  A side that sleeps would look fast; that is noticed and said.
 */
#ifndef BENCH_H
#define BENCH_H

/* Do n operations. */
typedef void bench_fn(void *arg, long n);

struct bench_figure {
    const char *name;
    bench_fn *floor;
    bench_fn *subject;
    void *arg;     /* given to both */
    long step;     /* n is this times a power of two; 0: 1,024 */
    double target; /* the ratio that was promised; 0: none was */
};

/* First in main: pins the thread to one core, the last one it may use or
 * BENCH_CORE.  With an argument it answers bench/run and exits. */
void bench_start(int argc, char **argv);

/* Measure f and print its line, if FIGURE (a shell pattern) is not set or
 * matches its name; append the results to the file named by BENCH_JSON.
 * BENCH_ROUNDS rounds, 31 if that is not set. */
void bench_figure(const struct bench_figure *f);

/* End the program unless it holds: a figure of wrong work is worth nothing. */
void bench_require(int holds, const char *what);

/* The sum of 0 .. n-1, which proves that n items arrived. */
static inline long bench_sum(long n)
{
    return n * (n - 1) / 2;
}

#endif
