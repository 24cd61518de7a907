/* SPDX-License-Identifier: MIT
 *
 * stream.c - the life of a stream: made, waited in, closed.
 *
 * Closing says so first, so that whoever waits in it is sent away and nobody
 * comes any more; then what was gathered is sent, by the flusher, for a while;
 * then the transport is closed.  What a task was cut short in, or what could
 * not be sent, ends in a reset: the peer is not to take half of it for all.
 */
#include "net/stream.h"
#include "task/loop.h"

#include <limits.h>

_Static_assert(sizeof(struct cede_stream) <= 200,
               "all an idle one consists of");

int cd_stream_init(struct cede_stream *s, struct cd_loop *l,
                   const struct cd_transport *t, int fd)
{
    int rc = cd_net_open(l);
    if (cd_unlikely(rc < 0))
        return rc;
    *s = (struct cede_stream){.transport = t,
                              .loop = l,
                              .out = &s->fd,
                              .limit = 65536,
                              .linger = CEDE_SEC,
                              .flusher.tell = cd_stream_flusher};
    cd_fd_init(&s->fd, l, fd);
    cd_list_init(&s->node);
    cd_loop_borrow(l);
    return 0;
}

int cd_stream_make(struct cede_stream *s, struct cd_loop *l, int fd)
{
    int rc = cd_stream_init(s, l, &cd_socket_transport, fd);
    if (rc == 0)
        s->in_place = true;
    return rc;
}

struct cede_stream *cd_stream_new(struct cd_loop *l, int fd)
{
    struct cede_stream *s = cd_malloc(sizeof *s);
    if (!s || cd_stream_init(s, l, &cd_socket_transport, fd) == 0)
        return s;
    free(s);
    return NULL;
}

/* ---- calls ------------------------------------------------------------- */

static int elsewhere(const char *what)
{
    return cede_fail(-EPERM, "%s: the stream is of another thread%s", what,
                     cd_task_hint(", or of a run that is over"));
}

int cd_stream_begin(const struct cede_stream *s, const char *what)
{
    if (cd_unlikely(!s))
        return -ENOMEM;
    const struct cd_task *t = cd_task_needed(what);
    if (cd_unlikely(!t))
        return -EPERM;
    if (cd_unlikely(t->loop != s->loop))
        return elsewhere(what);
    int rc = cd_checkpoint_begin(cd_me.task);
    return cd_likely(rc == 0) && cd_unlikely(s->closed) ? CEDE_ECLOSED : rc;
}

/* No dearer than a copy is: who lets others run keeps the block that he has
 * lent out, and they get one that is in no cache. */
void cd_stream_paid(size_t n)
{
    enum { UNIT = 16384 };
    struct cd_task *t = cd_me.task;
    size_t worth = n / UNIT;
    t->budget = worth < t->budget ? t->budget - (unsigned)worth : 1;
}

/* One who was inside is not any more, and it is closed. */
static void left(struct cede_stream *s)
{
    if (s->users > 0)
        return;
    struct cd_wait *last = s->last;
    s->last = NULL;
    if (last)
        cd_wait_grant(last, 0);
    else if (!s->in_place)
        free(s);
}

int cd_stream_wait(struct cede_stream *s, unsigned direction, const char *why)
{
    bool in = direction == CD_IN;
    if (cd_unlikely(cd_me.task->scope->effective))
        return -ECANCELED; /* after an earlier wait of this call */
    s->users++;
    if (in)
        s->reading = true;
    else
        s->writing = true;
    int rc = cd_fd_wait(in ? &s->fd : s->out, direction, why);
    s->users--;
    if (in)
        s->reading = false;
    else
        s->writing = false;
    if (cd_likely(!s->closed))
        return rc;
    left(s);
    return CEDE_ECLOSED;
}

int cd_stream_lent(struct cede_stream *s, size_t n)
{
    s->users++;
    s->reading = true;
    cd_checkpoint_end(cd_me.task);
    s->users--;
    s->reading = false;
    if (cd_likely(!s->closed))
        return (int)n;
    left(s);
    return CEDE_ECLOSED;
}

ssize_t cd_stream_refused(struct cd_fd *f, unsigned direction, int err)
{
    if (err != EAGAIN && err != EWOULDBLOCK)
        return -err;
    cd_fd_drained(f, direction);
    return -EAGAIN;
}

/* ---- the end ----------------------------------------------------------- */

/* 0; or why this thread must not close it.  Once the loop is over any may. */
static int may_close(const struct cede_stream *s, const char *what)
{
    if (!s)
        return -ENOMEM;
    /* All that another thread may look at. */
    const struct cd_thread *owner = cd_loop_whole(s->loop)->owner;
    if (owner && owner != &cd_me && !cd_loop_closed(s->loop))
        return elsewhere(what);
    return 0;
}

static bool is_forked(const struct cede_stream *s)
{
    return !cd_loop_whole(s->loop)->owner;
}

void cd_stream_send_away(struct cd_fd *f, unsigned direction, int rc)
{
    struct cd_fd_waiter *w = f->waiter[direction == CD_OUT];
    if (!w || !f->loop) /* nobody; or the loop is over, or another process's */
        return;
    cd_fd_await_no_more(f, direction);
    w->tell(w, rc);
}

struct lingering {
    struct cd_wait wait;
    struct cd_timer timer;
    struct cede_stream *stream;
};

static void linger_over(struct cd_timer *timer)
{
    struct lingering *l = cd_container(timer, struct lingering, timer);
    if (l->stream->closer != &l->wait)
        return; /* it is granted, and its task is about to run */
    l->stream->closer = NULL;
    cd_wait_grant(&l->wait, -ETIMEDOUT);
}

/* Wait until the flusher has sent all: 0; -ETIMEDOUT; or why it cannot. */
static int linger(struct cede_stream *s)
{
    struct lingering l = {.wait.abort = cd_wait_refuse,
                          .timer = {.fire = linger_over},
                          .stream = s};
    bool for_ever = s->linger == CEDE_NEVER;
    l.timer.when = cede_in(s->linger);
    if (!for_ever)
        cd_timer_set(&s->loop->timers, &l.timer);
    s->users++;
    s->closer = &l.wait;
    int rc = cd_wait_in(&l.wait, NULL, "stream close");
    s->users--;
    if (cd_timer_is_set(&l.timer)) /* the kernel knows -ETIMEDOUT, too */
        cd_timer_cancel(&s->loop->timers, &l.timer);
    return rc;
}

static bool may_linger(const struct cede_stream *s)
{
    const struct cd_task *t = cd_me.task;
    return t && t->loop == s->loop && s->linger > 0;
}

/* Send what was gathered.  0; or why it, or something earlier, was not. */
static int last_words(struct cede_stream *s)
{
    if (s->cut)
        return 0;
    /* The flusher of a loop that is over is told nothing any more. */
    if (s->gathered && !(cd_stream_flushes(s) && s->out->loop))
        cd_stream_push(s);
    int rc = 0;
    if (s->gathered)
        rc = may_linger(s) ? linger(s) : -ETIMEDOUT;
    if (rc < 0)
        cd_stream_drop(s, rc);
    return s->unread ? s->out_error : 0;
}

/* Nobody waits for it any more, but for those who were sent away. */
static void release(struct cede_stream *s, bool reset)
{
    cd_list_remove(&s->node);
    if (cd_stream_flushes(s) && s->out->loop)
        cd_fd_await_no_more(s->out, CD_OUT);
    if (s->gathered)
        cd_stream_drop(s, 0);
    cd_stream_forget(s);
    s->transport->close(s, reset && !is_forked(s));
    cd_loop_return(s->loop);
    left(s);
}

/* It is being closed, or was: an abort ends the waiting. */
static int close_again(struct cede_stream *s, bool abort)
{
    struct cd_wait *closer = s->closer;
    s->closer = NULL;
    if (abort && closer)
        cd_wait_grant(closer, CEDE_ECLOSED);
    else if (closer)
        s->closer = closer;
    return 0;
}

static int close_stream(struct cede_stream *s, bool abort)
{
    if (s->closed)
        return close_again(s, abort);
    s->closed = true;
    cd_stream_send_away(&s->fd, CD_IN, CEDE_ECLOSED);
    if (!cd_stream_flushes(s))
        cd_stream_send_away(s->out, CD_OUT, CEDE_ECLOSED);
    int rc = abort || is_forked(s) ? 0 : last_words(s);
    release(s, abort || s->cut || rc < 0);
    return rc;
}

int cede_stream_close(cede_stream *s)
{
    int rc = may_close(s, "cede_stream_close");
    return rc < 0 ? rc : close_stream(s, false);
}

int cede_stream_abort(cede_stream *s)
{
    int rc = may_close(s, "cede_stream_abort");
    return rc < 0 ? rc : close_stream(s, true);
}

int cd_stream_finish(struct cede_stream *s, bool abort)
{
    int rc = close_stream(s, abort);
    if (s->users == 0)
        return rc;
    struct cd_wait w = {.abort = cd_wait_refuse};
    s->last = &w;
    cd_wait_in(&w, NULL, "stream close");
    return rc;
}

/* ---- what is known of it ----------------------------------------------- */

int cede_stream_linger(cede_stream *s, cede_time most)
{
    if (!s)
        return -ENOMEM;
    if (most < 0)
        return cede_fail(-EINVAL, "cede_stream_linger: a time below 0");
    s->linger = most;
    return 0;
}

int cede_stream_limit(cede_stream *s, size_t most)
{
    if (!s)
        return -ENOMEM;
    if (most == 0 || most > INT_MAX - 1)
        return cede_fail(-EINVAL, "cede_stream_limit: %zu", most);
    s->limit = (unsigned)most;
    return 0;
}

size_t cede_stream_buffered(const cede_stream *s)
{
    return s ? cd_stream_there(s) : 0;
}

size_t cede_stream_taken(const cede_stream *s)
{
    return s ? s->taken : 0;
}

int cede_stream_fd(const cede_stream *s)
{
    return s && !s->closed ? s->fd.fd : -1;
}

int cede_stream_look(const cede_stream *s, cede_stream_info *out)
{
    if (!s)
        return -ENOMEM;
    const struct cd_gather *g = s->gathered;
    *out = (cede_stream_info){.in = s->in_count,
                              .out = s->out_count,
                              .buffered = cd_stream_there(s),
                              .gathered = g ? g->end - g->begin : 0,
                              .ended = s->in_ended};
    return 0;
}
