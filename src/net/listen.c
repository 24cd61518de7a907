/* SPDX-License-Identifier: MIT
 *
 * listen.c - servers, and the addresses that they listen at.
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
#include <sys/socket.h>

enum { TRIES = 16 };

int cd_server_check(const cede_server *s, const char *what)
{
    if (!s)
        return -ENOMEM;
    if (cd_me.loop && cd_me.loop == s->loop)
        return 0;
    return cede_fail(-EPERM, "%s: the server is another loop's%s", what,
                     cd_task_forked());
}

/* ---- all addresses of a text ------------------------------------------- */

static bool is_missing(int rc)
{
    return rc == -EAFNOSUPPORT || rc == -EADDRNOTAVAIL;
}

/* All interfaces are IPv4's where there is no IPv6. */
static int listen_somehow(cede_server *s, const cede_address *a, bool v6_only)
{
    int rc = cd_server_listen(s, a, v6_only);
    if (!is_missing(rc) || !cede_address_is_any(a) || v6_only)
        return rc;
    const struct sockaddr_in in = {.sin_family = AF_INET,
                                   .sin_port =
                                       htons((uint16_t)cede_address_port(a))};
    cede_address v4;
    CEDE_TRY(cede_address_from(&in, sizeof in, SOCK_STREAM, &v4));
    return cd_server_listen(s, &v4, false);
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
            cd_server_keep(s, before);
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
    cd_server_keep(s, 0);
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
    return cd_server_adopt(s, fd, false, &none);
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
