/* SPDX-License-Identifier: MIT
 *
 * datagram_open.c - sockets for datagrams: made, looked at, closed.
 *
 * Both texts may name several addresses: each pair of them that fits is tried
 * in turn, and the first failure is the answer.
 */
#include "net/address.h"
#include "net/datagram.h"
#include "task/loop.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a socket is for; a pointer is NULL, or to one of several. */
struct ends {
    const cede_address *local, *peer;
    const char *local_text, *peer_text; /* as the caller wrote them */
};

/* ---- making ------------------------------------------------------------ */

static int open_fd(int family)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        return fd;
    return cede_fail(-errno, "no socket: %s", cede_strerror(-errno));
}

/* All interfaces of that family, with the port of a. */
static cede_address any_of(const cede_address *a, int family)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    struct sockaddr_in in = {.sin_family = AF_INET};
    bool four = family == AF_INET;
    cede_address out;
    (void)cede_address_from(four ? (void *)&in : (void *)&in6,
                            four ? sizeof in : sizeof in6, SOCK_DGRAM, &out);
    cd_address_set_port(&out, (uint16_t)cede_address_port(a));
    return out;
}

static int receive_at(cede_socket *s, const cede_address *a, const char *text)
{
    cede_address any;
    const int off = 0;
    if (cede_address_is_any(a)) {
        any = any_of(a, s->family);
        a = &any;
        if (s->family == AF_INET6)
            setsockopt(s->fd.fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    int rc = cd_path_bind(s->fd.fd, a, 0, &s->path);
    return rc == 0 ? 0
                   : cede_fail(rc, "cannot receive at '%s': %s", text,
                               cede_strerror(rc));
}

/* A Unix socket without a name could not be answered. */
static int take_any_name(cede_socket *s)
{
    const sa_family_t family = AF_UNIX;
    if (s->family != AF_UNIX ||
        bind(s->fd.fd, (const void *)&family, sizeof family) == 0)
        return 0;
    return cede_fail(-errno, "no name for a socket: %s", cede_strerror(-errno));
}

static int talk_to(cede_socket *s, const cede_address *a, const char *text)
{
    size_t size;
    const void *raw = cede_address_raw(a, &size);
    s->connected = connect(s->fd.fd, raw, (socklen_t)size) == 0;
    if (s->connected)
        return 0;
    return cede_fail(-errno, "cannot talk to '%s': %s", text,
                     cede_strerror(-errno));
}

/* In the child of a fork the file is the parent's. */
static void remove_path(cede_socket *s)
{
    int saved = errno;
    cede_address a;
    if (s->path.owner && cede_socket_local(s, &a) == 0)
        cd_path_remove(&s->path, &a);
    errno = saved;
}

static int make(cede_socket *s, const struct ends *e, int family)
{
    int fd = open_fd(family), rc;
    if (fd < 0)
        return fd;
    cd_fd_init(&s->fd, s->loop, fd);
    s->family = family;
    rc = e->local ? receive_at(s, e->local, e->local_text) : take_any_name(s);
    if (rc == 0 && e->peer)
        rc = talk_to(s, e->peer, e->peer_text);
    if (rc == 0)
        return 0;
    remove_path(s);
    close(fd);
    return rc;
}

/* 1: they do not fit together. */
static int try(cede_socket *s, const struct ends *e)
{
    const cede_address *local = e->local, *peer = e->peer;
    int family = cede_address_family(peer ? peer : local);
    bool any = local && cede_address_is_any(local);
    if (any && !peer) {
        int rc = make(s, e, AF_INET6);
        return rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL ? make(s, e, AF_INET)
                                                           : rc;
    }
    if (local && cede_address_family(local) != family &&
        !(any && family != AF_UNIX))
        return 1;
    return make(s, e, family);
}

/* ---- addresses --------------------------------------------------------- */

struct found {
    cede_address *all; /* owned; NULL: not asked for */
    int n;             /* at least 1: what is not asked for is tried once */
};

static int find(const char *text, struct found *out)
{
    *out = (struct found){.n = 1};
    if (!text)
        return 0;
    int rc = cd_address_all(text, &out->all);
    if (rc < 0)
        return rc;
    out->n = rc;
    if (cede_address_type(out->all) != SOCK_STREAM)
        return 0;
    return cede_fail(-EINVAL,
                     "'%s' is an address of streams; those of datagrams are "
                     "udp://host:port and unix:path",
                     text);
}

static int try_all(cede_socket *s, struct ends *e, const struct found *locals,
                   const struct found *peers)
{
    int first = 1;
    for (int i = 0; i < peers->n; i++)
        for (int j = 0; j < locals->n; j++) {
            e->peer = peers->all ? &peers->all[i] : NULL;
            e->local = locals->all ? &locals->all[j] : NULL;
            int rc = try(s, e);
            if (rc == 0)
                return 0;
            if (first > 0)
                first = rc;
        }
    if (first < 0)
        return first;
    return cede_fail(-EINVAL, "'%s' and '%s' are addresses of different kinds",
                     e->local_text, e->peer_text);
}

static int find_and_try(cede_socket *s, struct ends *e)
{
    struct found locals, peers = {0};
    int rc = find(e->local_text, &locals);
    if (rc >= 0)
        rc = find(e->peer_text, &peers);
    if (rc >= 0)
        rc = try_all(s, e, &locals, &peers);
    free(locals.all);
    free(peers.all);
    return rc;
}

int cede_datagrams(const char *local, const char *peer, cede_socket **out)
{
    *out = NULL;
    if (!cd_task_needed("cede_datagrams"))
        return -EPERM;
    if (!local && !peer)
        return cede_fail(-EINVAL, "a socket for datagrams needs an address to "
                                  "receive at, or one to talk to");
    cede_socket *s = cd_zalloc(sizeof *s);
    if (!s)
        return -ENOMEM;
    int saved = errno;
    s->loop = cd_me.loop;
    int rc =
        find_and_try(s, &(struct ends){.local_text = local, .peer_text = peer});
    cd_errno_restore(saved);
    if (rc < 0) {
        free(s);
        return rc;
    }
    cd_loop_borrow(s->loop);
    *out = s;
    return 0;
}

/* ---- what it is -------------------------------------------------------- */

int cede_socket_local(const cede_socket *s, cede_address *out)
{
    if (!s)
        return -ENOMEM;
    struct sockaddr_storage raw;
    socklen_t size = sizeof raw;
    int saved = errno;
    int rc = getsockname(s->fd.fd, (struct sockaddr *)&raw, &size) < 0
                 ? -errno
                 : cede_address_from(&raw, size, SOCK_DGRAM, out);
    errno = saved;
    return rc;
}

int cede_socket_fd(const cede_socket *s)
{
    return s ? s->fd.fd : -ENOMEM;
}

/* ---- the end ----------------------------------------------------------- */

void cd_socket_free(cede_socket *s)
{
    cd_loop_return(s->loop);
    free(s->packets);
    free(s);
}

int cede_socket_close(cede_socket *s)
{
    if (!s)
        return -ENOMEM;
    const struct cd_thread *owner = cd_loop_whole(s->loop)->owner;
    if (owner && owner != &cd_me && !cd_loop_closed(s->loop))
        return cede_fail(-EPERM, "cede_socket_close of another thread's");
    remove_path(s);
    s->closed = true;
    if (s->peer)
        (void)cd_fd_forget(s->peer); /* who waits there closes it */
    cd_fd_close(&s->fd);
    if (!s->busy)
        cd_socket_free(s);
    return 0;
}
