/* SPDX-License-Identifier: MIT
 *
 * dial.c - connecting to the address that answers first.
 *
 * A host may have many addresses, and some of them never answer: a network
 * that is advertised but does not work is the common case with IPv6.  So the
 * attempts are a race, with a handicap: each begins 250 ms after the one before
 * it, or when that has failed.  All are made by the task itself, which waits
 * for the first of them and for the next one's time at once.
 *
 * Source: RFC 8305, Happy Eyeballs Version 2; the names are looked up all at
 * once here, and the kinds alternate one by one.
 */
#include "net/address.h"
#include "net/pause.h"
#include "net/stream.h"

#include <cede/net.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const cede_time stagger = 250 * CEDE_MS;

/* One of: not begun; under way, fd is open and the waiter linked or told; has
 * failed, and fd is closed. */
struct attempt {
    struct dial *dial;
    struct cd_fd fd;
    struct cd_fd_waiter waiter;
    int rc;      /* < 0: why it failed */
    bool failed; /* and is not counted as open any more */
};

/* The first `begun` attempts have begun, and `open` of these are under way. */
struct dial {
    const cede_dial_options *options;
    const char *text;
    const cede_address *to, *from; /* from: n_from of them, or none */
    size_t n, n_from;
    struct cd_pause rest;
    cede_time next; /* when the next one begins at the latest */
    size_t begun, open;
    struct attempt all[];
};

static const cede_dial_options no_options;

/* ---- one attempt ------------------------------------------------------- */

static int set(int fd, int level, int option)
{
    const int on = 1;
    return setsockopt(fd, level, option, &on, sizeof on) < 0 ? -errno : 0;
}

/* The local address that is of the same kind. */
static int bind_from(const struct dial *d, int fd, int family)
{
    for (size_t i = 0; i < d->n_from; i++) {
        if (cede_address_family(&d->from[i]) != family)
            continue;
        size_t size;
        const void *raw = cede_address_raw(&d->from[i], &size);
        /* The port can be shared with other peers if it is chosen late. */
        if (family != AF_UNIX)
            (void)set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
        return bind(fd, raw, (socklen_t)size) < 0 ? -errno : 0;
    }
    return -EADDRNOTAVAIL;
}

static int prepare(const struct dial *d, int fd, int family)
{
    if (family != AF_UNIX && !d->options->delay)
        CEDE_TRY(set(fd, IPPROTO_TCP, TCP_NODELAY));
    return d->n_from > 0 ? bind_from(d, fd, family) : 0;
}

static int begin_connect(int fd, const cede_address *to)
{
    size_t size;
    const void *raw = cede_address_raw(to, &size);
    return connect(fd, raw, (socklen_t)size) < 0 ? -errno : 0;
}

/* Unix sockets say so when too many wait to be accepted, and cannot be waited
 * for. */
static int connect_patiently(int fd, const cede_address *to)
{
    cede_time delay = CEDE_MS;
    int rc;
    while ((rc = begin_connect(fd, to)) == -EAGAIN) {
        CEDE_TRY(cede_sleep(delay));
        if (delay < 64 * CEDE_MS)
            delay *= 2;
    }
    return rc;
}

/* A port that the system chose for us may be the very one that we connect to,
 * if nobody listens there: TCP can do that. */
static bool is_ourselves(int fd, const cede_address *to)
{
    struct sockaddr_storage raw;
    socklen_t size = sizeof raw;
    cede_address own;
    return getsockname(fd, (struct sockaddr *)&raw, &size) == 0 &&
           cede_address_from(&raw, size, SOCK_STREAM, &own) == 0 &&
           cede_address_family(&own) != AF_UNIX && cede_address_equal(&own, to);
}

static void told(struct cd_fd_waiter *w, int rc)
{
    struct attempt *a = cd_container(w, struct attempt, waiter);
    a->rc = rc;
    cd_pause_end(&a->dial->rest);
}

/* What comes from the peer is told as well, from here on. */
static int await(struct attempt *a)
{
    a->waiter.tell = told;
    cd_fd_drained(&a->fd, CD_IN | CD_OUT);
    return cd_fd_await(&a->fd, CD_OUT, &a->waiter);
}

/* 0: it is under way, or done; or why not. */
static int begin(struct attempt *a, const cede_address *to)
{
    int family = cede_address_family(to);
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    cd_fd_init(&a->fd, cd_me.loop, fd);
    CEDE_TRY(prepare(a->dial, fd, family));
    int rc =
        family == AF_UNIX ? connect_patiently(fd, to) : begin_connect(fd, to);
    return rc == -EINPROGRESS ? await(a) : rc;
}

static void shut(struct attempt *a)
{
    if (a->fd.fd < 0)
        return;
    if (cd_fd_awaited(&a->fd, CD_OUT))
        cd_fd_await_no_more(&a->fd, CD_OUT);
    cd_fd_close(&a->fd);
    a->fd.fd = -1;
}

static void fail(struct attempt *a, int rc)
{
    a->rc = rc;
    a->failed = true;
    a->dial->open--;
    shut(a);
}

/* Of one that the kernel has something to say about: 0: connected. */
static int verdict(const struct attempt *a, const cede_address *to)
{
    int err = 0;
    socklen_t size = sizeof err;
    if (a->rc < 0)
        return a->rc;
    if (getsockopt(a->fd.fd, SOL_SOCKET, SO_ERROR, &err, &size) < 0)
        return -errno;
    return err ? -err : is_ourselves(a->fd.fd, to) ? -ECONNREFUSED : 0;
}

/* ---- the race ---------------------------------------------------------- */

/* From the second on each is of another kind than the one before, while there
 * are two kinds; else in their order. */
static void alternate(cede_address *all, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        int last = cede_address_family(&all[i - 1]);
        size_t j = i;
        while (j < n && cede_address_family(&all[j]) == last)
            j++;
        if (j == n)
            return;
        cede_address next = all[j];
        memmove(&all[i + 1], &all[i], (j - i) * sizeof *all);
        all[i] = next;
    }
}

/* Only a cancel ends the race. */
static int begin_next(struct dial *d)
{
    cede_time apart = d->options->stagger;
    struct attempt *a = &d->all[d->begun];
    d->next = apart < 0 ? CEDE_NEVER : cede_in(apart > 0 ? apart : stagger);
    d->open++;
    int rc = begin(a, &d->to[d->begun++]);
    if (rc < 0)
        fail(a, rc);
    return rc == -ECANCELED ? rc : 0;
}

/* The one that is connected; NULL: none so far. */
static struct attempt *winner(struct dial *d)
{
    for (size_t i = 0; i < d->begun; i++) {
        struct attempt *a = &d->all[i];
        if (a->failed || cd_fd_awaited(&a->fd, CD_OUT))
            continue; /* not by its number: somebody else may close that */
        int rc = verdict(a, &d->to[i]);
        if (rc == 0)
            return a;
        fail(a, rc);
    }
    return NULL;
}

static bool is_time(const struct dial *d)
{
    return d->begun < d->n && (d->begun == 0 || d->all[d->begun - 1].rc < 0 ||
                               d->next <= cede_clock());
}

/* 0 and the winner; 1: there is none. */
static int race(struct dial *d, struct attempt **out)
{
    while (!(*out = winner(d))) {
        int rc = 0;
        if (is_time(d))
            rc = begin_next(d);
        else if (d->open == 0)
            return 1;
        else
            rc = cd_pause(&d->rest, d->begun < d->n ? d->next : CEDE_NEVER,
                          "connect");
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- what comes of it -------------------------------------------------- */

/* An address without what all of them have in common. */
static int put_host(const cede_address *a, char *at, size_t size)
{
    char text[CEDE_ADDRESS_TEXT];
    cede_address_text(a, text, sizeof text);
    if (cede_address_family(a) == AF_UNIX)
        return snprintf(at, size, "%s", text);
    const char *host = strstr(text, "//");
    *strrchr(text, ':') = '\0';
    return snprintf(at, size, "%s", host + 2);
}

/* "127.0.0.1: Connection refused; [::1]: Network is unreachable" */
static void put_failures(const struct dial *d, char *at, size_t size)
{
    for (size_t i = 0; i < d->n && size > 1; i++) {
        size_t n = 0;
        if (i > 0)
            n = (size_t)snprintf(at, size, "; ");
        if (n < size)
            n += (size_t)put_host(&d->to[i], at + n, size - n);
        if (n < size)
            n += (size_t)snprintf(at + n, size - n, ": %s",
                                  cede_strerror(d->all[i].rc));
        n = n < size ? n : size - 1;
        at += n;
        size -= n;
    }
}

static __attribute__((noinline)) int all_failed(const struct dial *d)
{
    char own[CEDE_ADDRESS_TEXT], texts[1024];
    int rc = d->all[0].rc;
    cede_address_text(&d->to[0], own, sizeof own);
    if (d->n == 1 && strcmp(own, d->text) == 0)
        return cede_fail(rc, "%s: %s", d->text, cede_strerror(rc));
    put_failures(d, texts, sizeof texts);
    return cede_fail(rc, "%s: %s", d->text, texts);
}

static int make_stream(struct attempt *a, cede_stream **s)
{
    *s = cd_stream_new(cd_me.loop, a->fd.fd);
    if (!*s)
        return -ENOMEM;
    cd_fd_move(&(*s)->fd, &a->fd);
    return 0;
}

static int run(struct dial *d, cede_stream **s)
{
    struct attempt *a;
    int rc = race(d, &a);
    if (rc == 0)
        rc = make_stream(a, s);
    for (size_t i = 0; i < d->begun; i++)
        shut(&d->all[i]);
    return rc > 0 ? all_failed(d) : rc;
}

/* ---- addresses --------------------------------------------------------- */

static int dial_from(struct dial *d, cede_address *to, cede_stream **s)
{
    alternate(to, d->n);
    d->to = to;
    for (size_t i = 0; i < d->n; i++) {
        d->all[i].dial = d;
        d->all[i].fd.fd = -1;
    }
    return run(d, s);
}

static int check_kind(const char *text, const cede_address *a)
{
    if (cede_address_type(a) != SOCK_DGRAM)
        return 0;
    return cede_fail(-EINVAL,
                     "'%s': streams connect by tcp:// or unix:; for "
                     "udp:// see cede_datagrams",
                     text);
}

/* All addresses of a text: as cd_address_all. */
static int find(const char *text, cede_address **all)
{
    int n = cd_address_all(text, all);
    int rc = n < 0 ? n : check_kind(text, *all);
    if (n >= 0 && rc < 0)
        free(*all);
    return rc < 0 ? rc : n;
}

static int dial(const cede_dial_options *o, const char *text, cede_address *to,
                size_t n, cede_stream **s)
{
    cede_address *from = NULL;
    int n_from = o->local ? find(o->local, &from) : 0;
    if (n_from < 0)
        return n_from;
    struct dial *d = cd_zalloc(sizeof *d + n * sizeof d->all[0]);
    int rc = -ENOMEM;
    if (d) {
        d->options = o;
        d->text = text;
        d->from = from;
        d->n = n;
        d->n_from = (size_t)n_from;
        rc = dial_from(d, to, s);
    }
    free(d);
    free(from);
    return rc;
}

int cede_dial_with(const cede_dial_options *o, const char *address,
                   cede_stream **s)
{
    *s = NULL;
    if (!cd_task_needed("cede_dial"))
        return -EPERM;
    cede_address *to;
    int n = find(address, &to);
    if (n < 0)
        return n;
    int saved = errno;
    int rc = dial(o ? o : &no_options, address, to, (size_t)n, s);
    free(to);
    cd_errno_restore(saved);
    return rc;
}

int cede_dial(const char *address, cede_stream **s)
{
    return cede_dial_with(NULL, address, s);
}
