/* SPDX-License-Identifier: MIT
 *
 * embed.c - a loop inside of a foreign one.
 *
 * The descriptor is the poller's.  A step takes back what made it readable
 * before it looks for posts, so that each post makes it readable again.
 */
#include "task/loop.h"

#include <limits.h>

int cede_loop_fd(cede_loop *l)
{
    int rc = cd_loop_mine(l, "cede_loop_fd");
    return rc < 0 ? rc : l->loop.poller->type->fd(l->loop.poller);
}

cede_time cede_loop_timeout(cede_loop *l)
{
    /* What cannot be waited for, the step has an answer for. */
    if (cd_loop_mine(l, "cede_loop_timeout") < 0)
        return 0;
    return cd_loop_delay(&l->loop);
}

int cede_loop_timeout_ms(cede_loop *l)
{
    cede_time delay = cede_loop_timeout(l);
    if (delay == CEDE_NEVER)
        return -1;
    cede_time ms = delay / CEDE_MS + (delay % CEDE_MS != 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

int cede_loop_step(cede_loop *l)
{
    int rc = cd_loop_mine(l, "cede_loop_step");
    if (rc < 0)
        return rc;
    if (cd_me.loop)
        return cede_fail(-EBUSY, "cede_loop_step: this thread runs a loop");
    struct cd_thread before = cd_loop_enter(l);
    l->loop.obeys = true;
    cd_loop_step(&l->loop);
    cd_loop_stopped(l);
    cd_loop_leave(&before);
    return cd_loop_delay(&l->loop) == 0;
}
