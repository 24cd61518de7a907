/* SPDX-License-Identifier: MIT
 *
 * files.c - managers of files, the working directory and redirected output.
 *
 * What was is kept as a descriptor: it still leads there when a directory was
 * moved, or a name was taken by something else.
 */
#define _GNU_SOURCE /* O_PATH, dup3 */
#include "context/context.h"

#include <fcntl.h>
#include <unistd.h>

static int cannot(int err, const char *verb, const char *path)
{
    return cede_fail(err, "cannot %s '%s': %s", verb, path, cede_strerror(err));
}

static int told(int err, const char *what)
{
    return err < 0 ? cede_fail(err, "cannot %s: %s", what, cede_strerror(err))
                   : err;
}

/* Take *fd and close it; -1: nothing.  Interrupted, it is closed as well. */
static int close_fd(int *fd)
{
    int saved = errno, was = *fd;
    *fd = -1;
    int rc = was < 0 ? 0 : cd_answer(close(was), saved);
    return rc == -EINTR ? 0 : rc;
}

/* ---- a file ------------------------------------------------------------ */

static int open_enter(void *self)
{
    cede_opening *o = self;
    int saved = errno;
    do
        o->fd = open(o->path, o->flags | O_CLOEXEC, o->mode);
    while (o->fd < 0 && errno == EINTR);
    int rc = cd_answer(o->fd, saved);
    return rc < 0 ? cannot(rc, "open", o->path) : rc;
}

static int open_exit(void *self, int rc)
{
    cede_opening *o = self;
    return cd_gave_back(rc, told(close_fd(&o->fd), "close the file"),
                        "closing a file failed after its block");
}

const cede_manager cede_manager_open = {open_enter, open_exit};

/* The mode with "e", close-on-exec, added; in front, as "+" may be followed by
 * ",ccs=".  False: it is none, or too long to be one; not every C library's
 * fopen would say so. */
static bool add_cloexec(char *out, size_t size, const char *mode)
{
    if (!mode || !*mode)
        return false;
    int n = snprintf(out, size, "%ce%s", *mode, mode + 1);
    return n > 0 && (size_t)n < size;
}

static int fopen_enter(void *self)
{
    cede_fopening *o = self;
    char mode[64];
    if (!add_cloexec(mode, sizeof mode, o->mode))
        return cannot(-EINVAL, "open", o->path);
    int saved = errno;
    o->file = fopen(o->path, mode);
    int rc = cd_answer(o->file ? 0 : -1, saved);
    return rc < 0 ? cannot(rc, "open", o->path) : 0;
}

static int close_file(cede_fopening *o)
{
    int saved = errno;
    FILE *file = o->file;
    o->file = NULL;
    if (!file)
        return 0;
    bool failed = ferror(file);
    int rc = cd_answer(fclose(file), saved);
    return rc == 0 && failed ? -EIO : rc;
}

static int fopen_exit(void *self, int rc)
{
    return cd_gave_back(rc, told(close_file(self), "close the file"),
                        "closing a file failed after its block");
}

const cede_manager cede_manager_fopen = {fopen_enter, fopen_exit};

/* ---- the working directory --------------------------------------------- */

static int chdir_enter(void *self)
{
    cede_chdir *c = self;
    int saved = errno;
    c->back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = cd_answer(c->back < 0 ? -1 : chdir(c->path), saved);
    if (rc == 0)
        return 0;
    close_fd(&c->back);
    return cannot(rc, "change the directory to", c->path);
}

static int chdir_exit(void *self, int rc)
{
    cede_chdir *c = self;
    int saved = errno;
    int err = cd_answer(fchdir(c->back), saved);
    close_fd(&c->back);
    return cd_gave_back(rc, told(err, "go back to the directory"),
                        "going back to the directory before a block failed");
}

const cede_manager cede_manager_chdir = {chdir_enter, chdir_exit};

/* ---- redirected output ------------------------------------------------- */

/* Flush the stream in front of fd, if it is one of the two that everybody
 * prints to.  Others are their owner's business, and may be locked for long. */
static int flush(int fd)
{
    int saved = errno;
    FILE *stream = fd == fileno(stdout)   ? stdout
                   : fd == fileno(stderr) ? stderr
                                          : NULL;
    return cd_answer(stream ? fflush(stream) : 0, saved);
}

/* Let fd lead where `to` does; whether it is close-on-exec stays. */
static int lead(int fd, int to)
{
    if (fd == to)
        return 0;
    int saved = errno, rc;
    int own = fcntl(fd, F_GETFD);
    int flags = own >= 0 && own & FD_CLOEXEC ? O_CLOEXEC : 0;
    do
        rc = dup3(to, fd, flags);
    while (rc < 0 && (errno == EINTR || errno == EBUSY));
    return cd_answer(rc < 0 ? -1 : 0, saved);
}

static int redirect(cede_redirection *r)
{
    CEDE_TRY(flush(r->fd));
    int saved = errno;
    r->back = fcntl(r->fd, F_DUPFD_CLOEXEC, 3);
    CEDE_TRY(cd_answer(r->back, saved));
    return lead(r->fd, r->to);
}

static int redirect_enter(void *self)
{
    cede_redirection *r = self;
    r->back = -1;
    int rc = redirect(r);
    if (rc == 0)
        return 0;
    close_fd(&r->back);
    return cede_fail(rc, "cannot redirect descriptor %d to %d: %s", r->fd,
                     r->to, cede_strerror(rc));
}

static int redirect_exit(void *self, int rc)
{
    cede_redirection *r = self;
    int err = flush(r->fd); /* what it cannot write it drops */
    int back = lead(r->fd, r->back);
    close_fd(&r->back);
    err = told(back < 0 ? back : err, "end the redirection of output");
    return cd_gave_back(rc, err, "redirected output failed after its block");
}

const cede_manager cede_manager_redirect = {redirect_enter, redirect_exit};
