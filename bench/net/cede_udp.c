/* SPDX-License-Identifier: MIT
 *
 * cede_udp.c - datagrams back to where they came from, in batches.
 */
#include "listen.h"

#include <cede.h>

enum { BATCH = 64, DATAGRAM = 2048 };

static char data[BATCH][DATAGRAM];
static cede_packet packets[BATCH];

static int answer(cede_socket *s)
{
    for (int i = 0; i < BATCH; i++) {
        packets[i].data = data[i];
        packets[i].size = DATAGRAM;
    }
    int n;
    CEDE_TRY(n = cede_receive_packets(s, packets, BATCH));
    return cede_send_packets(s, packets, (size_t)n);
}

static int amain(void *arg)
{
    cede_socket *s;
    cede_address at;
    (void)arg;
    CEDE_TRY(cede_datagrams("udp://127.0.0.1:0", NULL, &s));
    CEDE_TRY(cede_socket_local(s, &at));
    listen_say(cede_address_port(&at));
    int rc;
    do
        rc = answer(s);
    while (rc >= 0);
    cede_socket_close(s);
    return rc;
}

int main(void)
{
    return cede_run(amain, NULL) < 0;
}
