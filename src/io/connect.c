/* SPDX-License-Identifier: MIT
 *
 * connect.c - connections: made, and taken.
 *
 * connect(2) has no MSG_DONTWAIT: a socket that blocks does not for the moment
 * of the call.  A Unix socket whose peer has a full backlog is not connected
 * later either: it is tried again (pause.c).
 */
#define _GNU_SOURCE /* accept4 */

#include "io/call.h"

#include <cede/io.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

/* ---- accept ------------------------------------------------------------ */

struct accepting {
    struct cd_call call;
    struct sockaddr *from;
    socklen_t *size;
};

/* The connection was over, or its network: see accept(2). */
static bool was_gone(int err)
{
    switch (err) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

static int attempt_accept(struct cd_call *c)
{
    const struct accepting *a = cd_container(c, struct accepting, call);
    int fd;
    do {
        if (!cd_call_may(c))
            return -EAGAIN;
        fd = accept4(c->fd, a->from, a->size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && was_gone(errno));
    return cd_answer(fd);
}

int cede_fd_accept(int fd, struct sockaddr *from, socklen_t *size)
{
    struct accepting a = {.call = {.name = "cede_fd_accept",
                                   .why = "accept",
                                   .fd = fd,
                                   .direction = CD_IN,
                                   .attempt = attempt_accept},
                          .from = from,
                          .size = size};
    return cd_call(&a.call);
}

/* ---- connect ----------------------------------------------------------- */

struct connecting {
    struct cd_call call;
    const struct sockaddr *to;
    socklen_t size;
    bool begun;
    bool full; /* the peer's backlog: that is an answer */
};

static int connect_now(const struct connecting *c)
{
    int fd = c->call.fd, flags = fcntl(fd, F_GETFL);
    bool blocks = flags >= 0 && !(flags & O_NONBLOCK);
    if (blocks)
        (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    int rc = cd_answer(connect(fd, c->to, c->size));
    if (blocks)
        (void)fcntl(fd, F_SETFL, flags);
    return rc;
}

static int outcome(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int err = 0;
    socklen_t size = sizeof err;
    if (poll(&p, 1, 0) <= 0) /* not yet, or a signal came */
        return -EAGAIN;
    int rc = getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
    return rc < 0 ? -errno : -err;
}

static int attempt_connect(struct cd_call *call)
{
    struct connecting *c = cd_container(call, struct connecting, call);
    if (c->begun)
        return outcome(call->fd);
    int rc = connect_now(c);
    c->begun = rc == -EINPROGRESS;
    c->full = rc == -EAGAIN;
    return c->begun ? -EAGAIN : c->full ? 0 : rc;
}

int cede_fd_connect(int fd, const struct sockaddr *to, socklen_t size)
{
    struct connecting c = {.call = {.name = "cede_fd_connect",
                                    .why = "connect",
                                    .fd = fd,
                                    .direction = CD_OUT,
                                    .attempt = attempt_connect},
                           .to = to,
                           .size = size};
    cede_time pause = 0;
    int rc;
    while ((rc = cd_call(&c.call)) == 0 && c.full)
        if ((rc = cd_call_pause(&c.call, &pause)) < 0)
            break;
    return rc;
}
