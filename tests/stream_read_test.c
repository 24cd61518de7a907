/* SPDX-License-Identifier: MIT
 *
 * stream_read_test.c - what a stream has, and how it is taken.
 */
#include "streams.h"
#include <limits.h>

/* ---- some -------------------------------------------------------------- */

STREAM_TEST(what_is_written_arrives)
{
    char text[16] = "";
    CHECK_EQ(cede_write(a, "hello", 5), 5);
    CHECK_EQ(cede_read(b, text, sizeof text), 5);
    CHECK_STR_EQ(text, "hello");
    CHECK_EQ(cede_write(b, "and back", 8), 8);
    CHECK_EQ(cede_read(a, text, sizeof text), 8);
    CHECK_STR_EQ(text, "and back");
}

STREAM_TEST(a_read_takes_no_more_than_it_asks_for)
{
    char text[3] = "";
    says(a, "abcd");
    CHECK_EQ(cede_read(b, text, 2), 2);
    CHECK_STR_EQ(text, "ab");
    CHECK_EQ(cede_stream_buffered(b), 2);
    CHECK_EQ(cede_read(b, text, 0), 0);
    CHECK_EQ(cede_read(b, text, 2), 2);
    CHECK_STR_EQ(text, "cd");
    CHECK_EQ(cede_stream_buffered(b), 0);
}

STREAM_TEST(the_end_is_0_again_and_again_after_all_that_came_before)
{
    char text[8] = "", *line;
    const void *data;
    says(a, "last");
    CHECK_OK(cede_stream_close(a));
    a = NULL;
    CHECK_EQ(cede_read(b, text, 2), 2);
    CHECK_EQ(cede_read(b, text, sizeof text), 2);
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
    CHECK_EQ(cede_read_exactly(b, text, 1), 0);
    CHECK_EQ(cede_peek(b, &data), 0);
    CHECK_EQ(cede_peek_least(b, 2, &data), 0);
    CHECK_EQ(cede_read_line(b, &line), 0);
    CHECK_EQ(cede_read_until(b, &(cede_bytes){"x", 1}, 1, &line, NULL), 0);
}

STREAM_TEST(what_came_before_the_peer_broke_off_comes_first)
{
    char text[8] = "";
    if (kind == UNIX)
        return; /* the kernel knows no reset of these */
    says(a, "abcd");
    CHECK_EQ(cede_read(b, text, 2), 2);
    CHECK_OK(cede_stream_abort(a));
    a = NULL;
    CHECK_EQ(cede_read(b, text, sizeof text), 2);
    CHECK_ERR(cede_read(b, text, sizeof text), -ECONNRESET);
    CHECK_ERR(cede_read(b, text, sizeof text), -ECONNRESET);
    CHECK_ERR(cede_read_exactly(b, text, 1), -ECONNRESET);
}

static int writes_in_pieces(void *arg)
{
    size_t n = *(size_t *)arg;
    char piece[7000];
    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = (char)(i % 251);
    for (size_t sent = 0, part; sent < n; sent += part) {
        part = n - sent < sizeof piece ? n - sent : sizeof piece;
        CEDE_TRY(cede_write(a, piece, part));
    }
    return 0;
}

/* Is it n bytes of these, beginning at `at`? */
static bool are_those(const char *data, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++)
        if (data[i] != (char)((at + i) % 7000 % 251))
            return false;
    return true;
}

STREAM_TEST(large_reads_go_straight_into_the_callers_memory)
{
    size_t n = 300000, got = 0;
    char *data = malloc(n);
    CEDE_GROUP(g);
    starts(&g, writes_in_pieces, &n);
    while (got < n) {
        int rc = cede_read(b, data + got, n - got);
        CHECK(rc > 0);
        CHECK_EQ(cede_stream_buffered(b), 0);
        got += (size_t)rc;
    }
    CHECK(are_those(data, n, 0));
    CHECK_OK(cede_join(&g));
    free(data);
}

/* ---- exactly ----------------------------------------------------------- */

STREAM_TEST(exactly_waits_for_all)
{
    char text[7] = "";
    CEDE_GROUP(g);
    size_t n = 6;
    says(a, "ab");
    starts(&g, writes_in_pieces, &n);
    CHECK_EQ(cede_read_exactly(b, text, 6), 6);
    CHECK(text[0] == 'a' && text[2] == 0 && text[5] == 3);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(cede_read_exactly(b, text, 0), 0);
    CHECK_EQ(cede_read_exactly(b, text, 2), 2);
}

STREAM_TEST(more_than_any_buffer_is_read_exactly)
{
    size_t n = 3000000;
    char *data = malloc(n);
    CEDE_GROUP(g);
    starts(&g, writes_in_pieces, &n);
    CHECK_EQ(cede_read_exactly(b, data, 5), 5);
    CHECK(are_those(data, 5, 0));
    CHECK_EQ(cede_read_exactly(b, data, n - 5), n - 5);
    CHECK(are_those(data, n - 5, 5));
    CHECK_OK(cede_join(&g));
    free(data);
}

STREAM_TEST(a_peer_that_ends_too_early_leaves_what_it_sent)
{
    char text[8] = "";
    says(a, "abc");
    CHECK_OK(cede_stream_end(a));
    CHECK_ERR(cede_read_exactly(b, text, 4), CEDE_ESHORT);
    CHECK_EQ(cede_stream_taken(b), 0);
    CHECK_EQ(cede_stream_buffered(b), 3);
    CHECK_EQ(cede_read(b, text, sizeof text), 3);
    CHECK_STR_EQ(text, "abc");
}

STREAM_TEST(beyond_the_limit_what_came_is_in_the_callers_memory)
{
    char text[8] = "";
    CHECK_OK(cede_stream_limit(b, 4));
    says(a, "abc");
    CHECK_OK(cede_stream_end(a));
    CHECK_ERR(cede_read_exactly(b, text, 5), CEDE_ESHORT);
    CHECK_EQ(cede_stream_taken(b), 3);
    CHECK_STR_EQ(text, "abc");
    CHECK_EQ(cede_stream_buffered(b), 0);
    CHECK_EQ(cede_read_exactly(b, text, 5), 0);
    CHECK_EQ(cede_stream_taken(b), 0);
}

static int reads_exactly(void *n)
{
    char text[64];
    return cede_read_exactly(b, text, *(size_t *)n);
}

STREAM_TEST(a_cancelled_read_of_what_fits_the_limit_has_taken_nothing)
{
    size_t n = 6;
    CEDE_GROUP(g);
    cede_future *f = starts(&g, reads_exactly, &n);
    says(a, "abcd");
    UNTIL(cede_stream_buffered(b) == 4);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(cede_stream_taken(b), 0);
    says(a, "ef");
    hears(b, "abcdef");
}

STREAM_TEST(a_cancelled_read_beyond_the_limit_says_what_it_took)
{
    size_t n = 6;
    CHECK_OK(cede_stream_limit(b, 5));
    CEDE_GROUP(g);
    cede_future *f = starts(&g, reads_exactly, &n);
    says(a, "abcd");
    cede_stream_info info = {0};
    UNTIL((CHECK_OK(cede_stream_look(b, &info)), info.in == 4));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(cede_stream_taken(b), 4);
    says(a, "ef");
    hears(b, "ef");
}

STREAM_TEST(nobody_reads_more_than_an_int_can_count)
{
    char text[1];
    CHECK_ERR(cede_read_exactly(b, text, (size_t)INT_MAX + 1), -EINVAL);
}

/* ---- views ------------------------------------------------------------- */

STREAM_TEST(a_peek_lends_all_and_takes_it)
{
    const void *data;
    says(a, "abc");
    CHECK_EQ(cede_peek(b, &data), 3);
    CHECK(memcmp(data, "abc", 3) == 0);
    CHECK_EQ(cede_stream_buffered(b), 0);
    says(a, "d");
    CHECK(memcmp(data, "abc", 3) == 0);
    CHECK_EQ(cede_peek(b, &data), 1);
    CHECK(memcmp(data, "d", 1) == 0);
}

STREAM_TEST(what_is_given_back_is_read_next)
{
    const void *data;
    says(a, "abcdef");
    CHECK_EQ(cede_peek(b, &data), 6);
    CHECK_OK(cede_stream_keep(b, 2));
    CHECK_EQ(cede_stream_buffered(b), 2);
    CHECK_OK(cede_stream_keep(b, 1));
    CHECK_EQ(cede_stream_buffered(b), 3);
    CHECK_EQ(cede_peek(b, &data), 3);
    CHECK(memcmp(data, "def", 3) == 0);
    CHECK_OK(cede_stream_keep(b, 3));
    hears(b, "def");
}

STREAM_TEST(no_more_is_given_back_than_was_lent)
{
    const void *data;
    char text[4];
    CHECK_ERR(cede_stream_keep(b, 1), -EINVAL);
    CHECK_OK(cede_stream_keep(b, 0));
    says(a, "abcdef");
    CHECK_EQ(cede_peek(b, &data), 6);
    CHECK_ERR(cede_stream_keep(b, 7), -EINVAL);
    CHECK_OK(cede_stream_keep(b, 4));
    CHECK_ERR(cede_stream_keep(b, 3), -EINVAL);
    CHECK_EQ(cede_read(b, text, 2), 2);
    CHECK_ERR(cede_stream_keep(b, 1), -EINVAL);
}

STREAM_TEST(least_waits_for_as_much)
{
    const void *data;
    size_t n = 3;
    CEDE_GROUP(g);
    says(a, "abcd");
    CHECK_EQ(cede_peek(b, &data), 4);
    CHECK_OK(cede_stream_keep(b, 2));
    starts(&g, writes_in_pieces, &n);
    CHECK_EQ(cede_peek_least(b, 5, &data), 5);
    CHECK(memcmp(data, "cd\0\1\2", 5) == 0);
    CHECK_OK(cede_join(&g));
    says(a, "x");
    CHECK_EQ(cede_peek_least(b, 0, &data), 1);
}

STREAM_TEST(least_at_the_end_shows_what_there_is)
{
    const void *data = NULL;
    says(a, "ab");
    CHECK_OK(cede_stream_end(a));
    CHECK_ERR(cede_peek_least(b, 3, &data), CEDE_ESHORT);
    CHECK_EQ(cede_stream_buffered(b), 2);
    CHECK(memcmp(data, "ab", 2) == 0);
    hears(b, "ab");
}

STREAM_TEST(least_has_a_limit)
{
    const void *data;
    CHECK_OK(cede_stream_limit(b, 3));
    says(a, "abcd");
    CHECK_ERR(cede_peek_least(b, 4, &data), -EMSGSIZE);
    CHECK(cede_peek_least(b, 3, &data) >= 3);
}

STREAM_TEST(least_can_be_more_than_a_block)
{
    const void *data;
    size_t n = 700000;
    CHECK_OK(cede_stream_limit(b, n));
    CEDE_GROUP(g);
    starts(&g, writes_in_pieces, &n);
    CHECK_EQ(cede_peek_least(b, n, &data), n);
    CHECK(are_those(data, n, 0));
    CHECK_OK(cede_join(&g));
}

/* ---- all --------------------------------------------------------------- */

STREAM_TEST(all_is_what_comes_until_the_end)
{
    char *data;
    says(a, "ab");
    hears(b, "a");
    says(a, "cd");
    CHECK_OK(cede_stream_end(a));
    CHECK_EQ(cede_read_all(b, 3, &data), 3);
    CHECK_STR_EQ(data, "bcd");
    free(data);
    CHECK_EQ(cede_read_all(b, 3, &data), 0);
    CHECK_STR_EQ(data, "");
    free(data);
}

static int writes_and_ends(void *n)
{
    CEDE_TRY(writes_in_pieces(n));
    return cede_stream_end(a);
}

STREAM_TEST(all_can_be_a_lot)
{
    char *data, first[3];
    size_t n = 1500000;
    CEDE_GROUP(g);
    starts(&g, writes_and_ends, &n);
    CHECK_EQ(cede_read_exactly(b, first, 3), 3);
    CHECK_EQ(cede_read_all(b, SIZE_MAX, &data), n - 3);
    CHECK(are_those(data, n - 3, 3));
    CHECK_EQ(data[n - 3], 0);
    CHECK_OK(cede_join(&g));
    free(data);
}

STREAM_TEST(all_has_a_limit_and_what_came_stays)
{
    char *data = (char *)"";
    says(a, "abcd");
    CHECK_ERR(cede_read_all(b, 3, &data), -EMSGSIZE);
    CHECK(data == NULL);
    CHECK_OK(cede_stream_end(a));
    CHECK_EQ(cede_read_all(b, 4, &data), 4);
    CHECK_STR_EQ(data, "abcd");
    free(data);
}

static int reads_all(void *data)
{
    return cede_read_all(b, 100, data);
}

STREAM_TEST(a_cancelled_read_of_all_has_taken_nothing)
{
    char *data = (char *)"";
    CEDE_GROUP(g);
    says(a, "abcd");
    cede_future *f = starts(&g, reads_all, &data);
    UNTIL(cede_stream_buffered(b) == 4);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK(data == NULL);
    hears(b, "abcd");
}

/* ---- limits ------------------------------------------------------------ */

STREAM_TEST(a_limit_is_a_number_that_an_int_can_count)
{
    CHECK_ERR(cede_stream_limit(b, 0), -EINVAL);
    CHECK_ERR(cede_stream_limit(b, INT_MAX), -EINVAL);
    CHECK_OK(cede_stream_limit(b, INT_MAX - 1));
    CHECK_OK(cede_stream_limit(b, 1));
}

SUITE("stream_read")
