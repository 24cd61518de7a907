/* SPDX-License-Identifier: MIT
 *
 * stages.c - iterators over iterators: map, filter, take, chain, zip,
 * enumerate.
 *
 * A stage pulls one item of its source when it is pulled itself, and never
 * runs ahead.  Its parameters are in its cursor, its sources in the iterator.
 */
#include "gen/iter.h"

#include <string.h>

/* A stage over one or two sources, which it owns from now on, also if it
 * cannot be made. */
static cede_iter *stage(const cede_sequence *kind, size_t item_size,
                        cede_iter *first, cede_iter *second, bool two)
{
    cede_iter *it =
        first && (second || !two) ? cd_iter_make(kind, NULL, item_size) : NULL;
    if (it) {
        it->source[0] = first;
        it->source[1] = second;
        return it;
    }
    if (first)
        cede_iter_close(first);
    if (second)
        cede_iter_close(second);
    return NULL;
}

/* ---- map and filter ---------------------------------------------------- */

struct apply {
    cede_map_fn *map;
    cede_filter_fn *filter;
    void *ctx;
};

static int map_next(void *self, void *cursor, void *out)
{
    cede_iter *source = ((cede_iter *)self)->source[0];
    struct apply *a = cursor;
    int rc = cede_iter_next(source, source->room);
    return rc > 0 ? a->map(a->ctx, source->room, out) : rc;
}

static int filter_next(void *self, void *cursor, void *out)
{
    cede_iter *source = ((cede_iter *)self)->source[0];
    struct apply *a = cursor;
    int rc;
    while ((rc = cede_iter_next(source, out)) > 0) {
        int keep = a->filter(a->ctx, out);
        if (keep != 0)
            return keep > 0 ? 1 : keep;
    }
    return rc;
}

static const cede_sequence map_kind = {.cursor_size = sizeof(struct apply),
                                       .next = map_next};
static const cede_sequence filter_kind = {.cursor_size = sizeof(struct apply),
                                          .next = filter_next};

cede_iter *cede_iter_map(cede_iter *source, cede_map_fn *fn, void *ctx,
                         size_t out_size)
{
    cede_iter *it = stage(&map_kind, out_size, source, NULL, false);
    if (it)
        *(struct apply *)it->cursor = (struct apply){.map = fn, .ctx = ctx};
    return it;
}

cede_iter *cede_iter_filter(cede_iter *source, cede_filter_fn *fn, void *ctx)
{
    cede_iter *it =
        stage(&filter_kind, cede_iter_size(source), source, NULL, false);
    if (it)
        *(struct apply *)it->cursor = (struct apply){.filter = fn, .ctx = ctx};
    return it;
}

/* ---- take and chain ---------------------------------------------------- */

static int take_next(void *self, void *cursor, void *out)
{
    size_t *left = cursor;
    if (*left == 0)
        return 0;
    --*left;
    return cede_iter_next(((cede_iter *)self)->source[0], out);
}

static int chain_next(void *self, void *cursor, void *out)
{
    cede_iter *it = self;
    size_t *at = cursor;
    int rc = 0;
    while (*at < 2 && (rc = cede_iter_next(it->source[*at], out)) == 0)
        ++*at;
    return rc;
}

static const cede_sequence take_kind = {.cursor_size = sizeof(size_t),
                                        .next = take_next};
static const cede_sequence chain_kind = {.cursor_size = sizeof(size_t),
                                         .next = chain_next};

cede_iter *cede_iter_take(cede_iter *source, size_t n)
{
    cede_iter *it =
        stage(&take_kind, cede_iter_size(source), source, NULL, false);
    if (it)
        *(size_t *)it->cursor = n;
    return it;
}

cede_iter *cede_iter_chain(cede_iter *first, cede_iter *second)
{
    cede_iter *it =
        stage(&chain_kind, cede_iter_size(first), first, second, true);
    if (it && cede_iter_size(first) != cede_iter_size(second))
        it->owed =
            cede_fail(-EINVAL, "cede_iter_chain of items of %zu and %zu bytes",
                      cede_iter_size(first), cede_iter_size(second));
    return it;
}

/* ---- zip and enumerate ------------------------------------------------- */

/* The alignment of an item of this size, as far as its size tells. */
static size_t alignment(size_t size)
{
    size_t a = 8;
    while (size % a != 0)
        a /= 2;
    return a;
}

static size_t aligned(size_t at, size_t a)
{
    return (at + a - 1) / a * a;
}

/* Size of struct { A a; B b; } and, in *offset, where b stands. */
static size_t pair_size(size_t a, size_t b, size_t *offset)
{
    size_t align_a = alignment(a), align_b = alignment(b);
    *offset = aligned(a, align_b);
    return aligned(*offset + b, align_a > align_b ? align_a : align_b);
}

static int zip_next(void *self, void *cursor, void *out)
{
    cede_iter *it = self;
    const size_t *offset = cursor;
    int rc = cede_iter_next(it->source[0], out);
    if (rc <= 0)
        return rc;
    return cede_iter_next(it->source[1], (char *)out + *offset);
}

struct counter {
    size_t offset;
    int64_t index;
};

static int enumerate_next(void *self, void *cursor, void *out)
{
    cede_iter *it = self;
    struct counter *c = cursor;
    int rc = cede_iter_next(it->source[0], (char *)out + c->offset);
    if (rc <= 0)
        return rc;
    memcpy(out, &c->index, sizeof c->index);
    if (c->index < INT64_MAX)
        c->index++;
    return 1;
}

static const cede_sequence zip_kind = {.cursor_size = sizeof(size_t),
                                       .next = zip_next};
static const cede_sequence enumerate_kind = {
    .cursor_size = sizeof(struct counter), .next = enumerate_next};

cede_iter *cede_iter_zip(cede_iter *first, cede_iter *second)
{
    size_t offset = 0, size = 0;
    if (first && second)
        size = pair_size(first->item_size, second->item_size, &offset);
    cede_iter *it = stage(&zip_kind, size, first, second, true);
    if (it)
        *(size_t *)it->cursor = offset;
    return it;
}

cede_iter *cede_iter_enumerate(cede_iter *source, int64_t from)
{
    size_t offset = 0, size = 0;
    if (source)
        size = pair_size(sizeof from, source->item_size, &offset);
    cede_iter *it = stage(&enumerate_kind, size, source, NULL, false);
    if (it)
        *(struct counter *)it->cursor =
            (struct counter){.offset = offset, .index = from};
    return it;
}
