/* SPDX-License-Identifier: MIT
 *
 * load_sse.c - subscribers of cede-quotes --serve http://...: how long after
 * it was written each event arrives, and whether any is missing.
 *
 * Events are numbered and carry the time of day in milliseconds:
 *
 *     data: {"n":7,"t":1763771906123.512,...
 *
 * Those of the time before all subscribers are there are neither timed nor
 * missed.
 */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, READ = 64 * 1024, LINE = 64 };

struct subscriber {
    int fd;
    long last;       /* number; 0: none yet */
    int held;        /* bytes of a line that has not ended */
    char line[LINE]; /* its beginning, which is all that matters */
};

static long long time_of_day(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* "1763771906123.512", milliseconds, as nanoseconds. */
static long long parse_time(const char *at)
{
    long long us = 0;
    for (int decimals = -1; decimals < 3; at++) {
        if (*at == '.')
            decimals = 0;
        else if (*at >= '0' && *at <= '9')
            us = us * 10 + (*at - '0'), decimals += decimals >= 0;
        else
            break;
    }
    return us * 1000;
}

static void take_line(struct subscriber *s, struct load_run *r, long long now)
{
    static const char begins[] = "data: {\"n\":", then[] = ",\"t\":";
    char *at;
    if (strncmp(s->line, begins, sizeof(begins) - 1) != 0)
        return;
    long number = strtol(s->line + sizeof(begins) - 1, &at, 10);
    load_require(strncmp(at, then, sizeof(then) - 1) == 0,
                 "an event without a time");
    if (r->part == LOAD_MEASURED && s->last > 0)
        r->lost += number - s->last - 1;
    s->last = number;
    load_count(r, parse_time(at + sizeof(then) - 1), now);
}

static void take(struct subscriber *s, const char *data, size_t n,
                 struct load_run *r)
{
    long long now = time_of_day();
    for (const char *end = data + n; data < end;) {
        const char *line_end = memchr(data, '\n', (size_t)(end - data));
        size_t size = (size_t)((line_end ? line_end : end) - data);
        size_t room = (size_t)(LINE - 1 - s->held);
        size_t fits = size < room ? size : room;
        memcpy(s->line + s->held, data, fits);
        s->held += (int)fits;
        if (!line_end)
            return;
        s->line[s->held] = '\0';
        take_line(s, r, now);
        s->held = 0;
        data = line_end + 1;
    }
}

static void receive(struct subscriber *s, struct load_run *r)
{
    static char buf[READ];
    ssize_t n = read(s->fd, buf, READ);
    if (n < 0 && errno == EAGAIN)
        return;
    load_require(n > 0, "the server closed a connection");
    take(s, buf, (size_t)n, r);
}

static void subscribe(const struct load *l, struct subscriber *s, int i,
                      int epoll)
{
    static const char request[] = "GET /events HTTP/1.1\r\n"
                                  "Host: localhost\r\n\r\n";
    const struct sockaddr_in server = load_server(l);
    s->fd = load_socket(i, 0);
    load_require(connect(s->fd, (const void *)&server, sizeof(server)) == 0,
                 "cannot connect");
    load_require(write(s->fd, request, sizeof(request) - 1) > 0,
                 "cannot write");
    fcntl(s->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event in = {EPOLLIN, {.ptr = s}};
    load_require(epoll_ctl(epoll, EPOLL_CTL_ADD, s->fd, &in) == 0,
                 "cannot watch a connection");
}

void load_sse(const struct load *l, struct load_run *r)
{
    struct epoll_event events[EVENTS];
    size_t count = (size_t)l->connections;
    struct subscriber *all = calloc(count, sizeof(*all));
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    load_require(all && epoll >= 0, "no memory");
    for (int i = 0; i < l->connections; i++)
        subscribe(l, &all[i], i, epoll);
    while (load_part(l, r, load_ns()) != LOAD_ENDING) {
        int n = epoll_wait(epoll, events, EVENTS, 1000);
        for (int i = 0; i < n; i++)
            receive(events[i].data.ptr, r);
    }
    for (int i = 0; i < l->connections; i++)
        close(all[i].fd);
    close(epoll);
    free(all);
}
