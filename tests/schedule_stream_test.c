/* SPDX-License-Identifier: MIT
 *
 * schedule_stream_test.c - streams, in any order, cancelled at any moment,
 * without any allocation.
 */
#include "scenario.h"

#include <sys/socket.h>
#include <unistd.h>

struct ends {
    cede_stream *a, *b;
    size_t sent, got; /* bytes that calls said went well */
    bool broken;      /* a write was cut */
};

static void close_ends(void *arg)
{
    struct ends *e = arg;
    (void)cede_stream_close(e->a);
    (void)cede_stream_abort(e->b);
}

static int in_memory(struct ends *e, size_t room)
{
    return cede_stream_pair(&e->a, &e->b, room);
}

static int over_sockets(struct ends *e)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    int rc = cede_stream_open(fds[0], fds[0], &e->a);
    if (rc < 0)
        close(fds[0]);
    int rc2 = cede_stream_open(fds[1], fds[1], &e->b);
    if (rc2 < 0)
        close(fds[1]);
    return rc < 0 ? rc : rc2;
}

/* ---- bytes ------------------------------------------------------------- */

static char byte_at(size_t i)
{
    return i % 10 == 9 ? '\n' : (char)('a' + i % 26);
}

static int writes(void *arg)
{
    static const size_t sizes[] = {1, 30, 7, 6000, 100, 4000, 3000};
    struct ends *e = arg;
    char data[6000];
    for (size_t i = 0; i < 7; i++) {
        for (size_t j = 0; j < sizes[i]; j++)
            data[j] = byte_at(e->sent + j);
        int rc = cede_write(e->a, data, sizes[i]);
        e->broken |= rc < 0 && cede_stream_end(e->a) == CEDE_EBROKEN;
        CEDE_TRY(rc);
        e->sent += sizes[i];
        if (i % 3 == 0)
            CEDE_TRY(cede_flush(e->a));
    }
    return cede_stream_end(e->a);
}

static void compare(struct ends *e, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ENSURE(data[i] == byte_at(e->got + i));
    e->got += n;
}

static int reads_exactly(struct ends *e)
{
    char data[700];
    int rc = cede_read_exactly(e->b, data, sizeof data);
    if (rc > 0)
        compare(e, data, (size_t)rc);
    return rc == CEDE_ESHORT ? 1 : rc;
}

static int reads_line(struct ends *e)
{
    char *line;
    int rc = cede_read_line(e->b, &line);
    if (rc > 0)
        compare(e, line, (size_t)rc - 1);
    e->got += rc > 0 && byte_at(e->got) == '\n';
    return rc;
}

static int peeks(struct ends *e)
{
    const void *data;
    int rc = cede_peek(e->b, &data);
    if (rc > 0) {
        size_t half = ((size_t)rc + 1) / 2;
        ENSURE(cede_stream_keep(e->b, (size_t)rc - half) == 0);
        compare(e, data, half);
    }
    return rc;
}

static int reads(void *arg)
{
    int rc = 1;
    while (rc > 0)
        if ((rc = reads_exactly(arg)) > 0 && (rc = reads_line(arg)) > 0)
            rc = peeks(arg);
    return rc;
}

/* What was not read when it stopped is there still. */
static int flow(struct ends *e)
{
    int rc;
    {
        CEDE_GROUP(g);
        cede_go(&g, writes, e);
        cede_go(&g, reads, e);
        rc = cede_join(&g);
    }
    ENSURE(e->got + cede_stream_buffered(e->b) <= 13138);
    if (rc == 0)
        ENSURE(e->sent == 13138 && e->got == 13138);
    return rc;
}

SCENARIO(bytes_arrive_once_and_in_order_through_memory)
{
    struct ends e = {0};
    CEDE_DEFER(close_ends, &e);
    CEDE_TRY(in_memory(&e, 1000));
    return flow(&e);
}

SCENARIO(bytes_arrive_once_and_in_order_through_sockets)
{
    struct ends e = {0};
    CEDE_DEFER(close_ends, &e);
    CEDE_TRY(over_sockets(&e));
    return flow(&e);
}

/* ---- questions and answers --------------------------------------------- */

static int answers(void *s)
{
    char *line;
    int rc;
    while ((rc = cede_read_line(s, &line)) > 0)
        CEDE_TRY(cede_printf(s, "%s!\n", line));
    return rc;
}

static int asks(void *s)
{
    for (int i = 0; i < 4; i++) {
        char *line, want[20];
        snprintf(want, sizeof want, "%d!", i);
        CEDE_TRY(cede_printf(s, "%d\n", i));
        int rc = cede_read_line(s, &line);
        CEDE_TRY(rc == 0 ? -ECANCELED : rc); /* who answers was cancelled */
        ENSURE(strcmp(line, want) == 0);
    }
    return cede_stream_end(s);
}

SCENARIO(a_question_is_answered)
{
    struct ends e = {0};
    CEDE_DEFER(close_ends, &e);
    CEDE_TRY(in_memory(&e, 0));
    CEDE_GROUP(g);
    cede_go(&g, answers, e.b);
    cede_go(&g, asks, e.a);
    return cede_join(&g);
}

/* ---- deadlines --------------------------------------------------------- */

static int writes_each_second(void *s)
{
    for (int i = 0; i < 3; i++) {
        CEDE_TRY(cede_sleep(CEDE_SEC));
        CEDE_TRY(cede_write(s, "abcd", 4));
        CEDE_TRY(cede_flush(s));
    }
    return cede_stream_end(s);
}

static int reads_by_the_second(void *arg)
{
    struct ends *e = arg;
    char text[4];
    int rc = 1;
    while (rc != 0) {
        cede_scope s;
        cede_enter(&s, cede_in(CEDE_SEC));
        rc = cede_leave(&s, cede_read_exactly(e->b, text, sizeof text));
        e->got += rc > 0 ? (size_t)rc : 0;
        if (rc < 0 && rc != -ETIMEDOUT)
            return rc;
    }
    return 0;
}

SCENARIO(what_comes_with_the_deadline_is_read_now_or_later)
{
    struct ends e = {0};
    CEDE_DEFER(close_ends, &e);
    CEDE_TRY(in_memory(&e, 3));
    CEDE_GROUP(g);
    cede_go(&g, writes_each_second, e.a);
    cede_go(&g, reads_by_the_second, &e);
    CEDE_TRY(cede_join(&g));
    ENSURE(e.got == 12);
    return 0;
}

/* ---- the end ----------------------------------------------------------- */

static int reads_one(void *s)
{
    char text[1];
    int rc = cede_read(s, text, 1);
    return rc == CEDE_ECLOSED || rc == -ECONNRESET ? 0 : rc;
}

static int writes_much(void *s)
{
    char data[9000] = "";
    int rc = cede_write(s, data, sizeof data);
    return rc == CEDE_ECLOSED || rc == -ECONNRESET || rc == -EPIPE ? 0 : rc;
}

static int closes(void *s)
{
    int rc = cede_stream_close(s);
    return rc == -ETIMEDOUT || rc == -ENOMEM ? 0 : rc;
}

static int close_under_them(struct ends *e, cede_group *g)
{
    CEDE_TRY(cede_go(g, reads_one, e->a));
    CEDE_TRY(cede_go(g, writes_much, e->a));
    CEDE_TRY(cede_sleep(0));
    CEDE_TRY(cede_sleep(0));
    CEDE_TRY(cede_go(g, reads_one, e->b));
    CEDE_TRY(cede_go(g, writes_much, e->b));
    cede_stream *a = e->a;
    e->a = NULL;
    return closes(a);
}

/* In any order: readers and writers of a stream that is closed. */
SCENARIO(a_stream_is_closed_under_those_who_wait_in_it)
{
    struct ends e = {0};
    CEDE_DEFER(close_ends, &e);
    CEDE_TRY(in_memory(&e, 100));
    CEDE_GROUP(g);
    return cede_join_rc(&g, close_under_them(&e, &g));
}

static int reads_to_the_end(void *arg)
{
    struct ends *e = arg;
    char text[50];
    int rc;
    while ((rc = cede_read(e->b, text, sizeof text)) > 0)
        e->got += (size_t)rc;
    return rc;
}

/* However close is cancelled, what it says is so. */
SCENARIO(close_sends_all_or_says_that_it_did_not)
{
    struct ends e = {0};
    CEDE_DEFER(close_ends, &e);
    CEDE_TRY(in_memory(&e, 10));
    char text[50] = "";
    int wrote = cede_write(e.a, text, sizeof text), closed, rc;
    {
        CEDE_GROUP(g);
        cede_go(&g, reads_to_the_end, &e);
        closed = cede_stream_close(e.a);
        e.a = NULL;
        rc = cede_join(&g);
    }
    if (wrote > 0 && closed == 0 && rc == 0)
        ENSURE(e.got == sizeof text);
    if (wrote < 0)
        ENSURE(e.got == 0);
    return wrote < 0 ? wrote : rc == -ECONNRESET && closed < 0 ? 0 : rc;
}

SUITE("schedule_stream")
