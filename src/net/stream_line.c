/* SPDX-License-Identifier: MIT
 *
 * stream_line.c - up to a separator.
 *
 * What was searched is not searched again while a call waits for more, so that
 * a peer that sends a byte at a time costs no more than the bytes.
 */
#define _GNU_SOURCE /* memmem */
#include "net/stream.h"

#include <limits.h>

static int ended(void)
{
    cd_checkpoint_end(cd_me.task);
    return 0;
}

/* ---- lines ------------------------------------------------------------- */

/* The next n bytes and the one behind them are a line, and its end is `ending`
 * bytes long; 0: there is none, and the peer has ended. */
static int give_line(struct cede_stream *s, char **line, size_t n,
                     size_t ending)
{
    char *text = s->buf + s->begin;
    if (n > s->limit) {
        s->begin += (unsigned)(n + ending);
        return -EMSGSIZE;
    }
    text[n] = '\0';
    *line = text;
    s->begin += (unsigned)(n + ending);
    return cd_stream_lent(s, n + 1);
}

/* Up to the '\n' at `at`. */
static int give_ended_line(struct cede_stream *s, char **line, const char *at)
{
    size_t n = (size_t)(at - (s->buf + s->begin));
    bool two = n > 0 && at[-1] == '\r';
    return two ? give_line(s, line, n - 1, 2) : give_line(s, line, n, 1);
}

/* No line's end is there, and enough for a line that is too long. */
static bool is_too_long(const struct cede_stream *s)
{
    size_t n = cd_stream_there(s);
    return n > s->limit && (s->buf[s->end - 1] != '\r' || n > s->limit + 1u);
}

static int too_long(struct cede_stream *s)
{
    s->begin = s->end;
    s->skipping = true;
    return cede_fail(-EMSGSIZE, "a line longer than %u bytes", s->limit);
}

int cede_read_line(cede_stream *s, char **line)
{
    int rc = cd_stream_begin_read(s, "cede_read_line");
    if (cd_unlikely(rc < 0))
        return rc;
    for (size_t searched = 0;;) {
        size_t n = cd_stream_there(s);
        const char *from = n > searched ? s->buf + s->begin + searched : NULL;
        const char *at = from ? memchr(from, '\n', n - searched) : NULL;
        if (at)
            return give_ended_line(s, line, at);
        if (n > 0 && is_too_long(s))
            return too_long(s);
        searched = n;
        if ((rc = cd_stream_fill(s)) < 0)
            return rc;
        if (rc == 0)
            return n > 0 ? give_line(s, line, n, 0) : ended();
    }
}

/* ---- separators -------------------------------------------------------- */

struct match {
    size_t end; /* in what is there; 0: none */
    size_t which;
};

static size_t longest(const cede_bytes *separators, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        if (separators[i].size == 0)
            return 0;
        if (separators[i].size > most)
            most = separators[i].size;
    }
    return most;
}

/* Where does it end first, if that is in (searched, n]? */
static size_t find(const char *text, size_t n, size_t searched,
                   const cede_bytes *separator)
{
    size_t before = separator->size - 1;
    size_t from = searched > before ? searched - before : 0;
    const char *at =
        memmem(text + from, n - from, separator->data, separator->size);
    return at ? (size_t)(at - text) + separator->size : 0;
}

static struct match find_first(const char *text, size_t n, size_t searched,
                               const cede_bytes *separators, size_t count)
{
    struct match m = {0};
    for (size_t i = 0; i < count; i++) {
        size_t end = find(text, n, searched, &separators[i]);
        bool longer =
            end == m.end && separators[i].size > separators[m.which].size;
        if (end > 0 && (m.end == 0 || end < m.end || longer))
            m = (struct match){end, i};
    }
    return m;
}

static int beyond_limit(const struct cede_stream *s)
{
    return cede_fail(-EMSGSIZE, "no separator within %u bytes", s->limit);
}

static int give_match(struct cede_stream *s, struct match m, size_t separator,
                      char **data, size_t *which)
{
    if (m.end - separator > s->limit || m.end > INT_MAX)
        return beyond_limit(s);
    *data = s->buf + s->begin;
    if (which)
        *which = m.which;
    s->begin += (unsigned)m.end;
    s->lent = (unsigned)m.end;
    return cd_stream_lent(s, m.end);
}

int cede_read_until(cede_stream *s, const cede_bytes *separators, size_t n,
                    char **data, size_t *which)
{
    int rc = cd_stream_begin_read(s, "cede_read_until");
    if (cd_unlikely(rc < 0))
        return rc;
    size_t most = longest(separators, n);
    if (most == 0 || most > INT_MAX / 2)
        return cede_fail(-EINVAL, "cede_read_until: a separator is missing");
    for (size_t searched = 0;;) {
        size_t there = cd_stream_there(s);
        struct match m = {0};
        if (there > searched)
            m = find_first(s->buf + s->begin, there, searched, separators, n);
        if (m.end > 0)
            return give_match(s, m, separators[m.which].size, data, which);
        if (there >= most && there - (most - 1) > s->limit)
            return beyond_limit(s);
        searched = there;
        if ((rc = cd_stream_fill(s)) < 0)
            return rc;
        if (rc == 0 && there > 0)
            *data = s->buf + s->begin;
        if (rc == 0)
            return there > 0 ? CEDE_ESHORT : ended();
    }
}
