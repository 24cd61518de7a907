/* SPDX-License-Identifier: MIT
 *
 * contest.c - starting servers and their loads, giving each its turn, and the
 * rows that come of it.
 */
#define _GNU_SOURCE
#include "contest.h"
#include "../bench.h"
#include "../coproc.h"
#include "../table.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 15, SUBJECTS_MAX = 12 };

struct subject {
    struct coproc server, load;
    int able;
    double value[CONTEST_WHATS][STATS_MAX];
};

static struct subject subjects[SUBJECTS_MAX];
static int subject_count;

static const char *const units[CONTEST_WHATS] = {"/s", "us", "us",   "us",
                                                 "us", "",   "bytes"};

/* ---- cores ----------------------------------------------------------- */

/* The first that we may use is the servers', the last one the load's. */
static size_t core(int last)
{
    static cpu_set_t allowed;
    if (CPU_COUNT(&allowed) == 0)
        sched_getaffinity(0, sizeof(allowed), &allowed);
    size_t found = CPU_SETSIZE;
    for (size_t i = 0; i < CPU_SETSIZE && (last || found == CPU_SETSIZE); i++)
        if (CPU_ISSET(i, &allowed))
            found = i;
    return found;
}

/* Whoever is started next runs there. */
static void move_to(size_t number)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(number, &one);
    bench_require(sched_setaffinity(0, sizeof(one), &one) == 0,
                  "cannot run on the cores there are");
}

/* ---- one server and its load ----------------------------------------- */

/* Where this program is: the others' names begin like that. */
static const char *self(void)
{
    static char path[COPROC_TEXT / 2];
    if (path[0] == '\0')
        bench_require(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0,
                      "no /proc");
    return path;
}

static int start_load(struct subject *s, const struct contest_figure *f)
{
    char line[COPROC_TEXT];
    snprintf(line, sizeof(line), "%s %s_load %s port=%d pid=%d",
             s->server.subject, self(), f->load, atoi(s->server.answer),
             (int)s->server.pid);
    move_to(core(1));
    return coproc_parse(&s->load, line) && coproc_start(&s->load) &&
           coproc_say(&s->load, "%s", "");
}

/* Both say that they are ready before they are asked anything. */
static int start(struct subject *s, const struct contest_figure *f)
{
    move_to(core(0));
    return coproc_start(&s->server) && coproc_say(&s->server, "%s", "") &&
           start_load(s, f);
}

static void stop(struct subject *s)
{
    if (s->load.pid > 0)
        coproc_stop(&s->load);
    if (s->server.pid <= 0)
        return;
    kill(s->server.pid, SIGTERM);
    coproc_stop(&s->server);
}

static int measure(struct subject *s, double *found)
{
    return coproc_say(&s->load, "go\n") &&
           sscanf(s->load.answer,
                  "rate=%lf cpu=%lf p50=%lf p99=%lf p999=%lf lost=%lf "
                  "bytes=%lf",
                  &found[CONTEST_RATE], &found[CONTEST_CPU],
                  &found[CONTEST_P50], &found[CONTEST_P99],
                  &found[CONTEST_P999], &found[CONTEST_LOST],
                  &found[CONTEST_BYTES]) == CONTEST_WHATS;
}

static int take(struct subject *s, const struct contest_figure *f, int round)
{
    double found[CONTEST_WHATS];
    if (f->cold && !start(s, f))
        return 0;
    if (!measure(s, found))
        return 0;
    for (int what = 0; what < CONTEST_WHATS; what++)
        s->value[what][round] = found[what];
    if (f->cold)
        stop(s);
    return 1;
}

/* ---- all subjects ---------------------------------------------------- */

static int is_listed(const char *list, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = list; at && *at; at += strcspn(at, " ")) {
        at += strspn(at, " ");
        if (strncmp(at, word, size) == 0 && strchr(" ", at[size]))
            return 1;
    }
    return 0;
}

static void add_own(const char *subject, const struct contest_figure *f)
{
    struct coproc *p = &subjects[subject_count].server;
    char line[COPROC_TEXT];
    snprintf(line, sizeof(line), "%s %s_%s_%s %s", subject, self(), subject,
             f->kind, f->argument ? f->argument : "");
    subject_count += coproc_parse(p, line) && access(p->argv[0], X_OK) == 0;
}

static void add_peers(const struct contest_figure *f)
{
    const char *path = getenv("BENCH_NET_PEERS");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[COPROC_TEXT];
    const char *kind = f->peer_kind ? f->peer_kind : f->kind;
    size_t size = strlen(kind);
    while (file && subject_count < SUBJECTS_MAX &&
           fgets(line, sizeof(line), file)) {
        struct coproc *p = &subjects[subject_count].server;
        if (strncmp(line, kind, size) == 0 && line[size] == ' ' &&
            coproc_parse(p, line + size) &&
            (!f->peers || is_listed(f->peers, p->subject)))
            subject_count++;
    }
    if (file)
        fclose(file);
}

static void add_all(const struct contest_figure *f)
{
    memset(subjects, 0, sizeof(subjects));
    subject_count = 0;
    add_own("cede", f);
    add_own("floor", f);
    add_peers(f);
}

/* One measurement that nobody sees, so that all are warm. */
static void start_all(const struct contest_figure *f)
{
    double unseen[CONTEST_WHATS];
    for (int i = 0; i < subject_count; i++)
        subjects[i].able = f->cold || (start(&subjects[i], f) &&
                                       measure(&subjects[i], unseen));
}

static void measure_all(const struct contest_figure *f, int n)
{
    for (int round = 0; round < n; round++)
        for (int i = 0; i < subject_count; i++)
            if (subjects[i].able)
                subjects[i].able = take(&subjects[i], f, round);
}

/* ---- ratios and verdicts --------------------------------------------- */

static const struct subject *find(const char *name)
{
    for (int i = 0; i < subject_count; i++)
        if (subjects[i].able && strcmp(subjects[i].server.subject, name) == 0)
            return &subjects[i];
    return NULL;
}

/* n == 0: there is nothing to compare. */
static struct stats ratio(const struct subject *over,
                          const struct subject *under, int what, int n)
{
    const struct stats none = {.n = 0};
    if (!over || !under || over == under || what == CONTEST_LOST)
        return none;
    for (int i = 0; i < n; i++)
        if (over->value[what][i] <= 0 || under->value[what][i] <= 0)
            return none;
    return stats_of_ratios(over->value[what], under->value[what], n);
}

/* What cede needs, of that what the other does: less is better. */
static struct stats needs(const struct subject *other, int what, int n)
{
    const struct subject *cede = find("cede");
    return what == CONTEST_RATE ? ratio(other, cede, what, n)
                                : ratio(cede, other, what, n);
}

static const char *verdict(const struct stats *r)
{
    if (stats_vague(r) && r->lo <= 1 && r->hi >= 1)
        return "inconclusive";
    if (r->hi < 1)
        return "beats";
    return r->lo > 1 ? "behind" : "includes 1.0";
}

/* As table.h has it; in between is a word more, for an interval that is narrow
 * and has the promise in it. */
static const char *outcome(const struct stats *r, double at_most)
{
    if (r->n == 0)
        return "not measured";
    const char *word = stats_verdict(r, at_most);
    return strcmp(word, "open") == 0 && !stats_vague(r) ? "even" : word;
}

/* ---- the report ------------------------------------------------------ */

static void print_row(const char *name, int what, const struct subject *s,
                      int n)
{
    struct table_row row = {
        .figure = name,
        .subject = s->server.subject,
        .unit = units[what],
        .value = stats_of(s->value[what], n),
        .to_floor = ratio(s, find("floor"), what, n),
    };
    struct stats r = needs(s, what, n);
    table_verdict(&row, &r, r.n > 0 ? verdict(&r) : "");
}

static void keep_promise(const char *name, int what,
                         const struct contest_promise *p, int n)
{
    char text[64];
    double promised[STATS_MAX];
    const struct subject *cede = find("cede");
    if (p->against[0]) {
        struct stats r = needs(find(p->against), what, n);
        return table_outcome(name, "cede", p->against, p->at_most, &r,
                             outcome(&r, p->at_most));
    }
    for (int i = 0; i < n; i++)
        promised[i] = p->at_most;
    snprintf(text, sizeof(text), "%.0f %s", p->at_most,
             what == CONTEST_LOST ? "lost" : units[what]);
    if (!cede || p->at_most > 0) {
        struct stats r = {.n = 0};
        if (cede)
            r = stats_of_ratios(cede->value[what], promised, n);
        return table_outcome(name, "cede", text, 1, &r, outcome(&r, 1));
    }
    struct stats all = stats_of(cede->value[what], n);
    table_outcome(name, "cede", text, 1, &(struct stats){.n = 0},
                  all.max > 0 ? "missed" : "met");
}

static void print_value(const struct contest_figure *f,
                        const struct contest_value *v, int n)
{
    char name[64];
    snprintf(name, sizeof(name), "%s%s", f->name, v->suffix);
    for (int i = 0; i < subject_count; i++)
        if (subjects[i].able)
            print_row(name, (int)v->what, &subjects[i], n);
    for (const struct contest_promise *p = v->promises; p && p->against; p++)
        keep_promise(name, (int)v->what, p, n);
}

/* ---- a figure -------------------------------------------------------- */

static int is_wanted(const struct contest_figure *f)
{
    char name[64];
    int wanted = bench_wanted(f->name);
    for (const struct contest_value *v = f->values; v->suffix; v++) {
        snprintf(name, sizeof(name), "%s%s", f->name, v->suffix);
        wanted |= bench_wanted(name);
    }
    return wanted;
}

static int rounds(const struct contest_figure *f)
{
    const char *wanted = getenv("BENCH_ROUNDS");
    int n = wanted ? atoi(wanted) : ROUNDS;
    n = n < 1 ? ROUNDS : n > STATS_MAX ? STATS_MAX : n;
    return f->rounds && n > f->rounds ? f->rounds : n;
}

void contest(const struct contest_figure *f)
{
    if (!is_wanted(f))
        return;
    if (core(0) == core(1))
        return (void)printf("%-22s left out: needs 2 cores\n", f->name);
    int n = rounds(f);
    add_all(f);
    start_all(f);
    measure_all(f, n);
    for (int i = 0; i < subject_count; i++)
        stop(&subjects[i]);
    for (const struct contest_value *v = f->values; v->suffix; v++)
        print_value(f, v, n);
}
