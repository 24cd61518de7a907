/* SPDX-License-Identifier: MIT
 *
 * round.h - saying in which round of a sweep the process died.
 */
#ifndef CD_TESTING_ROUND_H
#define CD_TESTING_ROUND_H

/* Look after signals that kill, from here to there: of the outermost pair. */
void cd_rounds_begin(void);
void cd_rounds_end(void);

enum { CD_ROUND_LINE = 200 };

/* This thread is in that round, "CEDE_SEED=17", of a function's sweep; and in
 * none.  What is printed lies in line meanwhile. */
void cd_round_enter(char line[CD_ROUND_LINE], const char *round,
                    const char *name);
void cd_round_leave(void);

#endif
