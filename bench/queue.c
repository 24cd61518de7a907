/* SPDX-License-Identifier: MIT
 *
 * queue.c - what it costs to hand an item to another task.
 *
 * queue_pingpong  there and back through two queues of one place each, a round
 *                 trip; the floor hands a value over and waits until it was
 *                 taken, two switches as well
 * queue_128       through a queue of 128 places, an item; the floor is a ring
 *                 of 128 whose sides block when it is full or empty, so that
 *                 one pair of switches moves 128 items
 * queue_batch     the same, put and got 128 at a time
 * queue_shared    the same one by one through a queue that other threads might
 *                 use, as any channel of Go or tokio is
 */
#include "bench.h"
#include "floor.h"
#include "reference.h"

#include <cede.h>

enum { PLACES = 128 };

/* ---- the floor: one place -------------------------------------------- */

/* Empty, or full with an item.  Each side is here while it waits. */
static struct {
    int64_t item;
    int full;
    struct floor_task *putter, *getter;
} place;

static int64_t floor_pong_sum;

static inline void floor_wake(struct floor_task **waiter)
{
    if (*waiter)
        floor_ready(*waiter);
    *waiter = NULL;
}

static inline void floor_wait(struct floor_task **waiter)
{
    *waiter = floor_loop.current;
    floor_block();
}

static void floor_pong(void *n)
{
    for (long left = *(long *)n; left > 0; left--) {
        while (!place.full)
            floor_wait(&place.getter);
        floor_pong_sum += place.item;
        place.full = 0;
        floor_wake(&place.putter);
    }
}

static void pingpong_by_floor(void *arg, long n)
{
    (void)arg;
    floor_pong_sum = 0;
    struct floor_task *pong = floor_spawn(floor_pong, &n);
    for (int64_t i = 0; i < n; i++) {
        place.item = i;
        place.full = 1;
        floor_wake(&place.getter);
        floor_wait(&place.putter);
    }
    floor_join(pong);
    bench_require(floor_pong_sum == bench_sum(n), "the floor lost an item");
}

/* ---- the floor: many places ------------------------------------------ */

/* What was put and not yet got lies at got .. put-1, modulo PLACES. */
static struct {
    int64_t item[PLACES];
    unsigned long put, got;
    struct floor_task *putter, *getter;
} ring;

static void floor_produce(void *n)
{
    for (int64_t i = 0; i < *(long *)n; i++) {
        while (ring.put - ring.got == PLACES)
            floor_wait(&ring.putter);
        ring.item[ring.put++ % PLACES] = i;
        floor_wake(&ring.getter);
    }
}

static void stream_by_floor(void *arg, long n)
{
    (void)arg;
    struct floor_task *producer = floor_spawn(floor_produce, &n);
    int64_t sum = 0;
    for (long i = 0; i < n; i++) {
        while (ring.put == ring.got)
            floor_wait(&ring.getter);
        sum += ring.item[ring.got++ % PLACES];
        floor_wake(&ring.putter);
    }
    floor_join(producer);
    bench_require(sum == bench_sum(n), "the floor lost an item");
}

/* ---- cede ------------------------------------------------------------ */

struct court {
    cede_queue *ping, *pong;
};

static int pong(void *arg)
{
    const struct court *court = arg;
    int64_t x;
    int rc;
    while ((rc = cede_get(court->ping, &x)) > 0)
        CEDE_TRY(cede_put(court->pong, &x));
    return rc;
}

static int ping(const struct court *court, long n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t x;
        CEDE_TRY(cede_put(court->ping, &i));
        CEDE_TRY(cede_get(court->pong, &x));
        sum += x;
    }
    cede_queue_close(court->ping);
    return sum == bench_sum(n) ? 0 : CEDE_EPROTO;
}

static void pingpong_by_cede(void *arg, long n)
{
    (void)arg;
    struct court court = {cede_queue_new(sizeof(int64_t), 1),
                          cede_queue_new(sizeof(int64_t), 1)};
    CEDE_GROUP(group);
    cede_go(&group, pong, &court);
    bench_require(ping(&court, n) == 0, "a queue lost an item");
    bench_require(cede_join(&group) == 0, "the other side failed");
    cede_queue_free(court.ping);
    cede_queue_free(court.pong);
}

struct stream {
    cede_queue *queue;
    long n;
};

static int produce(void *arg)
{
    const struct stream *stream = arg;
    for (int64_t i = 0; i < stream->n; i++)
        CEDE_TRY(cede_put(stream->queue, &i));
    cede_queue_close(stream->queue);
    return 0;
}

static int64_t consume(cede_queue *queue)
{
    int64_t sum = 0, x;
    while (cede_get(queue, &x) > 0)
        sum += x;
    return sum;
}

static int produce_batches(void *arg)
{
    const struct stream *stream = arg;
    int64_t items[PLACES];
    for (int64_t i = 0; i < stream->n;) {
        size_t n = 0;
        while (n < PLACES && i < stream->n)
            items[n++] = i++;
        CEDE_TRY(cede_put_many(stream->queue, items, n));
    }
    cede_queue_close(stream->queue);
    return 0;
}

static int64_t consume_batches(cede_queue *queue)
{
    int64_t sum = 0, items[PLACES];
    int n;
    while ((n = cede_get_many(queue, items, PLACES)) > 0)
        for (int i = 0; i < n; i++)
            sum += items[i];
    return sum;
}

static void stream_through(cede_queue *queue, long n, cede_fn *producer,
                           int64_t (*consumer)(cede_queue *queue))
{
    struct stream stream = {queue, n};
    CEDE_GROUP(group);
    cede_go(&group, producer, &stream);
    bench_require(consumer(queue) == bench_sum(n), "a queue lost an item");
    bench_require(cede_join(&group) == 0, "the producer failed");
    cede_queue_free(queue);
}

static void stream_by_cede(void *arg, long n)
{
    (void)arg;
    stream_through(cede_queue_new(sizeof(int64_t), PLACES), n, produce,
                   consume);
}

static void batches_by_cede(void *arg, long n)
{
    (void)arg;
    stream_through(cede_queue_new(sizeof(int64_t), PLACES), n, produce_batches,
                   consume_batches);
}

static void shared_by_cede(void *arg, long n)
{
    (void)arg;
    stream_through(cede_queue_new_shared(sizeof(int64_t), PLACES), n, produce,
                   consume);
}

/* ---- both ------------------------------------------------------------ */

static int amain(void *arg)
{
    (void)arg;
    floor_start(2);
    bench_figure(&(struct bench_figure){.name = "queue_pingpong",
                                        .floor = pingpong_by_floor,
                                        .reference = reference_pingpong,
                                        .subject = pingpong_by_cede});
    bench_figure(&(struct bench_figure){.name = "queue_128",
                                        .floor = stream_by_floor,
                                        .subject = stream_by_cede});
    const struct bench_base one_by_one = {"queue_128", stream_by_cede, NULL};
    bench_figure(&(struct bench_figure){
        .name = "queue_batch", .subject = batches_by_cede, .base = one_by_one});
    bench_figure(&(struct bench_figure){.name = "queue_shared",
                                        .floor = stream_by_floor,
                                        .subject = shared_by_cede});
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    bench_require(cede_run(amain, NULL) == 0, "the run failed");
    return bench_end();
}
