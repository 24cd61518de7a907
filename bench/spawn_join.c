/* SPDX-License-Identifier: MIT
 *
 * spawn_join.c - what it costs to start a task that does nothing, and to wait
 * for its end.
 *
 * spawn_join      one after the other: cede_spawn, cede_await and
 *                 cede_future_free in one group
 * go_join         one after the other: a group of its own for each task
 * spawn_join_1k, _10k, _1m  so many started before the first is awaited, from
 *                 a warm pool
 *
 * The floor takes a stack from its pool, runs the task by a direct switch,
 * and gives the stack back.
 */
#include "bench.h"
#include "floor.h"
#include "reference.h"

#include <cede.h>

enum { MOST = 1000000, BYTES_A_TASK = 4500 };

/* ---- the floor ------------------------------------------------------- */

static void floor_nothing(void *arg)
{
    (void)arg;
}

static void one_by_floor(void *arg, long n)
{
    for (long i = 0; i < n; i++)
        floor_join(floor_spawn(floor_nothing, arg));
}

static void many_by_floor(void *arg, long n)
{
    static struct floor_task *tasks[MOST];
    long batch = *(long *)arg;
    for (long done = 0; done < n; done += batch) {
        for (long i = 0; i < batch; i++)
            tasks[i] = floor_spawn(floor_nothing, arg);
        for (long i = 0; i < batch; i++)
            floor_join(tasks[i]);
    }
}

/* ---- cede ------------------------------------------------------------ */

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void one_by_cede(void *arg, long n)
{
    int rc = 0;
    CEDE_GROUP(group);
    for (long i = 0; i < n && rc == 0; i++) {
        cede_future *f = cede_spawn(&group, nothing, arg);
        rc = cede_await(f);
        cede_future_free(f);
    }
    bench_require(rc == 0, "a spawned task failed");
    bench_require(cede_join(&group) == 0, "a group of spawned tasks failed");
}

static int go_and_join(void)
{
    CEDE_GROUP(group);
    cede_go(&group, nothing, NULL);
    return cede_join(&group);
}

static void group_by_cede(void *arg, long n)
{
    (void)arg;
    int rc = 0;
    for (long i = 0; i < n && rc == 0; i++)
        rc = go_and_join();
    bench_require(rc == 0, "a group of one task failed");
}

static int spawn_many(cede_group *group, long batch)
{
    static cede_future *futures[MOST];
    for (long i = 0; i < batch; i++)
        futures[i] = cede_spawn(group, nothing, NULL);
    int rc = 0;
    for (long i = 0; i < batch && rc == 0; i++) {
        rc = cede_await(futures[i]);
        cede_future_free(futures[i]);
    }
    return rc;
}

static void many_by_cede(void *arg, long n)
{
    long batch = *(long *)arg;
    int rc = 0;
    CEDE_GROUP(group);
    for (long done = 0; done < n && rc == 0; done += batch)
        rc = spawn_many(&group, batch);
    bench_require(rc == 0, "one of many tasks failed");
    bench_require(cede_join(&group) == 0, "a group of many tasks failed");
}

/* ---- both ------------------------------------------------------------ */

static void one_after_another(void)
{
    bench_figure(
        &(struct bench_figure){.name = "spawn_join",
                               .floor = one_by_floor,
                               .reference = reference_spawn,
                               .subject = one_by_cede,
                               .arg = &(long){1},
                               .targets = {{"floor", 2.0}, {"go", 1 / 5.0}}});
    bench_figure(&(struct bench_figure){.name = "go_join",
                                        .floor = one_by_floor,
                                        .reference = reference_spawn,
                                        .subject = group_by_cede,
                                        .arg = &(long){1}});
}

static void all_at_once(struct bench_figure f, long batch)
{
    /* Cede's, the floor's and the reference's stay for the next round. */
    if (!bench_wanted(f.name) ||
        !bench_memory(f.name, 3.0 * BYTES_A_TASK * (double)batch))
        return;
    f.floor = many_by_floor;
    f.reference = reference_spawn;
    f.subject = many_by_cede;
    f.arg = &batch;
    f.step = batch;
    bench_figure(&f);
}

static int amain(void *arg)
{
    (void)arg;
    floor_start(MOST + 1);
    one_after_another();
    all_at_once((struct bench_figure){.name = "spawn_join_1k"}, 1000);
    all_at_once(
        (struct bench_figure){.name = "spawn_join_10k",
                              .targets = {{"floor", 2.0}, {"go", 1 / 5.0}}},
        10000);
    all_at_once((struct bench_figure){.name = "spawn_join_1m", .rounds = 15},
                MOST);
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    bench_require(cede_run(amain, NULL) == 0, "the run failed");
    return bench_end();
}
