/* SPDX-License-Identifier: MIT
 *
 * feed.c - a ring of records.
 *
 * Records stand one behind the other in the ring, so that a listener's share
 * is one piece of it, or two where the ring begins again.  What is taken is
 * copied: the ring goes on while a slow listener still sends.
 */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

static const cede_time beat = 4 * CEDE_MS;

struct feed *feed_new(void)
{
    struct feed *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->latest = LATEST;
    /* Touched now: memory does not grow while the ring fills. */
    memset(f->ring, '\n', sizeof f->ring);
    return f;
}

void feed_free(struct feed *f)
{
    if (f)
        latest_free(&f->latest);
    free(f);
}

/* ---- the ring -------------------------------------------------------- */

/* Where a record ends, in bytes since the beginning: of `first` - 1 too. */
static uint64_t end_of(const struct feed *f, uint64_t number)
{
    return number + 1 ? f->ends[number % FEED_RECORDS] : 0;
}

/* Forget records until there is room for one more of that size. */
static void make_room(struct feed *f, size_t size)
{
    uint64_t end = end_of(f, f->next - 1) + size;
    while (f->next - f->first >= FEED_RECORDS - 1 ||
           end - end_of(f, f->first - 1) > FEED_BYTES)
        f->first++;
}

int feed_add(struct feed *f, size_t key, const char *text, size_t size)
{
    if (size == 0 || size > FEED_CHUNK)
        return -EMSGSIZE;
    CEDE_TRY(latest_set(&f->latest, key, f->next, text, size));
    make_room(f, size);
    uint64_t begin = end_of(f, f->next - 1);
    size_t at = begin % FEED_BYTES;
    size_t whole = FEED_BYTES - at < size ? FEED_BYTES - at : size;
    memcpy(f->ring + at, text, whole);
    memcpy(f->ring, text + whole, size - whole);
    f->ends[f->next++ % FEED_RECORDS] = begin + size;
    cede_event_set(&f->added);
    return 0;
}

void feed_end(struct feed *f)
{
    f->over = true;
    cede_event_set(&f->added);
}

/* ---- listening ------------------------------------------------------- */

/* The next records of the ring. */
static size_t take_next(struct feed *f, struct listener *l, char *out)
{
    uint64_t begin = end_of(f, l->next - 1);
    while (l->next < f->next && end_of(f, l->next) - begin <= FEED_CHUNK)
        l->next++;
    size_t size = (size_t)(end_of(f, l->next - 1) - begin);
    size_t at = begin % FEED_BYTES;
    size_t whole = FEED_BYTES - at < size ? FEED_BYTES - at : size;
    memcpy(out, f->ring + at, whole);
    memcpy(out + whole, f->ring, size - whole);
    return size;
}

int feed_take(struct feed *f, struct listener *l, char **text)
{
    *text = NULL;
    if (l->next >= f->next)
        return 0;
    if (l->next == 0)
        l->next = f->first;
    if (l->next < f->first)
        l->behind = true;

    uint64_t all = end_of(f, f->next - 1) - end_of(f, l->next - 1);
    size_t room = l->behind || all > FEED_CHUNK ? FEED_CHUNK : (size_t)all;
    if (!(*text = malloc(room)))
        return cede_fail(-ENOMEM, "no memory for a listener");
    size_t size = l->behind ? latest_take(&f->latest, &l->next, *text, room)
                            : take_next(f, l, *text);
    if (l->next == f->next)
        l->behind = false;
    return (int)size;
}

int feed_wait(struct feed *f, const struct listener *l)
{
    while (l->next >= f->next && !f->over)
        CEDE_TRY(cede_event_wait(&f->news));
    return l->next < f->next;
}

int feed_pulse(void *feed)
{
    struct feed *f = feed;
    for (;;) {
        CEDE_TRY(cede_event_wait(&f->added));
        cede_event_clear(&f->added);
        cede_event_set(&f->news);
        cede_event_clear(&f->news);
        CEDE_TRY(cede_sleep(beat));
    }
}
