/* SPDX-License-Identifier: MIT
 *
 * group.c - what several calls at once cost.
 *
 * gather_3   three calls that return at once, gathered; each gather
 * group_10k  10,000 tasks that return at once, in a group, joined; each task
 *
 * The floor starts as many tasks and joins one after the other.
 */
#include "bench.h"
#include "floor.h"

#include <cede.h>

enum { CHILDREN = 10000 };

/* ---- the floor ------------------------------------------------------- */

static void floor_nothing(void *arg)
{
    (void)arg;
}

static void floor_group(long n)
{
    static struct floor_task *tasks[CHILDREN];
    for (long i = 0; i < n; i++)
        tasks[i] = floor_spawn(floor_nothing, NULL);
    for (long i = 0; i < n; i++)
        floor_join(tasks[i]);
}

static void gather_by_floor(void *arg, long n)
{
    (void)arg;
    for (long i = 0; i < n; i++)
        floor_group(3);
}

static void group_by_floor(void *arg, long n)
{
    (void)arg;
    for (long done = 0; done < n; done += CHILDREN)
        floor_group(CHILDREN);
}

/* ---- cede ------------------------------------------------------------ */

static int answer(void *arg)
{
    return (int)(intptr_t)arg;
}

static void gather_by_cede(void *arg, long n)
{
    (void)arg;
    const cede_call calls[] = {
        {answer, (void *)1}, {answer, (void *)2}, {answer, (void *)3}};
    long sum = 0;
    for (long i = 0; i < n; i++) {
        int results[3];
        bench_require(cede_gather(calls, 3, results) == 0, "a gather failed");
        sum += results[0] + results[1] + results[2];
    }
    bench_require(sum == 6 * n, "a result is missing");
}

static void group_by_cede(void *arg, long n)
{
    (void)arg;
    for (long done = 0; done < n; done += CHILDREN) {
        CEDE_GROUP(children);
        for (long i = 0; i < CHILDREN; i++)
            cede_go(&children, answer, NULL);
        bench_require(cede_join(&children) == 0, "a group failed");
    }
}

/* ---- both ------------------------------------------------------------ */

static int amain(void *arg)
{
    (void)arg;
    floor_start(CHILDREN + 1);
    bench_figure(&(struct bench_figure){
        .name = "gather_3",
        .floor = gather_by_floor,
        .subject = gather_by_cede,
        .targets = {{"asyncio", 1 / 10.0}, {"uvloop", 1 / 10.0}}});
    bench_figure(&(struct bench_figure){
        .name = "group_10k",
        .floor = group_by_floor,
        .subject = group_by_cede,
        .step = CHILDREN,
        .targets = {{"asyncio", 1 / 10.0}, {"uvloop", 1 / 10.0}}});
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    bench_require(cede_run(amain, NULL) == 0, "the run failed");
    return bench_end();
}
