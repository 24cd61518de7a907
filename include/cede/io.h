/* SPDX-License-Identifier: MIT
 *
 * io.h - descriptors: what read, write, accept and connect are to a thread,
 * these are to a task.
 *
 *     while ((n = cede_fd_read(0, buf, sizeof buf)) > 0)
 *         CEDE_TRY(cede_fd_write(1, buf, (size_t)n));
 *
 * For whatever can be polled: sockets, pipes, terminals, and the descriptors
 * that the kernel and other libraries signal by (eventfd, inotify, a database
 * connection's).  Talking to peers is easier with streams (stream.h).
 *
 * A call tries first, and waits when the kernel would block.  A descriptor may
 * be blocking or not, and stays as it is (others may share its file, such as a
 * shell its terminal's): a blocking one is asked first, and written in pieces
 * that do not block.  Regular files never wait for anybody: these calls block
 * the thread as long as the disk takes; see cede_offload.
 *
 * Two tasks may wait for one descriptor, one to read and one to write; a third
 * is told -EBUSY.  A number is watched by the loop of the task that waits; two
 * loops may watch one file.  Close it by cede_fd_close, which wakes who waits.
 * One that was closed behind cede's back: who waits there waits until the
 * number is used by cede again, or for ever; nothing spins, and a new file of
 * that number is a new file.
 *
 * On a thread that runs no loop all these block; on a loop's thread outside of
 * a task they answer -EPERM.  Counts are int: one call moves at most INT_MAX.
 * No call raises SIGPIPE on a socket; a program that writes to pipes ignores
 * that signal.
 */
#ifndef CEDE_IO_H
#define CEDE_IO_H

#include <cede/loop.h>

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of <sys/uio.h> and <sys/socket.h>, which also declare read, listen and other
 * names that a program may have for itself. */
struct iovec;
struct msghdr;
struct sockaddr;

enum { CEDE_READABLE = 1, CEDE_WRITABLE = 2 };

/* Wait until fd is ready for one of `what`: which of them are, > 0.  [waits]
 * A peer that hung up, and an error, make it ready for both.  Regular files are
 * always ready.  -EBADF, -EINVAL: no direction; and as all of these: -EBUSY:
 * somebody waits there already; CEDE_ECLOSED: it was closed meanwhile; -ENOMEM;
 * -ECANCELED; -EPERM.
 * If cancelled: nothing has happened. */
CEDE_API int cede_fd_poll(int fd, int what);

/* Up to n bytes, as soon as there is one: how many; 0: the end, or n is 0;
 * < 0: the kernel's error, or as above.  [waits]
 * If cancelled: nothing was read.  Granted and cancelled in one turn: what was
 * read is answered. */
CEDE_API int cede_fd_read(int fd, void *buf, size_t n);
CEDE_API int cede_fd_readv(int fd, const struct iovec *v, int n);

/* All n bytes: n.  [waits]  Less, but > 0: it failed, or was cancelled, after
 * so many; the next call answers why.  Else < 0.
 * If cancelled: as many were written as it answers; -ECANCELED: none. */
CEDE_API int cede_fd_write(int fd, const void *buf, size_t n);
CEDE_API int cede_fd_writev(int fd, const struct iovec *v, int n);

/* recvmsg and sendmsg, once, as soon as that is possible.  [waits]
 * A Unix peer whose address m says, and whose queue is full, is tried again
 * until there is room. */
CEDE_API int cede_fd_recvmsg(int fd, struct msghdr *m, int flags);
CEDE_API int cede_fd_sendmsg(int fd, const struct msghdr *m, int flags);

/* The next connection of a listening socket: its descriptor, close-on-exec and
 * non-blocking, yours.  [waits]  from and size may be NULL, as in accept(2).
 * Connections that were gone before they were accepted are passed over.
 * If cancelled: none was taken. */
CEDE_API int cede_fd_accept(int fd, struct sockaddr *from, unsigned *size);

/* Connect a socket: 0 or why not.  [waits]  -EISCONN, -EALREADY as connect(2).
 * One that blocks does not for the moment of connect(2).  A Unix socket whose
 * peer has a full backlog is tried again until there is room.
 * If cancelled: the attempt goes on in the kernel; close it. */
CEDE_API int cede_fd_connect(int fd, const struct sockaddr *to, unsigned size);

/* Send n bytes of the file `in`, from *offset (NULL: from where it stands), to
 * `out`: how many, which is less only at the file's end; failures as
 * cede_fd_write.  [waits]  *offset moves along.  By sendfile(2); where the
 * kernel cannot do that with these two, by reading and writing; then what was
 * read of a pipe and could not be written is lost.
 * If cancelled: as many were sent as it answers; -ECANCELED: none. */
CEDE_API int cede_fd_sendfile(int out, int in, off_t *offset, size_t n);

/* A pipe, a pair of connected Unix stream sockets: both ends close-on-exec and
 * non-blocking.  0 or what the kernel refused. */
CEDE_API int cede_fd_pipe(int ends[2]);
CEDE_API int cede_fd_pair(int ends[2]);

/* Close it; who waits there, in tasks of the loop that runs on this thread, is
 * answered CEDE_ECLOSED.  Any time, never waits.
 * 0; -EBADF, or another error of close(2), after which it is closed all the
 * same. */
CEDE_API int cede_fd_close(int fd);

/* ---- callbacks, for programs on the loop itself ---------------------- */

/* Have fn(arg) called in each turn in which fd is ready for that direction
 * (one of the two), until unwatched; a second call replaces fn and arg.  One
 * that answers < 0 is reported as those of loop.h are.  Ends by itself
 * with the loop, and when fd is closed: at once by cede_fd_close, else when
 * that is noticed, after fn or where the number is waited for again; then
 * cede_loop_on_drop is told.
 * 0, or 1: replaced; -EBUSY: a task waits there; -EBADF; -EPERM: a regular
 * file, or another thread; -EINVAL; -ENOMEM; CEDE_ECLOSED. */
CEDE_API int cede_loop_watch(cede_loop *l, int fd, int what, cede_fn *fn,
                             void *arg);
#define cede_loop_watch(l, fd, what, fn, ...)                                  \
    cede_loop_watch_named_(l, CEDE_NAMED_(#fn), fd, what, fn, __VA_ARGS__)
CEDE_API int cede_loop_watch_named_(cede_loop *l, const char *name, int fd,
                                    int what, cede_fn *fn, void *arg);

/* Not any more: 1; 0: it was not watched; -EPERM; -EINVAL.  From the callback
 * itself as well. */
CEDE_API int cede_loop_unwatch(cede_loop *l, int fd, int what);

#ifdef __cplusplus
}
#endif
#endif
