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
 */
#include "apart.h"

#include <cede.h>

enum { MOST = 1000000, BYTES_A_TASK = 9000 };

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

/* No floor: what is least depends on how timers are kept. */
static const struct serve_figure by_floor[] = {{NULL, NULL}};

/* All rounds in one run, which keeps its stacks. */
static int serve_main(void *subject)
{
    return serve(strcmp(subject, "cede") == 0 ? by_cede : by_floor);
}

/* ---- figures --------------------------------------------------------- */

static void figure(const char *name, long n, int cold, double cpu, double p99)
{
    const char *against = cold ? NULL : "tokio";
    if (bench_wanted(name) && !bench_memory(name, BYTES_A_TASK * (double)n))
        return;
    apart_figure(&(struct apart_figure){
        .name = name,
        .n = n,
        .cold = cold,
        .values = {{"", APART_CPU, "ms", {{against, cpu}}},
                   {"_p50", APART_P50, "ms", {{NULL, 0}}},
                   {"_p99", APART_P99, "ms", {{against, p99}}},
                   {"_p999", APART_P999, "ms", {{NULL, 0}}}}});
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--serve") == 0)
        return cede_run(serve_main, argv[2]);
    bench_start(argc, argv);
    figure("timers_100k", 100000, 0, 0.75, 1);
    figure("timers_1m", MOST, 0, 0.75, 1);
    figure("timers_100k_cold", 100000, 1, 0, 0);
    figure("timers_1m_cold", MOST, 1, 0, 0);
    return bench_end();
}
