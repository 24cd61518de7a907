/* SPDX-License-Identifier: MIT
 *
 * load_echo.c - messages on open connections, and connections left alone.
 *
 * Each connection has so many messages under way, and sends the next when one
 * is back.  A message that came is timed when it was read, and its successor
 * is sent at that same time.
 */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct connection {
    int fd;
    size_t owed;      /* bytes to send */
    size_t offset;    /* of the next of them, in load_message */
    size_t came;      /* bytes of the message that is arriving */
    int first, count; /* of those under way, in sent */
    long long *sent;  /* when */
};

enum { EVENTS = 512, READ = 256 * 1024 };

static struct connection *connections;
static int epoll;
static long under_way;

/* ---- one connection -------------------------------------------------- */

static void flush(const struct load *l, struct connection *c)
{
    size_t all = (size_t)l->size * (size_t)l->pipelined;
    while (c->owed > 0) {
        size_t size = all - c->offset < c->owed ? all - c->offset : c->owed;
        ssize_t n = write(c->fd, load_message(l) + c->offset, size);
        if (n < 0 && errno == EAGAIN)
            return;
        load_require(n > 0, "cannot write");
        c->owed -= (size_t)n;
        c->offset = (c->offset + (size_t)n) % all;
    }
}

static void send_messages(const struct load *l, struct connection *c, int n,
                          long long now)
{
    for (int i = 0; i < n; i++)
        c->sent[(c->first + c->count++) % l->pipelined] = now;
    under_way += n;
    c->owed += (size_t)n * (size_t)l->size;
    flush(l, c);
}

/* How many messages have ended. */
static int take(const struct load *l, struct connection *c, size_t bytes,
                struct load_run *r, long long now)
{
    int ended = 0;
    for (c->came += bytes; c->came >= (size_t)l->size; ended++) {
        c->came -= (size_t)l->size;
        load_count(r, c->sent[c->first], now);
        c->first = (c->first + 1) % l->pipelined;
        c->count--;
    }
    under_way -= ended;
    return ended;
}

static void receive(const struct load *l, struct connection *c,
                    struct load_run *r)
{
    static char buf[READ];
    ssize_t n;
    do {
        n = read(c->fd, buf, READ);
        if (n < 0 && errno == EAGAIN)
            return;
        load_require(n > 0, "the server closed a connection");
        long long now = load_ns();
        int ended = take(l, c, (size_t)n, r, now);
        if (ended > 0 && load_part(l, r, now) != LOAD_ENDING)
            send_messages(l, c, ended, now);
    } while (n == READ);
}

/* ---- all ------------------------------------------------------------- */

void load_echo_open(const struct load *l)
{
    connections = calloc((size_t)l->connections, sizeof(*connections));
    epoll = epoll_create1(EPOLL_CLOEXEC);
    load_require(connections && epoll >= 0, "no memory");
    for (int i = 0; i < l->connections; i++) {
        struct connection *c = &connections[i];
        c->fd = load_connect(l, i);
        c->sent = calloc((size_t)l->pipelined, sizeof(*c->sent));
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
        struct epoll_event both = {EPOLLIN | EPOLLOUT | EPOLLET, {.ptr = c}};
        load_require(c->sent &&
                         epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &both) == 0,
                     "cannot watch a connection");
    }
}

void load_echo(const struct load *l, struct load_run *r)
{
    struct epoll_event events[EVENTS];
    for (int i = 0; i < l->connections; i++)
        send_messages(l, &connections[i], l->pipelined, load_ns());
    while (under_way > 0) {
        int n = epoll_wait(epoll, events, EVENTS, 5000);
        load_require(n > 0, "the server says nothing");
        for (int i = 0; i < n; i++) {
            if (events[i].events & EPOLLOUT)
                flush(l, events[i].data.ptr);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                receive(l, events[i].data.ptr, r);
        }
    }
}

void load_idle(const struct load *l, struct load_run *r)
{
    enum { SETTLE_US = 200000 };
    int *fds = calloc((size_t)l->connections, sizeof(*fds));
    load_require(fds != NULL, "no memory");
    close(load_connect(l, 0)); /* what the first one needs is not of each */
    usleep(SETTLE_US);
    r->bytes = -load_memory(l);
    for (int i = 0; i < l->connections; i++)
        fds[i] = load_connect(l, i);
    usleep(SETTLE_US);
    r->bytes = (r->bytes + load_memory(l)) / l->connections;
    for (int i = 0; i < l->connections; i++)
        close(fds[i]);
    free(fds);
}
