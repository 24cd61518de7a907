/* SPDX-License-Identifier: MIT
 *
 * stack.c - memory for coroutines to run on.
 *
 * Stacks are slots of regions (region.h), opened in order as they are needed
 * and never unmapped; a stack's head is at the top of its slot.
 *
 * A stack given back goes to a list of the thread, last in, first out,
 * because its pages are warm.  Beyond CD_STACKS_KEPT it loses its pages and
 * goes to the process, which lends to all threads: at once outside of a loop;
 * in one when the loop ends, or has nothing else to do and the stack was free
 * for a second, because a program that has had a million tasks is likely to
 * have them again, and its pages cost more than those tasks.
 *
 * Stacks are not zeroed between uses, and never grow: a moved stack would
 * break every pointer into it.
 */
#include "ctx/stack.h"

#include "base/memory.h"
#include "ctx/ballast.h"
#include "ctx/limit.h"
#include "ctx/overflow.h"
#include "ctx/ration.h"
#include "ctx/region.h"
#include "ctx/valgrind.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    FINE = CD_GUARD,      /* sizes up to FINE_MAX are multiples of this, */
    FINE_MAX = 64 * 1024, /* larger ones are powers of two */
    FINE_CLASSES = FINE_MAX / FINE
};
static const size_t first_region = (size_t)256 << 20;
static const size_t largest_region = (size_t)64 << 30;

/* Stacks of one size, shared by all threads; all under the lock. */
static struct stack_class {
    pthread_mutex_t lock;
    struct cd_stack *warm;  /* given back by threads that ended */
    struct cd_stack **cold; /* without pages: listed apart, so that being
                               free costs them none */
    size_t ncold, cold_size;
    struct cd_region *region; /* slots are opened from here */
    size_t next_region;       /* bytes of the next reservation */
    size_t taken;             /* slots ever opened, for messages */
} classes[CD_STACK_CLASSES] = {
    [0 ... CD_STACK_CLASSES - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

_Thread_local struct cd_stacks cd_stacks;
static atomic_uint threads; /* that are ready */

/* What a thread's last refused take ran into. */
static _Thread_local struct {
    size_t open;
    int err;
    enum cd_short lack;
} refused;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;

size_t cede_stack_default(void)
{
#if defined(CD_FIBERS) || !defined(NDEBUG)
    return (size_t)256 * 1024;
#else
    return (size_t)64 * 1024;
#endif
}

int cd_stack_class(size_t size)
{
    if (size == 0)
        size = cede_stack_default();
    if (size <= FINE_MAX)
        return (int)((size - 1) / FINE);
    int c = FINE_CLASSES;
    while (c < CD_STACK_CLASSES && cd_stack_class_size((unsigned)c) < size)
        c++;
    return c < CD_STACK_CLASSES && size <= (size_t)1 << 30 ? c : -EINVAL;
}

size_t cd_stack_class_size(unsigned c)
{
    if (c < FINE_CLASSES)
        return (c + 1) * (size_t)FINE;
    return (size_t)FINE_MAX << (c - FINE_CLASSES + 1);
}

/* ---- opening slots, under the lock of their class ---------------------- */

static struct cd_stack *refuse(const struct stack_class *k, enum cd_short lack)
{
    refused.open = k->taken;
    refused.err = errno;
    refused.lack = lack;
    if (lack == CD_SHORT_OF_MEMORY || lack == CD_SHORT_OF_MAPPINGS)
        cd_ballast_drop();
    return NULL;
}

/* The head of a stack without pages: its first. */
static struct cd_stack *new_head(struct cd_stack *s, unsigned size_class)
{
    s->lo = cd_region_lo(s);
    s->size_class = size_class;
    s->fresh = true;
    return s;
}

/* Where the next slot of a class is; NULL without address space. */
static struct cd_region *region_of(struct stack_class *k, size_t slot)
{
    if (k->region && k->region->used < k->region->slots)
        return k->region;
    size_t wish = k->next_region > first_region ? k->next_region : first_region;
    struct cd_region *r = cd_region_reserve(wish, slot);
    if (!r)
        return NULL;
    size_t next = r->slots * slot * 2;
    k->next_region = next < largest_region ? next : largest_region;
    return k->region = r;
}

/* Have the next slot of a class open. */
static enum cd_short open_next(struct stack_class *k, size_t slot)
{
    if (!k->region || k->region->used == k->region->opened) {
        enum cd_short lack = cd_ballast_hold(!cd_guards_are_free());
        if (lack)
            return lack;
    }
    struct cd_region *r = region_of(k, slot);
    return r ? cd_region_open(r) : CD_SHORT_OF_MEMORY;
}

static struct cd_stack *open_slot(struct stack_class *k, unsigned size_class)
{
    enum cd_short lack =
        open_next(k, cd_stack_class_size(size_class) + CD_GUARD);
    if (lack) {
        cd_limit_settle();
        return refuse(k, lack);
    }
    struct cd_region *r = k->region;
    k->taken++;
    struct cd_stack *s = new_head(cd_region_stack(r, r->used++), size_class);
    cd_valgrind_opened(s, CD_GUARD);
    return s;
}

/* ---- lending between threads ------------------------------------------- */

static struct cd_stack *borrow(unsigned c)
{
    struct stack_class *k = &classes[c];
    pthread_mutex_lock(&k->lock);
    struct cd_stack *s = k->warm;
    if (s)
        k->warm = s->next;
    else if (!cd_limit_admits(cd_stack_class_size(c) + CD_GUARD))
        s = refuse(k, CD_SHORT_OF_GROUP); /* both of the others take pages */
    else
        s = k->ncold > 0 ? new_head(k->cold[--k->ncold], c) : open_slot(k, c);
    pthread_mutex_unlock(&k->lock);
    return s;
}

struct cd_stack *cd_stack_borrow(unsigned c)
{
    if (cd_refuse())
        return refuse(&classes[c], CD_SHORT_BY_TEST);
    int saved = errno;
    cd_stack_thread_init();
    struct cd_stack *s = cd_stacks.watched  ? cd_valgrind_take(c)
                         : cd_stacks.ration ? cd_ration_take(c)
                                            : NULL;
    if (!s)
        s = borrow(c);
    if (s && cd_stacks.watched)
        cd_valgrind_taken(s);
    errno = saved;
    return s;
}

static bool make_room(struct stack_class *k)
{
    if (k->ncold < k->cold_size)
        return true;
    size_t size = k->cold_size ? k->cold_size * 2 : 1024;
    struct cd_stack **more = realloc(k->cold, size * sizeof *more);
    if (!more)
        return false;
    k->cold = more;
    k->cold_size = size;
    return true;
}

/* Pages to be given to the kernel, of stacks that lie side by side: guards
 * between them stay what they are. */
struct pages {
    char *lo, *hi;
};

static void flush(struct pages *p)
{
    if (p->lo)
        madvise(p->lo, (size_t)(p->hi - p->lo), MADV_DONTNEED);
    p->lo = NULL;
}

static void add(struct pages *p, const struct cd_stack *s)
{
    char *lo = s->lo, *hi = lo + cd_stack_class_size(s->size_class);
    if (p->lo && lo == p->hi + CD_GUARD) {
        p->hi = hi;
    } else if (p->lo && hi + CD_GUARD == p->lo) {
        p->lo = lo;
    } else {
        flush(p);
        *p = (struct pages){lo, hi};
    }
}

/* Take the pages of a free stack and keep only its address. */
static void chill(struct stack_class *k, struct cd_stack *s, struct pages *p)
{
#ifdef CD_FIBERS
    cd_fiber_forget(&s->fiber);
#endif
    if (make_room(k)) {
        cd_stack_settle(s);
        k->cold[k->ncold++] = s;
        add(p, s);
    } else {
        s->next = k->warm;
        k->warm = s;
    }
}

/* The calling thread's first n free stacks go to the process. */
static void chill_first(unsigned c, unsigned n)
{
    int saved = errno;
    struct stack_class *k = &classes[c];
    struct pages pages = {NULL, NULL};
    cd_stacks.count[c] -= n;
    pthread_mutex_lock(&k->lock);
    for (; n > 0; n--) {
        struct cd_stack *s = cd_stacks.free[c];
        cd_stacks.free[c] = s->next;
        chill(k, s, &pages);
    }
    flush(&pages);
    pthread_mutex_unlock(&k->lock);
    errno = saved;
}

bool cd_stack_surplus(struct cd_stack *s)
{
    if (cd_stacks.watched)
        cd_valgrind_give(s);
    else if (cd_stacks.ration)
        cd_ration_give(s);
    else
        chill_first(s->size_class, 1); /* not s: its caller may stand on it */
    return cd_stacks.watched || cd_stacks.ration;
}

/* ---- letting go -------------------------------------------------------- */

static unsigned surplus(unsigned c)
{
    unsigned count = cd_stacks.count[c], kept = cd_stacks.reserved[c];
    if (kept < CD_STACKS_KEPT)
        kept = CD_STACKS_KEPT;
    return count > kept ? count - kept : 0;
}

void cd_stack_look(struct cd_stack_watch *w)
{
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++)
        if (w->unmissed[c] > surplus(c))
            w->unmissed[c] = surplus(c);
}

static void begin_watch(struct cd_stack_watch *w, cede_time now)
{
    w->until = now + CEDE_SEC;
    w->on = false;
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++) {
        w->unmissed[c] = surplus(c);
        w->on |= w->unmissed[c] > 0;
    }
}

/* Let at most n of each class go; true: there are more. */
static bool let_go(struct cd_stack_watch *w, unsigned n)
{
    bool more = false;
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++) {
        unsigned some = w->unmissed[c] < n ? w->unmissed[c] : n;
        if (some > 0)
            chill_first(c, some);
        w->unmissed[c] -= some;
        more |= w->unmissed[c] > 0;
    }
    return more;
}

/* No class has more than is kept anyway: every sleep of a loop asks, so all
 * counts are looked at in a few instructions. */
static bool all_modest(void)
{
    unsigned bits = 0;
    static_assert((CD_STACKS_KEPT & (CD_STACKS_KEPT - 1)) == 0,
                  "a count below a power of two has none of the bits above");
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++)
        bits |= cd_stacks.count[c];
    return bits < CD_STACKS_KEPT;
}

cede_time cd_stack_trim(struct cd_stack_watch *w, cede_time now)
{
    enum { SOME = 64 }; /* some tens of microseconds */
    if (!w->on && all_modest())
        return CEDE_NEVER;
    if (!w->on) {
        begin_watch(w, now);
    } else if (now >= w->until) {
        cd_stack_look(w);
        if (let_go(w, SOME))
            return now;
        begin_watch(w, now);
    }
    return w->on ? w->until : CEDE_NEVER;
}

void cd_stack_hoard(bool on)
{
    if (cd_stacks.watched || cd_stacks.ration)
        return;
    cd_stacks.keep = on ? UINT_MAX : CD_STACKS_KEPT;
    if (on)
        return;
    struct cd_stack_watch all;
    begin_watch(&all, 0);
    let_go(&all, UINT_MAX);
}

/* A thread ends: its stacks go to the process. */
static void thread_end(void *unused)
{
    (void)unused;
    if (cd_stacks.watched)
        cd_valgrind_unwatch();
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++)
        if (cd_stacks.free[c])
            chill_first(c, cd_stacks.count[c]);
    cd_overflow_thread_end();
    cd_stacks.ready = false;
    threads--;
}

/* A fork while another thread borrows would leave the child a lock that
 * nobody opens. */
static void lock_all(void)
{
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++)
        pthread_mutex_lock(&classes[c].lock);
    cd_limit_lock();
}

static void unlock_all(void)
{
    cd_limit_unlock();
    for (unsigned c = CD_STACK_CLASSES; c-- > 0;)
        pthread_mutex_unlock(&classes[c].lock);
}

/* The child has one thread, and none of the tasks that stacks are promised
 * to. */
static void forked(void)
{
    unlock_all();
    threads = cd_stacks.ready;
    memset(cd_stacks.reserved, 0, sizeof cd_stacks.reserved);
}

static void process_init(void)
{
    cd_region_init();
#ifdef CD_FIBERS
    cd_fiber_init();
#endif
    cd_overflow_init();
    pthread_atfork(lock_all, unlock_all, forked);
    pthread_key_create(&thread_key, thread_end);
}

void cd_stack_thread_init(void)
{
    if (cd_stacks.ready)
        return;
    pthread_once(&once, process_init);
    pthread_setspecific(thread_key, &cd_stacks);
    cd_overflow_thread_init();
    cd_stacks.keep = CD_STACKS_KEPT;
    if (cd_valgrind_runs())
        cd_valgrind_watch();
    cd_stacks.ready = true;
    threads++;
}

bool cd_stack_quiet(void)
{
    return threads == cd_stacks.ready &&
           !cd_region_find(__builtin_frame_address(0));
}

/* ---- what is known of one ---------------------------------------------- */

static void explain_mappings(char *buf, size_t size)
{
    snprintf(buf, size,
             "no more mappings for another stack (%zu of this size are open, "
             "and each takes two on this kernel): raise vm.max_map_count, "
             "e.g. sysctl -w vm.max_map_count=%zu",
             refused.open, refused.open * 8 + 65530);
}

static void explain_memory(char *buf, size_t size)
{
    snprintf(buf, size,
             "no memory for another stack (%zu of this size are open): %s; "
             "see ulimit -v, ulimit -d and vm.overcommit_memory",
             refused.open, cede_strerror(-refused.err));
}

static void explain_group(char *buf, size_t size)
{
    char limit[256];
    cd_limit_explain(limit, sizeof limit);
    snprintf(buf, size,
             "no memory for another stack (%zu of this size are open): %s",
             refused.open, limit);
}

void cd_stack_explain(char *buf, size_t size)
{
    if (refused.lack == CD_SHORT_OF_MAPPINGS)
        explain_mappings(buf, size);
    else if (refused.lack == CD_SHORT_OF_GROUP)
        explain_group(buf, size);
    else if (refused.lack == CD_SHORT_BY_TEST)
        snprintf(buf, size, "no stack, as a test wanted it");
    else
        explain_memory(buf, size);
}

static size_t count_class(struct stack_class *k)
{
    pthread_mutex_lock(&k->lock);
    size_t n = k->taken - k->ncold;
    for (const struct cd_stack *s = k->warm; s; s = s->next)
        n--;
    pthread_mutex_unlock(&k->lock);
    return n;
}

size_t cd_stack_count(void)
{
    size_t n = 0;
    for (unsigned c = 0; c < CD_STACK_CLASSES; c++)
        n += count_class(&classes[c]) - cd_stacks.count[c];
    return n - cd_ration_count() - cd_valgrind_count();
}

size_t cd_stack_used(const struct cd_stack *s)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = cd_stack_class_size(s->size_class);
    unsigned char resident[256];
    for (size_t at = 0; at < size; at += sizeof resident * page) {
        size_t part = size - at < sizeof resident * page
                          ? size - at
                          : sizeof resident * page;
        if (mincore(s->lo + at, part, resident) < 0)
            return 0;
        for (size_t i = 0; i < part / page; i++)
            if (resident[i] & 1)
                return size - at - i * page;
    }
    return 0;
}
