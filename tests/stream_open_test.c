/* SPDX-License-Identifier: MIT
 *
 * stream_open_test.c - streams over descriptors that are there already; what is
 * known of a stream; files that are sent.
 */
#define _GNU_SOURCE /* pipe2 */
#include "streams.h"
#include <fcntl.h>
#include <pty.h>
#include <sys/un.h>

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* ---- pipes and terminals ----------------------------------------------- */

/* Two pipes, crosswise; `ends` has what each stream was made of. */
static void connect_pipes(int ends[4])
{
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQ(pipe2(ends + 2, O_CLOEXEC), 0);
    CHECK_OK(cede_stream_open(ends[0], ends[3], &a));
    CHECK_OK(cede_stream_open(ends[2], ends[1], &b));
}

TASK_TEST(two_pipes_are_a_stream)
{
    int ends[4];
    char text[8];
    connect_pipes(ends);
    says(a, "there");
    hears(b, "there");
    says(b, "and back");
    hears(a, "and back");
    CHECK_EQ(cede_stream_fd(a), ends[0]);
    CHECK_OK(cede_stream_end(a));
    CHECK(!is_open(ends[3]));
    CHECK_EQ(cede_read(b, text, sizeof text), 0);
    says(b, "more");
    hears(a, "more");
    close_both();
    for (int i = 0; i < 4; i++)
        CHECK(!is_open(ends[i]));
}

static int writes_much(void *unused)
{
    (void)unused;
    size_t n = 1000000;
    char *data = malloc(n);
    for (size_t i = 0; i < n; i++)
        data[i] = (char)(i % 251);
    int rc = cede_write(a, data, n);
    free(data);
    return rc < 0 ? rc : 0;
}

TASK_TEST(much_goes_through_a_pipe)
{
    int ends[4];
    static char data[1000000];
    connect_pipes(ends);
    CEDE_GROUP(g);
    starts(&g, writes_much, NULL);
    CHECK_EQ(cede_read_exactly(b, data, 10), 10);
    CHECK_EQ(cede_read_exactly(b, data + 10, sizeof data - 10),
             sizeof data - 10);
    for (size_t i = 0; i < sizeof data; i++)
        CHECK_EQ((unsigned char)data[i], i % 251);
    CHECK_OK(cede_join(&g));
    close_both();
}

static int reads(void *unused)
{
    (void)unused;
    char text[8];
    return cede_read(a, text, sizeof text);
}

TASK_TEST(who_waits_for_a_pipe_is_woken_by_close)
{
    int ends[4];
    connect_pipes(ends);
    cede_future *f = cede_spawn(NULL, reads, NULL);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_stream_close(a));
    a = NULL;
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    cede_future_free(f);
    close_both();
}

TASK_TEST(what_is_not_there_is_not_read_or_written)
{
    int ends[2];
    char text[8] = "";
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    CHECK_OK(cede_stream_open(ends[0], -1, &a));
    CHECK_OK(cede_stream_open(-1, ends[1], &b));
    CHECK_EQ(cede_stream_fd(b), -1);
    says(b, "x");
    CHECK_EQ(cede_read(a, text, sizeof text), 1);
    CHECK_ERR(cede_read(b, text, sizeof text), -EBADF);
    CHECK_EQ(cede_write(a, "x", 1), 1);
    CHECK_ERR(cede_flush(a), -EBADF);
    CHECK_OK(cede_stream_close(b));
    b = NULL;
    CHECK_EQ(cede_read(a, text, sizeof text), 0);
    close_both();
    CHECK(!is_open(ends[0]) && !is_open(ends[1]));
}

TASK_TEST(what_is_no_descriptor_is_refused)
{
    int ends[2];
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    CHECK_ERR(cede_stream_open(-1, -1, &a), -EBADF);
    CHECK_ERR(cede_stream_open(ends[0], 12345, &a), -EBADF);
    CHECK(a == NULL);
    CHECK(is_open(ends[0]));
    CHECK_EQ(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    close(ends[0]);
    close(ends[1]);
}

TASK_TEST(a_terminal_is_a_stream)
{
    int master, slave;
    char *line;
    struct termios raw;
    memset(&raw, 0, sizeof raw);
    CHECK_EQ(openpty(&master, &slave, NULL, &raw, NULL), 0);
    CHECK_OK(cede_stream_open(master, master, &a));
    CHECK_OK(cede_stream_open(slave, slave, &b));
    says(a, "command\n");
    CHECK_EQ(cede_read_line(b, &line), 8);
    CHECK_STR_EQ(line, "command");
    says(b, "answer\n");
    hears(a, "answer");
    close_both();
    CHECK(!is_open(master) && !is_open(slave));
}

TASK_TEST(a_file_on_disk_never_waits)
{
    char text[8];
    int fd = fileno(tmpfile());
    CHECK_OK(cede_stream_open(fd, fd, &a));
    says(a, "abc");
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    hears(a, "abc");
    CHECK_EQ(cede_read(a, text, sizeof text), 0);
    close_both();
}

TASK_TEST(a_socket_to_write_to_and_a_pipe_to_read_from)
{
    int fds[2], ends[2];
    char text[8];
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    CHECK_OK(cede_stream_open(ends[0], fds[0], &a));
    says(a, "x");
    CHECK_EQ(read(fds[1], text, 8), 1);
    close(fds[1]);
    CHECK_EQ(cede_write(a, "x", 1), 1);
    CHECK_ERR(cede_flush(a), -EPIPE); /* and no signal */
    CHECK_EQ(write(ends[1], "y", 1), 1);
    hears(a, "y");
    close(ends[1]);
    close_both();
}

/* ---- what is known of it ----------------------------------------------- */

STREAM_TEST(a_stream_counts)
{
    cede_stream_info info = {0};
    says(a, "abcd");
    hears(b, "ab");
    CHECK_OK(cede_stream_look(b, &info));
    CHECK_EQ(info.in, 4);
    CHECK_EQ(info.out, 0);
    CHECK_EQ(info.buffered, 2);
    CHECK(!info.ended);
    CHECK_OK(cede_stream_look(a, &info));
    CHECK_EQ(info.in, 0);
    CHECK_EQ(info.out, 4);
    CHECK_EQ(info.gathered, 0);
}

STREAM_TEST(a_stream_has_its_descriptor)
{
    int fd = cede_stream_fd(a);
    CHECK(kind == MEMORY ? fd == -1 : is_open(fd));
}

STREAM_TEST(a_stream_has_addresses_if_its_socket_has)
{
    cede_address mine = {0}, theirs = {0};
    if (kind == MEMORY) {
        CHECK_ERR(cede_stream_peer(a, &theirs), -ENOTCONN);
        CHECK_ERR(cede_stream_local(a, &mine), -ENOTCONN);
        return;
    }
    CHECK_OK(cede_stream_local(a, &mine));
    CHECK_OK(cede_stream_peer(b, &theirs));
    CHECK(cede_address_equal(&mine, &theirs));
    CHECK_EQ(cede_address_family(&mine), kind == TCP ? AF_INET : AF_UNIX);
}

TASK_TEST(a_pipe_has_no_address)
{
    int ends[4];
    cede_address at;
    connect_pipes(ends);
    CHECK_ERR(cede_stream_peer(a, &at), -ENOTCONN);
    CHECK_ERR(cede_stream_local(a, &at), -ENOTCONN);
    close_both();
}

/* ---- room of memory ---------------------------------------------------- */

TASK_TEST(a_pair_in_memory_holds_as_much_as_it_was_told)
{
    cede_stream_info info = {0};
    char text[5000] = "";
    kind = MEMORY;
    connect_streams(7);
    CHECK_EQ(cede_write(a, text, 100), 100);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_stream_look(a, &info));
    CHECK_EQ(info.out, 7);
    CHECK_EQ(cede_read_exactly(b, text, 100), 100);
    close_both();
    CHECK_ERR(cede_stream_pair(&a, &b, SIZE_MAX), -ENOMEM);
    CHECK(a == NULL && b == NULL);
}

/* ---- files ------------------------------------------------------------- */

/* n bytes, i % 251 each, and where it stands is 0. */
static int make_file(size_t n)
{
    FILE *file = tmpfile();
    for (size_t i = 0; i < n; i++)
        putc((int)(i % 251), file);
    fflush(file);
    int fd = dup(fileno(file));
    fclose(file);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void hears_file(size_t from, size_t n)
{
    unsigned char *data = malloc(n);
    CHECK_EQ(cede_read_exactly(b, data, n), n);
    for (size_t i = 0; i < n; i++)
        CHECK_EQ(data[i], (from + i) % 251);
    free(data);
}

STREAM_TEST(a_part_of_a_file_is_sent_behind_what_was_gathered)
{
    int fd = make_file(10000);
    off_t at = 1000;
    CHECK_EQ(cede_write(a, "head", 4), 4);
    CHECK_EQ(cede_write_file(a, fd, &at, 2000), 2000);
    CHECK_EQ(at, 3000);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
    CHECK_EQ(cede_write(a, "tail", 4), 4);
    hears(b, "head");
    hears_file(1000, 2000);
    hears(b, "tail");
    close(fd);
}

STREAM_TEST(a_file_is_sent_from_where_it_stands_and_no_further_than_its_end)
{
    int fd = make_file(10000);
    CHECK_EQ(lseek(fd, 9000, SEEK_SET), 9000);
    CHECK_EQ(cede_write_file(a, fd, NULL, 600), 600);
    CHECK_EQ(cede_write_file(a, fd, NULL, 600), 400);
    CHECK_EQ(cede_write_file(a, fd, NULL, 600), 0);
    CHECK_EQ(cede_write_file(a, fd, NULL, 0), 0);
    hears_file(9000, 1000);
    close(fd);
}

static int sends_file(void *fd)
{
    return cede_write_file(a, *(int *)fd, NULL, 3000000);
}

/* TCP can hold several megabytes. */
static void hold_less(void)
{
    int small = 100000;
    if (kind != TCP)
        return;
    setsockopt(cede_stream_fd(a), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    setsockopt(cede_stream_fd(b), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}

STREAM_TEST(a_large_file_waits_for_the_peer)
{
    int fd = make_file(3000000);
    hold_less();
    CEDE_GROUP(g);
    cede_future *f = starts(&g, sends_file, &fd);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK(!cede_done(f));
    hears_file(0, 3000000);
    CHECK_EQ(cede_await(f), 3000000);
    CHECK_OK(cede_join(&g));
    close(fd);
}

STREAM_TEST(a_file_that_is_cancelled_in_the_middle_is_the_last)
{
    int fd = make_file(3000000);
    hold_less();
    CEDE_GROUP(g);
    cede_future *f = starts(&g, sends_file, &fd);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_ERR(cede_write(a, "x", 1), CEDE_EBROKEN);
    CHECK_OK(cede_join(&g));
    close(fd);
}

STREAM_TEST(a_file_whose_stream_is_closed_in_the_middle_ends_in_a_reset)
{
    int fd = make_file(3000000), rc;
    char text[5000];
    hold_less();
    cede_future *f = cede_spawn(NULL, sends_file, &fd);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_stream_close(a));
    a = NULL;
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    while ((rc = cede_read(b, text, sizeof text)) > 0)
        ;
    CHECK(rc == (kind == UNIX ? 0 : -ECONNRESET));
    cede_future_free(f);
    close(fd);
}

STREAM_TEST(what_cannot_be_read_is_not_sent)
{
    int fd = open("/", O_RDONLY | O_CLOEXEC);
    CHECK_ERR(cede_write_file(a, 12345, NULL, 1), -EBADF);
    CHECK_ERR(cede_write_file(a, fd, NULL, 1), -EISDIR);
    says(a, "x");
    hears(b, "x");
    close(fd);
}

STREAM_TEST(a_file_to_a_peer_that_is_gone_fails_without_a_signal)
{
    int fd = make_file(3000000), rc = 0;
    CHECK_OK(cede_stream_abort(b));
    b = NULL;
    off_t at = 0;
    for (int i = 0; i < 5 && rc >= 0; i++, at = 0)
        rc = cede_write_file(a, fd, &at, 1000);
    CHECK(rc == -EPIPE || rc == -ECONNRESET);
    close(fd);
}

SUITE("stream_open")
