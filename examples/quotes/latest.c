/* SPDX-License-Identifier: MIT
 *
 * latest.c - a list through an array.
 *
 * Keys are small numbers, as those of symbols are; a key's record is made
 * larger when need be, and never smaller.
 */
#include "latest.h"

#include <cede.h>
#include <stdlib.h>
#include <string.h>

static int add_keys(struct latest *l, size_t n)
{
    struct record *more = realloc(l->of, n * sizeof *more);
    if (!more)
        return -ENOMEM;
    memset(more + l->n, 0, (n - l->n) * sizeof *more);
    l->of = more;
    l->n = n;
    return 0;
}

static size_t *after(struct latest *l, size_t key)
{
    return key == NO_KEY ? &l->oldest : &l->of[key].newer;
}

static size_t *before(struct latest *l, size_t key)
{
    return key == NO_KEY ? &l->newest : &l->of[key].older;
}

/* Put the key at the end of the order. */
static void make_newest(struct latest *l, size_t key)
{
    struct record *r = &l->of[key];
    if (r->size > 0) { /* it has a place already */
        *after(l, r->older) = r->newer;
        *before(l, r->newer) = r->older;
    }
    r->older = l->newest;
    r->newer = NO_KEY;
    *after(l, l->newest) = key;
    l->newest = key;
}

int latest_set(struct latest *l, size_t key, uint64_t number, const char *text,
               size_t size)
{
    if (key >= l->n)
        CEDE_TRY(add_keys(l, 2 * key + 16));
    struct record *r = &l->of[key];
    if (size > r->room) {
        char *more = realloc(r->text, size + size / 2);
        if (!more)
            return -ENOMEM;
        r->text = more;
        r->room = size + size / 2;
    }
    make_newest(l, key);
    memcpy(r->text, text, size);
    r->size = size;
    r->number = number;
    return 0;
}

size_t latest_take(const struct latest *l, uint64_t *next, char *out,
                   size_t room)
{
    size_t size = 0;
    for (size_t key = l->oldest; key != NO_KEY; key = l->of[key].newer) {
        const struct record *r = &l->of[key];
        if (r->number < *next)
            continue;
        if (r->size > room - size)
            break;
        memcpy(out + size, r->text, r->size);
        size += r->size;
        *next = r->number + 1;
    }
    return size;
}

void latest_free(struct latest *l)
{
    for (size_t key = 0; key < l->n; key++)
        free(l->of[key].text);
    free(l->of);
}
