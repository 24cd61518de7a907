/* SPDX-License-Identifier: MIT
 *
 * virtual.c - the poller whose clock stands still until it jumps.
 *
 * As soon as the loop has nothing to do but wait for its next timer, the time
 * is that timer's: sleeping for hours takes no time, and durations come out
 * exact.  With no timer at all, or while the clock is held, it really sleeps,
 * until another thread wakes it.  While descriptors are awaited it gives the
 * kernel a moment before it jumps, for what was sent may be on its way still.
 * The clock begins at one second, so that 0 is
 * in the past.
 */
#include "loop/virtual.h"
#include "base/memory.h"
#include "loop/epoll.h"
#include "loop/fds.h"

#include <stdlib.h>
#include <string.h>

static const cede_time moment = 10 * CEDE_MS;

struct virtual
{
    struct cd_epoll sleeper; /* first: it begins with the poller */
    cede_time now;
    bool held;
    cede_time patience;
    void (*hung)(void); /* NULL: nobody wants to know */
};

static int open_virtual(struct cd_poller **out)
{
    struct virtual *v = cd_zalloc(sizeof *v);
    if (!v)
        return -ENOMEM;
    v->now = CEDE_SEC;
    v->patience = CEDE_NEVER;
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
    if (deadline <= v->now) {
        if (p->fds->watched > 0)
            cd_epoll_sleep(&v->sleeper, 0);
    } else if (deadline != CEDE_NEVER && !v->held) {
        if (p->fds->awaited == 0 || !cd_epoll_sleep(&v->sleeper, moment))
            v->now = deadline;
    } else if (!cd_epoll_sleep(&v->sleeper, v->patience) && v->hung)
        v->hung();
}

static cede_time delay_virtual(struct cd_poller *p, cede_time deadline)
{
    const struct virtual *v = (const struct virtual *)p;
    if (deadline <= v->now)
        return 0;
    return deadline == CEDE_NEVER || v->held ? CEDE_NEVER : 0;
}

static void peek_virtual(struct cd_poller *p, cede_time deadline)
{
    struct virtual *v = (struct virtual *)p;
    bool news = cd_epoll_sleep(&v->sleeper, 0);
    if (news && p->fds->awaited > 0)
        return;
    if (delay_virtual(p, deadline) == 0 && deadline > v->now)
        v->now = deadline;
}

static int fd_virtual(struct cd_poller *p)
{
    return ((struct virtual *)p)->sleeper.fd;
}

static void wake_virtual(struct cd_poller *p)
{
    cd_epoll_wake(&((struct virtual *)p)->sleeper);
}

static int watch_virtual(struct cd_poller *p, int fd, unsigned what,
                         uint64_t data, bool again)
{
    return cd_epoll_watch(&((struct virtual *)p)->sleeper, fd, what, data,
                          again);
}

static int unwatch_virtual(struct cd_poller *p, int fd)
{
    return cd_epoll_unwatch(&((struct virtual *)p)->sleeper, fd);
}

static void close_virtual(struct cd_poller *p)
{
    cd_epoll_close(&((struct virtual *)p)->sleeper);
    free(p);
}

void cd_virtual_hold(struct cd_poller *p, bool on)
{
    ((struct virtual *)p)->held = on;
}

void cd_virtual_jump(struct cd_poller *p, cede_time delay)
{
    struct virtual *v = (struct virtual *)p;
    cede_time most = CEDE_NEVER - 1 - v->now;
    v->now += delay < most ? delay : most;
}

void cd_virtual_patience(struct cd_poller *p, cede_time delay,
                         void (*hung)(void))
{
    struct virtual *v = (struct virtual *)p;
    v->patience = delay;
    v->hung = hung;
}

const struct cd_poller_type cd_poller_virtual = {.name = "virtual",
                                                 .jumps = true,
                                                 .open = open_virtual,
                                                 .clock = clock_virtual,
                                                 .poll = poll_virtual,
                                                 .peek = peek_virtual,
                                                 .delay = delay_virtual,
                                                 .fd = fd_virtual,
                                                 .wake = wake_virtual,
                                                 .watch = watch_virtual,
                                                 .unwatch = unwatch_virtual,
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
