/* SPDX-License-Identifier: MIT
 *
 * riscv64.h - the switches for 64-bit RISC-V.
 *
 * Saved by hand: sp, s0 (the frame pointer) and s1 (which clang takes for its
 * base pointer).  gp and tp are the thread's and stay.
 *
 * A jump through t0 or ra counts as a return to the return predictor, which
 * must see one for each call only: jumps here go through t1.  Landing pads and
 * shadow stacks (Zicfilp, Zicfiss) are not served.
 */
#ifndef CD_CTX_RISCV64_H
#define CD_CTX_RISCV64_H

#include "ctx/words.h"

#ifdef __riscv_flen
#define CD_CLOBBER_F                                                           \
    , "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "ft8", "ft9",    \
        "ft10", "ft11", "fs0", "fs1", "fs2", "fs3", "fs4", "fs5", "fs6",       \
        "fs7", "fs8", "fs9", "fs10", "fs11", "fa0", "fa1", "fa2", "fa3",       \
        "fa4", "fa5", "fa6", "fa7"
#else
#define CD_CLOBBER_F
#endif

#ifdef __riscv_vector
#define CD_CLOBBER_V                                                           \
    , "vl", "vtype", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8",     \
        "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18",   \
        "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28",  \
        "v29", "v30", "v31"
#else
#define CD_CLOBBER_V
#endif

/* Everything but sp, gp, tp, s0, s1, and a0, a1, which carry the operands. */
#define CD_CLOBBER                                                             \
    "ra", "t0", "t1", "t2", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3",    \
        "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5",    \
        "t6", "memory" CD_CLOBBER_F CD_CLOBBER_V

static inline void *cd_ctx_first_sp(char *top)
{
    return top;
}

static inline __attribute__((always_inline)) void
cd_ctx_switch_bare(struct cd_ctx *from, struct cd_ctx *to)
{
    register struct cd_ctx *a0 __asm__("a0") = from;
    register struct cd_ctx *a1 __asm__("a1") = to;
    __asm__ volatile("lla t1, 1f\n\t"
                     "sd sp, 0(a0)\n\t"
                     "sd s0, 8(a0)\n\t"
                     "sd s1, 16(a0)\n\t"
                     "sd t1, 24(a0)\n\t"
                     "ld sp, 0(a1)\n\t"
                     "ld s0, 8(a1)\n\t"
                     "ld s1, 16(a1)\n\t"
                     "ld t1, 24(a1)\n\t"
                     "jr t1\n"
                     "1:"
                     : "+r"(a0), "+r"(a1)
                     :
                     : CD_CLOBBER);
}

/* Go on in the body.  The jal is paired with the ret of the body's leaving;
 * what it leaves in ra waits on our stack, with s0 and s1. */
static inline __attribute__((always_inline)) void
cd_side_enter(struct cd_side *side, struct cede_gen_frame_ *f)
{
    (void)side;
    register struct cede_gen_frame_ *a0 __asm__("a0") = f;
    __asm__ volatile("jal 1f\n\t"
                     "j 2f\n"
                     "1: addi sp, sp, -32\n\t"
                     "sd ra, 0(sp)\n\t"
                     "sd s0, 8(sp)\n\t"
                     "sd s1, 16(sp)\n\t"
                     "sd sp, 32(a0)\n\t"
                     "ld sp, 0(a0)\n\t"
                     "ld s0, 8(a0)\n\t"
                     "ld s1, 16(a0)\n\t"
                     "ld t1, 24(a0)\n\t"
                     "jr t1\n"
                     "2:"
                     : "+r"(a0)
                     :
                     : "a1", CD_CLOBBER);
}

/* Leave the body: save its context, take the consumer's stack, restore what
 * entering saved there, and return from it. */
static inline __attribute__((always_inline)) void
cd_side_leave(struct cd_side *side, struct cede_gen_frame_ *f)
{
    (void)side;
    register struct cede_gen_frame_ *a0 __asm__("a0") = f;
    __asm__ volatile("lla t1, 1f\n\t"
                     "sd sp, 0(a0)\n\t"
                     "sd s0, 8(a0)\n\t"
                     "sd s1, 16(a0)\n\t"
                     "sd t1, 24(a0)\n\t"
                     "ld sp, 32(a0)\n\t"
                     "ld ra, 0(sp)\n\t"
                     "ld s0, 8(sp)\n\t"
                     "ld s1, 16(sp)\n\t"
                     "addi sp, sp, 32\n\t"
                     "ret\n"
                     "1:"
                     : "+r"(a0)
                     :
                     : "a1", CD_CLOBBER);
}

#endif
