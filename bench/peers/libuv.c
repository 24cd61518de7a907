/* SPDX-License-Identifier: MIT
 *
 * libuv.c - libuv's timers: callbacks, no tasks, and whole milliseconds.
 */
#include "serve.h"

#include <uv.h>

enum { MOST = 100000 };

static uv_timer_t timers[MOST];
static long fired;

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
    fired++;
}

/* Delays spread over so many microseconds, rounded up. */
static void sleep_for(long batch, long spread, long n)
{
    for (long done = 0; done < n; done += batch) {
        fired = 0;
        uv_update_time(uv_default_loop());
        for (long i = 0; i < batch; i++) {
            uv_timer_init(uv_default_loop(), &timers[i]);
            uv_timer_start(&timers[i], on_timer,
                           (uint64_t)(i * 7919 % spread + 999) / 1000, 0);
        }
        uv_run(uv_default_loop(), UV_RUN_DEFAULT);
        for (long i = 0; i < batch; i++)
            uv_close((uv_handle_t *)&timers[i], NULL);
        uv_run(uv_default_loop(), UV_RUN_DEFAULT);
        if (fired != batch)
            abort();
    }
}

static void sleep_1k(long n)
{
    sleep_for(1000, 2000, n);
}

static void sleep_100k(long n)
{
    sleep_for(100000, 100000, n);
}

static const struct serve_figure figures[] = {
    {"sleep_1k", sleep_1k},
    {"sleep_100k", sleep_100k},
    {NULL, NULL},
};

int main(void)
{
    return serve(figures);
}
