/* SPDX-License-Identifier: MIT
 *
 * load_accept.c - connections that live for one message: connect, write, read
 * it back, close, and the same again.
 *
 * Closing is orderly and ours to begin, so the server learns of it by the end
 * of what it reads.
 */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct visit {
    int fd;
    int came; /* bytes back; < 0: not connected yet */
    long long began;
};

enum { EVENTS = 512, SETTLE_US = 20000 };

static struct visit *visits;
static int epoll;
static int open_visits;

static void begin(const struct load *l, struct visit *v)
{
    static int number;
    const struct sockaddr_in server = load_server(l);
    v->fd = load_socket(number++, SOCK_NONBLOCK);
    v->came = -1;
    v->began = load_ns();
    struct epoll_event both = {EPOLLIN | EPOLLOUT | EPOLLET, {.ptr = v}};
    load_require((connect(v->fd, (const void *)&server, sizeof(server)) == 0 ||
                  errno == EINPROGRESS) &&
                     epoll_ctl(epoll, EPOLL_CTL_ADD, v->fd, &both) == 0,
                 "cannot connect");
    open_visits++;
}

static void end(const struct load *l, struct visit *v, struct load_run *r)
{
    close(v->fd);
    open_visits--;
    long long now = load_ns();
    load_count(r, v->began, now);
    if (load_part(l, r, now) != LOAD_ENDING)
        begin(l, v);
}

static void go_on(const struct load *l, struct visit *v, struct load_run *r)
{
    char buf[4096];
    if (v->came < 0) {
        load_require(write(v->fd, load_message(l), (size_t)l->size) == l->size,
                     "cannot write");
        v->came = 0;
    }
    ssize_t n = read(v->fd, buf, sizeof(buf));
    if (n < 0 && errno == EAGAIN)
        return;
    load_require(n > 0, "the server closed a connection");
    v->came += (int)n;
    if (v->came == l->size)
        end(l, v, r);
}

void load_accept_open(const struct load *l)
{
    visits = calloc((size_t)l->connections, sizeof(*visits));
    epoll = epoll_create1(EPOLL_CLOEXEC);
    load_require(visits && epoll >= 0, "no memory");
    close(load_connect(l, 0));
}

void load_accept(const struct load *l, struct load_run *r)
{
    struct epoll_event events[EVENTS];
    for (int i = 0; i < l->connections; i++)
        begin(l, &visits[i]);
    while (open_visits > 0) {
        int n = epoll_wait(epoll, events, EVENTS, 5000);
        load_require(n > 0, "the server says nothing");
        for (int i = 0; i < n; i++)
            go_on(l, events[i].data.ptr, r);
    }
    usleep(SETTLE_US); /* it has yet to see the last ones closed */
}
