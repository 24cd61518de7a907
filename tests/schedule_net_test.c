/* SPDX-License-Identifier: MIT
 *
 * schedule_net_test.c - servers and connecting, in any order, cancelled at any
 * moment, without any allocation.
 */
#include "scenario.h"

#include <dirent.h>

/* Nothing is left open. */
static int count_fds(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    ENSURE(d != NULL);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

static int echo(cede_stream *peer, void *served)
{
    char byte;
    int n;
    while ((n = cede_read(peer, &byte, 1)) > 0)
        CEDE_TRY(cede_write(peer, &byte, 1));
    *(int *)served += n == 0;
    return n;
}

struct scene {
    cede_server *server;
    char address[CEDE_ADDRESS_TEXT];
    int served, answered;
};

static int is_run(void *arg)
{
    struct scene *s = arg;
    return cede_server_run(s->server, echo, &s->served);
}

static int ask(cede_stream *s)
{
    char byte = 'x';
    CEDE_TRY(cede_write(s, &byte, 1));
    int n = cede_read(s, &byte, 1);
    return n < 0 ? n : n == 1 && byte == 'x' ? 0 : CEDE_ESHORT;
}

static int asks(void *arg)
{
    struct scene *scene = arg;
    cede_stream *s;
    int rc = cede_dial(scene->address, &s);
    ENSURE(rc == 0 || !s);
    if (rc < 0)
        return rc;
    rc = ask(s);
    scene->answered += rc == 0;
    int closed = cede_stream_close(s);
    return rc < 0 ? rc : closed;
}

static void text_of(struct scene *s)
{
    cede_address a;
    ENSURE(cede_server_address(s->server, 0, &a) == 0);
    cede_address_text(&a, s->address, sizeof s->address);
}

/* What peers are told when the other side has no memory. */
static int plain(int rc)
{
    return rc == CEDE_ESHORT || rc == -ECONNRESET || rc == -EPIPE ? -ENOMEM
                                                                  : rc;
}

static int have_two_asked(struct scene *s)
{
    CEDE_GROUP(server);
    CEDE_TRY(cede_go(&server, is_run, s));
    CEDE_GROUP(peers);
    cede_go(&peers, asks, s);
    cede_go(&peers, asks, s);
    CEDE_TRY(cede_join(&peers));
    CEDE_TRY(cede_server_stop(s->server, CEDE_NEVER));
    return cede_join(&server);
}

static int served_at(const char *address)
{
    struct scene s = {0};
    int fds = count_fds();
    CEDE_TRY(cede_listen(address, &s.server));
    text_of(&s);
    int rc = have_two_asked(&s);
    cede_server_info info;
    ENSURE(cede_server_look(s.server, &info) == 0 && info.live == 0);
    if (rc == 0) /* a handler may lack memory at the end */
        ENSURE(s.answered == 2 && s.served + (int)info.failed == 2);
    ENSURE(cede_server_close(s.server) == 0);
    ENSURE(count_fds() == fds);
    return plain(rc);
}

SCENARIO(peers_are_served_or_told)
{
    return served_at("unix:");
}

SCENARIO(peers_of_tcp_are_served_or_told)
{
    return served_at("tcp://127.0.0.1:0");
}

/* ---- by hand ----------------------------------------------------------- */

static int accepts_two(void *arg)
{
    struct scene *s = arg;
    for (int i = 0; i < 2; i++) {
        cede_stream *peer;
        int rc = cede_accept(s->server, &peer);
        ENSURE((rc > 0) == (peer != NULL));
        if (rc <= 0)
            return rc;
        rc = echo(peer, &s->served);
        cede_stream_close(peer);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int have_two_accepted(struct scene *s)
{
    CEDE_GROUP(g);
    cede_go(&g, accepts_two, s);
    cede_go(&g, asks, s);
    cede_go(&g, asks, s);
    return cede_join(&g);
}

SCENARIO(accepted_peers_are_served_or_told)
{
    struct scene s = {0};
    CEDE_TRY(cede_listen("unix:", &s.server));
    text_of(&s);
    int rc = have_two_accepted(&s);
    if (rc == 0)
        ENSURE(s.answered == 2 && s.served == 2);
    ENSURE(cede_server_close(s.server) == 0);
    return plain(rc);
}

/* ---- stopping ---------------------------------------------------------- */

static int stops_soon(void *arg)
{
    struct scene *s = arg;
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_server_stop(s->server, CEDE_MS);
}

static int have_it_stopped(struct scene *s)
{
    CEDE_GROUP(server);
    CEDE_TRY(cede_go(&server, is_run, s));
    CEDE_GROUP(others);
    cede_go(&others, asks, s);
    cede_go(&others, stops_soon, s);
    CEDE_TRY(cede_join(&others));
    return cede_join(&server);
}

SCENARIO(a_server_that_is_stopped_ends)
{
    struct scene s = {0};
    CEDE_TRY(cede_listen("unix:", &s.server));
    text_of(&s);
    int rc = have_it_stopped(&s);
    ENSURE(cede_server_close(s.server) == 0);
    /* Who comes too late is refused. */
    return rc == -ECONNREFUSED ? 0 : plain(rc);
}

SUITE("schedule_net")
