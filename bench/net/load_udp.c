/* SPDX-License-Identifier: MIT
 *
 * load_udp.c - datagrams there and back, so many under way that both sides can
 * work in batches and so few that none is dropped: what a socket holds by
 * default is some 250 small ones.
 *
 * Each carries the time it was sent.  One that does not come within a tenth of
 * a second is lost.
 */
#define _GNU_SOURCE
#include "load.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { BATCH = 64, WINDOW = 128, DATAGRAM = 2048 };

static int fd;
static char data[BATCH][DATAGRAM];
static struct iovec parts[BATCH];
static struct mmsghdr batch[BATCH];

void load_udp_open(const struct load *l)
{
    const struct sockaddr_in server = load_server(l);
    const struct timeval patience = {.tv_usec = 100000};
    load_require(l->size >= (int)sizeof(long long) && l->size <= DATAGRAM,
                 "no such size");
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    load_require(fd >= 0 &&
                     connect(fd, (const void *)&server, sizeof(server)) == 0,
                 "no socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){data[i], (size_t)l->size};
        batch[i].msg_hdr.msg_iov = &parts[i];
        batch[i].msg_hdr.msg_iovlen = 1;
    }
}

static void send_batch(int n)
{
    long long now = load_ns();
    for (int i = 0; i < n; i++)
        memcpy(data[i], &now, sizeof(now));
    load_require(sendmmsg(fd, batch, (unsigned)n, 0) == n, "cannot send");
}

static void count(struct load_run *r, int n)
{
    long long now = load_ns(), sent;
    for (int i = 0; i < n; i++) {
        memcpy(&sent, data[i], sizeof(sent));
        load_count(r, sent, now);
    }
}

void load_udp(const struct load *l, struct load_run *r)
{
    int under_way = 0;
    for (; under_way < WINDOW; under_way += BATCH)
        send_batch(BATCH);
    while (under_way > 0) {
        int n = recvmmsg(fd, batch, BATCH, MSG_WAITFORONE, NULL);
        if (n < 0) {
            r->lost += under_way;
            under_way = n = 0;
        }
        under_way -= n;
        count(r, n);
        if (load_part(l, r, load_ns()) == LOAD_ENDING)
            continue;
        if (under_way == 0 && n == 0)
            n = BATCH; /* all were lost */
        send_batch(n);
        under_way += n;
    }
}
