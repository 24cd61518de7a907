/* SPDX-License-Identifier: MIT
 *
 * schedule_datagram_test.c - packets in any order of the tasks that send and
 * receive them, cancelled at any moment, whatever allocation is refused.
 */
#include "scenario.h"

#include <cede/net.h>
#include <sys/socket.h>

enum { SENT = 20 };

struct pair {
    cede_socket *from, *to;
    cede_address there;
    unsigned char sent, got; /* packets; each has its number */
    bool connected;
};

static void close_pair(void *pair)
{
    struct pair *p = pair;
    if (p->from)
        ENSURE(cede_socket_close(p->from) == 0);
    if (p->to)
        ENSURE(cede_socket_close(p->to) == 0);
}

/* On a Unix socket, which loses nothing, and is full soon. */
static int open_pair(struct pair *p)
{
    char text[CEDE_ADDRESS_TEXT];
    CEDE_TRY(cede_datagrams("unix:", NULL, &p->to));
    CEDE_TRY(cede_socket_local(p->to, &p->there));
    cede_address_text(&p->there, text, sizeof text);
    if (p->connected)
        return cede_datagrams(NULL, text, &p->from);
    return cede_datagrams("unix:", NULL, &p->from);
}

static int sends_by_three(void *pair)
{
    struct pair *p = pair;
    while (p->sent < SENT) {
        unsigned char number[3];
        cede_packet packets[3] = {{0}};
        for (unsigned i = 0; i < 3; i++) {
            number[i] = (unsigned char)(p->sent + i);
            packets[i].data = &number[i];
            packets[i].size = 1;
            if (!p->connected)
                packets[i].peer = p->there;
        }
        size_t n = p->sent + 3 < SENT ? 3 : (size_t)(SENT - p->sent);
        int rc = cede_send_packets(p->from, packets, n);
        CEDE_TRY(rc);
        p->sent = (unsigned char)(p->sent + rc);
    }
    return 0;
}

static int receives_by_two(void *pair)
{
    struct pair *p = pair;
    while (p->got < SENT) {
        unsigned char number[2];
        cede_packet packets[2] = {{&number[0], 1, .cut = true},
                                  {&number[1], 1, .cut = true}};
        int rc = cede_receive_packets(p->to, packets, 2);
        CEDE_TRY(rc);
        for (int i = 0; i < rc; i++) {
            ENSURE(packets[i].size == 1 && !packets[i].cut);
            ENSURE(number[i] == p->got);
            p->got++;
        }
    }
    return 0;
}

/* What is in the kernel; all of it was sent. */
static unsigned left(const struct pair *p)
{
    unsigned n = 0;
    char x;
    while (p->to && recv(cede_socket_fd(p->to), &x, 1, MSG_DONTWAIT) == 1)
        n++;
    return n;
}

static int let_flow(struct pair *p)
{
    CEDE_TRY(open_pair(p));
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, sends_by_three, p));
    cede_future *f = cede_spawn(&g, receives_by_two, p);
    CEDE_TRY(f ? 0 : -ENOMEM);
    (void)cede_sleep(0); /* if one has failed, joining says so */
    (void)cede_cancel(f);
    int rc = cede_await(f);
    if (rc < 0 && rc != -ECANCELED)
        return rc;
    CEDE_TRY(cede_go(&g, receives_by_two, p));
    return cede_join(&g);
}

static int flows(bool connected)
{
    struct pair p = {.connected = connected};
    int rc = let_flow(&p);
    ENSURE(p.got + left(&p) == p.sent);
    if (rc == 0)
        ENSURE(p.got == SENT);
    close_pair(&p);
    return rc;
}

SCENARIO(a_cancelled_receiver_loses_nothing)
{
    return flows(true);
}

SCENARIO(to_somebody_elses_full_queue_nothing_is_lost_either)
{
    return flows(false);
}

/* ---- closing ------------------------------------------------------------ */

static int receives_one(void *pair)
{
    struct pair *p = pair;
    char x;
    cede_packet packet = {.data = &x, .size = 1};
    if (!p->to)
        return 0; /* closed before this began */
    int rc = cede_receive_packet(p->to, &packet);
    return rc == CEDE_ECLOSED ? 0 : rc;
}

static int sends_for_ever(void *pair)
{
    struct pair *p = pair;
    cede_packet packet = {.data = "x", .size = 1};
    if (!p->connected)
        packet.peer = p->there;
    int rc = 0;
    while (p->from && (rc = cede_send_packet(p->from, &packet)) > 0)
        p->sent = 1;
    return rc == CEDE_ECLOSED ? 0 : rc;
}

static int closes(struct pair *p)
{
    CEDE_TRY(open_pair(p));
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, sends_for_ever, p));
    if (p->connected)
        CEDE_TRY(cede_go(&g, receives_one, p));
    (void)cede_sleep(0);
    cede_socket *from = p->from;
    p->from = NULL;
    ENSURE(cede_socket_close(from) == 0);
    if (p->connected) {
        cede_socket *to = p->to;
        p->to = NULL;
        ENSURE(cede_socket_close(to) == 0);
    }
    return cede_join(&g);
}

SCENARIO(closing_wakes_who_sends_and_receives)
{
    struct pair p = {.connected = true};
    int rc = closes(&p);
    close_pair(&p);
    return rc;
}

SCENARIO(closing_wakes_who_waits_for_somebody_elses_queue)
{
    struct pair p = {.connected = false};
    int rc = closes(&p);
    close_pair(&p);
    return rc;
}

/* ---- many addresses ------------------------------------------------------ */

SCENARIO(a_name_is_looked_up_or_nothing_is_open)
{
    cede_socket *s;
    int rc = cede_datagrams("udp://localhost:0", NULL, &s);
    ENSURE(rc == 0 ? s != NULL : s == NULL);
    if (rc == 0)
        rc = cede_socket_close(s);
    return rc;
}

SUITE("schedule_datagram")
