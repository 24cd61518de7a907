/* SPDX-License-Identifier: MIT
 *
 * table.h - the rows that are printed, and the lines kept of them.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "stats.h"

struct table_row {
    const char *figure, *subject, *unit;
    struct stats value;
    struct stats to_floor; /* n == 0: there is no floor */
    struct stats to_cede;  /* n == 0: this is cede, or is not compared */
    int hidden;            /* printed, but has no entry in the results */
};

void table_heading(void);

/* Print the row; append it to results in the folder BENCH_OUT. */
void table_row(const struct table_row *row);

/* Note whether `figure` by `subject` took at most `at_most` times as long as
 * by `against`: printed, and appended to targets in BENCH_OUT. */
void table_target(const char *figure, const char *subject, const char *against,
                  double at_most, const struct stats *ratio);

/* The row, with what cede needs of what its subject does, and a word for how
 * the two compare; none if cede_needs->n == 0. */
void table_verdict(const struct table_row *row, const struct stats *cede_needs,
                   const char *verdict);

/* As table_target, where the outcome is known already. */
void table_outcome(const char *figure, const char *subject, const char *against,
                   double at_most, const struct stats *ratio,
                   const char *outcome);

/* The same for one that was not there to compare with. */
void table_target_absent(const char *figure, const char *subject,
                         const char *against, double at_most);

#endif
