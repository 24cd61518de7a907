/* SPDX-License-Identifier: MIT
 *
 * stream_large_test.c - peers that send too much, too slowly, or never read,
 * and what they cost.
 */
#include "streams.h"
#include <malloc.h>
#include <sys/resource.h>

/* ---- a line of 1 GB ---------------------------------------------------- */

/* Bytes; where a tool makes everything slower, fewer. */
static size_t enormous(void)
{
    return SANITIZED || ON_VALGRIND || emulated() ? 20000000 : 1000000000;
}

static int writes_an_enormous_line(void *unused)
{
    (void)unused;
    enum { PIECE = 100000 };
    char *piece = malloc(PIECE);
    int rc = 0;
    memset(piece, 'x', PIECE);
    for (size_t i = 0; i < enormous() / PIECE && rc >= 0; i++)
        rc = cede_write(a, piece, PIECE);
    free(piece);
    return rc < 0 ? rc : cede_write(a, "\nshort\n", 7);
}

static long peak(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

static void read_past_it(void)
{
    char *line;
    connect_streams(0);
    CEDE_GROUP(g);
    starts(&g, writes_an_enormous_line, NULL);
    CHECK_ERR(cede_read_line(b, &line), -EMSGSIZE);
    CHECK_EQ(cede_read_line(b, &line), 6);
    CHECK_STR_EQ(line, "short");
    CHECK_OK(cede_join(&g));
    close_both();
}

TASK_TEST(a_line_of_a_gigabyte_costs_no_memory)
{
    long before = peak();
    kind = MEMORY;
    read_past_it();
    kind = TCP;
    read_past_it();
    if (!SANITIZED)
        CHECK(peak() - before < 4000); /* KiB */
}

/* ---- a byte at a time -------------------------------------------------- */

static int writes_byte_by_byte(void *n)
{
    for (size_t i = 0; i < *(size_t *)n; i++) {
        CEDE_TRY(cede_write(a, &(char){(char)('a' + i % 26)}, 1));
        CEDE_TRY(cede_flush(a));
        if (i % 2 == 0)
            CEDE_TRY(cede_sleep(0));
    }
    return cede_write(a, "\n", 1);
}

STREAM_TEST(a_long_line_comes_one_byte_at_a_time)
{
    size_t n = (size_t)rounds(40000);
    char *line;
    CEDE_GROUP(g);
    starts(&g, writes_byte_by_byte, &n);
    CHECK_EQ(cede_read_line(b, &line), n + 1);
    for (size_t i = 0; i < n; i++)
        CHECK_EQ(line[i], 'a' + i % 26);
    CHECK_OK(cede_join(&g));
}

/* ---- what waiting costs ------------------------------------------------ */

#if defined(__GLIBC__) && !FOR_ASAN && !FOR_TSAN
static size_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}
#else
static size_t allocated(void)
{
    return 0;
}
#endif

static int reads_a_line(void *s)
{
    char *line;
    return cede_read_line(s, &line);
}

/* Has seen all, and waits for more. */
static int peeks(void *s)
{
    const void *data;
    int rc;
    while ((rc = cede_peek(s, &data)) > 0)
        ;
    return rc;
}

static bool has_come(const cede_stream *s, const char *said)
{
    cede_stream_info info;
    CHECK_OK(cede_stream_look(s, &info));
    return info.in == strlen(said);
}

/* Many that wait, after `said` has come. */
static size_t cost_of_waiting(cede_fn *fn, const char *said)
{
    enum { MANY = 200 };
    int fds[2 * MANY];
    cede_stream *waiting[MANY];
    CEDE_GROUP(g);
    kind = UNIX;
    size_t before = 0;
    for (int i = 0; i < MANY; i++) {
        make_sockets(fds + 2 * i);
        CHECK_OK(cede_stream_open(fds[2 * i], fds[2 * i], &waiting[i]));
        starts(&g, fn, waiting[i]);
        if (i == 0)
            before = allocated();
        CHECK_EQ(write(fds[2 * i + 1], said, strlen(said)), strlen(said));
        UNTIL(has_come(waiting[i], said));
    }
    size_t cost = (allocated() - before) / (MANY - 1);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    for (int i = 0; i < MANY; i++) {
        CHECK_OK(cede_stream_close(waiting[i]));
        close(fds[2 * i + 1]);
    }
    return cost;
}

TASK_TEST(a_stream_that_is_idle_holds_no_buffer)
{
    CHECK(cost_of_waiting(reads_a_line, "") < 512);
}

TASK_TEST(a_stream_that_waits_for_the_rest_of_a_message_holds_little_more)
{
    CHECK(cost_of_waiting(reads_a_line, "begin") < 1500);
}

TASK_TEST(a_stream_whose_reader_has_seen_all_holds_no_buffer)
{
    CHECK(cost_of_waiting(peeks, "seen") < 512);
}

SUITE("stream_large")
