/* SPDX-License-Identifier: MIT
 *
 * aside.c - a call on a large stack.
 *
 * Whoever asks for a dump may stand on a few KiB, and elfutils takes 150.
 * This is a switch there and back without more: the caller stays who runs on
 * the thread.  Its stack comes from the pool, so that sanitizers and limits
 * are treated as with any other, and no heap is needed.
 */
#include "debug/aside.h"
#include "coro/coro.h"

struct aside {
    struct cd_ctx caller, callee;
    struct cd_coro co; /* the name of the stack, if it overflows */
    void (*fn)(void *arg);
    void *arg;
};

static void call(void *arg)
{
    struct aside *a = arg;
    cd_coro_arrive(&a->co);
    cd_stack_settle(a->co.stack);
    a->fn(a->arg);
    cd_switch_last(&a->callee, &a->caller);
}

bool cd_aside(size_t size, void (*fn)(void *arg), void *arg)
{
    int size_class = cd_stack_class(size);
    struct cd_stack *stack =
        size_class < 0 ? NULL : cd_stack_take((unsigned)size_class);
    if (!stack)
        return false;
    struct aside a = {.fn = fn, .arg = arg};
    cd_coro_init(&a.co, "call", "aside", stack);
    cd_ctx_make(&a.callee, stack, cd_stack_top(stack), call, &a);
#ifdef CD_FIBERS
    a.caller.fiber = cd_current()->fiber;
#endif
    cd_switch(&a.caller, &a.callee);
    cd_stack_give(stack);
    return true;
}
