/* SPDX-License-Identifier: MIT
 *
 * gen_pipeline.c - generators that pull from generators.
 *
 * gen_pipeline_3   source, map and filter, each pulling from the one before;
 *                  an operation is one hop, so an item that comes out counts
 *                  as three
 *
 * The floor is three of its generators, nested alike.
 */
#include "bench.h"
#include "floor_gen.h"

#include <cede.h>

enum { STAGES = 3 };

/* The filter keeps what is at least this: everything, and no compiler knows. */
static volatile int64_t least = 0;

/* The items are 1, 3, 5, ...: so many add up to their number squared. */
static void check(int64_t sum, long items)
{
    bench_require(sum == items * items, "a pipeline lost an item");
}

/* ---- the floor ------------------------------------------------------- */

static struct floor_gen stage[STAGES];

static void floor_source(void)
{
    for (int64_t i = 0;; i++) {
        stage[0].value = i;
        floor_leave(&stage[0]);
    }
}

static void floor_map(void)
{
    for (;;) {
        stage[1].value = 2 * floor_next(&stage[0]) + 1;
        floor_leave(&stage[1]);
    }
}

static void floor_filter(void)
{
    for (;;) {
        int64_t x = floor_next(&stage[1]);
        if (x < least)
            continue;
        stage[2].value = x;
        floor_leave(&stage[2]);
    }
}

static void pull_by_floor(void *stacks, long n)
{
    char *stack = stacks;
    floor_begin(&stage[0], stack, floor_source);
    floor_begin(&stage[1], stack + FLOOR_STACK - 192, floor_map);
    floor_begin(&stage[2], stack + 2 * (FLOOR_STACK - 192), floor_filter);
    int64_t sum = 0;
    for (long i = 0; i < n / STAGES; i++)
        sum += floor_next(&stage[2]);
    check(sum, n / STAGES);
}

/* ---- cede ------------------------------------------------------------ */

static int source(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int64_t i = 0; rc >= 0; i++)
        rc = cede_yield(self, &i);
    return rc;
}

static int map(cede_gen *self, void *before)
{
    int64_t x;
    int rc = 0;
    while (rc >= 0 && (rc = cede_next(before, &x)) > 0) {
        x = 2 * x + 1;
        rc = cede_yield(self, &x);
    }
    return rc;
}

static int filter(cede_gen *self, void *before)
{
    int64_t x;
    int rc = 0;
    while (rc >= 0 && (rc = cede_next(before, &x)) > 0)
        if (x >= least)
            rc = cede_yield(self, &x);
    return rc;
}

static void pull_by_cede(void *stacks, long n)
{
    (void)stacks;
    cede_gen *first = cede_gen_of(int64_t, source, NULL);
    cede_gen *second = cede_gen_of(int64_t, map, first);
    cede_gen *last = cede_gen_of(int64_t, filter, second);
    int64_t sum = 0, x;
    for (long i = 0; i < n / STAGES && cede_next(last, &x) > 0; i++)
        sum += x;
    check(sum, n / STAGES);
    bench_require(cede_gen_close(last) == 0 && cede_gen_close(second) == 0 &&
                      cede_gen_close(first) == 0,
                  "a generator did not close");
}

/* ---- both ------------------------------------------------------------ */

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    bench_figure(&(struct bench_figure){.name = "gen_pipeline_3",
                                        .floor = pull_by_floor,
                                        .subject = pull_by_cede,
                                        .arg = floor_stacks(STAGES),
                                        .step = 1024L * STAGES,
                                        .targets = {{"floor", 1.8}}});
    return bench_end();
}
