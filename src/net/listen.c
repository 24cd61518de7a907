/* SPDX-License-Identifier: MIT
 *
 * listen.c - servers and the sockets that they listen at.
 *
 * A name stands for all its addresses, but for kinds that this machine has not
 * got.  Where the system is to choose the port, it chooses that of the first
 * socket, and the others are tried at the same one; if somebody has that
 * already, all is done again.
 */
#include "net/address.h"
#include "net/server.h"
#include "task/loop.h"

#include <cede/loop.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 4096, TRIES = 16 };

int cd_server_check(const cede_server *s, const char *what)
{
    if (!s)
        return -ENOMEM;
    if (cd_me.loop && cd_me.loop == s->loop)
        return 0;
    return cede_fail(-EPERM, "%s: the server is another loop's%s", what,
                     cd_task_forked());
}

/* ---- options of sockets ------------------------------------------------ */

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

/* Accepted sockets inherit TCP_NODELAY. */
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

/* fd listens, and is the server's from now on. */
static int add(cede_server *s, int fd, bool any, const struct cd_path *path)
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
    if (l->fd.fd < 0)
        return;
    l->rc = CEDE_ECLOSED;
    cd_path_remove(&l->path, &l->address);
    cd_fd_close(&l->fd);
    l->fd.fd = -1;
}

void cd_server_shut(cede_server *s)
{
    for (size_t i = 0; i < s->n; i++)
        shut(s->listeners[i]);
}

/* Those beyond the first n. */
static void drop_beyond(cede_server *s, size_t n)
{
    while (s->n > n) {
        struct cd_listener *l = s->listeners[--s->n];
        shut(l);
        free(l);
    }
}

static int listen_at(cede_server *s, const cede_address *a, bool v6_only)
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
        rc = add(s, fd, cede_address_is_any(a), &path);
    if (rc == 0)
        return 0;
    cd_path_remove(&path, a);
    close(fd);
    return rc;
}

/* ---- all addresses of a text ------------------------------------------- */

static bool is_missing(int rc)
{
    return rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL;
}

/* All interfaces are IPv4's where there is no IPv6. */
static int listen_somehow(cede_server *s, const cede_address *a, bool v6_only)
{
    int rc = listen_at(s, a, v6_only);
    if (!is_missing(rc) || !cede_address_is_any(a) || v6_only)
        return rc;
    const struct sockaddr_in in = {.sin_family = AF_INET,
                                   .sin_port =
                                       htons((uint16_t)cede_address_port(a))};
    cede_address v4;
    CEDE_TRY(cede_address_from(&in, sizeof in, SOCK_STREAM, &v4));
    return listen_at(s, &v4, false);
}

/* 0; 1: the port that the system chose is taken elsewhere; or why not. */
static int try_all(cede_server *s, const cede_address *all, size_t n)
{
    size_t before = s->n;
    bool v6_only = s->options.v6_only || n > 1;
    bool chosen = false;
    int missing = 0;
    for (size_t i = 0; i < n; i++) {
        cede_address a = all[i];
        if (s->n > before && cede_address_port(&a) == 0) {
            chosen = true;
            cd_address_set_port(&a, (uint16_t)cede_address_port(
                                        &s->listeners[before]->address));
        }
        int rc = listen_somehow(s, &a, v6_only);
        if (is_missing(rc))
            missing = rc;
        else if (rc < 0)
            return chosen && rc == -EADDRINUSE ? 1 : rc;
    }
    return s->n == before ? missing : 0;
}

static int add_all(cede_server *s, const cede_address *all, size_t n)
{
    size_t before = s->n;
    int rc = 1, tries = TRIES;
    while (rc == 1 && tries-- > 0) {
        rc = try_all(s, all, n);
        if (rc != 0)
            drop_beyond(s, before);
    }
    return rc == 1 ? -EADDRINUSE : rc;
}

static int check_kind(const char *text, const cede_address *a)
{
    if (cede_address_type(a) != SOCK_DGRAM)
        return 0;
    return cede_fail(-EINVAL,
                     "'%s': peers of a server connect, by tcp:// or "
                     "unix:; for udp:// see cede_datagrams",
                     text);
}

static int check_open(const cede_server *s, const char *what)
{
    CEDE_TRY(cd_server_check(s, what));
    return s->ending == CD_OPEN
               ? 0
               : cede_fail(CEDE_ECLOSED, "%s: the server has stopped", what);
}

static int add_text(cede_server *s, const char *text)
{
    cede_address *all;
    s->adding++;
    int n = cd_address_all(text, &all);
    s->adding--;
    if (n < 0)
        return n;
    int saved = errno;
    int rc = check_open(s, "cede_server_add");
    if (rc == 0)
        rc = check_kind(text, &all[0]);
    if (rc == 0) {
        rc = add_all(s, all, (size_t)n);
        if (rc < 0)
            cede_fail(rc, "cannot listen at '%s': %s", text, cede_strerror(rc));
    }
    free(all);
    cd_errno_restore(saved);
    return rc;
}

/* ---- servers ----------------------------------------------------------- */

/* With a loop that has what streams need, so that none cannot be made. */
static cede_server *new_server(const cede_serve_options *o)
{
    cede_server *s = cd_zalloc(sizeof *s);
    if (!s || cd_net_open(cd_me.loop) < 0) {
        free(s);
        return NULL;
    }
    s->loop = cd_me.loop;
    cd_loop_borrow(s->loop);
    if (o)
        s->options = *o;
    s->in_hand = -1;
    s->deadline = CEDE_NEVER;
    for (int i = 0; i < CD_BATCH; i++) {
        s->arrivals[i] = (struct cd_arrival){s->free, s, -1};
        s->free = &s->arrivals[i];
    }
    return s;
}

static void free_server(cede_server *s)
{
    drop_beyond(s, 0);
    free(s->listeners);
    cd_loop_return(s->loop);
    free(s);
}

int cede_listen_with(const cede_serve_options *o, const char *address,
                     cede_server **out)
{
    *out = NULL;
    if (!cd_me.loop)
        return cede_fail(-EPERM,
                         "cede_listen called on a thread without a "
                         "loop%s",
                         cd_task_forked());
    cede_server *s = new_server(o);
    if (!s)
        return -ENOMEM;
    int rc = add_text(s, address);
    if (rc < 0)
        free_server(s);
    else
        *out = s;
    return rc;
}

int cede_listen(const char *address, cede_server **s)
{
    return cede_listen_with(NULL, address, s);
}

/* ---- more addresses ---------------------------------------------------- */

/* Somebody may be waiting for peers. */
static int added(cede_server *s, int rc)
{
    if (rc == 0)
        cd_pause_end(&s->rest);
    return rc;
}

int cede_server_add(cede_server *s, const char *address)
{
    CEDE_TRY(check_open(s, "cede_server_add"));
    return added(s, add_text(s, address));
}

static int check_listens(int fd)
{
    int on = 0;
    socklen_t size = sizeof on;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) < 0 &&
        errno == EBADF)
        return -EBADF;
    return on ? 0 : cede_fail(-EINVAL, "descriptor %d does not listen", fd);
}

static int take_over(cede_server *s, int fd)
{
    const struct cd_path none = {0};
    CEDE_TRY(check_listens(fd));
    int flags = fcntl(fd, F_GETFL);
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return -errno;
    return add(s, fd, false, &none);
}

int cede_server_add_fd(cede_server *s, int fd)
{
    CEDE_TRY(check_open(s, "cede_server_add_fd"));
    int saved = errno;
    int rc = take_over(s, fd);
    cd_errno_restore(saved);
    return added(s, rc);
}

/* In the child of a fork, and when the loop is over, nobody uses it. */
static int may_close(const cede_server *s)
{
    if (!s)
        return -ENOMEM;
    if (!cd_loop_whole(s->loop)->owner || cd_loop_closed(s->loop))
        return 0;
    CEDE_TRY(cd_server_check(s, "cede_server_close"));
    return s->running || s->accepting || s->adding
               ? cede_fail(-EBUSY, "the server is in use: stop it first")
               : 0;
}

int cede_server_close(cede_server *s)
{
    CEDE_TRY(may_close(s));
    int saved = errno;
    free_server(s);
    cd_errno_restore(saved);
    return 0;
}

/* ---- looking ----------------------------------------------------------- */

int cede_server_address(const cede_server *s, size_t i, cede_address *out)
{
    if (!s)
        return -ENOMEM;
    if (i >= s->n)
        return -ENOENT;
    *out = s->listeners[i]->address;
    return 0;
}

int cede_server_port(const cede_server *s)
{
    if (!s)
        return -ENOMEM;
    cede_address a;
    int rc = cede_server_address(s, 0, &a);
    return rc == 0 && cede_address_family(&a) != AF_UNIX ? cede_address_port(&a)
                                                         : 0;
}

int cede_server_look(const cede_server *s, cede_server_info *out)
{
    if (!s)
        return -ENOMEM;
    *out = (cede_server_info){.live = s->live,
                              .accepted = s->accepted,
                              .failed = s->failed,
                              .held_up = cd_server_held_up(s)};
    return 0;
}
