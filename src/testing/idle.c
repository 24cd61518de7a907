/* SPDX-License-Identifier: MIT
 *
 * idle.c - waiting until nothing else happens, and holding the clock.
 */
#include "loop/virtual.h"
#include "task/task.h"

#include <cede/testing.h>

static void go_on(struct cd_loop *l)
{
    struct cd_wait *w;
    while ((w = cd_wait_first(&l->idlers)))
        cd_wait_grant(w, 0);
}

int cede_test_idle(void)
{
    struct cd_task *t = cd_task_needed("cede_test_idle");
    if (!t)
        return -EPERM;
    int rc = cd_checkpoint(t);
    if (rc < 0)
        return rc;
    t->loop->idle = go_on;
    struct cd_wait w = {0};
    return cd_wait_in(&w, &t->loop->idlers, "idle loop");
}

/* *out is the virtual poller of this thread's run. */
static int find_clock(struct cd_poller **out)
{
    if (!cd_me.loop)
        return cede_fail(-EPERM, "the virtual clock, asked for outside of a "
                                 "run");
    *out = cd_me.loop->poller;
    if ((*out)->type != &cd_poller_virtual)
        return cede_fail(-EINVAL, "this run is not on the virtual clock");
    return 0;
}

int cede_test_hold(bool on)
{
    struct cd_poller *p = NULL;
    int rc = find_clock(&p);
    if (rc == 0)
        cd_virtual_hold(p, on);
    return rc;
}

int cede_test_jump(cede_time delay)
{
    struct cd_poller *p = NULL;
    int rc = find_clock(&p);
    if (rc < 0)
        return rc;
    if (delay < 0 || delay == CEDE_NEVER)
        return cede_fail(-EINVAL, "the clock jumps ahead, and not for ever");
    cd_virtual_jump(p, delay);
    return 0;
}
