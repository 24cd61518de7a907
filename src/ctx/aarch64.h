/* SPDX-License-Identifier: MIT
 *
 * aarch64.h - the switches for 64-bit ARM, AAPCS64.
 *
 * Saved by hand: sp, x29 (the frame pointer, or any variable where there is
 * none) and x19 (which clang takes for its base pointer).  x18 is the
 * platform's on some systems: there it stays the thread's.  The low halves of
 * v8 to v15, which a called function must keep, are clobbered like the rest.
 *
 * Pointer authentication: compilers sign a return address with the stack
 * pointer it belongs to, and every stack pointer comes back as it was, so
 * signed addresses stay good while their stack is left.  Branch target
 * identification: wherever br arrives stands a `bti j` (hint #36, which older
 * assemblers and processors know as nothing); a ret needs none.
 *
 * Shadow stacks (-fsanitize=shadow-call-stack, GCS) are not switched.
 */
#ifndef CD_CTX_AARCH64_H
#define CD_CTX_AARCH64_H

#include "ctx/words.h"

#if defined(__ANDROID__) || defined(__APPLE__)
#define CD_CLOBBER_X18
#else
#define CD_CLOBBER_X18 , "x18"
#endif

/* The v registers are the low parts of SVE's z; its predicates come on top. */
#ifdef __ARM_FEATURE_SVE
#define CD_CLOBBER_SVE                                                         \
    , "z0", "z1", "z2", "z3", "z4", "z5", "z6", "z7", "z8", "z9", "z10",       \
        "z11", "z12", "z13", "z14", "z15", "z16", "z17", "z18", "z19", "z20",  \
        "z21", "z22", "z23", "z24", "z25", "z26", "z27", "z28", "z29", "z30",  \
        "z31", "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9",     \
        "p10", "p11", "p12", "p13", "p14", "p15"
#else
#define CD_CLOBBER_SVE
#endif

/* Everything but sp, x29, x19, and x0, x1, which carry the operands. */
#define CD_CLOBBER                                                             \
    "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",       \
        "x13", "x14", "x15", "x16", "x17", "x20", "x21", "x22", "x23", "x24",  \
        "x25", "x26", "x27", "x28", "x30", "memory", "cc", "v0", "v1", "v2",   \
        "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13",  \
        "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23",  \
        "v24", "v25", "v26", "v27", "v28", "v29", "v30",                       \
        "v31" CD_CLOBBER_X18 CD_CLOBBER_SVE

static inline void *cd_ctx_first_sp(char *top)
{
    return top;
}

static inline __attribute__((always_inline)) void
cd_ctx_switch_bare(struct cd_ctx *from, struct cd_ctx *to)
{
    register struct cd_ctx *x0 __asm__("x0") = from;
    register struct cd_ctx *x1 __asm__("x1") = to;
    __asm__ volatile("mov x2, sp\n\t"
                     "adr x3, 1f\n\t"
                     "stp x2, x29, [x0]\n\t"
                     "stp x19, x3, [x0, #16]\n\t"
                     "ldp x2, x29, [x1]\n\t"
                     "ldp x19, x3, [x1, #16]\n\t"
                     "mov sp, x2\n\t"
                     "br x3\n"
                     "1: hint #36"
                     : "+r"(x0), "+r"(x1)
                     :
                     : CD_CLOBBER);
}

/* Go on in the body.  The bl is paired with the ret of the body's leaving;
 * what it leaves in x30 waits on our stack, with x29 and x19. */
static inline __attribute__((always_inline)) void
cd_side_enter(struct cd_side *side, struct cede_gen_frame_ *f)
{
    (void)side;
    register struct cede_gen_frame_ *x0 __asm__("x0") = f;
    __asm__ volatile("bl 1f\n\t"
                     "b 2f\n"
                     "1: stp x29, x30, [sp, #-32]!\n\t"
                     "str x19, [sp, #16]\n\t"
                     "mov x2, sp\n\t"
                     "str x2, [x0, #32]\n\t"
                     "ldp x2, x29, [x0]\n\t"
                     "ldp x19, x3, [x0, #16]\n\t"
                     "mov sp, x2\n\t"
                     "br x3\n"
                     "2:"
                     : "+r"(x0)
                     :
                     : "x1", CD_CLOBBER);
}

/* Leave the body: save its context, take the consumer's stack, restore what
 * entering saved there, and return from it. */
static inline __attribute__((always_inline)) void
cd_side_leave(struct cd_side *side, struct cede_gen_frame_ *f)
{
    (void)side;
    register struct cede_gen_frame_ *x0 __asm__("x0") = f;
    __asm__ volatile("mov x2, sp\n\t"
                     "adr x3, 1f\n\t"
                     "stp x2, x29, [x0]\n\t"
                     "stp x19, x3, [x0, #16]\n\t"
                     "ldr x2, [x0, #32]\n\t"
                     "mov sp, x2\n\t"
                     "ldr x19, [sp, #16]\n\t"
                     "ldp x29, x30, [sp], #32\n\t"
                     "ret\n"
                     "1: hint #36"
                     : "+r"(x0)
                     :
                     : "x1", CD_CLOBBER);
}

#endif
