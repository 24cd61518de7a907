/* SPDX-License-Identifier: MIT
 *
 * bench.c - rounds, ratios and the line that is printed of them.
 *
 * The number of operations is found by doubling until the floor needs 20 ms;
 * subject and floor then do the same number in every round.  That search and
 * one run of the subject warm caches and pools up before anything counts.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <fnmatch.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { ROUNDS = 31, ROUNDS_MAX = 1001, ROUND_NS = 20000000 };

/* One side of the figure at hand, or the ratios of both. */
struct series {
    double value[ROUNDS_MAX]; /* by round; sorted once all are there */
    int n;
    long waits; /* how often the side slept in the kernel */
};

/* Static, because a task's stack is too small for them. */
static struct series floor_ns, subject_ns, ratios;

void bench_require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* ---- the core -------------------------------------------------------- */

static size_t last_core(void)
{
    cpu_set_t allowed;
    bench_require(sched_getaffinity(0, sizeof(allowed), &allowed) == 0,
                  "sched_getaffinity failed");
    size_t core = CPU_SETSIZE - 1;
    while (core > 0 && !CPU_ISSET(core, &allowed))
        core--;
    return core;
}

static void pin(void)
{
    const char *wanted = getenv("BENCH_CORE");
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(wanted ? strtoul(wanted, NULL, 10) : last_core(), &one);
    bench_require(sched_setaffinity(0, sizeof(one), &one) == 0,
                  "cannot run on the core that BENCH_CORE names");
}

/* ---- one round ------------------------------------------------------- */

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static long waits(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

static double time_of(bench_fn *fn, void *arg, long n)
{
    double start = cpu_ns();
    fn(arg, n);
    return cpu_ns() - start;
}

static void sample(struct series *s, bench_fn *fn, void *arg, long n)
{
    long before = waits();
    s->value[s->n++] = time_of(fn, arg, n) / (double)n;
    s->waits += waits() - before;
}

static long operations(const struct bench_figure *f)
{
    long n = f->step ? f->step : 1024;
    while (time_of(f->floor, f->arg, n) < ROUND_NS)
        n *= 2;
    return n;
}

static int rounds(void)
{
    const char *wanted = getenv("BENCH_ROUNDS");
    int n = wanted ? atoi(wanted) : ROUNDS;
    bench_require(n >= 1 && n <= ROUNDS_MAX, "BENCH_ROUNDS: 1 to 1001");
    return n;
}

/* ---- what they amount to --------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort(struct series *s)
{
    qsort(s->value, (size_t)s->n, sizeof(double), by_value);
}

static double median(const struct series *s)
{
    return (s->value[(s->n - 1) / 2] + s->value[s->n / 2]) / 2;
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

static double low(const struct series *s)
{
    return s->value[interval_rank(s->n)];
}

static double high(const struct series *s)
{
    return s->value[s->n - 1 - interval_rank(s->n)];
}

/* ---- the report ------------------------------------------------------ */

static const char *verdict(double target)
{
    if (high(&ratios) <= target)
        return "met";
    return low(&ratios) > target ? "missed" : "open";
}

/* An interval wider than 5 % to either side decides nothing. */
static const char *doubt(void)
{
    return high(&ratios) - low(&ratios) > 0.1 * median(&ratios) ? "?" : "";
}

static void print_side(const struct series *s)
{
    printf(" %8.2f %7.2f %7.2f", median(s), s->value[0], s->value[s->n - 1]);
}

static void print_line(const struct bench_figure *f)
{
    printf("%-17s", f->name);
    print_side(&subject_ns);
    print_side(&floor_ns);
    printf(" %6.2f  %5.2f to %5.2f%s", median(&ratios), low(&ratios),
           high(&ratios), doubt());
    if (f->target > 0)
        printf("%*.2f %s", *doubt() ? 6 : 7, f->target, verdict(f->target));
    printf("\n");
    fflush(stdout);
}

static void print_heading(void)
{
    printf("%-17s %8s %7s %7s %8s %7s %7s %6s  %-14s  %s\n", "ns an operation",
           "cede", "min", "max", "floor", "min", "max", "ratio",
           "90 % interval", "target");
}

static void write_side(FILE *file, const char *figure, const char *subject,
                       const struct series *s, const double ratio[3])
{
    fprintf(file,
            "{\"figure\": \"%s\", \"subject\": \"%s\", \"value\": %.4f, "
            "\"unit\": \"ns\", \"min\": %.4f, \"max\": %.4f, \"n\": %d, "
            "\"ratio_to_floor\": %.4f, \"lo\": %.4f, \"hi\": %.4f}\n",
            figure, subject, median(s), s->value[0], s->value[s->n - 1], s->n,
            ratio[0], ratio[1], ratio[2]);
}

static void write_json(const struct bench_figure *f)
{
    const char *path = getenv("BENCH_JSON");
    if (!path)
        return;
    FILE *file = fopen(path, "a");
    bench_require(file != NULL, "cannot write the file BENCH_JSON names");
    double ratio[] = {median(&ratios), low(&ratios), high(&ratios)};
    write_side(file, f->name, "cede", &subject_ns, ratio);
    write_side(file, f->name, "floor", &floor_ns, (double[]){1, 1, 1});
    bench_require(fclose(file) == 0, "cannot write the file BENCH_JSON names");
}

static void warn_of_waits(const char *name)
{
    if (subject_ns.waits + floor_ns.waits > 0)
        fprintf(stderr,
                "bench: %s slept in the kernel (cede %ld times, floor %ld); "
                "that time is not in the figure\n",
                name, subject_ns.waits, floor_ns.waits);
}

/* ---- what programs call ---------------------------------------------- */

static void measure(const struct bench_figure *f)
{
    memset(&floor_ns, 0, sizeof(floor_ns));
    memset(&subject_ns, 0, sizeof(subject_ns));
    memset(&ratios, 0, sizeof(ratios));

    long n = operations(f);
    f->subject(f->arg, n);
    for (int left = rounds(); left > 0; left--) {
        sample(&floor_ns, f->floor, f->arg, n);
        sample(&subject_ns, f->subject, f->arg, n);
        int i = ratios.n++;
        ratios.value[i] = subject_ns.value[i] / floor_ns.value[i];
    }
    sort(&floor_ns);
    sort(&subject_ns);
    sort(&ratios);
}

void bench_figure(const struct bench_figure *f)
{
    const char *wanted = getenv("FIGURE");
    if (wanted && fnmatch(wanted, f->name, 0) != 0)
        return;
    measure(f);
    print_line(f);
    write_json(f);
    warn_of_waits(f->name);
}

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "GCC " __VERSION__
#endif

void bench_start(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--compiler") == 0) {
        puts(COMPILER);
        exit(0);
    }
    if (argc > 1 && strcmp(argv[1], "--heading") == 0) {
        print_heading();
        exit(0);
    }
    bench_require(argc == 1, "takes --compiler, --heading, or nothing");
    pin();
}
