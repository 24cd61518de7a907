/* SPDX-License-Identifier: MIT
 *
 * datagram.c - packets, received and sent.
 *
 * A call tries first, unless it is known to be in vain, and waits when the
 * kernel would block.  Several packets are one system call (recvmmsg,
 * sendmmsg), told by a table that the socket keeps, for nobody needs it while
 * waiting.
 *
 * A Unix socket whose peer's queue is full cannot wait for it: poll(2) knows
 * of the peer of a connected socket alone.  So a second socket is connected to
 * that peer, and waits.
 */
#define _GNU_SOURCE /* recvmmsg */
#include "net/datagram.h"
#include "net/address.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct cd_packets {
    struct mmsghdr headers[CD_PACKETS];
    struct iovec rooms[CD_PACKETS];
};

static int make_packets(cede_socket *s)
{
    struct cd_packets *t = cd_zalloc(sizeof *t);
    if (!t)
        return -ENOMEM;
    for (int i = 0; i < CD_PACKETS; i++) {
        t->headers[i].msg_hdr.msg_iov = &t->rooms[i];
        t->headers[i].msg_hdr.msg_iovlen = 1;
    }
    s->packets = t;
    return 0;
}

/* ---- calls ------------------------------------------------------------- */

/* The beginning and the end of a call in one direction; between them s stays,
 * closed or not. */
static int begin(cede_socket *s, unsigned direction, const char *what)
{
    int rc;
    if (cd_unlikely(!s))
        return -ENOMEM;
    if ((rc = cd_task_begin(what)) < 0)
        return rc;
    if (cd_unlikely(cd_me.loop != s->loop))
        return cede_fail(-EPERM, "%s of a socket of another loop", what);
    if (cd_unlikely(s->busy & direction))
        return cede_fail(-EBUSY, "%s: another task is at it", what);
    s->busy |= direction;
    return 0;
}

static int end(cede_socket *s, unsigned direction, int rc)
{
    s->busy &= ~direction;
    if (cd_unlikely(s->closed)) {
        if (!s->busy)
            cd_socket_free(s);
        return CEDE_ECLOSED;
    }
    if (rc >= 0)
        cd_checkpoint_end(cd_me.task);
    return rc;
}

/* What was tried would have blocked: 0: try again. */
static int wait_for(cede_socket *s, struct cd_fd *f, unsigned direction,
                    const char *why)
{
    cd_fd_drained(f, direction);
    if (cd_me.task->scope->effective)
        return -ECANCELED; /* not the first wait of this call */
    int rc = cd_fd_wait(f, direction, why);
    return s->closed ? CEDE_ECLOSED : rc;
}

/* ---- receiving --------------------------------------------------------- */

/* From a struct msghdr that was filled, how a packet came.  The kernel wrote
 * the address in place; what may be left of an earlier one is cleared. */
static void note_packet(cede_packet *p, const struct msghdr *m, size_t size)
{
    cede_address *a = &p->peer;
    p->size = size;
    p->cut = m->msg_flags & MSG_TRUNC;
    sa_family_t family = AF_UNSPEC;
    if (m->msg_namelen >= sizeof family)
        memcpy(&family, a->raw_, sizeof family);
    if (family != AF_INET && family != AF_INET6) {
        cede_address raw = *a;
        (void)cede_address_from(raw.raw_, m->msg_namelen, SOCK_DGRAM, a);
        return;
    }
    memset((char *)a->raw_ + m->msg_namelen, 0,
           sizeof a->raw_ - m->msg_namelen);
    a->raw_size_ = m->msg_namelen;
    a->type_ = SOCK_DGRAM;
    a->any_ = false;
}

static void make_room(struct msghdr *m, cede_packet *p)
{
    m->msg_name = p->peer.raw_;
    m->msg_namelen = sizeof p->peer.raw_;
    m->msg_iov->iov_base = p->data;
    m->msg_iov->iov_len = p->size;
}

static int take_one(cede_socket *s, cede_packet *p)
{
    struct iovec room;
    struct msghdr m = {.msg_iov = &room, .msg_iovlen = 1};
    make_room(&m, p);
    int saved = errno;
    ssize_t size = recvmsg(s->fd.fd, &m, MSG_DONTWAIT);
    int rc = size < 0 ? -errno : 1;
    errno = saved;
    if (rc > 0)
        note_packet(p, &m, (size_t)size);
    return rc;
}

static int take_several(cede_socket *s, cede_packet *p, unsigned n)
{
    int rc = s->packets ? 0 : make_packets(s), saved = errno;
    if (rc < 0)
        return rc;
    struct mmsghdr *headers = s->packets->headers;
    for (unsigned i = 0; i < n; i++)
        make_room(&headers[i].msg_hdr, &p[i]);
    rc = recvmmsg(s->fd.fd, headers, n, MSG_DONTWAIT, NULL);
    if (rc < 0)
        rc = -errno;
    errno = saved;
    for (int i = 0; i < rc; i++)
        note_packet(&p[i], &headers[i].msg_hdr, headers[i].msg_len);
    /* There are no more; or, if it is connected, perhaps a failure is next, of
     * which the kernel does not tell again. */
    if (rc > 0 && (unsigned)rc < n && !s->connected)
        cd_fd_drained(&s->fd, CD_IN);
    return rc;
}

static int take(cede_socket *s, cede_packet *p, unsigned n)
{
    if (!(s->fd.ready & CD_IN))
        return -EAGAIN;
    return n == 1 ? take_one(s, p) : take_several(s, p, n);
}

int cede_receive_packets(cede_socket *s, cede_packet *p, size_t n)
{
    int rc = begin(s, CD_IN, "cede_receive_packets");
    if (rc < 0)
        return rc;
    unsigned most = n < CD_PACKETS ? (unsigned)n : CD_PACKETS;
    if (most > 0)
        while ((rc = take(s, p, most)) == -EAGAIN)
            if ((rc = wait_for(s, &s->fd, CD_IN, "receive packets")) < 0)
                break;
    return end(s, CD_IN, rc);
}

int cede_receive_packet(cede_socket *s, cede_packet *p)
{
    return cede_receive_packets(s, p, 1);
}

/* ---- sending ----------------------------------------------------------- */

static void fill(struct msghdr *m, const cede_packet *p)
{
    m->msg_name = p->peer.raw_size_ ? (void *)p->peer.raw_ : NULL;
    m->msg_namelen = p->peer.raw_size_;
    m->msg_iov->iov_base = p->data;
    m->msg_iov->iov_len = p->size;
}

static int give_one(cede_socket *s, const cede_packet *p)
{
    struct iovec data;
    struct msghdr m = {.msg_iov = &data, .msg_iovlen = 1};
    fill(&m, p);
    return sendmsg(s->fd.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 1;
}

static int give_several(cede_socket *s, const cede_packet *p, unsigned n)
{
    int rc = s->packets ? 0 : make_packets(s);
    if (rc < 0)
        return rc;
    struct mmsghdr *headers = s->packets->headers;
    for (unsigned i = 0; i < n; i++)
        fill(&headers[i].msg_hdr, &p[i]);
    rc = sendmmsg(s->fd.fd, headers, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    return rc < 0 ? -errno : rc;
}

/* As many as the kernel takes at once. */
static int give(cede_socket *s, const cede_packet *p, size_t n)
{
    if (!(s->fd.ready & CD_OUT))
        return -EAGAIN;
    int saved = errno;
    unsigned most = n < CD_PACKETS ? (unsigned)n : CD_PACKETS;
    int rc = most == 1 ? give_one(s, p) : give_several(s, p, most);
    errno = saved;
    /* What Unix sockets say. */
    return rc == -ENOTCONN && !s->connected ? -EDESTADDRREQ : rc;
}

static int connect_to(const cede_address *peer)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const void *)peer->raw_, peer->raw_size_) == 0)
        return fd;
    int err = errno;
    close(fd);
    return -err;
}

static bool is_full(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, 0) == 0;
}

static int wait_for_room(cede_socket *s)
{
    return wait_for(s, &s->fd, CD_OUT, "send packets");
}

/* The peer has room, or takes packets of this socket alone, as many as it sends
 * (-EPERM to all others): it was full a moment ago, or the socket itself is; of
 * that, again, the kernel tells only when it has changed.  As give, or 0. */
static int give_again(cede_socket *s, const cede_packet *p)
{
    int rc = give(s, p, 1), saved = errno;
    bool full = rc == -EAGAIN && is_full(s->fd.fd);
    errno = saved;
    return full ? wait_for_room(s) : rc == -EAGAIN ? 0 : rc;
}

static int wait_for_peer(cede_socket *s, const cede_packet *p)
{
    int saved = errno, rc;
    int fd = connect_to(&p->peer);
    bool full = fd >= 0 && is_full(fd);
    errno = saved;
    if (fd < 0)
        return fd == -EPERM ? give_again(s, p) : fd;
    struct cd_fd f;
    cd_fd_init(&f, s->loop, fd);
    s->peer = &f;
    rc = full ? wait_for(s, &f, CD_OUT, "send packets") : 0;
    s->peer = NULL;
    cd_fd_close(&f);
    return full ? rc : give_again(s, p);
}

/* 0: try again; or, as it may find out by the way, 1: the first was sent. */
static int wait_to_send(cede_socket *s, const cede_packet *p)
{
    if (s->family == AF_UNIX && p->peer.raw_size_ && s->fd.ready & CD_OUT)
        return wait_for_peer(s, p);
    return wait_for_room(s);
}

/* A call that has sent some ends: the next one answers why. */
static int stopped(cede_socket *s, size_t sent, int rc)
{
    if (sent == 0)
        return rc;
    if (rc != -ECANCELED)
        s->failure = rc;
    return (int)sent;
}

static int send_all(cede_socket *s, const cede_packet *p, size_t n)
{
    int rc = s->failure;
    s->failure = 0;
    for (size_t sent = 0; rc >= 0 && sent < n;) {
        rc = give(s, p + sent, n - sent);
        if (rc == -EAGAIN)
            rc = wait_to_send(s, p + sent);
        if (rc > 0 && (sent += (size_t)rc) < n)
            rc = cd_checkpoint(cd_me.task);
        if (s->closed)
            return CEDE_ECLOSED;
        if (rc < 0)
            return stopped(s, sent, rc);
    }
    return rc < 0 ? rc : (int)n;
}

int cede_send_packets(cede_socket *s, const cede_packet *p, size_t n)
{
    int rc = begin(s, CD_OUT, "cede_send_packets");
    if (rc < 0)
        return rc;
    return end(s, CD_OUT, send_all(s, p, n < INT_MAX ? n : INT_MAX));
}

int cede_send_packet(cede_socket *s, const cede_packet *p)
{
    return cede_send_packets(s, p, 1);
}
