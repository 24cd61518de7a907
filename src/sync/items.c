/* SPDX-License-Identifier: MIT
 *
 * items.c - the store of a queue: a ring, a stack or a heap.
 *
 * All three are one block of memory.  The stack is a ring that is emptied at
 * its end, so that its first item stays at 0.  The heap is binary; beside each
 * item, behind all of them, is the number of its put, which decides among
 * equals.  Batches are copied in runs.
 */
#include "base/memory.h"
#include "sync/queue.h"

enum { FIRST_UNBOUNDED = 64 }; /* items an unbounded queue begins with */

/* ---- room -------------------------------------------------------------- */

static size_t rounded_up(size_t size)
{
    return (size + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

/* Memory for so many items. */
static char *block(const cede_queue *q, size_t room)
{
    size_t beside = q->odd & CD_SORTED ? sizeof(uint64_t) : 0;
    size_t each = q->item_size + 1 + beside;
    if (q->item_size > SIZE_MAX - 1 - beside || room > (SIZE_MAX - 16) / each)
        return NULL;
    return cd_malloc(rounded_up(room * q->item_size + 1) + room * beside);
}

static uint64_t *numbers(const cede_queue *q)
{
    size_t items = rounded_up(q->room * q->item_size + 1);
    return (uint64_t *)(void *)(q->ring + items);
}

int cd_items_make(cede_queue *q)
{
    q->room = q->capacity == SIZE_MAX ? FIRST_UNBOUNDED : q->capacity;
    q->ring = block(q, q->room);
    return q->ring ? 0 : -ENOMEM;
}

/* All that is in q, to a larger one. */
static void move(cede_queue *to, const cede_queue *q)
{
    size_t tail = q->room - q->first;
    size_t in_tail = q->count < tail ? q->count : tail;
    memcpy(to->ring, cd_items_slot(q, 0), in_tail * q->item_size);
    memcpy(to->ring + in_tail * q->item_size, q->ring,
           (q->count - in_tail) * q->item_size);
    if (q->odd & CD_SORTED)
        memcpy(numbers(to), numbers(q), q->count * sizeof(uint64_t));
}

int cd_items_grow(cede_queue *q)
{
    cede_queue larger = *q;
    larger.room = q->room * 2;
    larger.ring = larger.room > q->room ? block(q, larger.room) : NULL;
    if (!larger.ring)
        return -ENOMEM;
    move(&larger, q);
    free(q->ring);
    q->ring = larger.ring;
    q->room = larger.room;
    q->first = 0;
    return 0;
}

/* ---- the heap ---------------------------------------------------------- */

static char *at(const cede_queue *q, size_t i)
{
    return q->ring + i * q->item_size;
}

static void set(cede_queue *q, size_t i, const void *item, uint64_t number)
{
    cd_item_copy(at(q, i), item, q->item_size);
    numbers(q)[i] = number;
}

static bool before(const cede_queue *q, size_t i, const void *item,
                   uint64_t number)
{
    int order = q->cmp(at(q, i), item);
    return order ? order < 0 : numbers(q)[i] < number;
}

static void sift_up(cede_queue *q, const void *item)
{
    size_t hole = q->count;
    uint64_t number = q->puts++;
    while (hole > 0 && !before(q, (hole - 1) / 2, item, number)) {
        size_t parent = (hole - 1) / 2;
        set(q, hole, at(q, parent), numbers(q)[parent]);
        hole = parent;
    }
    set(q, hole, item, number);
}

/* The first has gone; what lies behind the others takes its place. */
static void sift_down(cede_queue *q)
{
    const char *item = at(q, q->count);
    uint64_t number = numbers(q)[q->count];
    size_t hole = 0, child;
    while ((child = 2 * hole + 1) < q->count) {
        if (child + 1 < q->count &&
            before(q, child + 1, at(q, child), numbers(q)[child]))
            child++;
        if (!before(q, child, item, number))
            break;
        set(q, hole, at(q, child), numbers(q)[child]);
        hole = child;
    }
    if (hole < q->count)
        set(q, hole, item, number);
}

/* ---- one or many ------------------------------------------------------- */

/* Copied in one or two runs, as the end of the ring commands. */
static void push_runs(cede_queue *q, const char *items, size_t n)
{
    while (n > 0) {
        size_t end = q->first + q->count;
        size_t straight = end < q->room ? q->room - end : n;
        size_t run = n < straight ? n : straight;
        cd_item_copy(cd_items_slot(q, q->count), items, run * q->item_size);
        items += run * q->item_size;
        q->count += run;
        n -= run;
    }
}

void cd_items_push(cede_queue *q, const char *items, size_t n)
{
    if (!items)
        items = ""; /* of no size */
    if (q->odd & CD_SORTED)
        for (size_t i = 0; i < n; i++, q->count++)
            sift_up(q, items + i * q->item_size);
    else
        push_runs(q, items, n);
    if (q->count > q->peak)
        q->peak = q->count;
}

static void pop_runs(cede_queue *q, char *items, size_t n)
{
    while (n > 0) {
        size_t straight = q->room - q->first;
        size_t run = n < straight ? n : straight;
        if (items)
            memcpy(items, cd_items_slot(q, 0), run * q->item_size);
        items = items ? items + run * q->item_size : NULL;
        q->first = run == straight ? 0 : q->first + run;
        q->count -= run;
        n -= run;
    }
}

static void pop_first(cede_queue *q, char *item)
{
    if (item)
        memcpy(item, at(q, 0), q->item_size);
    q->count--;
    sift_down(q);
}

static void pop_last(cede_queue *q, char *item)
{
    const void *last = cd_items_drop(q);
    if (item)
        memcpy(item, last, q->item_size);
}

void cd_items_pop(cede_queue *q, char *items, size_t n)
{
    if (!(q->odd & (CD_LIFO | CD_SORTED))) {
        pop_runs(q, items, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        char *item = items ? items + i * q->item_size : NULL;
        if (q->odd & CD_SORTED)
            pop_first(q, item);
        else
            pop_last(q, item);
    }
}

void *cd_items_drop(cede_queue *q)
{
    if (q->odd & (CD_LIFO | CD_SORTED))
        return at(q, --q->count);
    void *item = cd_items_slot(q, 0);
    pop_runs(q, NULL, 1);
    return item;
}
