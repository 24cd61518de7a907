/* SPDX-License-Identifier: MIT
 *
 * held.h - the mutexes that a task holds, so that they break when it ends.
 *
 * A list, the latest first, linked in the mutexes themselves, whose memory is
 * the user's: one may be gone, or zeroed, without having been unlocked.  So
 * nothing is written to another mutex than the one in hand before that has been
 * looked at: it is what it was if it lies where it says, belongs to the task,
 * and its seal fits its link; and as seals tell the order of locking, no list
 * goes in circles.  What is behind one that is gone is forgotten.
 */
#ifndef CD_SYNC_HELD_H
#define CD_SYNC_HELD_H

#include "sync/mutex.h"

static inline bool cd_mutex_is_broken(const cede_mutex *m)
{
    return m->owner_ == (const void *)m;
}

static inline void cd_held_link(cede_mutex *m, cede_mutex *next, size_t number)
{
    m->next_ = next;
    m->seal_ = (uintptr_t)next ^ number;
}

/* t becomes the owner of m, which has none. */
static inline void cd_hold(struct cd_task *t, cede_mutex *m)
{
    m->owner_ = t;
    cd_held_link(m, t->mutexes, ++t->run->locked);
    t->mutexes = m;
}

/* Take m out of the list. */
void cd_let_go(struct cd_task *t, cede_mutex *m);

/* t has ended and holds mutexes. */
void cd_held_left(struct cd_task *t);

#endif
