/* SPDX-License-Identifier: MIT
 *
 * poll.c - waiting for what others will read and write; and descriptors made
 * and closed.
 */
#define _GNU_SOURCE /* pipe2 */

#include "io/call.h"

#include <cede/io.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- waiting for one of two directions --------------------------------- */

struct poll_wait {
    struct cd_wait wait;
    struct cd_fd_waiter waiter[2];
    struct cd_fd *fd;
    int what;
};

static void stop_waiting(struct poll_wait *w)
{
    for (int i = 0; i < 2; i++)
        if (w->fd->waiter[i] == &w->waiter[i])
            cd_fd_await_no_more(w->fd, i ? CD_OUT : CD_IN);
}

static bool abort_poll(struct cd_wait *wait)
{
    stop_waiting(cd_container(wait, struct poll_wait, wait));
    return true;
}

static void told(struct poll_wait *w, int rc)
{
    stop_waiting(w);
    cd_wait_grant(&w->wait, rc);
}

static void told_in(struct cd_fd_waiter *w, int rc)
{
    told(cd_container(w, struct poll_wait, waiter[0]), rc);
}

static void told_out(struct cd_fd_waiter *w, int rc)
{
    told(cd_container(w, struct poll_wait, waiter[1]), rc);
}

static int link_waiters(struct poll_wait *w)
{
    int rc = 0;
    for (unsigned d = CD_IN; d <= CD_OUT && rc == 0; d++) {
        if (!((unsigned)w->what & d))
            continue;
        cd_fd_drained(w->fd, d);
        rc = cd_fd_await(w->fd, d, &w->waiter[d == CD_OUT]);
    }
    if (rc < 0)
        stop_waiting(w);
    return rc;
}

static bool is_awaited(const struct cd_fd *f, int what)
{
    return (what & CEDE_READABLE && cd_fd_awaited(f, CD_IN)) ||
           (what & CEDE_WRITABLE && cd_fd_awaited(f, CD_OUT));
}

static int wait_for(int fd, int what)
{
    struct poll_wait w = {.wait.abort = abort_poll,
                          .waiter = {{told_in}, {told_out}},
                          .what = what};
    int rc = cd_fds_use(cd_me.task->loop, fd, (unsigned)what, &w.fd);
    if (rc < 0)
        return rc;
    if (is_awaited(w.fd, what))
        return cd_fd_busy("poll");
    rc = link_waiters(&w);
    return rc < 0 ? rc : cd_wait_in(&w.wait, NULL, "poll");
}

/* ---- asking ------------------------------------------------------------ */

/* Which of them it is ready for; 0: none, -EBADF. */
static int ask(int fd, int what, int delay)
{
    int saved = errno;
    struct pollfd p = {.fd = fd,
                       .events = (short)((what & CEDE_READABLE ? POLLIN : 0) |
                                         (what & CEDE_WRITABLE ? POLLOUT : 0))};
    int n = fd < 0 ? -1 : poll(&p, 1, delay);
    cd_errno_restore(saved);
    if (fd < 0 || (n > 0 && p.revents & POLLNVAL))
        return -EBADF;
    if (n <= 0)
        return 0;
    if (p.revents & (POLLHUP | POLLERR))
        return what;
    return (p.revents & POLLIN ? CEDE_READABLE : 0) |
           (p.revents & POLLOUT ? CEDE_WRITABLE : 0);
}

static int poll_on_thread(int fd, int what)
{
    int rc;
    while ((rc = ask(fd, what, -1)) == 0)
        ;
    return rc;
}

static int poll_in_task(int fd, int what)
{
    int rc = cd_task_begin("cede_fd_poll");
    if (rc < 0)
        return rc;
    if ((rc = ask(fd, what, 0)) != 0) {
        cd_checkpoint_end(cd_me.task);
        return rc;
    }
    for (;;) {
        if ((rc = wait_for(fd, what)) < 0 || (rc = ask(fd, what, 0)) != 0)
            return rc;
        if ((rc = cd_checkpoint_begin(cd_me.task)) < 0)
            return rc;
    }
}

int cede_fd_poll(int fd, int what)
{
    if (what < CEDE_READABLE || what > (CEDE_READABLE | CEDE_WRITABLE))
        return cede_fail(-EINVAL, "cede_fd_poll for neither reading nor "
                                  "writing");
    bool here = !cd_me.task && !cd_me.loop;
    return here ? poll_on_thread(fd, what) : poll_in_task(fd, what);
}

/* ---- made and closed --------------------------------------------------- */

int cede_fd_pipe(int ends[2])
{
    int saved = errno;
    int rc = cd_answer(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    cd_errno_restore(saved);
    return rc;
}

int cede_fd_pair(int ends[2])
{
    int saved = errno, type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int rc = cd_answer(socketpair(AF_UNIX, type, 0, ends));
    cd_errno_restore(saved);
    return rc;
}

int cede_fd_close(int fd)
{
    int saved = errno;
    if (cd_me.loop)
        cd_fds_closing(&cd_me.loop->fds, fd);
    int rc = cd_answer(close(fd));
    cd_errno_restore(saved);
    return rc;
}
