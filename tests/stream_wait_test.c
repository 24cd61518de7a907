/* SPDX-License-Identifier: MIT
 *
 * stream_wait_test.c - who waits in a stream: two at most, cancelled, too
 * late, and what else runs meanwhile.
 */
#include "streams.h"

static int reads(void *unused)
{
    (void)unused;
    char text[8];
    return cede_read(a, text, sizeof text);
}

static int reads_4(void *unused)
{
    (void)unused;
    char text[4];
    return cede_read_exactly(a, text, sizeof text);
}

/* ---- two, and no third one --------------------------------------------- */

STREAM_TEST(a_second_reader_is_refused)
{
    char text[8], *line;
    const void *data;
    CEDE_GROUP(g);
    cede_future *f = starts(&g, reads, NULL);
    CHECK_ERR(cede_read(a, text, 1), -EBUSY);
    CHECK_ERR(cede_read_exactly(a, text, 1), -EBUSY);
    CHECK_ERR(cede_read_line(a, &line), -EBUSY);
    CHECK_ERR(cede_read_until(a, &(cede_bytes){"x", 1}, 1, &line, NULL),
              -EBUSY);
    CHECK_ERR(cede_peek(a, &data), -EBUSY);
    CHECK_ERR(cede_peek_least(a, 2, &data), -EBUSY);
    CHECK_ERR(cede_read_all(a, 2, &line), -EBUSY);
    says(b, "x");
    CHECK_EQ(cede_await(f), 1);
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(a_second_writer_is_refused)
{
    CEDE_GROUP(g);
    starts(&g, writes_a_lot, NULL);
    CHECK_ERR(cede_write(a, "x", 1), -EBUSY);
    CHECK_ERR(cede_writev(a, &(struct iovec){"x", 1}, 1), -EBUSY);
    CHECK_ERR(cede_printf(a, "x"), -EBUSY);
    CHECK_ERR(cede_flush(a), -EBUSY);
    CHECK_ERR(cede_stream_end(a), -EBUSY);
    CHECK_ERR(cede_write_file(a, 0, NULL, 1), -EBUSY);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(one_reads_while_another_writes)
{
    CEDE_GROUP(g);
    cede_future *reader = starts(&g, reads, NULL);
    cede_future *writer = starts(&g, writes_a_lot, NULL);
    says(b, "x");
    CHECK_EQ(cede_await(reader), 1);
    CHECK(!cede_done(writer));
    size_t left = 10000000;
    char *data = malloc(left);
    CHECK_EQ(cede_read_exactly(b, data, left), left);
    CHECK_EQ(cede_await(writer), left);
    CHECK_OK(cede_join(&g));
    free(data);
}

static int reads_to_the_end(void *unused)
{
    (void)unused;
    char text[8];
    int rc;
    while ((rc = cede_read(a, text, sizeof text)) > 0)
        ;
    return rc;
}

/* Who was granted something has not been there yet to take it. */
TASK_TEST(a_reader_is_one_until_he_has_read)
{
    char text[1];
    kind = MEMORY;
    connect_streams(0);
    CEDE_GROUP(g);
    cede_future *f = starts(&g, reads, NULL);
    says(b, "x");
    CHECK(!cede_done(f));
    CHECK_ERR(cede_read(a, text, 1), -EBUSY);
    CHECK_EQ(cede_await(f), 1);
    CHECK_OK(cede_join(&g));
    close_both();
}

/* ---- cancelled --------------------------------------------------------- */

static int tries_all(void *unused)
{
    char text[1], *line;
    const void *data;
    (void)unused;
    CHECK_ERR(cede_read(a, text, 0), -ECANCELED);
    CHECK_ERR(cede_read(a, text, 1), -ECANCELED);
    CHECK_ERR(cede_read_exactly(a, text, 1), -ECANCELED);
    CHECK_ERR(cede_read_line(a, &line), -ECANCELED);
    CHECK_ERR(cede_read_until(a, &(cede_bytes){"x", 1}, 1, &line, NULL),
              -ECANCELED);
    CHECK_ERR(cede_peek(a, &data), -ECANCELED);
    CHECK_ERR(cede_peek_least(a, 1, &data), -ECANCELED);
    CHECK_ERR(cede_read_all(a, 2, &line), -ECANCELED);
    CHECK_ERR(cede_write(a, "x", 1), -ECANCELED);
    CHECK_ERR(cede_writev(a, &(struct iovec){"x", 1}, 1), -ECANCELED);
    CHECK_ERR(cede_printf(a, "x"), -ECANCELED);
    CHECK_ERR(cede_write_file(a, 0, NULL, 1), -ECANCELED);
    CHECK_ERR(cede_flush(a), -ECANCELED);
    CHECK_ERR(cede_stream_end(a), -ECANCELED);
    return 0;
}

STREAM_TEST(in_a_cancelled_scope_nothing_is_done)
{
    says(b, "abc");
    CEDE_GROUP(g);
    cede_group_cancel(&g);
    cede_go(&g, tries_all, NULL);
    CHECK_OK(cede_join(&g));
    hears(a, "abc");
    CHECK_OK(cede_stream_end(b));
    CHECK_EQ(cede_read(a, (char[1]){0}, 1), 0);
}

TASK_TEST(who_was_granted_something_and_is_cancelled_then_has_it)
{
    kind = MEMORY;
    connect_streams(0);
    CEDE_GROUP(g);
    cede_future *f = starts(&g, reads, NULL);
    says(b, "x");
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_await(f), 1);
    CHECK_OK(cede_join(&g));
    close_both();
}

TASK_TEST(who_was_granted_too_little_and_is_cancelled_then_waits_no_more)
{
    kind = MEMORY;
    connect_streams(0);
    CEDE_GROUP(g);
    cede_future *f = starts(&g, reads_4, NULL);
    says(b, "ab");
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    says(b, "cd");
    hears(a, "abcd");
    (void)cede_join(&g);
    close_both();
}

static size_t most;

static int writes_most(void *unused)
{
    (void)unused;
    char *data = calloc(1, most);
    int rc = cede_write(a, data, most);
    free(data);
    return rc;
}

TASK_TEST(who_could_send_the_rest_and_is_cancelled_then_has_written_all)
{
    char text[110];
    kind = MEMORY;
    connect_streams(5000);
    most = 5100;
    CEDE_GROUP(g);
    cede_future *f = starts(&g, writes_most, NULL);
    CHECK_EQ(cede_read_exactly(b, text, 110), 110);
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_await(f), 5100);
    CHECK_OK(cede_join(&g));
    close_both();
}

static int writes_after_a_second(void *s)
{
    CEDE_TRY(cede_sleep(CEDE_SEC));
    CEDE_TRY(cede_write(s, "x", 1));
    return cede_flush(s);
}

static int reads_within_a_second(void *unused)
{
    return cede_within(CEDE_SEC, reads, unused);
}

VIRTUAL_TEST(what_comes_when_the_time_is_up_is_read_now_or_later)
{
    kind = MEMORY;
    for (int first = 0; first < 2; first++) {
        connect_streams(0);
        CEDE_GROUP(g);
        cede_future *f = cede_spawn(NULL, reads_within_a_second, NULL);
        if (first == 0)
            cede_go(&g, writes_after_a_second, b);
        else
            starts(&g, writes_after_a_second, b);
        int rc = cede_await(f);
        CHECK(rc == 1 || rc == -ETIMEDOUT);
        CHECK_OK(cede_join(&g));
        if (rc == -ETIMEDOUT)
            hears(a, "x");
        cede_future_free(f);
        close_both();
    }
}

STREAM_TEST(a_deadline_ends_any_wait)
{
    CHECK_ERR(cede_within(10 * CEDE_MS, reads, NULL), -ETIMEDOUT);
    CHECK_ERR(cede_within(10 * CEDE_MS, reads_4, NULL), -ETIMEDOUT);
    CHECK_ERR(cede_within(10 * CEDE_MS, writes_a_lot, NULL), -ETIMEDOUT);
}

/* ---- a loop that ends -------------------------------------------------- */

static int leaves_two_waiting(void *unused)
{
    (void)unused;
    connect_streams(0);
    CEDE_TRY(cede_go(NULL, reads_to_the_end, NULL));
    CEDE_TRY(cede_go(NULL, writes_a_lot, NULL));
    return cede_sleep(CEDE_MS);
}

TEST(a_run_ends_with_everything_in_flight)
{
    for (kind = 0; kind < KINDS; kind++) {
        CHECK_OK(cede_run(leaves_two_waiting, NULL));
        close_both();
    }
}

/* ---- fairness ---------------------------------------------------------- */

static int counts_turns(void *turns)
{
    for (;; ++*(int *)turns)
        CEDE_TRY(cede_sleep(0));
}

STREAM_TEST(calls_that_need_not_wait_let_others_run_now_and_then)
{
    int turns = 0;
    char text[1000] = "";
    CEDE_GROUP(g);
    starts(&g, counts_turns, &turns);
    turns = 0;
    for (int i = 0; i < 300; i++)
        CHECK_EQ(cede_write(a, "x", 1), 1);
    CHECK_OK(cede_flush(a));
    CHECK(turns >= 2);
    const void *data;
    CHECK_EQ(cede_peek_least(b, 300, &data), 300);
    CHECK_OK(cede_stream_keep(b, 300));
    turns = 0;
    for (int i = 0; i < 300; i++)
        CHECK_EQ(cede_read(b, text, 1), 1);
    CHECK(turns >= 2);
    CHECK_OK(cede_stream_end(a));
    CHECK_EQ(cede_read(b, text, 1), 0);
    turns = 0;
    for (int i = 0; i < 300; i++)
        CHECK_EQ(cede_read(b, text, 1), 0);
    CHECK(turns >= 2);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(large_ones_let_others_run_more_often)
{
    int turns = 0;
    static char text[100000];
    CEDE_GROUP(g);
    starts(&g, counts_turns, &turns);
    turns = 0;
    for (int i = 0; i < 40; i++) {
        CHECK_EQ(cede_write(a, text, 50000), 50000);
        CHECK_EQ(cede_read_exactly(b, text, 50000), 50000);
    }
    CHECK(turns >= 2); /* of so many small ones: none */
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

SUITE("stream_wait")
