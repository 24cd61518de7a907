/* SPDX-License-Identifier: MIT
 *
 * apart.c - starting processes, giving each its turn, looking at them from
 * outside.
 */
#define _GNU_SOURCE
#include "apart.h"
#include "coproc.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 15, SUBJECTS_MAX = 16, WHATS = APART_P999 + 1 };

static struct coproc subjects[SUBJECTS_MAX];
static int subject_count;
static const char *told[SUBJECTS_MAX]; /* which figure to run */
static int able[SUBJECTS_MAX];         /* to do the figure at hand */
static double value[APART_VALUES][SUBJECTS_MAX][ROUNDS];

/* ---- one round of one subject ---------------------------------------- */

static double wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int asks_percentiles(const struct apart_figure *f)
{
    for (int v = 0; f->values[v].suffix; v++)
        if (f->values[v].what >= APART_P50)
            return 1;
    return 0;
}

static double in_unit(double ns, const struct apart_value *v, long n)
{
    if (strcmp(v->unit, "ms") == 0)
        return ns / 1e6;
    return strcmp(v->unit, "us") == 0 ? ns / 1e3 : ns / (double)n;
}

/* Do the work once; fails if i cannot, or is gone. */
static int run_once(int i, const struct apart_figure *f, double *ns)
{
    double start = wall_ns();
    ns[APART_CPU] = coproc_run(&subjects[i], told[i], f->n);
    ns[APART_WALL] = wall_ns() - start;
    if (ns[APART_CPU] < 0 || !asks_percentiles(f))
        return ns[APART_CPU] >= 0;
    return coproc_say(&subjects[i], "late %s 0\n", told[i]) &&
           sscanf(subjects[i].answer, "%lf %lf %lf", &ns[APART_P50],
                  &ns[APART_P99], &ns[APART_P999]) == 3;
}

static int take(int i, const struct apart_figure *f, int round)
{
    double ns[WHATS];
    if (!run_once(i, f, ns))
        return 0;
    for (int v = 0; f->values[v].suffix; v++)
        value[v][i][round] =
            in_unit(ns[f->values[v].what], &f->values[v], f->n);
    return 1;
}

/* Once it answers, that it cannot do what is no figure, it has begun. */
static int start(struct coproc *p)
{
    if (!coproc_start(p))
        return 0;
    coproc_say(p, "run none 0\n");
    return p->pid > 0;
}

static int take_cold(int i, const struct apart_figure *f, int round)
{
    int taken = start(&subjects[i]) && take(i, f, round);
    coproc_stop(&subjects[i]);
    return taken;
}

/* ---- all subjects ---------------------------------------------------- */

static void add_own(const char *subject, const char *serves, const char *figure)
{
    char line[COPROC_TEXT];
    snprintf(line, sizeof(line), "%s /proc/self/exe --serve %s", subject,
             serves);
    told[subject_count] = figure;
    subject_count += coproc_parse(&subjects[subject_count], line);
}

static void add_all(const struct apart_figure *f)
{
    subject_count = 0;
    add_own("cede", "cede", f->name);
    add_own("floor", "floor", f->name);
    if (f->base)
        add_own(f->base, "cede", f->base);
    int own = subject_count;
    subject_count += coproc_list(&subjects[own], SUBJECTS_MAX - own);
    for (int i = own; i < subject_count; i++)
        told[i] = f->name;
}

/* Who is warm stays until the end of the figure. */
static void start_all(const struct apart_figure *f)
{
    double ns[WHATS];
    for (int i = 0; i < subject_count; i++) {
        able[i] = 1;
        if (!f->cold)
            able[i] = start(&subjects[i]) && run_once(i, f, ns);
    }
}

static void measure(const struct apart_figure *f, int n)
{
    for (int round = 0; round < n; round++)
        for (int i = 0; i < subject_count; i++)
            if (able[i])
                able[i] = f->cold ? take_cold(i, f, round) : take(i, f, round);
}

static void stop_all(void)
{
    for (int i = 0; i < subject_count; i++)
        if (subjects[i].pid > 0)
            coproc_stop(&subjects[i]);
}

/* ---- the report ------------------------------------------------------ */

static int find(const char *subject)
{
    for (int i = 0; i < subject_count; i++)
        if (able[i] && strcmp(subjects[i].subject, subject) == 0)
            return i;
    return -1;
}

static struct stats ratio(int v, int over, int under, int n)
{
    if (over < 0 || under < 0)
        return (struct stats){.n = 0};
    return stats_of_ratios(value[v][over], value[v][under], n);
}

static void print_row(const struct apart_figure *f, const char *name, int v,
                      int i, int n)
{
    int cede = find("cede");
    table_row(&(struct table_row){
        .figure = name,
        .subject = subjects[i].subject,
        .unit = f->values[v].unit,
        .value = stats_of(value[v][i], n),
        .to_floor = ratio(v, i, find("floor"), n),
        .to_cede = ratio(v, i == cede ? -1 : i, cede, n),
        .hidden = f->base && strcmp(subjects[i].subject, f->base) == 0,
    });
}

static void print_target(const char *name, int v, const struct bench_target *t,
                         int n)
{
    struct stats r = ratio(v, find("cede"), find(t->against), n);
    if (r.n > 0)
        table_target(name, "cede", t->against, t->at_most, &r);
    else
        table_target_absent(name, "cede", t->against, t->at_most);
}

static void print_value(const struct apart_figure *f, int v, int n)
{
    char name[64];
    snprintf(name, sizeof(name), "%s%s", f->name, f->values[v].suffix);
    for (int i = 0; i < subject_count; i++)
        if (able[i])
            print_row(f, name, v, i, n);
    const struct bench_target *targets = f->values[v].targets;
    for (int i = 0; i < APART_TARGETS && targets[i].against; i++)
        print_target(name, v, &targets[i], n);
}

/* ---- a figure -------------------------------------------------------- */

static int is_wanted(const struct apart_figure *f)
{
    char name[64];
    if (bench_wanted(f->name))
        return 1;
    for (int v = 0; f->values[v].suffix; v++) {
        snprintf(name, sizeof(name), "%s%s", f->name, f->values[v].suffix);
        if (bench_wanted(name))
            return 1;
    }
    return 0;
}

static int rounds(void)
{
    const char *wanted = getenv("BENCH_ROUNDS");
    int n = wanted ? atoi(wanted) : ROUNDS;
    return n >= 1 && n < ROUNDS ? n : ROUNDS;
}

void apart_figure(const struct apart_figure *f)
{
    if (!is_wanted(f))
        return;
    if (!bench_cores(f->cores ? f->cores : 1))
        return (void)printf("%-22s left out: needs %d cores\n", f->name,
                            f->cores);
    int n = rounds();
    add_all(f);
    start_all(f);
    measure(f, n);
    stop_all();
    bench_cores(1);
    for (int v = 0; f->values[v].suffix; v++)
        print_value(f, v, n);
}
