/* SPDX-License-Identifier: MIT
 *
 * stream_edge_test.c - streams where several things happen at once, and over
 * sockets that do what is rare.
 */
#include "streams.h"
#include <pthread.h>

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

/* ---- reads that stop before what else has come ------------------------- */

static int reads_abcdef(void *unused)
{
    char text[64] = "";
    (void)unused;
    CEDE_TRY(cede_read_exactly(a, text, 6));
    CHECK_STR_EQ(text, "abcdef");
    return 0;
}

/* a's peer is a plain descriptor, and the kernel has told of all there was. */
static void listens_to(const int fds[2])
{
    CHECK_OK(cede_stream_open(fds[0], fds[0], &a));
    CHECK_ERR(cede_within(10 * CEDE_MS, reads_abcdef, NULL), -ETIMEDOUT);
}

static void hears_all_from(int fd)
{
    CHECK_OK(cede_within(CEDE_SEC, reads_abcdef, NULL));
    CHECK_EQ(close(fd), 0);
    close_both();
}

TASK_TEST(urgent_data_hides_nothing_that_follows)
{
    int fds[2];
    make_tcp(fds);
    listens_to(fds);
    CHECK_EQ(send(fds[1], "abc", 3, 0), 3);
    CHECK_EQ(send(fds[1], "!", 1, MSG_OOB), 1);
    CHECK_EQ(send(fds[1], "def", 3, 0), 3);
    hears_all_from(fds[1]);
}

static void sends_with_descriptor(int fd, const char *text)
{
    union {
        struct cmsghdr first;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.first = {.cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS,
                           .cmsg_len = CMSG_LEN(sizeof(int))}};
    struct iovec v = {(void *)text, strlen(text)};
    const struct msghdr m = {.msg_iov = &v,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.first), &fd, sizeof fd);
    CHECK_EQ(sendmsg(fd, &m, 0), strlen(text));
}

TASK_TEST(descriptors_that_come_along_hide_nothing_that_follows)
{
    int fds[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    listens_to(fds);
    sends_with_descriptor(fds[1], "abc");
    CHECK_EQ(send(fds[1], "def", 3, 0), 3);
    hears_all_from(fds[1]);
}

TASK_TEST(a_packet_hides_none_that_follows)
{
    int fds[2];
    CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    listens_to(fds);
    CHECK_EQ(send(fds[1], "abc", 3, 0), 3);
    CHECK_EQ(send(fds[1], "def", 3, 0), 3);
    hears_all_from(fds[1]);
}

/* ---- broken off -------------------------------------------------------- */

STREAM_TEST(a_reset_that_a_writer_was_told_of_is_no_end_to_a_reader)
{
    char text[8];
    if (kind == UNIX)
        return; /* knows no reset */
    CHECK_OK(cede_stream_abort(b));
    b = NULL;
    CHECK_EQ(cede_write(a, "x", 1), 1);
    CHECK_ERR(cede_flush(a), -ECONNRESET);
    CHECK_ERR(cede_read(a, text, sizeof text), -ECONNRESET);
    CHECK_ERR(cede_read(a, text, sizeof text), -ECONNRESET);
}

static int sends_file(void *file)
{
    CHECK_ERR(cede_write_file(a, *(int *)file, NULL, 1000000), CEDE_ECLOSED);
    return 0;
}

/* As much of it as the peer could hold: a whole block. */
TASK_TEST(half_a_file_is_not_taken_for_all_when_it_is_closed)
{
    static char text[256 * 1024 - 32];
    FILE *disk = tmpfile();
    int n = 0, rc, file = fileno(disk);
    CHECK_EQ(ftruncate(file, 1000000), 0);
    kind = MEMORY;
    connect_streams(sizeof text);
    CEDE_GROUP(g);
    starts(&g, sends_file, &file);
    CHECK_OK(closes(NULL));
    while ((rc = cede_read(b, text, sizeof text)) > 0)
        n += rc;
    CHECK_EQ(n, sizeof text);
    CHECK_ERR(rc, -ECONNRESET);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(fclose(disk), 0);
    close_both();
}

/* ---- pieces ------------------------------------------------------------ */

STREAM_TEST(an_empty_piece_may_be_nowhere)
{
    static char text[5000];
    const struct iovec v[] = {{text, 2500}, {NULL, 0}, {text, 2500}};
    CHECK_EQ(cede_writev(a, v, 3), 5000);
    CHECK_EQ(cede_read_exactly(b, text, 5000), 5000);
}

/* ---- a socket in two numbers, as whoever is started by inetd has ------- */

static int makes_two_numbers(void)
{
    int fds[2];
    make_tcp(fds);
    CHECK_OK(cede_stream_open(fds[0], dup(fds[0]), &a));
    return fds[1];
}

TASK_TEST(the_end_of_a_socket_in_two_numbers_is_found_before_both_are_closed)
{
    const struct timeval patience = {.tv_sec = 1};
    char text[8];
    int peer = makes_two_numbers();
    CHECK_EQ(
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience),
        0);
    CHECK_OK(cede_stream_end(a));
    CHECK_EQ(recv(peer, text, sizeof text, 0), 0);
    CHECK_EQ(send(peer, "on", 2, 0), 2);
    hears(a, "on");
    CHECK_EQ(close(peer), 0);
    close_both();
}

TASK_TEST(an_abort_of_a_socket_in_two_numbers_is_a_reset)
{
    for (int ended = 0; ended < 2; ended++) {
        char text[8];
        int peer = makes_two_numbers();
        if (ended)
            CHECK_OK(cede_stream_end(a));
        close_both();
        CHECK_EQ(recv(peer, text, sizeof text, 0), ended ? 0 : -1);
        CHECK_EQ(close(peer), 0);
    }
}

/* ---- a stream's descriptor --------------------------------------------- */

static int waits_for_room(void *rc)
{
    *(int *)rc = cede_fd_poll(cede_stream_fd(a), CEDE_WRITABLE);
    return 0;
}

TASK_TEST(who_waits_for_the_descriptor_of_a_stream_that_sends_is_told)
{
    char text[20000] = "";
    kind = UNIX;
    connect_streams(0);
    CHECK_ERR(cede_within(10 * CEDE_MS, reads_abcdef, NULL), -ETIMEDOUT);
    while (send(cede_stream_fd(a), text, sizeof text, MSG_DONTWAIT) > 0)
        ;
    CEDE_GROUP(g);
    int rc = 0;
    starts(&g, waits_for_room, &rc);
    CHECK_EQ(cede_write(a, "x", 1), 1);
    CHECK_OK(cede_join(&g));
    CHECK_ERR(rc, -EBUSY);
    close_both();
}

/* ---- a peer that is as fast as we are ---------------------------------- */

static int turns;

static int takes_turns(void *unused)
{
    (void)unused;
    for (turns = 0;; turns++)
        CEDE_TRY(cede_sleep(0));
}

enum { MUCH = 32 << 20 };

static void much_has_come(char *text)
{
    memset(text, 'x', MUCH);
    kind = MEMORY;
    connect_streams(MUCH);
    CHECK_EQ(cede_write(b, text, MUCH), MUCH);
    CHECK_OK(cede_stream_end(b));
}

TASK_TEST(a_long_line_is_thrown_away_in_pieces)
{
    char *text = malloc(MUCH), *line;
    much_has_come(text);
    CEDE_GROUP(g);
    starts(&g, takes_turns, NULL);
    CHECK_ERR(cede_read_line(a, &line), -EMSGSIZE);
    int before = turns;
    CHECK_EQ(cede_read_line(a, &line), 0);
    CHECK(turns - before >= 4);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    close_both();
    free(text);
}

TASK_TEST(all_is_read_in_pieces)
{
    char *text = malloc(MUCH), *all;
    much_has_come(text);
    CEDE_GROUP(g);
    starts(&g, takes_turns, NULL);
    CHECK_EQ(cede_read_all(a, MUCH, &all), MUCH);
    CHECK(turns >= 4);
    free(all);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    close_both();
    free(text);
}

/* ---- other threads ----------------------------------------------------- */

static void *closes_all_the_time(void *over)
{
    while (!__atomic_load_n((bool *)over, __ATOMIC_RELAXED))
        CHECK_ERR(cede_stream_close(a), -EPERM);
    return NULL;
}

static int reads_bytes(void *unused)
{
    char byte;
    (void)unused;
    for (int i = 0; i < 200; i++)
        CEDE_TRY(cede_read(a, &byte, 1));
    return 0;
}

/* For ThreadSanitizer. */
STREAM_TEST(another_thread_is_refused_whatever_goes_on)
{
    pthread_t thread;
    bool over = false;
    CHECK_EQ(pthread_create(&thread, NULL, closes_all_the_time, &over), 0);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, reads_bytes, NULL));
    for (int i = 0; i < 200; i++) {
        says(b, "x");
        CHECK_OK(cede_sleep(0));
    }
    CHECK_OK(cede_join(&g));
    __atomic_store_n(&over, true, __ATOMIC_RELAXED);
    CHECK_EQ(pthread_join(thread, NULL), 0);
}

SUITE("stream_edge")
