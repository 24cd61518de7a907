/* SPDX-License-Identifier: MIT
 *
 * S000-1 - producer and consumer: quotes from a file, and the simple moving
 * average of the last WINDOW quotes of each symbol beside them.
 *
 * The file is read by a generator, one quote in memory; a producer task puts
 * the quotes into a queue of CAPACITY, and waits while it is full; a consumer
 * task feeds each to its symbol's coroutine, which answers with the sum of the
 * window.  The producer's end closes the queue, the consumer drains it.
 *
 * Prices are whole cents, so a sum is exact and an average of 1, 2, 5 or 10
 * prices has exactly three decimals; other windows are refused.
 *
 * Variations: --per-symbol runs one producer per symbol of the file, so that
 * only the order within a symbol is fixed; --fail-after N lets the consumer
 * fail after N quotes, which cancels the producer.
 */
#include "seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOLS = 16 };

struct quote {
    char symbol[16];
    char date[24];
    char price[16];
};

/* One per symbol: its coroutine, and the symbol's producer. */
struct symbol {
    char name[16];
    cede_gen *sma;
};

struct pipeline {
    const char *path;
    long window;
    cede_queue *queue;
    long fail_after; /* < 0: never */
    struct symbol symbol[SYMBOLS];
    size_t symbols;
    long produced, consumed;
    int producer_rc, consumer_rc;
};

/* ---- the file -------------------------------------------------------- */

static int parse_quote(struct quote *q, char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
    if (*line == '\0')
        return 0;
    if (sscanf(line, "%15[^,],%23[^,],%15[0-9.]", q->symbol, q->date,
               q->price) != 3)
        return cede_fail(SEED_VALUE_ERROR, "not a quote: '%s'", line);
    return 1;
}

static int lines_to_quotes(cede_gen *self, FILE *file)
{
    bool header = true;
    cede_each (cede_line, line, cede_iter_lines(file)) {
        struct quote q;
        if (header) {
            header = false;
            continue;
        }
        int rc = parse_quote(&q, line.text);
        if (rc > 0)
            rc = cede_yield(self, &q);
        if (rc < 0)
            return rc;
    }
    return cede_each_error();
}

static int quotes(cede_gen *self, void *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return cede_fail(-errno, "%s", (const char *)path);
    int rc = lines_to_quotes(self, file);
    fclose(file);
    return rc;
}

/* ---- the average ----------------------------------------------------- */

/* "39.81" is 3981, "204.6" is 20460, "223" is 22300. */
static long cents(const char *price)
{
    char *at;
    long sum = strtol(price, &at, 10) * 100;
    if (*at == '.' && at[1]) {
        sum += (at[1] - '0') * 10;
        if (at[2])
            sum += at[2] - '0';
    }
    return sum;
}

/* Receives a price, hands out the sum of the last `window` of them, or -1
 * while there are fewer. */
static int sma(cede_gen *self, void *arg)
{
    long window = *(const long *)arg, last[10], n = 0, total = 0, out = -1;
    for (;;) {
        long price = 0;
        CEDE_TRY(cede_exchange(self, &out, &price));
        total += price - (n >= window ? last[n % window] : 0);
        last[n++ % window] = price;
        out = n >= window ? total : -1;
    }
}

static struct symbol *find_symbol(struct pipeline *p, const char *name)
{
    for (size_t i = 0; i < p->symbols; i++)
        if (strcmp(p->symbol[i].name, name) == 0)
            return &p->symbol[i];
    if (p->symbols == SYMBOLS)
        return NULL;
    struct symbol *s = &p->symbol[p->symbols++];
    strcpy(s->name, name);
    return s;
}

/* ---- the tasks ------------------------------------------------------- */

static int produce(struct pipeline *p, const char *symbol)
{
    cede_each (struct quote, q,
               cede_gen_of(struct quote, quotes, (void *)p->path)) {
        if (symbol && strcmp(q.symbol, symbol) != 0)
            continue;
        CEDE_TRY(cede_put(p->queue, &q));
        p->produced++;
    }
    return cede_each_error();
}

struct producer {
    struct pipeline *pipeline;
    const char *symbol; /* NULL: all */
};

static int produce_symbol(void *arg)
{
    const struct producer *producer = arg;
    return produce(producer->pipeline, producer->symbol);
}

static int produce_all(struct pipeline *p)
{
    if (p->symbols == 0)
        return produce(p, NULL);
    struct producer producers[SYMBOLS];
    CEDE_GROUP(group);
    for (size_t i = 0; i < p->symbols; i++) {
        producers[i] = (struct producer){p, p->symbol[i].name};
        cede_go(&group, produce_symbol, &producers[i]);
    }
    return cede_join(&group);
}

static int producer(void *arg)
{
    struct pipeline *p = arg;
    p->producer_rc = produce_all(p);
    if (p->producer_rc >= 0)
        cede_queue_close(p->queue);
    return p->producer_rc;
}

static int print_quote(struct pipeline *p, const struct quote *q)
{
    struct symbol *s = find_symbol(p, q->symbol);
    if (!s)
        return cede_fail(-ENOSPC, "more than %d symbols", SYMBOLS);
    if (!s->sma)
        s->sma = cede_gen_primed(sma, &p->window, sizeof(long), sizeof(long));
    long price = cents(q->price), total;
    int rc = cede_send(s->sma, &price, &total);
    if (rc <= 0)
        return rc;
    printf("%s,%s,%s,", q->symbol, q->date, q->price);
    if (total >= 0) {
        long mills = total * 10 / p->window;
        printf("%ld.%03ld", mills / 1000, mills % 1000);
    }
    putchar('\n');
    return 0;
}

static int consume(struct pipeline *p)
{
    struct quote q;
    int rc;
    while ((rc = cede_get(p->queue, &q)) > 0) {
        if (p->consumed == p->fail_after)
            return cede_fail(SEED_OS_ERROR, "the consumer fails on purpose");
        CEDE_TRY(print_quote(p, &q));
        p->consumed++;
        cede_queue_done(p->queue);
    }
    return rc;
}

static int consumer(void *arg)
{
    struct pipeline *p = arg;
    return p->consumer_rc = consume(p);
}

/* ---- the whole ------------------------------------------------------- */

static int amain(void *arg)
{
    struct pipeline *p = arg;
    CEDE_TRY(cede_gather(CEDE_CALLS({producer, p}, {consumer, p}), NULL));
    return cede_queue_join(p->queue);
}

/* The symbols of the file, in order of appearance. */
static int read_symbols(struct pipeline *p)
{
    cede_each (struct quote, q,
               cede_gen_of(struct quote, quotes, (void *)p->path))
        if (!find_symbol(p, q.symbol))
            return cede_fail(-ENOSPC, "more than %d symbols", SYMBOLS);
    return cede_each_error();
}

/* What must hold after a run that did not fail. */
static bool is_complete(const struct pipeline *p)
{
    return p->produced == p->consumed && cede_queue_count(p->queue) == 0 &&
           cede_queue_peak(p->queue) <= cede_queue_capacity(p->queue);
}

static int report(const struct pipeline *p, int rc)
{
    if (p->fail_after >= 0) {
        printf("consumer: %d\nproducer: %d\n", p->consumer_rc, p->producer_rc);
        return rc == SEED_OS_ERROR ? 0 : 1;
    }
    if (rc >= 0 && is_complete(p))
        return 0;
    fprintf(stderr, "%s: %s; produced %ld, consumed %ld, left %zu, peak %zu\n",
            cede_strerror(rc), cede_message(), p->produced, p->consumed,
            cede_queue_count(p->queue), cede_queue_peak(p->queue));
    return 1;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3,
               "FILE WINDOW CAPACITY [--per-symbol | --fail-after N]");
    struct pipeline p = {
        .path = argv[1], .window = seed_long(argv[2]), .fail_after = -1};
    if (p.window < 1 || p.window > 10 || 10 % p.window != 0)
        seed_refuse("the window is 1, 2, 5 or 10", argv[2]);
    p.queue = cede_queue_new(sizeof(struct quote), (size_t)seed_long(argv[3]));
    if (argc == 6 && strcmp(argv[4], "--fail-after") == 0)
        p.fail_after = seed_long(argv[5]);
    else if (argc == 5 && strcmp(argv[4], "--per-symbol") == 0)
        CEDE_TRY(read_symbols(&p));
    else if (argc != 4)
        seed_refuse("no such variation", argv[4]);

    printf("symbol,date,price,sma%ld\n", p.window);
    int status = report(&p, cede_run(amain, &p));
    for (size_t i = 0; i < p.symbols; i++)
        if (p.symbol[i].sma)
            cede_gen_close(p.symbol[i].sma);
    cede_queue_free(p.queue);
    return status;
}
