/* SPDX-License-Identifier: MIT
 *
 * x86_64.S - the bottom of every stack.
 *
 * The switches themselves are inlined: tasks by cd_ctx_switch_bare (x86_64.h),
 * a generator's step by include/cede/gen_inline.h.
 */
#if !defined(CD_PORTABLE_CTX) && defined(__x86_64__) && !defined(__ILP32__)

        .text

/* The first entry of a stack: start(arg), with start in rbp and arg in rbx.
 * Jumped to, not called, so that the return predictor is not shifted; the
 * return address start finds is cd_ctx_bottom, put there by cd_ctx_make.
 * There is no caller, and the unwinding information says so. */
        .p2align 4
        .globl  cd_ctx_first
        .hidden cd_ctx_first
        .type   cd_ctx_first, @function
cd_ctx_first:
        .cfi_startproc
        .cfi_undefined %rip
        endbr64
        movq    %rbx, %rdi
        movq    %rbp, %rax
        xorl    %ebp, %ebp
        jmpq    *%rax
        /* Unwinders look one byte before a return address: this nop. */
        nop
        .globl  cd_ctx_bottom
        .hidden cd_ctx_bottom
cd_ctx_bottom:
        ud2
        .cfi_endproc
        .size   cd_ctx_first, .-cd_ctx_first
#endif

#include "ctx/marks.inc"
