/* SPDX-License-Identifier: MIT
 *
 * S001-3 - sequences of one's own: a dictionary's keys, values and items; and
 * a file, which is its own iterator.
 *
 * The dictionary is an array of pairs; each view of it is a cede_sequence.  A
 * pass that watches the dictionary's version fails as soon as it changed.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>

struct entry {
    seed_value pair[2]; /* key, value */
};

struct dict {
    struct entry entry[32];
    size_t n;
    unsigned version; /* changes with every insertion */
};

static void dict_insert(struct dict *d, const char *key, const char *value)
{
    if (d->n == 32)
        seed_refuse("more than 32 entries", key);
    d->entry[d->n++] = (struct entry){{seed_parse(key), seed_parse(value)}};
    d->version++;
}

/* The entry the pass stands at, moving on; NULL at the end. */
static struct entry *dict_step(void *self, void *cursor)
{
    struct dict *d = self;
    size_t *at = cursor;
    return *at < d->n ? &d->entry[(*at)++] : NULL;
}

static int next_key(void *self, void *cursor, void *out)
{
    struct entry *e = dict_step(self, cursor);
    if (!e)
        return 0;
    *(seed_value *)out = e->pair[0];
    return 1;
}

static int next_value(void *self, void *cursor, void *out)
{
    struct entry *e = dict_step(self, cursor);
    if (!e)
        return 0;
    *(seed_value *)out = e->pair[1];
    return 1;
}

static int next_item(void *self, void *cursor, void *out)
{
    struct entry *e = dict_step(self, cursor);
    if (!e)
        return 0;
    *(seed_value *)out = seed_tuple(e->pair, 2);
    return 1;
}

/* Views, under the names Python has for their iterators. */
static const struct view {
    const char *name;
    cede_sequence sequence;
} keys = {"dict_keyiterator", {sizeof(size_t), next_key, NULL}},
  values = {"dict_valueiterator", {sizeof(size_t), next_value, NULL}},
  items = {"dict_itemiterator", {sizeof(size_t), next_item, NULL}};

static cede_iterable over(struct dict *d, const struct view *view)
{
    return cede_watched((cede_iterable){.kind = &view->sequence,
                                        .self = d,
                                        .item_size = sizeof(seed_value)},
                        &d->version);
}

static void print_view(struct dict *d, const struct view *view)
{
    seed_log out = {0};
    cede_each (seed_value, v, over(d, view))
        seed_log_add(&out, v);
    printf("%s ", view->name);
    seed_log_print(&out);
    putchar('\n');
    seed_log_free(&out);
}

static void change_during_a_pass(struct dict *d, const char *key,
                                 const char *value)
{
    seed_value v;
    cede_iter *it = cede_iter_new(over(d, &keys));
    cede_iter_next(it, &v);
    dict_insert(d, key, value);
    int rc = cede_iter_next(it, &v);
    if (rc < 0)
        seed_print_error(SEED_PASS, rc);
    cede_iter_close(it);
}

/* Two iterators over one file share its position: the second goes on where
 * the first one stands. */
static void print_shared_position(FILE *file, const char *const *lines,
                                  size_t n)
{
    cede_iter *first = cede_iter_lines(file), *second = cede_iter_lines(file);
    cede_line line = {0};
    char text[256] = "";
    seed_log rest = {0};
    static char kept[16][256];
    if (cede_iter_next(first, &line) > 0)
        snprintf(text, sizeof text, "%s", line.text);
    while (rest.n < 16 && cede_iter_next(second, &line) > 0) {
        snprintf(kept[rest.n], sizeof kept[0], "%s", line.text);
        seed_log_add(&rest, seed_text(kept[rest.n]));
    }
    bool shared = n < 2 || (rest.n == n - 1 &&
                            strncmp(kept[0], lines[1], strlen(lines[1])) == 0);
    printf("%s %s ", seed_bool(shared), text);
    seed_log_print(&rest);
    putchar('\n');
    seed_log_free(&rest);
    cede_iter_close(first);
    cede_iter_close(second);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 4, "KEYS VALUES NEW_KEY,NEW_VALUE LINES");
    size_t n, m;
    struct dict d = {0};
    const char *const *key = seed_texts(argv[1], &n);
    const char *const *value = seed_texts(argv[2], &m);
    for (size_t i = 0; i < n && i < m; i++)
        dict_insert(&d, key[i], value[i]);
    /* iter(d) is iter(d.keys()) */
    print_view(&d, &keys);
    print_view(&d, &keys);
    print_view(&d, &values);
    print_view(&d, &items);
    const char *const *added = seed_texts(argv[3], &m);
    if (m != 2)
        seed_refuse("not a key and a value", argv[3]);
    change_during_a_pass(&d, added[0], added[1]);

    const char *const *lines = seed_texts(argv[4], &n);
    FILE *file = tmpfile();
    if (!file)
        return 1;
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%s\n", lines[i]);
    rewind(file);
    print_shared_position(file, lines, n);
    fclose(file);
    return 0;
}
