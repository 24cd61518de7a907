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
 * When the consumer fails (the disk is full, the reader went away), its group
 * cancels the producers, and what is left in the queue is released.
 */
#include "pipeline.h"

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

static int produce_all(struct pipeline *p)
{
    CEDE_GROUP(producers);
    for (int i = 0; i < p->options->n_files && i < MAX_PRODUCERS; i++)
        cede_go(&producers, produce, p);
    int rc = cede_join(&producers);
    cede_queue_close(p->queue);
    return rc;
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
    return p->show(p->show_ctx, symbol, quote, average);
}

int consume(void *arg)
{
    struct pipeline *p = arg;
    struct quote quote;
    int rc;

    while ((rc = cede_get(p->queue, &quote)) > 0) {
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
        .reading = {.choice = options->columns, .strict = options->strict},
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
