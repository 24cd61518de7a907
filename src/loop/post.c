/* SPDX-License-Identifier: MIT
 *
 * post.c - taking and giving back what posts are made of.
 *
 * Giving back goes by bundles, because each change of the list's head takes it
 * away from whoever is about to post.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "loop/post.h"

#include <errno.h>
#include <sys/mman.h>

enum { BUNDLE = 32, FIRST_BITS = 6 };
static_assert(CD_POST_FIRST == 1 << FIRST_BITS, "a power of two");
static_assert(sizeof(struct cd_post) == 64, "a cache line");

static const uint64_t change = UINT64_C(1) << 32;

/* ---- chunks ------------------------------------------------------------ */

static size_t size_of(unsigned chunk)
{
    return ((size_t)CD_POST_FIRST << chunk) * sizeof(struct cd_post);
}

/* Which chunk an index is in, and which of its nodes that is. */
static unsigned find(uint32_t index, uint32_t *at)
{
    uint32_t i = index - 1 + CD_POST_FIRST;
    unsigned chunk = 31 - (unsigned)__builtin_clz(i) - FIRST_BITS;
    *at = i - ((uint32_t)CD_POST_FIRST << chunk);
    return chunk;
}

static struct cd_post *map(unsigned chunk)
{
    int saved = errno;
    void *memory = mmap(NULL, size_of(chunk), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    errno = saved;
    return memory == MAP_FAILED ? NULL : memory;
}

static void unmap(struct cd_post *p, unsigned chunk)
{
    int saved = errno;
    munmap(p, size_of(chunk));
    errno = saved;
}

/* The chunk is there when this is over, whoever made it; false: no memory. */
static bool need(struct cd_posts *all, unsigned chunk)
{
    if (chunk >= CD_POST_CHUNKS)
        return false;
    struct cd_post *there = atomic_load(&all->chunks[chunk]);
    if (there)
        return true;
    struct cd_post *mine = map(chunk);
    if (!mine)
        return false;
    if (!atomic_compare_exchange_strong(&all->chunks[chunk], &there, mine))
        unmap(mine, chunk);
    return true;
}

static struct cd_post *node(struct cd_posts *all, uint32_t index)
{
    uint32_t at;
    unsigned chunk = find(index, &at);
    return atomic_load_explicit(&all->chunks[chunk], memory_order_acquire) + at;
}

/* One that was never used. */
static struct cd_post *take_fresh(struct cd_posts *all)
{
    unsigned used = atomic_load(&all->used);
    uint32_t at;
    do {
        if (!need(all, find(used + 1, &at)))
            return NULL;
    } while (!atomic_compare_exchange_weak(&all->used, &used, used + 1));
    struct cd_post *p = node(all, used + 1);
    p->index = used + 1;
    return p;
}

/* ---- the list ---------------------------------------------------------- */

struct cd_post *cd_post_take(struct cd_posts *all)
{
    uint64_t head = atomic_load_explicit(&all->free, memory_order_acquire);
    struct cd_post *p;
    uint64_t next;
    do {
        if ((uint32_t)head == 0)
            return take_fresh(all);
        p = node(all, (uint32_t)head);
        next = atomic_load_explicit(&p->next, memory_order_relaxed);
        next |= (head & ~(change - 1)) + change;
    } while (!atomic_compare_exchange_weak_explicit(
        &all->free, &head, next, memory_order_acquire, memory_order_acquire));
    /* The loop's thread had it last, and we look at it first next time. */
    if ((uint32_t)next != 0)
        __builtin_prefetch(node(all, (uint32_t)next), 1);
    return p;
}

static void give_bundle(struct cd_posts *all)
{
    uint64_t head = atomic_load_explicit(&all->free, memory_order_relaxed);
    uint64_t first;
    do {
        atomic_store_explicit(&all->last->next, (uint32_t)head,
                              memory_order_relaxed);
        first = all->first->index | ((head & ~(change - 1)) + change);
    } while (!atomic_compare_exchange_weak_explicit(
        &all->free, &head, first, memory_order_release, memory_order_relaxed));
    all->n = 0;
}

void cd_post_give(struct cd_posts *all, struct cd_post *p)
{
    if (all->n++ == 0)
        all->last = p;
    else
        atomic_store_explicit(&p->next, all->first->index,
                              memory_order_relaxed);
    all->first = p;
    if (all->n == BUNDLE)
        give_bundle(all);
}

void cd_posts_free(struct cd_posts *all)
{
    for (unsigned i = 0; i < CD_POST_CHUNKS; i++)
        if (all->chunks[i])
            unmap(all->chunks[i], i);
}
