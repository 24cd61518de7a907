/* SPDX-License-Identifier: MIT
 *
 * stream.h - the inside of streams: what is received and not taken, what is
 * gathered and not sent, and what carries the bytes.
 *
 * A stream is made in place: a server keeps each connection's in the frame of
 * its task.  While nothing is in it, it is this struct alone: the large blocks
 * to receive into, and the ones to gather in, are the loop's (buffer.h).
 *
 * Reading.  buf[begin, end) is there to be taken.  What was lent out lies
 * before begin; the block goes back when the next reading call finds nothing
 * in it.  A task that must wait with little in a large block moves that to a
 * small one of the stream's own.
 *
 * Writing.  `gathered` is sent when its task waits to read, when it is full,
 * and before each turn of the loop.  What the kernel does not take then is
 * sent by `flusher`, which is no task; who comes to write meanwhile takes that
 * over, and waits.
 *
 * The memory of a closed stream goes when the last who waited in it has left.
 */
#ifndef CD_NET_STREAM_H
#define CD_NET_STREAM_H

#include "io/wait.h"
#include "net/buffer.h"

#include <cede/stream.h>

/* What carries the bytes.  None of these waits, or touches errno.  -EAGAIN:
 * wait for the descriptor in that direction, whose bit is cleared. */
struct cd_transport {
    /* Up to n bytes, n > 0: how many; 0: the end; -EAGAIN; < 0. */
    ssize_t (*receive)(struct cede_stream *s, void *buf, size_t n);
    /* Some bytes: how many, > 0; -EAGAIN; < 0. */
    ssize_t (*send)(struct cede_stream *s, const struct iovec *v, int n);
    /* The same from a file; -EINVAL: not from such a file, or at all. */
    ssize_t (*send_file)(struct cede_stream *s, int file, off_t *offset,
                         size_t n);
    /* Nothing more is sent: 0 or < 0. */
    int (*end)(struct cede_stream *s);
    /* It is over.  reset: the peer shall not take it for an end. */
    void (*close)(struct cede_stream *s, bool reset);
};

extern const struct cd_transport cd_socket_transport;

struct cede_stream {
    const struct cd_transport *transport;
    struct cd_loop *loop; /* borrowed until it is closed */
    struct cd_fd fd;
    struct cd_fd *out; /* what is written to; &fd, or another */

    /* Reading. */
    char *buf; /* has a byte more than size; NULL: nothing is there */
    unsigned begin, end, size;
    unsigned lent; /* of what is before begin, and may be given back */
    unsigned limit;
    int in_error; /* < 0: it fails so when nothing is there any more */
    size_t taken; /* by the last read_exactly that failed */

    /* Writing.  Linked in the loop's list while something is gathered, and
     * neither the flusher nor a task waits to send it. */
    struct cd_gather *gathered; /* NULL: nothing */
    struct cd_list node;
    struct cd_fd_waiter flusher;
    int out_error; /* < 0: no more can be written */

    unsigned users;         /* tasks that wait inside, or close it */
    struct cd_wait *last;   /* waits for them to leave; NULL: nobody does */
    struct cd_wait *closer; /* waits for the flusher; NULL: nobody does */
    cede_time linger;
    uint64_t in_count, out_count;

    bool in_ended : 1;  /* the peer's end was met */
    bool out_ended : 1; /* cede_stream_end */
    bool reading : 1;   /* a task waits to read */
    bool writing : 1;   /* a task waits to write */
    bool cut : 1;       /* it has sent a part of something */
    bool skipping : 1;  /* the rest of a line that was too long */
    bool unread : 1;    /* nobody was answered out_error yet */
    bool closed : 1;
    bool in_place : 1; /* not freed here */
    bool two : 1;      /* out is behind it */
    bool asked : 1;    /* what kind of a socket it is: */
    bool gapless : 1;  /* that had no more than a short read took */
};

/* The stream of a connected socket, which becomes its own; in zeroed memory or
 * not.  No system call.  0 or -ENOMEM. */
int cd_stream_make(struct cede_stream *s, struct cd_loop *l, int fd);

/* Close it, or abort it, as cede_stream_close does, unless that was done; and
 * wait until the last has left it: then the memory is the caller's again. */
int cd_stream_finish(struct cede_stream *s, bool abort);

/* The same as cd_stream_make in memory that cede_stream_close frees; NULL: no
 * memory, and the socket stays the caller's. */
struct cede_stream *cd_stream_new(struct cd_loop *l, int fd);

/* ---- what the calls are made of ---------------------------------------- */

/* Make it, without a descriptor (-1) or with one; t carries it. */
int cd_stream_init(struct cede_stream *s, struct cd_loop *l,
                   const struct cd_transport *t, int fd);

/* May the running task call `what`, which may wait?  0; or what to answer. */
int cd_stream_begin(const struct cede_stream *s, const char *what);

/* The same to read: nothing is lent out any more.  [waits] to throw away the
 * rest of a long line.  And to write: also why nothing can be written. */
int cd_stream_begin_read(struct cede_stream *s, const char *what);
int cd_stream_begin_write(struct cede_stream *s, const char *what);

/* Wait in one direction (CD_IN, CD_OUT), which was tried: 0: try again;
 * CEDE_ECLOSED: it is closed, and must not be touched any more; or as
 * cd_fd_wait. */
int cd_stream_wait(struct cede_stream *s, unsigned direction, const char *why);

/* Nothing of that direction is the kernel's any more: what a transport answers
 * where errno says so. */
ssize_t cd_stream_refused(struct cd_fd *f, unsigned direction, int err);

/* How much is there to be taken. */
static inline size_t cd_stream_there(const struct cede_stream *s)
{
    return s->end - s->begin;
}

/* Receive what has come behind what is there, at least one byte: how many; 0:
 * the end; < 0, and nothing has changed.  [waits] */
int cd_stream_fill(struct cede_stream *s);

/* The buffer goes back if nothing is in it; whatever is in it. */
void cd_stream_tidy(struct cede_stream *s);
void cd_stream_forget(struct cede_stream *s);

/* The call has moved n bytes: large ones use up the time for calls that need
 * not wait sooner. */
void cd_stream_paid(size_t n);

/* The end of a call that lends out n bytes, and may let others run first: to
 * them it is reading still.  n; or CEDE_ECLOSED, and nothing is lent. */
int cd_stream_lent(struct cede_stream *s, size_t n);

/* Send what is gathered, without waiting; the rest later, by the flusher. */
void cd_stream_push(struct cede_stream *s);

/* Send all that is gathered, and v: 0 or < 0.  [waits] */
int cd_stream_send(struct cede_stream *s, const struct iovec *v, int n);
/* The same for a call that has sent so many bytes before. */
int cd_stream_send_more(struct cede_stream *s, const struct iovec *v, int n,
                        size_t sent);

/* What is gathered will not be sent, because of err < 0, if it is that. */
void cd_stream_drop(struct cede_stream *s, int err);

/* A call stops in the middle of what it sends: nothing may follow that. */
static inline void cd_stream_cut(struct cede_stream *s)
{
    s->out_error = CEDE_EBROKEN;
    s->cut = true;
}

/* Whoever waits for f in that direction waits no more, and has rc. */
void cd_stream_send_away(struct cd_fd *f, unsigned direction, int rc);

/* What the flusher is told. */
void cd_stream_flusher(struct cd_fd_waiter *w, int rc);

static inline bool cd_stream_flushes(const struct cede_stream *s)
{
    return s->out->waiter[1] == &s->flusher;
}

#endif
