/* SPDX-License-Identifier: MIT
 *
 * cond.c - waiting for what a mutex guards.
 *
 * A condition is a queue.  Who is notified goes over to the mutex's queue, and
 * waits there like any other, only that it cannot be cancelled any more: so it
 * never runs without the mutex, and nobody runs just to wait again.  Who is
 * cancelled goes over likewise, and answers -ECANCELED when it has the mutex.
 */
#include "sync/mutex.h"

#include <limits.h>

static const char what[] = "a condition";

int cede_cond_wait(cede_cond *c, cede_mutex *m)
{
    int rc = cd_task_begin("cede_cond_wait");
    if (rc < 0)
        return rc;
    cd_mutex_check(m, "cede_cond_wait");
    if ((rc = cd_waiters_look(&c->waiters_, what)) < 0)
        return rc;
    if (!cd_waiters_none(&c->waiters_) && c->mutex_ != m)
        return cede_fail(-EINVAL, "a condition in which others wait with "
                                  "another mutex");
    c->mutex_ = m;
    return cd_mutex_sleep(m, &c->waiters_.queue);
}

int cede_cond_wait_for(cede_cond *c, cede_mutex *m, bool (*pred)(void *arg),
                       void *arg)
{
    int rc = cd_task_begin("cede_cond_wait_for");
    if (rc < 0)
        return rc;
    cd_mutex_check(m, "cede_cond_wait_for");
    bool at_once = true;
    while (rc == 0 && !pred(arg)) {
        rc = cede_cond_wait(c, m);
        at_once = false;
    }
    if (at_once)
        cd_checkpoint_end(cd_me.task);
    return rc;
}

int cede_cond_notify(cede_cond *c, size_t n)
{
    int rc = cd_waiters_look(&c->waiters_, what);
    if (rc < 0 || cd_waiters_none(&c->waiters_))
        return rc;
    if (!cd_me.task || c->mutex_->owner_ != cd_me.task)
        return cede_fail(-EPERM, "cede_cond_notify without the mutex of those "
                                 "who wait");
    size_t woken = 0;
    struct cd_wait *first;
    for (; woken < n && (first = cd_wait_first(&c->waiters_.queue)); woken++)
        cd_mutex_wake(cd_container(first, struct cd_lock, wait), 0);
    return woken < INT_MAX ? (int)woken : INT_MAX;
}
