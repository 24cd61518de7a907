/* SPDX-License-Identifier: MIT
 *
 * libevent.c - an echo server on libevent's buffered events, whose buffers
 * move from input to output without a copy.
 */
#define _GNU_SOURCE
#include "../listen.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

static void came(struct bufferevent *peer, void *arg)
{
    (void)arg;
    bufferevent_write_buffer(peer, bufferevent_get_input(peer));
}

static void ended(struct bufferevent *peer, short events, void *arg)
{
    (void)arg;
    (void)events;
    bufferevent_free(peer);
}

static void connected(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *from, int size, void *arg)
{
    (void)from;
    (void)size;
    (void)arg;
    struct bufferevent *peer = bufferevent_socket_new(
        evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    listen_require(peer != NULL, "no memory");
    listen_nodelay(fd);
    bufferevent_set_max_single_read(peer, LISTEN_READ);
    bufferevent_setcb(peer, came, NULL, ended, NULL);
    bufferevent_enable(peer, EV_READ | EV_WRITE);
}

int main(void)
{
    struct event_base *base = event_base_new();
    listen_require(
        evconnlistener_new(base, connected, NULL, 0, 0,
                           listen_open(SOCK_STREAM | SOCK_NONBLOCK)) != NULL,
        "cannot listen");
    return event_base_dispatch(base);
}
