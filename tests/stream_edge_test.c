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

/* ---- what is lent ------------------------------------------------------ */

static int aborts(void *unused)
{
    (void)unused;
    CHECK_OK(cede_stream_abort(a));
    return 0;
}

static int nothing_follows(void)
{
    char *line;
    int rc;
    do {
        rc = cede_read_line(a, &line);
        if (rc > 0)
            CHECK_EQ(line[0], '\0');
    } while (rc > 0);
    return rc;
}

/* The call that lets the other run on its way out. */
STREAM_TEST(what_is_lent_is_there_when_the_call_returns)
{
    char text[1000];
    memset(text, '\n', sizeof text);
    CHECK_EQ(cede_write(b, text, sizeof text), sizeof text);
    CHECK_OK(cede_flush(b));
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, aborts, NULL));
    CHECK_ERR(nothing_follows(), CEDE_ECLOSED);
    a = NULL;
    CHECK_OK(cede_join(&g));
}

static int reads_a_line(void *refused)
{
    char *line;
    *(bool *)refused = cede_read_line(a, &line) == -EBUSY;
    return 0;
}

TASK_TEST(a_reader_who_lets_others_run_keeps_what_is_lent)
{
    static char text[100000];
    bool refused = false;
    memset(text, 'x', sizeof text);
    kind = MEMORY;
    connect_streams(sizeof text);
    CHECK_EQ(cede_write(b, text, sizeof text), sizeof text);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, reads_a_line, &refused));
    for (int i = 0; i < 200 && !refused; i++) {
        const void *data;
        CHECK(cede_peek(a, &data) > 0);
        CHECK_OK(cede_stream_keep(a, 1));
    }
    CHECK(refused);
    CHECK_OK(cede_join(&g));
    close_both();
}

SUITE("stream_edge")
