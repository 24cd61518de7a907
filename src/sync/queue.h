/* SPDX-License-Identifier: MIT
 *
 * queue.h - the inside of queues: items, lines of waiters, deals.
 *
 * A queue is a store of items between two lines of waiters.  Getters wait only
 * while it is empty, putters only while it is full.  What a task does that
 * waits for one item in one queue of its own loop's is the short way, in
 * queue.c: it is a struct cd_pass in a line.  Everybody else is the one choice
 * or one of the choices of a struct cd_select: who waits in several queues,
 * with many items, or where other threads come by.  So the short way has one
 * question to ask of a waiter, whether it is a task of this loop; and nobody
 * in a select is.
 *
 * Everything but the short way is a deal: under the queue's lock, if it has
 * one, items are moved between the caller, the store and the waiters, each of
 * which is claimed before it is touched, so that it is served once, wherever
 * its other choices stand.  Who waits elsewhere is told after the lock was
 * released; nobody ever holds two of them.
 */
#ifndef CD_SYNC_QUEUE_H
#define CD_SYNC_QUEUE_H

#include "base/forks.h"
#include "task/task.h"

#include <cede/queue.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

/* ---- queues ------------------------------------------------------------ */

/* What bars the short way. */
enum {
    CD_CLOSED = 1, /* not set of shared queues: see closed */
    CD_LIFO = 2,
    CD_SORTED = 4,
    CD_SHARED = 8
};

/* Somebody waits to get => count == 0; to put => count == capacity.
 * closed => nobody waits to put or get.
 * Of a shared queue all but item_size, capacity and odd is guarded by its
 * lock. */
struct cede_queue {
    size_t item_size;
    size_t capacity;     /* the user's limit */
    size_t room;         /* items the ring holds; grows if unbounded */
    size_t first, count; /* in the ring */
    size_t peak;
    size_t unfinished; /* put and not done yet */
    char *ring;
    unsigned odd; /* see above; 0: the short way is open */
    bool closed;
    struct cd_list getters, putters, joiners;
    void (*on_discard)(void *item);
    int (*cmp)(const void *a, const void *b); /* sorted */
    uint64_t puts;                            /* the same: so many, ever */
};

struct cd_shared_queue {
    struct cede_queue queue;
    pthread_mutex_t lock;
    unsigned forks; /* when it was locked last */
};

/* This is the child of a fork, and those who wait are copies of the parent's.
 * Those of q wait no more.  They are not looked at: their threads are not
 * here, and their stacks may be others' by now. */
void cd_queue_forget_waiters(struct cd_shared_queue *q);

static inline void cd_queue_lock(cede_queue *q)
{
    if (!(q->odd & CD_SHARED))
        return;
    struct cd_shared_queue *shared =
        cd_container(q, struct cd_shared_queue, queue);
    pthread_mutex_lock(&shared->lock);
    if (cd_unlikely(shared->forks != cd_forks))
        cd_queue_forget_waiters(shared);
}

static inline void cd_queue_unlock(cede_queue *q)
{
    if (q->odd & CD_SHARED)
        pthread_mutex_unlock(
            &cd_container(q, struct cd_shared_queue, queue)->lock);
}

/* ---- items, see items.c ------------------------------------------------ */

/* Room for the items a queue begins with: 0 or -ENOMEM. */
int cd_items_make(cede_queue *q);
/* Make room for one more item in an unbounded queue: 0 or -ENOMEM. */
int cd_items_grow(cede_queue *q);
/* n items, for which there is room; and n that are there, to nowhere if that
 * is NULL. */
void cd_items_push(cede_queue *q, const char *items, size_t n);
void cd_items_pop(cede_queue *q, char *items, size_t n);
/* Take one out, which stays where it is until somebody puts. */
void *cd_items_drop(cede_queue *q);

static inline void cd_item_copy(void *to, const void *from, size_t size)
{
    if (cd_likely(size == 8))
        memcpy(to, from, 8);
    else if (size > 0) /* else both may be NULL */
        memcpy(to, from, size);
}

static inline char *cd_items_slot(const cede_queue *q, size_t i)
{
    size_t at = q->first + i;
    if (at >= q->room)
        at -= q->room;
    return q->ring + at * q->item_size;
}

/* One, in the order of coming. */
static inline void cd_item_push(cede_queue *q, const void *item)
{
    cd_item_copy(cd_items_slot(q, q->count), item, q->item_size);
    if (++q->count > q->peak)
        q->peak = q->count;
}

static inline void cd_item_pop(cede_queue *q, void *item)
{
    if (item)
        cd_item_copy(item, cd_items_slot(q, 0), q->item_size);
    if (++q->first == q->room)
        q->first = 0;
    q->count--;
}

/* ---- waiters ----------------------------------------------------------- */

/* A task that waits for one item in one queue, which is its loop's; item is
 * where to or where from. */
struct cd_pass {
    struct cd_wait wait;
    void *item;
};

/* The inside of a cede_case.  Of its wait only node, which is in a line, and
 * task are used; that is cd_choosing, a task of no loop. */
struct cd_choice {
    cede_queue *queue;
    enum cede_case_kind kind;
    int rc;
    void *item;
    struct cd_wait wait;
    struct cd_select *select;
    bool shared; /* the queue is; one that is not may be gone by the end */
} __attribute__((may_alias));

static_assert(sizeof(struct cd_choice) == sizeof(cede_case),
              "a case has room for what is inside");
static_assert(offsetof(struct cd_choice, item) == offsetof(cede_case, item) &&
                  offsetof(struct cd_choice, wait) ==
                      offsetof(cede_case, reserved_),
              "a choice begins as a case does");

extern struct cd_task cd_choosing;

/* A wait for one of several choices, or for many items in one queue; of a task
 * or, if loop is NULL, a thread.  On its stack.
 *
 * Whoever serves a choice claims the select; from then on the choices that are
 * still in lines mean nothing, and whoever meets one takes it out.  If there is
 * one choice, or all are of one loop, then who finds it in a line has it
 * claimed already. */
struct cd_select {
    struct cd_wait wait;
    struct cd_choice *choices, *chosen;
    size_t n;
    size_t many, moved; /* items of the one choice, and so far */
    struct cd_loop *loop;
    unsigned forks;
    bool shared;    /* a choice is in a shared queue */
    bool contested; /* and there are others: claims take the lock */
    bool taken;     /* claimed; guarded by the lock */
    pthread_mutex_t lock;
    struct cd_select *next; /* in a deal's list of those to be told */
    struct cd_work work;    /* how a task is */
    sem_t sem;              /* how a thread is */
};

/* Claim it, unless somebody has. */
bool cd_select_claim(struct cd_select *s);
/* Its task, which is of this loop, goes on. */
void cd_select_grant(struct cd_select *s);
/* For dumps: how many cases w waits for, if it is a select's; else 0. */
size_t cd_select_awaited(const struct cd_wait *w);

/* ---- deals, see deal.c ------------------------------------------------- */

/* What is done under one lock. */
struct cd_deal {
    cede_queue *queue;
    /* Whose deal it is, if it stands in other lines already and may be claimed
     * there; NULL: need not be claimed, or is. */
    struct cd_select *self;
    bool lost;              /* self was claimed by others: there is no deal */
    struct cd_select *told; /* served, and on other threads */
    struct cd_select **told_end;
};

/* Lock, and unlock and tell those who were served. */
void cd_deal_begin(struct cd_deal *d, cede_queue *q, struct cd_select *self);
void cd_deal_end(struct cd_deal *d);

/* Put and get up to n items: how many; CEDE_ECLOSED, 0: the queue is closed (to
 * get: and drained); -EAGAIN: there is nothing to do but wait, or it is lost;
 * -ENOMEM. */
int cd_deal_put(struct cd_deal *d, const char *items, size_t n);
int cd_deal_get(struct cd_deal *d, char *items, size_t n);
/* n items are dealt with: so many fewer are unfinished. */
void cd_deal_done(struct cd_deal *d, size_t n);
void cd_deal_close(struct cd_deal *d);
/* Stand in the line for what the choice is. */
void cd_deal_line_up(struct cd_deal *d, struct cd_choice *c);

/* Put or get up to n items, waiting in a select if need be: how many, or why
 * not one; `what` is for a message.  And wait until all are done. */
int cd_queue_put(cede_queue *q, const void *items, size_t n, const char *what);
int cd_queue_get(cede_queue *q, void *items, size_t n, const char *what);
int cd_queue_wait_done(cede_queue *q, const char *what);

#endif
