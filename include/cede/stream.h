/* SPDX-License-Identifier: MIT
 *
 * stream.h - bytes to and from a peer.
 *
 *     static int greet(cede_stream *peer, void *arg)
 *     {
 *         char *name;
 *         CEDE_TRY(cede_read_line(peer, &name));
 *         CEDE_TRY(cede_printf(peer, "hello, %s\n", name));
 *         return 0;
 *     }
 *
 * Reading.  A stream holds a buffer only while there is something in it that
 * nobody has taken; an idle one holds none.  Calls that answer a pointer lend
 * out what is in the buffer, without a copy: it is yours to read, and to
 * change, until the next reading call on that stream.  What a cancelled or
 * failed call found stays for the next one: nothing is ever lost.
 *
 * Writing waits until the kernel has taken it all: who is faster than the peer
 * is slowed down.  Small writes are gathered and sent together when the task
 * waits for the stream next, at the latest in the loop's next turn, so that
 * writing a word at a time costs no packet a word; a failure to send them is
 * answered by the next writing call, or close.
 *
 * One task may read while another writes; a third one is told -EBUSY when it
 * comes while one of its kind is waiting.  Calls that wait are for tasks of the
 * loop in which the stream was made; elsewhere they answer -EPERM.  The others
 * are for that loop's thread, and do not look.  NULL for the stream: -ENOMEM.
 * No memory for a buffer: -ENOMEM, and nothing has happened. Counts are int:
 * one call moves at most INT_MAX; to ask for more exactly, or to write it, is
 * -EINVAL.
 *
 * Every [waits] call that is cancelled before it has done anything answers
 * -ECANCELED, and may be repeated.
 */
#ifndef CEDE_STREAM_H
#define CEDE_STREAM_H

#include <cede/address.h>

#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cede_stream cede_stream;

/* ---- reading --------------------------------------------------------- */

/* Up to n bytes, as soon as there is one: how many; 0: the peer has ended, or n
 * is 0; < 0: it failed (-ECONNRESET: the peer broke off), and fails so again.
 * [waits]  Bytes that came before the end or the failure come first.
 * If cancelled: nothing was taken. */
CEDE_API int cede_read(cede_stream *s, void *buf, size_t n);

/* Exactly n bytes: n.  [waits]  CEDE_ESHORT: the peer ended before; 0: before
 * the first one.  n may be larger than any buffer.
 * If cancelled, too short, or failed, and n is within the limit
 * (cede_stream_limit): what there is stays to be read; beyond it: so many bytes
 * are in buf as cede_stream_taken says, which are gone from the stream. */
CEDE_API int cede_read_exactly(cede_stream *s, void *buf, size_t n);
CEDE_API size_t cede_stream_taken(const cede_stream *s);

/* A line, lent out: its length without the end of line ("\n" or "\r\n") plus
 * one, so that an empty one is > 0; *line is terminated by a NUL in the place
 * of the end of line.  0: the peer has ended.  [waits]
 * A last line without an end is a line.  -EMSGSIZE: longer than the limit,
 * which is said before its end has come: that line is thrown away, to its end,
 * by this and if need be the next reading call; the rest stays. */
CEDE_API int cede_read_line(cede_stream *s, char **line);

/* All up to and including the first of n separators that occurs, lent out: its
 * length; *which (may be NULL) is the separator's number.  [waits]  Of two that
 * end at the same place the longer one.
 * 0: the peer has ended, and nothing is left.  CEDE_ESHORT: it has ended
 * without a separator; *data and cede_stream_buffered have what came, which
 * stays.  -EMSGSIZE: more than the limit is before it; what came stays.
 * -EINVAL: no separator, or an empty one. */
typedef struct cede_bytes {
    const void *data;
    size_t size;
} cede_bytes;
CEDE_API int cede_read_until(cede_stream *s, const cede_bytes *separators,
                             size_t n, char **data, size_t *which);

/* All there is, lent out, and at least one byte: how many; 0: the peer has
 * ended.  [waits]  It counts as taken, but for what cede_stream_keep gives
 * back. _least: at least n of them; CEDE_ESHORT: it has ended before, and *data
 * and cede_stream_buffered have what came, which stays; -EMSGSIZE: n is beyond
 * the limit. */
CEDE_API int cede_peek(cede_stream *s, const void **data);
CEDE_API int cede_peek_least(cede_stream *s, size_t n, const void **data);

/* The last n bytes of what was lent out are not taken: the next reading call
 * begins with them (and cede_peek answers them at once; _least waits for
 * more).  0; -EINVAL: so many were not lent by the last reading call, or are
 * given back already, or it was a line. */
CEDE_API int cede_stream_keep(cede_stream *s, size_t n);

/* To the peer's end, at most max bytes: a copy that is yours to free,
 * terminated by a NUL that does not count: its length; 0 with "" too.  [waits]
 * -EMSGSIZE: there are more; what fits no more stays with the rest.  On any
 * failure *data is NULL, and what came stays to be read. */
CEDE_API int cede_read_all(cede_stream *s, size_t max, char **data);

/* How much is in the buffer, to be read without waiting. */
CEDE_API size_t cede_stream_buffered(const cede_stream *s);

/* How long lines and the like may be; 65,536 at first.  0; -EINVAL for 0 or
 * more than INT_MAX - 1. */
CEDE_API int cede_stream_limit(cede_stream *s, size_t most);

/* ---- writing --------------------------------------------------------- */

/* All n bytes, or an error: n.  [waits]
 * -EPIPE, -ECONNRESET: the peer broke off; also when an earlier small write
 * could not be sent.  After cede_stream_end, or close: CEDE_ECLOSED.
 * If cancelled before anything of it went: nothing has happened; what is
 * smaller than 4,096 bytes goes as a whole.  Later: the peer has a part of it,
 * so nothing more can be written: every writing call answers CEDE_EBROKEN from
 * then on, and close aborts. */
CEDE_API int cede_write(cede_stream *s, const void *data, size_t n);
CEDE_API int cede_writev(cede_stream *s, const struct iovec *v, int n);

/* As printf: the number of bytes.  -EINVAL, -ENOMEM; else as cede_write. */
CEDE_API int cede_printf(cede_stream *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* n bytes of a file, from *offset (NULL: from where it stands), which moves
 * along: how many, less only at the file's end.  [waits]  < 0: it cannot be
 * read, or as cede_write. */
CEDE_API int cede_write_file(cede_stream *s, int fd, off_t *offset, size_t n);

/* Wait until what was gathered is the kernel's: 0, or as cede_write. [waits] */
CEDE_API int cede_flush(cede_stream *s);

/* Nothing more will be written: the peer finds the end behind what was; reading
 * goes on.  [waits], to flush.  0; again: 0; as cede_flush. */
CEDE_API int cede_stream_end(cede_stream *s);

/* ---- life ------------------------------------------------------------ */

/* Flush, end and free it: 0.  [waits], also in a cancelled scope, but not
 * longer than cede_stream_linger says: then what is left is dropped, the peer
 * is told by a reset, and it answers -ETIMEDOUT.  A failure to send that nobody
 * was told of: its error.  Either way it is closed.  Whoever waits in it is
 * answered CEDE_ECLOSED; if that is in the middle of a write, the peer is told
 * by a reset.  The memory goes when they have left.
 * While another task waits here: 0, and that one goes on.
 * What the peer has sent and nobody has read makes TCP end in a reset, which
 * may overtake the last that was written: cede_stream_end and read on where
 * that matters. A stream of a handler (net.h) is freed by its server, which
 * closes it when the handler has returned; closing it earlier is allowed.
 * Outside of tasks (in callbacks, when the loop is over) it does not wait; so
 * it is for in the child of a fork, where it closes the descriptor alone.
 * -EPERM: from another thread; nothing is closed. */
CEDE_API int cede_stream_close(cede_stream *s);

/* The same without flushing or waiting: 0.  The connection is reset, so that
 * the peer knows; Unix sockets and pipes only end.  Who waits to close it is
 * answered CEDE_ECLOSED. */
CEDE_API int cede_stream_abort(cede_stream *s);

/* How long close may wait; 1 s at first.  -EINVAL for < 0. */
CEDE_API int cede_stream_linger(cede_stream *s, cede_time most);

/* Connect the two ends of a pipe in memory, for tests and between tasks of a
 * loop: *a and *b.  Each direction holds `room` bytes (0: 65,536).  They behave
 * like sockets: half-close, back-pressure, broken peers (an abort resets).
 * 0; -ENOMEM; -EPERM. */
CEDE_API int cede_stream_pair(cede_stream **a, cede_stream **b, size_t room);

/* Have a stream take over a connected socket, a pipe's end or a terminal, which
 * becomes non-blocking; what is read and what is written may be two descriptors
 * (-1: there is none: -EBADF to use it; or twice the same).  They are the
 * stream's from then on.  Files on disk never wait, and block the thread.
 * Pipes raise SIGPIPE unless that is ignored.
 * 0; -ENOMEM, -EBADF, -EPERM: and they stay the caller's. */
CEDE_API int cede_stream_open(int in, int out, cede_stream **s);

/* Its descriptor, for getsockopt and the like; -1: it has none, or two: then
 * that to read from.  Who waits for it besides the stream is told -EBUSY. */
CEDE_API int cede_stream_fd(const cede_stream *s);

/* Who is at the other end, and this one: 0; -ENOTCONN: it has no address. */
CEDE_API int cede_stream_peer(const cede_stream *s, cede_address *out);
CEDE_API int cede_stream_local(const cede_stream *s, cede_address *out);

/* How many bytes were read from the peer, and handed to the kernel, so far. */
typedef struct cede_stream_info {
    uint64_t in, out;
    size_t buffered; /* to be read */
    size_t gathered; /* to be sent */
    bool ended;      /* the peer has */
    size_t reserved_[4];
} cede_stream_info;
CEDE_API int cede_stream_look(const cede_stream *s, cede_stream_info *out);

#ifdef __cplusplus
}
#endif
#endif
