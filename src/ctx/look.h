/* SPDX-License-Identifier: MIT
 *
 * look.h - where stacks stand, for those who print them.
 *
 * A standing is the four words with which unwinding begins; the other
 * registers that called functions keep are clobbered at every switch, so that
 * no frame needs them to find the next.
 *
 * Functions say false where the words are not known, which is on ucontext,
 * whose layout is the processor's; but for x86-64, and then only in files that
 * define _GNU_SOURCE.
 */
#ifndef CD_CTX_LOOK_H
#define CD_CTX_LOOK_H

#include "ctx/ctx.h"

#include <string.h>

struct cd_standing {
    uintptr_t sp, fp, base, pc;
};

/* The function that calls this one's caller, at its call: what is returned to
 * may be of another line already, or of none.  To be called directly by one
 * that is not inlined. */
#if defined(__riscv)
#define CD_FRAME_FP_ (-2)
#else
#define CD_FRAME_FP_ 0
#endif
#define cd_standing_here()                                                     \
    ((struct cd_standing){                                                     \
        .sp = (uintptr_t)__builtin_dwarf_cfa(),                                \
        .fp = ((uintptr_t *)__builtin_frame_address(0))[CD_FRAME_FP_],         \
        .pc = (uintptr_t)__builtin_return_address(0) - 1})

#ifndef CD_CTX_PORTABLE_H
enum { CD_STANDINGS_KNOWN = true };

static inline bool cd_standing_words(const void *words, struct cd_standing *out)
{
    memcpy(out, words, sizeof *out);
    return out->pc != (uintptr_t)cd_ctx_first; /* it has frames */
}

/* A line of execution that was left at c. */
static inline bool cd_standing_of(const struct cd_ctx *c,
                                  struct cd_standing *out)
{
    return cd_standing_words(c, out);
}

/* The body of a generator that is suspended. */
static inline bool cd_standing_body(const struct cd_side *side,
                                    const struct cede_gen_frame_ *f,
                                    struct cd_standing *out)
{
    (void)side;
    return cd_standing_words(f, out);
}

/* Whoever entered the body of one that runs; see the entering assembly. */
static inline bool cd_standing_consumer(const struct cd_side *side,
                                        const struct cede_gen_frame_ *f,
                                        struct cd_standing *out)
{
    (void)side;
    const uintptr_t *saved = f->caller;
    uintptr_t sp = (uintptr_t)saved;
#if defined(__x86_64__)
    *out = (struct cd_standing){.base = saved[0],
                                .fp = saved[1],
                                .pc = saved[2],
                                .sp = sp + 3 * sizeof *saved + 128};
#elif defined(__aarch64__)
    *out = (struct cd_standing){
        .fp = saved[0], .pc = saved[1], .base = saved[2], .sp = sp + 32};
#else
    *out = (struct cd_standing){
        .pc = saved[0], .fp = saved[1], .base = saved[2], .sp = sp + 32};
#endif
    return true;
}

#elif defined(__x86_64__) && defined(REG_RIP)
enum { CD_STANDINGS_KNOWN = true };

static inline bool cd_standing_of(const struct cd_ctx *c,
                                  struct cd_standing *out)
{
    const greg_t *r = c->uc.uc_mcontext.gregs;
    *out = (struct cd_standing){.sp = (uintptr_t)r[REG_RSP],
                                .fp = (uintptr_t)r[REG_RBP],
                                .base = (uintptr_t)r[REG_RBX],
                                .pc = (uintptr_t)r[REG_RIP]};
    return true;
}

#else
enum { CD_STANDINGS_KNOWN = false };

static inline bool cd_standing_of(const struct cd_ctx *c,
                                  struct cd_standing *out)
{
    (void)c, (void)out;
    return false;
}

#endif

#ifdef CD_CTX_PORTABLE_H

static inline bool cd_standing_body(const struct cd_side *side,
                                    const struct cede_gen_frame_ *f,
                                    struct cd_standing *out)
{
    (void)f;
    return cd_standing_of(&side->body, out);
}

static inline bool cd_standing_consumer(const struct cd_side *side,
                                        const struct cede_gen_frame_ *f,
                                        struct cd_standing *out)
{
    (void)f;
    return cd_standing_of(side->caller, out);
}

#endif
#endif
