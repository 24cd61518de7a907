/* SPDX-License-Identifier: MIT
 *
 * stream_write_test.c - what is gathered, what is sent at once, and what waits
 * for the peer.
 */
#include "streams.h"
#include <limits.h>
#include <wchar.h>

static cede_stream_info look(const cede_stream *s)
{
    cede_stream_info info = {0};
    CHECK_OK(cede_stream_look(s, &info));
    return info;
}

/* ---- small ones -------------------------------------------------------- */

STREAM_TEST(small_writes_are_gathered_and_sent_in_the_next_turn)
{
    CHECK_EQ(cede_write(a, "ab", 2), 2);
    CHECK_EQ(cede_write(a, "cd", 2), 2);
    CHECK_EQ(look(a).gathered, 4);
    CHECK_EQ(look(a).out, 0);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(look(a).gathered, 0);
    CHECK_EQ(look(a).out, 4);
    hears(b, "abcd");
}

static int answers(void *s)
{
    char *line;
    int rc;
    while ((rc = cede_read_line(s, &line)) > 0)
        CEDE_TRY(cede_printf(s, "<%s>\n", line));
    return rc;
}

STREAM_TEST(what_is_gathered_is_sent_when_its_task_waits_to_read)
{
    char *line;
    CEDE_GROUP(g);
    starts(&g, answers, b);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_write(a, "x\n", 2), 2);
        CHECK_EQ(cede_read_line(a, &line), 4);
        CHECK_STR_EQ(line, "<x>");
    }
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(a_flush_sends_what_is_gathered)
{
    CHECK_EQ(cede_write(a, "ab", 2), 2);
    CHECK_OK(cede_flush(a));
    CHECK_EQ(look(a).out, 2);
    CHECK_OK(cede_flush(a));
    hears(b, "ab");
}

STREAM_TEST(no_more_than_a_block_is_gathered)
{
    char text[1000] = "", got[1000];
    for (int i = 0; i < 50; i++) {
        text[0] = (char)i;
        CHECK_EQ(cede_write(a, text, sizeof text), sizeof text);
        CHECK(look(a).gathered <= 16384);
    }
    CHECK(look(a).out > 30000);
    for (int i = 0; i < 50; i++) {
        CHECK_EQ(cede_read_exactly(b, got, sizeof got), sizeof got);
        CHECK_EQ(got[0], i);
    }
}

STREAM_TEST(a_large_write_is_sent_at_once_behind_the_small_ones)
{
    char text[10000];
    memset(text, 'x', sizeof text);
    CHECK_EQ(cede_write(a, "ab", 2), 2);
    CHECK_EQ(cede_write(a, text, sizeof text), sizeof text);
    CHECK_EQ(look(a).gathered, 0);
    CHECK_EQ(look(a).out, 10002);
    CHECK_EQ(cede_write(a, "cd", 2), 2);
    hears(b, "abx");
    CHECK_EQ(cede_read_exactly(b, text, 9999), 9999);
    hears(b, "cd");
}

STREAM_TEST(nothing_is_written_at_once)
{
    CHECK_EQ(cede_write(a, NULL, 0), 0);
    CHECK_EQ(cede_writev(a, NULL, 0), 0);
    CHECK_EQ(cede_printf(a, "%s", ""), 0);
    CHECK_EQ(look(a).gathered, 0);
    says(a, "x");
    hears(b, "x");
}

/* ---- other forms ------------------------------------------------------- */

STREAM_TEST(several_pieces_are_written_as_one)
{
    struct iovec v[100] = {{NULL, 0}};
    char text[300];
    for (int i = 0; i < 300; i++)
        text[i] = (char)('a' + i % 26);
    for (int i = 1; i < 100; i++)
        v[i] = (struct iovec){text + 3 * i, i % 7 ? 3 : 0};
    size_t n = 3 * (99 - 14);
    CHECK_EQ(cede_writev(a, v, 100), n);
    char got[300];
    CHECK_EQ(cede_read_exactly(b, got, n), n);
    for (size_t i = 1, at = 0; i < 100; at += v[i++].iov_len)
        CHECK(memcmp(got + at, v[i].iov_base, v[i].iov_len) == 0);
}

static int reads_much(void *arg)
{
    size_t n = *(size_t *)arg, got = 0;
    char *data = malloc(n);
    while (got < n) {
        int rc = cede_read(b, data + got, n - got);
        CEDE_TRY(rc);
        got += (size_t)rc;
    }
    for (size_t i = 0; i < n; i++)
        CHECK_EQ(data[i], (char)(i / 40000));
    free(data);
    return 0;
}

STREAM_TEST(many_large_pieces_are_written_as_one)
{
    enum { PIECES = 40 };
    struct iovec v[PIECES];
    size_t n = PIECES * 40000;
    char *data = malloc(n);
    for (size_t i = 0; i < PIECES; i++) {
        memset(data + 40000 * i, (int)i, 40000);
        v[i] = (struct iovec){data + 40000 * i, 40000};
    }
    CEDE_GROUP(g);
    starts(&g, reads_much, &n);
    CHECK_EQ(cede_writev(a, v, PIECES), n);
    CHECK_OK(cede_join(&g));
    free(data);
}

STREAM_TEST(printf_prints)
{
    errno = 7;
    CHECK_EQ(cede_printf(a, "%d+%d", 1, 2), 3);
    CHECK_EQ(cede_printf(a, "%s", "=3"), 2);
    CHECK_EQ(errno, 7);
    hears(b, "1+2=3");
}

STREAM_TEST(printf_prints_more_than_a_block)
{
    char *got = malloc(20001);
    CHECK_EQ(cede_write(a, "ab", 2), 2);
    CHECK_EQ(cede_printf(a, "%20000d", 7), 20000);
    CHECK_EQ(cede_printf(a, "%s", "x"), 1);
    hears(b, "ab ");
    CHECK_EQ(cede_read_exactly(b, got, 20000), 20000);
    CHECK(got[19998] == '7' && got[19999] == 'x');
    for (int i = 0; i < 17; i++)
        CHECK_EQ(cede_printf(a, "%1000d", i), 1000);
    CHECK_EQ(cede_read_exactly(b, got, 17000), 17000);
    CHECK(memcmp(got + 16998, "16", 2) == 0);
    free(got);
}

STREAM_TEST(what_cannot_be_printed_is_refused)
{
    CHECK_ERR(cede_printf(a, "%lc", (wint_t)0x7fffffff), -EINVAL);
    CHECK_EQ(look(a).gathered, 0);
    says(a, "x");
    hears(b, "x");
}

STREAM_TEST(nobody_writes_more_than_an_int_can_count)
{
    const struct iovec two[] = {{"", INT_MAX}, {"", 1}};
    CHECK_ERR(cede_write(a, "", (size_t)INT_MAX + 1), -EINVAL);
    CHECK_ERR(cede_writev(a, two, 2), -EINVAL);
    CHECK_ERR(cede_writev(a, two, -1), -EINVAL);
}

/* ---- a peer that does not read ----------------------------------------- */

static size_t wrote;

static int writes_on(void *size)
{
    char text[50000] = "";
    for (wrote = 0;; wrote += *(size_t *)size)
        CEDE_TRY(cede_write(a, text, *(size_t *)size));
}

/* Nothing more goes out. */
static void settles(void)
{
    for (size_t before = SIZE_MAX; before != wrote;) {
        before = wrote;
        CHECK_OK(cede_sleep(20 * CEDE_MS));
    }
}

STREAM_TEST(small_writes_to_a_peer_that_never_reads_wait)
{
    size_t size = 100;
    CEDE_GROUP(g);
    cede_future *f = starts(&g, writes_on, &size);
    settles();
    CHECK(!cede_done(f));
    CHECK(look(a).gathered > 0 && look(a).gathered <= 16384);
    CHECK_EQ(look(a).out + look(a).gathered, wrote);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(large_writes_to_a_peer_that_never_reads_wait)
{
    size_t size = 50000;
    CEDE_GROUP(g);
    starts(&g, writes_on, &size);
    settles();
    CHECK(look(a).out >= wrote && look(a).out < wrote + size);
    CHECK_EQ(look(a).gathered, 0);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

static int reads_on(void *unused)
{
    char text[3000];
    int rc;
    (void)unused;
    for (;;) {
        CEDE_TRY(rc = cede_read(b, text, sizeof text));
        CHECK(rc > 0);
    }
}

STREAM_TEST(who_waited_to_write_goes_on_when_the_peer_reads)
{
    size_t size = 1000, before;
    CEDE_GROUP(g);
    starts(&g, writes_on, &size);
    settles();
    before = wrote;
    starts(&g, reads_on, NULL);
    UNTIL(wrote > before + 100000);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

/* ---- a write that is cancelled ----------------------------------------- */

/* As much as goes out without waiting, and some that is gathered. */
static void fill_up(void)
{
    size_t size = 1000;
    CEDE_GROUP(g);
    starts(&g, writes_on, &size);
    settles();
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

static int writes_end(void *unused)
{
    (void)unused;
    return cede_write(a, "the end", 7);
}

STREAM_TEST(a_write_that_is_cancelled_before_it_began_has_not_happened)
{
    fill_up();
    CEDE_GROUP(g);
    cede_future *f = starts(&g, writes_end, NULL);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(look(a).out + look(a).gathered, wrote);
    f = starts(&g, writes_end, NULL);
    char *got = malloc(wrote);
    CHECK_EQ(cede_read_exactly(b, got, wrote), wrote);
    CHECK_EQ(cede_await(f), 7);
    hears(b, "the end");
    free(got);
}

static int flushes(void *unused)
{
    (void)unused;
    return cede_flush(a);
}

STREAM_TEST(what_was_gathered_goes_out_though_nobody_waits_for_it)
{
    fill_up();
    CHECK(look(a).gathered > 0);
    CEDE_GROUP(g);
    cede_future *f = starts(&g, flushes, NULL);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    char *got = malloc(wrote);
    CHECK_EQ(cede_read_exactly(b, got, wrote), wrote);
    CHECK_EQ(look(a).gathered, 0);
    free(got);
}

STREAM_TEST(after_a_write_that_is_cancelled_in_the_middle_nothing_is_written)
{
    CEDE_GROUP(g);
    cede_future *f = starts(&g, writes_a_lot, NULL);
    UNTIL(look(a).out > 1000);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_ERR(cede_write(a, "x", 1), CEDE_EBROKEN);
    CHECK_ERR(cede_printf(a, "x"), CEDE_EBROKEN);
    CHECK_ERR(cede_flush(a), CEDE_EBROKEN);
    CHECK_ERR(cede_stream_end(a), CEDE_EBROKEN);
    says(b, "still heard");
    hears(a, "still heard");
    CHECK_OK(cede_stream_close(a));
    a = NULL;
    char text[1000];
    int rc;
    while ((rc = cede_read(b, text, sizeof text)) > 0)
        ;
    if (kind != UNIX)
        CHECK_ERR(rc, -ECONNRESET);
}

/* ---- a peer that is gone ----------------------------------------------- */

STREAM_TEST(writing_to_a_peer_that_is_gone_fails_at_the_latest_later)
{
    CHECK_OK(cede_stream_close(b));
    b = NULL;
    int rc = 0;
    for (int i = 0; i < 5 && rc >= 0; i++) {
        rc = cede_write(a, "x", 1);
        CHECK_OK(cede_sleep(5 * CEDE_MS));
    }
    CHECK(rc == -EPIPE || rc == -ECONNRESET);
    CHECK(cede_write(a, "x", 1) == rc);
    CHECK(cede_flush(a) == rc);
}

STREAM_TEST(a_failure_that_nobody_was_told_of_is_closes)
{
    CHECK_OK(cede_stream_close(b));
    b = NULL;
    if (kind == TCP) /* the first one learns it */
        says(a, "x");
    CHECK_OK(cede_sleep(5 * CEDE_MS));
    CHECK_EQ(cede_write(a, "x", 1), 1);
    CHECK_OK(cede_sleep(5 * CEDE_MS));
    int rc = cede_stream_close(a);
    a = NULL;
    CHECK(rc == -EPIPE || rc == -ECONNRESET);
}

STREAM_TEST(a_failure_that_somebody_was_told_of_is_not_closes)
{
    CHECK_OK(cede_stream_close(b));
    b = NULL;
    if (kind == TCP)
        says(a, "x");
    CHECK_OK(cede_sleep(5 * CEDE_MS));
    CHECK_EQ(cede_write(a, "x", 1), 1);
    CHECK(cede_flush(a) < 0);
    CHECK_OK(cede_stream_close(a));
    a = NULL;
}

STREAM_TEST(who_waits_to_write_is_told_that_the_peer_broke_off)
{
    CEDE_GROUP(g);
    cede_future *f = starts(&g, writes_a_lot, NULL);
    UNTIL(look(a).out > 1000);
    CHECK_OK(cede_stream_abort(b));
    b = NULL;
    int rc = cede_await(f);
    CHECK(rc == -EPIPE || rc == -ECONNRESET);
    CHECK(cede_join(&g) == rc);
}

/* ---- the end of writing ------------------------------------------------ */

STREAM_TEST(after_the_end_nothing_is_written_and_all_is_read)
{
    char text[8];
    CHECK_EQ(cede_write(a, "abc", 3), 3);
    CHECK_OK(cede_stream_end(a));
    CHECK_OK(cede_stream_end(a));
    CHECK_ERR(cede_write(a, "x", 1), CEDE_ECLOSED);
    CHECK_ERR(cede_writev(a, &(struct iovec){"x", 1}, 1), CEDE_ECLOSED);
    CHECK_ERR(cede_printf(a, "x"), CEDE_ECLOSED);
    CHECK_ERR(cede_flush(a), CEDE_ECLOSED);
    hears(b, "abc");
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
    CHECK(look(b).ended);
    says(b, "answer");
    hears(a, "answer");
    CHECK_OK(cede_stream_end(b));
    CHECK_EQ(cede_read(a, text, sizeof text), 0);
}

static int ends(void *unused)
{
    (void)unused;
    return cede_stream_end(a);
}

STREAM_TEST(an_end_that_is_cancelled_has_not_happened)
{
    char text[8];
    fill_up();
    CEDE_GROUP(g);
    cede_future *f = starts(&g, ends, NULL);
    CHECK(!cede_done(f));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    char *got = malloc(wrote);
    CHECK_EQ(cede_read_exactly(b, got, wrote), wrote);
    free(got);
    says(a, "more");
    CHECK_OK(cede_stream_end(a));
    hears(b, "more");
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
}

SUITE("stream_write")
