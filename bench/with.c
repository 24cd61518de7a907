/* SPDX-License-Identifier: MIT
 *
 * with.c - what it costs to enter a block and to leave it by way of a
 * context manager.
 *
 * with_manager   cede_using with a pair of functions
 * with_gen       cede_with over a generator that yields once, made for each
 *                block as in Python's contextlib; compared with with_manager
 *
 * The floor calls two functions, one before and one after the block.
 */
#include "bench.h"

#include <cede.h>

/* Blocks that are open: 1 inside, 0 outside.  `blocks` counts the blocks. */
static int open_now;
static long blocks;

static void check(long n)
{
    bench_require(blocks == n && open_now == 0, "a block was not entered once");
    blocks = 0;
}

/* ---- the floor ------------------------------------------------------- */

static __attribute__((noinline)) void floor_enter_block(void)
{
    open_now++;
    __asm__ volatile("");
}

static __attribute__((noinline)) void floor_leave_block(void)
{
    open_now--;
    __asm__ volatile("");
}

static void by_floor(void *arg, long n)
{
    (void)arg;
    for (long i = 0; i < n; i++) {
        floor_enter_block();
        blocks += open_now;
        floor_leave_block();
    }
    check(n);
}

/* ---- cede ------------------------------------------------------------ */

static int enter(void *open)
{
    ++*(int *)open;
    return 0;
}

static int leave(void *open, int rc)
{
    --*(int *)open;
    return rc;
}

static void by_manager(void *arg, long n)
{
    (void)arg;
    static const cede_manager manager = {.enter = enter, .exit = leave};
    int failed = 0;
    for (long i = 0; i < n; i++) {
        int rc = 0;
        cede_using (rc, &manager, &open_now)
            blocks += open_now;
        failed |= rc;
    }
    bench_require(failed == 0, "a manager failed");
    check(n);
}

static int opened(cede_gen *self, void *open)
{
    ++*(int *)open;
    int rc = cede_yield(self, open);
    --*(int *)open;
    return rc;
}

static void by_gen(void *arg, long n)
{
    (void)arg;
    int failed = 0;
    for (long i = 0; i < n; i++) {
        int rc = 0;
        cede_with (rc, int, now, cede_gen_of(int, opened, &open_now))
            blocks += now;
        failed |= rc;
    }
    bench_require(failed == 0, "a generator as a manager failed");
    check(n);
}

/* ---- both ------------------------------------------------------------ */

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    bench_figure(&(struct bench_figure){
        .name = "with_manager", .floor = by_floor, .subject = by_manager});
    bench_figure(
        &(struct bench_figure){.name = "with_gen",
                               .floor = by_floor,
                               .subject = by_gen,
                               .base = {"with_manager", by_manager, NULL}});
    return bench_end();
}
