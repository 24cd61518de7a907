/* SPDX-License-Identifier: MIT
 *
 * S000-4 - generators pipe data: extract, process, select, aggregate.
 *
 * Each stage pulls from the one before it, one item at a time; the trace shows
 * that no stage runs ahead.  Closing the last stage of a chain closes all of
 * it, the source first.
 */
#include "seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    char symbol[16];
    double price;
};

/* What the stages did, in order. */
struct trace {
    char text[64][64];
    seed_log log;
};

static struct trace trace;

static int note(const char *what, const char *text)
{
    if (trace.log.n == 64)
        return cede_fail(-ENOSPC, "more than 64 steps");
    char *line = trace.text[trace.log.n];
    snprintf(line, sizeof trace.text[0], "%s %s", what, text);
    seed_log_add(&trace.log, seed_text(line));
    return 0;
}

struct lines {
    const char *const *text;
    size_t n;
};

static int extract(cede_gen *self, void *arg)
{
    const struct lines *lines = arg;
    for (size_t i = 0; i < lines->n; i++) {
        CEDE_TRY(note("extract", lines->text[i]));
        CEDE_TRY(cede_yield(self, &lines->text[i]));
    }
    return 0;
}

static int process(cede_gen *self, void *source)
{
    cede_each (const char *, line, (cede_gen *)source) {
        struct row row;
        if (sscanf(line, "%15s %lf", row.symbol, &row.price) != 2)
            return cede_fail(SEED_VALUE_ERROR, "not a quote: '%s'", line);
        CEDE_TRY(note("process", row.symbol));
        CEDE_TRY(cede_yield(self, &row));
    }
    return cede_each_error();
}

struct selection {
    const char *symbol;
    cede_gen *rows;
};

static int only(cede_gen *self, void *arg)
{
    const struct selection *s = arg;
    cede_each (struct row, row, s->rows)
        if (strcmp(row.symbol, s->symbol) == 0)
            CEDE_TRY(cede_yield(self, &row.price));
    return cede_each_error();
}

static int aggregate(cede_gen *prices)
{
    double total = 0;
    long n = 0;
    cede_each (double, price, prices) {
        total += price;
        n++;
    }
    CEDE_TRY(cede_each_error());
    seed_repr(seed_tuple((seed_value[]){seed_int(n), seed_float(total)}, 2));
    putchar('\n');
    return 0;
}

/* A stage that passes everything on, and says when it is closed. */
struct stage {
    cede_gen *inner; /* NULL: the first one, which counts from 1 */
    const char *name;
};

static int pass_on(cede_gen *self, struct stage *s)
{
    long x = 0;
    int rc;
    for (;;) {
        if (s->inner)
            rc = cede_next(s->inner, &x);
        else
            rc = ++x > 0;
        if (rc <= 0)
            return rc;
        CEDE_TRY(cede_yield(self, &x));
    }
}

static int stage(cede_gen *self, void *arg)
{
    struct stage *s = arg;
    int rc = pass_on(self, s);
    if (s->inner)
        cede_gen_close(s->inner);
    printf("closed %s\n", s->name);
    return rc;
}

static void close_chain(const char *const *names, size_t n)
{
    struct stage stages[16];
    cede_gen *last = NULL;
    if (n > 16)
        seed_refuse("more than 16 stages", names[n - 1]);
    for (size_t i = 0; i < n; i++) {
        stages[i] = (struct stage){last, names[i]};
        last = cede_gen_of(long, stage, &stages[i]);
    }
    long x;
    if (cede_next(last, &x) > 0)
        printf("%ld\n", x);
    cede_gen_close(last);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "LINES SYMBOL STAGES");
    struct lines lines;
    lines.text = seed_texts(argv[1], &lines.n);
    struct selection selection = {
        argv[2], cede_gen_of(struct row, process,
                             cede_gen_of(const char *, extract, &lines))};
    int rc = aggregate(cede_gen_of(double, only, &selection));
    if (rc < 0)
        fprintf(stderr, "%s\n", cede_message());
    seed_log_print(&trace.log);
    putchar('\n');
    seed_log_free(&trace.log);

    size_t n;
    const char *const *names = seed_texts(argv[3], &n);
    close_chain(names, n);
    return rc < 0;
}
