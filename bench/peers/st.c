/* SPDX-License-Identifier: MIT
 *
 * st.c - State Threads.
 *
 * It has no call to let others run; a sleep of 0 is what its users write.
 */
#include "serve.h"

#include <st.h>
#include <stdint.h>

enum { RING = 64, STACK = 65536, MOST = 10000 };

static void require(int holds)
{
    if (!holds)
        abort();
}

static st_thread_t start(void *(*fn)(void *), void *arg)
{
    return st_thread_create(fn, arg, 1, STACK);
}

/* ---- letting others run ---------------------------------------------- */

static __attribute__((noinline)) void yield_below(int depth)
{
    if (depth > 0)
        yield_below(depth - 1);
    else
        st_usleep(0);
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
    st_thread_t ring[RING];
    for (int i = 0; i < RING; i++)
        require((ring[i] = start(body, &turns)) != NULL);
    for (int i = 0; i < RING; i++)
        st_thread_join(ring[i], NULL);
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

static void *nothing(void *arg)
{
    return arg;
}

static void spawn(long batch, long n)
{
    static st_thread_t all[MOST];
    for (long done = 0; done < n; done += batch) {
        for (long i = 0; i < batch; i++)
            require((all[i] = start(nothing, NULL)) != NULL);
        for (long i = 0; i < batch; i++)
            st_thread_join(all[i], NULL);
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

static void spawn_10k(long n)
{
    spawn(10000, n);
}

/* Delays spread over so many microseconds. */
static void *sleep_for(void *delay)
{
    st_usleep((st_utime_t)(uintptr_t)delay);
    return NULL;
}

static void sleep_1k(long n)
{
    enum { BATCH = 1000, SPREAD = 2000 };
    static st_thread_t all[BATCH];
    for (long done = 0; done < n; done += BATCH) {
        for (uintptr_t i = 0; i < BATCH; i++)
            all[i] = start(sleep_for, (void *)(i * 7919 % SPREAD));
        for (long i = 0; i < BATCH; i++)
            st_thread_join(all[i], NULL);
    }
}

/* ---- asleep ---------------------------------------------------------- */

static void *asleep(void *arg)
{
    st_usleep(ST_UTIME_NO_TIMEOUT);
    return arg;
}

/* They are interrupted in the end, and joined. */
static void park(long n)
{
    st_thread_t *all = calloc((size_t)n, sizeof(*all));
    long started = 0;
    while (started < n && (all[started] = start(asleep, NULL)) != NULL)
        started++;
    if (started < n)
        serve_only(started);
    st_usleep(0);
    if (started == n)
        serve_hold();
    for (long i = 0; i < started; i++)
        st_thread_interrupt(all[i]);
    for (long i = 0; i < started; i++)
        st_thread_join(all[i], NULL);
    free(all);
}

static const struct serve_figure figures[] = {
    {"task_yield_d0", yield_d0},
    {"task_yield_d4", yield_d4},
    {"task_yield_d8", yield_d8},
    {"spawn_join", spawn_one},
    {"spawn_join_1k", spawn_1k},
    {"spawn_join_10k", spawn_10k},
    {"parked_1k", park},
    {"parked_100k", park},
    {"parked_1m", park},
    {"sleep_1k", sleep_1k},
    {NULL, NULL},
};

int main(void)
{
    st_set_eventsys(ST_EVENTSYS_ALT);
    require(st_init() == 0);
    return serve(figures);
}
