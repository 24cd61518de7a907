/* SPDX-License-Identifier: MIT
 *
 * show.h - what programs are told, and what they tell: options, sizes,
 * failures, and bars that move.
 */
#ifndef SHOW_H
#define SHOW_H

#include <cede.h>
#include <cede/net.h>
#include <stdio.h>

/* "812 B", "1.2 kB", "34.5 MB": out. */
enum { SIZE_TEXT = 16 };
const char *size_text(int64_t bytes, char out[SIZE_TEXT]);

/* Print where it listens, a line for each address. */
void announce(const cede_server *server);

/* How many descriptors the process has open. */
int descriptors(void);

/* Why something failed: its message or, without one, what the code says.
 * Valid until the next failure. */
const char *why(int rc);

/* ---- options --------------------------------------------------------- */

/* An option of one letter: a number from 1 to most, or a text. */
struct choice {
    char letter;
    int most;
    int *number;
    const char **text; /* NULL: it is a number */
};

/* Read the options, of which the last one is {0}, and find at least one
 * operand behind them: argv's index of the first; or -EINVAL, and what is wrong
 * was printed, and the usage. */
int read_options(int argc, char **argv, const struct choice *choices,
                 const char *usage);

/* What a program ends with that came out as rc: 130 interrupted, 1 failed,
 * and that was printed, 0. */
int exit_status(const char *program, int rc);

/* ---- bars ------------------------------------------------------------ */

/* How far something has come; it belongs to who added it. */
struct bar {
    const char *label;
    const int64_t *done, *total; /* bytes; total < 0: not known */
    struct bar *next;
};

/* Bars below lines that stay: on a terminal they are drawn again in place;
 * elsewhere only the lines are written. */
struct bars {
    FILE *out;
    struct bar *first;
    int drawn; /* lines above the cursor */
    bool terminal;
};

void bars_open(struct bars *b, FILE *out);
void bars_add(struct bars *b, struct bar *bar);
void bars_remove(struct bars *b, struct bar *bar);

/* Write a line that stays, above the bars. */
void bars_line(struct bars *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Task: draw them ten times a second, until cancelled. */
cede_fn bars_move;

#endif
