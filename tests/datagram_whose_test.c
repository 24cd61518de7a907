/* SPDX-License-Identifier: MIT
 *
 * datagram_whose_test.c - sockets for datagrams that are used when their loop
 * is over, outside of tasks, or by other threads; and none.
 */
#include "check.h"
#include "datagrams.h"
#include "threads.h"

static int leaves_one_open(void *out)
{
    cede_socket **s = out;
    CEDE_TRY(cede_datagrams(LOOPBACK, NULL, &s[0]));
    CEDE_TRY(cede_datagrams(LOOPBACK, NULL, &s[1]));
    cede_packet p = room_for(1);
    cede_scope scope; /* so that the loop knows the second */
    cede_enter(&scope, cede_in(CEDE_MS));
    (void)cede_receive_packet(s[1], &p);
    (void)cede_leave(&scope, 0);
    return 0;
}

TEST(one_may_be_closed_when_its_loop_is_over)
{
    cede_socket *s[2];
    CHECK_EQ(cede_run(leaves_one_open, s), 0);
    for (int i = 0; i < 2; i++) {
        int fd = cede_socket_fd(s[i]);
        CHECK_EQ(cede_socket_close(s[i]), 0);
        CHECK(recv(fd, room, 1, MSG_DONTWAIT) < 0 && errno == EBADF);
    }
}

/* ---- whose it is ------------------------------------------------------- */

TEST(outside_of_tasks_nothing_waits)
{
    cede_socket *s[2], *none;
    CHECK_EQ(cede_run(leaves_one_open, s), 0);
    cede_packet p = room_for(1);
    CHECK_ERR(cede_receive_packet(s[0], &p), -EPERM);
    CHECK_ERR(cede_send_packet(s[0], &p), -EPERM);
    CHECK_ERR(cede_datagrams(LOOPBACK, NULL, &none), -EPERM);
    CHECK(!none);
    cede_socket_close(s[0]);
    cede_socket_close(s[1]);
}

static int tries(void *s)
{
    cede_packet p = room_for(1);
    CHECK_ERR(cede_receive_packet(s, &p), -EPERM);
    CHECK_ERR(cede_send_packet(s, &p), -EPERM);
    CHECK_ERR(cede_socket_close(s), -EPERM);
    return 0;
}

static void *tries_in_thread(void *s)
{
    return (void *)(intptr_t)cede_run(tries, s);
}

TASK_TEST(another_threads_is_not_touched)
{
    cede_socket *b = at(LOOPBACK);
    cede_socket *a = between(LOOPBACK, TEXT_OF_LOCAL(b));
    CHECK_EQ(by_thread(tries_in_thread, b), 0);
    send_text(a, "still there", NULL);
    receive_text(b, "still there");
    cede_socket_close(a);
    cede_socket_close(b);
}

TASK_TEST(none_is_no_memory)
{
    cede_packet p = room_for(1);
    cede_address where;
    CHECK_ERR(cede_receive_packet(NULL, &p), -ENOMEM);
    CHECK_ERR(cede_receive_packets(NULL, &p, 1), -ENOMEM);
    CHECK_ERR(cede_send_packet(NULL, &p), -ENOMEM);
    CHECK_ERR(cede_send_packets(NULL, &p, 1), -ENOMEM);
    CHECK_ERR(cede_socket_local(NULL, &where), -ENOMEM);
    CHECK_ERR(cede_socket_fd(NULL), -ENOMEM);
    CHECK_ERR(cede_socket_close(NULL), -ENOMEM);
}

SUITE("datagram_whose")
