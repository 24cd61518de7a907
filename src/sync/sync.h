/* SPDX-License-Identifier: MIT
 *
 * sync.h - the inside of mutexes, events, semaphores, conditions and barriers:
 * the tasks that wait in them.
 *
 * Whoever releases something grants it, at that moment, to who has waited
 * longest; what a waiter finds when it runs was settled before.  So nothing has
 * to be handed on by one that was granted and cancelled at the same time, and
 * one that is cancelled before has only to be unlinked.
 */
#ifndef CD_SYNC_SYNC_H
#define CD_SYNC_SYNC_H

#include "task/task.h"

#include <cede/sync.h>

/* Is t another thread's?  Loops of one thread never run at the same time, and
 * between its runs whoever is granted is ready for the next. */
bool cd_task_elsewhere(const struct cd_task *t);

/* Not the common case of cd_waiters_look: none waits, and not the first use. */
int cd_waiters_look_closely(struct cd_waiters *w, const char *what);

/* What every call begins with, before it looks at anything else.  0; -EPERM:
 * tasks of another thread wait there.  A copy is aborted.  `what` is "a
 * mutex". */
static inline int cd_waiters_look(struct cd_waiters *w, const char *what)
{
    if (cd_likely(w->self == w && cd_list_empty(&w->queue)))
        return 0;
    return cd_waiters_look_closely(w, what);
}

/* To end messages with, about two threads that use one: what to use. */
const char *cd_sync_instead(void);

/* For calls that cannot answer: abort instead. */
void cd_waiters_insist(struct cd_waiters *w, const char *what);

/* Is there nobody to be served first, or to be granted? */
static inline bool cd_waiters_none(const struct cd_waiters *w)
{
    return cd_list_empty(&w->queue);
}

/* End the waits of all. */
void cd_waiters_grant_all(struct cd_waiters *w, int rc);

#endif
