/* SPDX-License-Identifier: MIT
 *
 * surprise_jump_test.c - longjmp: fine within a stack, noticed when it jumps
 * over an open scope or group, not supported from one stack to another.
 *
 * The GNU C library looks at some jumps in programs compiled as distributions
 * compile them, which this file is.
 */
#ifdef __OPTIMIZE__
#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#endif
#include "check.h"
#include "tasks.h"
#include <setjmp.h>

static jmp_buf target;

/* Waits first, so that others have run between setjmp and longjmp. */
static __attribute__((noinline)) int jumps(void)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    longjmp(target, 7);
}

TASK_TEST(a_jump_within_a_tasks_stack_works_across_waits)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, returns_later, &(int){0}));
    volatile int waits = 0;
    int rc = setjmp(target);
    if (rc == 0) {
        waits++;
        rc = jumps();
    }
    CHECK_EQ(rc, 7);
    CHECK_EQ(waits, 1);
    CHECK_OK(cede_join(&g));
}

static int jumps_between_yields(cede_gen *self, void *arg)
{
    jmp_buf *inside = arg;
    volatile int n = 0;
    int rc = setjmp(*inside);
    if (rc == 3)
        return 0;
    CEDE_TRY(cede_yield(self, &rc));
    longjmp(*inside, ++n);
}

TEST(a_jump_within_a_bodys_stack_works_across_yields)
{
    jmp_buf inside;
    cede_gen *g = cede_gen_of(int, jumps_between_yields, &inside);
    int x;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_next(g, &x), 1);
        CHECK_EQ(x, i);
    }
    CHECK_EQ(cede_next(g, &x), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

/* ---- over what is open ------------------------------------------------- */

static __attribute__((noinline)) void enters_and_jumps(void)
{
    CEDE_SCOPE(s, CEDE_NEVER); /* its clean-up is not run */
    longjmp(target, 1);
}

static int jumps_over_a_scope(void *arg)
{
    (void)arg;
    if (setjmp(target) == 0)
        enters_and_jumps();
    return 0;
}

static void run_jumps_over_a_scope(void *arg)
{
    (void)cede_run(jumps_over_a_scope, arg);
}

TEST(a_jump_over_an_open_scope_is_noticed_at_the_tasks_end)
{
    CHECK_ABORTS(run_jumps_over_a_scope, NULL, "jumps_over_a_scope",
                 "ended without leaving scope 's', entered at ");
}

static __attribute__((noinline)) void joins_over_a_jump(void)
{
    CEDE_GROUP(g);
    (void)cede_join(&g);
}

static int jumps_and_enters_another(void *arg)
{
    (void)arg;
    if (setjmp(target) == 0)
        enters_and_jumps();
    joins_over_a_jump();
    return 0;
}

static void run_jumps_and_enters_another(void *arg)
{
    (void)cede_run(jumps_and_enters_another, arg);
}

TEST(a_jump_over_an_open_scope_is_noticed_by_a_later_group_or_the_end)
{
    CHECK_ABORTS(run_jumps_and_enters_another, NULL,
                 "task 'jumps_and_enters_another'");
}

static int jumps_over_a_scope_and_yields(cede_gen *self, void *arg)
{
    (void)arg;
    if (setjmp(target) == 0)
        enters_and_jumps();
    return cede_yield(self, &(int){1});
}

static int steps_one(void *arg)
{
    cede_gen *g = cede_gen_of(int, jumps_over_a_scope_and_yields, arg);
    return cede_next(g, NULL);
}

static void run_steps_one(void *arg)
{
    (void)cede_run(steps_one, arg);
}

TEST(a_jump_over_an_open_scope_is_noticed_at_the_bodys_next_yield)
{
    CHECK_ABORTS(run_steps_one, NULL, "jumps_over_a_scope_and_yields",
                 "yielded without leaving scope 's', entered at ");
}

/* ---- from one stack to another, which is not supported ------------------ */

static int jumps_to_its_consumer(cede_gen *self, void *arg)
{
    (void)self;
    (void)arg;
    longjmp(target, 1);
}

TEST(a_body_left_by_a_jump_to_its_consumer_stays_executing_for_ever)
{
    if (SANITIZED)
        return; /* AddressSanitizer takes the jump for an error, and is right */
    if (emulated())
        return; /* the first stack need not be the highest */
    cede_gen *g = cede_gen_of(int, jumps_to_its_consumer, NULL);
    if (setjmp(target) == 0)
        (void)cede_next(g, NULL);
    CHECK_ERR(cede_next(g, NULL), -EBUSY);
    CHECK_ERR(cede_gen_close(g), -EBUSY);
}

static int marks_itself(cede_gen *self, void *arg)
{
    (void)arg;
    if (setjmp(target) == 0)
        CEDE_TRY(cede_yield(self, NULL));
    return 0;
}

static void jump_into_a_body(void *arg)
{
    cede_gen *g = cede_gen_of(int, marks_itself, arg);
    (void)cede_next(g, NULL);
    longjmp(target, 1);
}

TEST(the_c_library_stops_a_jump_to_a_lower_stack)
{
#if defined(__GLIBC__) && defined(__OPTIMIZE__)
    if (!SANITIZED && !emulated())
        CHECK_ABORTS(jump_into_a_body, NULL,
                     "longjmp causes uninitialized stack frame");
#else
    (void)jump_into_a_body;
#endif
}

SUITE_UNLESS("surprise_jump",
             ON_VALGRIND ? "what jumps leave behind is lost, as it says" : NULL)
