/* SPDX-License-Identifier: MIT
 *
 * several.h - watching several futures at once.
 *
 * One allocation holds a watch for each.  Whatever is done is seen on the loop
 * of whoever waits, one after the other, in the order in which it happened;
 * several.c keeps the count, combine.c says what is enough.
 *
 * Giving up takes back all watches at once.  News of some may be on its way
 * from other threads then: the last of these to arrive frees the memory.
 *
 * A thread without a loop sees things where they are done: on other threads,
 * under a lock of its own, which is taken inside of the futures'.
 */
#ifndef CD_TASK_SEVERAL_H
#define CD_TASK_SEVERAL_H

#include "task/future.h"

struct cd_several;

/* One of them.  Alive, and so is the future, as long as it is not seen. */
struct cd_entry {
    struct cd_far_watch far; /* its future NULL: a NULL was given */
    struct cd_several *all;
    enum { CD_IDLE, CD_WATCHING, CD_SENT, CD_LOST } state; /* future held */
    bool seen; /* the rest is for the loop's thread alone */
};

/* Belongs to one loop, and to one task of it while that waits; or to threads
 * without a loop, one at a time. */
struct cd_several {
    struct cd_loop *loop; /* kept; NULL: not watched yet, or on a thread */
    bool watched;
    bool on_thread; /* the lock guards what follows, but for wait */
    pthread_mutex_t lock;
    atomic_int bell; /* what its wait ends with */
    struct cd_wait wait;
    bool waiting;
    bool cancelled; /* while news was on its way: that comes first */
    bool given_up;
    bool gathers; /* seeing is reading, being cancelled is a failure */
    bool (*enough)(const struct cd_several *all);
    size_t n, left;             /* to see */
    size_t coming;              /* once given up: news on its way */
    int failure;                /* the first one's; 0: none */
    struct cd_message *message; /* its message; owned */
    struct cd_list seen;        /* entries not taken yet, by far.watch.node */
    struct cd_entry entries[];
};

/* NULL without memory.  The array is copied. */
struct cd_several *cd_several_new(cede_future *const *fs, size_t n);

/* Watch all, in the order of the array, for the running task's loop, or for a
 * thread without one; those that are done are seen at once. */
void cd_several_watch(struct cd_several *all);

/* Have what is seen to oneself; in a task that is so. */
static inline void cd_several_lock(struct cd_several *all)
{
    if (all->on_thread)
        pthread_mutex_lock(&all->lock);
}

static inline void cd_several_unlock(struct cd_several *all)
{
    if (all->on_thread)
        pthread_mutex_unlock(&all->lock);
}

/* Wait in the running task, or block the thread, until enough is seen.  0;
 * -ECANCELED, never when it is done already. */
int cd_several_wait(struct cd_several *all, const char *why);

/* Of whom w, a wait of that kind, is; else NULL. */
const struct cd_several *cd_several_awaited(const struct cd_wait *w);

/* Take all watches back, and free it. */
void cd_several_give_up(struct cd_several *all);

#endif
