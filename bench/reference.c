/* SPDX-License-Identifier: MIT
 *
 * reference.c - two ways to switch, and the loops around them.
 *
 * `swap` is inlined where it is used and leaves by a jump: return addresses
 * stay where the processor expects them.  `visit` and `leave` are a call and
 * a return, which it expects as well, with one word a pair: the stack pointer
 * of the side that does not run.  Both keep the six registers that C keeps.
 */
#define _GNU_SOURCE
#include "reference.h"
#include "bench.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

enum { STACK = 65536, FRAME = 8, RING = 64 };

#ifdef __AVX512F__
#define WIDE                                                                   \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",  \
        "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30",         \
        "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define WIDE
#endif
#define LOST                                                                   \
    "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0",     \
        "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",        \
        "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15" WIDE
#define SAVE                                                                   \
    "push %%rbp; push %%rbx; push %%r12; push %%r13; push %%r14; push %%r15\n"
#define LOAD                                                                   \
    "pop %%r15; pop %%r14; pop %%r13; pop %%r12; pop %%rbx; pop %%rbp\n"

/* ---- switching ------------------------------------------------------- */

/* Continue at *to; whoever continues *from comes back here. */
static inline __attribute__((always_inline)) void swap(void **from, void **to)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n" SAVE "lea 1f(%%rip), %%rax\n"
                     "push %%rax\n"
                     "mov %%rsp, (%0)\n"
                     "mov (%1), %%rsp\n"
                     "pop %%rcx\n" LOAD "jmp *%%rcx\n"
                     "1: lea 128(%%rsp), %%rsp"
                     : "+D"(from), "+S"(to)
                     :
                     : LOST);
}

void reference_visit(void **body);
__asm__(".text\n"
        ".p2align 6\n"
        ".type reference_visit, @function\n"
        "reference_visit:\n"
        "push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, %rax\n"
        "mov (%rdi), %rsp\n"
        "mov %rax, (%rdi)\n"
        "pop %rcx\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n"
        "jmp *%rcx\n"
        ".size reference_visit, .-reference_visit\n");

/* Return from the other side's reference_visit. */
static inline __attribute__((always_inline)) void leave(void **body)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n" SAVE "lea 1f(%%rip), %%rax\n"
                     "push %%rax\n"
                     "mov %%rsp, %%rax\n"
                     "mov (%0), %%rsp\n"
                     "mov %%rax, (%0)\n" LOAD "ret\n"
                     "1: lea 128(%%rsp), %%rsp"
                     : "+D"(body)
                     :
                     : "rsi", LOST);
}

/* The frame that the first switch pops: where to, six registers, nothing. */
static void *fresh(char *top, void (*body)(void))
{
    void **frame = (void **)(void *)top - FRAME;
    frame[0] = (void *)body;
    frame[FRAME - 1] = NULL;
    return frame;
}

static char *stacks(size_t n)
{
    char *memory = mmap(NULL, n * STACK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* ---- a generator ----------------------------------------------------- */

static void *counter;
static int64_t counted;

static void count(void)
{
    for (int64_t i = 0;; i++) {
        counted = i;
        leave(&counter);
    }
}

static __attribute__((noinline)) int64_t next(void)
{
    reference_visit(&counter);
    return counted;
}

void reference_next(void *unused, long n)
{
    (void)unused;
    static char stack[STACK] __attribute__((aligned(64)));
    counter = fresh(stack + STACK, count);
    int64_t sum = 0;
    for (long i = 0; i < n; i++)
        sum += next();
    bench_require(sum == bench_sum(n), "the reference lost an item");
}

/* ---- a ring ---------------------------------------------------------- */

struct member {
    void *sp;
    struct member *next;
};

static struct member ring[RING];
static __thread struct member *current;
static void *hub;
static int depth_of_ring;

static __attribute__((noinline)) void go_to_hub(void)
{
    swap(&current->sp, &hub);
    __asm__ volatile("");
}

/* The empty statement keeps the calls from becoming jumps. */
static __attribute__((noinline)) void go_to_hub_below(int depth)
{
    if (depth == 0)
        go_to_hub();
    else
        go_to_hub_below(depth - 1);
    __asm__ volatile("");
}

static void member(void)
{
    for (;;)
        go_to_hub_below(depth_of_ring);
}

void reference_yield(void *depth, long n)
{
    static char *memory;
    if (!memory)
        memory = stacks(RING);
    bench_require(memory != NULL, "no memory for the reference");
    depth_of_ring = *(int *)depth;
    for (size_t i = 0; i < RING; i++) {
        /* Tops at the same offset would share a few cache sets. */
        ring[i].sp = fresh(memory + (i + 1) * STACK - i % 16 * 192, member);
        ring[i].next = &ring[(i + 1) % RING];
    }
    current = ring;
    for (long i = 0; i < n; i++) {
        swap(&hub, &current->sp);
        current = current->next;
    }
}

/* ---- start and join -------------------------------------------------- */

struct strand {
    void *sp;
    struct strand *next; /* ready, or free */
    struct strand *joiner;
    void (*fn)(void);
    int over;
} __attribute__((aligned(64)));

enum { STRANDS = 1100000 };

/* Visible elsewhere: of what is static, the compiler would believe that a
 * function of this file which switches does not change it. */
extern struct reference_loop {
    struct strand root, *running, *ready, **ready_end, *free;
    char *fresh; /* stacks that were never used begin here */
    int64_t handed, taken;
    int full;
    struct strand *giver, *taker;
} reference_loop;

struct reference_loop reference_loop = {
    .running = &reference_loop.root,
    .ready_end = &reference_loop.ready,
};

static inline void make_ready(struct strand *s)
{
    s->next = NULL;
    *reference_loop.ready_end = s;
    reference_loop.ready_end = &s->next;
}

static __attribute__((noinline)) void stop(void)
{
    struct strand *me = reference_loop.running, *other = reference_loop.ready;
    reference_loop.ready = other->next;
    if (!reference_loop.ready)
        reference_loop.ready_end = &reference_loop.ready;
    reference_loop.running = other;
    if (other != me)
        swap(&me->sp, &other->sp);
    __asm__ volatile("");
}

static __attribute__((noinline)) void strand_main(void)
{
    for (;;) {
        struct strand *me = reference_loop.running;
        me->fn();
        me->over = 1;
        if (me->joiner)
            make_ready(me->joiner);
        stop();
    }
}

static inline struct strand *start(void (*fn)(void))
{
    struct strand *s = reference_loop.free;
    if (s)
        reference_loop.free = s->next;
    else
        s = (struct strand *)(void *)(reference_loop.fresh += STACK) - 1;
    s->sp = fresh((char *)s, strand_main);
    s->fn = fn;
    s->joiner = NULL;
    s->over = 0;
    make_ready(s);
    return s;
}

static inline void join(struct strand *s)
{
    if (!s->over) {
        s->joiner = reference_loop.running;
        stop();
    }
    s->next = reference_loop.free;
    reference_loop.free = s;
}

static void need_strands(void)
{
    if (!reference_loop.fresh)
        reference_loop.fresh = stacks(STRANDS);
    bench_require(reference_loop.fresh != NULL, "no memory for the reference");
}

static void nothing(void)
{
}

void reference_spawn(void *batch, long n)
{
    static struct strand *all[1000000];
    long size = *(long *)batch;
    need_strands();
    for (long done = 0; done < n; done += size) {
        for (long i = 0; i < size; i++)
            all[i] = start(nothing);
        for (long i = 0; i < size; i++)
            join(all[i]);
    }
}

/* ---- hand over ------------------------------------------------------- */

static void take(void)
{
    for (;;) {
        while (!reference_loop.full) {
            reference_loop.taker = reference_loop.running;
            stop();
        }
        reference_loop.taken += reference_loop.handed;
        reference_loop.full = 0;
        if (reference_loop.giver)
            make_ready(reference_loop.giver);
        reference_loop.giver = NULL;
    }
}

void reference_pingpong(void *unused, long n)
{
    (void)unused;
    static struct strand *other;
    need_strands();
    if (!other)
        other = start(take);
    reference_loop.taken = 0;
    for (int64_t i = 0; i < n; i++) {
        reference_loop.handed = i;
        reference_loop.full = 1;
        if (reference_loop.taker)
            make_ready(reference_loop.taker);
        reference_loop.taker = NULL;
        reference_loop.giver = reference_loop.running;
        stop();
    }
    bench_require(reference_loop.taken == bench_sum(n),
                  "the reference lost an item");
}

/* ---- memory ---------------------------------------------------------- */

void *reference_touch(long n)
{
    char *memory = stacks((size_t)n);
    for (long i = 0; memory && i < n; i++)
        *(volatile long *)(void *)(memory + (i + 1) * STACK - 64) = i;
    return memory;
}
