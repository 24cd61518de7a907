/* SPDX-License-Identifier: MIT
 *
 * stream_read.c - what has come, and how it is taken.
 *
 * The buffer is a large block of the loop's while something is received, and
 * is lent to callers.  Who must wait with little in it gives the block back,
 * and keeps the little in one of its own, which is used up to half before there
 * is a large one again: so a slow peer costs its stream as much as it has sent,
 * and a fast one costs no copy.
 *
 * Blocks of CD_BUFFER bytes are the loop's, others malloc's.
 */
#include "net/stream.h"

#include <limits.h>

/* ---- the buffer -------------------------------------------------------- */

void cd_stream_forget(struct cede_stream *s)
{
    if (s->size == CD_BUFFER)
        cd_buffer_give(s->loop, s->buf);
    else
        free(s->buf);
    s->buf = NULL;
    s->begin = s->end = s->size = s->lent = 0;
}

void cd_stream_tidy(struct cede_stream *s)
{
    if (s->buf && s->begin == s->end)
        cd_stream_forget(s);
}

/* Into another block. */
static int move(struct cede_stream *s, size_t size)
{
    char *to =
        size == CD_BUFFER ? cd_buffer_take(s->loop) : cd_malloc(size + 1);
    if (!to)
        return -ENOMEM;
    unsigned n = s->end - s->begin;
    if (n > 0)
        memcpy(to, s->buf + s->begin, n);
    cd_stream_forget(s);
    s->buf = to;
    s->end = n;
    s->size = (unsigned)size;
    return 0;
}

/* Its task waits: the large block is not kept for little. */
static void shrink(struct cede_stream *s)
{
    size_t n = cd_stream_there(s), size = 512;
    if (n == 0)
        cd_stream_tidy(s);
    if (n == 0 || s->size < CD_BUFFER || n > s->size / 8)
        return;
    while (size <= 2 * n)
        size *= 2;
    (void)move(s, size); /* no memory: then it is kept */
}

static int grow(struct cede_stream *s)
{
    const size_t most = (size_t)INT_MAX + 2;
    if (s->size < CD_BUFFER)
        return move(s, CD_BUFFER);
    if (s->size >= most)
        return cede_fail(-ENOMEM, "a stream holds no more than 2 GiB");
    size_t twice = 2 * (size_t)s->size;
    return move(s, twice < most ? twice : most);
}

static int begin_buffer(struct cede_stream *s)
{
    s->buf = cd_buffer_take(s->loop);
    s->size = s->buf ? CD_BUFFER : 0;
    return s->buf ? 0 : -ENOMEM;
}

/* Have room behind what is there. */
static int make_room(struct cede_stream *s)
{
    if (!s->buf)
        return begin_buffer(s);
    if (s->begin == s->end)
        s->begin = s->end = 0;
    if (s->size < CD_BUFFER && s->end >= s->size / 2)
        return grow(s);
    if (s->size - s->end >= s->size / 4)
        return 0;
    if (s->begin < s->size / 4)
        return s->end < s->size ? 0 : grow(s);
    memmove(s->buf, s->buf + s->begin, s->end - s->begin);
    s->end -= s->begin;
    s->begin = 0;
    return 0;
}

/* ---- receiving --------------------------------------------------------- */

/* The kernel tells of a failure once, and of an end then: whoever wrote may
 * have been told.  No peer has ended before it broke off. */
static int end_or_failure(const struct cede_stream *s)
{
    int rc = s->out_error;
    return rc == -ECONNRESET || rc == -ETIMEDOUT ? rc : 0;
}

static ssize_t receive_to(struct cede_stream *s, void *buf, size_t n)
{
    if (s->in_ended)
        return 0;
    if (s->in_error < 0)
        return s->in_error;
    ssize_t got = s->transport->receive(s, buf, n);
    if (cd_unlikely(got == 0))
        got = end_or_failure(s);
    if (cd_likely(got > 0)) {
        s->in_count += (size_t)got;
        cd_stream_paid((size_t)got);
    } else if (got == 0) {
        s->in_ended = true;
    } else if (got != -EAGAIN) {
        s->in_error = (int)got;
    }
    return got;
}

static ssize_t receive(struct cede_stream *s)
{
    int rc = make_room(s);
    if (cd_unlikely(rc < 0))
        return rc;
    ssize_t got = receive_to(s, s->buf + s->end, s->size - s->end);
    if (cd_likely(got > 0))
        s->end += (unsigned)got;
    else
        cd_stream_tidy(s);
    return got;
}

/* Nothing has come: the peer may wait for what was gathered. */
static int wait_for_more(struct cede_stream *s)
{
    if (cd_list_linked(&s->node))
        cd_stream_push(s);
    shrink(s);
    return cd_stream_wait(s, CD_IN, "stream read");
}

int cd_stream_fill(struct cede_stream *s)
{
    for (;;) {
        ssize_t got = s->fd.ready & CD_IN ? receive(s) : -EAGAIN;
        if (got != -EAGAIN)
            return (int)got;
        int rc = wait_for_more(s);
        if (cd_unlikely(rc < 0))
            return rc;
    }
}

/* Straight into the user's memory; nothing is there. */
static int receive_direct(struct cede_stream *s, void *buf, size_t n)
{
    cd_stream_tidy(s);
    for (;;) {
        ssize_t got = s->fd.ready & CD_IN ? receive_to(s, buf, n) : -EAGAIN;
        if (got != -EAGAIN)
            return (int)got;
        int rc = wait_for_more(s);
        if (cd_unlikely(rc < 0))
            return rc;
    }
}

/* ---- beginning and end of calls ---------------------------------------- */

/* The call is not done yet: it goes on, if it has moved a lot after the others'
 * turn.  A fast peer need not let it wait for long. */
static int go_on(struct cede_stream *s)
{
    if (cd_likely(cd_me.task->budget > 1))
        return 0;
    int rc = cd_stream_lent(s, 0);
    return rc == 0 && cd_me.task->scope->effective ? -ECANCELED : rc;
}

/* Throw away a line up to its end, or the peer's. */
static int skip_line(struct cede_stream *s)
{
    while (s->skipping) {
        char *at =
            s->buf ? memchr(s->buf + s->begin, '\n', cd_stream_there(s)) : NULL;
        s->begin = at ? (unsigned)(at + 1 - s->buf) : s->end;
        s->skipping = !at;
        if (at)
            break;
        int rc = cd_stream_fill(s);
        if (rc < 0)
            return rc;
        s->skipping = rc > 0;
        if ((rc = go_on(s)) < 0)
            return rc;
    }
    return 0;
}

int cd_stream_begin_read(struct cede_stream *s, const char *what)
{
    int rc = cd_stream_begin(s, what);
    if (cd_unlikely(rc < 0))
        return rc;
    if (cd_unlikely(s->reading))
        return cede_fail(-EBUSY, "%s: another task reads from this stream",
                         what);
    s->lent = 0;
    return cd_unlikely(s->skipping) ? skip_line(s) : 0;
}

/* n bytes of what is there. */
static void take(struct cede_stream *s, void *buf, size_t n)
{
    if (n > 0)
        memcpy(buf, s->buf + s->begin, n);
    s->begin += (unsigned)n;
    cd_stream_tidy(s);
}

static int done(int rc)
{
    if (cd_likely(rc >= 0))
        cd_checkpoint_end(cd_me.task);
    return rc;
}

static size_t less(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- copies ------------------------------------------------------------ */

int cede_read(cede_stream *s, void *buf, size_t n)
{
    int rc = cd_stream_begin_read(s, "cede_read");
    if (cd_unlikely(rc < 0))
        return rc;
    n = less(n, INT_MAX);
    if (n == 0)
        return done(0);
    if (cd_stream_there(s) == 0) {
        if (n >= CD_DIRECT)
            return done(receive_direct(s, buf, n));
        if ((rc = cd_stream_fill(s)) <= 0)
            return done(rc);
    }
    n = less(n, cd_stream_there(s));
    take(s, buf, n);
    return done((int)n);
}

/* Have n bytes there: 1; 0: the peer has ended before. */
static int gain(struct cede_stream *s, size_t n)
{
    while (cd_stream_there(s) < n) {
        int rc = cd_stream_fill(s);
        if (rc <= 0 || (rc = go_on(s)) < 0)
            return rc;
    }
    return 1;
}

static int ended_early(const struct cede_stream *s)
{
    return cd_stream_there(s) > 0 ? CEDE_ESHORT : 0;
}

/* What fits the limit stays there until it is complete. */
static int read_whole(struct cede_stream *s, void *buf, size_t n)
{
    int rc = gain(s, n);
    if (rc <= 0)
        return rc < 0 ? rc : ended_early(s);
    take(s, buf, n);
    return (int)n;
}

/* What does not, is taken as it comes. */
static int read_parts(struct cede_stream *s, char *buf, size_t n, size_t *taken)
{
    while (*taken < n) {
        size_t there = less(cd_stream_there(s), n - *taken);
        int rc = (int)there;
        if (there > 0)
            take(s, buf + *taken, there);
        else if (n - *taken >= CD_DIRECT)
            rc = receive_direct(s, buf + *taken, n - *taken);
        else if ((rc = cd_stream_fill(s)) > 0)
            continue;
        if (rc < 0)
            return rc;
        if (rc == 0)
            return *taken > 0 ? CEDE_ESHORT : 0;
        *taken += (size_t)rc;
    }
    return (int)n;
}

int cede_read_exactly(cede_stream *s, void *buf, size_t n)
{
    int rc = cd_stream_begin_read(s, "cede_read_exactly");
    if (cd_unlikely(rc < 0))
        return rc;
    if (n > INT_MAX)
        return cede_fail(-EINVAL, "cede_read_exactly: %zu bytes", n);
    size_t taken = 0;
    s->taken = 0;
    bool whole = n <= s->limit;
    rc = whole ? read_whole(s, buf, n) : read_parts(s, buf, n, &taken);
    if (cd_unlikely(rc < 0 && rc != CEDE_ECLOSED))
        s->taken = taken;
    return done(rc);
}

/* ---- views ------------------------------------------------------------- */

/* Lend all that is there. */
static int lend(struct cede_stream *s, const void **data)
{
    unsigned n = s->end - s->begin;
    *data = s->buf + s->begin;
    s->begin = s->end;
    s->lent = n;
    return cd_stream_lent(s, n);
}

int cede_peek(cede_stream *s, const void **data)
{
    int rc = cd_stream_begin_read(s, "cede_peek");
    if (cd_unlikely(rc < 0))
        return rc;
    if (cd_stream_there(s) == 0 && (rc = cd_stream_fill(s)) <= 0)
        return done(rc);
    return lend(s, data);
}

int cede_peek_least(cede_stream *s, size_t n, const void **data)
{
    int rc = cd_stream_begin_read(s, "cede_peek_least");
    if (cd_unlikely(rc < 0))
        return rc;
    if (n > s->limit)
        return cede_fail(-EMSGSIZE, "cede_peek_least: %zu bytes, limit %u", n,
                         s->limit);
    rc = gain(s, n > 0 ? n : 1);
    if (rc > 0)
        return lend(s, data);
    if (rc == 0 && (rc = ended_early(s)) < 0)
        *data = s->buf + s->begin;
    return done(rc);
}

int cede_stream_keep(cede_stream *s, size_t n)
{
    if (!s)
        return -ENOMEM;
    if (n > s->lent)
        return cede_fail(-EINVAL, "cede_stream_keep: %zu bytes of %u lent out",
                         n, s->lent);
    s->begin -= (unsigned)n;
    s->lent -= (unsigned)n;
    return 0;
}

/* ---- all --------------------------------------------------------------- */

/* All that is there, the caller's to free; NULL: no memory. */
static char *hand_over(struct cede_stream *s, size_t n)
{
    char *out;
    if (s->size <= CD_BUFFER) {
        if ((out = cd_malloc(n + 1)))
            take(s, out, n);
    } else {
        out = s->buf;
        memmove(out, out + s->begin, n);
        s->buf = NULL;
        s->begin = s->end = s->size = 0;
        char *cut = realloc(out, n + 1);
        out = cut ? cut : out;
    }
    if (out)
        out[n] = '\0';
    return out;
}

int cede_read_all(cede_stream *s, size_t max, char **data)
{
    *data = NULL;
    int rc = cd_stream_begin_read(s, "cede_read_all");
    if (cd_unlikely(rc < 0))
        return rc;
    max = less(max, INT_MAX);
    if ((rc = gain(s, max + 1)) < 0)
        return rc;
    if (rc > 0)
        return cede_fail(-EMSGSIZE, "cede_read_all: more than %zu bytes", max);
    size_t n = cd_stream_there(s);
    *data = hand_over(s, n);
    return *data ? done((int)n) : -ENOMEM;
}
