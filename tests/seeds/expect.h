/* SPDX-License-Identifier: MIT
 *
 * expect.h - what each sample program must print, computed without cede.
 *
 * One function per program: it gets the program's parameters, NULL at the end,
 * and writes the expected output, computed with plain arrays and loops.  The
 * driver compares its output with the captured one too, for the document's
 * parameters, so that a mistake here is found as well.
 *
 * Where a real clock decides, an expectation writes a range, EXPECT_RANGE: the
 * number at that place must lie in it.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef void expect_fn(char *const *arg, FILE *out);

#define EXPECT_RANGE "<%.2f..%.2f>"

expect_fn expect_s000_01, expect_s000_02, expect_s000_03, expect_s000_04,
    expect_s000_05, expect_s000_06, expect_s000_07, expect_s000_08,
    expect_s000_09, expect_s000_10, expect_s000_11, expect_s000_15,
    expect_s000_16;
expect_fn expect_s001_01, expect_s001_02, expect_s001_03, expect_s001_04,
    expect_s001_05, expect_s001_06, expect_s001_07, expect_s001_08,
    expect_s001_09, expect_s001_10, expect_s001_11, expect_s001_12,
    expect_s001_13;
expect_fn expect_s002_01, expect_s002_03, expect_s002_05, expect_s002_07,
    expect_s002_08, expect_s002_09, expect_s002_09_real, expect_s002_11,
    expect_s002_12, expect_s002_13, expect_s002_14;
expect_fn expect_s003_01, expect_s003_03, expect_s003_04, expect_s003_05,
    expect_s003_06, expect_s003_08, expect_s003_09, expect_s003_10,
    expect_s003_12, expect_s003_13, expect_s003_14, expect_s003_15,
    expect_s003_16, expect_s003_17, expect_s003_18;
expect_fn expect_s004_01, expect_s004_02, expect_s004_03, expect_s004_04,
    expect_s004_05, expect_s004_06, expect_s004_08, expect_s004_09,
    expect_s004_10, expect_s004_13, expect_s004_14, expect_s004_15,
    expect_s004_19;
expect_fn expect_r_01;
expect_fn expect_r_02;
expect_fn expect_r_03;

/* ---- helpers of these functions (expect.c) --------------------------- */

enum { EXPECT_MOST = 64 };

/* Parameters with commas. */
struct texts {
    char text[EXPECT_MOST][80];
    size_t n;
};
struct numbers {
    double number[EXPECT_MOST];
    size_t n;
};

struct texts texts_of(const char *arg);
struct numbers numbers_of(const char *arg);

/* The items of a list or tuple, "[1,a]" or "(1,a)". */
struct texts items_of(const char *arg);

size_t count_args(char *const *arg);

/* A parameter as Python's repr: quoted unless it is a number, None, or a list
 * or tuple of such. */
void write_repr(FILE *out, const char *arg);

/* A number as Python prints a float: always with a point. */
void write_float(FILE *out, double x);

/* "[1, 2, 3]" */
void write_numbers(FILE *out, const double *number, size_t n);

const char *true_or_false(bool yes);

#endif
