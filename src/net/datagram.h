/* SPDX-License-Identifier: MIT
 *
 * datagram.h - the inside of sockets for datagrams.
 */
#ifndef CD_NET_DATAGRAM_H
#define CD_NET_DATAGRAM_H

#include "io/wait.h"
#include "net/path.h"

#include <cede/net.h>

enum { CD_PACKETS = 64 }; /* a system call */

/* What a system call for several packets is told; made by the first one. */
struct cd_packets;

/* Freed by whoever leaves it last, once it is closed. */
struct cede_socket {
    struct cd_fd fd;
    struct cd_loop *loop; /* borrowed */
    struct cd_packets *packets;
    struct cd_fd *peer;  /* see wait_for_peer; NULL: nobody is there */
    struct cd_path path; /* its file */
    int family;
    int failure;   /* the next sending call's answer; 0: none */
    unsigned busy; /* CD_IN, CD_OUT: who is in a call */
    bool connected, closed;
};

/* Nobody uses it any more, and it is closed. */
void cd_socket_free(cede_socket *s);

#endif
