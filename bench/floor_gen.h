/* SPDX-License-Identifier: MIT
 *
 * floor_gen.h - the least code that steps a generator.
 *
 * The consumer enters by a call and the yield, inlined into the body, leaves
 * by `ret`: the pair that the return predictor expects.  The step is a called
 * function that knows nothing of its caller, and both sides save the registers
 * that C keeps.  Left to the compiler, as cede's inline step leaves them, they
 * would cost a third less in a loop that has nothing in them; a floor that is
 * the same in every loop is worth more.  A body that ends is a crash.
 */
#ifndef FLOOR_GEN_H
#define FLOOR_GEN_H

#include "floor.h"

#include <stdint.h>

struct floor_gen {
    void *sp; /* of the side that does not run; must come first */
    int64_t value;
};

/* Save the consumer, go on in the body. */
void floor_enter(struct floor_gen *g);

/* Save the body, return from the consumer's floor_enter. */
static inline __attribute__((always_inline)) void
floor_leave(struct floor_gen *g)
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
                     "movq %%rsp, %%rax\n\t"
                     "movq (%0), %%rsp\n\t"
                     "movq %%rax, (%0)\n\t"
                     "popq %%r15\n\t"
                     "popq %%r14\n\t"
                     "popq %%r13\n\t"
                     "popq %%r12\n\t"
                     "popq %%rbx\n\t"
                     "popq %%rbp\n\t"
                     "ret\n\t"
                     "1: leaq 128(%%rsp), %%rsp"
                     : "+D"(g)
                     :
                     : "rsi", FLOOR_CLOBBERS);
}

/* Begin body on a stack of FLOOR_STACK bytes. */
static inline void floor_begin(struct floor_gen *g, char *stack,
                               void (*body)(void))
{
    g->sp = floor_first_frame(stack + FLOOR_STACK, body);
}

static __attribute__((noinline, unused)) int64_t floor_next(struct floor_gen *g)
{
    floor_enter(g);
    return g->value;
}

#endif
