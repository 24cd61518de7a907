/* SPDX-License-Identifier: MIT
 *
 * pause.c - waiting for an end, or for a time.
 */
#include "net/pause.h"

static void forget(struct cd_pause *p)
{
    p->waits = false;
    if (cd_timer_is_set(&p->timer))
        cd_timer_cancel(&p->wait.task->loop->timers, &p->timer);
}

void cd_pause_end(struct cd_pause *p)
{
    if (!p->waits)
        return;
    forget(p);
    cd_wait_grant(&p->wait, 0);
}

static void fire(struct cd_timer *timer)
{
    cd_pause_end(cd_container(timer, struct cd_pause, timer));
}

static bool abort_pause(struct cd_wait *w)
{
    struct cd_pause *p = cd_container(w, struct cd_pause, wait);
    if (p->refuses)
        return false;
    forget(p);
    return true;
}

int cd_pause(struct cd_pause *p, cede_time until, const char *why)
{
    struct cd_task *t = cd_me.task;
    if (t->scope->effective && !p->refuses)
        return -ECANCELED;
    assert(!p->waits && !cd_timer_is_set(&p->timer));
    p->waits = true;
    p->wait.abort = abort_pause;
    p->timer.when = until;
    p->timer.fire = fire;
    if (until != CEDE_NEVER)
        cd_timer_set(&t->loop->timers, &p->timer);
    return cd_wait_in(&p->wait, NULL, why);
}
