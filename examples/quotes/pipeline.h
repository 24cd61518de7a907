/* SPDX-License-Identifier: MIT
 *
 * pipeline.h - producers, one queue, a consumer, and what it feeds.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "quote.h"

enum { QUEUE_CAPACITY = 8, MAX_PRODUCERS = 16, MAX_SERVED = 8 };

struct options {
    int64_t window;
    double speed;
    double rate;       /* quotes a second; 0: as they come */
    const char *chart; /* a file to write, or NULL */
    bool watch, summary, waits, strict, repeat;
    const char *connect;           /* an address instead of files, or NULL */
    const char *serve[MAX_SERVED]; /* addresses */
    int n_serve;
    enum { AUTO, ON, OFF } progress;
    struct column_choice columns;
    const char *const *files;
    int n_files;
};

/* What the consumer does with each quote and its average: 0, or an error,
 * which ends the run. */
typedef int show_fn(void *ctx, struct symbol *symbol, const struct quote *quote,
                    int64_t average);

/* One run of the program. */
struct pipeline {
    const struct options *options;
    struct reading reading;
    struct symbols symbols;
    cede_queue *queue;          /* of struct quote */
    int next_file;              /* the first one no producer has taken */
    int64_t produced, consumed; /* quotes */
    cede_time due; /* when the next one is, at the rate that was asked for */
    struct service *service; /* to tell of each quote, or NULL */
    show_fn *show;
    void *show_ctx;
};

/* Make the queue; 0 or -ENOMEM. */
int pipeline_open(struct pipeline *p, const struct options *options);
void pipeline_close(void *pipeline);

/* Read all files and show every quote.  [waits] 0, or the first failure. */
int pipeline_run(struct pipeline *p);

/* Task: show every quote of the queue, until it is closed and empty. */
cede_fn consume;

/* ---- ways to show ---------------------------------------------------- */

struct output {
    size_t size;
    char buffer[128 * 1024];
};

int output_text(struct output *out, struct text text);
int output_printf(struct output *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int output_flush(struct output *out);

/* Write a row, which takes at most 3 * MAX_LINE bytes: its size. */
size_t row_write(char *out, const struct quote *quote, int64_t average);

/* Print rows; show nothing; keep a history for --summary and --chart. */
int print_rows(struct pipeline *p);
int print_nothing(struct pipeline *p);
int keep_histories(struct pipeline *p);

int summary_print(const struct symbols *symbols);
int chart_write(const struct symbols *symbols, const char *file);

/* A table on the terminal that is drawn again in place. */
struct table {
    struct output *out;
    int width, height; /* of the terminal */
    int lines;         /* drawn, above the cursor */
    bool color;
};

enum color { PLAIN, GREEN, RED, DIM };

void table_open(struct table *t, struct output *out);

/* Begin a drawing; add a line, cut to the terminal's width; the columns that
 * line leaves free; the escape sequence of a color, "" without colors. */
int table_begin(struct table *t);
int table_line(struct table *t, const char *line);
int table_room(const struct table *t, const char *line);
const char *table_color(const struct table *t, enum color color);

/* The live replay; the table of waits. */
int watch(struct pipeline *p);
int waits(void);

/* Task: draw how far the reading has come, until cancelled.  Takes the
 * struct pipeline. */
cede_fn show_progress;
bool progress_is_wanted(const struct options *options);

#endif
