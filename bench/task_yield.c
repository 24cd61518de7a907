/* SPDX-License-Identifier: MIT
 *
 * task_yield.c - what it costs to let the others run.
 *
 * 64 tasks in turn, each yielding from some calls below its own function:
 * task_yield_d0, _d4, _d8.  The depth matters because a switch that confuses
 * the return predictor is paid for by every `ret` above it, later.
 *
 * agen_next: the same from inside a generator, 64 tasks that step one each,
 * whose body lets the others run once for every item.
 *
 * The floor is a ring of tasks and a hub that enters one after the other.
 * Cede's tasks yield by cede_sleep(0), through the loop.
 */
#include "bench.h"
#include "floor.h"
#include "reference.h"

#include <cede.h>

enum { RING = 64 };

/* ---- the floor ------------------------------------------------------- */

/* Thread-local as in any real loop. */
static __thread struct floor_task *current;
static struct floor_task hub;
static struct floor_task ring[RING];
static char *stacks;
static int floor_depth;

static __attribute__((noinline)) void floor_yield(void)
{
    floor_switch(current, &hub);
}

/* The empty statement keeps the calls from becoming jumps. */
static __attribute__((noinline)) void floor_yield_below(int depth)
{
    if (depth > 0)
        floor_yield_below(depth - 1);
    else
        floor_yield();
    __asm__ volatile("");
}

static void floor_body(void)
{
    for (;;)
        floor_yield_below(floor_depth);
}

/* Stacks that all begin at the same offset would share a few cache sets. */
static void make_ring(void)
{
    for (size_t i = 0; i < RING; i++) {
        char *top = stacks + (i + 1) * FLOOR_STACK - (i % 16) * 192;
        ring[i].sp = floor_first_frame(top, floor_body);
        ring[i].next = &ring[(i + 1) % RING];
    }
    current = ring;
}

static void yield_by_floor(void *depth, long n)
{
    floor_depth = *(int *)depth;
    make_ring();
    for (long i = 0; i < n; i++) {
        floor_switch(&hub, current);
        current = current->next;
    }
}

/* ---- cede ------------------------------------------------------------ */

struct turns {
    int depth;
    long n; /* for each task */
};

static __attribute__((noinline)) int yield_below(int depth)
{
    int rc = depth > 0 ? yield_below(depth - 1) : cede_sleep(0);
    __asm__ volatile("");
    return rc;
}

static int body(void *arg)
{
    const struct turns *turns = arg;
    for (long i = 0; i < turns->n; i++)
        CEDE_TRY(yield_below(turns->depth));
    return 0;
}

static void yield_by_cede(void *depth, long n)
{
    struct turns turns = {*(int *)depth, n / RING};
    CEDE_GROUP(tasks);
    for (int i = 0; i < RING; i++)
        cede_go(&tasks, body, &turns);
    bench_require(cede_join(&tasks) == 0, "a yielding task failed");
}

static int count(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int64_t i = 0; rc >= 0; i++) {
        CEDE_TRY(cede_sleep(0));
        rc = cede_yield(self, &i);
    }
    return rc;
}

static int consume(void *arg)
{
    const struct turns *turns = arg;
    cede_gen *g = cede_gen_of(int64_t, count, NULL);
    int64_t sum = 0, x;
    for (long i = 0; i < turns->n && cede_next(g, &x) > 0; i++)
        sum += x;
    CEDE_TRY(cede_gen_close(g));
    return sum == bench_sum(turns->n) ? 0 : CEDE_EPROTO;
}

static void next_by_cede(void *depth, long n)
{
    struct turns turns = {*(int *)depth, n / RING};
    CEDE_GROUP(tasks);
    for (int i = 0; i < RING; i++)
        cede_go(&tasks, consume, &turns);
    bench_require(cede_join(&tasks) == 0, "a generator that waits lost one");
}

/* ---- both ------------------------------------------------------------ */

static void figure(const char *name, int depth, double at_most)
{
    bench_figure(&(struct bench_figure){
        .name = name,
        .floor = yield_by_floor,
        .reference = reference_yield,
        .subject = yield_by_cede,
        .arg = &depth,
        .targets = {{"floor", at_most}, {"go", 1 / 12.0}}});
}

static int amain(void *arg)
{
    (void)arg;
    stacks = floor_stacks(RING);
    figure("task_yield_d0", 0, 2.0);
    figure("task_yield_d4", 4, 1.5);
    figure("task_yield_d8", 8, 1.4);
    bench_figure(&(struct bench_figure){
        .name = "agen_next",
        .floor = yield_by_floor,
        .reference = reference_yield,
        .subject = next_by_cede,
        .arg = &(int){0},
        .base = {"task_yield_d0", yield_by_cede, &(int){0}},
        .targets = {{"task_yield_d0", 3.0}}});
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    bench_require(cede_run(amain, NULL) == 0, "the run failed");
    return bench_end();
}
