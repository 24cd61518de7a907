/* SPDX-License-Identifier: MIT
 *
 * spin.c - what cede_options.spin gains and costs: two threads, a loop each,
 * over pairs of sockets, one of which sends and waits for the answer; with few
 * pairs and with many.  Rounds with and without take turns; the median of the
 * ratios of round times counts, and of CPU time.
 *
 *     bench_spin [MICROSECONDS [ROUNDS]]
 */
#include <cede.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST_PAIRS = 64, MOST_ROUNDS = 101 };

static int pairs[MOST_PAIRS][2], npairs, asks;
static cede_options options;

static int echo(void *fd)
{
    char c;
    int rc;
    while ((rc = cede_fd_read(*(int *)fd, &c, 1)) > 0)
        CEDE_TRY(cede_fd_write(*(int *)fd, &c, 1));
    return rc;
}

static int ask(void *fd)
{
    char c = 'x';
    for (int i = 0; i < asks; i++) {
        CEDE_TRY(cede_fd_write(*(int *)fd, &c, 1));
        CEDE_TRY(cede_fd_read(*(int *)fd, &c, 1));
    }
    return cede_fd_close(*(int *)fd);
}

static int for_each_pair(int end, cede_fn *fn)
{
    CEDE_GROUP(g);
    for (int i = 0; i < npairs; i++)
        CEDE_TRY((cede_go)(&g, fn, &pairs[i][end]));
    return cede_join(&g);
}

static int echoes(void *unused)
{
    (void)unused;
    return for_each_pair(1, echo);
}

static int questions(void *unused)
{
    (void)unused;
    return for_each_pair(0, ask);
}

static void *serve(void *unused)
{
    (void)cede_run_with(&options, echoes, NULL);
    return unused;
}

struct cost {
    double time, cpu; /* seconds */
};

static double clock_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct cost measure(cede_time spin)
{
    pthread_t t;
    options = (cede_options){.spin = spin};
    for (int i = 0; i < npairs; i++)
        if (cede_fd_pair(pairs[i]) < 0)
            exit(2);
    struct cost begin = {clock_of(CLOCK_MONOTONIC),
                         clock_of(CLOCK_PROCESS_CPUTIME_ID)};
    if (pthread_create(&t, NULL, serve, NULL) != 0)
        exit(2);
    if (cede_run_with(&options, questions, NULL) < 0)
        exit(2);
    pthread_join(t, NULL);
    struct cost c = {clock_of(CLOCK_MONOTONIC) - begin.time,
                     clock_of(CLOCK_PROCESS_CPUTIME_ID) - begin.cpu};
    for (int i = 0; i < npairs; i++)
        cede_fd_close(pairs[i][1]);
    return c;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(int n, cede_time spin, int rounds)
{
    double time[MOST_ROUNDS], cpu[MOST_ROUNDS], us[MOST_ROUNDS];
    npairs = n;
    asks = 20000 / n;
    for (int i = 0; i < rounds; i++) {
        struct cost without = measure(0), with = measure(spin);
        time[i] = with.time / without.time;
        cpu[i] = with.cpu / without.cpu;
        us[i] = without.time * 1e6 / asks / n;
    }
    qsort(time, (size_t)rounds, sizeof *time, compare);
    qsort(cpu, (size_t)rounds, sizeof *cpu, compare);
    qsort(us, (size_t)rounds, sizeof *us, compare);
    printf("%2d pairs: %.1f us an answer; spinning: time x %.2f (%.2f-%.2f), "
           "CPU x %.2f\n",
           n, us[rounds / 2], time[rounds / 2], time[rounds / 20],
           time[rounds - 1 - rounds / 20], cpu[rounds / 2]);
}

int main(int argc, char **argv)
{
    cede_time spin = (argc > 1 ? atoi(argv[1]) : 50) * CEDE_US;
    int rounds = argc > 2 ? atoi(argv[2]) : 15;
    if (rounds < 1 || rounds > MOST_ROUNDS)
        return 2;
    report(1, spin, rounds);
    report(8, spin, rounds);
    report(64, spin, rounds);
    return 0;
}
