/* SPDX-License-Identifier: MIT
 *
 * epoll.h - sleeping in the kernel, for the pollers that do.
 */
#ifndef CD_LOOP_EPOLL_H
#define CD_LOOP_EPOLL_H

#include "loop/poller.h"

#include <sys/epoll.h>

enum { CD_EPOLL_EVENTS = 256 }; /* taken at a time */

struct cd_epoll {
    struct cd_poller poller;
    int fd;
    int wake_fd; /* an eventfd, readable after wake() */
    /* Looking before it sleeps, see epoll.c: what it does usually; how long it
     * waited of late without and with that; and how many waits are left until
     * it has tried the other, of how many. */
    bool looks;
    cede_time waited[2];
    unsigned left, apart;
    struct epoll_event events[CD_EPOLL_EVENTS];
};

/* 0 or -errno; all descriptors are close-on-exec. */
int cd_epoll_open(struct cd_epoll *e, const struct cd_poller_type *type);
void cd_epoll_close(struct cd_epoll *e);
void cd_epoll_wake(struct cd_epoll *e);

int cd_epoll_watch(struct cd_epoll *e, int fd, unsigned what, uint64_t data,
                   bool again);
int cd_epoll_unwatch(struct cd_epoll *e, int fd);

/* Sleep for delay at most; CEDE_NEVER: until woken; and tell what has happened
 * to descriptors.  False: nothing has happened. */
bool cd_epoll_sleep(struct cd_epoll *e, cede_time delay);

#endif
