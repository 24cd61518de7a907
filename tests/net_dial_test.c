/* SPDX-License-Identifier: MIT
 *
 * net_dial_test.c - connecting: to the first of several addresses that answers,
 * and what is said when none does.
 */
#include "net.h"
#include "net_names.h"

#include <cede/io.h>
#include <sys/socket.h>

/* ---- ports that answer, refuse, or say nothing ------------------------- */

/* Nobody listens at that port, of any address of this machine. */
static int refusing_port(void)
{
    cede_server *s;
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &s));
    int port = cede_server_port(s);
    CHECK_OK(cede_server_close(s));
    return port;
}

/* At which address connecting takes for ever: of those who wait to be accepted
 * there are too many already. */
struct hanging {
    int fd, clients[3];
};

static void hang_at(struct hanging *h, const char *ip, int port)
{
    char text[64];
    cede_address a;
    size_t size;
    snprintf(text, sizeof text, "tcp://%s:%d", ip, port);
    CHECK_OK(cede_address_parse(text, &a));
    const struct sockaddr *raw = cede_address_raw(&a, &size);
    h->fd = socket(AF_INET, SOCK_STREAM, 0);
    /* At an address that no test connects from, so that the number is not that
     * of a connection which has ended of late. */
    CHECK_EQ(bind(h->fd, raw, (socklen_t)size), 0);
    CHECK_EQ(listen(h->fd, 0), 0);
    for (int i = 0; i < 3; i++) {
        h->clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(h->clients[i], raw, (socklen_t)size);
        usleep(1000);
    }
}

static void hang_no_more(struct hanging *h)
{
    for (int i = 0; i < 3; i++)
        close(h->clients[i]);
    close(h->fd);
}

/* The IP address of the other end. */
static const char *host_of(cede_stream *s)
{
    static char text[CEDE_ADDRESS_TEXT];
    cede_address a;
    CHECK_OK(cede_stream_peer(s, &a));
    cede_address_text(&a, text, sizeof text);
    *strrchr(text, ':') = '\0';
    return strstr(text, "//") + 2;
}

static const char *several(int port)
{
    static char text[64];
    snprintf(text, sizeof text, "tcp://several:%d", port);
    return text;
}

/* ---- one address ------------------------------------------------------- */

TASK_TEST(connecting_answers_a_stream)
{
    SERVED(echo, NULL);
    check_serves(served.address);
}

TASK_TEST(who_refuses_is_named)
{
    char address[64], want[128];
    cede_stream *s = (cede_stream *)1;
    int fds = count_fds();
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", refusing_port());
    CHECK_ERR(cede_dial(address, &s), -ECONNREFUSED);
    CHECK(s == NULL);
    snprintf(want, sizeof want, "%s: Connection refused", address);
    CHECK_STR_EQ(cede_message(), want);
    CHECK_ERR(cede_dial("unix:/nowhere/at/all", &s), -ENOENT);
    CHECK_STR_EQ(cede_message(),
                 "unix:/nowhere/at/all: No such file or directory");
    CHECK_EQ(count_fds(), fds);
}

TASK_TEST(what_is_no_address_is_refused)
{
    cede_stream *s;
    CHECK_ERR(cede_dial("127.0.0.1:80", &s), -EINVAL);
    CHECK_ERR(cede_dial("udp://127.0.0.1:80", &s), -EINVAL);
    CHECK(strstr(cede_message(), "udp://127.0.0.1:80"));
    resolve_to(NULL);
    CHECK_ERR(cede_dial("tcp://nobody:80", &s), CEDE_EDNS);
    CHECK(strstr(cede_message(), "nobody"));
    CHECK(s == NULL);
}

TEST(outside_a_task_nothing_is_connected)
{
    cede_stream *s;
    CHECK_ERR(cede_dial("tcp://127.0.0.1:80", &s), -EPERM);
    CHECK(s == NULL);
}

TASK_TEST(in_a_cancelled_scope_nothing_is_connected)
{
    cede_stream *s;
    int fds = count_fds();
    SERVED(echo, NULL);
    {
        CEDE_SCOPE(scope, CEDE_NEVER);
        cede_scope_cancel(&scope);
        CHECK_ERR(cede_dial(served.address, &s), -ECANCELED);
    }
    CHECK_EQ(count_fds(), fds + 1);
}

static int dials(void *address)
{
    cede_stream *s;
    int rc = cede_dial(address, &s);
    CHECK(rc == 0 || !s);
    return rc < 0 ? rc : cede_stream_close(s);
}

VIRTUAL_TEST(a_deadline_ends_connecting_and_nothing_is_left_open)
{
    struct hanging h;
    char address[64];
    int port = refusing_port();
    hang_at(&h, "127.0.0.77", port);
    snprintf(address, sizeof address, "tcp://127.0.0.77:%d", port);
    int fds = count_fds();
    cede_time start = cede_now();
    CHECK_ERR(cede_within(3 * CEDE_SEC, dials, address), -ETIMEDOUT);
    CHECK_EQ(cede_now() - start, 3 * CEDE_SEC);
    CHECK_EQ(count_fds(), fds);
    hang_no_more(&h);
}

static int closes_a_number(void *fd)
{
    return cede_fd_close(*(int *)fd);
}

VIRTUAL_TEST(who_closes_its_number_ends_connecting)
{
    struct hanging h;
    char address[64];
    int port = refusing_port();
    hang_at(&h, "127.0.0.77", port);
    snprintf(address, sizeof address, "tcp://127.0.0.77:%d", port);
    int next = dup(h.fd); /* the one that a socket is given now */
    close(next);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, dials, address);
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK_OK(cede_go(&g, closes_a_number, &next));
    CHECK_ERR(cede_await(f), CEDE_ECLOSED);
    CHECK_ERR(cede_join(&g), CEDE_ECLOSED);
    hang_no_more(&h);
}

static int cancels(void *f)
{
    return cede_cancel(f);
}

TASK_TEST(cancelled_at_any_time_nothing_is_left_open)
{
    SERVED(echo, NULL);
    int fds = count_fds();
    for (int i = 0; i < 20; i++) {
        CEDE_GROUP(g);
        cede_future *f = cede_spawn(&g, dials, served.address);
        for (int j = 0; j < i % 4; j++)
            CHECK_OK(cede_sleep(0));
        cede_go(&g, cancels, f);
        CHECK_OK(cede_join(&g));
    }
    UNTIL(look_at(&served).live == 0);
    CHECK_EQ(count_fds(), fds);
}

/* ---- several addresses ------------------------------------------------- */

TASK_TEST(the_first_that_answers_is_taken_and_the_next_one_tried_at_once)
{
    SERVED_AT("tcp://127.0.0.3:0", NULL, echo, NULL);
    int port = cede_server_port(served.server), fds = count_fds();
    resolve_to("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", NULL);
    cede_time start = cede_now();
    cede_stream *s = dialed(several(port));
    CHECK(cede_now() - start < 200 * CEDE_MS);
    CHECK_STR_EQ(host_of(s), "127.0.0.3");
    check_echo(s, "hello");
    CHECK_EQ(count_fds(), fds + 2);
    CHECK_OK(cede_stream_close(s));
}

VIRTUAL_TEST(one_that_hangs_gives_the_next_one_its_turn_after_250_ms)
{
    struct hanging h;
    SERVED_AT("tcp://127.0.0.2:0", NULL, echo, NULL);
    int port = cede_server_port(served.server);
    hang_at(&h, "127.0.0.77", port);
    int fds = count_fds();
    resolve_to("127.0.0.77", "127.0.0.2", NULL);
    cede_time start = cede_now();
    cede_stream *s = dialed(several(port));
    CHECK_EQ(cede_now() - start, 250 * CEDE_MS);
    CHECK_STR_EQ(host_of(s), "127.0.0.2");
    check_echo(s, "hello");
    CHECK_EQ(count_fds(), fds + 2); /* the first attempt is closed */
    CHECK_OK(cede_stream_close(s));
    hang_no_more(&h);
}

VIRTUAL_TEST(the_stagger_can_be_chosen)
{
    struct hanging h;
    const cede_dial_options o = {.stagger = 2 * CEDE_SEC};
    SERVED_AT("tcp://127.0.0.2:0", NULL, echo, NULL);
    int port = cede_server_port(served.server);
    hang_at(&h, "127.0.0.77", port);
    resolve_to("127.0.0.77", "127.0.0.2", NULL);
    cede_time start = cede_now();
    cede_stream *s;
    CHECK_EQ(cede_dial_with(&o, several(port), &s), 0);
    CHECK_EQ(cede_now() - start, 2 * CEDE_SEC);
    CHECK_OK(cede_stream_close(s));
    hang_no_more(&h);
}

static int dials_one_at_a_time(void *address)
{
    const cede_dial_options o = {.stagger = -1};
    cede_stream *s;
    return cede_dial_with(&o, address, &s);
}

VIRTUAL_TEST(one_at_a_time_the_next_one_waits_for_the_last_to_fail)
{
    struct hanging h;
    SERVED_AT("tcp://127.0.0.2:0", NULL, echo, NULL);
    int port = cede_server_port(served.server);
    hang_at(&h, "127.0.0.77", port);
    resolve_to("127.0.0.77", "127.0.0.2", NULL);
    int fds = count_fds();
    CHECK_ERR(
        cede_within(60 * CEDE_SEC, dials_one_at_a_time, (void *)several(port)),
        -ETIMEDOUT);
    CHECK_EQ(count_fds(), fds);
    CHECK_EQ(look_at(&served).accepted, 0);
    hang_no_more(&h);
}

VIRTUAL_TEST(a_later_one_that_fails_has_the_one_after_it_begin_at_once)
{
    struct hanging h;
    SERVED_AT("tcp://127.0.0.3:0", NULL, echo, NULL);
    int port = cede_server_port(served.server);
    hang_at(&h, "127.0.0.77", port);
    resolve_to("127.0.0.77", "127.0.0.2", "127.0.0.3", NULL);
    cede_time start = cede_now();
    cede_stream *s = dialed(several(port));
    CHECK_EQ(cede_now() - start, 250 * CEDE_MS);
    CHECK_STR_EQ(host_of(s), "127.0.0.3");
    CHECK_OK(cede_stream_close(s));
    hang_no_more(&h);
}

TASK_TEST(all_failures_are_told_in_the_order_of_trying_kinds_alternating)
{
    char want[512], address[64];
    cede_stream *s;
    int port = refusing_port(), fds = count_fds();
    snprintf(address, sizeof address, "%s", several(port));
    snprintf(want, sizeof want,
             "%s: 127.0.0.1: Connection refused; [::1]: Connection refused; "
             "127.0.0.2: Connection refused; 127.0.0.3: Connection refused",
             address);
    resolve_to("127.0.0.1", "127.0.0.2", "::1", "127.0.0.3", NULL);
    CHECK_ERR(cede_dial(address, &s), -ECONNREFUSED);
    CHECK_STR_EQ(cede_message(), want);
    CHECK_EQ(count_fds(), fds);
}

TASK_TEST(the_code_is_the_first_failures)
{
    cede_stream *s;
    resolve_to("255.255.255.255", "127.0.0.1", NULL);
    CHECK_ERR(cede_dial(several(refusing_port()), &s), -ENETUNREACH);
    CHECK(strstr(cede_message(), "255.255.255.255: Network is unreachable; "
                                 "127.0.0.1: Connection refused"));
}

TASK_TEST(a_name_is_told_with_its_address)
{
    char want[128], address[64];
    cede_stream *s;
    snprintf(address, sizeof address, "%s", several(refusing_port()));
    snprintf(want, sizeof want, "%s: 127.0.0.1: Connection refused", address);
    resolve_to("127.0.0.1", NULL);
    CHECK_ERR(cede_dial(address, &s), -ECONNREFUSED);
    CHECK_STR_EQ(cede_message(), want);
}

TASK_TEST(a_unix_address_is_told_whole_however_it_was_written)
{
    cede_stream *s;
    CHECK_ERR(cede_dial("unix:@nobody//at%41ll", &s), -ECONNREFUSED);
    CHECK_STR_EQ(cede_message(), "unix:@nobody//at%41ll: unix:@nobody//atAll: "
                                 "Connection refused");
}

/* ---- from where -------------------------------------------------------- */

static int notes_its_peer(cede_stream *peer, void *arg)
{
    (void)arg;
    note("%s;", host_of(peer));
    return 0;
}

TASK_TEST(the_local_address_can_be_chosen)
{
    const cede_dial_options o = {.local = "tcp://127.0.0.9:0"};
    cede_stream *s;
    noted[0] = '\0';
    SERVED(notes_its_peer, NULL);
    CHECK_EQ(cede_dial_with(&o, served.address, &s), 0);
    CHECK_EQ(end_of(s), 0);
    CHECK_OK(cede_stream_close(s));
    CHECK_NOTED("127.0.0.9;");
}

TASK_TEST(a_local_address_that_is_wrong_is_refused)
{
    static const struct wrong {
        const char *local;
        int rc;
    } all[] = {{"nonsense", -EINVAL},
               {"udp://127.0.0.1:0", -EINVAL},
               {"tcp://198.51.100.1:0", -EADDRNOTAVAIL},
               {"tcp://[::1]:0", -EADDRNOTAVAIL}};
    cede_stream *s;
    SERVED(echo, NULL);
    int fds = count_fds();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const cede_dial_options o = {.local = all[i].local};
        CHECK_ERR(cede_dial_with(&o, served.address, &s), all[i].rc);
        CHECK(s == NULL);
    }
    CHECK_EQ(count_fds(), fds);
}

/* ---- Unix sockets ------------------------------------------------------ */

TASK_TEST(who_finds_too_many_waiting_at_a_unix_socket_waits_with_them)
{
    enum { N = 40 };
    const cede_serve_options o = {.backlog = 1};
    struct served served = {.on_peer = echo};
    CHECK_OK(cede_listen_with(&o, "unix:", &served.server));
    text_of(served.server, 0, served.address);
    CEDE_GROUP(g);
    cede_future *f[N];
    for (int i = 0; i < N; i++)
        f[i] = cede_spawn(&g, dials, served.address);
    for (int i = 0; i < 10; i++)
        CHECK_OK(cede_sleep(CEDE_MS));
    CHECK(!cede_done(f[N - 1]));
    served.run = cede_spawn(NULL, runs_served, &served);
    CHECK_OK(cede_join(&g));
    UNTIL(look_at(&served).accepted == N);
    end_served(&served);
}

/* ---- ourselves --------------------------------------------------------- */

TASK_TEST(nobody_is_connected_to_himself)
{
    /* From the very address that it connects to, TCP can do that. */
    char address[64];
    cede_stream *s;
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", refusing_port());
    const cede_dial_options o = {.local = address};
    CHECK_ERR(cede_dial_with(&o, address, &s), -ECONNREFUSED);
}

SUITE("net_dial")
