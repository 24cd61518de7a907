/* SPDX-License-Identifier: MIT
 *
 * write.c - writing to descriptors, until all of it is written.
 *
 * What took less than it was given is full: the call waits without asking
 * again.  A blocking file that is no socket's takes PIPE_BUF bytes, if it says
 * that it is ready, without blocking; some of these at a time, so that one that
 * is drained as fast as it is filled cannot keep the thread.
 *
 * A terminal promises one byte.  It is opened once more for the call, so as not
 * to block: that is nobody's business but ours, for the flag belongs to the
 * opened file, not to the terminal.  The master's end cannot be.
 */
#define _GNU_SOURCE /* ptsname_r */
#include "io/call.h"

#include <cede/io.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WINDOW = 32 }; /* parts of a vector that was written in part */
enum { PIECES = 16 }; /* at a time, to what blocks */

struct writing {
    struct cd_call call;
    const struct iovec *v; /* what is left begins skip bytes into the first */
    int n;
    size_t skip;
    int done;     /* bytes */
    size_t piece; /* that a blocking file takes */
    int own;      /* to write to, non-blocking; -1: to the call's descriptor */
};

/* ---- what is left ------------------------------------------------------ */

static void advance(struct writing *w, size_t written)
{
    w->done += (int)written;
    w->skip += written;
    while (w->n > 0 && w->skip >= w->v->iov_len) {
        w->skip -= w->v->iov_len;
        w->v++;
        w->n--;
    }
}

/* At most `most` bytes of it: how many parts. */
static int look(const struct writing *w, struct iovec *parts, size_t most)
{
    int n = 0;
    size_t skip = w->skip;
    for (; n < w->n && n < WINDOW && most > 0; n++, skip = 0) {
        size_t size = w->v[n].iov_len - skip;
        parts[n].iov_base = (char *)w->v[n].iov_base + skip;
        parts[n].iov_len = size < most ? size : most;
        most -= parts[n].iov_len;
    }
    return n;
}

/* ---- writing it -------------------------------------------------------- */

static ssize_t send_parts(int fd, const struct iovec *v, int n)
{
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    if (n == 1)
        return send(fd, v->iov_base, v->iov_len, flags);
    struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)v,
                       .msg_iovlen = (size_t)n};
    return sendmsg(fd, &m, flags);
}

static ssize_t write_parts(struct writing *w, const struct iovec *v, int n)
{
    int fd = w->call.fd;
    return w->call.file == CD_FILE_UNKNOWN
               ? send_parts(fd, v, n)
               : writev(w->own >= 0 ? w->own : fd, v, n);
}

/* The first time as it was given: a message is not to be divided. */
static ssize_t write_rest(struct writing *w)
{
    struct iovec parts[WINDOW];
    if (w->done == 0)
        return write_parts(w, w->v, w->n);
    size_t room = (size_t)(INT_MAX - w->done);
    return write_parts(w, parts, look(w, parts, room));
}

static ssize_t write_piece(struct writing *w)
{
    struct iovec parts[WINDOW];
    size_t room = (size_t)(INT_MAX - w->done);
    size_t most = w->piece < room ? w->piece : room;
    if (cd_call_may(&w->call))
        return write_parts(w, parts, look(w, parts, most));
    errno = EAGAIN;
    return -1;
}

static int open_again(int fd)
{
    char path[64];
    if (ptsname_r(fd, path, sizeof path) == 0)
        return -1; /* a master, whose name is that of all of them */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* It is no socket: how is it to be written? */
static void choose_way(struct writing *w)
{
    w->piece = PIPE_BUF;
    if (cd_call_file(&w->call) != CD_FILE_BLOCKING || !isatty(w->call.fd))
        return;
    w->piece = 1;
    w->own = open_again(w->call.fd);
    if (w->own >= 0)
        w->call.file = CD_FILE_NON_BLOCKING;
}

static ssize_t write_some(struct writing *w)
{
    if (w->call.file == CD_FILE_UNKNOWN) {
        ssize_t n = write_rest(w);
        if (n >= 0 || errno != ENOTSOCK)
            return n;
        choose_way(w);
    }
    return w->call.file == CD_FILE_BLOCKING ? write_piece(w) : write_rest(w);
}

static int attempt_write(struct cd_call *c)
{
    struct writing *w = cd_container(c, struct writing, call);
    for (int i = 0; i < PIECES; i++) {
        ssize_t n = write_some(w);
        if (n < 0)
            return -errno;
        advance(w, (size_t)n);
        if (w->n == 0 || w->done == INT_MAX)
            return w->done;
        if (c->file == CD_FILE_UNKNOWN || c->file == CD_FILE_NON_BLOCKING)
            break;
    }
    return -EAGAIN;
}

static void close_own(int fd)
{
    int saved = errno;
    close(fd);
    cd_errno_restore(saved);
}

static int write_vector(const char *name, int fd, const struct iovec *v, int n)
{
    struct writing w = {.call = {.name = name,
                                 .why = "write",
                                 .fd = fd,
                                 .direction = CD_OUT,
                                 .attempt = attempt_write},
                        .v = v,
                        .n = n,
                        .own = -1};
    if (n < 0)
        return cede_fail(-EINVAL, "%s of %d parts", name, n);
    int rc = cd_call(&w.call);
    if (w.own >= 0)
        close_own(w.own);
    return rc < 0 && w.done > 0 ? w.done : rc;
}

int cede_fd_write(int fd, const void *buf, size_t n)
{
    struct iovec v = {.iov_base = (void *)(uintptr_t)buf,
                      .iov_len = n < INT_MAX ? n : INT_MAX};
    return write_vector("cede_fd_write", fd, &v, 1);
}

int cede_fd_writev(int fd, const struct iovec *v, int n)
{
    return write_vector("cede_fd_writev", fd, v, n);
}

/* ---- messages ---------------------------------------------------------- */

struct sending {
    struct cd_call call;
    const struct msghdr *message;
    int flags;
    bool full; /* a Unix socket's peer, of which poll(2) knows nothing */
};

static bool names_unix_peer(const struct msghdr *m)
{
    sa_family_t family = AF_UNSPEC;
    if (m->msg_name && m->msg_namelen >= sizeof family)
        memcpy(&family, m->msg_name, sizeof family);
    return family == AF_UNIX;
}

static int attempt_send(struct cd_call *c)
{
    struct sending *s = cd_container(c, struct sending, call);
    int flags = s->flags | MSG_DONTWAIT | MSG_NOSIGNAL;
    int rc = cd_answer(sendmsg(c->fd, s->message, flags));
    s->full = rc == -EAGAIN && names_unix_peer(s->message);
    return s->full ? 0 : rc;
}

int cede_fd_sendmsg(int fd, const struct msghdr *m, int flags)
{
    struct sending s = {.call = {.name = "cede_fd_sendmsg",
                                 .why = "send",
                                 .fd = fd,
                                 .direction = CD_OUT,
                                 .attempt = attempt_send},
                        .message = m,
                        .flags = flags};
    cede_time pause = 0;
    int rc;
    while ((rc = cd_call(&s.call)) == 0 && s.full)
        if ((rc = cd_call_pause(&s.call, &pause)) < 0)
            break;
    return rc;
}
