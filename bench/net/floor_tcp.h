/* SPDX-License-Identifier: MIT
 *
 * floor_tcp.h - the least that serves connections: one epoll, each descriptor
 * registered once, edge-triggered, for both directions; one buffer that all
 * read into; what cannot be sent at once is kept aside.
 *
 * The program says what it does with what was read.  It refuses pipelined
 * data to a peer that does not read: nothing is read from it meanwhile.
 */
#ifndef BENCH_NET_FLOOR_TCP_H
#define BENCH_NET_FLOOR_TCP_H

#include <stddef.h>

struct floor_peer {
    int fd;
    char *kept; /* what could not be sent, from the heap, or NULL */
    size_t kept_size, kept_sent;
    void *state; /* the program's, from the heap */
};

/* n bytes have come; < 0 closes the connection. */
typedef int floor_fn(struct floor_peer *p, const char *data, size_t n);

/* Send all, or keep what there is no room for; < 0: the peer is gone. */
int floor_send(struct floor_peer *p, const char *data, size_t n);

/* Listen, and serve until the process is killed, reading up to `read_size`
 * bytes at once. */
int floor_serve(floor_fn *came, size_t read_size);

#endif
