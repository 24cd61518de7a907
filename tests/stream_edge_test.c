/* SPDX-License-Identifier: MIT
 *
 * stream_edge_test.c - streams where several things happen at once, and over
 * sockets that do what is rare.
 */
#include "streams.h"

static int writes_on(void *unused)
{
    char text[1000] = "";
    (void)unused;
    for (;;)
        CEDE_TRY(cede_write(a, text, sizeof text));
}

/* ---- the end of a close's patience ------------------------------------- */

static int closes(void *unused)
{
    (void)unused;
    int rc = cede_stream_close(a);
    a = NULL;
    return rc;
}

static int yields(void *unused)
{
    (void)unused;
    return cede_sleep(0);
}

TASK_TEST(a_close_that_has_sent_all_is_not_told_that_its_time_is_up_too)
{
    char text[150] = "";
    const struct timespec longer = {.tv_nsec = 20000000};
    kind = MEMORY;
    connect_streams(100);
    CHECK_EQ(cede_write(a, text, sizeof text), sizeof text);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_stream_linger(a, 10 * CEDE_MS));
    CEDE_GROUP(g);
    cede_future *f = starts(&g, closes, NULL);
    for (int i = 0; i < 1000; i++) /* more than a turn's before it */
        CHECK_OK(cede_go(&g, yields, NULL));
    CHECK_EQ(cede_read_exactly(b, text, 100), 100);
    nanosleep(&longer, NULL);
    CHECK_OK(cede_await(f));
    CHECK_OK(cede_join(&g));
    close_both();
}

/* It would ring in a frame that is gone. */
TASK_TEST(a_close_leaves_no_timer_when_the_kernel_gives_up_first)
{
    unsigned ms = 50;
    kind = TCP;
    connect_streams(0);
    CHECK_EQ(setsockopt(cede_stream_fd(a), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms,
                        sizeof ms),
             0);
    CHECK_ERR(cede_within(50 * CEDE_MS, writes_on, NULL), -ETIMEDOUT);
    CHECK_OK(cede_stream_linger(a, CEDE_SEC));
    CHECK_ERR(closes(NULL), -ETIMEDOUT);
    for (int i = 0; i < 12; i++)
        CHECK_OK(cede_sleep(100 * CEDE_MS));
    close_both();
}

SUITE("stream_edge")
