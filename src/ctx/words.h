/* SPDX-License-Identifier: MIT
 *
 * words.h - a context in four words, for ports by hand.
 *
 * The words are the stack pointer, the frame pointer, the register a compiler
 * may reserve as base pointer, and where to go on.  A generator's public frame
 * begins with the same four, so its context is nowhere else; the fifth is its
 * consumer's stack pointer while the body runs.
 *
 * This file prepares first entries and passes a consumer on; a port adds the
 * assembly that switches, enters and leaves (x86_64.h, aarch64.h, riscv64.h).
 */
#ifndef CD_CTX_WORDS_H
#define CD_CTX_WORDS_H

struct cd_ctx {
    void *sp, *fp, *base, *pc;
#ifdef CD_FIBERS
    struct cd_fiber *fiber; /* the stack sp points into */
#endif
};

static_assert(offsetof(struct cd_ctx, pc) == 3 * sizeof(void *) &&
                  offsetof(struct cede_gen_frame_, ip) == 3 * sizeof(void *) &&
                  offsetof(struct cede_gen_frame_, caller) ==
                      4 * sizeof(void *),
              "assembly counts on where the words are");

/* It goes on soon: have the frames that it returns to in the cache by then.
 * Some of what stands above them comes along.  Inlined always: gcc drops calls
 * that do nothing but this. */
static inline __attribute__((always_inline)) void
cd_ctx_expect(const struct cd_ctx *c)
{
    enum { LINE = 64, LINES = 20 };
    const char *at = c->sp;
    for (int i = 0; i < LINES; i++)
        __builtin_prefetch(at + i * LINE, 1);
}

/* All of a generator's context is in its public frame. */
struct cd_side {
    struct cd_fiber *unused;
};

/* In the port's .S: what a first entry jumps to.  Calls start (in fp) with arg
 * (in base), and cannot be returned into. */
extern void cd_ctx_first(void);

/* Where the stack pointer of a stack begins that has not been entered; the
 * port's. */
static inline void *cd_ctx_first_sp(char *top);

static inline void cd_ctx_make(struct cd_ctx *c, struct cd_stack *stack,
                               char *top, cd_start_fn *start, void *arg)
{
    c->sp = cd_ctx_first_sp(top);
    c->fp = (void *)start;
    c->base = arg;
    c->pc = (void *)cd_ctx_first;
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

static inline __attribute__((always_inline)) void
cd_ctx_switch_bare(struct cd_ctx *from, struct cd_ctx *to);

static inline __attribute__((always_inline)) void
cd_side_pass(struct cd_side *from_side, struct cede_gen_frame_ *from,
             struct cd_side *to_side, struct cede_gen_frame_ *to)
{
    (void)from_side, (void)to_side;
    to->caller = from->caller;
    cd_ctx_switch_bare((struct cd_ctx *)(void *)from,
                       (struct cd_ctx *)(void *)to);
}

#endif
