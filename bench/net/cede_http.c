/* SPDX-License-Identifier: MIT
 *
 * cede_http.c - a page by a task a connection, requests parsed by llhttp.  Its
 * callback writes, and so waits: to the parser that is a call like any other.
 */
#include "hello.h"
#include "listen.h"

#include <cede.h>
#include <llhttp.h>

static llhttp_settings_t settings;

static int answer(llhttp_t *parser)
{
    return cede_write(parser->data, hello, HELLO_SIZE) < 0 ? -1 : 0;
}

static int page(cede_stream *peer, void *arg)
{
    llhttp_t parser;
    const void *bytes;
    int n;
    (void)arg;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = peer;
    while ((n = cede_peek(peer, &bytes)) > 0)
        if (llhttp_execute(&parser, bytes, (size_t)n) != HPE_OK)
            break;
    return n < 0 ? n : 0;
}

static int amain(void *arg)
{
    cede_server *server;
    (void)arg;
    CEDE_TRY(cede_listen("tcp://127.0.0.1:0", &server));
    listen_say(cede_server_port(server));
    return cede_server_run(server, page, NULL);
}

int main(void)
{
    llhttp_settings_init(&settings);
    settings.on_message_complete = answer;
    return cede_run(amain, NULL) < 0;
}
