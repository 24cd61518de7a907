/* SPDX-License-Identifier: MIT
 *
 * net_listen_test.c - at what addresses a server listens, and accepting by
 * hand.
 */
#define _GNU_SOURCE /* pipe2 */
#include "net.h"
#include "net_names.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

static int port_of(const char *address)
{
    return atoi(strrchr(address, ':') + 1);
}

/* ---- addresses --------------------------------------------------------- */

TASK_TEST(the_system_chooses_port_0_and_the_server_knows_it)
{
    SERVED(echo, NULL);
    cede_address a;
    CHECK_EQ(cede_server_port(served.server), port_of(served.address));
    CHECK(cede_server_port(served.server) > 0);
    CHECK_OK(cede_server_address(served.server, 0, &a));
    CHECK_ERR(cede_server_address(served.server, 1, &a), -ENOENT);
}

TASK_TEST(all_interfaces_are_those_of_ipv6_and_ipv4)
{
    SERVED_AT("tcp://*:0", NULL, echo, NULL);
    char text[64];
    CHECK(strncmp(served.address, "tcp://*:", 8) == 0);
    snprintf(text, sizeof text, "tcp://127.0.0.1:%d",
             cede_server_port(served.server));
    check_serves(text);
    snprintf(text, sizeof text, "tcp://[::1]:%d",
             cede_server_port(served.server));
    check_serves(text);
}

TASK_TEST(v6_only_leaves_ipv4_out)
{
    const cede_serve_options o = {.v6_only = true};
    SERVED_AT("tcp://*:0", &o, echo, NULL);
    char text[64];
    cede_stream *s;
    snprintf(text, sizeof text, "tcp://127.0.0.1:%d",
             cede_server_port(served.server));
    /* Anybody else may listen there. */
    if (cede_dial(text, &s) == 0)
        CHECK_OK(cede_stream_close(s));
    CHECK_EQ(look_at(&served).accepted, 0);
    snprintf(text, sizeof text, "tcp://[::1]:%d",
             cede_server_port(served.server));
    check_serves(text);
    CHECK_EQ(look_at(&served).accepted, 1);
}

TASK_TEST(a_name_with_several_addresses_listens_on_all_at_one_port)
{
    resolve_to("127.0.0.1", "::1", "127.0.0.2", NULL);
    SERVED_AT("tcp://several:0", NULL, echo, NULL);
    static const char *const want[] = {
        "tcp://127.0.0.1:", "tcp://[::1]:", "tcp://127.0.0.2:"};
    for (size_t i = 0; i < 3; i++) {
        char text[CEDE_ADDRESS_TEXT];
        text_of(served.server, i, text);
        CHECK(strncmp(text, want[i], strlen(want[i])) == 0);
        CHECK_EQ(port_of(text), cede_server_port(served.server));
        check_serves(text);
    }
    CHECK_EQ(look_at(&served).accepted, 3);
}

TASK_TEST(of_several_each_has_its_own_kind_alone)
{
    cede_server *s;
    cede_address a;
    resolve_to("::", "0.0.0.0", NULL);
    CHECK_OK(cede_listen("tcp://several:0", &s));
    CHECK_OK(cede_server_address(s, 1, &a));
    CHECK_EQ(cede_address_family(&a), AF_INET);
    CHECK_OK(cede_server_close(s));
}

TASK_TEST(addresses_that_this_machine_has_not_got_are_left_out)
{
    resolve_to("198.51.100.1", "127.0.0.1", NULL);
    SERVED_AT("tcp://several:0", NULL, echo, NULL);
    cede_address a;
    CHECK(strncmp(served.address, "tcp://127.0.0.1:", 16) == 0);
    CHECK_ERR(cede_server_address(served.server, 1, &a), -ENOENT);
    check_serves(served.address);
    cede_server *s;
    resolve_to("198.51.100.1", "198.51.100.2", NULL);
    CHECK_ERR(cede_listen("tcp://several:0", &s), -EADDRNOTAVAIL);
}

TASK_TEST(if_one_of_them_is_in_use_none_is_listened_at)
{
    SERVED(echo, NULL);
    int fds = count_fds();
    char text[64];
    cede_server *s;
    snprintf(text, sizeof text, "tcp://several:%d",
             cede_server_port(served.server));
    resolve_to("127.0.0.2", "127.0.0.1", NULL);
    CHECK_ERR(cede_listen(text, &s), -EADDRINUSE);
    CHECK(s == NULL);
    CHECK_EQ(count_fds(), fds);
}

TASK_TEST(a_name_without_addresses_is_said_to_be_one)
{
    cede_server *s;
    resolve_to(NULL);
    CHECK_ERR(cede_listen("tcp://nobody:0", &s), CEDE_EDNS);
    CHECK(strstr(cede_message(), "nobody"));
}

/* ---- more addresses ---------------------------------------------------- */

TASK_TEST(one_server_listens_at_several_addresses_also_added_later)
{
    SERVED(echo, NULL);
    char text[CEDE_ADDRESS_TEXT];
    CHECK_OK(cede_server_add(served.server, "tcp://127.0.0.1:0"));
    CHECK_OK(cede_server_add(served.server, "unix:"));
    for (size_t i = 0; i < 3; i++) {
        text_of(served.server, i, text);
        check_serves(text);
    }
    CHECK_EQ(look_at(&served).accepted, 3);
}

TASK_TEST(an_address_that_cannot_be_added_changes_nothing)
{
    SERVED(echo, NULL);
    cede_address a;
    CHECK_ERR(cede_server_add(served.server, served.address), -EADDRINUSE);
    CHECK_ERR(cede_server_add(served.server, "nonsense"), -EINVAL);
    CHECK_ERR(cede_server_address(served.server, 1, &a), -ENOENT);
    check_serves(served.address);
}

/* How many were served before the first at another address. */
struct order {
    int port, served, before;
};

static int notes_the_order(cede_stream *peer, void *arg)
{
    struct order *o = arg;
    cede_address a;
    CHECK_OK(cede_stream_local(peer, &a));
    if (cede_address_port(&a) != o->port && o->before < 0)
        o->before = o->served;
    o->served++;
    return 0;
}

TASK_TEST(a_busy_address_does_not_hide_the_others)
{
    enum { N = 300 };
    struct order order = {.before = -1};
    struct served served = {.on_peer = notes_the_order, .arg = &order};
    cede_stream *busy[N];
    char text[CEDE_ADDRESS_TEXT];
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &served.server));
    CHECK_OK(cede_server_add(served.server, "tcp://127.0.0.1:0"));
    text_of(served.server, 0, served.address);
    text_of(served.server, 1, text);
    order.port = cede_server_port(served.server);
    for (int i = 0; i < N; i++)
        busy[i] = dialed(served.address);
    cede_stream *other = dialed(text);
    served.run = cede_spawn(NULL, runs_served, &served);
    CHECK_EQ(end_of(other), 0);
    CHECK(order.before >= 0 && order.before < 130);
    CHECK_OK(cede_stream_close(other));
    for (int i = 0; i < N; i++) {
        CHECK_EQ(end_of(busy[i]), 0);
        CHECK_OK(cede_stream_close(busy[i]));
    }
    end_served(&served);
}

static int a_listening_socket(int backlog)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    if (backlog > 0) {
        CHECK_EQ(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
        CHECK_EQ(listen(fd, backlog), 0);
    }
    return fd;
}

TASK_TEST(a_descriptor_that_listens_is_taken_over)
{
    struct served served = {.on_peer = echo};
    int fd = a_listening_socket(10), other = a_listening_socket(10);
    CHECK_OK(cede_listen("unix:", &served.server));
    CHECK_OK(cede_server_add_fd(served.server, fd));
    text_of(served.server, 1, served.address);
    served.run = cede_spawn(NULL, runs_served, &served);
    check_serves(served.address);
    CHECK_OK(cede_server_add_fd(served.server, other));
    text_of(served.server, 2, served.address);
    check_serves(served.address);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    end_served(&served);
    CHECK_EQ(fcntl(fd, F_GETFD), -1);
    CHECK_EQ(fcntl(other, F_GETFD), -1);
}

TASK_TEST(a_descriptor_that_does_not_listen_is_refused_and_stays_the_callers)
{
    SERVED(echo, NULL);
    int pipe_ends[2], fd = a_listening_socket(0);
    CHECK_EQ(pipe(pipe_ends), 0);
    CHECK_ERR(cede_server_add_fd(served.server, fd), -EINVAL);
    CHECK_ERR(cede_server_add_fd(served.server, pipe_ends[0]), -EINVAL);
    CHECK_EQ(close(fd) | close(pipe_ends[0]) | close(pipe_ends[1]), 0);
    CHECK_ERR(cede_server_add_fd(served.server, fd), -EBADF);
    CHECK_ERR(cede_server_add_fd(served.server, -1), -EBADF);
}

TASK_TEST(a_socket_that_is_closed_behind_its_back_ends_the_run)
{
    struct served served = {.on_peer = listens};
    int fd = a_listening_socket(10);
    serve_at(&served, NULL, "tcp://127.0.0.1:0");
    CHECK_OK(cede_server_add_fd(served.server, fd));
    CHECK_OK(cede_sleep(0));
    CHECK_OK(shutdown(fd, SHUT_RDWR));
    CHECK_ERR(await_served(&served), -EINVAL);
    end_served(&served);
}

/* ---- by hand ----------------------------------------------------------- */

struct by_hand {
    cede_server *server;
    int rc;
};

static int accepts(void *arg)
{
    struct by_hand *h = arg;
    cede_stream *peer;
    h->rc = cede_accept(h->server, &peer);
    if (h->rc > 0)
        CHECK_OK(cede_stream_close(peer));
    CHECK(h->rc > 0 || !peer);
    return 0;
}

TASK_TEST(peers_are_accepted_by_hand)
{
    cede_server *server;
    cede_stream *peer;
    char address[CEDE_ADDRESS_TEXT];
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &server));
    text_of(server, 0, address);
    cede_stream *s = dialed(address);
    CHECK_EQ(cede_accept(server, &peer), 1);
    write_text(s, "hello");
    check_reads(peer, "hello");
    CHECK_OK(cede_stream_close(peer));
    CHECK_EQ(end_of(s), 0);
    CHECK_OK(cede_stream_close(s));
    CHECK_OK(cede_server_close(server));
}

TASK_TEST(who_accepts_waits_for_a_peer_and_nobody_else_may_wait_as_well)
{
    struct by_hand h = {.rc = -1};
    cede_stream *peer;
    char address[CEDE_ADDRESS_TEXT];
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &h.server));
    text_of(h.server, 0, address);
    CEDE_GROUP(g);
    cede_go(&g, accepts, &h);
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(cede_accept(h.server, &peer), -EBUSY);
    CHECK_ERR(cede_server_run(h.server, echo, NULL), -EBUSY);
    CHECK_ERR(cede_server_close(h.server), -EBUSY);
    CHECK_EQ(h.rc, -1);
    cede_stream *s = dialed(address);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(h.rc, 1);
    CHECK_OK(cede_stream_close(s));
    CHECK_OK(cede_server_close(h.server));
}

TASK_TEST(who_accepts_is_told_that_the_server_was_stopped)
{
    struct by_hand h = {.rc = -1};
    cede_stream *peer;
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &h.server));
    CEDE_GROUP(g);
    cede_go(&g, accepts, &h);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_server_stop(h.server, 0));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(h.rc, 0);
    CHECK_EQ(cede_accept(h.server, &peer), 0);
    CHECK_OK(cede_server_close(h.server));
}

TASK_TEST(who_is_cancelled_while_he_accepts_has_taken_nobody)
{
    struct by_hand h = {.rc = -1};
    cede_stream *peer;
    char address[CEDE_ADDRESS_TEXT];
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &h.server));
    text_of(h.server, 0, address);
    CEDE_GROUP(g);
    cede_go(&g, accepts, &h);
    CHECK_OK(cede_sleep(0));
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(h.rc, -ECANCELED);
    cede_stream *s = dialed(address);
    CHECK_EQ(cede_accept(h.server, &peer), 1);
    CHECK_OK(cede_stream_close(peer));
    CHECK_OK(cede_stream_close(s));
    CHECK_OK(cede_server_close(h.server));
}

SUITE("net_listen")
