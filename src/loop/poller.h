/* SPDX-License-Identifier: MIT
 *
 * poller.h - what a poller provides; nothing else knows how the loop sleeps.
 *
 * All run on the loop's thread, except wake().
 *
 * open(out)                 0 and *out, or -errno.
 * clock(poller)             the time now.
 * poll(poller, deadline)    wait until something happened, somebody woke us,
 *                           or the deadline has come; CEDE_NEVER: no deadline;
 *                           one that has passed: look and return at once.
 * peek(poller, deadline)    the same without sleeping.
 * delay(poller, deadline)   how long it would sleep; CEDE_NEVER: until woken.
 * fd(poller)                a descriptor that is readable when poll would not
 *                           sleep until its deadline.
 * wake(poller)              from any thread or signal handler: make poll
 *                           return soon, now or the next time; never blocks.
 * watch(poller, fd, what, data, again)
 *                           tell cd_fds_event of each edge in the directions
 *                           of what (see fds.h), with that data;
 *                           again: it is watched already, and what is ready now
 *                           is told, too.  0, -ENOMEM, -EEXIST, -ENOENT,
 *                           -EBADF, -EPERM: not a file that can be polled.
 * unwatch(poller, fd)       0, or it was not: -ENOENT, -EBADF.
 * close(poller)
 */
#ifndef CD_LOOP_POLLER_H
#define CD_LOOP_POLLER_H

#include <cede/base.h>

struct cd_fds;
struct cd_poller;

struct cd_poller_type {
    const char *name;
    bool jumps; /* to the deadline: one too early would be seen */
    int (*open)(struct cd_poller **out);
    cede_time (*clock)(struct cd_poller *p);
    void (*poll)(struct cd_poller *p, cede_time deadline);
    void (*peek)(struct cd_poller *p, cede_time deadline);
    cede_time (*delay)(struct cd_poller *p, cede_time deadline);
    int (*fd)(struct cd_poller *p);
    void (*wake)(struct cd_poller *p);
    int (*watch)(struct cd_poller *p, int fd, unsigned what, uint64_t data,
                 bool again);
    int (*unwatch)(struct cd_poller *p, int fd);
    void (*close)(struct cd_poller *p);
};

/* What every poller begins with. */
struct cd_poller {
    const struct cd_poller_type *type;
    struct cd_fds *fds; /* whom to tell of events */
    cede_time spin;     /* look so long before sleeping, see cede_options */
};

extern const struct cd_poller_type cd_poller_epoll;
extern const struct cd_poller_type cd_poller_virtual;

/* By name; NULL: the best.  NULL when there is none of that name. */
const struct cd_poller_type *cd_poller_find(const char *name);

#endif
