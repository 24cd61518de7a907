/* SPDX-License-Identifier: MIT
 *
 * libuv.c - libuv's timers: callbacks, no tasks, and whole milliseconds.
 */
#include "serve.h"

#include <uv.h>

enum { MOST = 1000000 };

static uv_timer_t timers[MOST];
static long fired;
static uint64_t due[MOST];
static long long late[MOST];

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

static void on_due(uv_timer_t *timer)
{
    late[fired++] = (long long)(uv_hrtime() - due[timer - timers]);
}

/* Random delays up to a second, each from its own moment. */
static void start_all(uv_loop_t *loop, long n)
{
    uint64_t random = 1;
    for (long i = 0; i < n; i++) {
        uint64_t delay = serve_random_delay(&random);
        uv_timer_init(loop, &timers[i]);
        uv_update_time(loop);
        due[i] = uv_hrtime() + delay;
        uv_timer_start(&timers[i], on_due, (delay + 999999) / 1000000, 0);
    }
}

static void random_timers(long n)
{
    uv_loop_t *loop = uv_default_loop();
    fired = 0;
    start_all(loop, n);
    uv_run(loop, UV_RUN_DEFAULT);
    for (long i = 0; i < n; i++)
        uv_close((uv_handle_t *)&timers[i], NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    if (fired != n)
        abort();
    serve_late = late;
    serve_late_count = n;
}

static const struct serve_figure figures[] = {
    {"sleep_1k", sleep_1k},
    {"sleep_100k", sleep_100k},
    {"timers_100k", random_timers},
    {"timers_1m", random_timers},
    {"timers_100k_cold", random_timers},
    {"timers_1m_cold", random_timers},
    {NULL, NULL},
};

int main(void)
{
    return serve(figures);
}
