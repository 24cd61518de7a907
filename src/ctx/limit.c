/* SPDX-License-Identifier: MIT
 *
 * limit.c - how many more stacks the control group has memory for.
 *
 * A control group's memory limit is the one that no system call reports: the
 * kernel ends the process when it touches a page too many.  So before stacks
 * get their first page we ask how much of the limit is left, in our group and
 * in those above it, and refuse when it is less than a sixteenth, which is for
 * what the program and the tasks need besides.  A stack that nothing has run
 * on yet counts as two pages, for it is about to grow.
 *
 * Asking means reading some files, about 50 us.  So an answer admits an eighth
 * of what it found, up to 64 MiB: the nearer the limit, the more often we ask.
 * The first MiB is never asked for.
 *
 * It is a heuristic.  What is reclaimed in time counts as free: the page
 * cache, but not swap, where stacks are of no use.  A program whose tasks touch
 * much more later than when they were started is still ended by the kernel.
 *
 * Both versions of the interface are read, where systems mount them by
 * convention; elsewhere, and on systems without it, nothing is refused.
 */
#include "ctx/limit.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096, TABLES = 512, CHUNK = 64 };

static const uint64_t none = UINT64_MAX;
static const uint64_t unlimited = (uint64_t)1 << 62; /* and what is above */
static const uint64_t most_at_once = (uint64_t)64 << 20;

static const struct version {
    const char *under, *limit, *usage, *inactive, *active;
} v1 = {"/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
        "\ntotal_inactive_file ", "\ntotal_active_file "},
  v2 = {"", "memory.max", "memory.current", "\ninactive_file ",
        "\nactive_file "};

/* All under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t allowance = (uint64_t)1 << 20;
static uint64_t fresh;  /* stacks that nothing has run on yet */
static char text[8192]; /* here, for tasks have small stacks */
static char dir[PATH_MAX], path[PATH_MAX + 32];
static struct {
    char file[160];
    uint64_t limit, left;
} nearest;

void cd_limit_lock(void)
{
    pthread_mutex_lock(&lock);
}

void cd_limit_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

/* The contents of a file into text, behind a newline; false: there is none. */
static bool slurp(const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text + 1, sizeof text - 2);
    close(fd);
    text[0] = '\n';
    text[n > 0 ? n + 1 : 1] = '\0';
    return n > 0;
}

/* What follows key in text; none: nothing, or no number. */
static uint64_t number_after(const char *key)
{
    const char *at = strstr(text, key);
    char *end = NULL;
    uint64_t n = at ? strtoull(at + strlen(key), &end, 10) : none;
    return end && *end == '\n' ? n : none;
}

static uint64_t number_in(const char *file)
{
    snprintf(path, sizeof path, "%s/%s", dir, file);
    return slurp(path) ? number_after("\n") : none;
}

/* Bytes of the page cache, which is given up before anybody is ended. */
static uint64_t cached(const struct version *v)
{
    (void)number_in("memory.stat");
    uint64_t inactive = number_after(v->inactive);
    uint64_t active = number_after(v->active);
    return (inactive == none ? 0 : inactive) + (active == none ? 0 : active);
}

/* The limit of the group in dir, if it is nearer than those seen so far. */
static void consider(const struct version *v)
{
    uint64_t limit = number_in(v->limit);
    if (limit >= unlimited)
        return;
    uint64_t used = number_in(v->usage), most = limit - limit / 16;
    uint64_t free = cached(v);
    used = used == none || used < free ? 0 : used - free;
    uint64_t left = used < most ? most - used : 0;
    if (left >= nearest.left)
        return;
    nearest.left = left;
    nearest.limit = limit;
    snprintf(nearest.file, sizeof nearest.file, "%.120s/%s", dir, v->limit);
}

/* Our group's path, in text; NULL if there is none. */
static char *own_group(const struct version **v)
{
    char *at = strstr(text, ":memory:");
    *v = at ? &v1 : &v2;
    at = at ? at + strlen(":memory:") : strstr(text, "\n0::");
    if (at && *at == '\n')
        at += strlen("\n0::");
    if (at)
        at[strcspn(at, "\n")] = '\0';
    return at;
}

uint64_t cd_limit_room(const char *self, const char *root)
{
    const struct version *v;
    const char *group = slurp(self) ? own_group(&v) : NULL;
    nearest.left = none;
    if (!group)
        return none;
    int n = snprintf(dir, sizeof dir, "%s%s%s", root, v->under, group);
    if (n < 0 || (size_t)n >= sizeof dir)
        return none;
    /* Upwards.  A container may see a path of which only the top exists. */
    size_t top = strlen(root) + strlen(v->under);
    while (strlen(dir) > top) {
        consider(v);
        *strrchr(dir, '/') = '\0';
    }
    consider(v);
    return nearest.left;
}

/* How much to admit before asking again. */
static uint64_t ask(uint64_t cost)
{
    uint64_t left = cd_limit_room("/proc/self/cgroup", "/sys/fs/cgroup");
    left -= left < fresh * PAGE ? left : fresh * PAGE;
    uint64_t part = left / 8 < most_at_once ? left / 8 : most_at_once;
    if (part >= cost * CHUNK)
        return part;
    return left >= cost * CHUNK ? cost * CHUNK : 0;
}

bool cd_limit_admits(size_t slot)
{
    uint64_t cost = PAGE + slot / TABLES;
    pthread_mutex_lock(&lock);
    if (allowance < cost)
        allowance = ask(cost);
    bool admits = allowance >= cost;
    if (admits) {
        allowance -= cost;
        fresh++;
    }
    pthread_mutex_unlock(&lock);
    return admits;
}

void cd_limit_settle(void)
{
    pthread_mutex_lock(&lock);
    fresh--;
    pthread_mutex_unlock(&lock);
}

void cd_limit_explain(char *buf, size_t size)
{
    pthread_mutex_lock(&lock);
    snprintf(buf, size,
             "%s is %llu, and nearly used up: raise it, or wait for tasks to "
             "end",
             nearest.file, (unsigned long long)nearest.limit);
    pthread_mutex_unlock(&lock);
}
