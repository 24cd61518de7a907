/* SPDX-License-Identifier: MIT
 *
 * S001-4 - enumerate is iterable and iterator in one: whichever handle one
 * pulls through, there is one position.
 *
 * The second handle is a stage that passes everything on.
 */
#include "seed.h"

#include <stdio.h>

struct numbered {
    int64_t index;
    const char *text;
};

/* next(it, default) */
static void print_next(cede_iter *it, const char *otherwise)
{
    struct numbered x;
    if (cede_iter_next(it, &x) <= 0) {
        printf(" %s", otherwise);
        return;
    }
    putchar(' ');
    seed_repr(
        seed_tuple((seed_value[]){seed_int(x.index), seed_text(x.text)}, 2));
}

/* Does a pull through `it` move `x` on? */
static bool one_position(cede_iterable texts)
{
    cede_iter *x = cede_iter_enumerate(cede_iter_new(texts), 0);
    cede_iter *it = cede_iter_take(x, SIZE_MAX);
    struct numbered a = {0}, b = {0};
    int first = cede_iter_next(it, &a), second = cede_iter_next(x, &b);
    cede_iter_close(it);
    return first == 0 || second == 0 || b.index == a.index + 1;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "TEXTS PULLS DEFAULT");
    size_t n;
    const char *const *text = seed_texts(argv[1], &n);
    cede_iterable texts = cede_array(text, n, sizeof *text);
    printf("%s", seed_bool(one_position(texts)));

    cede_iter *x = cede_iter_enumerate(cede_iter_new(texts), 0);
    cede_iter *it = cede_iter_take(x, SIZE_MAX);
    for (long i = 0, pulls = seed_long(argv[2]); i < pulls; i++)
        print_next(i % 2 ? x : it, argv[3]);
    putchar('\n');
    cede_iter_close(it);
    return 0;
}
