/* SPDX-License-Identifier: MIT
 *
 * virtual.c - the poller whose clock stands still until it jumps.
 *
 * As soon as the loop has nothing to do but wait for its next timer, the time
 * is that timer's: sleeping for hours takes no time, and durations come out
 * exact.  With no timer at all it really sleeps, until another thread wakes
 * it.  The clock begins at one second, so that 0 is in the past.
 */
#include "base/memory.h"
#include "loop/epoll.h"

#include <stdlib.h>
#include <string.h>

struct virtual
{
    struct cd_epoll sleeper; /* first: it begins with the poller */
    cede_time now;
};

static int open_virtual(struct cd_poller **out)
{
    struct virtual *v = cd_zalloc(sizeof *v);
    if (!v)
        return -ENOMEM;
    v->now = CEDE_SEC;
    int rc = cd_epoll_open(&v->sleeper, &cd_poller_virtual);
    if (rc < 0)
        free(v);
    else
        *out = &v->sleeper.poller;
    return rc;
}

static cede_time clock_virtual(struct cd_poller *p)
{
    return ((struct virtual *)p)->now;
}

static void poll_virtual(struct cd_poller *p, cede_time deadline)
{
    struct virtual *v = (struct virtual *)p;
    if (deadline == CEDE_NEVER)
        cd_epoll_sleep(&v->sleeper, CEDE_NEVER);
    else if (deadline > v->now)
        v->now = deadline;
}

static void wake_virtual(struct cd_poller *p)
{
    cd_epoll_wake(&((struct virtual *)p)->sleeper);
}

static void close_virtual(struct cd_poller *p)
{
    cd_epoll_close(&((struct virtual *)p)->sleeper);
    free(p);
}

const struct cd_poller_type cd_poller_virtual = {.name = "virtual",
                                                 .open = open_virtual,
                                                 .clock = clock_virtual,
                                                 .poll = poll_virtual,
                                                 .wake = wake_virtual,
                                                 .close = close_virtual};

const struct cd_poller_type *cd_poller_find(const char *name)
{
    static const struct cd_poller_type *const all[] = {&cd_poller_epoll,
                                                       &cd_poller_virtual};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!name || strcmp(name, all[i]->name) == 0)
            return all[i];
    return NULL;
}
