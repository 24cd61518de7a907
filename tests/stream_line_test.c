/* SPDX-License-Identifier: MIT
 *
 * stream_line_test.c - lines, and what ends at other separators.
 */
#include "streams.h"

static void reads_line(const char *want)
{
    char *line = NULL;
    CHECK_EQ(cede_read_line(b, &line), strlen(want) + 1);
    CHECK_STR_EQ(line, want);
}

/* ---- lines ------------------------------------------------------------- */

STREAM_TEST(a_line_ends_at_a_newline_with_or_without_a_return)
{
    says(a, "one\ntwo\r\n\n\r\nth\ree\r\r\n");
    reads_line("one");
    reads_line("two");
    reads_line("");
    reads_line("");
    reads_line("th\ree\r");
}

STREAM_TEST(the_last_line_needs_no_end)
{
    char *line;
    says(a, "one\ntwo\r");
    CHECK_OK(cede_stream_end(a));
    reads_line("one");
    reads_line("two\r");
    CHECK_EQ(cede_read_line(b, &line), 0);
    CHECK_EQ(cede_read_line(b, &line), 0);
}

STREAM_TEST(a_line_may_be_changed_and_is_there_until_the_next_call)
{
    char *line;
    says(a, "one\ntwo\n");
    CHECK_EQ(cede_read_line(b, &line), 4);
    line[0] = 'O';
    says(a, "three\n");
    CHECK_STR_EQ(line, "One");
    reads_line("two");
    reads_line("three");
}

static int says_byte_by_byte(void *text)
{
    for (const char *at = text; *at; at++) {
        CEDE_TRY(cede_write(a, at, 1));
        CEDE_TRY(cede_flush(a));
        CEDE_TRY(cede_sleep(CEDE_MS));
    }
    return 0;
}

STREAM_TEST(lines_come_one_byte_at_a_time)
{
    char text[] = "one\r\ntwo\n\r\n";
    CEDE_GROUP(g);
    starts(&g, says_byte_by_byte, text);
    reads_line("one");
    reads_line("two");
    reads_line("");
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(nothing_of_a_line_can_be_given_back)
{
    says(a, "one\n");
    reads_line("one");
    CHECK_ERR(cede_stream_keep(b, 1), -EINVAL);
}

/* ---- lines that are too long ------------------------------------------- */

STREAM_TEST(a_line_as_long_as_the_limit_is_a_line)
{
    CHECK_OK(cede_stream_limit(b, 3));
    says(a, "abc\nabc\r\nab\r");
    reads_line("abc");
    reads_line("abc");
    says(a, "c");
    char *line;
    CHECK_ERR(cede_read_line(b, &line), -EMSGSIZE);
}

STREAM_TEST(a_return_may_be_the_beginning_of_the_lines_end)
{
    char *line;
    CHECK_OK(cede_stream_limit(b, 3));
    CEDE_GROUP(g);
    starts(&g, says_byte_by_byte, (char[]){"abc\r\nabc\rd"});
    reads_line("abc");
    CHECK_ERR(cede_read_line(b, &line), -EMSGSIZE);
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(a_line_that_is_too_long_is_thrown_away_and_the_rest_stays)
{
    char *line;
    CHECK_OK(cede_stream_limit(b, 3));
    says(a, "abcd\none\nabcd\r\ntwo\n");
    CHECK_ERR(cede_read_line(b, &line), -EMSGSIZE);
    reads_line("one");
    CHECK_ERR(cede_read_line(b, &line), -EMSGSIZE);
    reads_line("two");
}

STREAM_TEST(a_line_is_known_to_be_too_long_before_its_end)
{
    char *line;
    CHECK_OK(cede_stream_limit(b, 3));
    says(a, "abcd");
    CHECK_ERR(cede_read_line(b, &line), -EMSGSIZE);
    says(a, "efg");
    CHECK_OK(cede_sleep(10 * CEDE_MS));
    says(a, "hi\none\n");
    reads_line("one");
}

STREAM_TEST(any_reading_call_throws_away_the_rest_of_a_long_line)
{
    char *line;
    CHECK_OK(cede_stream_limit(b, 3));
    says(a, "abcd");
    CHECK_ERR(cede_read_line(b, &line), -EMSGSIZE);
    says(a, "ef\nxyz");
    hears(b, "xyz");
    says(a, "abcd");
    CHECK_ERR(cede_read_line(b, &line), -EMSGSIZE);
    CHECK_OK(cede_stream_end(a));
    CHECK_EQ(cede_read_line(b, &line), 0);
}

static int reads_a_line(void *unused)
{
    (void)unused;
    char *line;
    return cede_read_line(b, &line);
}

STREAM_TEST(who_is_cancelled_while_throwing_a_line_away_has_not_begun_another)
{
    char *line;
    CHECK_OK(cede_stream_limit(b, 3));
    says(a, "abcd");
    CHECK_ERR(cede_read_line(b, &line), -EMSGSIZE);
    CEDE_GROUP(g);
    cede_future *f = starts(&g, reads_a_line, NULL);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    says(a, "ef\none\n");
    reads_line("one");
}

static int says_a_long_line(void *unused)
{
    (void)unused;
    char *text = malloc(600001);
    memset(text, 'x', 600000);
    text[600000] = '\n';
    int rc = cede_write(a, text, 600001);
    free(text);
    return rc < 0 ? rc : 0;
}

STREAM_TEST(a_line_may_be_longer_than_a_block_if_the_limit_says_so)
{
    char *line;
    CHECK_OK(cede_stream_limit(b, 600000));
    CEDE_GROUP(g);
    starts(&g, says_a_long_line, NULL);
    CHECK_EQ(cede_read_line(b, &line), 600001);
    CHECK_EQ(strlen(line), 600000);
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(a_cancelled_line_stays)
{
    CEDE_GROUP(g);
    cede_future *f = starts(&g, reads_a_line, NULL);
    says(a, "abc");
    UNTIL(cede_stream_buffered(b) == 3);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    says(a, "d\n");
    reads_line("abcd");
}

/* ---- separators -------------------------------------------------------- */

#define BYTES(text) ((cede_bytes){text, sizeof(text) - 1})

static const cede_bytes blank = BYTES("\r\n\r\n");

static void reads_until(const cede_bytes *separators, size_t n,
                        const char *want, size_t which)
{
    char *data = NULL;
    size_t found = 99;
    CHECK_EQ(cede_read_until(b, separators, n, &data, &found), strlen(want));
    CHECK(memcmp(data, want, strlen(want)) == 0);
    CHECK_EQ(found, which);
}

STREAM_TEST(up_to_a_separator_is_with_it)
{
    says(a, "GET /\r\n\r\nbody");
    reads_until(&blank, 1, "GET /\r\n\r\n", 0);
    hears(b, "body");
}

STREAM_TEST(the_first_of_several_separators_counts)
{
    const cede_bytes some[] = {BYTES("--"), BYTES(";"), BYTES("\n")};
    says(a, "a\nb;c--d;");
    reads_until(some, 3, "a\n", 2);
    reads_until(some, 3, "b;", 1);
    reads_until(some, 3, "c--", 0);
    reads_until(some, 3, "d;", 1);
}

STREAM_TEST(of_two_separators_that_end_together_the_longer_one_counts)
{
    const cede_bytes some[] = {BYTES("\n"), BYTES("\r\n"), BYTES("x\r\n")};
    says(a, "a\r\nx\r\n");
    reads_until(some, 3, "a\r\n", 1);
    reads_until(some, 3, "x\r\n", 2);
}

STREAM_TEST(the_separator_that_ends_first_counts)
{
    const cede_bytes some[] = {BYTES("abcd"), BYTES("bc")};
    says(a, "xabcd");
    reads_until(some, 2, "xabc", 1);
}

STREAM_TEST(a_separator_may_come_in_pieces)
{
    char text[] = "x\r\n\r\r\n\r\ny";
    CEDE_GROUP(g);
    starts(&g, says_byte_by_byte, text);
    reads_until(&blank, 1, "x\r\n\r\r\n\r\n", 0);
    hears(b, "y");
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(it_need_not_be_said_which_separator_it_was)
{
    char *data;
    says(a, "x;");
    CHECK_EQ(cede_read_until(b, &BYTES(";"), 1, &data, NULL), 2);
}

STREAM_TEST(at_the_end_what_came_without_a_separator_is_shown_and_stays)
{
    char *data = NULL;
    says(a, "abc");
    CHECK_OK(cede_stream_end(a));
    CHECK_ERR(cede_read_until(b, &blank, 1, &data, NULL), CEDE_ESHORT);
    CHECK_EQ(cede_stream_buffered(b), 3);
    CHECK(memcmp(data, "abc", 3) == 0);
    hears(b, "abc");
    CHECK_EQ(cede_read_until(b, &blank, 1, &data, NULL), 0);
}

STREAM_TEST(without_a_separator_within_the_limit_what_came_stays)
{
    char *data;
    CHECK_OK(cede_stream_limit(b, 3));
    says(a, "abcd;");
    CHECK_ERR(cede_read_until(b, &BYTES(";"), 1, &data, NULL), -EMSGSIZE);
    hears(b, "abcd;");
    says(a, "abc;");
    reads_until(&BYTES(";"), 1, "abc;", 0);
    says(a, "abcd");
    CHECK_ERR(cede_read_until(b, &BYTES(";"), 1, &data, NULL), -EMSGSIZE);
    hears(b, "abcd");
    says(a, "abc\r\n\r");
    CEDE_GROUP(g);
    starts(&g, says_byte_by_byte, (char[]){"\n"});
    reads_until(&blank, 1, "abc\r\n\r\n", 0);
    CHECK_OK(cede_join(&g));
}

STREAM_TEST(no_separator_or_an_empty_one_is_refused)
{
    char *data;
    const cede_bytes empty[] = {BYTES(";"), BYTES("")};
    says(a, ";");
    CHECK_ERR(cede_read_until(b, &blank, 0, &data, NULL), -EINVAL);
    CHECK_ERR(cede_read_until(b, empty, 2, &data, NULL), -EINVAL);
    hears(b, ";");
}

STREAM_TEST(what_ends_at_a_separator_can_be_given_back)
{
    says(a, "ab;c");
    reads_until(&BYTES(";"), 1, "ab;", 0);
    CHECK_OK(cede_stream_keep(b, 2));
    hears(b, "b;c");
}

static int reads_until_blank(void *unused)
{
    (void)unused;
    char *data;
    return cede_read_until(b, &blank, 1, &data, NULL);
}

STREAM_TEST(a_cancelled_search_has_taken_nothing)
{
    CEDE_GROUP(g);
    says(a, "ab\r\n");
    cede_future *f = starts(&g, reads_until_blank, NULL);
    UNTIL(cede_stream_buffered(b) == 4);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    says(a, "\r\nc");
    reads_until(&blank, 1, "ab\r\n\r\n", 0);
}

SUITE("stream_line")
