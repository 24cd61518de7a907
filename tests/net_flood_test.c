/* SPDX-License-Identifier: MIT
 *
 * net_flood_test.c - more peers than can wait to be accepted: none is lost, and
 * none hangs.
 */
#define CHECK_SECONDS_ 300
#include "net.h"

#include <sys/resource.h>

struct flood {
    char address[CEDE_ADDRESS_TEXT];
    int served;
};

static int visits(void *arg)
{
    struct flood *f = arg;
    cede_stream *s = dialed(f->address);
    check_echo(s, "!"); /* a client that does not speak first may hang, when
                           the kernel has forgotten it: see syncookies */
    f->served++;
    return cede_stream_close(s);
}

static void allow_descriptors(void)
{
    struct rlimit r;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &r), 0);
    r.rlim_cur = r.rlim_max;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &r), 0);
}

/* All come before the first is accepted. */
static void flood(const char *address, int backlog, int n)
{
    const cede_serve_options o = {.backlog = backlog};
    struct served served = {.on_peer = echo};
    struct flood f = {.served = 0};
    allow_descriptors();
    CHECK_OK(cede_listen_with(&o, address, &served.server));
    text_of(served.server, 0, f.address);
    CEDE_GROUP(g);
    for (int i = 0; i < n; i++)
        cede_go(&g, visits, &f);
    CHECK_OK(cede_sleep(20 * CEDE_MS));
    CHECK_EQ(look_at(&served).accepted, 0);
    served.run = cede_spawn(NULL, runs_served, &served);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(f.served, n);
    CHECK_EQ(look_at(&served).accepted, n);
    end_served(&served);
}

static int floods_unix(void *arg)
{
    (void)arg;
    flood("unix:", 128, many(10000));
    return 0;
}

TEST(of_10000_at_a_full_unix_socket_all_are_served)
{
    CHECK_EQ(cede_run(floods_unix, NULL), 0);
}

/* The kernel tries again after a second, and three, and seven. */
static int floods_tcp(void *arg)
{
    (void)arg;
    flood("tcp://127.0.0.1:0", 2048, many(10000));
    return 0;
}

TEST(of_10000_at_a_full_port_all_are_served)
{
    CHECK_EQ(cede_run(floods_tcp, NULL), 0);
}

SUITE("net_flood")
