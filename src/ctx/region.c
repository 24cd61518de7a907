/* SPDX-License-Identifier: MIT
 *
 * region.c - address space reserved for stacks, and cut into equal slots.
 *
 *     | guard 16 KiB | usable ............... first frame | head | color |
 *
 * A region is reserved without access.  Its slots are opened in order as they
 * are needed and never unmapped.
 *
 * The color shifts heads by multiples of 128 bytes from slot to slot, or the
 * tops of all stacks would compete for the same few lines of the first-level
 * cache.
 *
 * Guards are MADV_GUARD_INSTALL (Linux 6.13), which costs neither a mapping
 * nor memory; whether it really works is probed once, because emulators
 * accept it and do nothing.  Where it does not, the guard simply stays
 * without access, which costs two mappings a stack and ends near half of
 * vm.max_map_count.  A guard is 16 KiB wide; a frame larger than that jumps
 * over it unless compiled with -fstack-clash-protection.  On other processors
 * than x86 it is 64 KiB wide: their pages may be, and their compilers touch a
 * frame in such steps, if at all.
 */
#include "ctx/region.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum {
    REGIONS = 1024,
    COLORS = 16,
    COLOR_STEP = 128,
    CHUNK = 64 /* slots opened by one system call */
};

static struct cd_region regions[REGIONS];
static atomic_size_t nregions; /* entries below it are complete: stored with
                                  release in add, read with acquire in find */
static bool guards_install;    /* MADV_GUARD_INSTALL works here */

/* ---- guards ------------------------------------------------------------ */

/* Does a guard that was installed without complaint stop the kernel's own
 * access?  Asked of the kernel, which answers EFAULT where we would die. */
void cd_region_init(void)
{
#ifdef CD_PLAIN_GUARDS
    return; /* as on kernels that have none: for the tests */
#endif
    int fds[2];
    void *page = mmap(NULL, CD_GUARD, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    if (madvise(page, CD_GUARD, MADV_GUARD_INSTALL) == 0 && pipe(fds) == 0) {
        guards_install = write(fds[1], page, 1) < 0;
        close(fds[0]);
        close(fds[1]);
    }
    munmap(page, CD_GUARD);
}

bool cd_guards_are_free(void)
{
    return guards_install;
}

/* ---- the table --------------------------------------------------------- */

/* Enter a region into the table; NULL when that is full. */
static struct cd_region *add(void *base, size_t size, size_t slot)
{
    static atomic_size_t reserved;
    size_t i = atomic_fetch_add(&reserved, 1);
    if (i >= REGIONS)
        return NULL;
    regions[i] =
        (struct cd_region){.base = base, .slot = slot, .slots = size / slot};
    size_t expected = i;
    while (!atomic_compare_exchange_weak_explicit(&nregions, &expected, i + 1,
                                                  memory_order_release,
                                                  memory_order_relaxed))
        expected = i; /* another class is about to publish its own */
    return &regions[i];
}

void cd_region_each(void (*fn)(struct cd_stack *s))
{
    size_t n = atomic_load_explicit(&nregions, memory_order_acquire);
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at < regions[i].used; at++) {
            struct cd_stack *s = cd_region_stack(&regions[i], at);
            if (s->owner)
                fn(s);
        }
}

const struct cd_region *cd_region_find(const char *address)
{
    size_t n = atomic_load_explicit(&nregions, memory_order_acquire);
    for (size_t i = 0; i < n; i++) {
        const struct cd_region *r = &regions[i];
        if (address >= r->base && address < r->base + r->slots * r->slot)
            return r;
    }
    return NULL;
}

/* ---- reserving and opening --------------------------------------------- */

/* An address space that is limited is the program's as well. */
static size_t modest(size_t wish)
{
    struct rlimit space;
    return getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur / 8 < wish
               ? (size_t)space.rlim_cur / 8
               : wish;
}

/* As much address space as the limits allow, a slot at least; its size. */
static void *reserve(size_t *size, size_t slot)
{
    for (; *size >= slot; *size /= 2) {
        *size -= *size % slot;
        void *base = mmap(NULL, *size, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base != MAP_FAILED)
            return base;
    }
    return NULL;
}

struct cd_region *cd_region_reserve(size_t size, size_t slot)
{
    size = modest(size);
    if (size < slot)
        size = slot;
    void *base = reserve(&size, slot);
    if (!base)
        return NULL;
    /* A huge page would make every stack cost two MiB. */
    madvise(base, size, MADV_NOHUGEPAGE);
    struct cd_region *r = add(base, size, slot);
    if (!r) {
        munmap(base, size);
        errno = ENOMEM;
    }
    return r;
}

/* Give the next slots of r access: all of them at once where guards are
 * installed later, else one, and not to its guard. */
static bool open_chunk(struct cd_region *r)
{
    size_t left = r->slots - r->opened;
    size_t n = !guards_install ? 1 : left < CHUNK ? left : CHUNK;
    for (; n > 0; n /= 2) {
        char *from = r->base + r->opened * r->slot;
        size_t size = n * r->slot;
        if (!guards_install) {
            from += CD_GUARD;
            size -= CD_GUARD;
        }
        if (mprotect(from, size, PROT_READ | PROT_WRITE) == 0) {
            r->opened += n;
            return true;
        }
    }
    return false;
}

/* Why the next slot could not be opened, where that takes mappings.  Reading
 * takes as many, and no memory. */
static enum cd_short lacking(const struct cd_region *r)
{
    char *slot = r->base + r->opened * r->slot;
    size_t size = r->slot - CD_GUARD;
    if (mprotect(slot + CD_GUARD, size, PROT_READ) < 0)
        return CD_SHORT_OF_MAPPINGS;
    mprotect(slot + CD_GUARD, size, PROT_NONE);
    return CD_SHORT_OF_MEMORY;
}

enum cd_short cd_region_open(struct cd_region *r)
{
    if (r->used == r->opened && !open_chunk(r))
        return guards_install ? CD_SHORT_OF_MEMORY : lacking(r);
    char *slot = r->base + r->used * r->slot;
    return guards_install && madvise(slot, CD_GUARD, MADV_GUARD_INSTALL) < 0
               ? CD_SHORT_OF_MEMORY
               : CD_SHORT_OF_NOTHING;
}

/* ---- what lies where --------------------------------------------------- */

static size_t color_of(size_t index)
{
    return index % COLORS * COLOR_STEP;
}

struct cd_stack *cd_region_stack(const struct cd_region *r, size_t index)
{
    char *top = r->base + (index + 1) * r->slot;
    size_t head = (sizeof(struct cd_stack) + 63) & ~(size_t)63;
    return (struct cd_stack *)(void *)(top - head - color_of(index));
}

const struct cd_stack *cd_region_stack_of(const void *inside)
{
    const char *address = inside;
    const struct cd_region *r = cd_region_find(address);
    return r ? cd_region_stack(r, (size_t)(address - r->base) / r->slot) : NULL;
}

char *cd_region_lo(const void *inside)
{
    const struct cd_region *r = cd_region_find(inside);
    size_t index = (size_t)((const char *)inside - r->base) / r->slot;
    return r->base + index * r->slot + CD_GUARD;
}
