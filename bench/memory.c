/* SPDX-License-Identifier: MIT
 *
 * memory.c - starting a process, having it hold, looking at it from outside.
 */
#include "memory.h"
#include "coproc.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 5, SUBJECTS_MAX = 16 };

static struct coproc subjects[SUBJECTS_MAX];
static int subject_count;
static int able[SUBJECTS_MAX]; /* to do the figure at hand */
static double value[SUBJECTS_MAX][SAMPLES];

/* ---- one sample ------------------------------------------------------ */

/* < 0: it cannot, or did not end well. */
static double held(struct coproc *p, const struct memory_figure *f)
{
    /* Whatever it needs anyway is there after the smallest piece of work. */
    if (!coproc_say(p, "run %s 1\n", f->name))
        return -1;
    double before = coproc_bytes(p);
    if (!coproc_say(p, "hold %s %ld\n", f->name, f->n))
        return -1;
    double bytes = coproc_bytes(p) - before;
    return coproc_say(p, "go on\n") ? bytes / (double)f->n : -1;
}

static double sample(struct coproc *p, const struct memory_figure *f)
{
    if (!coproc_start(p))
        return -1;
    double bytes = held(p, f);
    int known = p->answer[0] != '\0';
    if (p->pid > 0 && !coproc_stop(p))
        printf("%-22s %-8s did not end well\n", f->name, p->subject);
    else if (bytes < 0 && known)
        printf("%-22s %-8s left out: %s\n", f->name, p->subject, p->answer);
    return bytes;
}

/* ---- all subjects ---------------------------------------------------- */

static void add_own(const char *subject)
{
    char line[COPROC_TEXT];
    snprintf(line, sizeof(line), "%s /proc/self/exe --serve %s", subject,
             subject);
    subject_count += coproc_parse(&subjects[subject_count], line);
}

static void add_all(void)
{
    subject_count = 0;
    add_own("cede");
    add_own("floor");
    add_own("reference");
    subject_count +=
        coproc_list(&subjects[subject_count], SUBJECTS_MAX - subject_count);
}

static void measure(const struct memory_figure *f, int samples)
{
    for (int i = 0; i < subject_count; i++)
        able[i] = 1;
    for (int round = 0; round < samples; round++)
        for (int i = 0; i < subject_count; i++)
            if (able[i])
                able[i] = (value[i][round] = sample(&subjects[i], f)) >= 0;
}

/* ---- the report ------------------------------------------------------ */

static int find(const char *subject)
{
    for (int i = 0; i < subject_count; i++)
        if (able[i] && strcmp(subjects[i].subject, subject) == 0)
            return i;
    return -1;
}

static struct stats ratio(int over, int under, int n)
{
    if (under < 0 || over == under)
        return (struct stats){.n = 0};
    return stats_of_ratios(value[over], value[under], n);
}

static void print_subject(const struct memory_figure *f, int i, int n)
{
    int reference = find("reference");
    int floor = find("floor");
    table_row(&(struct table_row){
        .figure = f->name,
        .subject = subjects[i].subject,
        .unit = "bytes",
        .value = stats_of(value[i], n),
        .to_floor = floor < 0 ? (struct stats){.n = 0}
                              : stats_of_ratios(value[i], value[floor], n),
        .to_cede = ratio(i, find("cede"), n),
        .hidden = i == reference,
    });
}

/* Bytes were promised, not a ratio; printed as the ratio to them. */
static void print_target(const struct memory_figure *f, int n)
{
    int cede = find("cede");
    if (f->at_most <= 0 || cede < 0)
        return;
    double promised[SAMPLES];
    for (int i = 0; i < n; i++)
        promised[i] = f->at_most;
    char text[48];
    snprintf(text, sizeof(text), "%.0f bytes", f->at_most);
    struct stats r = stats_of_ratios(value[cede], promised, n);
    table_target(f->name, "cede", text, 1, &r);
}

void memory_figure(const struct memory_figure *f)
{
    if (!bench_wanted(f->name))
        return;
    const char *wanted = getenv("BENCH_ROUNDS");
    int n = wanted && atoi(wanted) < SAMPLES ? atoi(wanted) : SAMPLES;
    add_all();
    measure(f, n);
    for (int i = 0; i < subject_count; i++)
        if (able[i])
            print_subject(f, i, n);
    print_target(f, n);
}
