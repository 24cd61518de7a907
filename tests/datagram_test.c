/* SPDX-License-Identifier: MIT
 *
 * datagram_test.c - packets: what is sent comes, one by one and by many, and
 * what happens when it does not; waiting, cancelling, closing.
 */
#define _GNU_SOURCE /* recvmmsg */
#include "check.h"
#include "datagrams.h"

#include <sys/syscall.h>

/* ---- one packet -------------------------------------------------------- */

TASK_TEST(a_packet_comes_with_the_address_it_is_from)
{
    cede_socket *a = at(LOOPBACK), *b = at(LOOPBACK);
    send_text(a, "hello", b);
    cede_packet p = room_for(10);
    memset(&p.peer, 0xff, sizeof p.peer); /* of what came before it */
    CHECK_EQ(cede_receive_packet(b, &p), 1);
    CHECK_EQ(p.size, 5);
    CHECK(memcmp(room, "hello", 5) == 0);
    CHECK(!p.cut);
    cede_address from = local_of(a);
    CHECK_STR_EQ(text_of(p.peer).text, text_of(from).text);
    CHECK(cede_address_equal(&p.peer, &from));
    cede_socket_close(a);
    cede_socket_close(b);
}

TASK_TEST(who_sent_it_can_be_answered)
{
    cede_socket *a = at(LOOPBACK), *b = at(LOOPBACK);
    send_text(a, "ping", b);
    cede_packet p = room_for(10);
    CHECK_EQ(cede_receive_packet(b, &p), 1);
    CHECK_EQ(cede_send_packet(b, &p), 1);
    receive_text(a, "ping");
    cede_socket_close(a);
    cede_socket_close(b);
}

TASK_TEST(one_that_is_larger_than_the_room_is_cut_and_says_so)
{
    cede_socket *a = at(LOOPBACK), *b = at(LOOPBACK);
    send_text(a, "hello", b);
    send_text(a, "hello", b);
    send_text(a, "there", b);
    cede_packet p = room_for(3);
    CHECK_EQ(cede_receive_packet(b, &p), 1);
    CHECK_EQ(p.size, 3);
    CHECK(p.cut);
    p.size = 5;
    CHECK_EQ(cede_receive_packet(b, &p), 1);
    CHECK_EQ(p.size, 5);
    CHECK(!p.cut);
    cede_packet none = {0};
    CHECK_EQ(cede_receive_packet(b, &none), 1);
    CHECK_EQ(none.size, 0);
    CHECK(none.cut);
    cede_socket_close(a);
    cede_socket_close(b);
}

TASK_TEST(an_empty_packet_is_a_packet)
{
    cede_socket *a = at(LOOPBACK), *b = at(LOOPBACK);
    const cede_packet empty[2] = {{.peer = local_of(b)}, {.peer = local_of(b)}};
    CHECK_EQ(cede_send_packets(a, empty, 2), 2);
    CHECK_EQ(cede_send_packet(a, empty), 1);
    cede_packet p[3] = {room_for(10), room_for(10), room_for(10)};
    CHECK_EQ(cede_receive_packet(b, &p[2]), 1);
    CHECK_EQ(p[2].size, 0);
    CHECK_EQ(cede_receive_packets(b, p, 3), 2);
    CHECK_EQ(p[1].size, 0);
    CHECK(!p[1].cut);
    cede_socket_close(a);
    cede_socket_close(b);
}

TASK_TEST(the_largest_packet_goes_and_a_larger_one_is_refused)
{
    static char data[65508];
    cede_socket *a = at(LOOPBACK), *b = at(LOOPBACK);
    cede_packet p = {.data = data, .size = 65507, .peer = local_of(b)};
    CHECK_EQ(cede_send_packet(a, &p), 1);
    CHECK_EQ(cede_receive_packet(b, &p), 1);
    CHECK_EQ(p.size, 65507);
    p.size = 65508;
    CHECK_ERR(cede_send_packet(a, &p), -EMSGSIZE);
    send_text(a, "small", b);
    receive_text(b, "small");
    cede_socket_close(a);
    cede_socket_close(b);
}

/* ---- several ----------------------------------------------------------- */

TASK_TEST(as_many_come_as_there_are_but_not_more_than_asked_for)
{
    cede_socket *a = at(LOOPBACK), *b = at(LOOPBACK);
    char data[5] = "01234", rooms[5];
    cede_packet out[5], in[5];
    for (int i = 0; i < 5; i++)
        out[i] = (cede_packet){&data[i], 1, .peer = local_of(b)};
    CHECK_EQ(cede_send_packets(a, out, 5), 5);
    for (int i = 0; i < 5; i++)
        in[i] = (cede_packet){.data = &rooms[i], .size = 1};
    CHECK_EQ(cede_receive_packets(b, in, 2), 2);
    CHECK_EQ(cede_receive_packets(b, in + 2, 3), 3);
    CHECK(memcmp(data, rooms, 5) == 0);
    cede_address from = local_of(a);
    for (int i = 0; i < 5; i++)
        CHECK(cede_address_equal(&in[i].peer, &from));
    CHECK_EQ(cede_receive_packets(b, in, 0), 0);
    CHECK_EQ(cede_send_packets(a, out, 0), 0);
    cede_socket_close(a);
    cede_socket_close(b);
}

enum { MANY = 200 };

static struct {
    unsigned char data[MANY], rooms[MANY];
    cede_packet out[MANY], in[MANY];
} crowd;

static int sends_many(void *from)
{
    for (int i = 0; i < MANY; i++) {
        crowd.data[i] = (unsigned char)i;
        crowd.out[i] = (cede_packet){.data = &crowd.data[i], .size = 1};
    }
    return cede_send_packets(from, crowd.out, MANY);
}

static void receive_many(cede_socket *s)
{
    for (size_t got = 0; got < MANY;) {
        for (size_t i = got; i < MANY; i++)
            crowd.in[i] = (cede_packet){.data = &crowd.rooms[i], .size = 1};
        int n = cede_receive_packets(s, crowd.in + got, MANY - got);
        CHECK_OK(n);
        CHECK(n > 0);
        got += (size_t)n;
    }
    CHECK(memcmp(crowd.data, crowd.rooms, MANY) == 0);
}

TASK_TEST(more_than_fit_into_a_system_call_go_and_come_in_order)
{
    cede_socket *b = at(LOOPBACK);
    cede_socket *a = between(NULL, TEXT_OF_LOCAL(b));
    CHECK_EQ(sends_many(a), MANY);
    receive_many(b);
    cede_socket_close(a);
    cede_socket_close(b);
}

TASK_TEST(a_unix_peer_that_is_full_is_waited_for)
{
    cede_socket *b = at("unix:");
    cede_socket *a = between(NULL, TEXT_OF_LOCAL(b));
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, sends_many, a);
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_done(f));
    receive_many(b);
    CHECK_EQ(cede_await(f), MANY);
    CHECK_OK(cede_join(&g));
    cede_socket_close(a);
    cede_socket_close(b);
}

TASK_TEST(those_before_one_that_fails_went_and_the_next_call_says_why)
{
    static char large[70000];
    cede_socket *a = at(LOOPBACK), *b = at(LOOPBACK);
    cede_packet p[3] = {text_to("one", b), text_to("two", b),
                        text_to("three", b)};
    p[1].data = large;
    p[1].size = sizeof large;
    CHECK_EQ(cede_send_packets(a, p, 3), 1);
    CHECK_ERR(cede_send_packets(a, p + 1, 2), -EMSGSIZE);
    CHECK_EQ(cede_send_packets(a, p + 2, 1), 1);
    receive_text(b, "one");
    receive_text(b, "three");
    cede_socket_close(a);
    cede_socket_close(b);
}

/* ---- whom it talks to -------------------------------------------------- */

TASK_TEST(a_connected_socket_talks_to_its_peer_alone)
{
    cede_socket *a = at(LOOPBACK), *stranger = at(LOOPBACK);
    cede_socket *b = between(LOOPBACK, TEXT_OF_LOCAL(a));
    send_text(stranger, "ignored", b);
    send_text(a, "to b", b);
    receive_text(b, "to b");
    send_text(b, "to a", NULL);
    receive_text(a, "to a");
    cede_socket_close(a);
    cede_socket_close(b);
    cede_socket_close(stranger);
}

TASK_TEST(one_without_a_peer_must_be_told_whom_to_send_to)
{
    const char *const local[] = {LOOPBACK, "unix:"};
    for (int i = 0; i < 2; i++) {
        cede_socket *s = at(local[i]);
        cede_packet p = text_to("nobody", NULL);
        CHECK_ERR(cede_send_packet(s, &p), -EDESTADDRREQ);
        CHECK_ERR(cede_send_packets(s, (cede_packet[]){p, p}, 2),
                  -EDESTADDRREQ);
        cede_socket_close(s);
    }
}

TASK_TEST(a_unix_socket_that_was_given_no_name_can_be_answered)
{
    cede_socket *a = at("unix:");
    cede_socket *b = between(NULL, TEXT_OF_LOCAL(a));
    send_text(b, "ping", NULL);
    cede_packet p = room_for(10);
    CHECK_EQ(cede_receive_packet(a, &p), 1);
    cede_address from = local_of(b);
    CHECK(cede_address_equal(&p.peer, &from));
    CHECK_EQ(cede_send_packet(a, &p), 1);
    receive_text(b, "ping");
    cede_socket_close(a);
    cede_socket_close(b);
}

static int refused_again(cede_socket *s)
{
    cede_packet p = text_to("anybody?", NULL);
    CHECK_EQ(cede_send_packet(s, &p), 1);
    p = room_for(10);
    return cede_receive_packet(s, &p);
}

static cede_socket *of_nobody(void)
{
    cede_socket *gone = at(LOOPBACK);
    cede_socket *s = between(LOOPBACK, TEXT_OF_LOCAL(gone));
    cede_socket_close(gone);
    return s;
}

TASK_TEST(that_nobody_is_at_the_peers_port_is_answered_once_a_packet)
{
    cede_socket *s = of_nobody();
    CHECK_ERR(refused_again(s), -ECONNREFUSED);
    CHECK_ERR(refused_again(s), -ECONNREFUSED);
    cede_socket_close(s);
}

TASK_TEST(who_waits_for_a_peer_that_is_not_there_is_told)
{
    cede_socket *s = of_nobody();
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, notes_a_packet, s);
    CHECK_OK(cede_sleep(0));
    send_text(s, "anybody?", NULL);
    CHECK_ERR(cede_await(f), -ECONNREFUSED);
    CHECK_NOTED("refused ");
    CHECK_ERR(cede_join(&g), -ECONNREFUSED);
    cede_socket_close(s);
}

/* An error is an event of the kind that lasts: it must not be taken for one
 * that makes every later wait end at once. */
VIRTUAL_TEST(after_a_failure_waiting_is_waiting)
{
    cede_socket *s = of_nobody();
    cede_group g;
    cede_group_enter(&g);
    CHECK_OK(cede_go(&g, notes_a_packet, s));
    CHECK_OK(cede_sleep(0));
    send_text(s, "anybody?", NULL);
    CHECK_ERR(cede_join(&g), -ECONNREFUSED);
    CHECK_ERR(cede_within(CEDE_SEC, notes_a_packet, s), -ETIMEDOUT);
    cede_socket_close(s);
}

/* What the kernel finds behind packets it keeps for the next call, and gives no
 * notice of. */
static int calls; /* > 0: the first takes one packet, the second fails */

int recvmmsg(int fd, struct mmsghdr *v, unsigned n, int flags,
             struct timespec *t)
{
    if (calls > 0 && calls++ == 2) {
        errno = ECONNREFUSED;
        return -1;
    }
    return (int)syscall(SYS_recvmmsg, fd, v, n, flags, t);
}

TASK_TEST(a_failure_behind_packets_is_not_waited_for)
{
    cede_socket *a = at(LOOPBACK);
    cede_socket *b = between(LOOPBACK, TEXT_OF_LOCAL(a));
    send_text(a, "one", b);
    cede_packet p[2] = {room_for(9), room_for(9)};
    calls = 1;
    CHECK_EQ(cede_receive_packets(b, p, 2), 1);
    CHECK_ERR(cede_receive_packets(b, p, 2), -ECONNREFUSED);
    cede_socket_close(a);
    cede_socket_close(b);
}

SUITE("datagram")
