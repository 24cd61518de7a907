/* SPDX-License-Identifier: MIT
 *
 * memory.h - the C library's allocator, leaving errno alone.
 *
 * An allocation that fails sets errno, which belongs to our caller; the
 * failure is in what we return.
 */
#ifndef CD_BASE_MEMORY_H
#define CD_BASE_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Compilers take it for granted that an allocation leaves errno alone, and
 * drop the second of two stores of the same value. */
static inline void cd_errno_restore(int saved)
{
    __asm__ volatile("" ::: "memory");
    errno = saved;
}

/* A test may have one allocation of this thread refused: the so manieth from
 * now; 0: none. */
extern _Thread_local unsigned long cd_refuse_in
    __attribute__((tls_model("initial-exec")));

static inline bool cd_refuse(void)
{
    return __builtin_expect(cd_refuse_in > 0, 0) && --cd_refuse_in == 0;
}

static inline void *cd_malloc(size_t size)
{
    if (cd_refuse())
        return NULL;
    int saved = errno;
    void *memory = malloc(size);
    cd_errno_restore(saved);
    return memory;
}

/* Zeroed. */
static inline void *cd_zalloc(size_t size)
{
    if (cd_refuse())
        return NULL;
    int saved = errno;
    void *memory = calloc(1, size);
    cd_errno_restore(saved);
    return memory;
}

/* NULL for NULL. */
static inline char *cd_strdup(const char *text)
{
    if (!text || cd_refuse())
        return NULL;
    int saved = errno;
    char *copy = strdup(text);
    cd_errno_restore(saved);
    return copy;
}

#endif
