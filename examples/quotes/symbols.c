/* SPDX-License-Identifier: MIT
 *
 * symbols.c - every symbol and its coroutine, found by name.
 *
 * A hash table with open addressing, at most half full, over an array in the
 * order of arrival.  Symbols are never removed while it lives.
 */
#include "quote.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

/* The first (up to) eight bytes of name as a number.  A quote's text can be
 * read by the word wherever a symbol begins or goes on. */
static inline uint64_t word_of(struct text name)
{
    uint64_t word;
    memcpy(&word, name.at, sizeof word);
    word = le64toh(word);
    return name.size < 8 ? word & ~(UINT64_MAX << 8 * name.size) : word;
}

/* Of names of the same size up to eight no two have the same hash: each step
 * can be undone. */
static inline uint64_t hash_of(struct text name)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = name.size;
    for (;;) {
        hash = (hash ^ word_of(name)) * odd;
        hash ^= hash >> 32;
        if (name.size <= 8)
            return hash;
        name.at += 8;
        name.size -= 8;
    }
}

static inline bool is_named(const struct symbol *s, struct text name,
                            uint64_t hash)
{
    if (s->hash != hash || s->name_size != name.size)
        return false;
    for (size_t i = name.size <= 8 ? name.size : 0; i < name.size; i++)
        if (s->name[i] != name.at[i])
            return false;
    return true;
}

static inline struct symbol **slot_of(const struct symbols *symbols,
                                      struct text name, uint64_t hash)
{
    size_t mask = symbols->n_slots - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct symbol **slot = &symbols->slots[i];
        if (!*slot || is_named(*slot, name, hash))
            return slot;
    }
}

/* Make room for twice as many. */
static int grow(struct symbols *symbols)
{
    size_t n = symbols->n_slots ? 2 * symbols->n_slots : FIRST_SLOTS;
    struct symbol **all = realloc(symbols->all, n / 2 * sizeof(void *));
    if (!all)
        return -ENOMEM;
    symbols->all = all;
    struct symbol **slots = calloc(n, sizeof(void *));
    if (!slots)
        return -ENOMEM;
    free(symbols->slots);
    symbols->slots = slots;
    symbols->n_slots = n;
    for (size_t i = 0; i < symbols->n; i++) {
        struct symbol *s = all[i];
        *slot_of(symbols, (struct text){s->name, s->name_size}, s->hash) = s;
    }
    return 0;
}

static struct symbol *symbol_new(struct text name, uint64_t hash,
                                 int64_t *window)
{
    struct symbol *s = calloc(1, sizeof *s + name.size);
    if (!s)
        return NULL;
    s->sma = cede_gen_primed(sma, window, sizeof(int64_t), sizeof(int64_t));
    if (!s->sma) {
        free(s);
        return NULL;
    }
    s->hash = hash;
    s->name_size = name.size;
    memcpy(s->name, name.at, name.size);
    text_copy(s->label, sizeof s->label, name);
    return s;
}

static struct symbol *add(struct symbols *symbols, struct text name,
                          uint64_t hash)
{
    if (2 * symbols->n >= symbols->n_slots && grow(symbols) < 0)
        return NULL;
    struct symbol *s = symbol_new(name, hash, &symbols->window);
    if (!s)
        return NULL;
    s->index = symbols->n;
    symbols->all[symbols->n++] = s;
    *slot_of(symbols, name, hash) = s;
    return s;
}

struct symbol *symbols_find(struct symbols *symbols, const struct quote *quote)
{
    struct text name = quote_symbol(quote);
    uint64_t hash = hash_of(name);
    struct symbol *s = symbols->n > 0 ? *slot_of(symbols, name, hash) : NULL;
    return s ? s : add(symbols, name, hash);
}

void symbols_free(void *arg)
{
    struct symbols *symbols = arg;
    for (size_t i = 0; i < symbols->n; i++) {
        struct symbol *s = symbols->all[i];
        cede_gen_close(s->sma);
        history_free(s->history);
        free(s);
    }
    free(symbols->all);
    free(symbols->slots);
    *symbols = (struct symbols){0};
}
