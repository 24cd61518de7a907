/* SPDX-License-Identifier: MIT
 *
 * queue.c - queues between the tasks of one loop: the short way, and the calls.
 *
 * Getters wait only while the ring is empty, putters only while it is full,
 * so at most one of the two lines holds anybody.  Items are handed over when
 * they are granted, not when the waiter runs: a put with a getter waiting
 * writes straight into the getter's variable, a get that makes room moves the
 * first waiting putter's item into the ring.  So nothing can slip in between,
 * and a granted waiter that is cancelled before it runs loses nothing.
 *
 * Here that is spelled out for the usual case, a ring that is open and whoever
 * waits a task of this loop with one item; the others are a deal's business.
 */
#include "sync/queue.h"
#include "base/memory.h"

#include <cede/queue.h>
#include <stdlib.h>

/* ---- making ------------------------------------------------------------ */

static cede_queue *make(size_t size, size_t item_size, size_t capacity,
                        unsigned odd)
{
    cede_queue *q = cd_zalloc(size);
    if (!q)
        return NULL;
    q->item_size = item_size;
    q->capacity = capacity;
    q->odd = odd;
    cd_list_init(&q->getters);
    cd_list_init(&q->putters);
    cd_list_init(&q->joiners);
    if (cd_items_make(q) == 0)
        return q;
    free(q);
    return NULL;
}

cede_queue *cede_queue_new(size_t item_size, size_t capacity)
{
    return make(sizeof(cede_queue), item_size, capacity, 0);
}

cede_queue *cede_queue_new_lifo(size_t item_size, size_t capacity)
{
    return make(sizeof(cede_queue), item_size, capacity, CD_LIFO);
}

cede_queue *cede_queue_new_sorted(size_t item_size, size_t capacity,
                                  int (*cmp)(const void *a, const void *b))
{
    cede_queue *q = make(sizeof *q, item_size, capacity, CD_SORTED);
    if (q)
        q->cmp = cmp;
    return q;
}

/* ---- sharing ----------------------------------------------------------- */

void cd_queue_forget_waiters(struct cd_shared_queue *shared)
{
    cede_queue *q = &shared->queue;
    shared->forks = cd_forks;
    cd_list_init(&q->getters);
    cd_list_init(&q->putters);
    cd_list_init(&q->joiners);
}

cede_queue *cede_queue_new_shared(size_t item_size, size_t capacity)
{
    cede_queue *q =
        make(sizeof(struct cd_shared_queue), item_size, capacity, CD_SHARED);
    if (!q)
        return NULL;
    cd_forks_count();
    pthread_mutex_init(&cd_container(q, struct cd_shared_queue, queue)->lock,
                       NULL);
    return q;
}

void cede_queue_on_discard(cede_queue *q, void (*fn)(void *item))
{
    if (!q)
        return;
    cd_queue_lock(q);
    q->on_discard = fn;
    cd_queue_unlock(q);
}

/* ---- putting ----------------------------------------------------------- */

/* The first who waits in a line that is not empty, if it is served the short
 * way; else NULL. */
static inline struct cd_pass *first_pass(const struct cd_list *line)
{
    struct cd_wait *w = cd_container(line->next, struct cd_wait, node);
    return cd_likely(w->task->loop == cd_me.loop)
               ? cd_container(w, struct cd_pass, wait)
               : NULL;
}

/* Not inlined, so that a call that meets nobody saves no registers for it. */
static __attribute__((noinline)) void grant(struct cd_pass *p, int rc)
{
    cd_wait_grant(&p->wait, rc);
}

static __attribute__((noinline)) int put_by_deal(cede_queue *q,
                                                 const void *item)
{
    struct cd_deal d;
    cd_deal_begin(&d, q, NULL);
    int rc = cd_deal_put(&d, item, 1);
    cd_deal_end(&d);
    return rc > 0 ? 0 : rc;
}

static const char full[] = "cede_put into a full queue";

/* The short way, if the queue is not odd.  0 put; -EAGAIN there is no room; or
 * why not. */
static inline __attribute__((always_inline)) int put_now(cede_queue *q,
                                                         const void *item)
{
    if (!cd_list_empty(&q->getters)) {
        struct cd_pass *getter = first_pass(&q->getters);
        if (!getter)
            return put_by_deal(q, item);
        if (getter->item)
            cd_item_copy(getter->item, item, q->item_size);
        q->unfinished++;
        grant(getter, 1);
        return 0;
    }
    if (q->count == q->capacity)
        return -EAGAIN;
    if (q->count == q->room && cd_items_grow(q) < 0)
        return -ENOMEM;
    cd_item_push(q, item);
    q->unfinished++;
    return 0;
}

static inline int wait_to_put(cede_queue *q, const void *item)
{
    if (!cd_task_needed(full))
        return -EPERM;
    struct cd_pass p = {.item = (void *)(uintptr_t)item};
    return cd_wait_in(&p.wait, &q->putters, "queue put");
}

static __attribute__((noinline)) int put_oddly(cede_queue *q, const void *item)
{
    int rc = put_by_deal(q, item);
    if (rc != -EAGAIN)
        return rc;
    if (!(q->odd & CD_SHARED))
        return wait_to_put(q, item);
    rc = cd_queue_put(q, item, 1, full);
    return rc > 0 ? 0 : rc;
}

int cede_put(cede_queue *q, const void *item)
{
    if (!q)
        return -ENOMEM;
    struct cd_task *t = cd_me.task;
    int rc = t ? cd_checkpoint(t) : 0;
    if (rc < 0)
        return rc;
    if (cd_unlikely(q->odd))
        return put_oddly(q, item);
    rc = put_now(q, item);
    return cd_likely(rc != -EAGAIN) ? rc : wait_to_put(q, item);
}

int cede_try_put(cede_queue *q, const void *item)
{
    if (!q)
        return -ENOMEM;
    return cd_unlikely(q->odd) ? put_by_deal(q, item) : put_now(q, item);
}

/* ---- getting ----------------------------------------------------------- */

static __attribute__((noinline)) int get_by_deal(cede_queue *q, void *item)
{
    struct cd_deal d;
    cd_deal_begin(&d, q, NULL);
    int rc = cd_deal_get(&d, item, 1);
    cd_deal_end(&d);
    return rc;
}

static const char empty[] = "cede_get from an empty queue";

/* The short way, if the queue is not odd.  1 got; -EAGAIN there is nothing. */
static inline __attribute__((always_inline)) int get_now(cede_queue *q,
                                                         void *item)
{
    if (q->count == 0)
        return q->capacity == 0 ? get_by_deal(q, item) : -EAGAIN;
    if (!cd_list_empty(&q->putters)) {
        struct cd_pass *putter = first_pass(&q->putters);
        if (!putter)
            return get_by_deal(q, item);
        cd_item_pop(q, item);
        cd_item_push(q, putter->item);
        q->unfinished++;
        grant(putter, 0);
        return 1;
    }
    cd_item_pop(q, item);
    return 1;
}

static inline int wait_to_get(cede_queue *q, void *item)
{
    if (!cd_task_needed(empty))
        return -EPERM;
    struct cd_pass p = {.item = item};
    return cd_wait_in(&p.wait, &q->getters, "queue get");
}

static __attribute__((noinline)) int get_oddly(cede_queue *q, void *item)
{
    int rc = get_by_deal(q, item);
    if (rc != -EAGAIN)
        return rc;
    return q->odd & CD_SHARED ? cd_queue_get(q, item, 1, empty)
                              : wait_to_get(q, item);
}

int cede_get(cede_queue *q, void *item)
{
    if (!q)
        return -ENOMEM;
    struct cd_task *t = cd_me.task;
    int rc = t ? cd_checkpoint(t) : 0;
    if (rc < 0)
        return rc;
    if (cd_unlikely(q->odd))
        return get_oddly(q, item);
    rc = get_now(q, item);
    return cd_likely(rc != -EAGAIN) ? rc : wait_to_get(q, item);
}

int cede_try_get(cede_queue *q, void *item)
{
    if (!q)
        return -ENOMEM;
    return cd_unlikely(q->odd) ? get_by_deal(q, item) : get_now(q, item);
}

/* ---- many at once ------------------------------------------------------ */

static int begin_many(const cede_queue *q, size_t n)
{
    if (!q)
        return -ENOMEM;
    return n > 0 && cd_me.task ? cd_checkpoint(cd_me.task) : 0;
}

int cede_put_many(cede_queue *q, const void *items, size_t n)
{
    int rc = begin_many(q, n);
    if (rc < 0 || n == 0)
        return rc;
    return cd_queue_put(q, items, n < INT_MAX ? n : INT_MAX,
                        "cede_put_many into a full queue");
}

int cede_get_many(cede_queue *q, void *items, size_t n)
{
    int rc = begin_many(q, n);
    if (rc < 0 || n == 0)
        return rc;
    return cd_queue_get(q, items, n < INT_MAX ? n : INT_MAX,
                        "cede_get_many from an empty queue");
}

/* ---- looking ----------------------------------------------------------- */

/* A number that other threads change. */
static size_t peek(const cede_queue *q, const size_t *number)
{
    cede_queue *locked = (cede_queue *)(uintptr_t)q;
    cd_queue_lock(locked);
    size_t n = *number;
    cd_queue_unlock(locked);
    return n;
}

size_t cede_queue_count(const cede_queue *q)
{
    return q ? peek(q, &q->count) : 0;
}

size_t cede_queue_capacity(const cede_queue *q)
{
    return q ? q->capacity : 0;
}

size_t cede_queue_peak(const cede_queue *q)
{
    return q ? peek(q, &q->peak) : 0;
}
