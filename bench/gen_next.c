/* SPDX-License-Identifier: MIT
 *
 * gen_next.c - what one step of a generator costs.
 *
 * gen_next         cede_next outside a run, the yield inlined
 * gen_next_in_task the same from a task
 * gen_next_called  the yield as a called function, as other compilers and
 *                  languages have it: its `ret` cannot be predicted
 * gen_next_d4      the yield in a helper four calls below the body
 * gen_send         a value in with every value out
 *
 * The floor is that of floor_gen.h; for gen_next_d4 two of the jumping
 * switches of floor.h, as a `ret` that leaves the four calls behind would
 * make all of theirs mispredict.
 */
#include "bench.h"
#include "floor_gen.h"
#include "reference.h"

#include <cede.h>

enum { DEPTH = 4 };

/* ---- the floor ------------------------------------------------------- */

/* The body takes no argument, and so finds its generator here. */
static struct floor_gen counter;

static void floor_count(void)
{
    struct floor_gen *g = &counter;
    for (int64_t i = 0;; i++) {
        g->value = i;
        floor_leave(g);
    }
}

static void next_by_floor(void *stack, long n)
{
    floor_begin(&counter, stack, floor_count);
    int64_t sum = 0;
    for (long i = 0; i < n; i++)
        sum += floor_next(&counter);
    bench_require(sum == bench_sum(n), "the floor lost an item");
}

static struct floor_task producer, consumer;
static int64_t produced;

/* The empty statement keeps the calls from becoming jumps. */
static __attribute__((noinline)) void floor_yield_below(int depth)
{
    if (depth > 0)
        floor_yield_below(depth - 1);
    else
        floor_switch(&producer, &consumer);
    __asm__ volatile("");
}

static void floor_count_below(void)
{
    for (int64_t i = 0;; i++) {
        produced = i;
        floor_yield_below(DEPTH);
    }
}

static void below_by_floor(void *stack, long n)
{
    char *top = (char *)stack + FLOOR_STACK;
    producer.sp = floor_first_frame(top, floor_count_below);
    int64_t sum = 0;
    for (long i = 0; i < n; i++) {
        floor_switch(&consumer, &producer);
        sum += produced;
    }
    bench_require(sum == bench_sum(n), "the floor lost an item");
}

/* ---- cede ------------------------------------------------------------ */

static int count(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int64_t i = 0; rc >= 0; i++)
        rc = cede_yield(self, &i);
    return rc;
}

/* In parentheses the name is the function's, not the macro's. */
static int count_called(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int64_t i = 0; rc >= 0; i++)
        rc = (cede_yield)(self, &i);
    return rc;
}

static __attribute__((noinline)) int yield_below(cede_gen *self, int depth,
                                                 const int64_t *value)
{
    int rc = depth > 0 ? yield_below(self, depth - 1, value)
                       : cede_yield(self, value);
    __asm__ volatile("");
    return rc;
}

static int count_below(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int64_t i = 0; rc >= 0; i++)
        rc = yield_below(self, DEPTH, &i);
    return rc;
}

static int echo(cede_gen *self, void *arg)
{
    (void)arg;
    int64_t x = 0;
    int rc = 0;
    while (rc >= 0)
        rc = cede_exchange(self, &x, &x);
    return rc;
}

static void pull(cede_gen *g, long n)
{
    int64_t sum = 0, x;
    for (long i = 0; i < n && cede_next(g, &x) > 0; i++)
        sum += x;
    bench_require(sum == bench_sum(n), "a generator lost an item");
    bench_require(cede_gen_close(g) == 0, "a generator did not close");
}

static void next_by_cede(void *stack, long n)
{
    (void)stack;
    pull(cede_gen_of(int64_t, count, NULL), n);
}

static void called_by_cede(void *stack, long n)
{
    (void)stack;
    pull(cede_gen_of(int64_t, count_called, NULL), n);
}

static void below_by_cede(void *stack, long n)
{
    (void)stack;
    pull(cede_gen_of(int64_t, count_below, NULL), n);
}

static void send_by_cede(void *stack, long n)
{
    (void)stack;
    cede_gen *g = cede_gen_primed(echo, NULL, sizeof(int64_t), sizeof(int64_t));
    int64_t sum = 0, x;
    for (int64_t i = 0; i < n && cede_send(g, &i, &x) > 0; i++)
        sum += x;
    bench_require(sum == bench_sum(n), "a generator lost what was sent");
    bench_require(cede_gen_close(g) == 0, "a generator did not close");
}

/* ---- both ------------------------------------------------------------ */

static void figure(const char *name, bench_fn *subject, void *stack)
{
    bench_figure(&(struct bench_figure){.name = name,
                                        .floor = next_by_floor,
                                        .reference = reference_next,
                                        .subject = subject,
                                        .arg = stack});
}

static int in_task(void *stack)
{
    bench_figure(&(struct bench_figure){
        .name = "gen_next_in_task",
        .floor = next_by_floor,
        .reference = reference_next,
        .subject = next_by_cede,
        .arg = stack,
        .targets = {{"floor", 1.8}, {"boost", 1 / 1.8}, {"python", 1 / 6.0}}});
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    char *stack = floor_stacks(1);
    bench_figure(&(struct bench_figure){
        .name = "gen_next",
        .floor = next_by_floor,
        .reference = reference_next,
        .subject = next_by_cede,
        .arg = stack,
        .targets = {{"floor", 1.8}, {"boost", 1 / 1.8}, {"python", 1 / 6.0}}});
    bench_require(cede_run(in_task, stack) == 0, "the run failed");
    figure("gen_next_called", called_by_cede, stack);
    bench_figure(&(struct bench_figure){.name = "gen_next_d4",
                                        .floor = below_by_floor,
                                        .subject = below_by_cede,
                                        .arg = stack});
    figure("gen_send", send_by_cede, stack);
    return bench_end();
}
