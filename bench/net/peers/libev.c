/* SPDX-License-Identifier: MIT
 *
 * libev.c - an echo server on libev: a watcher a connection, which waits to
 * read, or to write what could not be sent at once.
 */
#define _GNU_SOURCE
#include "../listen.h"

#include <errno.h>
#include <ev.h>
#include <string.h>
#include <unistd.h>

struct peer {
    ev_io io;
    char *kept; /* to be written, or NULL */
    size_t kept_size, kept_sent;
};

static char buffer[LISTEN_READ];

static void end(struct ev_loop *loop, struct peer *p)
{
    ev_io_stop(loop, &p->io);
    close(p->io.fd);
    free(p->kept);
    free(p);
}

static void wait_for(struct ev_loop *loop, struct peer *p, int events)
{
    ev_io_stop(loop, &p->io);
    ev_io_set(&p->io, p->io.fd, events);
    ev_io_start(loop, &p->io);
}

static void keep(struct ev_loop *loop, struct peer *p, const char *data,
                 size_t n)
{
    p->kept = malloc(n);
    listen_require(p->kept != NULL, "no memory");
    memcpy(p->kept, data, n);
    p->kept_size = n;
    p->kept_sent = 0;
    wait_for(loop, p, EV_WRITE);
}

static void flush(struct ev_loop *loop, struct peer *p)
{
    ssize_t n =
        write(p->io.fd, p->kept + p->kept_sent, p->kept_size - p->kept_sent);
    if (n < 0)
        return errno == EAGAIN ? (void)0 : end(loop, p);
    p->kept_sent += (size_t)n;
    if (p->kept_sent < p->kept_size)
        return;
    free(p->kept);
    p->kept = NULL;
    wait_for(loop, p, EV_READ);
}

static void ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct peer *p = (struct peer *)io;
    if (events & EV_WRITE)
        return flush(loop, p);
    ssize_t n = read(io->fd, buffer, sizeof(buffer));
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        return end(loop, p);
    ssize_t sent = write(io->fd, buffer, (size_t)n);
    if (sent < 0 && errno != EAGAIN)
        return end(loop, p);
    if (sent < 0)
        sent = 0;
    if (sent < n)
        keep(loop, p, buffer + sent, (size_t)(n - sent));
}

static void connected(struct ev_loop *loop, ev_io *listener, int events)
{
    int fd;
    (void)events;
    while ((fd = accept4(listener->fd, NULL, NULL,
                         SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct peer *p = calloc(1, sizeof(*p));
        listen_require(p != NULL, "no memory");
        listen_nodelay(fd);
        ev_io_init(&p->io, ready, fd, EV_READ);
        ev_io_start(loop, &p->io);
    }
}

int main(void)
{
    ev_io listener;
    struct ev_loop *loop = EV_DEFAULT;
    ev_io_init(&listener, connected, listen_open(SOCK_STREAM | SOCK_NONBLOCK),
               EV_READ);
    ev_io_start(loop, &listener);
    return ev_run(loop, 0);
}
