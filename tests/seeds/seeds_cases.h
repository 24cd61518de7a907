/* SPDX-License-Identifier: MIT
 *
 * seeds_cases.h - one run of a sample program; the table is in seeds_cases.c.
 */
#ifndef SEEDS_CASES_H
#define SEEDS_CASES_H

#include "expect.h"

/* How an output is compared. */
enum comparison {
    EXACTLY,          /* byte for byte, but for ranges */
    ORDER_OF_SYMBOLS, /* lines of one symbol in order, symbols in any */
    SLEEPERS          /* on a real clock, only the times of sleepers */
};

struct seed_case {
    const char *program;
    const char *capture; /* in expected/, without .out; NULL: computed only */
    expect_fn *expect;
    const char *const *arg; /* NULL at the end */
    enum comparison comparison;
};

extern const struct seed_case seed_cases[];
extern const size_t seed_cases_n;

#endif
