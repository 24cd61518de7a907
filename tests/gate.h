/* SPDX-License-Identifier: MIT
 *
 * gate.h - where jobs wait until the test lets them go, wherever they run: a
 * named pipe, whose path travels with the job.  Include check.h first.
 */
#ifndef CEDE_TESTS_GATE_H
#define CEDE_TESTS_GATE_H

#include <fcntl.h>
#include <sys/stat.h>

struct gate {
    char path[64];
};

static inline struct gate new_gate(void)
{
    static int made;
    struct gate g;
    snprintf(g.path, sizeof g.path, "/tmp/cede-gate-%d-%d", (int)getpid(),
             made++);
    CHECK(mkfifo(g.path, 0600) == 0);
    return g;
}

/* A job, given a gate: it answers 7 once that is open. */
static inline int waits_at_gate(void *gate)
{
    char byte;
    int fd = open(((struct gate *)gate)->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n;
    do
        n = read(fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    close(fd);
    return n == 0 ? 7 : -EIO;
}

/* Until somebody waits there; what opens it. */
static inline int meet_at(const struct gate *g)
{
    int fd = open(g->path, O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

static inline void open_gate(const struct gate *g, int met)
{
    close(met);
    unlink(g->path);
}

#endif
