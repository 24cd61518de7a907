/* SPDX-License-Identifier: MIT
 *
 * seeds_compare.h - how outputs are compared, and the difference shown.
 */
#ifndef SEEDS_COMPARE_H
#define SEEDS_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

/* A text that grows; free(bytes). */
struct text {
    char *bytes;
    size_t size;
};

/* Whether the two agree line by line, a range of EXPECT_RANGE with any number
 * in it; the first line that differs is printed. */
bool compare(const char *expected, const char *actual);

/* Order the lines of quotes by symbol, keeping the order within a symbol. */
void sort_by_symbol(struct text *t);

/* The output of S001-12 on a real clock, where only this is certain: every
 * sleeper slept as long as it was asked to, and the whole took as long as the
 * longest. */
bool compare_sleepers(char *const *arg, const char *actual);

/* Say why the test cannot go on, and end it. */
void give_up(const char *what) __attribute__((noreturn));

#endif
