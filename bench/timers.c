/* SPDX-License-Identifier: MIT
 *
 * timers.c - many tasks asleep at once, and how exactly they wake up.
 *
 * timers_100k, timers_1m  so many tasks are started, each looks at the clock,
 *                   sleeps a random time up to a second, and looks again;
 *                   ms of CPU time for all, on memory that the round before
 *                   has warmed
 * timers_100k_cold, timers_1m_cold  the same in a process that has just begun
 * ..._p50, _p99, _p999  how much too long they slept: percentiles, in ms
 *
 * Everybody is a process of its own here, cede too, so that it can be new.
 * There is no floor: what is least depends on how timers are kept.
 */
#include "bench.h"
#include "coproc.h"
#include "peers/serve.h"
#include "table.h"

#include <cede.h>

enum { MOST = 1000000, BYTES_A_TASK = 9000, ROUNDS = 15, SUBJECTS_MAX = 16 };

/* ---- cede ------------------------------------------------------------ */

static long long late[MOST];
static long over;

static int sleeper(void *arg)
{
    cede_time delay = (cede_time)(intptr_t)arg, began = cede_clock();
    CEDE_TRY(cede_sleep(delay));
    late[over++] = cede_clock() - began - delay;
    return 0;
}

static void random_timers(long n)
{
    uint64_t random = 1;
    over = 0;
    CEDE_GROUP(sleepers);
    for (long i = 0; i < n; i++)
        cede_go(&sleepers, sleeper, (void *)serve_random_delay(&random));
    bench_require(cede_join(&sleepers) == 0 && over == n, "a sleep failed");
    serve_late = late;
    serve_late_count = n;
}

static const struct serve_figure by_cede[] = {
    {"timers_100k", random_timers},
    {"timers_1m", random_timers},
    {"timers_100k_cold", random_timers},
    {"timers_1m_cold", random_timers},
    {NULL, NULL},
};

/* All rounds in one run, which keeps its stacks. */
static int serve_main(void *arg)
{
    (void)arg;
    return serve(by_cede);
}

/* ---- one round of one subject ---------------------------------------- */

/* CPU time and percentiles, and what their figures are called. */
enum { VALUES = 4 };
static const char *const suffixes[VALUES] = {"", "_p50", "_p99", "_p999"};

struct figure {
    const char *name;
    long n;
    int cold;
    double cpu, p99; /* at most, of tokio's; 0: nothing was promised */
};

static struct coproc subjects[SUBJECTS_MAX];
static int subject_count;
static int able[SUBJECTS_MAX]; /* to do the figure at hand */
static double value[VALUES][SUBJECTS_MAX][ROUNDS]; /* ms */

/* < 0: it cannot. */
static double run_once(struct coproc *p, const struct figure *f)
{
    return coproc_run(p, f->name, f->n);
}

/* Once it answers, that it cannot do what is no figure, it has begun. */
static int start(struct coproc *p)
{
    if (!coproc_start(p))
        return 0;
    coproc_say(p, "run none 0\n");
    return p->pid > 0;
}

static int take(int i, const struct figure *f, int round)
{
    struct coproc *p = &subjects[i];
    double ns[VALUES];
    ns[0] = run_once(p, f);
    if (ns[0] < 0 || !coproc_say(p, "late %s 0\n", f->name) ||
        sscanf(p->answer, "%lf %lf %lf", &ns[1], &ns[2], &ns[3]) != 3)
        return 0;
    for (int v = 0; v < VALUES; v++)
        value[v][i][round] = ns[v] / 1e6;
    return 1;
}

static int take_cold(int i, const struct figure *f, int round)
{
    int taken = start(&subjects[i]) && take(i, f, round);
    coproc_stop(&subjects[i]);
    return taken;
}

/* ---- all subjects ---------------------------------------------------- */

static void add_all(void)
{
    subject_count = coproc_parse(&subjects[0], "cede /proc/self/exe --serve");
    subject_count += coproc_list(&subjects[1], SUBJECTS_MAX - 1);
}

/* Who is warm stays until the end of the figure. */
static void start_all(const struct figure *f)
{
    for (int i = 0; i < subject_count; i++) {
        able[i] = 1;
        if (!f->cold)
            able[i] = start(&subjects[i]) && run_once(&subjects[i], f) >= 0;
    }
}

static void measure(const struct figure *f, int n)
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

static void print_row(const char *name, int v, int i, int n)
{
    struct stats to_cede = {.n = 0};
    int cede = find("cede");
    if (cede >= 0 && i != cede)
        to_cede = stats_of_ratios(value[v][i], value[v][cede], n);
    table_row(&(struct table_row){.figure = name,
                                  .subject = subjects[i].subject,
                                  .unit = "ms",
                                  .value = stats_of(value[v][i], n),
                                  .to_cede = to_cede});
}

static void print_target(const char *name, int v, double at_most, int n)
{
    int cede = find("cede"), tokio = find("tokio");
    if (at_most <= 0)
        return;
    if (cede < 0 || tokio < 0)
        return table_target_absent(name, "cede", "tokio", at_most);
    struct stats r = stats_of_ratios(value[v][cede], value[v][tokio], n);
    table_target(name, "cede", "tokio", at_most, &r);
}

static void print_all(const struct figure *f, int n)
{
    const double at_most[VALUES] = {[0] = f->cpu, [2] = f->p99};
    for (int v = 0; v < VALUES; v++) {
        char name[64];
        snprintf(name, sizeof(name), "%s%s", f->name, suffixes[v]);
        for (int i = 0; i < subject_count; i++)
            if (able[i])
                print_row(name, v, i, n);
        print_target(name, v, at_most[v], n);
    }
}

static void figure(struct figure f)
{
    if (!bench_wanted(f.name) ||
        !bench_memory(f.name, BYTES_A_TASK * (double)f.n))
        return;
    const char *wanted = getenv("BENCH_ROUNDS");
    int n = wanted && atoi(wanted) < ROUNDS ? atoi(wanted) : ROUNDS;
    add_all();
    start_all(&f);
    measure(&f, n);
    stop_all();
    print_all(&f, n);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--serve") == 0)
        return cede_run(serve_main, NULL);
    bench_start(argc, argv);
    figure((struct figure){"timers_100k", 100000, 0, 0.75, 1});
    figure((struct figure){"timers_1m", MOST, 0, 0.75, 1});
    figure((struct figure){"timers_100k_cold", 100000, 1, 0, 0});
    figure((struct figure){"timers_1m_cold", MOST, 1, 0, 0});
    return bench_end();
}
