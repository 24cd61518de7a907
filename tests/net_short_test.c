/* SPDX-License-Identifier: MIT
 *
 * net_short_test.c - servers that run out of descriptors or memory, and other
 * things that the kernel says when it is asked for a peer.
 */
#define _GNU_SOURCE /* accept4 */
#include "net.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* ---- a kernel that refuses --------------------------------------------- */

static int refusals, refusal; /* how many are left; which */
static int asked;             /* accept4 was called so often */

int accept4(int fd, struct sockaddr *restrict from, socklen_t *restrict size,
            int flags)
{
    asked++;
    if (refusals > 0) {
        refusals--;
        errno = refusal;
        return -1;
    }
    return (int)syscall(SYS_accept4, fd, from, size, flags);
}

static void refuse(int n, int err)
{
    asked = 0;
    refusals = n;
    refusal = err;
}

/* ---- none too many ----------------------------------------------------- */

VIRTUAL_TEST(nobody_is_asked_for_who_is_not_there)
{
    SERVED(echo, NULL);
    refuse(0, 0);
    for (int i = 0; i < 10; i++)
        check_serves(served.address);
    CHECK_EQ(asked, 10);
}

/* ---- too few of something ---------------------------------------------- */

VIRTUAL_TEST(without_descriptors_it_reports_that_once_and_tries_again_in_1_s)
{
    static const int errors[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
    listen_to_hook();
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        hooked.count = 0;
        SERVED(echo, NULL);
        refuse(5, errors[i]);
        cede_time start = cede_now();
        check_serves(served.address);
        CHECK_EQ(cede_now() - start, 5 * CEDE_SEC);
        CHECK_EQ(asked, 6);
        CHECK_EQ(hooked.count, 1);
        CHECK_EQ(hooked.err, -errors[i]);
        CHECK_STR_EQ(hooked.what, "a server accepts no more peers for a while");
        CHECK(!look_at(&served).held_up);
    }
}

VIRTUAL_TEST(meanwhile_it_is_held_up_and_new_peers_do_not_have_it_ask)
{
    listen_to_hook();
    SERVED(echo, NULL);
    refuse(1, EMFILE);
    cede_stream *s[20];
    s[0] = dialed(served.address);
    UNTIL(look_at(&served).held_up);
    for (int i = 1; i < 20; i++) {
        s[i] = dialed(served.address);
        let_others_run_();
    }
    CHECK_EQ(asked, 1);
    for (int i = 0; i < 20; i++) {
        check_echo(s[i], "hello");
        CHECK_OK(cede_stream_close(s[i]));
    }
}

VIRTUAL_TEST(peers_at_other_addresses_do_not_have_it_ask_either)
{
    char text[CEDE_ADDRESS_TEXT];
    listen_to_hook();
    SERVED(echo, NULL);
    CHECK_OK(cede_server_add(served.server, "tcp://127.0.0.1:0"));
    text_of(served.server, 1, text);
    CHECK_OK(cede_sleep(0));
    refuse(1, EMFILE);
    cede_stream *first = dialed(served.address);
    UNTIL(look_at(&served).held_up);
    cede_stream *second = dialed(text);
    for (int i = 0; i < 20; i++)
        let_others_run_();
    CHECK_EQ(asked, 1);
    check_echo(second, "hello");
    check_echo(first, "hello");
    CHECK_OK(cede_stream_close(first));
    CHECK_OK(cede_stream_close(second));
}

VIRTUAL_TEST(it_tries_again_as_soon_as_a_connection_has_ended)
{
    listen_to_hook();
    SERVED(echo, NULL);
    cede_stream *first = dialed(served.address);
    check_echo(first, "hello");
    refuse(1, EMFILE);
    cede_stream *second = dialed(served.address);
    UNTIL(look_at(&served).held_up);
    cede_time start = cede_now();
    CHECK_OK(cede_stream_close(first));
    check_echo(second, "hello");
    CHECK_EQ(cede_now(), start);
    CHECK_OK(cede_stream_close(second));
}

VIRTUAL_TEST(the_next_shortage_is_reported_again)
{
    hooked.count = 0;
    listen_to_hook();
    SERVED(echo, NULL);
    for (int i = 0; i < 3; i++) {
        refuse(2, EMFILE);
        check_serves(served.address);
    }
    CHECK_EQ(hooked.count, 3);
}

VIRTUAL_TEST(a_server_that_is_short_of_something_can_be_stopped)
{
    listen_to_hook();
    SERVED(echo, NULL);
    refuse(1000, EMFILE);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).held_up);
    cede_time start = cede_now();
    CHECK_EQ(stop_served(&served, 0), 0);
    CHECK_EQ(cede_now(), start);
    CHECK_OK(cede_stream_close(s));
    refuse(0, 0);
}

static void stops_it(void *server, const char *what, const char *task, int err,
                     const char *message)
{
    (void)what, (void)task, (void)err, (void)message;
    CHECK_OK(cede_server_stop(server, 0));
}

VIRTUAL_TEST(who_is_told_of_it_may_stop_the_server_at_once)
{
    SERVED(echo, NULL);
    cede_set_failure_hook(stops_it, served.server);
    refuse(1, EMFILE);
    cede_time start = cede_now();
    cede_stream *s;
    (void)cede_dial(served.address, &s); /* it may be reset meanwhile */
    CHECK_EQ(await_served(&served), 0);
    CHECK_EQ(cede_now(), start);
    (void)cede_stream_close(s);
}

VIRTUAL_TEST(a_peer_for_whom_no_task_can_be_had_waits_and_is_reset_in_the_end)
{
    const cede_serve_options o = {.stack_size = SIZE_MAX / 2};
    hooked.count = 0;
    listen_to_hook();
    SERVED_WITH(&o, echo, NULL);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).held_up);
    CHECK_OK(cede_sleep(5 * CEDE_SEC));
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -ENOMEM);
    CHECK_EQ(stop_served(&served, CEDE_NEVER), 0);
    CHECK_EQ(end_of(s), -ECONNRESET);
    CHECK_EQ(look_at(&served).accepted, 0);
    CHECK_OK(cede_stream_close(s));
}

VIRTUAL_TEST(who_accepts_by_hand_is_answered_and_does_not_wait)
{
    cede_server *server;
    cede_stream *peer;
    char address[CEDE_ADDRESS_TEXT];
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &server));
    text_of(server, 0, address);
    cede_stream *s = dialed(address);
    refuse(1, EMFILE);
    CHECK_ERR(cede_accept(server, &peer), -EMFILE);
    CHECK_EQ(cede_accept(server, &peer), 1);
    CHECK_OK(cede_stream_close(peer));
    CHECK_OK(cede_stream_close(s));
    CHECK_OK(cede_server_close(server));
}

/* ---- the real thing ---------------------------------------------------- */

static void allow_descriptors(int n)
{
    struct rlimit r;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &r), 0);
    r.rlim_cur = (rlim_t)n;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &r), 0);
}

/* None is left. */
static int fill_up(int fds[], int most)
{
    int n = 0;
    while (n < most && (fds[n] = dup(0)) >= 0)
        n++;
    CHECK(n < most);
    return n;
}

TASK_TEST(a_process_without_descriptors_serves_again_when_there_are_some)
{
    int fds[64];
    cede_address a;
    size_t size;
    char buf[8] = "";
    hooked.count = 0;
    listen_to_hook();
    SERVED(echo, NULL);
    cede_stream *first = dialed(served.address);
    check_echo(first, "hello");
    int second = socket(AF_INET, SOCK_STREAM, 0);
    allow_descriptors(second + 1);
    int n = fill_up(fds, 64);
    CHECK_OK(cede_address_parse(served.address, &a));
    const struct sockaddr *raw = cede_address_raw(&a, &size);
    CHECK_EQ(connect(second, raw, (socklen_t)size), 0);
    asked = 0;
    UNTIL(look_at(&served).held_up);
    CHECK_EQ(asked, 1);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EMFILE);
    for (int i = 0; i < n; i++)
        close(fds[i]);
    CHECK_OK(cede_stream_close(first));
    CHECK_EQ(write(second, "hello", 5), 5);
    UNTIL(recv(second, buf, sizeof buf, MSG_DONTWAIT) == 5);
    CHECK_STR_EQ(buf, "hello");
    close(second);
}

/* ---- what passes ------------------------------------------------------- */

TASK_TEST(peers_that_were_gone_before_they_were_accepted_are_passed_over)
{
    static const int errors[] = {EINTR,      ECONNABORTED, EPROTO,
                                 EPERM,      ENETDOWN,     ENOPROTOOPT,
                                 EHOSTDOWN,  ENONET,       EHOSTUNREACH,
                                 EOPNOTSUPP, ENETUNREACH,  ETIMEDOUT};
    hooked.count = 0;
    listen_to_hook();
    SERVED(echo, NULL);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        refuse(3, errors[i]);
        check_serves(served.address);
        CHECK_EQ(refusals, 0);
    }
    CHECK_EQ(hooked.count, 0);
}

VIRTUAL_TEST(what_does_not_pass_ends_the_run_without_grace)
{
    const cede_serve_options o = {.grace = 5 * CEDE_SEC};
    struct served served = {.on_peer = echo};
    serve_at(&served, &o, "tcp://127.0.0.1:0");
    cede_stream *s = dialed(served.address);
    check_echo(s, "hello");
    cede_time start = cede_now();
    refuse(1, EBADF);
    cede_stream *other;
    if (cede_dial(served.address, &other) == 0)
        CHECK_OK(cede_stream_close(other));
    CHECK_ERR(await_served(&served), -EBADF);
    CHECK_EQ(cede_now(), start);
    CHECK_EQ(end_of(s), 0); /* its handler was cancelled */
    CHECK_OK(cede_stream_close(s));
    end_served(&served);
}

TASK_TEST(who_is_forbidden_to_accept_is_told_and_does_not_ask_for_ever)
{
    struct served served = {.on_peer = echo};
    refuse(1000000, EPERM);
    serve_at(&served, NULL, "tcp://127.0.0.1:0");
    CHECK_ERR(await_served(&served), -EPERM);
    CHECK(refusals > 0);
    refuse(0, 0);
    end_served(&served);
}

SUITE("net_short")
