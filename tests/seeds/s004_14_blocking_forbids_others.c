/* SPDX-License-Identifier: MIT
 *
 * S004-14 - a function that blocks keeps all other tasks from running; on
 * another thread it does not, and its failure comes back all the same; a debug
 * run says who blocked, and for how long.
 *
 * The function on the other thread ends when it has seen the ticks that
 * others have in the meantime, so that their number is no matter of time.
 */
#include "seed.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PATIENCE = 60 }; /* seconds */

struct blocking {
    cede_time tick, block;
    long least; /* ticks */
    atomic_long ticks;
    const char *error;
};

static int ticker(void *arg)
{
    struct blocking *b = arg;
    int rc = 0;
    while (rc == 0) {
        b->ticks++;
        rc = cede_sleep(b->tick);
    }
    return rc == -ECANCELED ? 0 : rc;
}

/* Blocks this thread, by what cede knows nothing of. */
static void block(cede_time delay)
{
    struct timespec t = {delay / CEDE_SEC, delay % CEDE_SEC};
    nanosleep(&t, NULL);
}

static int blocks(void *arg)
{
    struct blocking *b = arg;
    block(b->block);
    return 0;
}

/* The same until there were enough ticks: who waits for it in vain has none. */
static int blocks_until_ticked(void *arg)
{
    struct blocking *b = arg;
    for (int i = 0; i < PATIENCE * 1000 && b->ticks < b->least; i++)
        block(CEDE_MS);
    return 0;
}

static int here(void *arg)
{
    return blocks(arg);
}

static int in_thread(void *arg)
{
    return cede_offload(blocks_until_ticked, arg);
}

/* How often the ticker ticks before fn is over. */
static int during(struct blocking *b, cede_fn *fn)
{
    b->ticks = 0;
    CEDE_GROUP(others);
    cede_future *t = cede_spawn(&others, ticker, b);
    CEDE_TRY(cede_sleep(0));
    CEDE_TRY(fn(b));
    cede_cancel(t);
    return cede_join(&others);
}

static int fails(void *error)
{
    return cede_fail(SEED_ZERO_DIVISION, "%s", (const char *)error);
}

static int amain(void *arg)
{
    struct blocking *b = arg;
    CEDE_TRY(during(b, here));
    printf("blocked ticks while blocking: %ld\n", b->ticks);
    CEDE_TRY(during(b, in_thread));
    printf("threaded ticks while in thread >= %ld: %s\n", b->least,
           seed_bool(b->ticks >= b->least));
    int rc = cede_offload(fails, (void *)(uintptr_t)b->error);
    printf("error crosses the thread boundary: %s\n",
           seed_translate(SEED_AWAIT, rc).text);
    return 0;
}

/* ---- the debug run --------------------------------------------------- */

static bool reported;

static void listen(void *ctx, const char *what, const char *task, int err,
                   const char *message)
{
    (void)ctx, (void)what, (void)message;
    reported |= err == -ETIME && strcmp(task, "slow") == 0;
}

static int slow(void *arg)
{
    CEDE_TRY(cede_sleep(0));
    return blocks(arg);
}

static int debug_run(struct blocking *b)
{
    cede_options options = {
        .name = "slow", .debug = true, .slow_step = b->block / 2};
    cede_set_failure_hook(listen, NULL);
    int rc = cede_run_with(&options, slow, b);
    printf("debug log: %s\n", seed_bool(reported));
    return rc;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 6,
               "--clock virtual|real TICK SECONDS LEAST_TICKS ERROR");
    struct blocking b = {.tick = seed_time(seed_double(argv[3])),
                         .block = seed_time(seed_double(argv[4])),
                         .least = seed_long(argv[5]),
                         .error = argv[6]};
    return seed_run(argv, amain, &b) < 0 || debug_run(&b) < 0;
}
