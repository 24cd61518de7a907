/* SPDX-License-Identifier: MIT
 *
 * iter.c - iterators: one pass over an array, a range, a file, a generator,
 * or a sequence of the user's own.  The stages are in stages.c.
 *
 * Every iterator is the same struct with a kind (two functions) and, behind
 * it, the kind's cursor and room for one item.  The room serves callers who
 * do not want the item, and stages that look at their source's.
 */
#define _GNU_SOURCE /* getline */
#include "gen/iter.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

cede_iter *cd_iter_make(const cede_sequence *kind, void *self, size_t item_size)
{
    size_t cursor = round_up(kind->cursor_size, 16);
    size_t size = sizeof(cede_iter) + cursor;
    if (item_size > SIZE_MAX - size)
        return NULL;
    cede_iter *it = cd_zalloc(size + item_size);
    if (!it)
        return NULL;
    it->kind = kind;
    it->self = self ? self : it;
    it->item_size = item_size;
    it->cursor = it + 1;
    it->room = (char *)it->cursor + cursor;
    return it;
}

int cede_iter_next(cede_iter *it, void *out)
{
    if (!it)
        return -ENOMEM;
    if (it->over)
        return 0;
    int rc = it->owed;
    if (rc == 0 && it->version && *it->version != it->seen)
        rc = cede_fail(-ESTALE, "the sequence was modified while iterated");
    if (rc == 0)
        rc = it->kind->next(it->self, it->cursor, out ? out : it->room);
    it->over = rc <= 0;
    return rc;
}

int cede_iter_close(cede_iter *it)
{
    if (!it)
        return -ENOMEM;
    int rc = it->gen ? cede_gen_close(it->gen) : 0;
    if (rc > 0 || (it->over && rc < 0))
        rc = 0; /* a result is none of ours, and an error was told already */
    for (int i = 0; i < 2; i++) {
        int err = it->source[i] ? cede_iter_close(it->source[i]) : 0;
        if (rc == 0)
            rc = err;
    }
    if (it->kind->end)
        it->kind->end(it->self, it->cursor);
    free(it);
    return rc;
}

size_t cede_iter_size(const cede_iter *it)
{
    return it ? it->item_size : 0;
}

/* ---- iterables --------------------------------------------------------- */

static int array_next(void *self, void *cursor, void *out)
{
    cede_iter *it = self;
    size_t *i = cursor;
    if (*i == it->source_of.n)
        return 0;
    const char *items = it->source_of.self;
    memcpy(out, items + *i * it->item_size, it->item_size);
    ++*i;
    return 1;
}

static int range_next(void *self, void *cursor, void *out)
{
    cede_iter *it = self;
    size_t *i = cursor;
    if (*i == it->source_of.n)
        return 0;
    /* Unsigned, where wrapping around is defined and ends up right. */
    uint64_t value =
        (uint64_t)it->source_of.start + *i * (uint64_t)it->source_of.step;
    memcpy(out, &value, sizeof value);
    ++*i;
    return 1;
}

static const cede_sequence array_kind = {.cursor_size = sizeof(size_t),
                                         .next = array_next};
static const cede_sequence range_kind = {.cursor_size = sizeof(size_t),
                                         .next = range_next};
static const cede_sequence refused_kind = {.next = array_next};

cede_iterable cede_array(const void *items, size_t n, size_t size)
{
    return (cede_iterable){.kind = &array_kind,
                           .self = (void *)(uintptr_t)items,
                           .n = n,
                           .item_size = size};
}

cede_iterable cede_string(const char *text)
{
    return cede_array(text, strlen(text), 1);
}

cede_iterable cede_range(int64_t start, int64_t stop, int64_t step)
{
    uint64_t n = 0;
    if (step > 0 && stop > start)
        n = ((uint64_t)stop - (uint64_t)start - 1) / (uint64_t)step + 1;
    else if (step < 0 && stop < start)
        n = ((uint64_t)start - (uint64_t)stop - 1) / (0 - (uint64_t)step) + 1;
    return (cede_iterable){.kind = &range_kind,
                           .item_size = sizeof(int64_t),
                           .n = n,
                           .start = start,
                           .step = step};
}

cede_iterable cede_watched(cede_iterable over, const unsigned *version)
{
    over.version = version;
    return over;
}

cede_iter *cd_iter_refused(int err, size_t item_size)
{
    cede_iter *it = cd_iter_make(&refused_kind, NULL, item_size);
    if (it)
        it->owed = err;
    return it;
}

cede_iter *cede_iter_new(cede_iterable over)
{
    if (!over.kind)
        return cd_iter_refused(
            cede_fail(-EINVAL, "not iterable: it has no kind"), over.item_size);
    bool own = over.kind == &array_kind || over.kind == &range_kind;
    cede_iter *it = cd_iter_make(over.kind, NULL, over.item_size);
    if (!it)
        return NULL;
    if (!own)
        it->self = over.self;
    it->source_of = over;
    it->version = over.version;
    it->seen = over.version ? *over.version : 0;
    return it;
}

/* ---- generators and files ---------------------------------------------- */

static int gen_next(void *self, void *cursor, void *out)
{
    (void)cursor;
    return cede_next(((cede_iter *)self)->gen, out);
}

static const cede_sequence gen_kind = {.next = gen_next};

cede_iter *cede_iter_gen(cede_gen *g)
{
    if (!g)
        return NULL;
    cede_iter *it = cd_iter_make(&gen_kind, NULL, cd_gen_out_size(g));
    if (!it) {
        cede_gen_close(g);
        return NULL;
    }
    it->gen = g;
    return it;
}

bool cd_iter_is_gen(const cede_iter *it)
{
    return it->kind == &gen_kind && !it->over;
}

struct lines {
    char *text; /* getline's buffer */
    size_t size;
};

static int lines_next(void *self, void *cursor, void *out)
{
    FILE *file = self;
    struct lines *l = cursor;
    int saved = errno;
    errno = 0;
    ssize_t n = getline(&l->text, &l->size, file);
    int err = errno;
    errno = saved;
    if (n < 0)
        return feof(file) ? 0 : err ? -err : -EIO;
    *(cede_line *)out = (cede_line){.text = l->text, .size = (size_t)n};
    return 1;
}

static void lines_end(void *self, void *cursor)
{
    (void)self;
    free(((struct lines *)cursor)->text);
}

static const cede_sequence lines_kind = {
    .cursor_size = sizeof(struct lines), .next = lines_next, .end = lines_end};

cede_iter *cede_iter_lines(FILE *file)
{
    return cd_iter_make(&lines_kind, file, sizeof(cede_line));
}
