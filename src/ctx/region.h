/* SPDX-License-Identifier: MIT
 *
 * region.h - address space reserved for stacks, and cut into equal slots.
 */
#ifndef CD_CTX_REGION_H
#define CD_CTX_REGION_H

#include "ctx/ballast.h"
#include "ctx/stack.h"

/* Bytes of a guard.  See region.c. */
#if defined(__x86_64__) || defined(__i386__)
enum { CD_GUARD = 16 * 1024 };
#else
enum { CD_GUARD = 64 * 1024 };
#endif

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

/* Find out what guards the kernel has.  Once, before anything else here. */
void cd_region_init(void);

/* A guard costs no mapping: the kernel can install it. */
bool cd_guards_are_free(void);

/* Reserve size bytes, or as much as the limits allow, but a slot at least;
 * NULL when not even that can be had, or the table is full.  Of an address
 * space that is limited, an eighth at a time. */
struct cd_region *cd_region_reserve(size_t size, size_t slot);

/* Give the next slot that was not handed out access, all but its guard. */
enum cd_short cd_region_open(struct cd_region *r);

/* The region an address is in, or NULL.  Async-signal-safe. */
const struct cd_region *cd_region_find(const char *address);

/* Every stack that is taken, while no other thread takes or gives any. */
void cd_region_each(void (*fn)(struct cd_stack *s));

/* The head of a region's index-th stack, opened or not. */
struct cd_stack *cd_region_stack(const struct cd_region *r, size_t index);

/* The head of the stack an address is on, opened or not; NULL: on none of ours.
 * Async-signal-safe. */
const struct cd_stack *cd_region_stack_of(const void *inside);

/* The lowest usable byte of a stack, found by address. */
char *cd_region_lo(const void *inside);

#endif
