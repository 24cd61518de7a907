/* SPDX-License-Identifier: MIT
 *
 * aarch64.S - the bottom of every stack.
 *
 * The switches themselves are inlined (aarch64.h).
 */
#if !defined(CD_PORTABLE_CTX) && defined(__aarch64__) && !defined(__ILP32__)

        .text

/* The first entry of a stack: start(arg), with start in x29 and arg in x19.
 * Jumped to, not called, and jumps on: through x16, from which a `bti c`, with
 * which functions begin, may be reached.  The return address start finds is
 * below; there is no caller, and the unwinding information says so. */
        .p2align 4
        .globl  cd_ctx_first
        .hidden cd_ctx_first
        .type   cd_ctx_first, %function
cd_ctx_first:
        .cfi_startproc
        .cfi_undefined x30
        hint    #36                     /* bti j */
        mov     x0, x19
        mov     x16, x29
        mov     x29, #0
        adr     x30, cd_ctx_bottom
        br      x16
        /* Unwinders look one byte before a return address: this nop. */
        nop
cd_ctx_bottom:
        brk     #1
        .cfi_endproc
        .size   cd_ctx_first, .-cd_ctx_first
#endif

#include "ctx/marks.inc"
