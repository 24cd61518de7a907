/* SPDX-License-Identifier: MIT
 *
 * floor_udp.c - datagrams back to where they came from, by recvmmsg and
 * sendmmsg on a blocking socket.
 */
#define _GNU_SOURCE
#include "listen.h"

enum { BATCH = 64, DATAGRAM = 2048 };

static char data[BATCH][DATAGRAM];
static struct sockaddr_storage from[BATCH];
static struct iovec parts[BATCH];
static struct mmsghdr batch[BATCH];

static void clear(void)
{
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){data[i], DATAGRAM};
        batch[i].msg_hdr = (struct msghdr){
            .msg_name = &from[i],
            .msg_namelen = sizeof(from[i]),
            .msg_iov = &parts[i],
            .msg_iovlen = 1,
        };
    }
}

int main(void)
{
    int fd = listen_open(SOCK_DGRAM);
    for (;;) {
        clear();
        int n = recvmmsg(fd, batch, BATCH, MSG_WAITFORONE, NULL);
        listen_require(n > 0, "cannot receive");
        for (int i = 0; i < n; i++)
            parts[i].iov_len = batch[i].msg_len;
        listen_require(sendmmsg(fd, batch, (unsigned)n, 0) == n, "cannot send");
    }
}
