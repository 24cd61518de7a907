/* SPDX-License-Identifier: MIT
 *
 * floor.c - the parts of the floor that are called rather than inlined.
 */
#define _GNU_SOURCE
#include "floor.h"
#include "bench.h"

#include <sys/mman.h>

/* The spawning figures keep 10,000 tasks alive. */
enum { STACKS = 16384 };

struct floor_loop floor_loop;

char *floor_stacks(size_t n)
{
    char *memory = mmap(NULL, n * FLOOR_STACK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bench_require(memory != MAP_FAILED, "no memory for the floor's stacks");
    return memory;
}

void floor_start(void)
{
    floor_loop.current = &floor_loop.main;
    floor_loop.last = &floor_loop.first;
    floor_loop.fresh = floor_stacks(STACKS);
}

static struct floor_task *next_ready(void)
{
    struct floor_task *t = floor_loop.first;
    floor_loop.first = t->next;
    if (!floor_loop.first)
        floor_loop.last = &floor_loop.first;
    return t;
}

void floor_block(void)
{
    struct floor_task *me = floor_loop.current;
    struct floor_task *next = next_ready();
    floor_loop.current = next;
    if (next != me)
        floor_switch(me, next);
}

void floor_entry(void)
{
    for (;;) {
        struct floor_task *me = floor_loop.current;
        me->fn(me->arg);
        me->done = 1;
        if (me->joiner)
            floor_ready(me->joiner);
        floor_block();
    }
}
