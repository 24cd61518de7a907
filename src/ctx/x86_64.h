/* SPDX-License-Identifier: MIT
 *
 * x86_64.h - the switches for x86-64, System V ABI.
 *
 * Nothing is pushed on the stack that is left: a compiler may keep variables
 * in the red zone below it.  The words go to memory instead.
 */
#ifndef CD_CTX_X86_64_H
#define CD_CTX_X86_64_H

struct cd_ctx {
    void *sp, *bp, *bx, *ip;
#ifdef CD_FIBERS
    struct cd_fiber *fiber; /* the stack sp points into */
#endif
};

/* All of a generator's context is in its public frame. */
struct cd_side {
    struct cd_fiber *unused;
};

/* In x86_64.S: calls start (in bp) with arg (in bx), and cannot be returned
 * into; what a first entry jumps to. */
extern void cd_ctx_first(void);
/* The return address of a stack's first frame: where unwinding ends. */
extern char cd_ctx_bottom[];

static inline __attribute__((always_inline)) void
cd_ctx_switch_bare(struct cd_ctx *from, struct cd_ctx *to)
{
    __asm__ volatile("movq %%rsp, 0(%0)\n\t"
                     "movq %%rbp, 8(%0)\n\t"
                     "movq %%rbx, 16(%0)\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, 24(%0)\n\t"
                     "movq 0(%1), %%rsp\n\t"
                     "movq 8(%1), %%rbp\n\t"
                     "movq 16(%1), %%rbx\n\t"
                     "jmpq *24(%1)\n\t"
                     "1: endbr64"
                     : "+D"(from), "+S"(to)
                     :
                     : CEDE_CLOBBER_);
}

/* Words of a stack that has not been entered: its first frame's return
 * address, with the alignment a called function expects. */
static inline void *cd_ctx_first_sp(char *top)
{
    void **sp = (void **)(void *)top;
    *--sp = NULL;
    *--sp = NULL;
    *--sp = cd_ctx_bottom;
    return sp;
}

static inline void cd_ctx_make(struct cd_ctx *c, struct cd_stack *stack,
                               char *top, cd_start_fn *start, void *arg)
{
    c->sp = cd_ctx_first_sp(top);
    c->bp = (void *)start;
    c->bx = arg;
    c->ip = (void *)cd_ctx_first;
#ifdef CD_FIBERS
    c->fiber = &stack->fiber;
#else
    (void)stack;
#endif
}

static inline void cd_side_make(struct cd_side *side, struct cede_gen_frame_ *f,
                                struct cd_stack *stack, cd_start_fn *start,
                                void *arg)
{
    (void)side;
    f->sp = cd_ctx_first_sp(cd_stack_top(stack));
    f->bp = (void *)start;
    f->bx = arg;
    f->ip = (void *)cd_ctx_first;
}

/* The public header has these two, because it inlines them. */
static inline __attribute__((always_inline)) void
cd_side_enter(struct cd_side *side, struct cede_gen_frame_ *f)
{
    (void)side;
    cede_gen_enter_(f);
}

static inline __attribute__((always_inline)) void
cd_side_leave(struct cd_side *side, struct cede_gen_frame_ *f)
{
    (void)side;
    cede_gen_leave_(f);
}

/* A frame begins with the words of a context. */
static inline __attribute__((always_inline)) void
cd_side_pass(struct cd_side *from_side, struct cede_gen_frame_ *from,
             struct cd_side *to_side, struct cede_gen_frame_ *to)
{
    (void)from_side;
    (void)to_side;
    to->caller = from->caller;
    cd_ctx_switch_bare((struct cd_ctx *)(void *)from,
                       (struct cd_ctx *)(void *)to);
}

#endif
