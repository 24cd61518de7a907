/* SPDX-License-Identifier: MIT
 *
 * floor_http.c - a page on bare epoll, requests parsed by llhttp.
 */
#include "floor_tcp.h"
#include "hello.h"
#include "listen.h"

#include <llhttp.h>

static llhttp_settings_t settings;

/* The connection is alive only while its parser is fed. */
static int answer(llhttp_t *parser)
{
    return floor_send(parser->data, hello, HELLO_SIZE);
}

static int parse(struct floor_peer *p, const char *data, size_t n)
{
    if (!p->state) {
        p->state = malloc(sizeof(llhttp_t));
        listen_require(p->state != NULL, "no memory");
        llhttp_init(p->state, HTTP_REQUEST, &settings);
        ((llhttp_t *)p->state)->data = p;
    }
    return llhttp_execute(p->state, data, n) == HPE_OK ? 0 : -1;
}

int main(void)
{
    llhttp_settings_init(&settings);
    settings.on_message_complete = answer;
    return floor_serve(parse, LISTEN_READ);
}
