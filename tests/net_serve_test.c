/* SPDX-License-Identifier: MIT
 *
 * net_serve_test.c - servers: a task for each peer, what becomes of its
 * failures, and what is refused.
 */
#include "net.h"
#include "threads.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* ---- peers ------------------------------------------------------------- */

TASK_TEST(a_peer_is_served_by_a_task_of_its_own)
{
    SERVED(echo, NULL);
    check_serves(served.address);
    UNTIL(look_at(&served).live == 0);
    CHECK_EQ(look_at(&served).accepted, 1);
    CHECK_EQ(look_at(&served).failed, 0);
}

TASK_TEST(many_peers_are_served_at_a_time)
{
    SERVED(echo, NULL);
    enum { N = 200 };
    cede_stream *peers[N];
    for (int i = 0; i < N; i++)
        peers[i] = dialed(served.address);
    for (int i = N; i-- > 0;)
        check_echo(peers[i], "hello");
    CHECK_EQ(look_at(&served).live, N);
    for (int i = 0; i < N; i++)
        CHECK_OK(cede_stream_close(peers[i]));
    UNTIL(look_at(&served).live == 0);
}

TASK_TEST(peers_that_came_before_it_was_run_are_served_in_their_order)
{
    struct served served = {.on_peer = echo};
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &served.server));
    text_of(served.server, 0, served.address);
    cede_stream *early = dialed(served.address);
    served.run = cede_spawn(NULL, runs_served, &served);
    check_echo(early, "hello");
    CHECK_OK(cede_stream_close(early));
    end_served(&served);
}

static int notes_its_name(cede_stream *peer, void *arg)
{
    (void)peer, (void)arg;
    note("%s;", cede_task_name());
    return 0;
}

TASK_TEST(handlers_tasks_have_the_functions_name_or_another)
{
    noted[0] = '\0';
    {
        SERVED(notes_its_name, NULL);
        cede_stream *s = dialed(served.address);
        CHECK_EQ(end_of(s), 0);
        CHECK_OK(cede_stream_close(s));
    }
    const cede_serve_options o = {.name = "guest"};
    SERVED_WITH(&o, notes_its_name, NULL);
    cede_stream *s = dialed(served.address);
    CHECK_EQ(end_of(s), 0);
    CHECK_OK(cede_stream_close(s));
    CHECK_NOTED("handler;guest;");
}

static int gets_its_argument(cede_stream *peer, void *arg)
{
    return cede_write(peer, arg, strlen(arg));
}

TASK_TEST(handlers_get_the_argument)
{
    SERVED(gets_its_argument, (char[]){"word"});
    cede_stream *s = dialed(served.address);
    check_reads(s, "word");
    CHECK_OK(cede_stream_close(s));
}

static int closes_early(cede_stream *peer, void *arg)
{
    CHECK_OK(cede_stream_close(peer));
    *(int *)arg = cede_read(peer, &(char){0}, 1);
    return 0;
}

TASK_TEST(a_handler_may_close_the_stream_before_it_returns)
{
    int rc = 0;
    SERVED(closes_early, &rc);
    cede_stream *s = dialed(served.address);
    CHECK_EQ(end_of(s), 0);
    CHECK_OK(cede_stream_close(s));
    UNTIL(look_at(&served).live == 0);
    CHECK_EQ(rc, CEDE_ECLOSED);
}

static int uses_600_kib(cede_stream *peer, void *arg)
{
    char room[600 * 1024];
    memset(room, 7, sizeof room);
    __asm__ volatile("" : : "r"(room) : "memory");
    (void)arg;
    return cede_write(peer, "!", 1);
}

TASK_TEST(handlers_have_stacks_of_the_size_that_is_asked_for)
{
    const cede_serve_options o = {.stack_size = 1024 * 1024};
    SERVED_WITH(&o, uses_600_kib, NULL);
    cede_stream *s = dialed(served.address);
    check_reads(s, "!");
    CHECK_OK(cede_stream_close(s));
}

/* ---- sockets ----------------------------------------------------------- */

static int notes_no_delay(cede_stream *peer, void *arg)
{
    socklen_t size = sizeof(int);
    CHECK_EQ(
        getsockopt(cede_stream_fd(peer), IPPROTO_TCP, TCP_NODELAY, arg, &size),
        0);
    return 0;
}

TASK_TEST(small_packets_are_not_delayed_unless_that_is_asked_for)
{
    int on = 0;
    {
        SERVED(notes_no_delay, &on);
        cede_stream *s = dialed(served.address);
        CHECK_EQ(end_of(s), 0);
        CHECK(on);
        CHECK_EQ(notes_no_delay(s, &on), 0);
        CHECK(on);
        CHECK_OK(cede_stream_close(s));
    }
    const cede_serve_options o = {.delay = true};
    const cede_dial_options d = {.delay = true};
    SERVED_WITH(&o, notes_no_delay, &on);
    cede_stream *s;
    CHECK_EQ(cede_dial_with(&d, served.address, &s), 0);
    CHECK_EQ(end_of(s), 0);
    CHECK(!on);
    on = 1;
    CHECK_EQ(notes_no_delay(s, &on), 0);
    CHECK(!on);
    CHECK_OK(cede_stream_close(s));
}

static int notes_flags(cede_stream *peer, void *arg)
{
    int fd = cede_stream_fd(peer), *flags = arg;
    flags[0] = fcntl(fd, F_GETFD) & FD_CLOEXEC;
    flags[1] = fcntl(fd, F_GETFL) & O_NONBLOCK;
    return 0;
}

TASK_TEST(sockets_are_closed_on_exec_and_do_not_block)
{
    int flags[2] = {0};
    SERVED(notes_flags, flags);
    cede_stream *s = dialed(served.address);
    CHECK_EQ(end_of(s), 0);
    CHECK(flags[0] && flags[1]);
    CHECK_EQ(notes_flags(s, flags), 0);
    CHECK(flags[0] && flags[1]);
    CHECK_OK(cede_stream_close(s));
}

/* ---- seen from outside -------------------------------------------------- */

static const char *dumped(void)
{
    static char text[8192];
    FILE *file = tmpfile();
    cede_dump(file);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

TASK_TEST(a_dump_shows_whom_each_task_serves)
{
    char text[CEDE_ADDRESS_TEXT], want[sizeof text + 40];
    cede_address own;
    SERVED(listens, NULL);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).live == 1);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_stream_local(s, &own));
    cede_address_text(&own, text, sizeof text);
    snprintf(want, sizeof want, "handler #3 of %s: stream read", text);
    CHECK(strstr(dumped(), want));
    CHECK(strstr(dumped(), "group handler: 1 child\n"));
    CHECK_OK(cede_stream_close(s));
}

static int stops_at_once(void *server)
{
    return cede_server_stop(server, 0);
}

TASK_TEST(nothing_is_left_of_serving_in_the_task_that_did_it)
{
    cede_server *s;
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &s));
    CEDE_GROUP(g);
    cede_go(&g, stops_at_once, s);
    CHECK_EQ(cede_server_run(s, listens, NULL), 0);
    CHECK(!strstr(dumped(), "group listens"));
    CHECK_OK(cede_server_close(s));
    CHECK_OK(cede_join(&g));
}

/* ---- failures of handlers ---------------------------------------------- */

static int complains(cede_stream *peer, void *arg)
{
    (void)peer, (void)arg;
    return cede_fail(-EINVAL, "no such command");
}

TASK_TEST(what_a_handler_fails_with_goes_to_the_hook_and_the_server_lives)
{
    hooked.count = 0;
    listen_to_hook();
    SERVED(complains, NULL);
    cede_stream *s = dialed(served.address);
    CHECK_EQ(end_of(s), -ECONNRESET);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EINVAL);
    CHECK_STR_EQ(hooked.task, "handler");
    CHECK_STR_EQ(hooked.message, "no such command");
    cede_address own;
    char text[CEDE_ADDRESS_TEXT], want[sizeof text + 40];
    CHECK_OK(cede_stream_local(s, &own));
    cede_address_text(&own, text, sizeof text);
    snprintf(want, sizeof want, "the handler of %s failed", text);
    CHECK_STR_EQ(hooked.what, want);
    CHECK_OK(cede_stream_close(s));
    s = dialed(served.address);
    CHECK_EQ(end_of(s), -ECONNRESET);
    CHECK_OK(cede_stream_close(s));
    CHECK_EQ(look_at(&served).failed, 2);
}

TASK_TEST(what_is_the_peers_business_does_not_go_to_the_hook)
{
    static const int codes[] = {-ECONNRESET, -EPIPE, CEDE_ESHORT, CEDE_ECLOSED};
    int rc = 0;
    hooked.count = 0;
    listen_to_hook();
    SERVED(fails_with, &rc);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        rc = codes[i];
        cede_stream *s = dialed(served.address);
        CHECK_EQ(end_of(s), -ECONNRESET);
        CHECK_OK(cede_stream_close(s));
    }
    CHECK_EQ(hooked.count, 0);
    CHECK_EQ(look_at(&served).failed, 4);
}

TASK_TEST(a_peer_that_breaks_off_is_nothing_to_be_told)
{
    hooked.count = 0;
    listen_to_hook();
    SERVED(listens, NULL);
    cede_stream *s = dialed(served.address);
    UNTIL(look_at(&served).live == 1);
    CHECK_OK(cede_stream_abort(s));
    UNTIL(look_at(&served).live == 0);
    CHECK_EQ(look_at(&served).failed, 1);
    CHECK_EQ(hooked.count, 0);
}

TASK_TEST(a_handler_that_is_cancelled_says_so_silently_and_others_do_not)
{
    int rc = -ECANCELED;
    hooked.count = 0;
    listen_to_hook();
    {
        SERVED(listens, NULL);
        cede_stream *s = dialed(served.address);
        UNTIL(look_at(&served).live == 1);
        CHECK_EQ(stop_served(&served, 0), 0);
        CHECK_EQ(look_at(&served).failed, 0);
        CHECK_EQ(end_of(s), 0);
        CHECK_OK(cede_stream_close(s));
    }
    CHECK_EQ(hooked.count, 0);
    SERVED(fails_with, &rc);
    cede_stream *s = dialed(served.address);
    CHECK_EQ(end_of(s), -ECONNRESET);
    CHECK_OK(cede_stream_close(s));
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -ECANCELED);
}

/* ---- cede_serve -------------------------------------------------------- */

static int serves(void *address)
{
    return cede_serve(address, echo, NULL);
}

/* A port that was free just now. */
static void free_address(char *text)
{
    cede_server *s;
    CHECK_OK(cede_listen("tcp://127.0.0.1:0", &s));
    text_of(s, 0, text);
    CHECK_OK(cede_server_close(s));
}

TASK_TEST(serving_goes_on_until_it_is_cancelled_and_so_are_its_handlers)
{
    char address[CEDE_ADDRESS_TEXT];
    free_address(address);
    CEDE_GROUP(g);
    cede_go(&g, serves, address);
    CHECK_OK(cede_sleep(0));
    cede_stream *s = dialed(address);
    check_echo(s, "hello");
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_EQ(end_of(s), 0);
    CHECK_OK(cede_stream_close(s));
    CHECK_ERR(cede_dial(address, &s), -ECONNREFUSED);
}

TASK_TEST(in_a_cancelled_scope_serving_does_nothing)
{
    int fds = count_fds();
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_serve("tcp://127.0.0.1:0", echo, NULL), -ECANCELED);
    CHECK_EQ(count_fds(), fds);
}

TASK_TEST(why_it_cannot_listen_is_answered_with_the_address)
{
    SERVED(echo, NULL);
    char want[sizeof served.address + 64];
    int fds = count_fds();
    CHECK_ERR(cede_serve(served.address, echo, NULL), -EADDRINUSE);
    snprintf(want, sizeof want, "cannot listen at '%s': Address already in use",
             served.address);
    CHECK_STR_EQ(cede_message(), want);
    CHECK_ERR(cede_serve("tcp://198.51.100.1:0", echo, NULL), -EADDRNOTAVAIL);
    CHECK_ERR(cede_serve("127.0.0.1:80", echo, NULL), -EINVAL);
    CHECK(strstr(cede_message(), "127.0.0.1:80"));
    CHECK_ERR(cede_serve("udp://127.0.0.1:0", echo, NULL), -EINVAL);
    CHECK(strstr(cede_message(), "udp://127.0.0.1:0"));
    CHECK_ERR(cede_serve("unix:/nowhere/at/all", echo, NULL), -ENOENT);
    CHECK(strstr(cede_message(), "unix:/nowhere/at/all"));
    CHECK_ERR(cede_serve("tcp://127.0.0.1:0", NULL, NULL), -EINVAL);
    CHECK_EQ(count_fds(), fds);
}

/* ---- what is refused --------------------------------------------------- */

TASK_TEST(a_server_that_is_run_is_not_run_again_closed_or_accepted_from)
{
    SERVED(echo, NULL);
    cede_stream *peer = (cede_stream *)1;
    CHECK_ERR(cede_server_run(served.server, echo, NULL), -EBUSY);
    CHECK_ERR(cede_server_close(served.server), -EBUSY);
    CHECK_ERR(cede_accept(served.server, &peer), -EBUSY);
    CHECK(peer == NULL);
    CHECK_EQ(stop_served(&served, 0), 0);
    CHECK_ERR(cede_server_run(served.server, echo, NULL), CEDE_ECLOSED);
}

TASK_TEST(no_server_is_no_memory)
{
    cede_address a;
    cede_server_info info;
    cede_stream *peer;
    CHECK_ERR(cede_server_run(NULL, echo, NULL), -ENOMEM);
    CHECK_ERR(cede_server_stop(NULL, 0), -ENOMEM);
    CHECK_ERR(cede_server_close(NULL), -ENOMEM);
    CHECK_ERR(cede_server_add(NULL, "tcp://127.0.0.1:0"), -ENOMEM);
    CHECK_ERR(cede_server_add_fd(NULL, 0), -ENOMEM);
    CHECK_ERR(cede_server_address(NULL, 0, &a), -ENOMEM);
    CHECK_ERR(cede_server_port(NULL), -ENOMEM);
    CHECK_ERR(cede_server_look(NULL, &info), -ENOMEM);
    CHECK_ERR(cede_accept(NULL, &peer), -ENOMEM);
}

static void *uses_from_a_thread(void *server)
{
    cede_stream *peer;
    CHECK_ERR(cede_server_stop(server, 0), -EPERM);
    CHECK_ERR(cede_server_add(server, "tcp://127.0.0.1:0"), -EPERM);
    CHECK_ERR(cede_server_close(server), -EPERM);
    CHECK_ERR(cede_server_run(server, echo, NULL), -EPERM);
    CHECK_ERR(cede_accept(server, &peer), -EPERM);
    return NULL;
}

TASK_TEST(another_thread_has_no_say)
{
    SERVED(echo, NULL);
    by_thread(uses_from_a_thread, served.server);
    check_serves(served.address);
}

TEST(a_thread_without_a_loop_cannot_listen)
{
    cede_server *s;
    CHECK_ERR(cede_listen("tcp://127.0.0.1:0", &s), -EPERM);
    CHECK(s == NULL);
    CHECK_ERR(cede_serve("tcp://127.0.0.1:0", echo, NULL), -EPERM);
}

TASK_TEST(errno_is_kept)
{
    errno = 77;
    {
        SERVED(echo, NULL);
        check_serves(served.address);
        cede_server *s;
        CHECK_ERR(cede_listen(served.address, &s), -EADDRINUSE);
    }
    CHECK_EQ(errno, 77);
}

SUITE("net_serve")
