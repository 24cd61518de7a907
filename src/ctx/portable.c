/* SPDX-License-Identifier: MIT
 *
 * portable.c - a first entry on ucontext(3).
 *
 * makecontext hands over ints only, so two pointers travel as four halves.
 */
#include "ctx/ctx.h"

#ifdef CD_CTX_PORTABLE_H

static void *join_halves(unsigned hi, unsigned lo)
{
    return (void *)(uintptr_t)(((uint64_t)hi << 32) | lo);
}

/* The caller of `first` is the C library's, in which debuggers get lost: say
 * that there is none. */
#if defined(__x86_64__)
#define NO_CALLER ".cfi_undefined rip"
#elif defined(__aarch64__)
#define NO_CALLER ".cfi_undefined x30"
#elif defined(__riscv)
#define NO_CALLER ".cfi_undefined ra"
#else
#define NO_CALLER ""
#endif

static void first(unsigned start_hi, unsigned start_lo, unsigned arg_hi,
                  unsigned arg_lo)
{
    __asm__ volatile(NO_CALLER);
    cd_start_fn *start = (cd_start_fn *)join_halves(start_hi, start_lo);
    start(join_halves(arg_hi, arg_lo));
    __asm__ volatile(""); /* a call, not a jump: this frame must stay */
}

void cd_ctx_make(struct cd_ctx *c, struct cd_stack *stack, char *top,
                 cd_start_fn *start, void *arg)
{
    getcontext(&c->uc);
    c->uc.uc_stack.ss_sp = stack->lo;
    c->uc.uc_stack.ss_size = (size_t)(top - stack->lo);
    c->uc.uc_link = NULL;
    uint64_t s = (uint64_t)(uintptr_t)start;
    uint64_t a = (uint64_t)(uintptr_t)arg;
    makecontext(&c->uc, (void (*)(void))first, 4, (unsigned)(s >> 32),
                (unsigned)s, (unsigned)(a >> 32), (unsigned)a);
#ifdef CD_FIBERS
    c->fiber = &stack->fiber;
#endif
}

#endif
