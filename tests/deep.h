/* SPDX-License-Identifier: MIT
 *
 * deep.h - functions that use as much stack as they are told, as a task and as
 * a generator's body.  Include check.h first.
 */
#ifndef CEDE_TESTS_DEEP_H
#define CEDE_TESTS_DEEP_H

#define KIB ((size_t)1024)

/* Have the compiler believe that this memory is looked at. */
static inline void touch(void *memory)
{
    __asm__ volatile("" : : "r"(memory) : "memory");
}

/* Uses at least `kib` KiB of stack. */
__attribute__((noinline, unused)) static int recurse(size_t kib)
{
    char frame[1024];
    frame[0] = (char)kib;
    touch(frame);
    int below = kib > 1 ? recurse(kib - 1) : 0;
    frame[1023] = 1;
    touch(frame);
    return below + frame[1023];
}

static inline int recurses(void *arg)
{
    return recurse(*(size_t *)arg) < 0;
}

static inline int body_recurses(cede_gen *self, void *arg)
{
    (void)self;
    return recurses(arg);
}

#endif
