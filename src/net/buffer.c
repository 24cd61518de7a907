/* SPDX-License-Identifier: MIT
 *
 * buffer.c - the blocks that a loop's streams share.
 *
 * Built for AddressSanitizer none is kept, so that it finds who uses what was
 * lent out longer than it may.
 */
#include "net/buffer.h"
#include "base/memory.h"

#include <sys/mman.h>

#ifdef CD_ASAN
enum { BUFFERS_KEPT = 0, GATHERS_KEPT = 0 };
#else
enum { BUFFERS_KEPT = 16, GATHERS_KEPT = 64 };
#endif

struct cd_buffer {
    struct cd_buffer *next;
};

/* The large ones are the kernel's, as the C library's own threshold for that
 * moves up with each that is given back, and then they break up its heap. */
#ifdef CD_ASAN
static char *make_buffer(void)
{
    return cd_malloc(CD_BUFFER + 1);
}

static void free_buffer(void *buf)
{
    free(buf);
}
#else
static char *make_buffer(void)
{
    if (cd_refuse())
        return NULL;
    int saved = errno;
    void *buf = mmap(NULL, CD_BUFFER + 1, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cd_errno_restore(saved);
    return buf == MAP_FAILED ? NULL : buf;
}

static void free_buffer(void *buf)
{
    int saved = errno;
    munmap(buf, CD_BUFFER + 1);
    cd_errno_restore(saved);
}
#endif

static void net_end(struct cd_loop *l)
{
    struct cd_net *net = l->net;
    while (net->buffers) {
        struct cd_buffer *next = net->buffers->next;
        free_buffer(net->buffers);
        net->buffers = next;
    }
    while (net->gathers) {
        struct cd_gather *next = net->gathers->next;
        free(net->gathers);
        net->gathers = next;
    }
    /* Streams may be closed later still. */
    while (cd_list_take(&net->gathered))
        ;
    free(net);
    l->net = NULL;
}

int cd_net_open(struct cd_loop *l)
{
    if (l->net)
        return 0;
    struct cd_net *net = cd_zalloc(sizeof *net);
    if (!net)
        return -ENOMEM;
    cd_list_init(&net->gathered);
    l->net = net;
    l->at_end = net_end;
    return 0;
}

static bool is_room(unsigned n, unsigned most)
{
    return n < most;
}

char *cd_buffer_take(struct cd_loop *l)
{
    struct cd_buffer *b = l->net->buffers;
    if (!b)
        return make_buffer();
    l->net->buffers = b->next;
    l->net->free_buffers--;
    return (char *)b;
}

void cd_buffer_give(struct cd_loop *l, char *buf)
{
    struct cd_buffer *b = (struct cd_buffer *)(void *)buf;
    if (!l->net || !is_room(l->net->free_buffers, BUFFERS_KEPT)) {
        free_buffer(buf);
        return;
    }
    b->next = l->net->buffers;
    l->net->buffers = b;
    l->net->free_buffers++;
}

struct cd_gather *cd_gather_take(struct cd_loop *l)
{
    struct cd_gather *g = l->net->gathers;
    if (g) {
        l->net->gathers = g->next;
        l->net->free_gathers--;
    } else if (!(g = cd_malloc(sizeof *g))) {
        return NULL;
    }
    g->begin = g->end = 0;
    return g;
}

void cd_gather_give(struct cd_loop *l, struct cd_gather *g)
{
    if (!l->net || !is_room(l->net->free_gathers, GATHERS_KEPT)) {
        free(g);
        return;
    }
    g->next = l->net->gathers;
    l->net->gathers = g;
    l->net->free_gathers++;
}
