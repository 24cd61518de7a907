/* SPDX-License-Identifier: MIT
 *
 * local.h - the values that a task, or a thread outside of tasks, goes with.
 *
 * An array that is shared by all who inherited it, counted, and copied by the
 * next one who sets a value while others have it too.  So inheriting is to
 * count one more.  NULL is the array of those who have set nothing, which most
 * never do.
 *
 * Tasks do not change threads, nor do these: the count is not atomic, and what
 * may go to another thread is a copy: a callback's.
 */
#ifndef CD_TASK_LOCAL_H
#define CD_TASK_LOCAL_H

#include "coro/coro.h"

struct cd_locals {
    size_t users;
    size_t n;
    void *value[]; /* by index, from 1; see local.c for what is not set */
};

/* One more user of l, which may be NULL. */
static inline struct cd_locals *cd_locals_keep(struct cd_locals *l)
{
    if (cd_unlikely(l != NULL))
        l->users++;
    return l;
}

/* One user less; NULL: nothing. */
void cd_locals_drop(struct cd_locals *l);

/* Those of here and now, for a callback that may run on another thread.
 * 0; -ENOMEM. */
int cd_locals_copy(struct cd_locals **out);

/* Have l be the values here: a callback's while it runs.  Those before, which
 * are to be put back; neither is kept or dropped. */
struct cd_locals *cd_locals_swap(struct cd_locals *l);

/* In the child of a fork, which goes on outside of the running task: with its
 * values. */
void cd_locals_leave_behind(void);

#endif
