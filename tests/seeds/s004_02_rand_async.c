/* SPDX-License-Identifier: MIT
 *
 * S004-2 - tasks that draw random numbers until one beats their threshold, and
 * sleep between draws: all overlap, and each has a sequence of its own.
 *
 * Task i draws from Python's generator with the seed SEED + i, and sleeps i + 1
 * units.
 */
#include "seed.h"
#include "twister.h"

#include <stdio.h>

enum { MOST = 16 };

struct drawing {
    cede_time unit;
    uint32_t seed, most; /* draws are 0 to most */
    size_t n;
    const long *thresholds;
    seed_log drawn[MOST]; /* by task: tuples */
    seed_log order;       /* who drew, of all draws */
};

struct player {
    struct drawing *drawing;
    size_t number;
};

static void note(struct player *p, long x, bool done)
{
    static seed_value pairs[2048][2];
    static size_t used;
    if (used == sizeof pairs / sizeof pairs[0])
        return;
    seed_value *pair = pairs[used++];
    pair[0] = seed_int(x);
    pair[1] = seed_text(done ? "done" : "low");
    seed_log_add(&p->drawing->drawn[p->number], seed_tuple(pair, 2));
    seed_log_add(&p->drawing->order, seed_int((long)p->number));
}

static int draw(void *arg)
{
    struct player *p = arg;
    struct drawing *d = p->drawing;
    struct twister t;
    twister_seed(&t, d->seed + (uint32_t)p->number);
    uint32_t x;
    while ((x = twister_upto(&t, d->most)) <= d->thresholds[p->number]) {
        note(p, x, false);
        CEDE_TRY(cede_sleep(d->unit * (cede_time)(p->number + 1)));
    }
    note(p, x, true);
    return (int)x;
}

static bool interleaved(const seed_log *order)
{
    for (size_t i = 1; i < order->n; i++)
        if (order->items[i].as.integer < order->items[i - 1].as.integer)
            return true;
    return false;
}

static void print(struct drawing *d, const int *results)
{
    seed_log log = {0};
    for (size_t i = 0; i < d->n; i++)
        seed_log_add(&log, seed_int(results[i]));
    printf("results ");
    seed_log_print(&log);
    putchar('\n');
    seed_log_free(&log);
    for (size_t i = 0; i < d->n; i++) {
        printf("%zu ", i);
        seed_log_print(&d->drawn[i]);
        putchar('\n');
        seed_log_free(&d->drawn[i]);
    }
    printf("interleaved: %s\n", seed_bool(interleaved(&d->order)));
    seed_log_free(&d->order);
}

static int amain(void *arg)
{
    struct drawing *d = arg;
    struct player players[MOST];
    cede_call calls[MOST];
    int results[MOST];
    for (size_t i = 0; i < d->n; i++) {
        players[i] = (struct player){d, i};
        calls[i] = (cede_call){draw, &players[i]};
    }
    CEDE_TRY(cede_gather(calls, d->n, results));
    print(d, results);
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 6, "--clock virtual|real UNIT SEED MOST THRESHOLDS");
    struct drawing d = {.unit = seed_time(seed_double(argv[3])),
                        .seed = (uint32_t)seed_long(argv[4]),
                        .most = (uint32_t)seed_long(argv[5])};
    d.thresholds = seed_longs(argv[6], &d.n);
    if (d.n > MOST)
        seed_refuse("more than 16", argv[6]);
    for (size_t i = 0; i < d.n; i++)
        if (d.thresholds[i] >= (long)d.most)
            seed_refuse("a threshold that no draw beats", argv[6]);
    return seed_run(argv, amain, &d) < 0;
}
