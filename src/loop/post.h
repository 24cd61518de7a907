/* SPDX-License-Identifier: MIT
 *
 * post.h - memory for what other threads and signal handlers post.
 *
 * Neither may wait for a lock, or call the allocator.  So nodes are in chunks
 * of the kernel's, each twice as large as the one before, that stay until the
 * loop's memory goes; free ones are in a list that is linked by index, whose
 * head carries a count of its changes, so that nobody takes an old head for
 * the present one.  A chunk is touched only as far as it is used.
 */
#ifndef CD_LOOP_POST_H
#define CD_LOOP_POST_H

#include "loop/loop.h"

/* A function to be called.  A cache line, because neighbors belong to
 * different threads. */
struct cd_post {
    _Alignas(64) struct cd_work work;
    int (*fn)(void *arg);
    void *arg;
    const char *name;
    uint32_t index;            /* from 1 */
    atomic_uint_fast32_t next; /* the next free one's; 0: none */
};

enum { CD_POST_FIRST = 64, CD_POST_CHUNKS = 24 };

/* Zeroed: empty. */
struct cd_posts {
    char before_[64];
    _Atomic uint64_t free; /* changes << 32 | index of the first, 0: none */
    char between_[64];
    atomic_uint used; /* so many indices were ever given out */
    _Atomic(struct cd_post *) chunks[CD_POST_CHUNKS];
    /* Of the loop's own thread: given back, not yet in the list. */
    struct cd_post *first, *last;
    unsigned n;
};

/* NULL: the kernel has no memory.  Any thread, any signal handler; errno is
 * left alone. */
struct cd_post *cd_post_take(struct cd_posts *all);

/* On the loop's thread. */
void cd_post_give(struct cd_posts *all, struct cd_post *p);

/* Nobody uses any. */
void cd_posts_free(struct cd_posts *all);

#endif
