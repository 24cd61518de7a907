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
#include <stdlib.h>
#include <string.h>

static inline void *cd_malloc(size_t size)
{
    int saved = errno;
    void *memory = malloc(size);
    errno = saved;
    return memory;
}

/* Zeroed. */
static inline void *cd_zalloc(size_t size)
{
    int saved = errno;
    void *memory = calloc(1, size);
    errno = saved;
    return memory;
}

static inline char *cd_strdup(const char *text)
{
    int saved = errno;
    char *copy = strdup(text);
    errno = saved;
    return copy;
}

#endif
