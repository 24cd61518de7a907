/* SPDX-License-Identifier: MIT
 *
 * bench.c - the sides of a figure, and their rounds.
 *
 * How many operations a side does in a round is found by doubling until they
 * take it 20 ms.  That search warms caches and pools up before anything
 * counts.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "coproc.h"
#include "table.h"

#include <fnmatch.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { ROUNDS = 31, ROUND_NS = 20000000, PEERS_MAX = 12, SIDES_MAX = 16 };

/* The most that a floor may take of the reference's time, and be called one. */
static const double floor_limit = 1.15;

/* One of those that take turns: fn in this program, or a peer. */
struct side {
    const char *subject;
    bench_fn *fn;
    void *arg;
    struct coproc *peer;
    long n;                  /* operations in a round */
    long waits;              /* how often it slept in the kernel */
    double value[STATS_MAX]; /* ns an operation, by round */
};

/* Static, because a task's stack is too small for them. */
static struct coproc peers[PEERS_MAX];
static int peer_count;
static struct side sides[SIDES_MAX];
static int side_count;
static int slow_floors;

void bench_require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

int bench_wanted(const char *name)
{
    const char *wanted = getenv("FIGURE");
    return !wanted || fnmatch(wanted, name, 0) == 0;
}

int bench_memory(const char *name, double bytes)
{
    char line[128];
    double free = 0;
    FILE *file = fopen("/proc/meminfo", "r");
    bench_require(file != NULL, "no /proc/meminfo");
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, "MemAvailable:", 13) == 0)
            free = strtod(line + 13, NULL) * 1024;
    fclose(file);
    if (free >= bytes * 1.2)
        return 1;
    printf("%-22s left out: needs %.1f GB of free memory, there are %.1f\n",
           name, bytes * 1.2 / 1e9, free / 1e9);
    return 0;
}

/* ---- the core -------------------------------------------------------- */

static cpu_set_t allowed; /* when the program began */
static size_t core;       /* the bench's */

static size_t core_below(size_t end)
{
    while (end > 0 && !CPU_ISSET(end - 1, &allowed))
        end--;
    return end - 1; /* SIZE_MAX: none */
}

static void pin(void)
{
    const char *wanted = getenv("BENCH_CORE");
    bench_require(sched_getaffinity(0, sizeof(allowed), &allowed) == 0,
                  "sched_getaffinity failed");
    core = wanted ? strtoul(wanted, NULL, 10) : core_below(CPU_SETSIZE);
    bench_require(bench_cores(1),
                  "cannot run on the core that BENCH_CORE names");
}

int bench_cores(int count)
{
    if (count == 0)
        return sched_setaffinity(0, sizeof(allowed), &allowed) == 0;
    cpu_set_t some;
    CPU_ZERO(&some);
    CPU_SET(core, &some);
    size_t other = core_below(CPU_SETSIZE);
    for (; other != SIZE_MAX && CPU_COUNT(&some) < count;
         other = core_below(other))
        CPU_SET(other, &some);
    return CPU_COUNT(&some) == count &&
           sched_setaffinity(0, sizeof(some), &some) == 0;
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

/* < 0: a peer that cannot, or is gone. */
static double time_of(struct side *s, const char *figure, long n)
{
    if (s->peer)
        return coproc_run(s->peer, figure, n);
    long before = waits();
    double start = cpu_ns();
    s->fn(s->arg, n);
    double spent = cpu_ns() - start;
    s->waits += waits() - before;
    return spent;
}

/* Fails if the side does not do this figure. */
static int calibrate(struct side *s, const struct bench_figure *f)
{
    s->n = f->step ? f->step : 1024;
    double spent = time_of(s, f->name, s->n);
    while (spent >= 0 && spent < ROUND_NS) {
        s->n *= 2;
        spent = time_of(s, f->name, s->n);
    }
    s->waits = 0;
    return spent >= 0;
}

static int rounds(const struct bench_figure *f)
{
    const char *wanted = getenv("BENCH_ROUNDS");
    int n = wanted ? atoi(wanted) : ROUNDS;
    bench_require(n >= 1 && n <= STATS_MAX, "BENCH_ROUNDS: 1 to 1001");
    return f->rounds && f->rounds < n ? f->rounds : n;
}

/* ---- the sides of a figure ------------------------------------------- */

static void add(const struct bench_figure *f, struct side side)
{
    bench_require(side_count < SIDES_MAX, "too many subjects");
    struct side *s = &sides[side_count];
    s->subject = side.subject;
    s->fn = side.fn;
    s->arg = side.arg;
    s->peer = side.peer;
    if (calibrate(s, f))
        side_count++;
}

static void add_own(const struct bench_figure *f, const char *subject,
                    bench_fn *fn, void *arg)
{
    if (fn)
        add(f, (struct side){.subject = subject, .fn = fn, .arg = arg});
}

static void add_all(const struct bench_figure *f)
{
    side_count = 0;
    add_own(f, "cede", f->subject, f->arg);
    add_own(f, "floor", f->floor, f->arg);
    add_own(f, "reference", f->reference, f->arg);
    add_own(f, f->base.subject, f->base.fn, f->base.arg);
    for (int i = 0; i < peer_count; i++)
        if (peers[i].pid > 0)
            add(f,
                (struct side){.subject = peers[i].subject, .peer = &peers[i]});
}

static struct side *find(const char *subject)
{
    for (int i = 0; i < side_count; i++)
        if (strcmp(sides[i].subject, subject) == 0)
            return &sides[i];
    return NULL;
}

static void measure(const struct bench_figure *f, int n)
{
    for (int round = 0; round < n; round++)
        for (int i = 0; i < side_count; i++) {
            struct side *s = &sides[i];
            double spent = time_of(s, f->name, s->n);
            bench_require(spent >= 0, "a peer ended in the middle of a figure");
            s->value[round] = spent / (double)s->n;
        }
}

/* ---- the report ------------------------------------------------------ */

static struct stats ratio(const struct side *over, const struct side *under,
                          int n)
{
    if (!over || !under)
        return (struct stats){.n = 0};
    return stats_of_ratios(over->value, under->value, n);
}

/* Not a subject of this figure: its entry is elsewhere, or nowhere. */
static int is_only_compared_with(const struct bench_figure *f,
                                 const struct side *s)
{
    return strcmp(s->subject, "reference") == 0 ||
           (f->base.subject && strcmp(s->subject, f->base.subject) == 0);
}

static void print_side(const struct bench_figure *f, const struct side *s,
                       int n)
{
    const struct side *cede = find("cede");
    table_row(&(struct table_row){
        .figure = f->name,
        .subject = s->subject,
        .unit = "ns",
        .value = stats_of(s->value, n),
        .to_floor = ratio(s, find("floor"), n),
        .to_cede = ratio(s == cede ? NULL : s, cede, n),
        .hidden = is_only_compared_with(f, s),
    });
}

/* The ratio to what was promised. */
static void print_sum(const struct bench_figure *f, int n)
{
    static double promised[STATS_MAX];
    const struct side *floor = find("floor"), *cede = find("cede");
    if (f->floor_plus <= 0 || !floor || !cede)
        return;
    for (int i = 0; i < n; i++)
        promised[i] = floor->value[i] + f->floor_plus;
    char text[48];
    snprintf(text, sizeof(text), "(floor + %.0f ns)", f->floor_plus);
    struct stats r = stats_of_ratios(cede->value, promised, n);
    table_target(f->name, "cede", text, 1, &r);
}

static void print_target(const struct bench_figure *f,
                         const struct bench_target *t, int n)
{
    struct side *against = find(t->against);
    struct stats r = ratio(find("cede"), against, n);
    if (against)
        table_target(f->name, "cede", t->against, t->at_most, &r);
    else
        table_target_absent(f->name, "cede", t->against, t->at_most);
}

/* A floor is too slow when the whole interval says so. */
static void check_floor(const struct bench_figure *f, int n)
{
    struct stats r = ratio(find("floor"), find("reference"), n);
    if (r.n == 0 || r.median <= floor_limit)
        return;
    table_target(f->name, "floor", "reference", floor_limit, &r);
    if (r.lo > floor_limit)
        slow_floors++;
}

static void warn_of_waits(const struct bench_figure *f)
{
    for (int i = 0; i < side_count && !f->sleeps; i++)
        if (sides[i].waits > 0)
            fprintf(stderr,
                    "bench: %s by %s slept in the kernel %ld times; that time "
                    "is not in the figure\n",
                    f->name, sides[i].subject, sides[i].waits);
}

/* ---- what programs call ---------------------------------------------- */

void bench_figure(const struct bench_figure *f)
{
    if (!bench_wanted(f->name))
        return;
    int n = rounds(f);
    add_all(f);
    measure(f, n);
    for (int i = 0; i < side_count; i++)
        print_side(f, &sides[i], n);
    for (int i = 0; i < BENCH_TARGETS && f->targets[i].against; i++)
        print_target(f, &f->targets[i], n);
    print_sum(f, n);
    check_floor(f, n);
    warn_of_waits(f);
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
        table_heading();
        exit(0);
    }
    bench_require(argc == 1, "takes --compiler, --heading, or nothing");
    pin();
    peer_count = coproc_list(peers, PEERS_MAX);
    for (int i = 0; i < peer_count; i++)
        coproc_start(&peers[i]);
}

int bench_end(void)
{
    for (int i = 0; i < peer_count; i++)
        if (peers[i].pid > 0)
            coproc_stop(&peers[i]);
    if (slow_floors > 0)
        fprintf(stderr,
                "bench: %d floor(s) more than 15 %% slower than the reference: "
                "ratios to them mean nothing\n",
                slow_floors);
    return slow_floors > 0;
}
