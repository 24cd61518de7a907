/* SPDX-License-Identifier: MIT
 *
 * cede_echo.c - what came goes back: a task a connection.
 */
#include "listen.h"

#include <cede.h>

static int echo(cede_stream *peer, void *arg)
{
    const void *bytes;
    int n;
    (void)arg;
    while ((n = cede_peek(peer, &bytes)) > 0)
        CEDE_TRY(cede_write(peer, bytes, (size_t)n));
    return n;
}

static int amain(void *arg)
{
    cede_server *server;
    (void)arg;
    CEDE_TRY(cede_listen("tcp://127.0.0.1:0", &server));
    listen_say(cede_server_port(server));
    return cede_server_run(server, echo, NULL);
}

int main(void)
{
    return cede_run(amain, NULL) < 0;
}
