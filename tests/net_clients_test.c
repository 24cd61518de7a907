/* SPDX-License-Identifier: MIT
 *
 * net_clients_test.c - programs of others as peers: socat, nc and curl, where
 * they are installed.
 */
#include "net.h"

static bool installed(const char *program)
{
    char command[64];
    snprintf(command, sizeof command, "command -v %s > /dev/null", program);
    return system(command) == 0;
}

struct client {
    char command[512];
    char said[64];
    int status;
};

/* On a thread, for it blocks. */
static int runs_client(void *arg)
{
    struct client *c = arg;
    FILE *out = popen(c->command, "r");
    size_t n = out ? fread(c->said, 1, sizeof c->said - 1, out) : 0;
    c->said[n] = '\0';
    c->status = out ? pclose(out) : -1;
    return 0;
}

static void check_client(const char *command)
{
    struct client c;
    snprintf(c.command, sizeof c.command, "%s", command);
    CHECK_EQ(cede_offload(runs_client, &c), 0);
    CHECK_STR_EQ(c.said, "hello\n");
    CHECK_EQ(c.status, 0);
}

static int port_of(const struct served *s)
{
    return cede_server_port(s->server);
}

static int talks_to_socat(void *unused)
{
    char command[512];
    (void)unused;
    if (!installed("socat")) {
        puts("skipped: no socat");
        return 0;
    }
    SERVED(echo, NULL);
    snprintf(command, sizeof command,
             "echo hello | timeout 10 socat -t 5 - TCP:127.0.0.1:%d",
             port_of(&served));
    check_client(command);
    char text[CEDE_ADDRESS_TEXT];
    CHECK_OK(cede_server_add(served.server, "unix:"));
    text_of(served.server, 1, text);
    snprintf(command, sizeof command,
             "echo hello | timeout 10 socat -t 5 - ABSTRACT-CONNECT:%s",
             text + strlen("unix:@"));
    check_client(command);
    return 0;
}

TEST(socat_is_served)
{
    CHECK_EQ(cede_run(talks_to_socat, NULL), 0);
}

static int talks_to_nc(void *unused)
{
    char command[512];
    (void)unused;
    if (!installed("nc")) {
        puts("skipped: no nc");
        return 0;
    }
    SERVED(echo, NULL);
    snprintf(command, sizeof command,
             "echo hello | timeout 10 nc -N 127.0.0.1 %d", port_of(&served));
    check_client(command);
    return 0;
}

TEST(nc_is_served)
{
    CHECK_EQ(cede_run(talks_to_nc, NULL), 0);
}

/* A page, whatever is asked for. */
static int answers(cede_stream *peer, void *arg)
{
    char *line;
    int n;
    (void)arg;
    while ((n = cede_read_line(peer, &line)) > 1)
        ;
    return n < 0 ? n : cede_printf(peer, "HTTP/1.0 200 OK\r\n\r\nhello\n");
}

static int talks_to_curl(void *unused)
{
    char command[512];
    (void)unused;
    if (!installed("curl")) {
        puts("skipped: no curl");
        return 0;
    }
    SERVED(answers, NULL);
    snprintf(command, sizeof command, "curl -s -m 10 http://127.0.0.1:%d/",
             port_of(&served));
    check_client(command);
    return 0;
}

TEST(curl_is_served)
{
    CHECK_EQ(cede_run(talks_to_curl, NULL), 0);
}

SUITE("net_clients")
