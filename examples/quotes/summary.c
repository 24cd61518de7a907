/* SPDX-License-Identifier: MIT
 *
 * summary.c - --summary: one line per symbol, in the order they came in.
 */
#include "pipeline.h"

#include <stdio.h>
#include <string.h>

enum { SUMMARY_POINTS = 128, CHART_POINTS = 1024, SPARKLINE = 40 };

static int keep(void *ctx, struct symbol *symbol, const struct quote *quote,
                int64_t average)
{
    return history_add(symbol, quote, average, *(const size_t *)ctx);
}

int keep_histories(struct pipeline *p)
{
    size_t points = p->options->chart ? CHART_POINTS : SUMMARY_POINTS;
    p->show = keep;
    p->show_ctx = &points;
    return pipeline_run(p);
}

/* How wide the columns must be. */
struct widths {
    int name, date, price;
};

static int wider(int width, const char *text)
{
    int n = (int)strlen(text);
    return n > width ? n : width;
}

static struct widths measure(const struct symbols *symbols)
{
    struct widths w = {6, 10, 10};
    for (size_t i = 0; i < symbols->n; i++) {
        const struct history *h = symbols->all[i]->history;
        w.name = wider(w.name, symbols->all[i]->label);
        w.date = wider(wider(w.date, h->first_date), h->last_date);
        w.price = wider(w.price, h->last_price);
    }
    return w;
}

static void print_symbol(const struct symbol *symbol, struct widths w)
{
    const struct history *h = symbol->history;
    char average[32] = "";
    char line[3 * SPARKLINE + 1];
    if (h->last.average != NO_AVERAGE)
        *decimal_write(average, h->last.average) = '\0';
    sparkline_all(h, SPARKLINE, line);
    printf("%-*s %9lld  %-*s  %-*s  %*s %14s  %s\n", w.name, symbol->label,
           (long long)h->count, w.date, h->first_date, w.date, h->last_date,
           w.price, h->last_price, average, line);
}

int summary_print(const struct symbols *symbols)
{
    struct widths w = measure(symbols);
    char heading[32];
    snprintf(heading, sizeof heading, "sma%lld", (long long)symbols->window);
    printf("%-*s %9s  %-*s  %-*s  %*s %14s\n", w.name, "symbol", "quotes",
           w.date, "first", w.date, "last", w.price, "last price", heading);
    for (size_t i = 0; i < symbols->n; i++)
        print_symbol(symbols->all[i], w);
    if (fflush(stdout) != 0)
        return cede_fail(-errno, "standard output: %s", strerror(errno));
    return 0;
}
