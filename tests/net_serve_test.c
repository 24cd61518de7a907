/* SPDX-License-Identifier: MIT
 *
 * net_serve_test.c - servers: a task for each peer, over real sockets.
 */
#include "net.h"

/* ---- serving ----------------------------------------------------------- */

TASK_TEST(a_peer_is_served_by_a_task_of_its_own)
{
    SERVED(echo, NULL);
    CHECK_ECHOES(served.address, "hello");
}

TASK_TEST(many_peers_are_served_at_a_time)
{
    SERVED(echo, NULL);
    cede_stream *peers[200];
    for (int i = 0; i < 200; i++)
        CHECK_OK(cede_dial(served.address, &peers[i]));
    for (int i = 199; i >= 0; i--)
        check_echo(peers[i], "hello");
    for (int i = 0; i < 200; i++)
        CHECK_OK(cede_stream_close(peers[i]));
}

SUITE("net_serve")
