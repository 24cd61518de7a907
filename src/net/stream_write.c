/* SPDX-License-Identifier: MIT
 *
 * stream_write.c - what is gathered, and how it is sent.
 *
 * Small writes are copied into a block and sent together; large ones are sent
 * at once, behind what was gathered, without a copy.  Whatever the kernel does
 * not take keeps the next writer waiting: there is never more than one block.
 *
 * Only one sends at a time: the task that writes, or the flusher, which such a
 * task relieves, and which takes over again from one that was cancelled.
 */
#include "net/stream.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- what is gathered -------------------------------------------------- */

static void send_gathered(struct cd_loop *l)
{
    struct cd_list *all = &l->net->gathered;
    while (!cd_list_empty(all))
        cd_stream_push(cd_container(all->next, struct cede_stream, node));
    l->before_turn = NULL;
}

static void give_back(struct cede_stream *s)
{
    cd_gather_give(s->loop, s->gathered);
    s->gathered = NULL;
}

/* Have it sent in the loop's next turn, at the latest. */
static void line_up(struct cede_stream *s)
{
    cd_list_append(&s->loop->net->gathered, &s->node);
    s->loop->before_turn = send_gathered;
}

/* Room for n bytes more in the block; NULL: not enough. */
static char *room_for(struct cede_stream *s, size_t n)
{
    struct cd_gather *g = s->gathered;
    if (!g) {
        if (!(g = cd_gather_take(s->loop)))
            return NULL;
        s->gathered = g;
        line_up(s);
    }
    return n <= CD_GATHER - g->end ? g->data + g->end : NULL;
}

/* Nothing was put there. */
static void tidy(struct cede_stream *s)
{
    if (!s->gathered || s->gathered->end > s->gathered->begin)
        return;
    cd_list_remove(&s->node);
    give_back(s);
}

/* n of these were sent: how many were not of what is gathered. */
static size_t sent_gathered(struct cede_stream *s, size_t n)
{
    struct cd_gather *g = s->gathered;
    if (!g)
        return n;
    size_t part = g->end - g->begin;
    if (n < part) {
        g->begin += (unsigned)n;
        return 0;
    }
    give_back(s);
    return n - part;
}

void cd_stream_drop(struct cede_stream *s, int err)
{
    if (s->gathered)
        give_back(s);
    if (err < 0 && s->out_error == 0) {
        s->out_error = err;
        s->unread = true;
    }
}

/* ---- the flusher ------------------------------------------------------- */

static void tell_closer(struct cede_stream *s)
{
    struct cd_wait *closer = s->closer;
    s->closer = NULL;
    if (closer)
        cd_wait_grant(closer, s->out_error);
}

/* Some of what is gathered: > 0; -EAGAIN; < 0: it is lost. */
static ssize_t send_some(struct cede_stream *s)
{
    struct cd_gather *g = s->gathered;
    struct iovec v = {g->data + g->begin, g->end - g->begin};
    ssize_t n = s->out->ready & CD_OUT ? s->transport->send(s, &v, 1) : -EAGAIN;
    if (n > 0) {
        s->out_count += (size_t)n;
        sent_gathered(s, (size_t)n);
    } else if (n != -EAGAIN) {
        cd_stream_drop(s, (int)n);
    }
    return n;
}

/* Somebody else may wait there, by the number of the descriptor. */
static int flush_later(struct cede_stream *s)
{
    cd_stream_send_away(s->out, CD_OUT, -EBUSY);
    return cd_fd_await(s->out, CD_OUT, &s->flusher);
}

void cd_stream_push(struct cede_stream *s)
{
    cd_list_remove(&s->node);
    ssize_t n = 0;
    while (s->gathered && n != -EAGAIN)
        n = send_some(s);
    /* Of a loop that is over: close drops the rest. */
    int rc = n == -EAGAIN && s->out->loop ? flush_later(s) : 0;
    if (rc < 0)
        cd_stream_drop(s, rc);
    if (!s->gathered)
        tell_closer(s);
}

void cd_stream_flusher(struct cd_fd_waiter *w, int rc)
{
    struct cede_stream *s = cd_container(w, struct cede_stream, flusher);
    if (rc < 0)
        cd_stream_drop(s, rc);
    cd_stream_push(s);
}

/* ---- sending ----------------------------------------------------------- */

/* What a call is to send behind what is gathered. */
struct cargo {
    const struct iovec *v;
    int n;
    size_t skip; /* of v[0] */
    size_t sent;
};

enum { PIECES = 16 }; /* at a time: the kernel's fast ones are eight */

static void drop_empty(struct cargo *c)
{
    while (c->n > 0 && c->v->iov_len == c->skip) {
        c->v++;
        c->n--;
        c->skip = 0;
    }
}

static void sent_cargo(struct cargo *c, size_t n)
{
    c->sent += n;
    while (n > 0) {
        size_t left = c->v->iov_len - c->skip;
        size_t part = n < left ? n : left;
        c->skip += part;
        n -= part;
        drop_empty(c);
    }
}

static int load(const struct cede_stream *s, const struct cargo *c,
                struct iovec *out)
{
    int n = 0;
    struct cd_gather *g = s->gathered;
    if (g)
        out[n++] = (struct iovec){g->data + g->begin, g->end - g->begin};
    for (int i = 0; i < c->n && n < PIECES; i++)
        out[n++] = c->v[i];
    if (c->n > 0 && c->skip > 0) {
        struct iovec *first = &out[g ? 1 : 0];
        first->iov_base = (char *)first->iov_base + c->skip;
        first->iov_len -= c->skip;
    }
    return n;
}

/* Once: > 0; -EAGAIN; < 0. */
static ssize_t send_once(struct cede_stream *s, struct cargo *c)
{
    struct iovec v[PIECES];
    if (!(s->out->ready & CD_OUT))
        return -EAGAIN;
    ssize_t n = s->transport->send(s, v, load(s, c, v));
    if (n <= 0)
        return n;
    s->out_count += (size_t)n;
    cd_stream_paid((size_t)n);
    sent_cargo(c, sent_gathered(s, (size_t)n));
    return n;
}

/* The transport has failed. */
static int fail(struct cede_stream *s, int rc)
{
    cd_stream_drop(s, rc);
    s->unread = false;
    return rc;
}

/* It was cancelled, or could not wait.  The peer has some of it: then that is
 * the last it gets.  Else nothing has happened. */
static int give_up(struct cede_stream *s, const struct cargo *c, int rc)
{
    if (c->sent > 0)
        cd_stream_cut(s);
    else if (s->gathered)
        cd_stream_push(s);
    return rc;
}

static int send_all(struct cede_stream *s, struct cargo *c)
{
    while (s->gathered || c->n > 0) {
        ssize_t n = send_once(s, c);
        if (n > 0)
            continue;
        if (n != -EAGAIN)
            return fail(s, (int)n);
        s->cut = c->sent > 0;
        int rc = cd_stream_wait(s, CD_OUT, "stream write");
        if (rc == CEDE_ECLOSED)
            return rc;
        s->cut = false;
        if (rc < 0)
            return give_up(s, c, rc);
    }
    return 0;
}

int cd_stream_send(struct cede_stream *s, const struct iovec *v, int n)
{
    return cd_stream_send_more(s, v, n, 0);
}

int cd_stream_send_more(struct cede_stream *s, const struct iovec *v, int n,
                        size_t sent)
{
    struct cargo c = {.v = v, .n = n, .sent = sent};
    drop_empty(&c);
    if (cd_stream_flushes(s))
        cd_fd_await_no_more(s->out, CD_OUT);
    cd_list_remove(&s->node);
    return send_all(s, &c);
}

/* ---- calls ------------------------------------------------------------- */

static int done(int rc)
{
    if (cd_likely(rc >= 0))
        cd_checkpoint_end(cd_me.task);
    return rc;
}

static int refuse(struct cede_stream *s)
{
    if (s->out_ended)
        return CEDE_ECLOSED;
    s->unread = false;
    return s->cut ? cede_fail(CEDE_EBROKEN, "an earlier write to this stream "
                                            "was cancelled in the middle")
                  : s->out_error;
}

int cd_stream_begin_write(struct cede_stream *s, const char *what)
{
    int rc = cd_stream_begin(s, what);
    if (cd_unlikely(rc < 0))
        return rc;
    if (cd_unlikely(s->writing))
        return cede_fail(-EBUSY, "%s: another task writes to this stream",
                         what);
    return cd_unlikely(s->out_ended || s->out_error < 0) ? refuse(s) : 0;
}

/* It is small, and gathered: true. */
static inline bool gather(struct cede_stream *s, const void *data, size_t n)
{
    char *room = NULL;
    if (n < CD_GATHER_MOST && cd_likely(!cd_stream_flushes(s)))
        room = room_for(s, n);
    if (!room)
        return false;
    if (n > 0)
        memcpy(room, data, n);
    s->gathered->end += (unsigned)n;
    return true;
}

/* What is small is gathered even if that has to wait: so it is never cut. */
static int make_way(struct cede_stream *s, size_t n)
{
    return s->gathered && n < CD_GATHER_MOST ? cd_stream_send(s, NULL, 0) : 0;
}

static int put(struct cede_stream *s, const void *data, size_t n)
{
    int rc = make_way(s, n);
    if (rc < 0 || gather(s, data, n))
        return rc < 0 ? rc : (int)n;
    const struct iovec v = {(void *)data, n};
    rc = cd_stream_send(s, &v, 1);
    return rc < 0 ? rc : (int)n;
}

int cede_write(cede_stream *s, const void *data, size_t n)
{
    int rc = cd_stream_begin_write(s, "cede_write");
    if (cd_unlikely(rc < 0))
        return rc;
    if (cd_unlikely(n > INT_MAX))
        return cede_fail(-EINVAL, "cede_write: %zu bytes", n);
    if (n == 0 || gather(s, data, n))
        return done((int)n);
    return done(put(s, data, n));
}

/* All of it: < 0: there is too much. */
static int total(const struct iovec *v, int n)
{
    size_t sum = 0;
    for (int i = 0; i < n; i++)
        if (v[i].iov_len > INT_MAX || (sum += v[i].iov_len) > INT_MAX)
            return cede_fail(-EINVAL, "cede_writev: more than INT_MAX bytes");
    return n < 0 ? -EINVAL : (int)sum;
}

static bool gather_all(struct cede_stream *s, const struct iovec *v, int n,
                       size_t all)
{
    if (all >= CD_GATHER_MOST || cd_stream_flushes(s) || !room_for(s, all))
        return false;
    for (int i = 0; i < n; i++)
        gather(s, v[i].iov_base, v[i].iov_len);
    return true;
}

int cede_writev(cede_stream *s, const struct iovec *v, int n)
{
    int rc = cd_stream_begin_write(s, "cede_writev");
    int all = rc < 0 ? rc : total(v, n);
    if (cd_unlikely(all <= 0))
        return done(all);
    if (gather_all(s, v, n, (size_t)all))
        return done(all);
    if ((rc = make_way(s, (size_t)all)) < 0 || gather_all(s, v, n, (size_t)all))
        return done(rc < 0 ? rc : all);
    rc = cd_stream_send(s, v, n);
    return done(rc < 0 ? rc : all);
}

/* It did not fit into the block. */
static int print_apart(struct cede_stream *s, int n, const char *format,
                       va_list args)
{
    char *text = cd_malloc((size_t)n + 1);
    if (!text)
        return -ENOMEM;
    vsnprintf(text, (size_t)n + 1, format, args);
    int rc = put(s, text, (size_t)n);
    free(text);
    return rc;
}

static int print(struct cede_stream *s, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    char *room = cd_stream_flushes(s) ? NULL : room_for(s, 1);
    size_t most = room ? (size_t)(CD_GATHER - s->gathered->end) : 0;
    int n = vsnprintf(room, most, format, args);
    if (n >= 0 && (size_t)n < most)
        s->gathered->end += (unsigned)n;
    tidy(s);
    if (n > 0 && (size_t)n >= most)
        n = print_apart(s, n, format, again);
    else if (n < 0)
        n = cede_fail(-EINVAL, "cede_printf: \"%s\"", format);
    va_end(again);
    return n;
}

int cede_printf(cede_stream *s, const char *format, ...)
{
    int saved = errno;
    int rc = cd_stream_begin_write(s, "cede_printf");
    if (cd_unlikely(rc < 0))
        return rc;
    va_list args;
    va_start(args, format);
    rc = print(s, format, args);
    va_end(args);
    cd_errno_restore(saved);
    return done(rc);
}

int cede_flush(cede_stream *s)
{
    int rc = cd_stream_begin_write(s, "cede_flush");
    if (cd_likely(rc == 0) && s->gathered)
        rc = cd_stream_send(s, NULL, 0);
    return done(rc);
}

int cede_stream_end(cede_stream *s)
{
    int rc = cd_stream_begin(s, "cede_stream_end");
    if (rc < 0 || s->out_ended)
        return done(rc);
    rc = cd_stream_begin_write(s, "cede_stream_end");
    if (rc == 0 && s->gathered)
        rc = cd_stream_send(s, NULL, 0);
    if (rc == 0 && (rc = s->transport->end(s)) == 0)
        s->out_ended = true;
    return done(rc);
}
