/* SPDX-License-Identifier: MIT
 *
 * spawn_join.c - what it costs to start a task that does nothing, and to wait
 * for its end.
 *
 * spawn_join      one after the other: cede_spawn, cede_await and
 *                 cede_future_free in one group
 * go_join         one after the other: a group of its own for each task
 * spawn_join_10k  10,000 started before the first is awaited, from a warm pool
 *
 * The floor takes a stack from its pool, runs the task by a direct switch,
 * and gives the stack back.
 */
#include "bench.h"
#include "floor.h"

#include <cede.h>

enum { MANY = 10000 };

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
    static struct floor_task *tasks[MANY];
    for (long done = 0; done < n; done += MANY) {
        for (int i = 0; i < MANY; i++)
            tasks[i] = floor_spawn(floor_nothing, arg);
        for (int i = 0; i < MANY; i++)
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

static int spawn_many(cede_group *group)
{
    static cede_future *futures[MANY];
    for (int i = 0; i < MANY; i++)
        futures[i] = cede_spawn(group, nothing, NULL);
    int rc = 0;
    for (int i = 0; i < MANY && rc == 0; i++) {
        rc = cede_await(futures[i]);
        cede_future_free(futures[i]);
    }
    return rc;
}

static void many_by_cede(void *arg, long n)
{
    (void)arg;
    int rc = 0;
    CEDE_GROUP(group);
    for (long done = 0; done < n && rc == 0; done += MANY)
        rc = spawn_many(&group);
    bench_require(rc == 0, "one of many tasks failed");
    bench_require(cede_join(&group) == 0, "a group of many tasks failed");
}

/* ---- both ------------------------------------------------------------ */

static int amain(void *arg)
{
    (void)arg;
    floor_start();
    bench_figure(&(struct bench_figure){.name = "spawn_join",
                                        .floor = one_by_floor,
                                        .subject = one_by_cede,
                                        .target = 2.0});
    bench_figure(&(struct bench_figure){
        .name = "go_join", .floor = one_by_floor, .subject = group_by_cede});
    bench_figure(&(struct bench_figure){.name = "spawn_join_10k",
                                        .floor = many_by_floor,
                                        .subject = many_by_cede,
                                        .step = MANY,
                                        .target = 2.0});
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    return cede_run(amain, NULL) < 0;
}
