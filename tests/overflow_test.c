/* SPDX-License-Identifier: MIT
 *
 * overflow_test.c - stacks that are used up: caught, named, with a remedy; and
 * other crashes, which are not ours.
 *
 * Built with -fstack-clash-protection, as the manual asks of programs with
 * large local arrays.
 */
#include "check.h"
#include "deep.h"
#include <pthread.h>
#include <sys/resource.h>

static size_t endless = 1 << 20;

static void overflow_a_generator(void *arg)
{
    (void)arg;
    (void)cede_next(cede_gen_of(int, body_recurses, &endless), NULL);
}

TEST(an_overflow_of_a_generator_names_it_and_the_remedy)
{
    CHECK_ABORTS(overflow_a_generator, NULL, "body_recurses", "stack overflow",
                 "stack_size");
}

static int recurses_in_a_job(void *arg)
{
    return cede_next(cede_gen_of(int, body_recurses, arg), NULL);
}

static void overflow_in_a_job(void *arg)
{
    (void)arg;
    cede_pool *p = cede_threads(1);
    (void)cede_await(cede_submit(p, recurses_in_a_job, &endless, 0));
}

TEST(an_overflow_in_a_pools_thread_is_named_as_well)
{
    CHECK_ABORTS(overflow_in_a_job, NULL, "body_recurses", "stack overflow");
}

static int delegates(cede_gen *self, void *inner)
{
    return cede_yield_from(self, inner);
}

static void overflow_a_delegate(void *arg)
{
    (void)arg;
    cede_gen *inner = cede_gen_of(int, body_recurses, &endless);
    (void)cede_next(cede_gen_of(int, delegates, inner), NULL);
}

TEST(an_overflow_of_one_that_is_delegated_to_names_it)
{
    CHECK_ABORTS(overflow_a_delegate, NULL, "body_recurses", "stack overflow");
}

static int main_starts_recurses(void *arg)
{
    CEDE_GROUP(g);
    (void)cede_go(&g, recurses, arg);
    return cede_join(&g);
}

static void overflow_a_task(void *arg)
{
    (void)arg;
    (void)cede_run(main_starts_recurses, &endless);
}

TEST(an_overflow_of_a_task_names_it_and_the_remedy)
{
    CHECK_ABORTS(overflow_a_task, NULL, "recurses", "stack overflow",
                 "stack_size");
}

static int steps_a_small_one(void *arg)
{
    cede_gen_options o = {.name = "small", .stack_size = 128 * KIB};
    return cede_next(cede_gen_new_with(&o, body_recurses, arg, 4, 0), NULL);
}

static void overflow_a_generator_in_a_task(void *arg)
{
    (void)arg;
    (void)cede_run(steps_a_small_one, &endless);
}

TEST(an_overflow_of_a_generator_in_a_task_names_the_generator_and_its_size)
{
    CHECK_ABORTS(overflow_a_generator_in_a_task, NULL,
                 "stack overflow in generator 'small'", "131072 bytes");
}

static void overflow_the_main_task(void *arg)
{
    (void)arg;
    (void)cede_run(recurses, &endless);
}

TEST(an_overflow_of_the_main_task_is_named)
{
    CHECK_ABORTS(overflow_the_main_task, NULL, "recurses", "stack overflow",
                 "stack_size");
}

static void *thread_overflows(void *arg)
{
    overflow_a_generator(arg);
    return NULL;
}

static void overflow_in_a_thread(void *arg)
{
    pthread_t t;
    (void)pthread_create(&t, NULL, thread_overflows, arg);
    (void)pthread_join(t, NULL);
}

TEST(an_overflow_is_named_in_any_thread)
{
    CHECK_ABORTS(overflow_in_a_thread, NULL, "body_recurses", "stack overflow",
                 "stack_size");
}

static int has_a_big_array(cede_gen *self, void *arg)
{
    char big[80 * 1024];
    (void)self;
    big[0] = *(char *)arg;
    touch(big);
    return big[0];
}

static void overflow_by_an_array(void *arg)
{
    cede_gen_options o = {.name = "has_a_big_array", .stack_size = 64 * KIB};
    (void)cede_next(cede_gen_new_with(&o, has_a_big_array, arg, 4, 0), NULL);
}

TEST(a_local_array_larger_than_the_stack_is_caught)
{
    CHECK_ABORTS(overflow_by_an_array, "x", "has_a_big_array", "stack overflow",
                 "stack_size");
}

static int crashes(cede_gen *self, void *arg)
{
    (void)self;
    *(volatile int *)arg = 1;
    return 0;
}

static void crash_in_a_body(void *arg)
{
    static const int constant = 1;
    (void)arg;
    uintptr_t at = (uintptr_t)&constant;
    (void)cede_next(cede_gen_of(int, crashes, (void *)at), NULL);
}

TEST(another_crash_in_a_body_is_not_called_an_overflow)
{
    const struct output *o = OUTPUT_OF(crash_in_a_body, NULL);
    CHECK(o->status != 0);
    CHECK(!strstr(o->text, "stack overflow"));
    CHECK(SANITIZED ||
          (WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGSEGV));
}

static void say_mine(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info, (void)context;
    ssize_t n = write(STDOUT_FILENO, "mine", 4);
    _exit(n == 4 ? 0 : 1);
}

static void crash_with_a_handler(void *arg)
{
    struct sigaction action = {.sa_sigaction = say_mine,
                               .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    crash_in_a_body(arg);
}

TEST(a_handler_installed_before_sees_other_crashes)
{
    const struct output *o = OUTPUT_OF(crash_with_a_handler, NULL);
    CHECK_STR_EQ(o->text, "mine");
    CHECK_EQ(o->status, 0);
}

static void overflow_the_thread_itself(void *arg)
{
    const struct rlimit limit = {1 << 20, 1 << 20};
    (void)setrlimit(RLIMIT_STACK, &limit);
    size_t little = 1;
    (void)cede_next(cede_gen_of(int, body_recurses, &little), NULL);
    exit(recurses(arg));
}

TEST(an_overflow_of_the_threads_own_stack_is_not_called_ours)
{
    const struct output *o = OUTPUT_OF(overflow_the_thread_itself, &endless);
    CHECK(o->status != 0);
    CHECK(SANITIZED || !strstr(o->text, "cede"));
    CHECK(SANITIZED ||
          (WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGSEGV));
}

SUITE("overflow")
