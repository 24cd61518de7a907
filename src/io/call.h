/* SPDX-License-Identifier: MIT
 *
 * call.h - calls on plain descriptors: made again and again until they need
 * not wait.
 *
 * A number says nothing of its file, which anybody may close and replace.  So
 * every call tries first, whatever the loop knows, and before it waits has the
 * kernel say whether it still watches that file.
 */
#ifndef CD_IO_CALL_H
#define CD_IO_CALL_H

#include "io/wait.h"

#include <sys/types.h>

/* What there is to know of a file that is not asked by MSG_DONTWAIT. */
enum cd_file {
    CD_FILE_UNKNOWN,
    CD_FILE_NON_BLOCKING,
    CD_FILE_BLOCKING,
    CD_FILE_ON_DISK, /* always ready, as far as anybody can tell */
};

struct cd_call {
    const char *name; /* the function of the user's */
    const char *why;  /* for dumps: "read" */
    int fd;
    unsigned direction; /* of the wait: CD_IN or CD_OUT */
    enum cd_file file;
    /* The answer; -EAGAIN: it has to wait.  errno is anybody's. */
    int (*attempt)(struct cd_call *c);
};

/* The answer; or, where it cannot wait, or may not any more, why.  On a thread
 * without a loop it blocks. */
int cd_call(struct cd_call *c);

/* Of an attempt: would it not block?  A blocking file that is no socket's. */
bool cd_call_may(struct cd_call *c);
enum cd_file cd_call_file(struct cd_call *c);

/* The running task waits for c's descriptor: 0: try again. */
int cd_call_wait(struct cd_call *c);

/* Before it is tried again where the kernel does not tell when that is worth
 * while: a pause, longer every time; *pause is 0 to begin with.  [waits] */
int cd_call_pause(const struct cd_call *c, cede_time *pause);

/* sendfile(2), as if it had MSG_NOSIGNAL: the signal is raised where a part was
 * sent as well. */
ssize_t cd_sendfile_quietly(int out, int in, off_t *offset, size_t n);

/* What a system call answered, as we do. */
static inline int cd_answer(ssize_t n)
{
    return n < 0 ? -errno : (int)n;
}

#endif
