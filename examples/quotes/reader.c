/* SPDX-License-Identifier: MIT
 *
 * reader.c - the generator that reads a file's quotes, one when asked.
 *
 * The file is read in blocks into one buffer, in which a line stays where it
 * is until it has been split.  The usual line, "symbol,date,price" without
 * further ado, goes a short way at the end of this file.  All others are split
 * in general: on commas alone, or carefully if there are quotation marks; a
 * line whose last quoted field is open goes on in the next one.
 *
 * Bad lines are reported on standard error, counted and skipped.  Where there
 * is nothing to read yet, on a pipe, a terminal or a connection, the task waits
 * that steps this; the others go on.
 */
#include "quote.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 128 * 1024 };

struct reader {
    struct reading *reading;
    const char *name;   /* for messages */
    struct text symbol; /* what the file is called, without its extension */
    bool symbol_special;
    struct columns columns;
    size_t wanted; /* how many columns to look at */
    bool usual;    /* they are symbol, date and price, in this order */

    int fd;
    cede_stream *peer; /* instead of it, or NULL */
    bool regular;      /* a file, which never waits for somebody to write */
    bool eof;
    size_t begin, end; /* what of the buffer is filled, from this line on */
    size_t taken;      /* bytes of this line and its end */
    int64_t line;      /* its number, from 1 */
    int lines;         /* of the file that it spans; 0 before the first */
    bool plain;        /* it has neither quotation marks nor NULs */

    char buffer[BLOCK + QUOTE_TEXT]; /* see take_usual */
    char unquoted[MAX_LINE];
    struct text fields[MAX_COLUMNS];
};

/* ---- opening --------------------------------------------------------- */

static int open_file(struct reader *r, const struct reader_args *args)
{
    bool is_stdin = strcmp(args->file, "-") == 0;
    r->fd = is_stdin ? STDIN_FILENO : open(args->file, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        return cede_fail(-errno, "%s: %s", args->file, strerror(errno));
    struct stat about;
    r->regular = fstat(r->fd, &about) == 0 && S_ISREG(about.st_mode);
    r->name = is_stdin ? "stdin" : args->file;
    return 0;
}

static int reader_open(struct reader *r, const struct reader_args *args)
{
    r->reading = args->reading;
    r->name = args->file;
    if (args->reading->connect)
        CEDE_TRY(cede_dial(args->file, &r->peer));
    else
        CEDE_TRY(open_file(r, args));
    r->symbol = symbol_of_file(r->name);
    r->symbol_special = csv_is_special(r->symbol);
    r->line = 1;
    return 0;
}

static void reader_close(void *reader)
{
    struct reader *r = reader;
    if (r->peer)
        cede_stream_close(r->peer);
    else if (r->fd != STDIN_FILENO)
        close(r->fd);
}

/* ---- bad lines ------------------------------------------------------- */

/* Report what is wrong with this line: 0 to go on, or how to fail. */
static int bad_line(struct reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int bad_line(struct reader *r, const char *fmt, ...)
{
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);

    r->reading->bad_lines++;
    fprintf(stderr, "%s%s:%lld: %s\n", r->reading->bar ? "\r\033[K" : "",
            r->name, (long long)r->line, what);
    return r->reading->strict ? cede_fail(-EBADLINE, "%s", what) : 0;
}

/* ---- lines ----------------------------------------------------------- */

static int read_some(struct reader *r, void *buf, size_t size)
{
    if (r->peer)
        return cede_read(r->peer, buf, size);
    return cede_fd_read(r->fd, buf, size);
}

/* Read a block behind what is left of the last one. */
static int fill(struct reader *r)
{
    if (!r->regular)
        CEDE_TRY(cede_sleep(0)); /* let the consumer catch up before */

    r->end -= r->begin;
    memmove(r->buffer, r->buffer + r->begin, r->end);
    r->begin = 0;

    int n = read_some(r, r->buffer + r->end, BLOCK - r->end);
    if (n < 0)
        return cede_fail(n, "%s: %s", r->name, cede_strerror(n));

    r->eof = n == 0;
    r->end += (size_t)n;
    r->buffer[r->end] = '\0'; /* ends every field, see usual_end */
    r->reading->bytes += n;
    return 0;
}

/* Find the end of this line, looking from byte `from` on, and set r->taken.
 * 1; 0 the file ends before, or the line is too long; < 0 reading failed. */
static int find_end(struct reader *r, size_t from)
{
    for (;;) {
        const char *line = r->buffer + r->begin;
        size_t size = r->end - r->begin;
        const char *newline = memchr(line + from, '\n', size - from);
        r->taken = newline ? (size_t)(newline + 1 - line) : size;
        if (newline)
            return 1;
        if (r->eof || size > MAX_LINE + 1) /* the 1 may be a CR */
            return 0;
        from = size;
        CEDE_TRY(fill(r));
    }
}

/* This line, without its end. */
static struct text line_text(const struct reader *r)
{
    struct text line = {r->buffer + r->begin, r->taken};
    if (line.size > 0 && line.at[line.size - 1] == '\n')
        line.size--;
    if (line.size > 0 && line.at[line.size - 1] == '\r')
        line.size--;
    return line;
}

static int skip_long_line(struct reader *r)
{
    while (r->taken > 0 && r->buffer[r->begin + r->taken - 1] != '\n') {
        r->begin = r->end;
        CEDE_TRY(find_end(r, 0));
    }
    return bad_line(r, "line is longer than 4,096 bytes");
}

static void skip_byte_order_mark(struct reader *r)
{
    if (r->taken >= 3 && memcmp(r->buffer + r->begin, "\xef\xbb\xbf", 3) == 0) {
        r->begin += 3;
        r->taken -= 3;
    }
}

/* Move on to the next line that has something in it.  1; 0 there is none;
 * < 0 it failed. */
static int next_line(struct reader *r, struct text *line)
{
    do {
        r->begin += r->taken;
        r->line += r->lines;
        r->lines = 1;
        CEDE_TRY(find_end(r, 0));
        if (r->taken == 0)
            return 0;
        if (r->line == 1)
            skip_byte_order_mark(r);
        *line = line_text(r);
        if (line->size > MAX_LINE) {
            CEDE_TRY(skip_long_line(r));
            line->size = 0;
        }
    } while (line->size == 0);
    return 1;
}

/* ---- fields ---------------------------------------------------------- */

/* Let this line go on in the next one.  1; 0 there is none, or they are too
 * long together; < 0 it failed. */
static int extend(struct reader *r, struct text *line)
{
    size_t size = r->taken;
    CEDE_TRY(find_end(r, size));
    if (r->taken == size)
        return 0;
    r->lines++;
    *line = line_text(r);
    return line->size <= MAX_LINE;
}

/* Split a line that may hold quoted fields and NULs. */
static int split_carefully(struct reader *r, struct text line)
{
    const char *wrong = "a quoted field does not end";
    size_t first = r->taken;
    int rc = 0;
    do {
        if (memchr(line.at, '\0', line.size)) {
            wrong = "line contains a NUL byte";
            break;
        }
        int n = csv_split_quoted(line, r->fields, MAX_COLUMNS, r->unquoted);
        if (n > 0)
            return n;
        if (n < -1) {
            wrong = "text follows a closing quotation mark";
            break;
        }
    } while ((rc = extend(r, &line)) > 0);
    if (rc < 0)
        return rc;
    r->taken = first; /* the next line may well be a good one */
    r->lines = 1;
    return bad_line(r, "%s", wrong);
}

/* Split a line into r->fields.  How many; 0 it is bad; < 0 it failed. */
static int split(struct reader *r, struct text line)
{
    r->plain =
        !memchr(line.at, '"', line.size) && !memchr(line.at, '\0', line.size);
    return r->plain ? (int)csv_split(line, r->fields, r->wanted)
                    : split_carefully(r, line);
}

/* Make a quote of a line: 1; 0 it is a bad one; < 0 it failed. */
static int parse(struct reader *r, struct text line, struct quote *quote)
{
    int n = split(r, line);
    if (n <= 0)
        return n;
    if (n <= r->columns.last) {
        int role = columns_missing(&r->columns, n);
        return bad_line(r, "column %d (%s) is missing", r->columns.of[role] + 1,
                        role_name(role));
    }

    const int *of = r->columns.of;
    struct text symbol = of[SYMBOL] < 0 ? r->symbol : r->fields[of[SYMBOL]];
    struct text date = r->fields[of[DATE]];
    struct text price = r->fields[of[PRICE]];
    if (symbol.size == 0)
        return bad_line(r, "the symbol is empty");

    const char *wrong = price_parse(price, &quote->price);
    if (wrong) {
        char seen[40];
        text_copy(seen, sizeof seen, price);
        return bad_line(r, "price '%s' %s", seen, wrong);
    }
    quote->special = of[SYMBOL] < 0 && r->symbol_special;
    if (!r->plain)
        quote->special = csv_is_special(symbol) || csv_is_special(date) ||
                         csv_is_special(price);
    CEDE_TRY(quote_set(quote, symbol, date, price));
    return 1;
}

/* ---- the header ------------------------------------------------------ */

static int no_column(const struct reader *r, int role, struct text line)
{
    char seen[80];
    text_copy(seen, sizeof seen, line);
    return cede_fail(-EINVAL,
                     "%s:%lld: no column for the %s (found: %s; name it with "
                     "--columns %s=…)",
                     r->name, (long long)r->line, role_name(role), seen,
                     role_name(role));
}

/* Learn from the first good line where the columns are; when it is no
 * header, it will be read again as a quote. */
static int read_header(struct reader *r)
{
    struct text line;
    int n = 0;
    int rc;
    r->wanted = MAX_COLUMNS;
    while (n == 0 && (rc = next_line(r, &line)) > 0)
        CEDE_TRY(n = split(r, line));
    if (n == 0)
        return rc;

    rc = columns_find(&r->reading->choice, r->fields, n, &r->columns);
    if (rc < 0)
        return no_column(r, -1 - rc, line_text(r));
    const int *of = r->columns.of;
    r->wanted = (size_t)r->columns.last + 1;
    r->usual = of[SYMBOL] == 0 && of[DATE] == 1 && of[PRICE] == 2;
    if (rc == 0) {
        r->taken = 0;
        r->lines = 0;
    }
    return 0;
}

/* ---- the generator --------------------------------------------------- */

/* Where a field ends that has only what comes after the comma in ASCII, that
 * is letters and digits, with spaces between.  NULL: it has something else. */
static inline const char *usual_end(const char *at)
{
    const char *begin = at;
    while ((unsigned char)*at > ',' || *at == ' ')
        at++;
    return *at == ',' && at > begin && *begin != ' ' && at[-1] != ' ' ? at
                                                                      : NULL;
}

/* The short way for the usual line, "symbol,date,price" in letters and digits,
 * that fits into a quote: one pass over it, and its text is copied as it
 * stands.  false: this is something else, nothing was taken. */
static inline bool take_usual(struct reader *r, struct quote *quote)
{
    const char *line = r->buffer + r->begin + r->taken;
    const char *symbol_end = usual_end(line);
    if (!symbol_end)
        return false;
    const char *date_end = usual_end(symbol_end + 1);
    if (!date_end)
        return false;
    const char *end;
    if (price_read(date_end + 1, r->buffer + r->end, &quote->price, &end))
        return false;
    const char *next = end + (*end == '\r');
    size_t size = (size_t)(end - line);
    if (*next != '\n' || size >= sizeof quote->inside)
        return false;

    quote->heap = NULL;
    quote->size = (uint16_t)(size + 1);
    quote->symbol_size = (uint16_t)(symbol_end - line);
    quote->date_size = (uint16_t)(date_end - symbol_end - 1);
    quote->special = false;
    /* Copying more than the line is one move instead of a loop. */
    memcpy(quote->inside, line, sizeof quote->inside);
    quote->inside[size] = ',';
    r->begin += r->taken;
    r->taken = (size_t)(next + 1 - line);
    r->line += r->lines;
    r->lines = 1;
    return true;
}

/* Move on to the next good quote: 1; 0 there is none; < 0 it failed. */
static inline int next_quote(struct reader *r, struct quote *quote)
{
    if (r->usual && take_usual(r, quote))
        return 1;
    struct text line;
    int rc;
    while ((rc = next_line(r, &line)) > 0)
        if ((rc = parse(r, line, quote)) != 0)
            break;
    return rc;
}

int read_quotes(cede_gen *self, void *arg)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r)
        return cede_fail(-ENOMEM, "no memory to read files");
    CEDE_DEFER(free, r);
    CEDE_TRY(reader_open(r, arg));
    CEDE_DEFER(reader_close, r);
    CEDE_TRY(read_header(r));

    struct quote quote;
    int rc;
    while ((rc = next_quote(r, &quote)) > 0)
        if ((rc = cede_yield(self, &(struct quote *){&quote})) < 0)
            break;
    return rc;
}
