/* SPDX-License-Identifier: MIT
 *
 * pipeline.c - the heart: files -> producers -> queue -> consumer.
 *
 *     read_quotes -> produce --.
 *     read_quotes -> produce ---+-> queue of 8 -> consume <-> sma, per symbol
 *     read_quotes -> produce --'                     `-> show
 *
 * Producers take the next file when they are done with one; a file's quotes
 * stay in order.  When the queue is full they wait, so memory is bounded by
 * eight quotes and a buffer per producer, however long the files are.
 *
 * When the producers are over, the queue is closed, and the consumer drains
 * it; that is so even when a file failed, so what was read still comes out.
 * --rate is kept by the consumer: the queue is full then, and all wait.
 *
 * When the consumer fails (the disk is full, the reader went away), its group
 * cancels the producers, and what is left in the queue is released.
 */
#include "pipeline.h"

#include "serve.h"

/* Put every quote of a file into the queue. */
static int produce_file(struct pipeline *p, const char *file)
{
    struct reader_args args = {&p->reading, file};
    cede_gen *reader = cede_gen_of(struct quote *, read_quotes, &args);
    struct quote *quote;
    int rc;

    while ((rc = cede_next(reader, &quote)) > 0) {
        if ((rc = cede_put(p->queue, quote)) < 0) {
            quote_free(quote); /* still ours */
            break;
        }
        p->produced++;
    }
    cede_gen_close(reader);
    return rc;
}

static int produce(void *arg)
{
    struct pipeline *p = arg;
    while (p->next_file < p->options->n_files)
        CEDE_TRY(produce_file(p, p->options->files[p->next_file++]));
    return 0;
}

static int produce_once(struct pipeline *p)
{
    CEDE_GROUP(producers);
    p->next_file = 0;
    for (int i = 0; i < p->options->n_files && i < MAX_PRODUCERS; i++)
        cede_go(&producers, produce, p);
    return cede_join(&producers);
}

/* With --repeat again and again, unless there is nothing to repeat. */
static int produce_all(struct pipeline *p)
{
    int64_t before;
    int rc;
    do {
        before = p->produced;
        rc = produce_once(p);
    } while (rc >= 0 && p->options->repeat && p->produced > before);
    cede_queue_close(p->queue);
    return rc;
}

/* Wait until the next quote is due.  Who is late is not made up for: a live
 * source may be slower than the rate. */
static int keep_pace(struct pipeline *p)
{
    cede_time now = cede_clock();
    if (p->due > now)
        CEDE_TRY(cede_sleep(p->due - now));
    if (p->due < now - CEDE_SEC / 10)
        p->due = now;
    p->due += (cede_time)(CEDE_SEC / p->options->rate);
    return 0;
}

/* Send the price to its symbol's coroutine, and show what it answers. */
static int answer(struct pipeline *p, const struct quote *quote)
{
    struct symbol *symbol = symbols_find(&p->symbols, quote);
    if (!symbol)
        return cede_fail(-ENOMEM, "no memory for more than %zu symbols",
                         p->symbols.n);
    int64_t average;
    CEDE_TRY(cede_send(symbol->sma, &quote->price, &average));
    if (p->service)
        CEDE_TRY(service_quote(p->service, symbol, quote, average));
    return p->show(p->show_ctx, symbol, quote, average);
}

int consume(void *arg)
{
    struct pipeline *p = arg;
    struct quote quote;
    int rc;

    while ((rc = cede_get(p->queue, &quote)) > 0) {
        if (p->options->rate > 0)
            rc = keep_pace(p);
        if (rc >= 0)
            rc = answer(p, &quote);
        quote_free(&quote);
        if (rc < 0)
            break;
        p->consumed++;
    }
    return rc;
}

int pipeline_run(struct pipeline *p)
{
    CEDE_GROUP(consumer);
    cede_go(&consumer, consume, p);
    int produced = produce_all(p);
    int consumed = cede_join(&consumer);
    return consumed < 0 ? consumed : produced;
}

int pipeline_open(struct pipeline *p, const struct options *options)
{
    *p = (struct pipeline){
        .options = options,
        .reading = {.choice = options->columns,
                    .strict = options->strict,
                    .connect = options->connect != NULL},
        .symbols = {.window = options->window},
        .queue = cede_queue_new(sizeof(struct quote), QUEUE_CAPACITY),
    };
    if (!p->queue)
        return cede_fail(-ENOMEM, "no memory for a queue");
    cede_queue_on_discard(p->queue, quote_free);
    return 0;
}

void pipeline_close(void *pipeline)
{
    struct pipeline *p = pipeline;
    cede_queue_free(p->queue);
    symbols_free(&p->symbols);
}
