/* SPDX-License-Identifier: MIT
 *
 * queue.c - a ring of items between two queues of waiting tasks.
 *
 * Getters wait only while the ring is empty, putters only while it is full,
 * so at most one of the two queues holds anybody.  Items are handed over when
 * they are granted, not when the waiter runs: a put with a getter waiting
 * writes straight into the getter's variable, a get that makes room moves the
 * first waiting putter's item into the ring.  So nothing can slip in between,
 * and a granted waiter that is cancelled before it runs loses nothing.
 */
#include "base/memory.h"
#include "task/task.h"

#include <cede/queue.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_UNBOUNDED = 64 }; /* items an unbounded queue begins with */

/* getters non-empty => count == 0; putters non-empty => count == capacity.
 * closed => nobody waits to put, and to get only while ... nobody either. */
struct cede_queue {
    size_t item_size;
    size_t capacity;     /* the user's limit */
    size_t room;         /* items the ring holds; grows if unbounded */
    size_t first, count; /* in the ring */
    size_t peak;
    size_t unfinished; /* put and not done yet */
    char *ring;
    struct cd_list getters, putters, joiners;
    void (*on_discard)(void *item);
    bool closed;
};

/* A getter's or putter's wait; item is where to or where from. */
struct pass {
    struct cd_wait wait;
    void *item;
};

static void grant(struct cd_wait *w, int rc)
{
    cd_check(w->task->loop == cd_me.loop,
             "a queue is used by two threads: task '%s' waits in it on "
             "another%s",
             w->task->co.name, cd_task_forked());
    cd_wait_grant(w, rc);
}

/* ---- the ring ---------------------------------------------------------- */

static inline void copy(void *to, const void *from, size_t size)
{
    if (cd_likely(size == 8))
        memcpy(to, from, 8);
    else
        memcpy(to, from, size);
}

static inline char *slot(const cede_queue *q, size_t i)
{
    size_t at = q->first + i;
    if (at >= q->room)
        at -= q->room;
    return q->ring + at * q->item_size;
}

static inline void push(cede_queue *q, const void *item)
{
    copy(slot(q, q->count), item, q->item_size);
    if (++q->count > q->peak)
        q->peak = q->count;
}

static inline void pop(cede_queue *q, void *item)
{
    if (item)
        copy(item, slot(q, 0), q->item_size);
    if (++q->first == q->room)
        q->first = 0;
    q->count--;
}

/* Make room for one more item in an unbounded queue. */
static int grow(cede_queue *q)
{
    size_t room = q->room * 2;
    char *ring = room > SIZE_MAX / (q->item_size + 1)
                     ? NULL
                     : cd_malloc(room * q->item_size + 1);
    if (!ring)
        return -ENOMEM;
    size_t tail = q->room - q->first;
    size_t in_tail = q->count < tail ? q->count : tail;
    memcpy(ring, slot(q, 0), in_tail * q->item_size);
    memcpy(ring + in_tail * q->item_size, q->ring,
           (q->count - in_tail) * q->item_size);
    free(q->ring);
    q->ring = ring;
    q->room = room;
    q->first = 0;
    return 0;
}

/* ---- making ------------------------------------------------------------ */

cede_queue *cede_queue_new(size_t item_size, size_t capacity)
{
    size_t room = capacity == SIZE_MAX ? FIRST_UNBOUNDED : capacity;
    if (item_size == SIZE_MAX || room > (SIZE_MAX - 1) / (item_size + 1))
        return NULL;
    cede_queue *q = cd_zalloc(sizeof *q);
    if (!q)
        return NULL;
    q->ring = cd_malloc(room * item_size + 1);
    if (!q->ring) {
        free(q);
        return NULL;
    }
    q->item_size = item_size;
    q->capacity = capacity;
    q->room = room;
    cd_list_init(&q->getters);
    cd_list_init(&q->putters);
    cd_list_init(&q->joiners);
    return q;
}

void cede_queue_on_discard(cede_queue *q, void (*fn)(void *item))
{
    if (q)
        q->on_discard = fn;
}

/* ---- putting ----------------------------------------------------------- */

/* 0 put; -EAGAIN there is no room; or why not. */
static inline __attribute__((always_inline)) int put_now(cede_queue *q,
                                                         const void *item)
{
    if (q->closed)
        return CEDE_ECLOSED;
    struct cd_wait *getter = cd_wait_first(&q->getters);
    if (getter) {
        void *to = cd_container(getter, struct pass, wait)->item;
        if (to)
            copy(to, item, q->item_size);
        q->unfinished++;
        grant(getter, 1);
        return 0;
    }
    if (q->count == q->capacity)
        return -EAGAIN;
    if (q->count == q->room && grow(q) < 0)
        return -ENOMEM;
    push(q, item);
    q->unfinished++;
    return 0;
}

int cede_put(cede_queue *q, const void *item)
{
    if (!q)
        return -ENOMEM;
    struct cd_task *t = cd_me.task;
    int rc = t ? cd_checkpoint(t) : 0;
    if (rc < 0)
        return rc;
    rc = put_now(q, item);
    if (cd_likely(rc != -EAGAIN))
        return rc;
    if (!cd_task_needed("cede_put into a full queue"))
        return -EPERM;
    struct pass p = {.item = (void *)(uintptr_t)item};
    return cd_wait_in(&p.wait, &q->putters, "queue put");
}

int cede_try_put(cede_queue *q, const void *item)
{
    return q ? put_now(q, item) : -ENOMEM;
}

/* ---- getting ----------------------------------------------------------- */

/* There is room, or a getter (of a rendezvous): serve the first putter. */
static void admit(cede_queue *q)
{
    struct cd_wait *putter = cd_wait_first(&q->putters);
    if (!putter || q->count == q->capacity)
        return;
    push(q, cd_container(putter, struct pass, wait)->item);
    q->unfinished++;
    grant(putter, 0);
}

/* A rendezvous: take the item from the putter itself. */
static int meet(cede_queue *q, void *item)
{
    struct cd_wait *putter = cd_wait_first(&q->putters);
    if (!putter)
        return -EAGAIN;
    if (item)
        copy(item, cd_container(putter, struct pass, wait)->item, q->item_size);
    q->unfinished++;
    grant(putter, 0);
    return 1;
}

/* 1 got; 0 closed and drained; -EAGAIN there is nothing. */
static inline __attribute__((always_inline)) int get_now(cede_queue *q,
                                                         void *item)
{
    if (cd_likely(q->count > 0)) {
        pop(q, item);
        admit(q);
        return 1;
    }
    if (q->closed)
        return 0;
    return q->capacity == 0 ? meet(q, item) : -EAGAIN;
}

int cede_get(cede_queue *q, void *item)
{
    if (!q)
        return -ENOMEM;
    struct cd_task *t = cd_me.task;
    int rc = t ? cd_checkpoint(t) : 0;
    if (rc < 0)
        return rc;
    rc = get_now(q, item);
    if (cd_likely(rc != -EAGAIN))
        return rc;
    if (!cd_task_needed("cede_get from an empty queue"))
        return -EPERM;
    struct pass p = {.item = item};
    return cd_wait_in(&p.wait, &q->getters, "queue get");
}

int cede_try_get(cede_queue *q, void *item)
{
    return q ? get_now(q, item) : -ENOMEM;
}

/* ---- looking ----------------------------------------------------------- */

size_t cede_queue_count(const cede_queue *q)
{
    return q ? q->count : 0;
}

size_t cede_queue_capacity(const cede_queue *q)
{
    return q ? q->capacity : 0;
}

size_t cede_queue_peak(const cede_queue *q)
{
    return q ? q->peak : 0;
}

/* ---- closing ----------------------------------------------------------- */

static void grant_all(struct cd_list *queue, int rc)
{
    struct cd_wait *w;
    while ((w = cd_wait_first(queue)))
        grant(w, rc);
}

static void finish(cede_queue *q, size_t n)
{
    /* Fewer are left when items were called done before they were got. */
    q->unfinished -= n < q->unfinished ? n : q->unfinished;
    if (q->unfinished == 0)
        grant_all(&q->joiners, 0);
}

void cede_queue_close(cede_queue *q)
{
    if (!q)
        return;
    q->closed = true;
    grant_all(&q->putters, CEDE_ECLOSED);
    grant_all(&q->getters, 0);
}

void cede_queue_discard(cede_queue *q)
{
    if (!q)
        return;
    cede_queue_close(q);
    size_t n = q->count;
    while (q->count > 0) {
        void *item = slot(q, 0); /* stays where it is until somebody puts */
        pop(q, NULL);
        if (q->on_discard)
            q->on_discard(item);
    }
    finish(q, n);
}

static void check_unused(const struct cd_list *queue)
{
    cd_check(cd_list_empty(queue),
             "cede_queue_free while task '%s' waits in the queue",
             cd_container(queue->next, struct cd_wait, node)->task->co.name);
}

void cede_queue_free(cede_queue *q)
{
    if (!q)
        return;
    check_unused(&q->getters);
    check_unused(&q->putters);
    check_unused(&q->joiners);
    cede_queue_discard(q);
    free(q->ring);
    free(q);
}

/* ---- items that are dealt with ----------------------------------------- */

int cede_queue_done(cede_queue *q)
{
    if (!q)
        return -ENOMEM;
    if (q->unfinished == 0)
        return cede_fail(-EINVAL, "cede_queue_done called more often than "
                                  "items were put");
    finish(q, 1);
    return 0;
}

int cede_queue_join(cede_queue *q)
{
    if (!q)
        return -ENOMEM;
    struct cd_task *t = cd_me.task;
    int rc = t ? cd_checkpoint(t) : 0;
    if (rc < 0 || q->unfinished == 0)
        return rc;
    if (!cd_task_needed("cede_queue_join"))
        return -EPERM;
    struct cd_wait w = {0};
    return cd_wait_in(&w, &q->joiners, "queue join");
}
