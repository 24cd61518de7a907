/* SPDX-License-Identifier: MIT
 *
 * watch.c - --watch: the files replayed as live feeds.
 *
 * Every symbol is a feed, a task that sleeps between its quotes: unevenly,
 * and each feed at a pace of its own, so that all of them take about two
 * seconds.  They put into the queue of eight from which the usual consumer
 * feeds the coroutines.  Meanwhile a task draws a table, or, when standard
 * output is no terminal, a line is printed at every fifth of a feed.
 *
 * With --repeat the feeds begin again when the last one is over.
 *
 * The last line adds up what was really asked of cede_sleep, timed by the
 * clock, and counted on either side of the queue.
 */
#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPARKLINE = 40, SPARKLINE_BYTES = 121, POINTS = 1024, LOG_STEPS = 5 };

static const cede_time replay_time = 2 * CEDE_SEC;
static const cede_time frame_time = CEDE_SEC / 20;

struct feed {
    struct replay *replay;
    const struct symbol *symbol;
    struct quote *quotes; /* own their text */
    size_t n, room, sent;
    uint64_t random;
};

struct replay {
    struct pipeline *pipeline;
    struct feed *feeds; /* in the order of the symbols */
    size_t n, room;
    int name_width, date_width, price_width, count_width;
    cede_time start, round; /* when it began, and this time round */
    cede_time waited;       /* by all feeds together */
    int64_t sent;           /* quotes */
    bool terminal;
    struct table table;
    struct output out;
};

/* ---- loading --------------------------------------------------------- */

/* Room for one more item of an array; NULL: there is no memory. */
static void *one_more(void *items, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return items;
    size_t more = *room ? 2 * *room : 16;
    void *bigger = realloc(items, more * size);
    if (bigger)
        *room = more;
    return bigger;
}

static void widen(int *width, size_t size)
{
    if ((int)size > *width)
        *width = (int)size;
}

static struct feed *feed_of(struct replay *r, const struct quote *quote)
{
    struct symbol *s = symbols_find(&r->pipeline->symbols, quote);
    if (!s || s->index < r->n)
        return s ? &r->feeds[s->index] : NULL;
    struct feed *feeds = one_more(r->feeds, r->n, &r->room, sizeof *feeds);
    if (!feeds)
        return NULL;
    r->feeds = feeds;
    feeds[r->n] = (struct feed){.replay = r, .symbol = s, .random = s->hash};
    widen(&r->name_width, strlen(s->label));
    return &feeds[r->n++];
}

static int load_quote(struct replay *r, const struct quote *quote)
{
    struct feed *f = feed_of(r, quote);
    struct quote *quotes =
        f ? one_more(f->quotes, f->n, &f->room, sizeof *quotes) : NULL;
    if (!quotes)
        return cede_fail(-ENOMEM, "no memory to hold all quotes");
    f->quotes = quotes;
    quotes[f->n++] = *quote;
    widen(&r->date_width, quote->date_size);
    widen(&r->price_width, quote_price(quote).size);
    widen(&r->count_width, (size_t)snprintf(NULL, 0, "%zu", f->n));
    return 0;
}

static int load_file(struct replay *r, const char *file)
{
    struct reader_args args = {&r->pipeline->reading, file};
    cede_gen *reader = cede_gen_of(struct quote *, read_quotes, &args);
    struct quote *quote;
    int rc;
    while ((rc = cede_next(reader, &quote)) > 0) {
        if ((rc = load_quote(r, quote)) < 0) {
            quote_free(quote);
            break;
        }
    }
    cede_gen_close(reader);
    return rc;
}

static void replay_free(void *arg)
{
    struct replay *r = arg;
    for (size_t i = 0; i < r->n; i++) {
        struct feed *f = &r->feeds[i];
        for (size_t k = 0; k < f->n; k++)
            quote_free(&f->quotes[k]);
        free(f->quotes);
    }
    free(r->feeds);
    free(r);
}

/* ---- the feeds ------------------------------------------------------- */

/* 0 to 1, the same in every run. */
static double chance(struct feed *f)
{
    f->random = f->random * UINT64_C(6364136223846793005) +
                UINT64_C(1442695040888963407);
    return (double)(f->random >> 11) / (double)(UINT64_C(1) << 53);
}

/* Put a copy into the queue, which owns its text. */
static int send_quote(struct replay *r, const struct quote *quote)
{
    struct quote copy = *quote;
    if (quote->heap)
        CEDE_TRY(quote_set(&copy, quote_symbol(quote), quote_date(quote),
                           quote_price(quote)));
    int rc = cede_put(r->pipeline->queue, &copy);
    if (rc < 0)
        quote_free(&copy);
    return rc;
}

/* Task: send the quotes of one feed, each when it is due. */
static int send_feed(void *arg)
{
    struct feed *f = arg;
    struct replay *r = f->replay;
    double length = (double)replay_time / r->pipeline->options->speed;
    double pause = length * (0.92 + 0.08 * chance(f)) / (double)f->n;

    while (f->sent < f->n) {
        double due = pause * ((double)f->sent + chance(f));
        cede_time wait = r->round + (cede_time)due - cede_clock();
        if (wait > 0) {
            CEDE_TRY(cede_sleep(wait));
            r->waited += wait;
        }
        CEDE_TRY(send_quote(r, &f->quotes[f->sent]));
        f->sent++;
        r->sent++;
    }
    return 0;
}

static int send_once(struct replay *r)
{
    CEDE_GROUP(feeds);
    for (size_t i = 0; i < r->n; i++) {
        r->feeds[i].sent = 0;
        cede_go(&feeds, send_feed, &r->feeds[i]);
    }
    return cede_join(&feeds);
}

/* With --repeat again and again, unless there is nothing to repeat. */
static int send_all(struct replay *r)
{
    const struct options *o = r->pipeline->options;
    int rc;
    do {
        r->round = cede_clock();
        rc = send_once(r);
    } while (rc >= 0 && o->repeat && r->n > 0);
    cede_queue_close(r->pipeline->queue);
    return rc;
}

/* ---- the table ------------------------------------------------------- */

/* How far the price is from the average: "▲  +2.4 %". */
static void print_change(const struct table *t, struct point last, char *out,
                         size_t size)
{
    if (last.average == NO_AVERAGE || last.average == 0) {
        snprintf(out, size, "%10s", "");
        return;
    }
    double average = (double)last.average / 1e3;
    double base = average < 0 ? -average : average;
    double part = 100 * ((double)last.price / 1e4 - average) / base;
    const char *color = part > 0 ? table_color(t, GREEN) : table_color(t, RED);
    const char *arrow = part > 0 ? "▲" : "▼";
    if (part > -0.05 && part < 0.05) {
        color = "";
        arrow = "=";
    }
    snprintf(out, size, "%s%s%+7.1f %%%s", color, arrow, part,
             table_color(t, PLAIN));
}

/* Which quote of its feed the last one was. */
static size_t position(const struct feed *f)
{
    return ((size_t)f->symbol->history->count - 1) % f->n + 1;
}

static int draw_feed(struct replay *r, const struct feed *f)
{
    const struct history *h = f->symbol->history;
    char average[32] = "";
    char change[64];
    char line[1024];
    if (!h) /* nothing came yet */
        return table_line(&r->table, f->symbol->label);
    if (h->last.average != NO_AVERAGE)
        *decimal_write(average, h->last.average) = '\0';
    print_change(&r->table, h->last, change, sizeof change);
    snprintf(line, sizeof line - SPARKLINE_BYTES,
             "%-*s  %-*s  %*s  %*s  %s  %*zu/%-*zu  ", r->name_width,
             f->symbol->label, r->date_width, h->last_date, r->price_width,
             h->last_price, r->price_width + 2, average, change, r->count_width,
             position(f), r->count_width, f->n);

    int room = table_room(&r->table, line);
    sparkline_recent(h, (size_t)(room < SPARKLINE ? room : SPARKLINE),
                     line + strlen(line));
    return table_line(&r->table, line);
}

static int draw_heading(struct replay *r)
{
    char average[32];
    char line[256];
    snprintf(average, sizeof average, "sma%lld",
             (long long)r->pipeline->options->window);
    snprintf(line, sizeof line, "%s%-*s  %-*s  %*s  %*s  %10s  %*s",
             table_color(&r->table, DIM), r->name_width, "symbol",
             r->date_width, "date", r->price_width, "price", r->price_width + 2,
             average, "change", 2 * r->count_width + 1, "quotes");
    return table_line(&r->table, line);
}

/* Draw as many feeds as the terminal has lines for. */
static int draw(struct replay *r)
{
    CEDE_TRY(table_begin(&r->table));
    CEDE_TRY(draw_heading(r));
    size_t n = r->n;
    size_t fit = r->table.height > 8 ? (size_t)r->table.height - 4 : 4;
    if (n > fit)
        n = fit;
    for (size_t i = 0; i < n; i++)
        CEDE_TRY(draw_feed(r, &r->feeds[i]));
    if (n < r->n) {
        char line[64];
        snprintf(line, sizeof line, "... and %zu more", r->n - n);
        CEDE_TRY(table_line(&r->table, line));
    }
    return output_flush(&r->out);
}

/* Task: draw the table again and again. */
static int paint(void *arg)
{
    struct replay *r = arg;
    for (;;) {
        CEDE_TRY(draw(r));
        CEDE_TRY(cede_sleep(frame_time));
    }
}

/* ---- the log --------------------------------------------------------- */

static int log_feed(struct replay *r, const struct feed *f)
{
    const struct history *h = f->symbol->history;
    char average[32] = "-";
    if (h->last.average != NO_AVERAGE)
        *decimal_write(average, h->last.average) = '\0';
    CEDE_TRY(output_printf(&r->out,
                           "%5.2f s  %-*s  %*zu of %-*zu  %-*s  price %-*s  "
                           "sma%lld %s\n",
                           (double)(cede_clock() - r->start) / CEDE_SEC,
                           r->name_width, f->symbol->label, r->count_width,
                           position(f), r->count_width, f->n, r->date_width,
                           h->last_date, r->price_width, h->last_price,
                           (long long)r->pipeline->options->window, average));
    return output_flush(&r->out);
}

/* Is this quote the last one of a fifth of its feed? */
static bool is_step(const struct feed *f, size_t count)
{
    return count * LOG_STEPS / f->n > (count - 1) * LOG_STEPS / f->n;
}

/* ---- the replay ------------------------------------------------------ */

static int show_live(void *ctx, struct symbol *symbol,
                     const struct quote *quote, int64_t average)
{
    struct replay *r = ctx;
    CEDE_TRY(history_add(symbol, quote, average, POINTS));
    const struct feed *f = &r->feeds[symbol->index];
    if (!r->terminal && is_step(f, position(f)))
        return log_feed(r, f);
    return 0;
}

/* Run feeds, consumer and painter to the end of the feeds. */
static int replay(struct replay *r)
{
    CEDE_GROUP(painting);
    if (r->terminal)
        cede_go(&painting, paint, r);

    CEDE_GROUP(consumer);
    cede_go(&consumer, consume, r->pipeline);
    int sent = send_all(r);
    int consumed = cede_join(&consumer);

    cede_group_cancel(&painting);
    int painted = cede_join(&painting);
    return painted < 0 ? painted : consumed < 0 ? consumed : sent;
}

static int print_proof(struct replay *r, cede_time took)
{
    const struct pipeline *p = r->pipeline;
    CEDE_TRY(output_printf(
        &r->out,
        "%zu %s, waits added up %.1f s, took %.1f s; %lld quotes in, "
        "%lld out, %lld lost; queue never above %zu\n",
        r->n, r->n == 1 ? "feed" : "feeds", (double)r->waited / CEDE_SEC,
        (double)took / CEDE_SEC, (long long)r->sent, (long long)p->consumed,
        (long long)(r->sent - p->consumed), cede_queue_peak(p->queue)));
    return output_flush(&r->out);
}

int watch(struct pipeline *p)
{
    struct replay *r = calloc(1, sizeof *r);
    if (!r)
        return cede_fail(-ENOMEM, "no memory for a replay");
    CEDE_DEFER(replay_free, r);
    r->pipeline = p;
    r->name_width = (int)strlen("symbol");
    r->price_width = (int)strlen("price");
    r->count_width = 3; /* of two, and a slash: "quotes" */
    r->terminal = isatty(STDOUT_FILENO);
    table_open(&r->table, &r->out);
    for (int i = 0; i < p->options->n_files; i++)
        CEDE_TRY(load_file(r, p->options->files[i]));

    p->show = show_live;
    p->show_ctx = r;
    r->start = cede_clock();
    CEDE_TRY(replay(r));
    cede_time took = cede_clock() - r->start;
    if (r->terminal)
        CEDE_TRY(draw(r));
    return print_proof(r, took);
}
