/* SPDX-License-Identifier: MIT
 *
 * buffer.h - the blocks that a loop's streams share.
 *
 * Large ones to receive into, because the size of a read is what bulk data
 * costs most; and ones to gather small writes in.  Those given back last are
 * taken first, for they are in the cache; a few are kept.
 */
#ifndef CD_NET_BUFFER_H
#define CD_NET_BUFFER_H

#include "base/list.h"
#include "loop/loop.h"

enum {
    CD_BUFFER = 256 * 1024 - 32, /* to receive into; one byte more is there */
    CD_GATHER = 16 * 1024,       /* to gather in */
    CD_GATHER_MOST = 4 * 1024,   /* what is larger is sent at once */
    CD_DIRECT = 16 * 1024, /* so much is received into the user's memory */
};

/* What is gathered: data[begin, end). */
struct cd_gather {
    struct cd_gather *next;
    unsigned begin, end;
    char data[CD_GATHER];
};

struct cd_net {
    struct cd_buffer *buffers;
    struct cd_gather *gathers;
    unsigned free_buffers, free_gathers;
    struct cd_list gathered; /* streams */
};

/* The loop has l->net: 0 or -ENOMEM. */
int cd_net_open(struct cd_loop *l);

char *cd_buffer_take(struct cd_loop *l);
void cd_buffer_give(struct cd_loop *l, char *buf);
struct cd_gather *cd_gather_take(struct cd_loop *l);
void cd_gather_give(struct cd_loop *l, struct cd_gather *g);

#endif
