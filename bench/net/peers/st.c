/* SPDX-License-Identifier: MIT
 *
 * st.c - an echo server on State Threads: a thread a connection, with a
 * buffer on its stack.  Debian's is built without epoll, and its select knows
 * 1,024 descriptors, so it is poll.
 */
#define _GNU_SOURCE
#include "../listen.h"

#include <st.h>

enum { STACK = 64 * 1024 };

static void *echo(void *arg)
{
    char buf[STACK / 4];
    st_netfd_t peer = arg;
    ssize_t n;
    while ((n = st_read(peer, buf, sizeof(buf), ST_UTIME_NO_TIMEOUT)) > 0)
        if (st_write(peer, buf, (size_t)n, ST_UTIME_NO_TIMEOUT) != n)
            break;
    st_netfd_close(peer);
    return NULL;
}

int main(void)
{
    st_set_eventsys(ST_EVENTSYS_POLL);
    listen_require(st_init() == 0, "cannot begin");
    st_netfd_t listener = st_netfd_open_socket(listen_open(SOCK_STREAM));
    listen_require(listener != NULL, "cannot listen");
    for (;;) {
        st_netfd_t peer = st_accept(listener, NULL, NULL, ST_UTIME_NO_TIMEOUT);
        listen_require(peer != NULL, "cannot accept");
        listen_nodelay(st_netfd_fileno(peer));
        listen_require(st_thread_create(echo, peer, 0, STACK) != NULL,
                       "cannot start a thread");
    }
}
