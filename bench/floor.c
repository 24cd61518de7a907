/* SPDX-License-Identifier: MIT
 *
 * floor.c - the parts of the floor that are called rather than inlined.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "floor_gen.h"

#include <sys/mman.h>

struct floor_loop floor_loop;

__asm__(".text\n"
        ".p2align 6\n"
        ".globl floor_enter\n"
        ".type floor_enter, @function\n"
        "floor_enter:\n\t"
        "pushq %rbp\n\t"
        "pushq %rbx\n\t"
        "pushq %r12\n\t"
        "pushq %r13\n\t"
        "pushq %r14\n\t"
        "pushq %r15\n\t"
        "movq %rsp, %rax\n\t"
        "movq (%rdi), %rsp\n\t"
        "movq %rax, (%rdi)\n\t"
        "popq %rcx\n\t"
        "popq %r15\n\t"
        "popq %r14\n\t"
        "popq %r13\n\t"
        "popq %r12\n\t"
        "popq %rbx\n\t"
        "popq %rbp\n\t"
        "jmpq *%rcx\n\t"
        ".size floor_enter, .-floor_enter\n");

char *floor_stacks(size_t n)
{
    char *memory = mmap(NULL, n * FLOOR_STACK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bench_require(memory != MAP_FAILED, "no memory for the floor's stacks");
    return memory;
}

void floor_start(size_t tasks)
{
    floor_loop.current = &floor_loop.main;
    floor_loop.last = &floor_loop.first;
    floor_loop.fresh = floor_stacks(tasks);
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
