/* SPDX-License-Identifier: MIT
 *
 * x86_64.h - the switches for x86-64, System V ABI.
 *
 * Nothing is pushed on the stack that is left: a compiler may keep variables
 * in the red zone below it.  The words go to memory instead.
 */
#ifndef CD_CTX_X86_64_H
#define CD_CTX_X86_64_H

#include "ctx/words.h"

/* The return address of a stack's first frame: where unwinding ends. */
extern char cd_ctx_bottom[];

static inline __attribute__((always_inline)) void
cd_ctx_switch_bare(struct cd_ctx *from, struct cd_ctx *to)
{
    __asm__ volatile("movq %%rsp, 0(%0)\n\t"
                     "movq %%rbp, 8(%0)\n\t"
                     "movq %%rbx, 16(%0)\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, 24(%0)\n\t"
                     "movq 0(%1), %%rsp\n\t"
                     "movq 8(%1), %%rbp\n\t"
                     "movq 16(%1), %%rbx\n\t"
                     "jmpq *24(%1)\n\t"
                     "1: endbr64"
                     : "+D"(from), "+S"(to)
                     :
                     : CEDE_CLOBBER_);
}

/* Words of a stack that has not been entered: its first frame's return
 * address, with the alignment a called function expects. */
static inline void *cd_ctx_first_sp(char *top)
{
    void **sp = (void **)(void *)top;
    *--sp = NULL;
    *--sp = NULL;
    *--sp = cd_ctx_bottom;
    return sp;
}

/* The public header has these two, because it inlines them. */
static inline __attribute__((always_inline)) void
cd_side_enter(struct cd_side *side, struct cede_gen_frame_ *f)
{
    (void)side;
    cede_gen_enter_(f);
}

static inline __attribute__((always_inline)) void
cd_side_leave(struct cd_side *side, struct cede_gen_frame_ *f)
{
    (void)side;
    cede_gen_leave_(f);
}

#endif
