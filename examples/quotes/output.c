/* SPDX-License-Identifier: MIT
 *
 * output.c - standard output, and rows of CSV on it.
 *
 * Text collects in one buffer that goes out by write(2) when it is full, at
 * the end, and on a terminal whenever nothing else is to do.  After a failed
 * write nothing more is written.
 */
#include "pipeline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The longest row: all of it quoted, and room that fixed sizes need. */
enum { ROW = 3 * MAX_LINE };

int output_flush(struct output *out)
{
    size_t done = 0;
    while (done < out->size) {
        ssize_t n = write(STDOUT_FILENO, out->buffer + done, out->size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            out->size = 0;
            return cede_fail(-errno, "standard output: %s", strerror(errno));
        }
        done += (size_t)n;
    }
    out->size = 0;
    return 0;
}

int output_text(struct output *out, struct text text)
{
    if (sizeof out->buffer - out->size < text.size)
        CEDE_TRY(output_flush(out));
    memcpy(out->buffer + out->size, text.at, text.size);
    out->size += text.size;
    return 0;
}

int output_printf(struct output *out, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return output_text(out, text_of(text));
}

static char *write_field(char *at, struct text field)
{
    if (csv_is_special(field)) {
        at = csv_quote(at, field);
    } else {
        memcpy(at, field.at, field.size);
        at += field.size;
    }
    *at++ = ',';
    return at;
}

static inline char *write_quote(char *at, const struct quote *q)
{
    if (q->special) {
        at = write_field(at, quote_symbol(q));
        at = write_field(at, quote_date(q));
        return write_field(at, quote_price(q));
    }
    if (q->heap)
        memcpy(at, q->heap, q->size);
    else
        memcpy(at, q->inside, sizeof q->inside); /* too much, but fast */
    return at + q->size;
}

static inline char *write_row(char *at, const struct quote *quote,
                              int64_t average)
{
    at = write_quote(at, quote);
    if (average != NO_AVERAGE)
        at = decimal_write(at, average);
    *at++ = '\n';
    return at;
}

size_t row_write(char *out, const struct quote *quote, int64_t average)
{
    return (size_t)(write_row(out, quote, average) - out);
}

static inline int output_row(struct output *out, const struct quote *quote,
                             int64_t average)
{
    if (sizeof out->buffer - out->size < ROW)
        CEDE_TRY(output_flush(out));
    char *at = write_row(out->buffer + out->size, quote, average);
    out->size = (size_t)(at - out->buffer);
    return 0;
}

/* ---- every quote as a row -------------------------------------------- */

struct rows {
    struct pipeline *pipeline;
    bool eager; /* somebody is looking: show what there is before waiting */
    struct output out;
};

static int show_row(void *ctx, struct symbol *symbol, const struct quote *quote,
                    int64_t average)
{
    (void)symbol;
    struct rows *rows = ctx;
    CEDE_TRY(output_row(&rows->out, quote, average));
    if (rows->eager && cede_queue_count(rows->pipeline->queue) == 0)
        return output_flush(&rows->out);
    return 0;
}

int print_rows(struct pipeline *p)
{
    struct rows *rows = malloc(sizeof *rows);
    if (!rows)
        return cede_fail(-ENOMEM, "no memory for output");
    CEDE_DEFER(free, rows);
    rows->pipeline = p;
    rows->eager = isatty(STDOUT_FILENO) || p->options->connect;
    rows->out.size =
        (size_t)sprintf(rows->out.buffer, "symbol,date,price,sma%lld\n",
                        (long long)p->options->window);
    p->show = show_row;
    p->show_ctx = rows;

    /* Also after a failure: what was read before is good. */
    int rc = pipeline_run(p);
    int written = rc < 0 && p->consumed == 0 ? 0 : output_flush(&rows->out);
    return rc < 0 ? rc : written;
}

/* ---- nothing --------------------------------------------------------- */

static int show_nothing(void *ctx, struct symbol *symbol,
                        const struct quote *quote, int64_t average)
{
    (void)ctx, (void)symbol, (void)quote, (void)average;
    return 0;
}

int print_nothing(struct pipeline *p)
{
    p->show = show_nothing;
    return pipeline_run(p);
}
