/* SPDX-License-Identifier: MIT
 *
 * pth.c - GNU Pth.
 */
#include "serve.h"

#include <pth.h>

enum { RING = 64, MOST = 10000 };

static pth_attr_t attributes;

static pth_t start(void *(*fn)(void *), void *arg)
{
    pth_t thread = pth_spawn(attributes, fn, arg);
    if (!thread)
        abort();
    return thread;
}

static void *nothing(void *arg)
{
    return arg;
}

/* ---- letting others run ---------------------------------------------- */

static __attribute__((noinline)) void yield_below(int depth)
{
    if (depth > 0)
        yield_below(depth - 1);
    else
        pth_yield(NULL);
    __asm__ volatile("");
}

struct turns {
    int depth;
    long n;
};

static void *body(void *arg)
{
    const struct turns *turns = arg;
    for (long i = 0; i < turns->n; i++)
        yield_below(turns->depth);
    return NULL;
}

static void yield(int depth, long n)
{
    struct turns turns = {depth, n / RING};
    pth_t ring[RING];
    for (int i = 0; i < RING; i++)
        ring[i] = start(body, &turns);
    for (int i = 0; i < RING; i++)
        pth_join(ring[i], NULL);
}

static void yield_d0(long n)
{
    yield(0, n);
}

static void yield_d4(long n)
{
    yield(4, n);
}

static void yield_d8(long n)
{
    yield(8, n);
}

/* ---- starting and joining -------------------------------------------- */

static void spawn(long batch, long n)
{
    static pth_t all[MOST];
    for (long done = 0; done < n; done += batch) {
        for (long i = 0; i < batch; i++)
            all[i] = start(nothing, NULL);
        for (long i = 0; i < batch; i++)
            pth_join(all[i], NULL);
    }
}

static void spawn_one(long n)
{
    spawn(1, n);
}

static void spawn_1k(long n)
{
    spawn(1000, n);
}

static const struct serve_figure figures[] = {
    {"task_yield_d0", yield_d0}, {"task_yield_d4", yield_d4},
    {"task_yield_d8", yield_d8}, {"spawn_join", spawn_one},
    {"spawn_join_1k", spawn_1k}, {NULL, NULL},
};

int main(void)
{
    if (!pth_init())
        return 1;
    attributes = pth_attr_new();
    pth_attr_set(attributes, PTH_ATTR_STACK_SIZE, 65536);
    return serve(figures);
}
