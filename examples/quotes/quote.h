/* SPDX-License-Identifier: MIT
 *
 * quote.h - what the parts of cede-quotes tell each other.
 *
 * In the order of the data: columns, the quote, the reader that yields
 * quotes, the coroutine that averages prices, the symbols and what is kept of
 * them.  csv.h and decimal.h are below this, pipeline.h is above.
 */
#ifndef QUOTE_H
#define QUOTE_H

#include "csv.h"
#include "decimal.h"

#include <cede.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    MAX_LINE = 4096,      /* bytes of a line, without its end */
    MAX_COLUMNS = 256,    /* columns beyond are not looked at */
    MAX_WINDOW = 1000000, /* prices averaged at most */
    QUOTE_TEXT = 64       /* bytes of text that a quote holds itself */
};

/* What a bad line answers under --strict; its message names the line. */
#define EBADLINE EBADMSG

/* ---- columns (columns.c) --------------------------------------------- */

enum role { SYMBOL, DATE, PRICE, ROLES };

/* What --columns says: per role a column's name or number, or nothing. */
struct column_choice {
    struct text of[ROLES];
};

/* Where the columns are: 0, 1, ..., or -1 for a symbol that is in none. */
struct columns {
    int of[ROLES];
    int last; /* the last one that is needed */
};

/* Read "symbol=Ticker,date=2,...".  0, or -EINVAL with a message. */
int columns_parse(const char *option, struct column_choice *choice);

/* Find the columns, given the fields of a file's first line.  1 it is a
 * header, 0 it is data already; -1 - role of a column that is missing. */
int columns_find(const struct column_choice *choice, const struct text *fields,
                 int n, struct columns *columns);

/* The role of the first column that a line of only n columns lacks. */
int columns_missing(const struct columns *columns, int n);

const char *role_name(int role);

/* What stands for the symbol where there is no column: the file's name
 * without folders and extension. */
struct text symbol_of_file(const char *file);

/* ---- the quote (quote.c) --------------------------------------------- */

/* One price of one symbol.  Owns its text, which is the beginning of an
 * output line, "symbol,date,price,": inside itself when it fits, as it nearly
 * always does, else in one block of the heap.  Plain memory otherwise: it is
 * copied from the reader to the producer, the queue and the consumer, and
 * whoever has the last copy calls quote_free. */
struct quote {
    int64_t price; /* in 1/10000 */
    char *heap;    /* the text if it did not fit, else NULL */
    uint16_t size, symbol_size, date_size; /* of the text and its parts */
    bool special; /* a field must be quoted when written */
    char inside[QUOTE_TEXT];
};

static inline const char *quote_text(const struct quote *q)
{
    return q->heap ? q->heap : q->inside;
}

static inline struct text quote_symbol(const struct quote *q)
{
    return (struct text){quote_text(q), q->symbol_size};
}

static inline struct text quote_date(const struct quote *q)
{
    return (struct text){quote_text(q) + q->symbol_size + 1, q->date_size};
}

static inline struct text quote_price(const struct quote *q)
{
    size_t at = (size_t)q->symbol_size + q->date_size + 2;
    return (struct text){quote_text(q) + at, q->size - at - 1};
}

/* Give *q copies of the fields.  0; -ENOMEM. */
int quote_set(struct quote *q, struct text symbol, struct text date,
              struct text price);
static inline void quote_free(void *quote)
{
    free(((struct quote *)quote)->heap);
}

/* ---- the reader (reader.c) ------------------------------------------- */

/* What all readers of a run share. */
struct reading {
    struct column_choice choice;
    bool strict;       /* stop at the first bad line */
    bool connect;      /* files are addresses to connect to */
    int64_t bad_lines; /* so far */
    int64_t bytes;     /* read so far */
    bool bar;          /* a progress bar stands where messages go */
};

/* What a reader is made from; stays valid while it reads. */
struct reader_args {
    struct reading *reading;
    const char *file; /* "-" is standard input; or an address */
};

/* Generator of struct quote *: those of one file, which is open from the first
 * step to the last.  What it points to belongs to whoever stepped it, who
 * copies it before the next step.  Takes a struct reader_args. */
cede_gen_fn read_quotes;

/* ---- the average (sma.c) --------------------------------------------- */

#define NO_AVERAGE INT64_MIN

/* Coroutine: is sent prices (int64_t, in 1/10000), answers the average of
 * the last *(const int64_t *)arg of them (int64_t, in 1/1000), NO_AVERAGE
 * while there are fewer. */
cede_gen_fn sma;

/* ---- symbols (symbols.c) --------------------------------------------- */

struct history;

struct symbol {
    cede_gen *sma;
    uint64_t hash;
    size_t index;            /* in symbols.all */
    struct history *history; /* kept by those who show it later, or NULL */
    char label[32];          /* as much of the name as is shown */
    size_t name_size;
    char name[];
};

/* All symbols, found by name and in the order of their first quotes.  {0}
 * with a window is empty. */
struct symbols {
    int64_t window;
    struct symbol **all; /* in order */
    size_t n;
    struct symbol **slots; /* open addressing; n_slots is a power of two */
    size_t n_slots;
};

/* The symbol of a quote, made with a primed coroutine if it is new.  NULL
 * when there is no memory for it. */
struct symbol *symbols_find(struct symbols *symbols, const struct quote *quote);
void symbols_free(void *symbols);

/* ---- history (history.c) --------------------------------------------- */

struct point {
    int64_t price;   /* in 1/10000 */
    int64_t average; /* in 1/1000, or NO_AVERAGE */
};

/* What is kept of a symbol's quotes, in bounded memory: of every `stride`-th
 * quote a point; when there would be more than max, every other one goes and
 * stride doubles. */
struct history {
    int64_t count; /* quotes so far */
    int64_t stride;
    struct point *points;
    size_t n, room, max;
    struct point last;
    char first_date[32], last_date[32], last_price[32];
};

/* Add a quote to the symbol's history, which begins if there is none and
 * keeps `max` points.  0; -ENOMEM. */
int history_add(struct symbol *symbol, const struct quote *quote,
                int64_t average, size_t max);
void history_free(struct history *history);

/* Draw prices as `width` block characters or fewer (3 * width + 1 bytes):
 * the newest ones, or all there are, thinned out evenly. */
void sparkline_recent(const struct history *history, size_t width, char *out);
void sparkline_all(const struct history *history, size_t width, char *out);

#endif
