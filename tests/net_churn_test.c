/* SPDX-License-Identifier: MIT
 *
 * net_churn_test.c - many connections, one after the other and at a time: no
 * descriptor and no memory is left of them.
 */
#define CHECK_SECONDS_ 300
#include "net.h"

#include <sys/resource.h>
#include <sys/socket.h>

/* In KiB. */
static long resident(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    CHECK(f && fscanf(f, "%*d %ld", &pages) == 1);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Each end of them in turn breaks off, so that no port is used up. */
static void visit(const char *address, int n)
{
    for (int i = 0; i < n; i++) {
        cede_stream *s = dialed(address);
        check_echo(s, "hello");
        CHECK_OK(i % 4 ? cede_stream_abort(s) : cede_stream_close(s));
    }
}

struct visits {
    const char *address;
    int n;
};

static int visits(void *arg)
{
    const struct visits *v = arg;
    visit(v->address, v->n);
    return 0;
}

static void visit_by(int tasks, const char *address, int n)
{
    CEDE_GROUP(g);
    struct visits v = {address, n / tasks};
    for (int i = 0; i < tasks; i++)
        cede_go(&g, visits, &v);
    CHECK_OK(cede_join(&g));
}

static int comes_and_goes(void *unused)
{
    int n = rounds(10000);
    (void)unused;
    SERVED(echo, NULL);
    visit_by(10, served.address, n / 10);
    UNTIL(look_at(&served).live == 0);
    int fds = count_fds();
    long before = resident();
    visit_by(10, served.address, n);
    visit_by(1, served.address, n);
    UNTIL(look_at(&served).live == 0);
    CHECK_EQ(count_fds(), fds);
    if (!SANITIZED && !ON_VALGRIND)
        CHECK(resident() <= before + 1024);
    return 0;
}

TEST(of_20000_connections_nothing_is_left)
{
    CHECK_EQ(cede_run(comes_and_goes, NULL), 0);
}

SUITE("net_churn")
