/* SPDX-License-Identifier: MIT
 *
 * net_threads_test.c - one address served by several threads, among which the
 * kernel shares out the peers.
 */
#include "net.h"
#include "threads.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

enum { N = 2, MOST = 500 };

static char address[64];
static atomic_int ready, served[N];

static int counts(cede_stream *peer, void *arg)
{
    (void)arg;
    served[cede_thread_index()]++;
    return cede_write(peer, "!", 1);
}

/* One socket for each thread, of the same port: the first chooses it. */
static void choose_port(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t size = sizeof in;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&in, &size), 0);
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d", ntohs(in.sin_port));
    close(fd);
}

static bool all_served(void)
{
    for (int i = 0; i < N; i++)
        if (served[i] == 0)
            return false;
    return true;
}

/* Until each thread had a peer. */
static int visits(void *loops)
{
    (void)loops;
    for (int i = 0; i < MOST && !all_served(); i++) {
        cede_stream *s = dialed(address);
        check_reads(s, "!");
        CHECK_OK(cede_stream_close(s));
    }
    CHECK(all_served());
    return 0;
}

static int serves_and_one_visits(void *arg)
{
    (void)arg;
    cede_server *s;
    CHECK_OK(cede_listen(address, &s));
    ready++;
    if (cede_thread_index() > 0) {
        cede_server_run(s, counts, NULL);
        CHECK_OK(cede_server_close(s));
        return 0;
    }
    struct served own = {.server = s, .on_peer = counts};
    own.run = cede_spawn(NULL, runs_served, &own);
    UNTIL(ready == N);
    CHECK_EQ(visits(NULL), 0);
    end_served(&own);
    return -ECANCELED; /* which ends the others */
}

TEST(each_thread_of_several_gets_peers_of_one_address)
{
    choose_port();
    CHECK_ERR(cede_run_threads(N, serves_and_one_visits, NULL), -ECANCELED);
}

static int listens_twice(void *arg)
{
    const cede_serve_options o = {.reuse_port = arg != NULL};
    cede_server *a, *b;
    CHECK_OK(cede_listen_with(&o, "tcp://127.0.0.1:0", &a));
    char text[CEDE_ADDRESS_TEXT];
    text_of(a, 0, text);
    int rc = cede_listen_with(&o, text, &b);
    if (rc == 0)
        CHECK_OK(cede_server_close(b));
    CHECK_OK(cede_server_close(a));
    return rc;
}

TEST(on_one_thread_a_port_is_shared_if_that_is_asked_for)
{
    CHECK_ERR(cede_run(listens_twice, NULL), -EADDRINUSE);
    CHECK_EQ(cede_run(listens_twice, address), 0);
}

TEST(ports_that_the_system_chooses_are_not_shared)
{
    listen_to_hook(); /* the other one's failure */
    CHECK_ERR(cede_run_threads(N, listens_twice, NULL), -EADDRINUSE);
}

SUITE("net_threads")
