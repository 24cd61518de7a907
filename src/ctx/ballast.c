/* SPDX-License-Identifier: MIT
 *
 * ballast.c - what is left to the program when stacks have used the rest up.
 *
 * Stacks are opened until the kernel refuses one, be it for address space
 * (ulimit -v), for memory (vm.overcommit_memory=2, ulimit -d) or for mappings
 * (vm.max_map_count).  A program that is told so needs some of the very same:
 * malloc, printf or another thread would fail next.  So as long as there is no
 * trouble a ballast is held, a mapping that is never touched, and dropped with
 * the first stack that is refused.  It must be held again before there are
 * more stacks.
 *
 * It is no promise: whoever else takes what was dropped has it.
 */
#include "ctx/ballast.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>

enum {
    SIZE = 4 * 1024 * 1024,
    MAPPINGS = 128, /* a thread takes five, a shared library as many */
    PART = SIZE / MAPPINGS
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *held;

/* Neighbors of different access cannot be one mapping. */
static bool split(char *memory)
{
    for (int i = 1; i < MAPPINGS; i += 2)
        if (mprotect(memory + (size_t)i * PART, PART, PROT_NONE) < 0)
            return false;
    return true;
}

/* Writable, so that it counts as memory wherever that is counted. */
static enum cd_short lay_up(bool mappings)
{
    char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return CD_SHORT_OF_MEMORY;
    if (mappings && !split(memory)) {
        munmap(memory, SIZE);
        return CD_SHORT_OF_MAPPINGS;
    }
    held = memory;
    return CD_SHORT_OF_NOTHING;
}

enum cd_short cd_ballast_hold(bool mappings)
{
    pthread_mutex_lock(&lock);
    enum cd_short lack = held ? CD_SHORT_OF_NOTHING : lay_up(mappings);
    pthread_mutex_unlock(&lock);
    return lack;
}

void cd_ballast_drop(void)
{
    pthread_mutex_lock(&lock);
    if (held)
        munmap(held, SIZE);
    held = NULL;
    pthread_mutex_unlock(&lock);
}
