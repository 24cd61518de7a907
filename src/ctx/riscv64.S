/* SPDX-License-Identifier: MIT
 *
 * riscv64.S - the bottom of every stack.
 *
 * The switches themselves are inlined (riscv64.h).
 */
#if !defined(CD_PORTABLE_CTX) && defined(__riscv) && __riscv_xlen == 64

        .text

/* The first entry of a stack: start(arg), with start in s0 and arg in s1.
 * Jumped to, not called, and jumps on.  The return address start finds is
 * below; there is no caller, and the unwinding information says so. */
        .p2align 4
        .globl  cd_ctx_first
        .hidden cd_ctx_first
        .type   cd_ctx_first, @function
cd_ctx_first:
        .cfi_startproc
        .cfi_undefined ra
        mv      a0, s1
        mv      t1, s0
        li      s0, 0
        lla     ra, cd_ctx_bottom
        jr      t1
        /* Unwinders look one byte before a return address: this nop. */
        nop
cd_ctx_bottom:
        ebreak
        .cfi_endproc
        .size   cd_ctx_first, .-cd_ctx_first
#endif

#include "ctx/marks.inc"
