/* SPDX-License-Identifier: MIT
 *
 * libuv.c - libuv's timers (callbacks, no tasks, and whole milliseconds), its
 * way into a loop from other threads, and its pool of four threads.
 */
#include "serve.h"

#include <stdatomic.h>
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

/* ---- posts: an async handle, and a list behind a mutex ---------------- */

struct post {
    struct post *next;
    uint64_t sent;
};

static struct {
    uv_async_t wake;
    uv_mutex_t lock;
    struct post *first, **last;
} mail;

static long expected;   /* by whoever runs the loop */
static long posts_each; /* of a thread that posts */
/* The loop's, on lines of the cache that posters do not read. */
__attribute__((aligned(128))) static long came;
__attribute__((aligned(128))) static atomic_long seen; /* slow ones */

static void post_one(uint64_t now)
{
    struct post *post = malloc(sizeof(*post));
    *post = (struct post){NULL, now};
    uv_mutex_lock(&mail.lock);
    *mail.last = post;
    mail.last = &post->next;
    uv_mutex_unlock(&mail.lock);
    uv_async_send(&mail.wake);
}

static struct post *take_posts(void)
{
    uv_mutex_lock(&mail.lock);
    struct post *first = mail.first;
    mail.first = NULL;
    mail.last = &mail.first;
    uv_mutex_unlock(&mail.lock);
    return first;
}

/* sent == 0: only counted. */
static void on_wake(uv_async_t *wake)
{
    for (struct post *post = take_posts(), *next; post; post = next) {
        next = post->next;
        if (post->sent)
            late[seen++] = (long long)(uv_hrtime() - post->sent);
        came++;
        free(post);
    }
    if (came == expected)
        uv_close((uv_handle_t *)wake, NULL);
}

static void post_many(void *unused)
{
    (void)unused;
    for (long i = 0; i < posts_each; i++)
        post_one(0);
}

/* One, whenever the loop sleeps again. */
static void post_slowly(void *unused)
{
    (void)unused;
    for (long i = 0; i < posts_each; i++) {
        serve_pause();
        post_one(uv_hrtime());
        while (seen <= i)
            serve_pause();
    }
}

static void post_from(int threads, uv_thread_cb fn, long n)
{
    uv_thread_t thread[2];
    came = seen = 0;
    expected = n;
    posts_each = n / threads;
    mail.first = NULL;
    mail.last = &mail.first;
    uv_mutex_init(&mail.lock);
    uv_async_init(uv_default_loop(), &mail.wake, on_wake);
    for (int i = 0; i < threads; i++)
        uv_thread_create(&thread[i], fn, NULL);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    for (int i = 0; i < threads; i++)
        uv_thread_join(&thread[i]);
    uv_mutex_destroy(&mail.lock);
}

static void post_throughput(long n)
{
    post_from(1, post_many, n);
}

static void post_throughput_2(long n)
{
    post_from(2, post_many, n);
}

static void post_latency(long n)
{
    post_from(1, post_slowly, n);
    serve_late = late;
    serve_late_count = n;
}

/* ---- the pool -------------------------------------------------------- */

enum { IN_FLIGHT = 1000 };

static uv_work_t works[IN_FLIGHT];
static long begun;
static uint64_t submitted;

static void nothing(uv_work_t *work)
{
    (void)work;
}

static void submit(uv_work_t *work, uv_after_work_cb after)
{
    begun++;
    submitted = uv_hrtime();
    uv_queue_work(uv_default_loop(), work, nothing, after);
}

static void ping_again(uv_work_t *work, int status)
{
    (void)status;
    late[fired++] = (long long)(uv_hrtime() - submitted);
    if (begun < expected)
        submit(work, ping_again);
}

static void thread_ping(long n)
{
    begun = fired = 0;
    expected = n;
    submit(works, ping_again);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    serve_late = late;
    serve_late_count = fired;
}

static void another(uv_work_t *work, int status)
{
    (void)status;
    fired++;
    if (begun < expected)
        submit(work, another);
}

static void thread_inflight(long n)
{
    begun = fired = 0;
    expected = n;
    while (begun < IN_FLIGHT && begun < n)
        submit(&works[begun], another);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    if (fired != n)
        abort();
}

static const struct serve_figure figures[] = {
    {"post_throughput", post_throughput},
    {"post_throughput_2", post_throughput_2},
    {"post_latency", post_latency},
    {"post_latency_2", post_latency},
    {"thread_ping", thread_ping},
    {"thread_ping_2", thread_ping},
    {"thread_inflight_1000", thread_inflight},
    {"thread_inflight_1000_2", thread_inflight},
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
