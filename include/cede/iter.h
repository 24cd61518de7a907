/* SPDX-License-Identifier: MIT
 *
 * iter.h - iterables, which give fresh passes, and iterators, which are one.
 *
 * A cede_iterable is a small value that describes a sequence: an array, a
 * string, a range, or one's own.  It owns nothing and can be copied; the
 * sequence must outlive it.  A cede_iter is one pass over something: pulled
 * with cede_iter_next like everything else, used up by that, and closed.
 *
 *     cede_each (long, x, cede_range(0, 10, 1)) ...
 *     cede_each (char, c, cede_string("abc")) ...
 *     cede_each (long, x, cede_iter_take(cede_iter_gen(fib_gen), 6)) ...
 *
 * Stages (map, filter, take, ...) are iterators that pull from others, one
 * item at a time and only when pulled themselves.  A stage owns its sources:
 * closing the last stage closes the whole chain, the source first.  Given a
 * source that is NULL for want of memory, a stage is NULL and has closed its
 * other sources, so only the end of a chain need be checked; and not even
 * that, because pulling from NULL answers -ENOMEM.
 *
 * There is no length, no index and no push-back: an iterator forgets.
 */
#ifndef CEDE_ITER_H
#define CEDE_ITER_H

#include <cede/base.h>
#include <cede/gen.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cede_iter cede_iter;

/* ---- sequences of one's own: two functions --------------------------- */

/* How a kind of sequence is walked.  A pass keeps its place in a cursor of
 * cursor_size bytes, zeroed when the pass begins. */
typedef struct cede_sequence {
    size_t cursor_size;
    /* Fill *out and move on: 1; or 0 it is over; or an error. */
    int (*next)(void *self, void *cursor, void *out);
    /* The pass ends, however far it came; NULL: nothing to do. */
    void (*end)(void *self, void *cursor);
} cede_sequence;

typedef struct cede_iterable {
    const cede_sequence *kind; /* NULL: not iterable; a pass fails -EINVAL */
    void *self;                /* handed to the two functions */
    size_t item_size;          /* bytes of an item */
    size_t n;                  /* arrays: how many; ranges: unused */
    int64_t start, step;       /* ranges */
    /* NULL, or a number that changes whenever the sequence is modified: a
     * pass that finds it changed fails with -ESTALE instead of going on. */
    const unsigned *version;
} cede_iterable;

/* ---- iterables ------------------------------------------------------- */

/* n items of `size` bytes each, in order; items are copied out. */
CEDE_API cede_iterable cede_array(const void *items, size_t n, size_t size);

/* The chars of a string, without its end. */
CEDE_API cede_iterable cede_string(const char *text);

/* int64_t from start up to, not including, stop, by step; downwards for a
 * negative step; none for step 0. */
CEDE_API cede_iterable cede_range(int64_t start, int64_t stop, int64_t step);

/* The same iterable, its passes watching *version. */
CEDE_API cede_iterable cede_watched(cede_iterable over,
                                    const unsigned *version);

/* A fresh pass.  NULL when there is no memory. */
CEDE_API cede_iter *cede_iter_new(cede_iterable over);

/* ---- iterators ------------------------------------------------------- */

/* Move on: 1 *out (may be NULL) was filled; 0 it is over, and stays so; < 0
 * it failed: that error once, 0 from then on. */
CEDE_API int cede_iter_next(cede_iter *it, void *out);

/* End the pass, close what it owns, free it.  0, or the error a source's
 * clean-up failed with; NULL: -ENOMEM. */
CEDE_API int cede_iter_close(cede_iter *it);

/* Bytes of an item; 0 for NULL. */
CEDE_API size_t cede_iter_size(const cede_iter *it);

/* The items of a generator, which then belongs to the iterator. */
CEDE_API cede_iter *cede_iter_gen(cede_gen *g);

/* A line of a file: its bytes with the newline if it had one, followed by a
 * NUL that is not counted.  Valid until the next pull or close. */
typedef struct cede_line {
    char *text;
    size_t size; /* bytes; a line may hold NULs */
} cede_line;

/* The lines of an open file from where it stands, as cede_line; the file
 * stays yours.  Two iterators over one file share its position, as the file
 * is its own iterator.  Reading blocks the thread. */
CEDE_API cede_iter *cede_iter_lines(FILE *file);

/* ---- stages ---------------------------------------------------------- */

/* *out made from *in: 1, or an error, which ends the stage; 0 ends it well. */
typedef int cede_map_fn(void *ctx, const void *in, void *out);
/* > 0 keep the item, 0 drop it, < 0 fail. */
typedef int cede_filter_fn(void *ctx, const void *in);

CEDE_API cede_iter *cede_iter_map(cede_iter *source, cede_map_fn *fn, void *ctx,
                                  size_t out_size);
CEDE_API cede_iter *cede_iter_filter(cede_iter *source, cede_filter_fn *fn,
                                     void *ctx);
/* The first n items; the n+1st is not pulled. */
CEDE_API cede_iter *cede_iter_take(cede_iter *source, size_t n);
/* All of the first, then all of the second.  Items of two sizes: the first
 * pull fails with -EINVAL. */
CEDE_API cede_iter *cede_iter_chain(cede_iter *first, cede_iter *second);
/* Pairs, laid out as struct { A a; B b; } (an item's alignment is taken to be
 * the largest power of two up to 8 that divides its size).  Ends with the
 * shorter one; an item of the first that found no partner is lost, as in
 * Python. */
CEDE_API cede_iter *cede_iter_zip(cede_iter *first, cede_iter *second);
/* struct { int64_t index; T item; }, counting from `from`. */
CEDE_API cede_iter *cede_iter_enumerate(cede_iter *source, int64_t from);

/* ---- what cede_each is made of --------------------------------------- */

CEDE_API struct cede_each_ cede_each_iterable_(cede_iterable over, size_t size);

#ifdef __cplusplus
}
static inline cede_each_ cede_each_of_(cede_iterable over, size_t size)
{
    return cede_each_iterable_(over, size);
}
#endif
#endif
