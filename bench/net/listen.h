/* SPDX-License-Identifier: MIT
 *
 * listen.h - the beginning of every server here that is written in C: a
 * socket on a free port of loopback, and the line that says which.
 *
 * A server says "ok PORT" once it listens, and is ended by a signal.
 */
#ifndef BENCH_NET_LISTEN_H
#define BENCH_NET_LISTEN_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { LISTEN_BACKLOG = 4096, LISTEN_READ = 64 * 1024 };

static inline void listen_require(int holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    exit(1);
}

static inline void listen_say(int port)
{
    printf("ok %d\n", port);
    fflush(stdout);
    signal(SIGPIPE, SIG_IGN);
}

/* A bound socket of this type; its port is said.  A stream listens. */
static inline int listen_open(int type)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    listen_require(fd >= 0 && bind(fd, (void *)&at, size) == 0 &&
                       getsockname(fd, (void *)&at, &size) == 0,
                   "cannot bind");
    if ((type & 0xf) == SOCK_STREAM)
        listen_require(listen(fd, LISTEN_BACKLOG) == 0, "cannot listen");
    listen_say(ntohs(at.sin_port));
    return fd;
}

static inline void listen_nodelay(int fd)
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

#endif
