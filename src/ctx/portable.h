/* SPDX-License-Identifier: MIT
 *
 * portable.h - the switches on ucontext(3), where there are none by hand.
 *
 * swapcontext saves the signal mask too, with a system call each time: some
 * hundred nanoseconds a switch, and correct everywhere the C library has it.
 */
#ifndef CD_CTX_PORTABLE_H
#define CD_CTX_PORTABLE_H

#include <ucontext.h>

/* Declared by musl, which does not have it: say so before the linker does, and
 * what there is instead. */
#if defined(__linux__) && !defined(__GLIBC__)
#error "no makecontext(3) here: x86-64, ARM64, RISC-V 64 need no ucontext"
#endif

struct cd_ctx {
    ucontext_t uc;
#ifdef CD_FIBERS
    struct cd_fiber *fiber;
#endif
};

struct cd_side {
    struct cd_ctx body;
    struct cd_ctx *caller; /* in the enterer's frame */
};

void cd_ctx_make(struct cd_ctx *c, struct cd_stack *stack, char *top,
                 cd_start_fn *start, void *arg);

static inline void cd_ctx_expect(const struct cd_ctx *c)
{
    (void)c; /* where its stack pointer is, is the library's business */
}

static inline void cd_ctx_switch_bare(struct cd_ctx *from, struct cd_ctx *to)
{
    swapcontext(&from->uc, &to->uc);
}

static inline void cd_side_make(struct cd_side *side, struct cede_gen_frame_ *f,
                                struct cd_stack *stack, cd_start_fn *start,
                                void *arg)
{
    (void)f;
    cd_ctx_make(&side->body, stack, cd_stack_top(stack), start, arg);
}

static inline void cd_side_enter(struct cd_side *side,
                                 struct cede_gen_frame_ *f)
{
    (void)f;
    struct cd_ctx here;
    side->caller = &here;
    cd_ctx_switch_bare(&here, &side->body);
}

static inline void cd_side_leave(struct cd_side *side,
                                 struct cede_gen_frame_ *f)
{
    (void)f;
    cd_ctx_switch_bare(&side->body, side->caller);
}

static inline void cd_side_pass(struct cd_side *from_side,
                                struct cede_gen_frame_ *from,
                                struct cd_side *to_side,
                                struct cede_gen_frame_ *to)
{
    (void)from;
    (void)to;
    to_side->caller = from_side->caller;
    cd_ctx_switch_bare(&from_side->body, &to_side->body);
}

#endif
