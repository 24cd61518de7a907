/* SPDX-License-Identifier: MIT
 *
 * sendfile.c - files sent to descriptors.
 *
 * The kernel copies where it can and the receiver does not block; else it is
 * read into a buffer, and written by cede_fd_write.  sendfile(2) knows no
 * MSG_NOSIGNAL, so SIGPIPE is held back around it.
 */
#include "base/memory.h"
#include "io/call.h"

#include <cede/io.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 1 << 20, BUFFER = 1 << 16 };

struct file_sending {
    struct cd_call call;
    int in;
    off_t *offset;
    size_t left;
    int done;
};

/* ---- by the kernel ----------------------------------------------------- */

static bool is_pending(int sig)
{
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, sig) > 0;
}

ssize_t cd_sendfile_quietly(int out, int in, off_t *offset, size_t n)
{
    const struct timespec no_time = {0};
    sigset_t pipe, before;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    bool was_pending = is_pending(SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    ssize_t sent = sendfile(out, in, offset, n);
    int err = errno;
    if (sent < (ssize_t)n && !was_pending)
        while (sigtimedwait(&pipe, NULL, &no_time) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = err;
    return sent;
}

/* A part at a time, with a wait between them: the receiver may be as fast as
 * we are, and others have to run. */
static int attempt_sendfile(struct cd_call *c)
{
    struct file_sending *s = cd_container(c, struct file_sending, call);
    ssize_t n = cd_sendfile_quietly(c->fd, s->in, s->offset,
                                    s->left < AT_ONCE ? s->left : AT_ONCE);
    if (n < 0)
        return -errno;
    s->done += (int)n;
    s->left -= (size_t)n;
    return n > 0 && s->left > 0 ? -EAGAIN : s->done;
}

/* ---- by copying -------------------------------------------------------- */

/* Up to n bytes from *at, which moves along; from a pipe: from where it is. */
static int read_part(int in, void *buf, size_t n, const off_t *at)
{
    if (!at)
        return cede_fd_read(in, buf, n);
    int saved = errno;
    int rc = cd_answer(pread(in, buf, n, *at));
    cd_errno_restore(saved);
    return rc;
}

/* 0: go on; 1: the end; or why not. */
static int copy_part(struct file_sending *s, char *buf, off_t *at)
{
    size_t n = s->left < BUFFER ? s->left : BUFFER;
    int got = read_part(s->in, buf, n, at);
    if (got <= 0)
        return got < 0 ? got : 1;
    int sent = cede_fd_write(s->call.fd, buf, (size_t)got);
    if (sent < 0)
        return sent;
    s->done += sent;
    s->left -= (size_t)sent;
    if (at)
        *at += sent;
    return sent < got;
}

static int copy(struct file_sending *s, off_t *at)
{
    char *buf = cd_malloc(BUFFER);
    int rc = buf ? 0 : -ENOMEM;
    while (rc == 0 && s->left > 0)
        rc = copy_part(s, buf, at);
    free(buf);
    return rc;
}

/* From where it stands, which moves along with what was sent. */
static int copy_here(struct file_sending *s)
{
    int saved = errno;
    off_t at = lseek(s->in, 0, SEEK_CUR);
    cd_errno_restore(saved);
    if (at < 0)
        return copy(s, NULL);
    int rc = copy(s, &at);
    (void)lseek(s->in, at, SEEK_SET);
    return rc;
}

/* ---- either ------------------------------------------------------------ */

/* Would it wait where we can: for the receiver only, and not in the call? */
static bool kernel_may(struct cd_call *c, int in)
{
    struct stat s;
    int saved = errno;
    bool may = fstat(in, &s) == 0 && S_ISREG(s.st_mode) &&
               cd_call_file(c) != CD_FILE_BLOCKING;
    cd_errno_restore(saved);
    return may;
}

/* -EINVAL, as where the kernel does not do it; or that it may not be. */
static int begin_copy(void)
{
    bool here = !cd_me.task && !cd_me.loop;
    int rc = here ? 0 : cd_task_begin("cede_fd_sendfile");
    return rc < 0 ? rc : -EINVAL;
}

int cede_fd_sendfile(int out, int in, off_t *offset, size_t n)
{
    struct file_sending s = {.call = {.name = "cede_fd_sendfile",
                                      .why = "sendfile",
                                      .fd = out,
                                      .direction = CD_OUT,
                                      .attempt = attempt_sendfile},
                             .in = in,
                             .offset = offset,
                             .left = n < INT_MAX ? n : INT_MAX};
    int rc = kernel_may(&s.call, in) ? cd_call(&s.call) : begin_copy();
    if (rc == -EINVAL || rc == -ENOSYS)
        rc = offset ? copy(&s, offset) : copy_here(&s);
    return s.done > 0 || rc > 0 ? s.done : rc;
}
