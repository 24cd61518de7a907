/* SPDX-License-Identifier: MIT
 *
 * S003-13 - callbacks: main does not wait for the job, and is told by the
 * thread that has done it; or on the spot, when it is done already; several are
 * told in the order in which they asked.
 *
 * The jobs are done only when main says so: then it has had its ticks, and all
 * callbacks are registered.
 */
#include "seed.h"

#include <pthread.h>
#include <stdio.h>

struct job {
    cede_future *go; /* main has done what it does meanwhile */
    long x, y;
};

static int executor(void *arg)
{
    const struct job *j = arg;
    puts("I'm going to sleep for a while...");
    CEDE_TRY(cede_await(j->go));
    return (int)(j->x + j->y);
}

/* Who ran it; told is resolved when it has. */
struct handler {
    cede_future *told; /* NULL: nobody waits for that */
    pthread_t thread;
};

static void handle_result(cede_future *f, void *ctx)
{
    struct handler *h = ctx;
    printf("Got:  %d\n", cede_result(f));
    h->thread = pthread_self();
    cede_resolve(h->told, 0);
}

/* With cb(f, ctx) called on the job's thread, after main's ticks. */
static cede_future *submit_and_tick(cede_pool *p, const struct job *j,
                                    struct handler *h, long ticks)
{
    cede_future *f = cede_submit(p, executor, j, sizeof *j);
    cede_on_done(f, handle_result, h);
    long n = 0;
    for (; n < ticks && !cede_done(f); n++)
        cede_sleep(CEDE_MS);
    cede_resolve(j->go, 0);
    cede_await(h->told);
    printf("main kept control: %s | ", seed_bool(n == ticks));
    return f;
}

static void two_handlers(cede_pool *p, long x, long y, long ticks)
{
    pthread_t self = pthread_self();
    struct job j = {.go = cede_promise(), .x = x, .y = y};
    struct handler first = {.told = cede_promise(), .thread = self};
    struct handler second = first;
    cede_future *f = submit_and_tick(p, &j, &first, ticks);
    printf("callback ran in worker: %s\n",
           seed_bool(!pthread_equal(first.thread, self)));

    second.thread = first.thread;
    cede_on_done(f, handle_result, &second);
    printf("second callback ran in caller: %s\n",
           seed_bool(pthread_equal(second.thread, self)));
    cede_future_free(j.go);
    cede_future_free(first.told);
    cede_future_free(f);
}

/* ---- in order -------------------------------------------------------- */

static int waits(void *go)
{
    return cede_await(go);
}

struct place {
    seed_log *order;
    long n;
};

static void note(cede_future *f, void *ctx)
{
    (void)f;
    const struct place *p = ctx;
    seed_log_add(p->order, seed_int(p->n));
}

/* Closing the pool waits for its thread, which calls them. */
static int in_order(cede_pool *p, const long *numbers, size_t n)
{
    seed_log order = {0};
    struct place places[64];
    cede_future *go = cede_promise();
    cede_future *f = cede_submit(p, waits, go, 0);
    for (size_t i = 0; i < n && i < 64; i++) {
        places[i] = (struct place){&order, numbers[i]};
        cede_on_done(f, note, &places[i]);
    }
    cede_resolve(go, 0);
    int rc = cede_pool_close(p);
    printf("order ");
    seed_log_print(&order);
    putchar('\n');
    seed_log_free(&order);
    cede_future_free(f);
    cede_future_free(go);
    return rc;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 5, "WORKERS X Y TICKS CALLBACKS");
    size_t n;
    const long *numbers = seed_longs(argv[5], &n);
    cede_pool *p = cede_threads((unsigned)seed_long(argv[1]));
    two_handlers(p, seed_long(argv[2]), seed_long(argv[3]), seed_long(argv[4]));
    return in_order(p, numbers, n) < 0;
}
