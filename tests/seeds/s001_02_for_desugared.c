/* SPDX-License-Identifier: MIT
 *
 * S001-2 - what a for loop does: make a pass, pull until it is over.
 *
 * The same loop over an array of numbers and over a string; a number is no
 * sequence, and the pass over it says so.
 */
#include "seed.h"

#include <stdio.h>

/* A list or tuple gives its items, a text its characters; nothing else is a
 * sequence. */
static cede_iterable iterable_of(seed_value v)
{
    if (v.kind == SEED_TEXT)
        return cede_string(v.as.text);
    if (v.kind == SEED_LIST || v.kind == SEED_TUPLE)
        return cede_array(v.as.items, v.n, sizeof *v.as.items);
    return (cede_iterable){.item_size = sizeof(seed_value)};
}

/* One item as a value; a character becomes a text of one. */
static int pull(cede_iter *it, seed_value *out)
{
    static char texts[256][2];
    char c;
    if (cede_iter_size(it) != sizeof c)
        return cede_iter_next(it, out);
    int rc = cede_iter_next(it, &c);
    if (rc > 0) {
        texts[(unsigned char)c][0] = c;
        *out = seed_text(texts[(unsigned char)c]);
    }
    return rc;
}

static int over(seed_value x, seed_log *out)
{
    cede_iter *it = cede_iter_new(iterable_of(x));
    seed_value item;
    int rc;
    while ((rc = pull(it, &item)) > 0)
        seed_log_add(out, item);
    cede_iter_close(it);
    return rc;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 2, "SEQUENCES... NOT_A_SEQUENCE");
    for (int i = 1; i < argc; i++) {
        seed_value x = seed_parse(argv[i]);
        seed_log out = {0};
        int rc = over(x, &out);
        if (rc == -EINVAL) {
            printf("TypeError: '%s' object is not iterable\n", seed_type(x));
        } else if (rc == 0) {
            seed_log_print(&out);
            putchar(i < argc - 2 ? ' ' : '\n');
        } else {
            seed_print_error(SEED_PASS, rc);
        }
        seed_log_free(&out);
    }
    return 0;
}
