/* SPDX-License-Identifier: MIT
 *
 * gen_inline.h - the generator's switch, inlined into body and consumer.
 *
 * A yield that is a called function returns to its body through a `ret` the
 * processor's return predictor never saw called: 15 to 20 ns lost on every
 * step.  Inlined, a step is one call (the consumer's, below) and one ret (the
 * yield's), which is what the predictor expects; and only the registers that
 * are alive on either side are saved, by the compiler, which knows them.
 *
 * This is the only assembly in a public header.  It leaves the red zone of
 * both stacks intact, puts four words of context into the generator's frame,
 * and names every other register as clobbered.  A first entry starts in
 * src/ctx/x86_64.S.
 *
 * Not used: on other processors, under sanitizers (they must be told of every
 * switch), and where CEDE_NO_INLINE is defined; the functions of the library
 * do the same there.  Define it, or put the name in parentheses as in
 * (cede_yield)(self, &x), in functions with a target attribute that adds
 * registers the rest of the file does not have (AVX-512), and where assembly
 * is in Intel's syntax (-masm=intel).  A change of the layout below renames the
 * functions that end in _1_, so that old objects fail to link instead of
 * failing to run.
 */
#ifndef CEDE_GEN_INLINE_H
#define CEDE_GEN_INLINE_H

#include <cede/gen.h>

#if !defined(CEDE_NO_INLINE)
#if !defined(__x86_64__) || defined(__ILP32__) ||                              \
    defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CEDE_NO_INLINE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
    __has_feature(memory_sanitizer)
#define CEDE_NO_INLINE 1
#endif
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The head of every generator. */
struct cede_gen_frame_ {
    void *sp, *bp, *bx, *ip; /* the body's context while it is suspended */
    void *caller;            /* the consumer's stack pointer while it runs */
    char *stack;             /* lowest byte of the body's stack */
    size_t stack_size;
    void *out;      /* where the consumer wants the item, or NULL */
    const void *in; /* what it sent, or NULL */
    size_t out_size, in_size;
    int op;          /* what the yield answers: 0, 1 or an error */
    int state;       /* enum cede_gen_state */
    int held;        /* scopes and groups open on this stack */
    int saved_errno; /* the body's, while the consumer runs */
}; /* followed by the identity that `co` below points to while it runs */

/* Who runs on this thread; NULL: this thread has not met cede yet. */
struct cede_thread_ {
    void *co;
    int *errno_at; /* errno's address */
};
extern CEDE_API __thread struct cede_thread_ cede_me_
    __attribute__((tls_model("initial-exec")));

/* The out-of-line forms, which also report misuse: a yield, and a step that
 * came back by something else than a proper yield. */
CEDE_API int cede_exchange_1_(cede_gen *self, const void *value, void *in);
CEDE_API int cede_ended_1_(cede_gen *g);

#if defined(__x86_64__) && !defined(__ILP32__)

#ifdef __AVX512F__
#define CEDE_CLOBBER_AVX512_                                                   \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",  \
        "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30",         \
        "xmm31", "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define CEDE_CLOBBER_AVX512_
#endif
/* Everything but rsp, rbp, rbx (which a compiler may reserve), and rdi, rsi,
 * which carry the operands. */
#define CEDE_CLOBBER_                                                          \
    "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", \
        "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",        \
        "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",    \
        "xmm14", "xmm15", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)",   \
        "st(6)", "st(7)" CEDE_CLOBBER_AVX512_

/* Go on in the body; the call pushes the address the body's yield returns to.
 * The compiler does not know of it, hence the step over the red zone. */
static inline __attribute__((always_inline)) void
cede_gen_enter_(struct cede_gen_frame_ *f)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
                     "call 1f\n\t"
                     "leaq 128(%%rsp), %%rsp\n\t"
                     "jmp 2f\n\t"
                     "1: pushq %%rbp\n\t"
                     "pushq %%rbx\n\t"
                     "movq %%rsp, 32(%0)\n\t"
                     "movq 0(%0), %%rsp\n\t"
                     "movq 8(%0), %%rbp\n\t"
                     "movq 16(%0), %%rbx\n\t"
                     "jmpq *24(%0)\n\t"
                     "2:"
                     : "+D"(f)
                     :
                     : "rsi", CEDE_CLOBBER_);
}

/* Leave the body: save its context, take the consumer's stack, restore what
 * entering saved there, and return from it. */
static inline __attribute__((always_inline)) void
cede_gen_leave_(struct cede_gen_frame_ *f)
{
    __asm__ volatile("movq %%rsp, 0(%0)\n\t"
                     "movq %%rbp, 8(%0)\n\t"
                     "movq %%rbx, 16(%0)\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, 24(%0)\n\t"
                     "movq 32(%0), %%rsp\n\t"
                     "popq %%rbx\n\t"
                     "popq %%rbp\n\t"
                     "ret\n\t"
                     "1: endbr64"
                     : "+D"(f)
                     :
                     : "rsi", CEDE_CLOBBER_);
}

#endif /* x86-64 */

#ifndef CEDE_NO_INLINE

static inline __attribute__((always_inline)) void
cede_copy_(void *to, const void *from, size_t size)
{
    /* The compiler need not follow an object of 4 bytes into the branch that
     * copies 8, and warn of it. */
    __asm__("" : "+r"(to), "+r"(from));
    if (__builtin_expect(size == 8, 1))
        __builtin_memcpy(to, from, 8);
    else
        __builtin_memcpy(to, from, size);
}

static inline __attribute__((always_inline)) int
cede_exchange_inline_(cede_gen *self, const void *value, void *in)
{
    struct cede_gen_frame_ *f = (struct cede_gen_frame_ *)(void *)self;
    char *sp;
    __asm__("movq %%rsp, %0" : "=r"(sp));
    if (__builtin_expect((size_t)(sp - f->stack) >= f->stack_size, 0))
        return cede_exchange_1_(self, value, in);
    if (value && f->out)
        cede_copy_(f->out, value, f->out_size);
    f->state = CEDE_SUSPENDED;
    cede_gen_leave_(f);
    if (in && f->op == 1)
        cede_copy_(in, f->in, f->in_size);
    return f->op;
}

/* A step of a SUSPENDED generator. */
static inline __attribute__((always_inline)) int
cede_step_(cede_gen *g, void *out, const void *in, int op)
{
    struct cede_gen_frame_ *f = (struct cede_gen_frame_ *)(void *)g;
    void *me = cede_me_.co;
    int *errno_at = cede_me_.errno_at;
    int saved = *errno_at;
    f->out = out;
    f->in = in;
    f->op = op;
    f->state = CEDE_RUNNING;
    *errno_at = f->saved_errno;
    cede_me_.co = f + 1;
    cede_gen_enter_(f);
    cede_me_.co = me;
    f->saved_errno = *errno_at;
    *errno_at = saved;
    if (__builtin_expect(f->state != CEDE_SUSPENDED || f->held, 0))
        return cede_ended_1_(g);
    return 1;
}

static inline __attribute__((always_inline)) int cede_next_inline_(cede_gen *g,
                                                                   void *out)
{
    struct cede_gen_frame_ *f = (struct cede_gen_frame_ *)(void *)g;
    if (__builtin_expect(!f || f->state != CEDE_SUSPENDED || !cede_me_.co, 0))
        return cede_next(g, out);
    return cede_step_(g, out, NULL, 0);
}

static inline __attribute__((always_inline)) int
cede_send_inline_(cede_gen *g, const void *in, void *out)
{
    struct cede_gen_frame_ *f = (struct cede_gen_frame_ *)(void *)g;
    if (__builtin_expect(!f || f->state != CEDE_SUSPENDED || !cede_me_.co ||
                             !in || f->in_size == 0,
                         0))
        return cede_send(g, in, out);
    return cede_step_(g, out, in, 1);
}

/* Variadic, because a compound literal may hold commas. */
#define cede_yield(self, ...) cede_exchange_inline_((self), (__VA_ARGS__), NULL)
#define cede_receive(self, ...) cede_exchange_inline_((self), NULL, __VA_ARGS__)
#define cede_exchange(self, ...) cede_exchange_inline_((self), __VA_ARGS__)
#define cede_next(g, ...) cede_next_inline_((g), __VA_ARGS__)
#define cede_send(g, ...) cede_send_inline_((g), __VA_ARGS__)

#endif /* CEDE_NO_INLINE */

#ifdef __cplusplus
}
#endif
#endif
