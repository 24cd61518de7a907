/* SPDX-License-Identifier: MIT
 *
 * load_run.c - the parts of a measurement, and connections to measure with.
 */
#define _GNU_SOURCE
#include "../coproc.h"
#include "load.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void load_require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "load: %s: %m\n", what);
    exit(1);
}

/* ---- the server, from outside ---------------------------------------- */

static double cpu_ns(const struct load *l)
{
    clockid_t clock;
    struct timespec spent;
    if (l->pid == 0)
        return 0;
    load_require(clock_getcpuclockid(l->pid, &clock) == 0 &&
                     clock_gettime(clock, &spent) == 0,
                 "no such server");
    return (double)spent.tv_sec * 1e9 + (double)spent.tv_nsec;
}

double load_memory(const struct load *l)
{
    const struct coproc server = {.pid = l->pid};
    return coproc_bytes(&server);
}

/* ---- the parts ------------------------------------------------------- */

void load_begin(const struct load *l, struct load_run *r)
{
    r->cpu_ns = -cpu_ns(l);
    r->began = load_ns();
    r->changes = r->began + l->warm_ms * 1000000LL;
}

void load_end(const struct load *l, struct load_run *r)
{
    r->cpu_ns += cpu_ns(l);
}

enum load_part load_part(const struct load *l, struct load_run *r,
                         long long now)
{
    if (now < r->changes || r->part == LOAD_ENDING)
        return r->part;
    if (r->part == LOAD_MEASURED)
        r->seconds = (double)(now - r->began) / 1e9;
    r->part++;
    r->began = now;
    r->changes = now + l->ms * 1000000LL;
    return r->part;
}

void load_count(struct load_run *r, long long sent, long long now)
{
    r->done++;
    if (r->part != LOAD_MEASURED)
        return;
    r->measured++;
    histogram_add(&r->times, now - sent);
}

/* ---- connections ----------------------------------------------------- */

struct sockaddr_in load_server(const struct load *l)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)l->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

struct sockaddr_in load_source(int i)
{
    enum { SOURCES = 64 };
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (unsigned)i % SOURCES),
    };
}

int load_socket(int i, int flags)
{
    const int on = 1;
    const struct sockaddr_in source = load_source(i);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    load_require(fd >= 0, "no socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    /* The port is chosen when it connects, from all that are free. */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    load_require(bind(fd, (const void *)&source, sizeof(source)) == 0,
                 "cannot bind to an address of loopback");
    return fd;
}

static void receive(int fd, char *to, size_t size)
{
    while (size > 0) {
        ssize_t n = read(fd, to, size);
        load_require(n > 0, "the server closed a connection");
        to += n;
        size -= (size_t)n;
    }
}

int load_connect(const struct load *l, int i)
{
    const struct sockaddr_in server = load_server(l);
    const char *message = load_message(l);
    size_t size = (size_t)l->size;
    char *back = malloc(size);
    int fd = load_socket(i, 0);
    load_require(connect(fd, (const void *)&server, sizeof(server)) == 0,
                 "cannot connect");
    load_require(write(fd, message, size) == l->size, "cannot write");
    receive(fd, back, size);
    load_require(memcmp(message, back, size) == 0, "the echo is another");
    free(back);
    return fd;
}

const char *load_message(const struct load *l)
{
    static char *message;
    if (message)
        return message;
    size_t size = (size_t)l->size, all = size * (size_t)l->pipelined;
    message = malloc(all);
    load_require(message != NULL, "no memory");
    for (size_t i = 0; i < all; i++)
        message[i] = (char)('!' + i % size * 7 % 89);
    return message;
}
