/* SPDX-License-Identifier: MIT
 *
 * models.c - which concurrency for which work: a table, and no figures.
 * FIGURE=models is all of it, FIGURE=io_8_tasks a cell.
 *
 * Works:
 *   io_8      8 jobs, each waits 100 ms
 *   io_1000   1,000 jobs, each waits 10 ms
 *   cpu_8     8 jobs, each computes for some 50 ms
 *   empty_10k 10,000 jobs that do nothing: what each model itself costs
 *
 * Models:
 *   sequence  one job after another
 *   tasks     a task a job, all in one loop
 *   blocked   the same, with jobs that block their thread instead of waiting
 *   offload   the same, with each job in the hands of cede_offload
 *   loops     tasks in a loop for each core, by cede_run_threads
 *   threads   a pool: 8 threads where jobs wait, one a core where they compute
 *   each      a thread for each job
 *
 * Every work by every model is a process of its own, on all cores; Python does
 * the same jobs in the same models (peers/python.py), its own steps of
 * computing, which take as long.  Time that passes, CPU time, and by how much
 * resident memory grew at most; the median of three.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "coproc.h"
#include "peers/serve.h"
#include "stats.h"

#include <cede.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- jobs ------------------------------------------------------------ */

enum { JOBS_MAX = 10000, WAITERS = 8, STEPS = 40000000 };

static atomic_long done;

static int is_done(int rc)
{
    done++;
    return rc;
}

static int wait_100ms(void *unused)
{
    (void)unused;
    return is_done(cede_sleep(100 * CEDE_MS));
}

static int wait_10ms(void *unused)
{
    (void)unused;
    return is_done(cede_sleep(10 * CEDE_MS));
}

static int block_100ms(void *unused)
{
    (void)unused;
    return is_done(nanosleep(&(struct timespec){0, 100000000}, NULL));
}

static int block_10ms(void *unused)
{
    (void)unused;
    return is_done(nanosleep(&(struct timespec){0, 10000000}, NULL));
}

/* Each step needs the one before. */
static int compute(void *unused)
{
    (void)unused;
    volatile uint64_t x = 1;
    uint64_t y = x;
    for (long i = 0; i < STEPS; i++)
        y = y * 6364136223846793005u + 1442695040888963407u;
    x = y;
    return is_done(0);
}

static int nothing(void *unused)
{
    (void)unused;
    return is_done(0);
}

struct work {
    const char *name;
    long n;
    cede_fn *job;     /* as a task */
    cede_fn *blocks;  /* elsewhere; the same unless it waits */
    unsigned threads; /* of a pool; 0: one a core */
};

static const struct work works[] = {
    {"io_8", 8, wait_100ms, block_100ms, WAITERS},
    {"io_1000", 1000, wait_10ms, block_10ms, WAITERS},
    {"cpu_8", 8, compute, compute, 0},
    {"empty_10k", 10000, nothing, nothing, 0},
};
enum { WORKS = sizeof(works) / sizeof(*works) };

/* ---- models ---------------------------------------------------------- */

/* What runs, for those who are given no more than a pointer. */
static const struct work *work;

static int in_sequence(void)
{
    for (long i = 0; i < work->n; i++)
        CEDE_TRY(work->blocks(NULL));
    return 0;
}

static int every(unsigned stride, unsigned first, cede_fn *job)
{
    CEDE_GROUP(jobs);
    for (long i = first; i < work->n; i += stride)
        cede_go(&jobs, job, NULL);
    return cede_join(&jobs);
}

static int tasks_main(void *unused)
{
    (void)unused;
    return every(1, 0, work->job);
}

static int in_tasks(void)
{
    return cede_run(tasks_main, NULL);
}

static int blocked_main(void *unused)
{
    (void)unused;
    return every(1, 0, work->blocks);
}

static int in_blocked_tasks(void)
{
    return cede_run(blocked_main, NULL);
}

static int offload(void *unused)
{
    return cede_offload(work->blocks, unused);
}

static int offload_main(void *unused)
{
    (void)unused;
    return every(1, 0, offload);
}

static int in_offloading_tasks(void)
{
    return cede_run(offload_main, NULL);
}

static int loop_main(void *unused)
{
    (void)unused;
    return every(cede_thread_count(), cede_thread_index(), work->job);
}

static int in_loops(void)
{
    return cede_run_threads(0, loop_main, NULL);
}

static int in_pool(void)
{
    static cede_future *jobs[JOBS_MAX];
    cede_pool *pool = cede_threads(work->threads);
    for (long i = 0; i < work->n; i++)
        jobs[i] = cede_submit(pool, work->blocks, NULL, 0);
    int rc = 0;
    for (long i = 0; i < work->n; i++) {
        int result = cede_await(jobs[i]);
        rc = result < 0 ? result : rc;
        cede_future_free(jobs[i]);
    }
    CEDE_TRY(cede_pool_close(pool));
    return rc;
}

static void *thread_main(void *unused)
{
    bench_require(work->blocks(unused) == 0, "a job failed");
    return NULL;
}

static int in_threads_of_their_own(void)
{
    static pthread_t threads[JOBS_MAX];
    for (long i = 0; i < work->n; i++)
        CEDE_TRY(-pthread_create(&threads[i], NULL, thread_main, NULL));
    for (long i = 0; i < work->n; i++)
        CEDE_TRY(-pthread_join(threads[i], NULL));
    return 0;
}

static const struct model {
    const char *name;
    int (*run)(void);
} models[] = {
    {"sequence", in_sequence},
    {"tasks", in_tasks},
    {"blocked", in_blocked_tasks},
    {"offload", in_offloading_tasks},
    {"loops", in_loops},
    {"threads", in_pool},
    {"each", in_threads_of_their_own},
};
enum { MODELS = sizeof(models) / sizeof(*models) };

/* What says something: who blocks is shown once, and that one thread a job is
 * the pool's 8 when there are 8 jobs. */
static int is_shown(const struct work *w, const struct model *m)
{
    if (m->run == in_blocked_tasks || m->run == in_offloading_tasks)
        return w->job == wait_100ms;
    return m->run != in_threads_of_their_own || w->n > WAITERS;
}

/* ---- a process that does what it is told ----------------------------- */

static int run_cell(const char *name)
{
    char wanted[64];
    for (int i = 0; i < WORKS * MODELS; i++) {
        const struct model *model = &models[i % MODELS];
        work = &works[i / MODELS];
        snprintf(wanted, sizeof(wanted), "%s_%s", work->name, model->name);
        if (strcmp(wanted, name) != 0)
            continue;
        bench_require(model->run() == 0 && done == work->n, "a job failed");
        return 1;
    }
    return 0;
}

static int serve_models(void)
{
    char line[SERVE_LINE], name[64];
    while (fgets(line, sizeof(line), stdin)) {
        if (sscanf(line, "%*s %63s", name) != 1)
            return 1;
        done = 0;
        serve_say(run_cell(name) ? "ok" : "no");
    }
    return 0;
}

/* ---- one cell of the table ------------------------------------------- */

enum { ROUNDS = 3, SUBJECTS_MAX = 16 };

/* Of one subject's work by one model, each round. */
struct cell {
    double wall[ROUNDS], cpu[ROUNDS]; /* ms */
    double memory[ROUNDS];            /* KiB */
};

static double wall_ms(void)
{
    return (double)serve_ns() / 1e6;
}

static FILE *open_file_of(const struct coproc *p, const char *name,
                          const char *mode)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)p->pid, name);
    return fopen(path, mode);
}

/* The most KiB that were resident since forget_peak. */
static double peak(const struct coproc *p)
{
    char line[128];
    double kib = 0;
    FILE *file = open_file_of(p, "status", "r");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtod(line + 6, NULL);
    if (file)
        fclose(file);
    return kib;
}

static void forget_peak(const struct coproc *p)
{
    FILE *file = open_file_of(p, "clear_refs", "w");
    if (!file)
        return;
    fputs("5", file);
    fclose(file);
}

/* Once it answers, that it knows no such work, the process has begun. */
static int run_once(struct coproc *p, const char *name, struct cell *c,
                    int round)
{
    if (!coproc_start(p))
        return 0;
    coproc_say(p, "run none 0\n");
    forget_peak(p);
    double before = peak(p), start = wall_ms();
    double cpu = coproc_run(p, name, 1);
    c->wall[round] = wall_ms() - start;
    c->cpu[round] = cpu / 1e6;
    c->memory[round] = peak(p) - before;
    coproc_stop(p);
    return cpu >= 0;
}

/* ---- the table ------------------------------------------------------- */

static void print_cell(const char *name, const char *subject,
                       const struct cell *c, int n)
{
    double wall = stats_of(c->wall, n).median, cpu = stats_of(c->cpu, n).median,
           memory = stats_of(c->memory, n).median;
    printf("%-22s %-12s %9.1f ms %9.1f ms CPU %9.0f KiB\n", name, subject, wall,
           cpu, memory);
    fflush(stdout);
    const char *folder = getenv("BENCH_OUT");
    if (!folder)
        return;
    char path[4096];
    snprintf(path, sizeof(path), "%s/models", folder);
    FILE *file = fopen(path, "a");
    bench_require(file != NULL, "cannot write to the folder BENCH_OUT");
    fprintf(file,
            "{\"cell\": \"%s\", \"subject\": \"%s\", \"wall_ms\": %.3f, "
            "\"cpu_ms\": %.3f, \"memory_kib\": %.0f, \"n\": %d}\n",
            name, subject, wall, cpu, memory, n);
    fclose(file);
}

/* Ten seconds of waiting need not be measured three times. */
static int rounds(const struct work *w, const struct model *m)
{
    const char *wanted = getenv("BENCH_ROUNDS");
    int n = wanted && atoi(wanted) < ROUNDS ? atoi(wanted) : ROUNDS;
    return m->run == in_sequence && w->job == wait_10ms ? 1 : n;
}

static struct coproc subjects[SUBJECTS_MAX];

static void print_all(const struct work *w, const struct model *m,
                      int subject_count)
{
    char name[64];
    static struct cell cells[SUBJECTS_MAX];
    int able[SUBJECTS_MAX], n = rounds(w, m);
    snprintf(name, sizeof(name), "%s_%s", w->name, m->name);
    if (!bench_wanted("models") && !bench_wanted(name))
        return;
    for (int i = 0; i < subject_count; i++)
        able[i] = strcmp(subjects[i].subject, "cede") == 0 ||
                  strcmp(subjects[i].subject, "python") == 0;
    for (int round = 0; round < n; round++)
        for (int i = 0; i < subject_count; i++)
            if (able[i])
                able[i] = run_once(&subjects[i], name, &cells[i], round);
    for (int i = 0; i < subject_count; i++)
        if (able[i])
            print_cell(name, subjects[i].subject, &cells[i], n);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--serve") == 0)
        return serve_models();
    bench_start(argc, argv);
    int count = coproc_parse(&subjects[0], "cede /proc/self/exe --serve");
    count += coproc_list(&subjects[1], SUBJECTS_MAX - 1);
    bench_require(bench_cores(0), "cannot run on all cores");
    for (int i = 0; i < WORKS * MODELS; i++)
        if (is_shown(&works[i / MODELS], &models[i % MODELS]))
            print_all(&works[i / MODELS], &models[i % MODELS], count);
    return bench_end();
}
