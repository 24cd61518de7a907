/* SPDX-License-Identifier: MIT
 *
 * floor.h - the least code that runs tasks, to measure cede against.
 *
 * A stack pointer per task, a first-in first-out run queue, stacks cut from
 * one mapping and reused last in first out, the task's own record on top of
 * its stack.  A task that blocks switches to the next ready one directly;
 * there is no loop, and a run queue that runs empty is a crash.  No errors, no
 * cancellation, no names, no guard pages, no clock: all of that is what the
 * ratios are about.
 *
 * The switch is inlined where it is used and leaves by `jmp`, so the
 * processor's return predictor is not disturbed.  It pushes, therefore it
 * first skips the red zone of the function it stands in.
 */
#ifndef FLOOR_H
#define FLOOR_H

#include <stddef.h>

/* What a switch does not keep.  Under AVX-512 there are more registers, and
 * the compiler believes unnamed ones to be kept. */
#ifdef __AVX512F__
#define FLOOR_AVX512                                                           \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",  \
        "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30",         \
        "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define FLOOR_AVX512
#endif
#define FLOOR_CLOBBERS                                                         \
    "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0",     \
        "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",        \
        "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st",    \
        "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)",                  \
        "st(7)" FLOOR_AVX512

enum { FLOOR_STACK = 65536 };

/* Lies on top of its own stack, except for the first task's. */
struct floor_task {
    void *sp;                /* while it does not run; must come first */
    struct floor_task *next; /* in the run queue, in a ring, or in the pool */
    void (*fn)(void *arg);
    void *arg;
    struct floor_task *joiner; /* made ready when it ends, or NULL */
    int done;
} __attribute__((aligned(64)));

struct floor_loop {
    struct floor_task *current;
    struct floor_task *first, **last; /* the ready ones */
    struct floor_task *pool;          /* ended and joined, warm ones first */
    char *fresh;                      /* stacks never used begin here */
    struct floor_task main;           /* whoever called floor_start */
};
extern struct floor_loop floor_loop;

static inline __attribute__((always_inline)) void
floor_switch(struct floor_task *from, struct floor_task *to)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
                     "pushq %%rbp\n\t"
                     "pushq %%rbx\n\t"
                     "pushq %%r12\n\t"
                     "pushq %%r13\n\t"
                     "pushq %%r14\n\t"
                     "pushq %%r15\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "movq %%rsp, (%0)\n\t"
                     "movq (%1), %%rsp\n\t"
                     "popq %%rcx\n\t"
                     "popq %%r15\n\t"
                     "popq %%r14\n\t"
                     "popq %%r13\n\t"
                     "popq %%r12\n\t"
                     "popq %%rbx\n\t"
                     "popq %%rbp\n\t"
                     "jmpq *%%rcx\n\t"
                     "1: leaq 128(%%rsp), %%rsp"
                     : "+D"(from), "+S"(to)
                     :
                     : FLOOR_CLOBBERS);
}

/* What the first switch to a task pops below top (64-byte aligned): entry's
 * address, six registers with anything in them, and the place entry believes
 * to have been called from. */
static inline void *floor_first_frame(void *top, void (*entry)(void))
{
    void **sp = (void **)top - 8;
    sp[0] = (void *)entry;
    sp[7] = NULL;
    return sp;
}

/* n stacks in a row, untouched. */
char *floor_stacks(size_t n);

/* The calling stack becomes the first task, and so many others can be alive
 * at once.  Once per program. */
void floor_start(size_t tasks);

/* Let the next ready task run, until somebody makes the caller ready.
 * A called function, for tasks that end as well: that one `ret` too few makes
 * the joiner's next one mispredict, about 12 ns.  Inlined there it would be
 * predicted; this way the floor is the same under all compilers. */
__attribute__((noinline)) void floor_block(void);

/* Where spawned tasks begin. */
void floor_entry(void);

static inline void floor_ready(struct floor_task *t)
{
    t->next = NULL;
    *floor_loop.last = t;
    floor_loop.last = &t->next;
}

static inline struct floor_task *floor_take(void)
{
    struct floor_task *t = floor_loop.pool;
    if (t) {
        floor_loop.pool = t->next;
        return t;
    }
    floor_loop.fresh += FLOOR_STACK;
    return (struct floor_task *)(void *)floor_loop.fresh - 1;
}

static inline struct floor_task *floor_spawn(void (*fn)(void *), void *arg)
{
    struct floor_task *t = floor_take();
    t->sp = floor_first_frame(t, floor_entry);
    t->fn = fn;
    t->arg = arg;
    t->joiner = NULL;
    t->done = 0;
    floor_ready(t);
    return t;
}

/* Wait until t has ended, and give its stack back. */
static inline void floor_join(struct floor_task *t)
{
    if (!t->done) {
        t->joiner = floor_loop.current;
        floor_block();
    }
    t->next = floor_loop.pool;
    floor_loop.pool = t;
}

#endif
