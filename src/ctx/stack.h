/* SPDX-License-Identifier: MIT
 *
 * stack.h - memory for coroutines to run on.
 */
#ifndef CD_CTX_STACK_H
#define CD_CTX_STACK_H

#include "ctx/fiber.h"
#include "ctx/limit.h"

#include <cede/base.h>

#include <stdbool.h>

/* The head of a stack, at its top; the usable bytes lie below it, from lo.
 *
 * Free: in a list through next, owner NULL.  Taken: owner is what overflow
 * reports name, next is meaningless. */
struct cd_stack {
    struct cd_stack *next;
    char *lo;                 /* lowest usable byte; below it is the guard */
    const char *const *owner; /* whose stack: points to its name, or NULL */
    const char *kind;         /* "task" or "generator" */
    unsigned size_class;
    bool fresh;  /* nothing has run on it since it got its pages */
    void **copy; /* Valgrind: see cd_stack_tie; NULL: not tied */
#ifdef CD_FIBERS
    struct cd_fiber fiber;
#endif
};

enum { CD_STACK_CLASSES = 24 };

/* Where a first frame begins: right below the head, aligned to 16. */
static inline char *cd_stack_top(struct cd_stack *s)
{
    return (char *)((uintptr_t)s & ~(uintptr_t)15);
}

/* The class of stacks of at least size bytes (0: the default size); -EINVAL
 * beyond a GiB. */
int cd_stack_class(size_t size);

/* Bytes of the stacks of a class. */
size_t cd_stack_class_size(unsigned size_class);

/* A thread's own free stacks, last in, first out.
 *
 * Watched (Valgrind): `free` is empty and `keep` is 0, so that every take and
 * give comes to cd_stack_borrow and cd_stack_surplus.  Rationed (ration.h):
 * the same. */
struct cd_stacks {
    struct cd_stack *free[CD_STACK_CLASSES];
    unsigned count[CD_STACK_CLASSES];
    unsigned reserved[CD_STACK_CLASSES]; /* of count: promised to somebody */
    unsigned keep; /* beyond it, one given back makes another lose its pages */
    bool ready;    /* the thread can report overflows */
    bool watched;
    struct cd_ration *ration; /* see ration.h; NULL: not rationed */
};

extern _Thread_local struct cd_stacks cd_stacks
    __attribute__((tls_model("initial-exec")));

/* A stack from the calling thread's pool; NULL without memory. */
static inline struct cd_stack *cd_stack_take(unsigned size_class);

/* Have a stack that is free now kept for a take that must not fail; false:
 * there is none.  Every success is followed by one cd_stack_take_reserved, on
 * this thread, which finds whatever stack is warmest then. */
static inline bool cd_stack_reserve(unsigned size_class);
static inline struct cd_stack *cd_stack_take_reserved(unsigned size_class);
struct cd_stack *cd_stack_borrow(unsigned size_class);

/* Why this thread's last take found none: the limit that was hit, and how to
 * raise it. */
void cd_stack_explain(char *buf, size_t size);

/* Back to the calling thread's pool, which need not be the one it came from.
 * The caller may still stand on it: it is not touched again until the next
 * take on this thread. */
static inline void cd_stack_give(struct cd_stack *s);
/* The pool is full: makes room, or takes s elsewhere and says true. */
bool cd_stack_surplus(struct cd_stack *s);

/* A stack just taken belongs to a block of the heap, and whoever is on it will
 * give it back from outside: what it holds is alive only if somebody knows the
 * block.  *copy, in the block, is NULL, and for the leak checkers. */
static inline void cd_stack_tie(struct cd_stack *s, void **copy);

/* The caller runs on it, for the first time since it was taken. */
static inline void cd_stack_settle(struct cd_stack *s)
{
    if (cd_unlikely(s->fresh)) {
        s->fresh = false;
        cd_limit_settle();
    }
}

/* Bytes touched, in whole pages from the top. */
size_t cd_stack_used(const struct cd_stack *s);

/* How many stacks are in use; those that other threads keep count as well. */
size_t cd_stack_count(void);

/* Get the calling thread ready to report overflows and to keep stacks; again:
 * nothing. */
void cd_stack_thread_init(void);

/* No other thread has to do with stacks, and the caller is on none: it may
 * look at all of them. */
bool cd_stack_quiet(void);

enum { CD_STACKS_KEPT = 16384 }; /* of a class, warm, by an idle thread */

/* The thread is busy: it keeps every stack, as those it is given now it will
 * want again soon; and not any more. */
void cd_stack_hoard(bool on);

/* How many of each class, beyond CD_STACKS_KEPT and those promised, were free
 * whenever one looked: what nobody misses. */
struct cd_stack_watch {
    bool on; /* cd_stack_look is wanted, about once a turn */
    cede_time until;
    unsigned unmissed[CD_STACK_CLASSES];
};

/* The thread has a moment: let some go that it did not need for a second.
 * When it could use another moment; CEDE_NEVER. */
cede_time cd_stack_trim(struct cd_stack_watch *w, cede_time now);
void cd_stack_look(struct cd_stack_watch *w);

static inline struct cd_stack *cd_stack_take(unsigned c)
{
    struct cd_stack *s = cd_stacks.free[c];
    if (cd_likely(s && cd_stacks.count[c] > cd_stacks.reserved[c])) {
        cd_stacks.free[c] = s->next;
        cd_stacks.count[c]--;
    } else if (!(s = cd_stack_borrow(c))) {
        return NULL;
    }
#ifdef CD_FIBERS
    cd_fiber_open(&s->fiber, s->lo, (size_t)((char *)s - s->lo));
#endif
    return s;
}

static inline bool cd_stack_reserve(unsigned c)
{
    if (cd_stacks.watched || cd_stacks.count[c] <= cd_stacks.reserved[c])
        return false;
    cd_stacks.reserved[c]++;
    return true;
}

static inline struct cd_stack *cd_stack_take_reserved(unsigned c)
{
    cd_stacks.reserved[c]--;
    return cd_stack_take(c);
}

static inline void cd_stack_keep(struct cd_stack *s)
{
    unsigned c = s->size_class;
    s->next = cd_stacks.free[c];
    cd_stacks.free[c] = s;
    cd_stacks.count[c]++;
}

static inline void cd_stack_give(struct cd_stack *s)
{
    unsigned c = s->size_class;
    s->owner = NULL;
#ifdef CD_FIBERS
    cd_fiber_close(&s->fiber);
#endif
    if (cd_unlikely(cd_stacks.count[c] >= cd_stacks.keep) &&
        cd_stack_surplus(s))
        return;
    cd_stack_keep(s);
}

static inline void cd_stack_tie(struct cd_stack *s, void **copy)
{
#ifdef CD_FIBERS
    cd_fiber_tie(&s->fiber, copy);
#endif
    if (cd_unlikely(cd_stacks.watched))
        s->copy = copy;
}

#endif
