/* SPDX-License-Identifier: MIT
 *
 * read.c - reading from descriptors.
 *
 * A socket is asked by MSG_DONTWAIT, whether it blocks or not; what is none
 * says so.
 */
#include "io/call.h"

#include <cede/io.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct reading {
    struct cd_call call;
    const struct iovec *v;
    int n;
};

static ssize_t receive(const struct reading *r)
{
    int fd = r->call.fd;
    if (r->n == 1)
        return recv(fd, r->v->iov_base, r->v->iov_len, MSG_DONTWAIT);
    struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)r->v,
                       .msg_iovlen = (size_t)r->n};
    return recvmsg(fd, &m, MSG_DONTWAIT);
}

static int attempt_read(struct cd_call *c)
{
    const struct reading *r = cd_container(c, struct reading, call);
    if (r->n == 0)
        return 0;
    if (c->file == CD_FILE_UNKNOWN) {
        ssize_t n = receive(r);
        if (n >= 0 || errno != ENOTSOCK)
            return cd_answer(n);
    }
    if (!cd_call_may(c))
        return -EAGAIN;
    return cd_answer(readv(c->fd, r->v, r->n));
}

static int read_vector(const char *name, int fd, const struct iovec *v, int n)
{
    struct reading r = {.call = {.name = name,
                                 .why = "read",
                                 .fd = fd,
                                 .direction = CD_IN,
                                 .attempt = attempt_read},
                        .v = v,
                        .n = n};
    if (n < 0)
        return cede_fail(-EINVAL, "%s of %d parts", name, n);
    return cd_call(&r.call);
}

int cede_fd_read(int fd, void *buf, size_t n)
{
    struct iovec v = {.iov_base = buf, .iov_len = n < INT_MAX ? n : INT_MAX};
    return read_vector("cede_fd_read", fd, &v, n > 0);
}

int cede_fd_readv(int fd, const struct iovec *v, int n)
{
    return read_vector("cede_fd_readv", fd, v, n);
}

/* ---- messages ---------------------------------------------------------- */

struct receiving {
    struct cd_call call;
    struct msghdr *message;
    int flags;
};

static int attempt_receive(struct cd_call *c)
{
    const struct receiving *r = cd_container(c, struct receiving, call);
    return cd_answer(recvmsg(c->fd, r->message, r->flags | MSG_DONTWAIT));
}

int cede_fd_recvmsg(int fd, struct msghdr *m, int flags)
{
    struct receiving r = {.call = {.name = "cede_fd_recvmsg",
                                   .why = "receive",
                                   .fd = fd,
                                   .direction = CD_IN,
                                   .attempt = attempt_receive},
                          .message = m,
                          .flags = flags};
    return cd_call(&r.call);
}
