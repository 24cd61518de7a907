/* SPDX-License-Identifier: MIT
 *
 * listener.c - the sockets that a server listens at: made, bound, taken over,
 * closed.
 *
 * Options are set before a socket listens, for peers' sockets inherit them: so
 * none is set for each peer.
 */
#include "net/server.h"

#include <cede/loop.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

/* ---- options of sockets ------------------------------------------------ */

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int prepare_tcp(const cede_server *s, int fd, const cede_address *a,
                       bool v6_only)
{
    bool shared = cede_thread_count() > 1 && cede_address_port(a) != 0;
    CEDE_TRY(set(fd, SOL_SOCKET, SO_REUSEADDR, 1));
    if (shared || s->options.reuse_port)
        CEDE_TRY(set(fd, SOL_SOCKET, SO_REUSEPORT, 1));
    if (!s->options.delay)
        CEDE_TRY(set(fd, IPPROTO_TCP, TCP_NODELAY, 1));
    if (cede_address_family(a) == AF_INET6)
        CEDE_TRY(set(fd, IPPROTO_IPV6, IPV6_V6ONLY, v6_only));
    return 0;
}

static int bind_to(const cede_server *s, int fd, const cede_address *a,
                   bool v6_only, struct cd_path *path)
{
    size_t size;
    const struct sockaddr *raw = cede_address_raw(a, &size);
    if (raw->sa_family == AF_UNIX)
        return cd_path_bind(fd, a, s->options.mode, path);
    CEDE_TRY(prepare_tcp(s, fd, a, v6_only));
    return bind(fd, raw, (socklen_t)size) < 0 ? -errno : 0;
}

/* ---- one listener ------------------------------------------------------ */

static int own_address(int fd, cede_address *out)
{
    struct sockaddr_storage raw;
    socklen_t size = sizeof raw;
    if (getsockname(fd, (struct sockaddr *)&raw, &size) < 0)
        return -errno;
    return cede_address_from(&raw, size, SOCK_STREAM, out);
}

/* Room for one more is there, at the end. */
static bool make_room(cede_server *s)
{
    struct cd_listener **all = cd_malloc((s->n + 1) * sizeof *all);
    if (!all)
        return false;
    if (s->n > 0)
        memcpy(all, s->listeners, s->n * sizeof *all);
    free(s->listeners);
    s->listeners = all;
    return true;
}

static struct cd_listener *new_listener(cede_server *s)
{
    return make_room(s) ? cd_zalloc(sizeof(struct cd_listener)) : NULL;
}

static bool is_tcp(int fd)
{
    int protocol = 0;
    socklen_t size = sizeof protocol;
    return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
           protocol == IPPROTO_TCP;
}

int cd_server_adopt(cede_server *s, int fd, bool any,
                    const struct cd_path *path)
{
    cede_address a;
    int rc = own_address(fd, &a);
    if (rc < 0)
        return rc;
    a.any_ = any;
    struct cd_listener *l = new_listener(s);
    if (!l)
        return -ENOMEM;
    l->server = s;
    l->address = a;
    l->counts = is_tcp(fd);
    l->path = *path;
    cd_fd_init(&l->fd, s->loop, fd);
    s->listeners[s->n++] = l;
    return 0;
}

static void shut(struct cd_listener *l)
{
    /* Somebody else may have closed the number, and left the file. */
    cd_path_remove(&l->path, &l->address);
    if (l->fd.fd < 0)
        return;
    l->rc = CEDE_ECLOSED;
    cd_fd_close(&l->fd);
    l->fd.fd = -1;
}

void cd_server_shut(cede_server *s)
{
    for (size_t i = 0; i < s->n; i++)
        shut(s->listeners[i]);
}

void cd_server_keep(cede_server *s, size_t n)
{
    while (s->n > n) {
        struct cd_listener *l = s->listeners[--s->n];
        shut(l);
        free(l);
    }
}

int cd_server_listen(cede_server *s, const cede_address *a, bool v6_only)
{
    int backlog = s->options.backlog > 0 ? s->options.backlog : BACKLOG;
    int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = socket(cede_address_family(a), type, 0);
    if (fd < 0)
        return -errno;
    struct cd_path path = {0};
    int rc = bind_to(s, fd, a, v6_only, &path);
    if (rc == 0 && listen(fd, backlog) < 0)
        rc = -errno;
    if (rc == 0)
        rc = cd_server_adopt(s, fd, cede_address_is_any(a), &path);
    if (rc == 0)
        return 0;
    cd_path_remove(&path, a);
    close(fd);
    return rc;
}
