/* SPDX-License-Identifier: MIT
 *
 * descriptors.h - pairs of connected sockets, pipes, and what tests do with
 * them.
 */
#ifndef CEDE_TESTS_DESCRIPTORS_H
#define CEDE_TESTS_DESCRIPTORS_H

#include "check.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

static inline void close_fd(void *fd)
{
    if (*(int *)fd >= 0)
        close(*(int *)fd);
}

/* Two connected sockets, a and b, closed at the end of the block unless they
 * are -1 by then; and the ends of a pipe, to read and to write. */
#define PAIR(a, b)                                                             \
    int a, b;                                                                  \
    CHECK_OK(descriptors_(cede_fd_pair, &(a), &(b)));                          \
    CEDE_DEFER(close_fd, &(a));                                                \
    CEDE_DEFER(close_fd, &(b))
#define PIPE(r, w)                                                             \
    int r, w;                                                                  \
    CHECK_OK(descriptors_(cede_fd_pipe, &(r), &(w)));                          \
    CEDE_DEFER(close_fd, &(r));                                                \
    CEDE_DEFER(close_fd, &(w))

static inline int descriptors_(int (*make)(int ends[2]), int *a, int *b)
{
    int ends[2] = {-1, -1};
    int rc = make(ends);
    *a = ends[0];
    *b = ends[1];
    return rc;
}

/* Blocking, so that it is not cede that decides. */
static inline void set_blocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

/* As much as it takes: how much. */
static inline size_t fill(int fd)
{
    static const char buf[4096];
    size_t total = 0;
    int flags = fcntl(fd, F_GETFL);
    set_blocking(fd, false);
    for (size_t n = sizeof buf; n > 0;) {
        ssize_t rc = write(fd, buf, n);
        total += rc > 0 ? (size_t)rc : 0;
        n = rc < 0 ? n / 2 : n;
    }
    fcntl(fd, F_SETFL, flags);
    return total;
}

/* All there is: how much. */
static inline size_t drain(int fd)
{
    char buf[4096];
    size_t total = 0;
    int flags = fcntl(fd, F_GETFL);
    set_blocking(fd, false);
    for (ssize_t n; (n = read(fd, buf, sizeof buf)) > 0; total += (size_t)n)
        ;
    fcntl(fd, F_SETFL, flags);
    return total;
}

static inline int writes_later(void *fd)
{
    int rc = cede_sleep(CEDE_MS);
    return rc < 0 ? rc : cede_fd_write(*(int *)fd, "later", 5);
}

/* A byte; what it is answered, else. */
static inline int reads_a_byte(void *fd)
{
    char c;
    return cede_fd_read(*(int *)fd, &c, 1);
}

/* A socket that listens on loopback, and where. */
static inline int listen_on_loopback(struct sockaddr_in *at, int backlog)
{
    socklen_t size = sizeof *at;
    *at = (struct sockaddr_in){.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *)at, size) == 0);
    CHECK(listen(fd, backlog) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)at, &size) == 0);
    return fd;
}

#endif
