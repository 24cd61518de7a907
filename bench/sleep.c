/* SPDX-License-Identifier: MIT
 *
 * sleep.c - what a task costs that sleeps once.
 *
 * sleep_1k     1,000 tasks at once, delays spread over 2 ms
 * sleep_100k   100,000 tasks at once, delays spread over 100 ms
 *
 * Starting, waking up and joining them included; CPU time, so the waiting
 * itself is not.  There is no floor: what is least depends on how timers are
 * kept.
 */
#include "bench.h"

#include <cede.h>

enum { BYTES_A_TASK = 4500, MIXER = 7919 };

struct batch {
    long tasks;
    long spread; /* microseconds */
};

static int asleep(void *delay)
{
    return cede_sleep((cede_time)(intptr_t)delay * CEDE_US);
}

static void sleep_at_once(void *arg, long n)
{
    const struct batch *batch = arg;
    for (long done = 0; done < n; done += batch->tasks) {
        CEDE_GROUP(sleepers);
        for (intptr_t i = 0; i < batch->tasks; i++)
            cede_go(&sleepers, asleep, (void *)(i * MIXER % batch->spread));
        bench_require(cede_join(&sleepers) == 0, "a sleeping task failed");
    }
}

static void figure(const char *name, struct batch batch)
{
    if (!bench_wanted(name) ||
        !bench_memory(name, BYTES_A_TASK * (double)batch.tasks))
        return;
    bench_figure(&(struct bench_figure){.name = name,
                                        .subject = sleep_at_once,
                                        .arg = &batch,
                                        .step = batch.tasks,
                                        .rounds = 15,
                                        .sleeps = 1});
}

static int amain(void *arg)
{
    (void)arg;
    figure("sleep_1k", (struct batch){1000, 2000});
    figure("sleep_100k", (struct batch){100000, 100000});
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    bench_require(cede_run(amain, NULL) == 0, "the run failed");
    return bench_end();
}
