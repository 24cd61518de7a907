/* SPDX-License-Identifier: MIT
 *
 * gen_next.c - what one step of a generator costs.
 *
 * The floor is a counting generator whose consumer enters by a call and whose
 * yield, inlined into the body, leaves by `ret`: the pair that the return
 * predictor expects.  Its `next` is a called function, as the library's is.
 *
 * gen_next         cede_next outside a run, the yield inlined
 * gen_next_in_task the same from a task
 * gen_next_called  the yield as a called function, as other compilers and
 *                  languages have it: its `ret` cannot be predicted
 * gen_send         a value in with every value out
 */
#include "bench.h"
#include "floor.h"

#include <cede.h>

/* ---- the floor ------------------------------------------------------- */

struct floor_gen {
    void *sp; /* of the side that does not run; must come first */
    int64_t value;
};

/* Save the consumer, go on in the body. */
void floor_enter(struct floor_gen *g);
__asm__(".text\n"
        ".p2align 6\n"
        ".type floor_enter, @function\n"
        "floor_enter:\n\t"
        "pushq %rbp\n\t"
        "pushq %rbx\n\t"
        "pushq %r12\n\t"
        "pushq %r13\n\t"
        "pushq %r14\n\t"
        "pushq %r15\n\t"
        "movq %rsp, %rax\n\t"
        "movq (%rdi), %rsp\n\t"
        "movq %rax, (%rdi)\n\t"
        "popq %rcx\n\t"
        "popq %r15\n\t"
        "popq %r14\n\t"
        "popq %r13\n\t"
        "popq %r12\n\t"
        "popq %rbx\n\t"
        "popq %rbp\n\t"
        "jmpq *%rcx\n\t"
        ".size floor_enter, .-floor_enter\n");

/* Save the body, return from the consumer's floor_enter. */
static inline __attribute__((always_inline)) void
floor_leave(struct floor_gen *g)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
                     "pushq %%rbp\n\t"
                     "pushq %%rbx\n\t"
                     "pushq %%r12\n\t"
                     "pushq %%r13\n\t"
                     "pushq %%r14\n\t"
                     "pushq %%r15\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "movq %%rsp, %%rax\n\t"
                     "movq (%0), %%rsp\n\t"
                     "movq %%rax, (%0)\n\t"
                     "popq %%r15\n\t"
                     "popq %%r14\n\t"
                     "popq %%r13\n\t"
                     "popq %%r12\n\t"
                     "popq %%rbx\n\t"
                     "popq %%rbp\n\t"
                     "ret\n\t"
                     "1: leaq 128(%%rsp), %%rsp"
                     : "+D"(g)
                     :
                     : "rsi", FLOOR_CLOBBERS);
}

/* The body takes no argument, and so finds its generator here. */
static struct floor_gen counter;

static void floor_count(void)
{
    struct floor_gen *g = &counter;
    for (int64_t i = 0;; i++) {
        g->value = i;
        floor_leave(g);
    }
}

static __attribute__((noinline)) int64_t floor_next(struct floor_gen *g)
{
    floor_enter(g);
    return g->value;
}

static void next_by_floor(void *stack, long n)
{
    counter.sp = floor_first_frame((char *)stack + FLOOR_STACK, floor_count);
    int64_t sum = 0;
    for (long i = 0; i < n; i++)
        sum += floor_next(&counter);
    bench_require(sum == bench_sum(n), "the floor lost an item");
}

/* ---- cede ------------------------------------------------------------ */

static int count(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int64_t i = 0; rc >= 0; i++)
        rc = cede_yield(self, &i);
    return rc;
}

/* In parentheses the name is the function's, not the macro's. */
static int count_called(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int64_t i = 0; rc >= 0; i++)
        rc = (cede_yield)(self, &i);
    return rc;
}

static int echo(cede_gen *self, void *arg)
{
    (void)arg;
    int64_t x = 0;
    int rc = 0;
    while (rc >= 0)
        rc = cede_exchange(self, &x, &x);
    return rc;
}

static void pull(cede_gen *g, long n)
{
    int64_t sum = 0, x;
    for (long i = 0; i < n && cede_next(g, &x) > 0; i++)
        sum += x;
    bench_require(sum == bench_sum(n), "a generator lost an item");
    bench_require(cede_gen_close(g) == 0, "a generator did not close");
}

static void next_by_cede(void *stack, long n)
{
    (void)stack;
    pull(cede_gen_of(int64_t, count, NULL), n);
}

static void called_by_cede(void *stack, long n)
{
    (void)stack;
    pull(cede_gen_of(int64_t, count_called, NULL), n);
}

static void send_by_cede(void *stack, long n)
{
    (void)stack;
    cede_gen *g = cede_gen_primed(echo, NULL, sizeof(int64_t), sizeof(int64_t));
    int64_t sum = 0, x;
    for (int64_t i = 0; i < n && cede_send(g, &i, &x) > 0; i++)
        sum += x;
    bench_require(sum == bench_sum(n), "a generator lost what was sent");
    bench_require(cede_gen_close(g) == 0, "a generator did not close");
}

/* ---- both ------------------------------------------------------------ */

static int in_task(void *stack)
{
    bench_figure(&(struct bench_figure){.name = "gen_next_in_task",
                                        .floor = next_by_floor,
                                        .subject = next_by_cede,
                                        .arg = stack});
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    char *stack = floor_stacks(1);
    bench_figure(&(struct bench_figure){.name = "gen_next",
                                        .floor = next_by_floor,
                                        .subject = next_by_cede,
                                        .arg = stack,
                                        .target = 1.8});
    bench_require(cede_run(in_task, stack) == 0, "the run failed");
    bench_figure(&(struct bench_figure){.name = "gen_next_called",
                                        .floor = next_by_floor,
                                        .subject = called_by_cede,
                                        .arg = stack});
    bench_figure(&(struct bench_figure){.name = "gen_send",
                                        .floor = next_by_floor,
                                        .subject = send_by_cede,
                                        .arg = stack});
    return 0;
}
