/* SPDX-License-Identifier: MIT
 *
 * 18_server.c - a server, which serves each peer by a task, and a client.
 */
#include <cede.h>
#include <stdio.h>

static int shout(cede_stream *peer, void *arg)
{
    char *line;
    int n;
    (void)arg;
    while ((n = cede_read_line(peer, &line)) > 0) {
        for (char *c = line; *c; c++)
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        CEDE_TRY(cede_printf(peer, "%s!\n", line));
    }
    return n; /* the stream is closed when this returns */
}

static int ask(cede_stream *s, const char *what)
{
    char *line;
    CEDE_TRY(cede_printf(s, "%s\n", what));
    CEDE_TRY(cede_read_line(s, &line));
    return printf("%s: %s\n", what, line);
}

static int visit(void *server)
{
    char address[64];
    cede_stream *s;
    snprintf(address, sizeof address, "tcp://localhost:%d",
             cede_server_port(server));
    CEDE_TRY(cede_dial(address, &s));
    int rc = ask(s, "hello");
    cede_stream_close(s);
    cede_server_stop(server, CEDE_SEC); /* for those still connected */
    return rc;
}

static int amain(void *arg)
{
    cede_server *server;
    (void)arg;
    CEDE_TRY(cede_listen("tcp://localhost:0", &server));
    CEDE_GROUP(g);
    cede_go(&g, visit, server);
    int rc = cede_server_run(server, shout, NULL);
    cede_server_close(server);
    return cede_join_rc(&g, rc);
}

int main(void)
{
    return cede_run(amain, NULL) < 0;
}

/* Prints:
 * hello: HELLO!
 */
