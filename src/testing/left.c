/* SPDX-License-Identifier: MIT
 *
 * left.c - what a run leaves behind.
 *
 * The heap is measured as a whole, by who runs it: a sanitizer, else glibc;
 * other C libraries do not tell.  Generators are not counted: a suspended one
 * has a stack, and one that is over has memory.
 */
#include "testing/left.h"
#include "coro/coro.h"
#include "ctx/region.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33)
#define HEAP_KNOWN 1
#endif
#endif

#ifdef HEAP_KNOWN
/* A thread keeps some free blocks of each small size (7, or 16 in newer
 * versions; up to 1 KiB), which count as used: a leak that takes one of them
 * would not show.  So let all that it keeps be there whenever we measure. */
static void fill_caches(void)
{
    enum { KEPT = 16, STEP = 16, LARGEST = 1032 };
    void *volatile kept[KEPT];
    for (size_t size = STEP + 8; size <= LARGEST; size += STEP) {
        for (int i = 0; i < KEPT; i++)
            kept[i] = malloc(size);
        for (int i = 0; i < KEPT; i++)
            free(kept[i]);
    }
}

static size_t used_by_glibc(void)
{
    fill_caches();
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
#else
static size_t used_by_glibc(void)
{
    return 0;
}
#endif

static size_t heap_bytes(void)
{
    return __sanitizer_get_current_allocated_bytes
               ? __sanitizer_get_current_allocated_bytes()
               : used_by_glibc();
}

static size_t open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return 0;
    size_t n = 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

void cd_left_measure(struct cd_left *now)
{
    *now = (struct cd_left){.descriptors = open_descriptors(),
                            .stacks = cd_stack_count()};
    now->bytes = heap_bytes();
}

static size_t beyond(size_t now, size_t before, size_t most)
{
    size_t more = now > before ? now - before : 0;
    return more < most ? more : most;
}

bool cd_left_more(struct cd_left *each, const struct cd_left *before)
{
    struct cd_left now;
    cd_left_measure(&now);
    each->bytes = beyond(now.bytes, before->bytes, each->bytes);
    each->descriptors =
        beyond(now.descriptors, before->descriptors, each->descriptors);
    each->stacks = beyond(now.stacks, before->stacks, each->stacks);
    return each->bytes || each->descriptors || each->stacks;
}

/* ---- saying so --------------------------------------------------------- */

static _Thread_local const struct cd_stack *any;

static void find_any(struct cd_stack *s)
{
    any = s;
}

/* One of those whose stacks are in use, as far as it can be looked at. */
static void describe_stacks(size_t n, char *buf, size_t size)
{
    any = NULL;
    if (cd_stack_quiet())
        cd_region_each(find_any);
    if (any)
        snprintf(buf, size, "%zu stacks (one of %s '%s'), ", n, any->kind,
                 *any->owner);
    else
        snprintf(buf, size, "%zu stacks, ", n);
}

void cd_left_describe(const struct cd_left *more, char *buf, size_t size)
{
    char stacks[160] = "", descriptors[40] = "", bytes[40] = "";
    if (more->stacks)
        describe_stacks(more->stacks, stacks, sizeof stacks);
    if (more->descriptors)
        snprintf(descriptors, sizeof descriptors, "%zu descriptors, ",
                 more->descriptors);
    if (more->bytes)
        snprintf(bytes, sizeof bytes, "%zu bytes of memory, ", more->bytes);
    snprintf(buf, size, "%s%s%s", stacks, descriptors, bytes);
    size_t end = strlen(buf);
    if (end >= 2)
        buf[end - 2] = '\0';
}
