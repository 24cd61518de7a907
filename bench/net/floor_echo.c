/* SPDX-License-Identifier: MIT
 *
 * floor_echo.c - floor_echo [READ_SIZE]: what came goes back.
 */
#include "floor_tcp.h"
#include "listen.h"

static int echo(struct floor_peer *p, const char *data, size_t n)
{
    return floor_send(p, data, n);
}

int main(int argc, char **argv)
{
    return floor_serve(echo,
                       argc > 1 ? strtoul(argv[1], NULL, 10) : LISTEN_READ);
}
