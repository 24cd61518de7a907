/* SPDX-License-Identifier: MIT
 *
 * mutex.h - what conditions and dumps know of mutexes.
 */
#ifndef CD_SYNC_MUTEX_H
#define CD_SYNC_MUTEX_H

#include "sync/sync.h"

/* One task's wait to be a mutex's owner: in the mutex's queue, and then
 * wait.rc is what it will answer; or before that in a condition's, and then
 * `asleep` is in the mutex's list of those, so that they are found when it
 * breaks. */
struct cd_lock {
    struct cd_wait wait;
    struct cd_list asleep;
    cede_mutex *mutex;
};

/* The running task holds m; else abort, `call` is for that. */
void cd_mutex_check(const cede_mutex *m, const char *call);

/* Wait in a condition's queue, with m unlocked. */
int cd_mutex_sleep(cede_mutex *m, struct cd_list *queue);

/* Whoever waits so waits for the mutex from now on, to the end, and then
 * answers rc. */
void cd_mutex_wake(struct cd_lock *l, int rc);

/* What w waits for, if only in a condition; NULL: no mutex. */
const cede_mutex *cd_mutex_awaited(const struct cd_wait *w);

/* For dumps: who has the mutex that w waits for; NULL: w waits for none. */
const struct cd_task *cd_mutex_holder(const struct cd_wait *w);

#endif
