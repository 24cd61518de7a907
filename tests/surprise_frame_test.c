/* SPDX-License-Identifier: MIT
 *
 * surprise_frame_test.c - large frames in a program compiled without
 * -fstack-clash-protection, as cmake/tests.cmake sees to: what the guard
 * catches nevertheless, and what it cannot.  With the flag: overflow_test.
 */
#include "check.h"
#include "deep.h"

/* Frames smaller than a guard, touched at their far end alone. */
static __attribute__((noinline)) int deepens(int n)
{
    char frame[12 * 1024];
    frame[0] = (char)n;
    touch(frame);
    int below = n > 0 ? deepens(n - 1) : 0;
    touch(frame);
    return below + frame[0];
}

static int body_deepens(cede_gen *self, void *arg)
{
    (void)self;
    return deepens(*(int *)arg) < 0;
}

static void overflow_by_frames_below_a_guard(void *arg)
{
    (void)arg;
    (void)cede_next(cede_gen_of(int, body_deepens, &(int){1000}), NULL);
}

TEST(frames_smaller_than_the_guard_are_caught_without_the_flag)
{
    CHECK_ABORTS(overflow_by_frames_below_a_guard, NULL,
                 "stack overflow in generator 'body_deepens'");
}

/* Below the frame's far end is the stack that was opened before, whether guards
 * are of 16 KiB or of 64. */
static int leaps(cede_gen *self, void *arg)
{
    char frame[(64 + 64 + 8) * 1024];
    (void)self;
    frame[0] = *(char *)arg;
    touch(frame);
    return 0;
}

static void leap_over_a_guard(void *arg)
{
    cede_gen_options o = {.name = "leaps", .stack_size = 64 * KIB};
    cede_gen *below = cede_gen_new_with(&o, leaps, arg, 4, 0);
    cede_gen *above = cede_gen_new_with(&o, leaps, arg, 4, 0);
    printf("%d", cede_next(above, NULL));
    (void)below;
}

TEST(a_frame_larger_than_the_guard_needs_the_flag)
{
    if (SANITIZED)
        return; /* AddressSanitizer itself touches the whole frame */
    CHECK_STR_EQ(OUTPUT_OF(leap_over_a_guard, "x")->text, "0");
}

SUITE("surprise_frame")
