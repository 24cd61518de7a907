/* SPDX-License-Identifier: MIT
 *
 * stream_read_test.c - what a stream has, and how it is taken.
 */
#include "streams.h"

/* ---- reading ----------------------------------------------------------- */

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
}

STREAM_TEST(the_end_is_0_again_and_again_after_all_that_came_before)
{
    char text[8] = "";
    says(a, "last");
    CHECK_OK(cede_stream_close(a));
    a = NULL;
    CHECK_EQ(cede_read(b, text, 2), 2);
    CHECK_EQ(cede_read(b, text, sizeof text), 2);
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
    const void *data;
    CHECK_EQ(cede_peek(b, &data), 0);
}

SUITE("stream_read")
