/* SPDX-License-Identifier: MIT
 *
 * valgrind.c - Valgrind's side of a stack; see valgrind.h.
 *
 * The requests are instructions that do nothing on a processor, and mean
 * something to Valgrind, which never runs them.
 */
#define _GNU_SOURCE /* pthread_getattr_np, gettid */
#include "ctx/valgrind.h"

#include "base/memory.h"
#include "ctx/region.h"

#ifdef CD_VALGRIND
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

static size_t usable(const struct cd_stack *s)
{
    return (size_t)((const char *)s - s->lo);
}

bool cd_valgrind_runs(void)
{
    return RUNNING_ON_VALGRIND;
}

void cd_valgrind_opened(const struct cd_stack *s, size_t guard)
{
    /* Else the search for leaks would try to read it. */
    (void)VALGRIND_MAKE_MEM_NOACCESS(s->lo - guard, guard + usable(s));
    (void)VALGRIND_STACK_REGISTER(s->lo, (const char *)s - 1);
}

/* The calling thread's own stack, for Valgrind knows the first one's only, and
 * this one may lie next to ours; 0: not needed. */
static unsigned register_own(void)
{
    pthread_attr_t attr;
    void *lo;
    size_t size;
    if (gettid() == getpid() || pthread_getattr_np(pthread_self(), &attr) != 0)
        return 0;
    pthread_attr_getstack(&attr, &lo, &size);
    pthread_attr_destroy(&attr);
    return VALGRIND_STACK_REGISTER(lo, (char *)lo + size - 1);
}

/* By class.  Not thread-local itself: of that memory there is little. */
static _Thread_local struct cd_stack **kept;
static _Thread_local unsigned own_stack;

void cd_valgrind_watch(void)
{
    kept = cd_zalloc(CD_STACK_CLASSES * sizeof *kept);
    if (!kept)
        return;
    cd_stacks.keep = 0;
    own_stack = register_own();
    cd_stacks.watched = true;
}

void cd_valgrind_unwatch(void)
{
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++) {
        cd_stacks.free[c] = kept[c];
        for (struct cd_stack *s = kept[c]; s; s = s->next)
            cd_stacks.count[c]++;
        kept[c] = NULL;
    }
    free(kept);
    kept = NULL;
    if (own_stack)
        VALGRIND_STACK_DEREGISTER(own_stack);
    cd_stacks.watched = false;
}

static void forbid(struct cd_stack *s)
{
    (void)VALGRIND_MAKE_MEM_NOACCESS(s->lo, usable(s));
}

struct cd_stack *cd_valgrind_take(unsigned size_class)
{
    struct cd_stack *s = kept[size_class];
    if (s)
        kept[size_class] = s->next;
    return s;
}

void cd_valgrind_give(struct cd_stack *s)
{
    if (s->copy) /* else the caller stands on it */
        forbid(s);
    s->next = kept[s->size_class];
    kept[s->size_class] = s;
}

size_t cd_valgrind_count(void)
{
    size_t n = 0;
    for (unsigned c = 0; kept && c < CD_STACK_CLASSES; c++)
        for (const struct cd_stack *s = kept[c]; s; s = s->next)
            n++;
    return n;
}

void cd_valgrind_taken(struct cd_stack *s)
{
    s->copy = NULL;
    (void)VALGRIND_MAKE_MEM_UNDEFINED(s->lo, usable(s));
}

/* ---- leaks ------------------------------------------------------------- */

/* The word can be read, and has a value. */
static bool is_known(const uintptr_t *word)
{
    uintptr_t unknown;
    return VALGRIND_GET_VBITS(word, &unknown, sizeof unknown) == 1 && !unknown;
}

static void settle(struct cd_stack *s)
{
    if (!s->copy)
        return;
    const uintptr_t *end = (void *)s, *at = (void *)s->lo;
    while (at < end && !is_known(at))
        at++;
    size_t n = (size_t)(end - at);
    uintptr_t *copy = *s->copy = calloc(n + 1, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++)
        if (is_known(at + i))
            copy[i] = at[i];
    forbid(s);
    s->owner = NULL; /* which points to the generator, too */
}

/* After everything else of the program, hence the number; unless another
 * thread might still go on. */
__attribute__((destructor(101))) static void settle_all(void)
{
    if (RUNNING_ON_VALGRIND && cd_stack_quiet())
        cd_region_each(settle);
}

#else

bool cd_valgrind_runs(void)
{
    return false;
}

void cd_valgrind_opened(const struct cd_stack *s, size_t guard)
{
    (void)s, (void)guard;
}

void cd_valgrind_watch(void)
{
}

void cd_valgrind_unwatch(void)
{
}

struct cd_stack *cd_valgrind_take(unsigned size_class)
{
    (void)size_class;
    return NULL;
}

void cd_valgrind_give(struct cd_stack *s)
{
    (void)s;
}

size_t cd_valgrind_count(void)
{
    return 0;
}

void cd_valgrind_taken(struct cd_stack *s)
{
    (void)s;
}

#endif
