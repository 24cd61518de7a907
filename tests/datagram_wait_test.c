/* SPDX-License-Identifier: MIT
 *
 * datagram_wait_test.c - tasks that wait for packets, or for room: waked,
 * refused, cancelled, closed under, in whatever order that happens.
 */
#define _GNU_SOURCE /* ppoll */
#include "check.h"
#include "datagrams.h"

#include <poll.h>

static cede_socket *a, *b; /* a sends, b receives */
static cede_future *f;

static void a_and_b(void)
{
    b = at(LOOPBACK);
    a = between(LOOPBACK, TEXT_OF_LOCAL(b));
}

/* Unix sockets, and b's queue is full: a, which talks to b alone or to anybody,
 * has to wait. */
static cede_packet full_b(bool connected)
{
    b = at("unix:");
    a = connected ? between(NULL, TEXT_OF_LOCAL(b)) : at("unix:");
    cede_packet p = text_to("x", connected ? NULL : b);
    size_t size;
    const void *to = cede_address_raw(&p.peer, &size);
    while (sendto(cede_socket_fd(a), "x", 1, MSG_DONTWAIT, size ? to : NULL,
                  (socklen_t)size) == 1)
        ;
    CHECK(errno == EAGAIN);
    return p;
}

static cede_packet one;

static int sends_one(void *s)
{
    int rc = cede_send_packet(s, &one);
    note("%s ", rc == 1 ? "sent" : rc == CEDE_ECLOSED ? "closed" : "not sent");
    return rc;
}

static int drain(cede_socket *s)
{
    int n = 0;
    char x;
    while (recv(cede_socket_fd(s), &x, 1, MSG_DONTWAIT) == 1)
        n++;
    return n;
}

static void close_both(void)
{
    CHECK_EQ(cede_socket_close(a), 0);
    CHECK_EQ(cede_socket_close(b), 0);
}

/* ---- waiting ----------------------------------------------------------- */

TASK_TEST(who_comes_first_waits_for_a_packet)
{
    a_and_b();
    CEDE_GROUP(g);
    f = cede_spawn(&g, notes_a_packet, b);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    send_text(a, "hello", NULL);
    CHECK_EQ(cede_await(f), 1);
    CHECK_NOTED("hello ");
    CHECK_OK(cede_join(&g));
    close_both();
}

static int receives_several(void *s)
{
    cede_packet p[3] = {room_for(9), room_for(9), room_for(9)};
    return cede_receive_packets(s, p, 3);
}

TASK_TEST(who_asks_for_several_is_content_with_one)
{
    a_and_b();
    CEDE_GROUP(g);
    f = cede_spawn(&g, receives_several, b);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(cede_sleep(0));
        send_text(a, "hello", NULL);
        CHECK_EQ(cede_await(f), 1);
        f = cede_spawn(&g, receives_several, b);
    }
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_OK(cede_join(&g));
    close_both();
}

TASK_TEST(one_may_receive_while_another_waits_to_send)
{
    one = full_b(true);
    CEDE_GROUP(g);
    f = cede_spawn(&g, sends_one, a);
    CHECK_OK(cede_go(&g, notes_a_packet, a));
    CHECK_OK(cede_sleep(0));
    CHECK(drain(b) > 0);
    CHECK_EQ(cede_await(f), 1);
    send_text(b, "to a", a);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("sent to a ");
    close_both();
}

TASK_TEST(a_third_one_is_refused)
{
    one = full_b(true);
    CEDE_GROUP(g);
    f = cede_spawn(&g, sends_one, a);
    cede_future *reader = cede_spawn(&g, notes_a_packet, a);
    CHECK_OK(cede_sleep(0));
    cede_packet p = room_for(9);
    CHECK_ERR(cede_send_packet(a, &one), -EBUSY);
    CHECK_ERR(cede_receive_packet(a, &p), -EBUSY);
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_cancel(reader));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("not sent cancelled ");
    close_both();
}

/* b's queue is full: of that the kernel tells a, if a talks to b alone; else it
 * says that a could send, to others. */
static void is_waited_for(bool connected)
{
    one = full_b(connected);
    CEDE_GROUP(g);
    f = cede_spawn(&g, sends_one, a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    int n = drain(b);
    CHECK_EQ(cede_await(f), 1);
    CHECK(n > 0);
    CHECK_EQ(drain(b), 1);
    CHECK_OK(cede_join(&g));
    close_both();
}

TASK_TEST(room_at_the_peer_is_waited_for)
{
    is_waited_for(true);
}

TASK_TEST(room_at_somebody_elses_is_waited_for)
{
    is_waited_for(false);
}

static void ends_while_waited_for(bool connected)
{
    one = full_b(connected);
    CEDE_GROUP(g);
    f = cede_spawn(&g, sends_one, a);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_socket_close(b), 0);
    CHECK_ERR(cede_await(f), -ECONNREFUSED);
    CHECK_ERR(cede_join(&g), -ECONNREFUSED);
    CHECK_EQ(cede_socket_close(a), 0);
}

TASK_TEST(a_full_peer_that_ends_refuses)
{
    ends_while_waited_for(true);
}

TASK_TEST(somebody_else_who_is_full_and_ends_refuses)
{
    ends_while_waited_for(false);
}

/* The kernel is asked whether b is full still, and b reads just before. */
static bool b_is_read;

int poll(struct pollfd *p, nfds_t n, int timeout)
{
    if (b_is_read)
        CHECK(drain(b) > 0);
    b_is_read = false;
    struct timespec t = {.tv_nsec = timeout * 1000000L};
    return ppoll(p, n, &t, NULL);
}

TASK_TEST(room_that_there_is_meanwhile_is_not_waited_for)
{
    one = full_b(false);
    b_is_read = true;
    CHECK_EQ(cede_send_packet(a, &one), 1);
    CHECK(!b_is_read);
    CHECK_EQ(drain(b), 1);
    close_both();
}

/* What is on its way to one who does not read is the sender's memory. */
TASK_TEST(room_of_its_own_is_waited_for)
{
    static char large[3000];
    cede_socket *slow = at("unix:");
    b = at("unix:");
    a = at("unix:");
    const int little = 1; /* as little as there is */
    CHECK_EQ(setsockopt(cede_socket_fd(a), SOL_SOCKET, SO_SNDBUF, &little,
                        sizeof little),
             0);
    one = (cede_packet){large, sizeof large, .peer = local_of(slow)};
    CEDE_GROUP(g);
    f = cede_spawn(&g, sends_one, a);
    CHECK_EQ(cede_await(f), 1);
    one.peer = local_of(b);
    do {
        f = cede_spawn(&g, sends_one, a);
        CHECK_OK(cede_sleep(CEDE_MS));
    } while (cede_done(f));
    CHECK(drain(slow) > 0);
    while (!cede_done(f)) {
        (void)drain(b);
        CHECK_OK(cede_sleep(CEDE_MS));
    }
    CHECK_EQ(cede_await(f), 1);
    CHECK_OK(cede_join(&g));
    cede_socket_close(slow);
    close_both();
}

/* It takes packets of nobody else, such as who would wait in a's place. */
TASK_TEST(room_to_answer_one_who_is_connected_is_waited_for)
{
    static char large[3000];
    a = at("unix:");
    b = between(NULL, TEXT_OF_LOCAL(a));
    one = (cede_packet){large, sizeof large, .peer = local_of(b)};
    CEDE_GROUP(g);
    do {
        f = cede_spawn(&g, sends_one, a);
        CHECK_OK(cede_sleep(CEDE_MS));
    } while (cede_done(f) && cede_result(f) == 1);
    CHECK(!cede_done(f));
    CHECK(drain(b) > 0);
    CHECK_EQ(cede_await(f), 1);
    CHECK_OK(cede_join(&g));
    close_both();
}

static int counts(void *n)
{
    for (;;) {
        CEDE_TRY(cede_sleep(0));
        ++*(int *)n;
    }
}

TASK_TEST(who_never_has_to_wait_lets_others_run)
{
    a_and_b();
    int turns = 0;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, counts, &turns));
    for (int i = 0; i < 1000; i++) {
        send_text(a, "x", NULL);
        cede_packet p = room_for(1);
        CHECK_EQ(cede_receive_packet(b, &p), 1);
    }
    CHECK(turns >= 10);
    cede_group_cancel(&g);
    (void)cede_join(&g);
    close_both();
}

/* ---- cancelling -------------------------------------------------------- */

TASK_TEST(who_is_cancelled_has_taken_nothing)
{
    a_and_b();
    CEDE_GROUP(g);
    f = cede_spawn(&g, notes_a_packet, b);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    send_text(a, "later", NULL);
    CHECK_ERR(cede_await(f), -ECANCELED);
    receive_text(b, "later");
    CHECK_OK(cede_join(&g));
    close_both();
}

TASK_TEST(in_a_cancelled_scope_nothing_is_received_or_sent)
{
    a_and_b();
    send_text(a, "first", NULL);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    cede_packet p = room_for(9);
    CHECK_ERR(cede_receive_packet(b, &p), -ECANCELED);
    CHECK_ERR(cede_receive_packets(b, &p, 0), -ECANCELED);
    CHECK_ERR(cede_send_packet(a, &p), -ECANCELED);
    cede_socket *none = a;
    CHECK_ERR(cede_datagrams(LOOPBACK, NULL, &none), -ECANCELED);
    CHECK(!none);
    CHECK_OK(cede_leave(&s, 0));
    receive_text(b, "first");
    CHECK_EQ(drain(b), 0);
    close_both();
}

/* Packets are told in the order in which they came: main, who waits for the
 * bell, runs before f, who waits for b and is waked at the same time. */
static cede_socket *bell;

static int rings_and_sends(void *unused)
{
    (void)unused;
    cede_packet p = text_to("ring", bell), q = text_to("hello", b);
    CEDE_TRY(cede_sleep(CEDE_MS)); /* the loop has heard of both sockets */
    CEDE_TRY(cede_send_packet(a, &p));
    return cede_send_packet(a, &q);
}

static void wake_behind_main(cede_group *g)
{
    b = at(LOOPBACK);
    a = at(LOOPBACK);
    bell = at(LOOPBACK);
    f = cede_spawn(g, notes_a_packet, b);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_go(g, rings_and_sends, NULL));
    receive_text(bell, "ring");
    CHECK_NOTED("");
}

TASK_TEST(who_was_waked_by_a_packet_and_cancelled_in_the_same_turn_has_it)
{
    CEDE_GROUP(g);
    wake_behind_main(&g);
    CHECK_OK(cede_cancel(f));
    CHECK_EQ(cede_await(f), 1);
    CHECK_NOTED("hello ");
    CHECK_OK(cede_join(&g));
    cede_socket_close(bell);
    close_both();
}

/* Somebody else took the packet: waiting again is not for who is cancelled. */
TASK_TEST(who_was_waked_for_nothing_and_cancelled_is_cancelled)
{
    CEDE_GROUP(g);
    wake_behind_main(&g);
    CHECK_EQ(drain(b), 1);
    CHECK_OK(cede_cancel(f));
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_OK(cede_join(&g));
    cede_socket_close(bell);
    close_both();
}

TASK_TEST(who_was_waked_for_nothing_waits_on)
{
    CEDE_GROUP(g);
    wake_behind_main(&g);
    CHECK_EQ(drain(b), 1);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    send_text(a, "again", b);
    CHECK_EQ(cede_await(f), 1);
    CHECK_NOTED("again ");
    CHECK_OK(cede_join(&g));
    cede_socket_close(bell);
    close_both();
}

TASK_TEST(who_is_cancelled_while_waiting_for_room_has_sent_nothing)
{
    for (int connected = 0; connected < 2; connected++) {
        one = full_b(connected);
        one.data = "y";
        CEDE_GROUP(g);
        f = cede_spawn(&g, sends_one, a);
        CHECK_OK(cede_sleep(0));
        CHECK_OK(cede_cancel(f));
        CHECK_ERR(cede_await(f), -ECANCELED);
        CHECK_OK(cede_join(&g));
        char got;
        while (recv(cede_socket_fd(b), &got, 1, MSG_DONTWAIT) == 1)
            CHECK_EQ(got, 'x');
        send_text(a, "z", connected ? NULL : b);
        close_both();
    }
}

static cede_packet hundred[100];

static int sends_a_hundred(void *s)
{
    for (int i = 0; i < 100; i++)
        hundred[i] = text_to("x", NULL);
    return cede_send_packets(s, hundred, 100);
}

TASK_TEST(who_is_cancelled_in_the_middle_says_how_many_went)
{
    b = at("unix:");
    a = between(NULL, TEXT_OF_LOCAL(b));
    CEDE_GROUP(g);
    f = cede_spawn(&g, sends_a_hundred, a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_cancel(f));
    int n = cede_await(f);
    CHECK(0 < n && n < 100);
    CHECK_EQ(drain(b), n);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(cede_send_packet(a, hundred), 1);
    close_both();
}

TASK_TEST(what_the_rest_of_many_meets_the_next_call_says)
{
    b = at("unix:");
    a = between(NULL, TEXT_OF_LOCAL(b));
    CEDE_GROUP(g);
    f = cede_spawn(&g, sends_a_hundred, a);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cede_socket_close(b), 0);
    int n = cede_await(f);
    CHECK(0 < n && n < 100);
    CHECK_ERR(cede_send_packets(a, hundred, 0), -ECONNREFUSED);
    CHECK_EQ(cede_send_packets(a, hundred, 0), 0);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(cede_socket_close(a), 0);
}

/* ---- closing ----------------------------------------------------------- */

TASK_TEST(who_waits_for_a_packet_is_told_that_it_was_closed)
{
    a_and_b();
    CEDE_GROUP(g);
    f = cede_spawn(&g, notes_a_packet, b);
    CHECK_OK(cede_sleep(0));
    close_both();
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    CHECK_NOTED("closed ");
    (void)cede_join(&g);
}

TASK_TEST(who_waits_to_send_is_told_that_it_was_closed)
{
    for (int connected = 0; connected < 2; connected++) {
        one = full_b(connected);
        CEDE_GROUP(g);
        f = cede_spawn(&g, sends_one, a);
        CHECK_OK(cede_sleep(0));
        close_both();
        CHECK_ERR(cede_await(f), CEDE_ECLOSED);
        (void)cede_join(&g);
    }
}

TASK_TEST(closed_however_many_were_sent_is_closed)
{
    b = at("unix:");
    a = between(NULL, TEXT_OF_LOCAL(b));
    CEDE_GROUP(g);
    f = cede_spawn(&g, sends_a_hundred, a);
    CHECK_OK(cede_sleep(CEDE_MS));
    close_both();
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    (void)cede_join(&g);
}

static cede_packet crowd[20000];

static int sends_a_crowd(void *s)
{
    for (int i = 0; i < 20000; i++)
        crowd[i] = text_to("x", NULL);
    return cede_send_packets(s, crowd, 20000);
}

TASK_TEST(a_sender_that_is_closed_between_its_packets_sends_no_more)
{
    a_and_b();
    bell = at(LOOPBACK);
    CEDE_GROUP(g);
    f = cede_spawn(&g, sends_a_crowd, a);
    CHECK_OK(cede_sleep(0)); /* it lets main run in the middle */
    CHECK(!cede_done(f));
    int fd = cede_socket_fd(a);
    CHECK_EQ(cede_socket_close(a), 0);
    a = between(LOOPBACK, TEXT_OF_LOCAL(bell));
    CHECK_EQ(cede_socket_fd(a), fd);
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    CHECK_EQ(drain(bell), 0);
    (void)cede_join(&g);
    cede_socket_close(bell);
    close_both();
}

TASK_TEST(both_who_wait_are_told_and_the_last_one_frees_it)
{
    one = full_b(true);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sends_one, a));
    CHECK_OK(cede_go(&g, notes_a_packet, a));
    CHECK_OK(cede_sleep(0));
    close_both();
    (void)cede_join(&g);
    CHECK_NOTED("closed closed ");
}

TASK_TEST(who_was_waked_by_a_packet_and_closed_under_takes_no_others)
{
    CEDE_GROUP(g);
    wake_behind_main(&g);
    int fd = cede_socket_fd(b);
    CHECK_EQ(cede_socket_close(b), 0);
    b = at(LOOPBACK);
    CHECK_EQ(cede_socket_fd(b), fd);
    send_text(a, "not yours", b);
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    CHECK_EQ(drain(b), 1);
    (void)cede_join(&g);
    cede_socket_close(bell);
    close_both();
}

SUITE("datagram_wait")
