/* SPDX-License-Identifier: MIT
 *
 * event.c - a flag, and who waits for it.
 *
 * Setting ends the waits of all who wait now, so that a clear that follows at
 * once takes nothing back from them.  Nobody waits while it is set.
 */
#include "sync/sync.h"

static const char what[] = "an event";

int cede_event_wait(cede_event *e)
{
    struct cd_task *t = cd_me.task;
    int rc = t ? cd_checkpoint_begin(t) : 0;
    if (rc < 0 || (rc = cd_waiters_look(&e->waiters_, what)) < 0)
        return rc;
    if (e->set_) {
        if (t)
            cd_checkpoint_end(t);
        return 0;
    }
    if (!cd_task_needed("cede_event_wait"))
        return -EPERM;
    struct cd_wait w = {0};
    return cd_wait_in(&w, &e->waiters_.queue, "event");
}

void cede_event_set(cede_event *e)
{
    cd_waiters_insist(&e->waiters_, what);
    e->set_ = true;
    cd_waiters_grant_all(&e->waiters_, 0);
}

void cede_event_clear(cede_event *e)
{
    cd_waiters_insist(&e->waiters_, what);
    e->set_ = false;
}

bool cede_event_is_set(const cede_event *e)
{
    return e->set_;
}
