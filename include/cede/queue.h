/* SPDX-License-Identifier: MIT
 *
 * queue.h - bounded queues between the tasks of one loop.
 *
 * Items are copied in and out, item_size bytes each.  Putters wait while the
 * queue is full, getters while it is empty; both are served in the order in
 * which they came, and nobody can slip in before them (no barging).
 *
 * Who owns an item: the putter until put answered 0, then the queue, then the
 * getter once get answered 1.  A failed or cancelled put has inserted
 * nothing; a getter that was handed an item has it, also when it is cancelled
 * in the same turn.
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
