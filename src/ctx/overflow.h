/* SPDX-License-Identifier: MIT
 *
 * overflow.h - regions of stacks, and what happens when one is used up.
 */
#ifndef CD_CTX_OVERFLOW_H
#define CD_CTX_OVERFLOW_H

#include "ctx/stack.h"

/* A reservation cut into slots.  Never unmapped, so that a signal handler may
 * look through the table of them without a lock; opened and used grow under
 * the lock of their class. */
struct cd_region {
    char *base;
    size_t slot; /* bytes of a slot, its guard included */
    size_t slots;
    size_t opened; /* slots with access */
    size_t used;   /* slots handed out so far */
};

/* Enter a region into the table; NULL when that is full. */
struct cd_region *cd_region_add(void *base, size_t size, size_t slot);

/* The head of a region's index-th stack, opened or not. */
struct cd_stack *cd_region_stack(const struct cd_region *r, size_t index);

/* The lowest usable byte of a stack, found by address. */
char *cd_region_lo(const void *inside, size_t guard);

void cd_overflow_init(void);
void cd_overflow_thread_init(void);
void cd_overflow_thread_end(void);

#endif
