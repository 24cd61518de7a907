/* SPDX-License-Identifier: MIT
 *
 * floor_tcp.c - connections on bare epoll.
 */
#define _GNU_SOURCE
#include "floor_tcp.h"
#include "listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 512 };

static int epoll;
static char *buffer;
static size_t buffer_size;

static void watch(int fd, uint32_t events, struct floor_peer *p)
{
    struct epoll_event event = {events, {.ptr = p}};
    listen_require(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0,
                   "cannot watch");
}

static void accept_all(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
           0) {
        struct floor_peer *p = calloc(1, sizeof(*p));
        listen_require(p != NULL, "no memory");
        p->fd = fd;
        listen_nodelay(fd);
        watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, p);
    }
}

static void end(struct floor_peer *p)
{
    close(p->fd);
    free(p->kept);
    free(p->state);
    free(p);
}

/* ---- sending --------------------------------------------------------- */

static int keep(struct floor_peer *p, const char *data, size_t n)
{
    char *kept = realloc(p->kept, p->kept_size + n);
    if (!kept)
        return -1;
    memcpy(kept + p->kept_size, data, n);
    p->kept = kept;
    p->kept_size += n;
    return 0;
}

int floor_send(struct floor_peer *p, const char *data, size_t n)
{
    if (p->kept)
        return keep(p, data, n);
    ssize_t sent = write(p->fd, data, n);
    if (sent == (ssize_t)n)
        return 0;
    if (sent < 0 && errno != EAGAIN)
        return -1;
    size_t part = sent < 0 ? 0 : (size_t)sent;
    return keep(p, data + part, n - part);
}

/* Fails while something is left to send, or the peer is gone. */
static int flush(struct floor_peer *p)
{
    ssize_t sent =
        write(p->fd, p->kept + p->kept_sent, p->kept_size - p->kept_sent);
    if (sent < 0)
        return errno == EAGAIN ? -EAGAIN : -1;
    p->kept_sent += (size_t)sent;
    if (p->kept_sent < p->kept_size)
        return -EAGAIN;
    free(p->kept);
    p->kept = NULL;
    p->kept_size = p->kept_sent = 0;
    return 0;
}

/* ---- receiving ------------------------------------------------------- */

/* A read that does not fill the buffer has emptied the socket, unless the end
 * came with it. */
static int receive(struct floor_peer *p, floor_fn *came, int ends)
{
    for (;;) {
        ssize_t n = read(p->fd, buffer, buffer_size);
        if (n < 0 && errno == EAGAIN)
            return 0;
        if (n <= 0 || came(p, buffer, (size_t)n) < 0)
            return -1;
        if (p->kept || ((size_t)n < buffer_size && !ends))
            return 0;
    }
}

static int serve(struct floor_peer *p, uint32_t events, floor_fn *came)
{
    const uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    if (p->kept) {
        int rc = flush(p);
        if (rc < 0)
            return rc == -EAGAIN ? 0 : rc;
        events |= EPOLLIN; /* what came meanwhile is not told again */
    }
    if (!(events & (EPOLLIN | ends)))
        return 0;
    return receive(p, came, (events & ends) != 0);
}

int floor_serve(floor_fn *came, size_t read_size)
{
    struct epoll_event events[EVENTS];
    buffer = malloc(buffer_size = read_size);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    listen_require(buffer && epoll >= 0, "no memory");
    int listener = listen_open(SOCK_STREAM | SOCK_NONBLOCK);
    watch(listener, EPOLLIN, NULL);
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct floor_peer *p = events[i].data.ptr;
            if (!p)
                accept_all(listener);
            else if (serve(p, events[i].events, came) < 0)
                end(p);
        }
    }
}
