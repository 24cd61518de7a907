/* SPDX-License-Identifier: MIT
 *
 * echo.c - sends back what it is sent.
 *
 * A task for each peer.  Nothing is held while a peer is silent, and one that
 * does not read is not read from.  The first SIGINT stops the server: no more
 * peers, and those that are there have a second to finish.
 */
#include "show.h"

static int echo(cede_stream *peer, void *unused)
{
    (void)unused;
    const void *bytes;
    int n;
    while ((n = cede_peek(peer, &bytes)) > 0)
        CEDE_TRY(cede_write(peer, bytes, (size_t)n));
    return n;
}

static int serve(void *address)
{
    cede_server *server;
    const cede_serve_options options = {.grace = CEDE_SEC};
    CEDE_TRY(cede_listen_with(&options, address, &server));

    announce(server);
    int rc = cede_server_run(server, echo, NULL);

    cede_server_info info;
    cede_server_look(server, &info);
    printf("%llu served\n", (unsigned long long)info.accepted);
    cede_server_close(server);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("Usage: net-echo ADDRESS\n"
              "Send back what peers send, until interrupted.\n"
              "ADDRESS is as tcp://127.0.0.1:7000 or unix:/tmp/echo.\n",
              stderr);
        return 2;
    }
    int status = exit_status("net-echo", cede_run(serve, argv[1]));
    return status == 130 ? 0 : status; /* that is how it ends */
}
