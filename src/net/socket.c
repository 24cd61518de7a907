/* SPDX-License-Identifier: MIT
 *
 * socket.c - streams over sockets, and over other descriptors.
 *
 * What a socket has or takes less than it was asked for says that there is no
 * more, and saves a call that would only say so.  That is so of what TCP has
 * (but at urgent data: see fds.c); a Unix socket stops where descriptors came
 * along, others after a packet.  Pipes and terminals have limits of their own
 * to what one call moves.  All these are asked until they refuse.
 */
#include "io/call.h"
#include "net/stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- sockets ----------------------------------------------------------- */

static bool is_gapless(struct cede_stream *s)
{
    int protocol;
    socklen_t size = sizeof protocol;
    if (cd_likely(s->asked))
        return s->gapless;
    s->asked = true;
    s->gapless =
        getsockopt(s->fd.fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
        protocol == IPPROTO_TCP;
    return s->gapless;
}

static ssize_t socket_receive(struct cede_stream *s, void *buf, size_t n)
{
    int saved = errno;
    ssize_t got;
    do {
        got = recv(s->fd.fd, buf, n, MSG_DONTWAIT);
    } while (cd_unlikely(got < 0 && errno == EINTR));
    cd_loop_expect(s->loop);
    if (cd_unlikely(got < 0))
        got = cd_stream_refused(&s->fd, CD_IN, errno);
    else if ((size_t)got < n && is_gapless(s))
        cd_fd_clear(&s->fd, CD_IN);
    errno = saved;
    return got;
}

static size_t sum(const struct iovec *v, int n)
{
    size_t all = 0;
    for (int i = 0; i < n; i++)
        all += v[i].iov_len;
    return all;
}

static ssize_t socket_send(struct cede_stream *s, const struct iovec *v, int n)
{
    enum { FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL };
    const struct msghdr m = {.msg_iov = (struct iovec *)v,
                             .msg_iovlen = (size_t)n};
    int saved = errno;
    ssize_t sent;
    do {
        sent = n == 1 ? send(s->out->fd, v->iov_base, v->iov_len, FLAGS)
                      : sendmsg(s->out->fd, &m, FLAGS);
    } while (cd_unlikely(sent < 0 && errno == EINTR));
    if (cd_unlikely(sent < 0))
        sent = cd_stream_refused(s->out, CD_OUT, errno);
    else if (cd_unlikely((size_t)sent < sum(v, n)))
        cd_fd_clear(s->out, CD_OUT);
    errno = saved;
    return sent;
}

static ssize_t send_file(struct cede_stream *s, int file, off_t *offset,
                         size_t n)
{
    int saved = errno;
    ssize_t sent;
    do {
        sent = cd_sendfile_quietly(s->out->fd, file, offset, n);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0)
        sent = cd_stream_refused(s->out, CD_OUT, errno);
    errno = saved;
    return sent;
}

/* A connection that was reset meanwhile is none any more. */
static int socket_end(struct cede_stream *s)
{
    int saved = errno;
    int rc = shutdown(s->out->fd, SHUT_WR) < 0 ? -errno : 0;
    errno = saved;
    return rc == -ENOTCONN ? -EPIPE : rc;
}

static void reset_socket(int fd)
{
    const struct linger at_once = {.l_onoff = 1};
    int saved = errno;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    errno = saved;
}

static void socket_close(struct cede_stream *s, bool reset)
{
    if (reset)
        reset_socket(s->fd.fd);
    cd_fd_close(&s->fd);
}

const struct cd_transport cd_socket_transport = {
    socket_receive, socket_send, send_file, socket_end, socket_close};

/* ---- other descriptors ------------------------------------------------- */

static ssize_t plain_receive(struct cede_stream *s, void *buf, size_t n)
{
    int saved = errno;
    ssize_t got;
    do {
        got = read(s->fd.fd, buf, n);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        got = cd_stream_refused(&s->fd, CD_IN, errno);
    errno = saved;
    return got;
}

static ssize_t plain_send(struct cede_stream *s, const struct iovec *v, int n)
{
    int saved = errno;
    ssize_t sent;
    do {
        sent = writev(s->out->fd, v, n);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0)
        sent = cd_stream_refused(s->out, CD_OUT, errno);
    errno = saved;
    return sent;
}

/* Both directions of one cannot be told apart: the other side goes on. */
static int plain_end(struct cede_stream *s)
{
    if (s->two)
        cd_fd_close(s->out);
    return 0;
}

static void plain_close(struct cede_stream *s, bool reset)
{
    (void)reset;
    if (s->two && !s->out_ended)
        cd_fd_close(s->out);
    cd_fd_close(&s->fd);
}

/* What is read from may be the same socket in another number: to close this
 * one alone is no end. */
static int mixed_end(struct cede_stream *s)
{
    int rc = socket_end(s);
    if (rc == 0)
        cd_fd_close(s->out);
    return rc;
}

static void mixed_close(struct cede_stream *s, bool reset)
{
    if (reset)
        reset_socket(s->out_ended ? s->fd.fd : s->out->fd);
    plain_close(s, reset);
}

static const struct cd_transport plain = {plain_receive, plain_send, send_file,
                                          plain_end, plain_close};
/* What is written to is a socket, and what is read from is not the same. */
static const struct cd_transport mixed = {plain_receive, socket_send, send_file,
                                          mixed_end, mixed_close};

struct two {
    struct cede_stream stream;
    struct cd_fd out;
};

static bool is_socket(int fd)
{
    int type;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

static const struct cd_transport *transport_for(int in, int out)
{
    bool socket = is_socket(out);
    return socket ? in == out ? &cd_socket_transport : &mixed : &plain;
}

static struct cede_stream *take_over(int in, int out)
{
    struct two *two = cd_malloc(sizeof *two);
    if (!two)
        return NULL;
    struct cede_stream *s = &two->stream;
    if (cd_stream_init(s, cd_me.loop, transport_for(in, out), in) < 0) {
        free(two);
        return NULL;
    }
    if (in == out)
        return s;
    cd_fd_init(&two->out, s->loop, out);
    s->out = &two->out;
    s->two = true;
    return s;
}

/* Its flags, or -1 for no descriptor; < -1: -errno. */
static int flags_of(int fd)
{
    int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
    return fd >= 0 && flags < 0 ? -EBADF : flags;
}

static void unblock(int fd, int flags)
{
    if (flags >= 0 && !(flags & O_NONBLOCK))
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int cede_stream_open(int in, int out, cede_stream **s)
{
    *s = NULL;
    if (!cd_me.loop)
        return cede_fail(-EPERM, "cede_stream_open: no loop runs here%s",
                         cd_task_forked());
    int saved = errno;
    int in_flags = flags_of(in), out_flags = flags_of(out);
    bool good = in_flags >= -1 && out_flags >= -1 && (in >= 0 || out >= 0);
    if (good && (*s = take_over(in, out))) {
        unblock(in, in_flags);
        unblock(out, out_flags);
    }
    errno = saved;
    return !good ? -EBADF : *s ? 0 : -ENOMEM;
}

/* ---- who it is --------------------------------------------------------- */

typedef int name_fn(int fd, struct sockaddr *name, socklen_t *size);

static int name_of(const struct cede_stream *s, name_fn *ask, cede_address *out)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    int saved = errno;
    int rc = ask(cede_stream_fd(s), (struct sockaddr *)&name, &size) < 0
                 ? -errno
                 : 0;
    errno = saved;
    if (rc < 0)
        return rc == -ENOTSOCK || rc == -EBADF ? -ENOTCONN : rc;
    return cede_address_from(&name, size, SOCK_STREAM, out);
}

int cede_stream_peer(const cede_stream *s, cede_address *out)
{
    return s ? name_of(s, getpeername, out) : -ENOMEM;
}

int cede_stream_local(const cede_stream *s, cede_address *out)
{
    return s ? name_of(s, getsockname, out) : -ENOMEM;
}
