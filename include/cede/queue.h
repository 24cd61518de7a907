/* SPDX-License-Identifier: MIT
 *
 * queue.h - bounded queues between the tasks of one loop, and between threads.
 *
 *     cede_queue *quotes = cede_queue_new(sizeof(struct quote), 8);
 *     CEDE_TRY(cede_put(quotes, &q));
 *     while ((rc = cede_get(quotes, &q)) > 0)
 *         ...
 *
 * Items are copied in and out, item_size bytes each (0: they are only counted,
 * and may be NULL).  Putters wait while the queue is full, getters while it is
 * empty; both are served in the order in which they came, and nobody can slip
 * in before them (no barging).
 *
 * Who owns an item: the putter until put answered 0, then the queue, then the
 * getter once get answered 1.  A failed or cancelled put has inserted
 * nothing; a getter that was handed an item has it, also when it is cancelled
 * in the same turn.
 *
 * A queue is one thread's, unless cede_queue_new_shared made it.  One that two
 * threads use aborts by name where a task of the other waits in it; elsewhere
 * that is a data race, as of any memory, and ThreadSanitizer's to find.
 */
#ifndef CEDE_QUEUE_H
#define CEDE_QUEUE_H

#include <cede/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cede_queue cede_queue;

/* A first-in, first-out queue of at most `capacity` items: 0 a rendezvous
 * (every put waits for its getter), SIZE_MAX unbounded.  Yours to free; may
 * be made anywhere and is then used by one thread's tasks.
 * NULL when there is no memory; every call given that NULL answers -ENOMEM. */
CEDE_API cede_queue *cede_queue_new(size_t item_size, size_t capacity);

/* The same, but what was put last is got first; and: what comes first in the
 * order of cmp (as for qsort) is got first, among equals what was put first.
 * A waiter that is served straight away gets, or puts, what comes next, in the
 * order of coming; discarding goes by no order. */
CEDE_API cede_queue *cede_queue_new_lifo(size_t item_size, size_t capacity);
CEDE_API cede_queue *cede_queue_new_sorted(size_t item_size, size_t capacity,
                                           int (*cmp)(const void *a,
                                                      const void *b));

/* The same as cede_queue_new for any number of threads: tasks of any loop wait
 * without blocking it, plain threads block.  On a thread that runs a loop, but
 * outside of a task, what would have to wait answers -EPERM.  Every call but
 * free may come from any thread; on_discard runs on the one that discards.
 * Costs a lock for each call, so let neighbors share a queue of their own.
 * Free it when every call has returned.  In the child of a fork nobody waits
 * in it; a thread that was inside a call may have left it locked. */
CEDE_API cede_queue *cede_queue_new_shared(size_t item_size, size_t capacity);

/* Called with each item that is discarded, to release what it owns. */
CEDE_API void cede_queue_on_discard(cede_queue *q, void (*fn)(void *item));

/* Append a copy of *item, waiting while the queue is full.  [waits]
 * 0; CEDE_ECLOSED; -ECANCELED; -ENOMEM (an unbounded queue only); -EPERM when
 * it would have to wait outside a task.
 * If cancelled, nothing was inserted.  Closed while waiting: CEDE_ECLOSED,
 * nothing was inserted. */
CEDE_API int cede_put(cede_queue *q, const void *item);

/* Move the oldest item to *item (NULL: drop it), waiting while there is
 * none.  [waits]
 * 1; 0 once the queue is closed and drained; -ECANCELED; -EPERM as above.
 * If cancelled, no item was taken. */
CEDE_API int cede_get(cede_queue *q, void *item);

/* Append the n items at `items`, in order, waiting as often as need be; and
 * move between 1 and n items to `items`, waiting only for the first.  [waits]
 * They cost less than n calls.
 * How many were put or got, at most INT_MAX; of put fewer than n when in
 * between the queue was closed, the caller cancelled, or memory or the right to
 * wait was missing: what comes after those is the caller's still.  When there
 * were none: as put and get.  n == 0: 0. */
CEDE_API int cede_put_many(cede_queue *q, const void *items, size_t n);
CEDE_API int cede_get_many(cede_queue *q, void *items, size_t n);

/* The same without waiting: -EAGAIN when full or empty, also when the item
 * there is already promised to a waiter.  Works in a cancelled scope. */
CEDE_API int cede_try_put(cede_queue *q, const void *item);
CEDE_API int cede_try_get(cede_queue *q, void *item);

/* Items in the queue now; the most there can be; the most there ever were. */
CEDE_API size_t cede_queue_count(const cede_queue *q);
CEDE_API size_t cede_queue_capacity(const cede_queue *q);
CEDE_API size_t cede_queue_peak(const cede_queue *q);

/* No more items: putters, waiting ones too, get CEDE_ECLOSED; getters drain
 * what is there and then get 0.  Again: nothing. */
CEDE_API void cede_queue_close(cede_queue *q);

/* Close, and throw away what is there: each item goes to on_discard and
 * counts as done. */
CEDE_API void cede_queue_discard(cede_queue *q);

/* Discard and free.  While a task waits in it: a broken contract, aborts by
 * the waiter's name.  NULL: nothing. */
CEDE_API void cede_queue_free(cede_queue *q);

/* ---- whichever comes first ------------------------------------------- */

enum cede_case_kind { CEDE_NOTHING, CEDE_GET, CEDE_PUT };

/* One thing that select may do.  Yours by value; it also holds the wait, so
 * waiting takes no memory. */
typedef struct cede_case {
    cede_queue *queue;
    enum cede_case_kind kind; /* CEDE_NOTHING: left out */
    int rc;     /* out, of the one that happened: what get or put answered */
    void *item; /* where to (NULL: dropped) or, only read, where from */
    void *reserved_[9];
} cede_case;

/* cede_case cases[] = {CEDE_CASE_GET(orders, &order), CEDE_CASE_PUT(log, &l)};
 */
/* clang-format off */
#define CEDE_CASE_GET(q, to) {(q), CEDE_GET, 0, (to), {NULL}}
#define CEDE_CASE_PUT(q, from)                                                 \
    {(q), CEDE_PUT, 0, (void *)(uintptr_t)(from), {NULL}}
/* clang-format on */

/* Wait until one of the n cases can happen, and let that one happen: its index,
 * and how in its rc: 1 got, 0 put, or closed: 0 for a get that is closed and
 * drained, CEDE_ECLOSED for a put.  [waits]  Of several that can happen at once
 * it is the first in the array; the others have changed nothing.  The queues
 * may be of any kind, shared ones too, and may occur more than once.
 * -EINVAL: there is none, or an unknown kind; -ENOMEM: a queue is NULL, or an
 * unbounded one cannot grow; -ECANCELED, and none has happened; -EPERM: it
 * would have to wait outside a task.
 * Source: Go's select, with an order instead of chance. */
CEDE_API int cede_select(cede_case *cases, size_t n);

/* The same without waiting: -EAGAIN when none can happen now. */
CEDE_API int cede_try_select(cede_case *cases, size_t n);

/* ---- items that are dealt with --------------------------------------- */

/* One item that was got is dealt with.  0; -EINVAL: more often than items
 * were put. */
CEDE_API int cede_queue_done(cede_queue *q);

/* Wait until every item ever put was dealt with.  [waits]
 * 0; -ECANCELED; -EPERM when it would have to wait outside a task. */
CEDE_API int cede_queue_join(cede_queue *q);

#ifdef __cplusplus
}
#endif
#endif
