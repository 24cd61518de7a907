/* SPDX-License-Identifier: MIT
 *
 * history.c - what is kept of a symbol's quotes, and drawn of them.
 *
 * At most `max` points, evenly spaced over all quotes so far: of the first
 * quotes every one, then every second, every fourth.  A gigabyte of quotes
 * leaves as much behind as a page of them.
 */
#include "quote.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_POINTS = 32 };

void history_free(struct history *history)
{
    if (history)
        free(history->points);
    free(history);
}

static struct history *history_new(size_t max)
{
    struct history *h = calloc(1, sizeof *h);
    if (h) {
        h->max = max;
        h->stride = 1;
    }
    return h;
}

/* Keep every other point. */
static void thin_out(struct history *h)
{
    for (size_t i = 0; 2 * i < h->n; i++)
        h->points[i] = h->points[2 * i];
    h->n = (h->n + 1) / 2;
    h->stride *= 2;
}

static int make_room(struct history *h)
{
    if (h->n == h->max)
        thin_out(h);
    if (h->n < h->room)
        return 0;
    size_t room = h->room ? 2 * h->room : FIRST_POINTS;
    struct point *points = realloc(h->points, room * sizeof *points);
    if (!points)
        return cede_fail(-ENOMEM, "no memory for more points");
    h->points = points;
    h->room = room;
    return 0;
}

int history_add(struct symbol *symbol, const struct quote *quote,
                int64_t average, size_t max)
{
    if (!symbol->history && !(symbol->history = history_new(max)))
        return cede_fail(-ENOMEM, "no memory for more symbols");
    struct history *h = symbol->history;

    h->last = (struct point){quote->price, average};
    if (h->count == 0)
        text_copy(h->first_date, sizeof h->first_date, quote_date(quote));
    text_copy(h->last_date, sizeof h->last_date, quote_date(quote));
    text_copy(h->last_price, sizeof h->last_price, quote_price(quote));
    if (h->count % h->stride == 0) {
        CEDE_TRY(make_room(h));
        if (h->count % h->stride == 0) /* the stride may just have doubled */
            h->points[h->n++] = h->last;
    }
    h->count++;
    return 0;
}

/* ---- sparklines ------------------------------------------------------ */

/* Draw `width` of n points, from the first to the last. */
static void sparkline(const struct point *points, size_t n, size_t width,
                      char *out)
{
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        low = points[i].price < low ? points[i].price : low;
        high = points[i].price > high ? points[i].price : high;
    }
    width = width < n ? width : n;
    for (size_t i = 0; i < width; i++) {
        size_t at = width > 1 ? i * (n - 1) / (width - 1) : n - 1;
        int64_t height = 4;
        if (high > low)
            height = 7 * (points[at].price - low) / (high - low);
        *out++ = '\xe2'; /* U+2581 to U+2588 */
        *out++ = '\x96';
        *out++ = (char)(0x81 + height);
    }
    *out = '\0';
}

void sparkline_recent(const struct history *history, size_t width, char *out)
{
    size_t n = history->n < width ? history->n : width;
    sparkline(history->points + (history->n - n), n, width, out);
}

void sparkline_all(const struct history *history, size_t width, char *out)
{
    sparkline(history->points, history->n, width, out);
}
