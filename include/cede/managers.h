/* SPDX-License-Identifier: MIT
 *
 * managers.h - context managers for what programs take and give back most.
 *
 * Each is a struct for the user to fill in, and a manager whose self is its
 * address; `in` and `out` mark what the user gives and what enter provides.
 * They go into cede_using, CEDE_USE and cede_exits_enter (context.h):
 *
 *     cede_tempdir dir = {0};
 *     cede_using (rc, &cede_manager_tempdir, &dir)
 *         rc = unpack(archive, dir.path);
 *
 * A failure to give back is the outcome of a block that went well.  After a
 * block that failed it goes to the failure hook, and the block's failure
 * stays the outcome.
 *
 * They block the thread as the calls beneath them do.  What they change
 * belongs to the process (the working directory, a redirected descriptor), so
 * other tasks and threads see it meanwhile.  A struct is good for one block at
 * a time, and for many one after the other.
 */
#ifndef CEDE_MANAGERS_H
#define CEDE_MANAGERS_H

#include <cede/context.h>
#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nothing, where a manager is asked for.  self is ignored. */
extern CEDE_API const cede_manager cede_manager_null;

/* close(ptr) at the end; what it answers counts as said above.  -EINVAL: close
 * is NULL. */
typedef struct cede_closing {
    cede_fn *close; /* in */
    void *ptr;      /* in */
} cede_closing;
extern CEDE_API const cede_manager cede_manager_closing;

/* These failures of the block are suppressed: its outcome is 0.  Holds no
 * state: one may be used by any number of blocks at once. */
typedef struct cede_suppression {
    const int *codes; /* in */
    size_t n;         /* in */
} cede_suppression;
extern CEDE_API const cede_manager cede_manager_suppress;

/* One, of these codes: cede_using (rc, &cede_manager_suppress,
 * CEDE_SUPPRESS(-ENOENT, -EEXIST)).  C only. */
#define CEDE_SUPPRESS(...)                                                     \
    (&(cede_suppression){(const int[]){__VA_ARGS__},                           \
                         sizeof((const int[]){__VA_ARGS__}) / sizeof(int)})

/* self is a pthread_mutex_t *: locked, and unlocked.  It blocks the thread and
 * every task on it, so a block that holds it must not wait.  What the mutex
 * answers is enter's failure; a robust one whose owner died is unlocked again,
 * -EOWNERDEAD. */
extern CEDE_API const cede_manager cede_manager_pthread_mutex;

/* A directory nobody else has, removed at the end with all that is in it: of
 * any depth, without following a symbolic link, without recursion.  What could
 * not be removed does not keep the rest from being; the first error counts.  A
 * block may remove it itself, or keep it: by renaming it, which publishes what
 * was made in it at once.  What has taken its place then is left alone, and
 * is -EEXIST, or -ENOTDIR. */
typedef struct cede_tempdir {
    const char *in; /* in: where; NULL: $TMPDIR, or /tmp */
    char *path;     /* out: absolute; valid in the block */
    int fd;         /* out: the directory, open, for openat() and the like */
} cede_tempdir;
extern CEDE_API const cede_manager cede_manager_tempdir;

/* A descriptor: opened (and close-on-exec), closed.  Enter answers it, so it
 * is also what rc is in the beginning.  A block that closes it sets fd to -1.
 */
typedef struct cede_opening {
    const char *path; /* in */
    int flags;        /* in: as for open() */
    mode_t mode;      /* in: of a file that is created */
    int fd;           /* out */
} cede_opening;
extern CEDE_API const cede_manager cede_manager_open;

/* The same for stdio; a write that failed unnoticed is -EIO, or what closing
 * says of it.  A block that closes it sets file to NULL. */
typedef struct cede_fopening {
    const char *path; /* in */
    const char *mode; /* in: as for fopen(); -EINVAL: NULL, or none */
    FILE *file;       /* out */
} cede_fopening;
extern CEDE_API const cede_manager cede_manager_fopen;

/* Another working directory; at the end the one before is again, even if it
 * was moved or removed meanwhile. */
typedef struct cede_chdir {
    const char *path; /* in */
    int back;         /* the one before, open */
} cede_chdir;
extern CEDE_API const cede_manager cede_manager_chdir;

/* What is written to fd goes where `to` leads.  For 1 and 2, stdout and stderr
 * are flushed before either change, so that what is printed goes where it
 * would have gone unbuffered; what could not be written then is dropped.
 * `to` stays the user's, and fd close-on-exec if it was. */
typedef struct cede_redirection {
    int fd;   /* in: such as STDOUT_FILENO */
    int to;   /* in */
    int back; /* where fd led before */
} cede_redirection;
extern CEDE_API const cede_manager cede_manager_redirect;

#ifdef __cplusplus
}
#endif
#endif
