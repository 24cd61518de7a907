/* SPDX-License-Identifier: MIT
 *
 * call.c - calls on plain descriptors.
 */
#include "io/call.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

/* ---- what a file is ---------------------------------------------------- */

static bool is_on_disk(int fd)
{
    struct stat s;
    return fstat(fd, &s) == 0 && (S_ISREG(s.st_mode) || S_ISBLK(s.st_mode));
}

enum cd_file cd_call_file(struct cd_call *c)
{
    if (c->file != CD_FILE_UNKNOWN)
        return c->file;
    int flags = fcntl(c->fd, F_GETFL);
    if (flags < 0 || flags & O_NONBLOCK)
        c->file = CD_FILE_NON_BLOCKING; /* or an error, which the call finds */
    else
        c->file = is_on_disk(c->fd) ? CD_FILE_ON_DISK : CD_FILE_BLOCKING;
    return c->file;
}

static short events_of(const struct cd_call *c)
{
    return c->direction == CD_OUT ? POLLOUT : POLLIN;
}

bool cd_call_may(struct cd_call *c)
{
    struct pollfd p = {.fd = c->fd, .events = events_of(c)};
    return cd_call_file(c) != CD_FILE_BLOCKING || poll(&p, 1, 0) > 0;
}

/* ---- waiting ----------------------------------------------------------- */

/* What cannot be polled never blocks: it was interrupted, or took a part. */
int cd_call_wait(struct cd_call *c)
{
    struct cd_fd *f;
    int rc = cd_fds_use(cd_me.task->loop, c->fd, c->direction, &f);
    if (rc < 0)
        return rc == -EPERM ? cd_checkpoint(cd_me.task) : rc;
    cd_fd_drained(f, c->direction);
    return cd_fd_wait(f, c->direction, c->why);
}

static int attempt(struct cd_call *c)
{
    int saved = errno, rc;
    while ((rc = c->attempt(c)) == -EINTR)
        ;
    cd_errno_restore(saved);
    return rc;
}

static void block(struct cd_call *c)
{
    int saved = errno;
    struct pollfd p = {.fd = c->fd, .events = events_of(c)};
    (void)poll(&p, 1, -1);
    cd_errno_restore(saved);
}

static int call_on_thread(struct cd_call *c)
{
    int rc;
    while ((rc = attempt(c)) == -EAGAIN)
        block(c);
    return rc;
}

static int call_in_task(struct cd_call *c)
{
    int rc = cd_task_begin(c->name);
    if (rc < 0)
        return rc;
    rc = attempt(c);
    if (rc != -EAGAIN) {
        cd_checkpoint_end(cd_me.task);
        return rc;
    }
    for (;;) {
        if ((rc = cd_call_wait(c)) < 0)
            return rc;
        if ((rc = attempt(c)) != -EAGAIN)
            return rc;
        if ((rc = cd_checkpoint_begin(cd_me.task)) < 0)
            return rc;
    }
}

int cd_call(struct cd_call *c)
{
    bool here = !cd_me.task && !cd_me.loop;
    return here ? call_on_thread(c) : call_in_task(c);
}
