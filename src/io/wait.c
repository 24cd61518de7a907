/* SPDX-License-Identifier: MIT
 *
 * wait.c - a task's wait for a descriptor.
 */
#include "io/wait.h"

struct fd_wait {
    struct cd_fd_waiter waiter; /* first: what is told is fetched from there */
    struct cd_wait wait;
    struct cd_fd *fd;
    unsigned direction;
};

static void grant(struct cd_fd_waiter *waiter, int rc)
{
    cd_wait_grant(&cd_container(waiter, struct fd_wait, waiter)->wait, rc);
}

static bool abort_wait(struct cd_wait *wait)
{
    struct fd_wait *w = cd_container(wait, struct fd_wait, wait);
    cd_fd_await_no_more(w->fd, w->direction);
    return true;
}

int cd_fd_busy(const char *why)
{
    return cede_fail(-EBUSY, "another task waits there already (%s)", why);
}

int cd_fd_wait(struct cd_fd *f, unsigned direction, const char *why)
{
    if (f->ready & direction)
        return 0;
    if (cd_unlikely(cd_fd_awaited(f, direction)))
        return cd_fd_busy(why);
    struct fd_wait w = {.wait.abort = abort_wait,
                        .waiter.tell = grant,
                        .fd = f,
                        .direction = direction};
    int rc = cd_fd_await(f, direction, &w.waiter);
    return cd_likely(rc == 0) ? cd_wait_in(&w.wait, NULL, why) : rc;
}
