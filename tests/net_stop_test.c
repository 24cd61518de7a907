/* SPDX-License-Identifier: MIT
 *
 * net_stop_test.c - the end of serving: stopped or cancelled, with and without
 * a time of grace, and how many peers there may be until then.
 */
#include "net.h"

/* Durations are exact, and nobody waits for them. */
#define AFTER(start) (cede_now() - (start))

/* ---- stopping ---------------------------------------------------------- */

TASK_TEST(a_stopped_server_listens_no_more_and_its_run_answers_0)
{
    cede_stream *s;
    SERVED(echo, NULL);
    CHECK_EQ(stop_served(&served, 0), 0);
    CHECK_ERR(cede_dial(served.address, &s), -ECONNREFUSED);
    CHECK_ERR(cede_server_add(served.server, "tcp://127.0.0.1:0"),
              CEDE_ECLOSED);
}

TASK_TEST(one_that_is_stopped_before_it_is_run_cannot_be_run)
{
    cede_server *s;
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &s));
    CHECK_OK(cede_server_stop(s, 0));
    CHECK_ERR(cede_server_run(s, echo, NULL), CEDE_ECLOSED);
    CHECK_OK(cede_server_close(s));
}

TASK_TEST(peers_that_were_not_accepted_are_reset)
{
    cede_server *server;
    char address[CEDE_ADDRESS_TEXT];
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &server));
    text_of(server, 0, address);
    cede_stream *s = dialed(address);
    CHECK_OK(cede_server_stop(server, CEDE_NEVER));
    CHECK_EQ(end_of(s), -ECONNRESET);
    CHECK_OK(cede_stream_close(s));
    CHECK_OK(cede_server_close(server));
}

TASK_TEST(connections_go_on_for_the_grace_and_the_run_waits_for_them)
{
    cede_stream *other;
    SERVED(echo, NULL);
    cede_stream *s = dialed(served.address);
    check_echo(s, "hello");
    CHECK_OK(cede_server_stop(served.server, CEDE_NEVER));
    check_echo(s, "still here");
    CHECK_ERR(cede_dial(served.address, &other), -ECONNREFUSED);
    CHECK(!cede_done(served.run));
    CHECK_OK(cede_stream_close(s));
    CHECK_EQ(await_served(&served), 0);
}

VIRTUAL_TEST(when_the_grace_is_over_handlers_are_cancelled)
{
    SERVED(listens, NULL);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).live == 1);
    cede_time start = cede_now();
    CHECK_EQ(stop_served(&served, 5 * CEDE_SEC), 0);
    CHECK_EQ(AFTER(start), 5 * CEDE_SEC);
    CHECK_EQ(end_of(s), 0);
    CHECK_OK(cede_stream_close(s));
}

VIRTUAL_TEST(the_shorter_grace_holds)
{
    SERVED(listens, NULL);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).live == 1);
    cede_time start = cede_now();
    CHECK_OK(cede_server_stop(served.server, 5 * CEDE_SEC));
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK_OK(cede_server_stop(served.server, CEDE_SEC));
    CHECK_OK(cede_server_stop(served.server, 10 * CEDE_SEC));
    CHECK_EQ(await_served(&served), 0);
    CHECK_EQ(AFTER(start), 2 * CEDE_SEC);
    CHECK_OK(cede_stream_close(s));
}

/* Does not take no for an answer. */
static int insists(cede_stream *peer, void *arg)
{
    char byte;
    CEDE_SCOPE(shield, CEDE_NEVER);
    cede_scope_shield(&shield, true);
    int *rc = arg;
    while ((*rc = cede_read(peer, &byte, 1)) > 0)
        ;
    return *rc;
}

VIRTUAL_TEST(who_does_not_end_has_his_stream_aborted_a_second_later)
{
    int rc = 0;
    hooked.count = 0;
    listen_to_hook();
    SERVED(insists, &rc);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).live == 1);
    cede_time start = cede_now();
    CHECK_EQ(stop_served(&served, 2 * CEDE_SEC), 0);
    CHECK_EQ(AFTER(start), 3 * CEDE_SEC);
    CHECK_EQ(rc, CEDE_ECLOSED);
    CHECK_EQ(end_of(s), -ECONNRESET);
    CHECK_OK(cede_stream_close(s));
    CHECK_EQ(hooked.count, 0);
}

static int stops_it(cede_stream *peer, void *arg)
{
    (void)peer;
    return cede_server_stop(((struct served *)arg)->server, CEDE_NEVER);
}

TASK_TEST(a_handler_may_stop_its_server)
{
    SERVED(stops_it, &served);
    cede_stream *s = dialed(served.address);
    CHECK_EQ(await_served(&served), 0);
    CHECK_EQ(end_of(s), 0);
    CHECK_OK(cede_stream_close(s));
}

static int stops_from_a_callback(void *server)
{
    return cede_server_stop(server, 0);
}

TASK_TEST(a_callback_may_stop_it)
{
    SERVED(echo, NULL);
    CHECK_OK(cede_loop_call_soon(cede_loop_current(), stops_from_a_callback,
                                 served.server, NULL));
    CHECK_EQ(await_served(&served), 0);
}

/* ---- cancelling -------------------------------------------------------- */

struct run {
    struct served *served;
    cede_time delay;
};

static int cancels_later(void *arg)
{
    const struct run *r = arg;
    CHECK_OK(cede_sleep(r->delay));
    return cede_cancel(r->served->run);
}

VIRTUAL_TEST(a_cancelled_run_gives_its_handlers_the_grace_of_its_options)
{
    const cede_serve_options o = {.grace = 5 * CEDE_SEC};
    SERVED_WITH(&o, echo, NULL);
    cede_stream *s = dialed(served.address), *other;
    check_echo(s, "hello");
    cede_time start = cede_now();
    CHECK_OK(cede_cancel(served.run));
    CHECK_OK(cede_sleep(CEDE_SEC));
    check_echo(s, "still here");
    CHECK_ERR(cede_dial(served.address, &other), -ECONNREFUSED);
    CHECK_ERR(await_served(&served), -ECANCELED);
    CHECK_EQ(AFTER(start), 5 * CEDE_SEC);
    CHECK_EQ(end_of(s), 0);
    CHECK_OK(cede_stream_close(s));
}

VIRTUAL_TEST(handlers_that_end_within_the_grace_are_not_cancelled)
{
    const cede_serve_options o = {.grace = 5 * CEDE_SEC};
    SERVED_WITH(&o, echo, NULL);
    cede_stream *s = dialed(served.address);
    check_echo(s, "hello");
    cede_time start = cede_now();
    CHECK_OK(cede_cancel(served.run));
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK_OK(cede_stream_close(s));
    CHECK_ERR(await_served(&served), -ECANCELED);
    CHECK_EQ(AFTER(start), CEDE_SEC);
    CHECK_EQ(look_at(&served).failed, 0);
}

VIRTUAL_TEST(to_be_cancelled_cuts_the_grace_of_a_stop_short)
{
    SERVED(listens, NULL);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).live == 1);
    cede_time start = cede_now();
    CHECK_OK(cede_server_stop(served.server, 10 * CEDE_SEC));
    CEDE_GROUP(g);
    struct run r = {&served, CEDE_SEC};
    cede_go(&g, cancels_later, &r);
    CHECK_EQ(await_served(&served), 0);
    CHECK_EQ(AFTER(start), CEDE_SEC);
    CHECK_OK(cede_join(&g));
    CHECK_OK(cede_stream_close(s));
}

static int sleeps_in_a_handler(cede_stream *peer, void *arg)
{
    (void)peer;
    int rc = cede_sleep(CEDE_NEVER);
    cede_cancel_reason(arg, 64);
    return rc;
}

TASK_TEST(handlers_can_ask_why_they_are_cancelled)
{
    char why[64] = "";
    SERVED(sleeps_in_a_handler, why);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).live == 1);
    CHECK_EQ(stop_served(&served, 0), 0);
    CHECK_STR_EQ(why, "the server has stopped");
    CHECK_OK(cede_stream_close(s));
}

static int serves_for_a_while(void *address)
{
    return cede_serve(address, listens, NULL);
}

VIRTUAL_TEST(a_deadline_ends_serving)
{
    CHECK_ERR(cede_within(CEDE_SEC, serves_for_a_while,
                          (char[]){"tcp://127.0.0.1:0"}),
              -ETIMEDOUT);
}

/* ---- the loop's own end ------------------------------------------------ */

static cede_server *left_open;
static cede_stream *left_connected[50];

static int leaves_all_in_flight(void *arg)
{
    (void)arg;
    static struct served served;
    served = (struct served){.on_peer = listens};
    serve_at(&served, NULL, "tcp://127.0.0.1:0");
    for (int i = 0; i < 50; i++)
        left_connected[i] = dialed(served.address);
    UNTIL(look_at(&served).live == 50);
    left_open = served.server;
    return 0;
}

TEST(a_loop_ends_with_everything_in_flight)
{
    int fds = count_fds();
    CHECK_EQ(cede_run(leaves_all_in_flight, NULL), 0);
    CHECK_EQ(count_fds(), fds + 50); /* the handlers' are closed */
    for (int i = 0; i < 50; i++)
        CHECK_OK(cede_stream_close(left_connected[i]));
    CHECK_OK(cede_server_close(left_open));
    CHECK_EQ(count_fds(), fds);
}

static int leaves_a_server(void *arg)
{
    (void)arg;
    return cede_listen("tcp://127.0.0.1:0", &left_open);
}

TEST(a_server_may_be_closed_when_its_loop_is_over)
{
    int fds = count_fds();
    CHECK_EQ(cede_run(leaves_a_server, NULL), 0);
    CHECK_EQ(count_fds(), fds + 1);
    CHECK_OK(cede_server_close(left_open));
    CHECK_EQ(count_fds(), fds);
}

/* ---- how many at a time ------------------------------------------------ */

TASK_TEST(beyond_the_limit_peers_wait_until_one_has_ended)
{
    const cede_serve_options o = {.limit = 2};
    SERVED_WITH(&o, echo, NULL);
    cede_stream *s[3];
    for (int i = 0; i < 3; i++)
        s[i] = dialed(served.address);
    check_echo(s[0], "hello");
    check_echo(s[1], "hello");
    write_text(s[2], "hello");
    for (int i = 0; i < 100; i++)
        let_others_run_();
    CHECK_EQ(look_at(&served).live, 2);
    CHECK_EQ(look_at(&served).accepted, 2);
    CHECK(look_at(&served).held_up);
    CHECK_OK(cede_stream_close(s[0]));
    check_reads(s[2], "hello");
    CHECK_EQ(look_at(&served).live, 2);
    CHECK_OK(cede_stream_close(s[1]));
    CHECK_OK(cede_stream_close(s[2]));
    UNTIL(look_at(&served).live == 0);
    CHECK(!look_at(&served).held_up);
}

TASK_TEST(at_the_limit_a_server_can_be_stopped)
{
    const cede_serve_options o = {.limit = 1};
    SERVED_WITH(&o, listens, NULL);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).held_up);
    CHECK_EQ(stop_served(&served, 0), 0);
    CHECK_OK(cede_stream_close(s));
}

SUITE("net_stop")
