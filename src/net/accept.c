/* SPDX-License-Identifier: MIT
 *
 * accept.c - peers, taken from the sockets that listen.
 *
 * To ask a socket for a peer when there is none costs a fifth as much as a
 * whole connection.  So TCP's are asked first how many there are: whoever comes
 * after that is told of by an event.  Others are asked until they say that
 * nobody is there.  Which of several is asked first takes turns, so that one to
 * which many come does not hide the others.
 *
 * What the kernel says of a peer that was gone before it was accepted is
 * nobody's business here.  That there are no descriptors or no memory is a
 * matter of time, and whose time it is says who called.
 */
#define _GNU_SOURCE /* accept4 */
#include "net/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* See accept(2): errors of the network that were the new peer's. */
static bool is_past(int err)
{
    switch (err) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM: /* a firewall's word */
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

bool cd_is_shortage(int rc)
{
    return rc == -EMFILE || rc == -ENFILE || rc == -ENOBUFS || rc == -ENOMEM;
}

/* 0: it is not known. */
static unsigned count(const struct cd_listener *l)
{
    struct tcp_info info;
    socklen_t size = offsetof(struct tcp_info, tcpi_sacked);
    bool known = l->counts &&
                 getsockopt(l->fd.fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
    return known ? info.tcpi_unacked : 0; /* that, of one that listens */
}

/* More in a row than can have waited are no peers that were gone: who forbids
 * to accept (EPERM) forbids it for ever. */
static int ask(const struct cd_listener *l)
{
    int fd, most = 65536;
    do
        fd = accept4(l->fd.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fd < 0 && is_past(errno) && --most > 0);
    return fd < 0 ? -errno : fd;
}

static int take_from(struct cd_listener *l)
{
    if (l->rc < 0)
        return l->rc;
    if (l->queued == 0)
        l->queued = count(l);
    int fd = ask(l);
    if (fd < 0 && fd != -EAGAIN)
        return fd;
    if (fd == -EAGAIN || l->queued == 1)
        cd_fd_drained(&l->fd, CD_IN);
    if (l->queued > 0)
        l->queued = fd < 0 ? 0 : l->queued - 1;
    return fd;
}

void cd_server_begin_turn(cede_server *s)
{
    s->turn++;
    for (size_t i = 0; i < s->n; i++)
        s->listeners[i]->queued = 0;
}

int cd_server_take(cede_server *s)
{
    int saved = errno, rc = -EAGAIN;
    for (size_t i = 0; i < s->n && rc == -EAGAIN; i++) {
        struct cd_listener *l = s->listeners[(s->turn + i) % s->n];
        if (l->fd.ready & CD_IN || l->rc < 0)
            rc = take_from(l);
    }
    cd_errno_restore(saved);
    return rc;
}

/* A reset tells the peer. */
void cd_server_refuse(int fd)
{
    const struct linger at_once = {.l_onoff = 1};
    int saved = errno;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    cd_errno_restore(saved);
}

/* ---- waiting for them -------------------------------------------------- */

static void told(struct cd_fd_waiter *w, int rc)
{
    struct cd_listener *l = cd_container(w, struct cd_listener, waiter);
    l->rc = rc;
    cd_pause_end(&l->server->rest);
}

int cd_server_watch(cede_server *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct cd_listener *l = s->listeners[i];
        if (l->fd.ready & CD_IN || l->rc < 0)
            return 1;
        if (cd_fd_awaited(&l->fd, CD_IN))
            continue;
        l->waiter.tell = told;
        int rc = cd_fd_await(&l->fd, CD_IN, &l->waiter);
        if (rc < 0)
            return rc;
    }
    return 0;
}

void cd_server_watch_no_more(cede_server *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (cd_fd_awaited(&s->listeners[i]->fd, CD_IN))
            cd_fd_await_no_more(&s->listeners[i]->fd, CD_IN);
}

/* ---- by hand ----------------------------------------------------------- */

static int wait_for_one(cede_server *s)
{
    int rc = cd_server_watch(s);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    s->accepting = true;
    rc = cd_pause(&s->rest, CEDE_NEVER, "accept");
    s->accepting = false;
    cd_server_watch_no_more(s);
    return rc;
}

static int accept_one(cede_server *s, cede_stream **peer)
{
    int fd = -EAGAIN;
    cd_server_begin_turn(s);
    while (s->ending == CD_OPEN && (fd = cd_server_take(s)) < 0) {
        int rc = fd == -EAGAIN ? wait_for_one(s) : fd;
        if (rc < 0)
            return rc;
        cd_server_begin_turn(s);
    }
    if (s->ending != CD_OPEN)
        return 0;
    *peer = cd_stream_new(s->loop, fd);
    if (!*peer) {
        cd_server_refuse(fd);
        return -ENOMEM;
    }
    s->accepted++;
    return 1;
}

int cede_accept(cede_server *s, cede_stream **peer)
{
    *peer = NULL;
    int rc = cd_server_check(s, "cede_accept");
    if (rc == 0)
        rc = cd_task_begin("cede_accept");
    if (rc < 0)
        return rc;
    if (s->running || s->accepting)
        return cede_fail(-EBUSY, s->running ? "the server is being run"
                                            : "another task waits in "
                                              "cede_accept");
    rc = accept_one(s, peer);
    cd_checkpoint_end(cd_me.task);
    return rc;
}
