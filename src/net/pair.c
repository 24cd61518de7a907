/* SPDX-License-Identifier: MIT
 *
 * pair.c - two streams with a pipe in memory between them, both ways.
 *
 * Each direction is a ring of bytes.  Whoever moves some sets the other's bit,
 * as the kernel would.  What was sent before an end or a reset is read before
 * it, as with a socket.
 */
#include "net/stream.h"

/* One direction: bytes[(begin + i) % room], i < count. */
struct ring {
    char *bytes;
    size_t room, begin, count;
    bool ended; /* nothing more comes */
    bool reset; /* and that is a failure */
    bool deaf;  /* nobody reads any more */
};

/* end[i] writes to ring[i] and reads from ring[!i]; NULL: it is closed. */
struct pair {
    struct side *end[2];
    struct ring ring[2];
    char bytes[];
};

struct side {
    struct cede_stream stream; /* first: it is freed as that */
    struct pair *pair;
    int i;
};

static struct side *side_of(struct cede_stream *s)
{
    return cd_container(s, struct side, stream);
}

static void tell_other(struct side *side, unsigned directions, bool ended)
{
    struct side *other = side->pair->end[!side->i];
    if (other)
        cd_fd_ready(&other->stream.fd, directions, ended);
}

/* ---- bytes ------------------------------------------------------------- */

static size_t less(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t get(struct ring *r, char *to, size_t n)
{
    n = less(n, r->count);
    size_t first = less(n, r->room - r->begin);
    memcpy(to, r->bytes + r->begin, first);
    memcpy(to + first, r->bytes, n - first);
    r->begin = (r->begin + n) % r->room;
    r->count -= n;
    return n;
}

static size_t put(struct ring *r, const char *from, size_t n)
{
    n = less(n, r->room - r->count);
    size_t at = (r->begin + r->count) % r->room;
    size_t first = less(n, r->room - at);
    memcpy(r->bytes + at, from, first);
    memcpy(r->bytes, from + first, n - first);
    r->count += n;
    return n;
}

/* ---- the transport ----------------------------------------------------- */

static ssize_t pair_receive(struct cede_stream *s, void *buf, size_t n)
{
    struct side *side = side_of(s);
    struct ring *r = &side->pair->ring[!side->i];
    if (r->count == 0 && r->ended)
        return r->reset ? -ECONNRESET : 0;
    if (r->count == 0)
        return cd_stream_refused(&s->fd, CD_IN, EAGAIN);
    size_t got = get(r, buf, n);
    tell_other(side, CD_OUT, false);
    return (ssize_t)got;
}

static ssize_t pair_send(struct cede_stream *s, const struct iovec *v, int n)
{
    struct side *side = side_of(s);
    struct ring *r = &side->pair->ring[side->i];
    if (r->deaf)
        return side->pair->ring[!side->i].reset ? -ECONNRESET : -EPIPE;
    size_t before = r->count;
    for (int i = 0; i < n; i++) /* what is empty may be nowhere */
        if (v[i].iov_len > 0 &&
            put(r, v[i].iov_base, v[i].iov_len) < v[i].iov_len)
            break;
    if (r->count == before)
        return cd_stream_refused(&s->fd, CD_OUT, EAGAIN);
    tell_other(side, CD_IN, false);
    return (ssize_t)(r->count - before);
}

static ssize_t pair_send_file(struct cede_stream *s, int file, off_t *offset,
                              size_t n)
{
    (void)s, (void)file, (void)offset, (void)n;
    return -EINVAL;
}

static int pair_end(struct cede_stream *s)
{
    struct side *side = side_of(s);
    side->pair->ring[side->i].ended = true;
    tell_other(side, CD_IN, true);
    return 0;
}

static void pair_close(struct cede_stream *s, bool reset)
{
    struct side *side = side_of(s);
    struct pair *pair = side->pair;
    pair->ring[side->i].ended = true;
    pair->ring[side->i].reset = reset;
    pair->ring[!side->i].deaf = true;
    pair->end[side->i] = NULL;
    tell_other(side, CD_IN | CD_OUT, true);
    if (!pair->end[!side->i])
        free(pair);
}

static const struct cd_transport in_memory = {
    pair_receive, pair_send, pair_send_file, pair_end, pair_close};

/* ---- made -------------------------------------------------------------- */

static struct pair *make_pair(size_t room)
{
    struct pair *pair = cd_malloc(sizeof *pair + 2 * room);
    if (!pair)
        return NULL;
    for (int i = 0; i < 2; i++)
        pair->ring[i] = (struct ring){.bytes = pair->bytes + (size_t)i * room,
                                      .room = room};
    return pair;
}

static struct side *make_side(struct pair *pair, int i)
{
    struct side *side = cd_malloc(sizeof *side);
    if (!side)
        return NULL;
    if (cd_stream_init(&side->stream, cd_me.loop, &in_memory, -1) < 0) {
        free(side);
        return NULL;
    }
    side->pair = pair;
    side->i = i;
    pair->end[i] = side;
    return side;
}

int cede_stream_pair(cede_stream **a, cede_stream **b, size_t room)
{
    *a = *b = NULL;
    if (!cd_me.loop)
        return cede_fail(-EPERM, "cede_stream_pair: no loop runs here%s",
                         cd_task_forked());
    if (room > SIZE_MAX / 4)
        return -ENOMEM;
    struct pair *pair = make_pair(room > 0 ? room : 65536);
    struct side *one = pair ? make_side(pair, 0) : NULL;
    struct side *other = one ? make_side(pair, 1) : NULL;
    if (other) {
        *a = &one->stream;
        *b = &other->stream;
        return 0;
    }
    if (one) {
        cd_loop_return(one->stream.loop);
        free(one);
    }
    free(pair);
    return -ENOMEM;
}
