/* SPDX-License-Identifier: MIT
 *
 * ctx.h - switching between stacks.
 *
 * A context is four words: stack pointer, frame pointer, one register the
 * compiler may reserve, and where to go on.  Every other register is named as
 * clobbered at the switch, so the compiler saves exactly those it needs.
 * Floating-point control words and the signal mask are not switched.
 *
 * Two forms, because return prediction decides what a switch costs:
 *
 *   cd_ctx_switch(from, to)   symmetric, inlined, leaves by jmp.  Between
 *                             tasks, which all wait at the same depth.
 *   cd_side_enter, _leave     a generator's step: entered by a call, left by
 *                             a ret, so that the predictor sees a pair.
 *   cd_side_pass              within a step, one body goes on (or begins) in
 *                             the place of another, and will leave to the
 *                             consumer that entered that one.
 *
 * cd_ctx_make and cd_side_make prepare a first entry: start(arg) on that
 * stack, whose first frame lies below top (16-aligned) or its head.  start
 * never returns; below its frame debuggers and unwinders find a clean end.
 *
 * The contract for a port: these six.  By hand on x86-64, 64-bit ARM and
 * 64-bit RISC-V; elsewhere, or with CD_PORTABLE_CTX, on ucontext(3), which is
 * slower and correct.
 */
#ifndef CD_CTX_CTX_H
#define CD_CTX_CTX_H

#include "ctx/fiber.h"
#include "ctx/stack.h"

#include <cede/gen.h>

typedef void cd_start_fn(void *arg);

#if !defined(CD_PORTABLE_CTX) && defined(__x86_64__) && !defined(__ILP32__)
#include "ctx/x86_64.h"
#elif !defined(CD_PORTABLE_CTX) && defined(__aarch64__) && !defined(__ILP32__)
#include "ctx/aarch64.h"
#elif !defined(CD_PORTABLE_CTX) && defined(__riscv) && __riscv_xlen == 64
#include "ctx/riscv64.h"
#else
#include "ctx/portable.h"
#endif

#endif
