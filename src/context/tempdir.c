/* SPDX-License-Identifier: MIT
 *
 * tempdir.c - a manager of a temporary directory.
 *
 * Removing a tree takes neither recursion nor a descriptor for each level: a
 * directory below the top that is not empty is moved up into the top.  So
 * every directory is emptied as a child of the top, however deep it was, and
 * two descriptors do.
 *
 * Names are looked up in open directories and never through symbolic links:
 * a link, or a directory exchanged for one meanwhile, is itself removed.
 */
#define _GNU_SOURCE /* asprintf, secure_getenv */
#include "context/context.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- removing ---------------------------------------------------------- */

/* One pass over what is left of the tree. */
struct removal {
    int top;        /* the directory that everything is removed from */
    unsigned moved; /* makes names of what is moved there */
    size_t done;    /* how many were removed or moved in this pass */
    int err;        /* the first error of this pass; 0: none */
};

static void note_error(struct removal *r, int err)
{
    if (r->err == 0 && err != -ENOENT)
        r->err = err;
}

/* -ENOTEMPTY: it is a directory that is not empty. */
static int remove_one(int dir, const char *name)
{
    if (unlinkat(dir, name, 0) == 0)
        return 0;
    int err = -errno;
    if (err != -EISDIR && err != -EPERM)
        return err;
    if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
        return 0;
    if (errno == EEXIST)
        return -ENOTEMPTY;
    return errno == ENOTDIR ? err : -errno;
}

static int open_directory(int dir, const char *name)
{
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A directory, with the right to change it, where it is ours; or -1.  Where it
 * is not, what is done with it next says so. */
static int open_own(int dir, const char *name)
{
    int fd = open_directory(dir, name);
    if (fd < 0 && errno == EACCES &&
        fchmodat(dir, name, S_IRWXU, AT_SYMLINK_NOFOLLOW) == 0)
        fd = open_directory(dir, name);
    if (fd >= 0)
        (void)fchmod(fd, S_IRWXU);
    return fd;
}

/* Move a directory to the top, under a name that is free, or that of an empty
 * directory. */
static int move_up(struct removal *r, int dir, const char *name)
{
    int fd = open_own(dir, name);
    if (fd < 0)
        return -errno;
    close(fd);
    for (;;) {
        char free_name[24];
        snprintf(free_name, sizeof free_name, ".%u", r->moved++);
        if (renameat(dir, name, r->top, free_name) == 0)
            return 0;
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
            return -errno;
    }
}

typedef int deal_fn(struct removal *r, int dir, const char *name);

/* Remove what is in `dir`, which is taken; `deal` with directories that are
 * not empty. */
static void empty(struct removal *r, int dir, deal_fn *deal)
{
    DIR *entries = dir < 0 ? NULL : fdopendir(dir);
    if (!entries) {
        note_error(r, -errno);
        if (dir >= 0)
            close(dir);
        return;
    }
    const struct dirent *e;
    while ((e = readdir(entries))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        int rc = remove_one(dir, e->d_name);
        if (rc == -ENOTEMPTY)
            rc = deal(r, dir, e->d_name);
        if (rc == 0)
            r->done++;
        note_error(r, rc);
    }
    closedir(entries);
}

/* A directory in the top: empty it, and remove it. */
static int remove_directory(struct removal *r, int top, const char *name)
{
    empty(r, open_own(top, name), move_up);
    return unlinkat(top, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* Remove all that is in the directory. */
static int remove_content(int top)
{
    struct removal r = {.top = top};
    (void)fchmod(top, S_IRWXU); /* or "." in it is not found */
    do {
        r.done = 0;
        r.err = 0;
        empty(&r, open_own(top, "."), remove_directory);
    } while (r.done > 0);
    return r.err;
}

/* ---- the manager ------------------------------------------------------- */

static const char *where(const cede_tempdir *t)
{
    const char *in = t->in ? t->in : secure_getenv("TMPDIR");
    return in && *in ? in : "/tmp";
}

/* A pattern for mkdtemp in the directory `in`; absolute, so that it does not
 * depend on the working directory. */
static char *pattern(const char *in)
{
    char *path = NULL, *absolute = realpath(in, NULL);
    if (absolute && asprintf(&path, "%s/cede-XXXXXX", absolute) < 0)
        path = NULL;
    free(absolute);
    return path;
}

static int make(cede_tempdir *t)
{
    t->path = pattern(where(t));
    if (!t->path || !mkdtemp(t->path))
        return -1;
    t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (t->fd < 0) {
        int err = errno;
        rmdir(t->path);
        errno = err;
    }
    return t->fd < 0 ? -1 : 0;
}

static void forget(cede_tempdir *t)
{
    free(t->path);
    t->path = NULL;
    t->fd = -1;
}

static int tempdir_enter(void *self)
{
    cede_tempdir *t = self;
    int saved = errno;
    int rc = cd_answer(make(t), saved);
    if (rc == 0)
        return 0;
    forget(t);
    return cede_fail(rc, "cannot make a temporary directory in '%s': %s",
                     where(t), cede_strerror(rc));
}

/* What the path leads to: 1, the directory; 0, nothing, as a block may remove
 * it, or publish it under another name; or an error, for something else. */
static int still_there(const cede_tempdir *t)
{
    struct stat at, own;
    if (lstat(t->path, &at) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISDIR(at.st_mode))
        return -ENOTDIR;
    if (fstat(t->fd, &own) < 0)
        return -errno;
    return at.st_dev == own.st_dev && at.st_ino == own.st_ino ? 1 : -EEXIST;
}

static int remove_tree(const cede_tempdir *t)
{
    if (rmdir(t->path) == 0)
        return 0;
    int rc = remove_content(t->fd);
    if (rmdir(t->path) < 0 && errno != ENOENT && rc == 0)
        rc = -errno;
    return rc;
}

static int dispose(const cede_tempdir *t)
{
    int rc = still_there(t);
    if (rc > 0)
        rc = remove_tree(t);
    close(t->fd);
    return rc;
}

static int tempdir_exit(void *self, int rc)
{
    cede_tempdir *t = self;
    int saved = errno;
    int err = dispose(t);
    cd_errno_restore(saved);
    if (err < 0)
        cede_fail(err, "cannot remove all of '%s': %s", t->path,
                  cede_strerror(err));
    forget(t);
    return cd_gave_back(rc, err,
                        "removing a temporary directory failed after its "
                        "block");
}

const cede_manager cede_manager_tempdir = {tempdir_enter, tempdir_exit};
