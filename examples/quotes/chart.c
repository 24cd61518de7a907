/* SPDX-License-Identifier: MIT
 *
 * chart.c - --chart: prices and averages as an SVG.
 *
 * One panel per symbol, below each other: the price as a thin line, its
 * average as a strong one, each panel scaled to its own prices.  Dates are
 * text to us, so quotes stand at equal distances.
 */
#include "pipeline.h"

#include <stdio.h>
#include <string.h>

enum {
    PANELS = 100,
    WIDTH = 800,
    PANEL = 160,
    LEFT = 90,
    TOP = 30,
    PLOT_WIDTH = 690,
    PLOT_HEIGHT = 90
};

/* Bytes of the UTF-8 character at s, 0 if it is none or not for XML. */
static size_t character(const char *s)
{
    const unsigned char *c = (const unsigned char *)s;
    if (c[0] < 0x80)
        return c[0] >= ' ';
    size_t n = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    if (c[0] < 0xc2 || c[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

static void print_escaped(FILE *out, const char *text)
{
    while (*text) {
        size_t n = character(text);
        if (n == 0)
            fputc('?', out);
        else if (strchr("<>&\"", *text))
            fprintf(out, "&#%d;", *text);
        else
            fwrite(text, 1, n, out);
        text += n ? n : 1;
    }
}

static void print_label(FILE *out, double x, double y, const char *anchor,
                        const char *text)
{
    fprintf(out, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\">", x, y,
            anchor);
    print_escaped(out, text);
    fputs("</text>\n", out);
}

/* What a panel shows, in units of price. */
struct scale {
    double low, high;
};

static double price_of(struct point point)
{
    return (double)point.price / 1e4;
}

static double average_of(struct point point)
{
    return (double)point.average / 1e3;
}

/* Averages lie between the prices they are made of; but those may have been
 * thinned out. */
static struct scale scale_of(const struct history *h)
{
    struct scale s = {price_of(h->points[0]), price_of(h->points[0])};
    for (size_t i = 0; i < h->n; i++) {
        double price = price_of(h->points[i]);
        s.low = price < s.low ? price : s.low;
        s.high = price > s.high ? price : s.high;
        if (h->points[i].average == NO_AVERAGE)
            continue;
        double average = average_of(h->points[i]);
        s.low = average < s.low ? average : s.low;
        s.high = average > s.high ? average : s.high;
    }
    return s;
}

static void print_line(FILE *out, const char *class, const struct history *h,
                       struct scale s, double (*value)(struct point))
{
    fprintf(out, "<polyline class=\"%s\" points=\"", class);
    for (size_t i = 0; i < h->n; i++) {
        if (value == average_of && h->points[i].average == NO_AVERAGE)
            continue;
        double x = h->n > 1 ? (double)i / (double)(h->n - 1) : 0.5;
        double y = 0.5;
        if (s.high > s.low)
            y = (s.high - value(h->points[i])) / (s.high - s.low);
        fprintf(out, "%.1f,%.1f ", LEFT + x * PLOT_WIDTH,
                TOP + y * PLOT_HEIGHT);
    }
    fputs("\"/>\n", out);
}

static void print_panel(FILE *out, const struct symbol *symbol, size_t number)
{
    const struct history *h = symbol->history;
    struct scale s = scale_of(h);
    char low[32];
    char high[32];
    snprintf(low, sizeof low, "%.6g", s.low);
    snprintf(high, sizeof high, "%.6g", s.high);

    fprintf(out, "<g transform=\"translate(0 %zu)\">\n", number * PANEL);
    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", LEFT,
            TOP, PLOT_WIDTH, PLOT_HEIGHT);
    fprintf(out, "<g class=\"name\">");
    print_label(out, LEFT, TOP - 9, "start", symbol->label);
    fputs("</g>\n", out);
    print_label(out, LEFT - 8, TOP + 5, "end", high);
    print_label(out, LEFT - 8, TOP + PLOT_HEIGHT + 4, "end", low);
    print_label(out, LEFT, TOP + PLOT_HEIGHT + 18, "start", h->first_date);
    print_label(out, LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT + 18, "end",
                h->last_date);
    print_line(out, "price", h, s, price_of);
    print_line(out, "average", h, s, average_of);
    fputs("</g>\n", out);
}

static void print_svg(FILE *out, const struct symbols *symbols)
{
    size_t n = symbols->n < PANELS ? symbols->n : PANELS;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
            "height=\"%zu\" viewBox=\"0 0 %d %zu\">\n"
            "<title>Prices and their averages of %lld</title>\n"
            "<style>\n"
            "text { font: 12px sans-serif; fill: #444 }\n"
            ".name text { font: bold 14px sans-serif; fill: #000 }\n"
            "rect { fill: #fafafa; stroke: #ddd }\n"
            "polyline { fill: none; stroke-linejoin: round }\n"
            ".price { stroke: #9db4c9; stroke-width: 1 }\n"
            ".average { stroke: #c8442b; stroke-width: 2 }\n"
            "</style>\n",
            WIDTH, n * PANEL + 30, WIDTH, n * PANEL + 30,
            (long long)symbols->window);
    for (size_t i = 0; i < n; i++)
        print_panel(out, symbols->all[i], i);
    if (n < symbols->n) {
        char more[64];
        snprintf(more, sizeof more, "... and %zu more", symbols->n - n);
        print_label(out, LEFT, (double)n * PANEL + 15, "start", more);
    }
    fputs("</svg>\n", out);
}

int chart_write(const struct symbols *symbols, const char *file)
{
    FILE *out = fopen(file, "we");
    if (!out)
        return cede_fail(-errno, "%s: %s", file, strerror(errno));
    print_svg(out, symbols);
    bool failed = ferror(out);
    if (fclose(out) != 0 || failed)
        return cede_fail(-EIO, "%s: %s", file, strerror(errno));
    return 0;
}
