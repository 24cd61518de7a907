/* SPDX-License-Identifier: MIT
 *
 * embed_uv_test.c - a loop inside of libuv's.
 */
#include "check.h"
#include "threads.h"

#ifndef HAVE_LIBUV

TEST(there_is_no_foreign_loop)
{
}

SUITE_UNLESS("embed_uv", "needs libuv")

#else

#include <uv.h>

static cede_loop *loop;
static uv_loop_t uv;
static uv_poll_t readable;
static uv_prepare_t before; /* each time libuv is about to sleep */
static uv_timer_t due;

static void step(void)
{
    CHECK_OK(cede_loop_step(loop));
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)handle;
    (void)status;
    (void)events;
    step();
}

static void on_due(uv_timer_t *handle)
{
    (void)handle;
    step();
}

static void set_timer(uv_prepare_t *handle)
{
    (void)handle;
    int ms = cede_loop_timeout_ms(loop);
    if (ms < 0)
        uv_timer_stop(&due);
    else
        uv_timer_start(&due, on_due, (uint64_t)ms, 0);
}

static void begin(void)
{
    CHECK(loop = cede_loop_new(NULL));
    CHECK_EQ(uv_loop_init(&uv), 0);
    uv_poll_init(&uv, &readable, cede_loop_fd(loop));
    uv_poll_start(&readable, UV_READABLE, on_readable);
    uv_prepare_init(&uv, &before);
    uv_prepare_start(&before, set_timer);
    uv_timer_init(&uv, &due);
}

static void end(void)
{
    uv_close((uv_handle_t *)&readable, NULL);
    uv_close((uv_handle_t *)&before, NULL);
    uv_close((uv_handle_t *)&due, NULL);
    uv_run(&uv, UV_RUN_DEFAULT);
    CHECK_EQ(uv_loop_close(&uv), 0);
    CHECK_OK(cede_loop_close(loop));
}

static int quits(void *arg)
{
    (void)arg;
    uv_stop(&uv);
    return 0;
}

static int ticks(void *arg)
{
    for (int i = 0; i < 3; i++) {
        note("tick ");
        CEDE_TRY(cede_sleep(2 * CEDE_MS));
    }
    return quits(arg);
}

static int starts(void *arg)
{
    return cede_go(NULL, ticks, arg);
}

TEST(tasks_run_inside_of_libuvs_loop)
{
    begin();
    CHECK_OK(cede_loop_call_soon(loop, starts, NULL, NULL));
    uv_run(&uv, UV_RUN_DEFAULT);
    CHECK_NOTED("tick tick tick ");
    end();
}

static void registers(uv_timer_t *handle)
{
    note("uv ");
    CHECK_OK(cede_loop_call_later(loop, CEDE_MS, quits, NULL, NULL));
    uv_close((uv_handle_t *)handle, NULL);
}

TEST(what_libuv_calls_may_register_callbacks)
{
    begin();
    uv_timer_t timer;
    uv_timer_init(&uv, &timer);
    uv_timer_start(&timer, registers, 1, 0);
    uv_run(&uv, UV_RUN_DEFAULT);
    CHECK_NOTED("uv ");
    end();
}

static void *posts(void *arg)
{
    CHECK_OK(cede_loop_post(loop, quits, arg));
    return NULL;
}

TEST(posts_wake_libuvs_loop)
{
    begin();
    for (int i = 0; i < 100; i++) {
        pthread_t thread = in_thread(posts, NULL);
        uv_run(&uv, UV_RUN_DEFAULT);
        ends_with(thread);
    }
    end();
}

SUITE("embed_uv")

#endif
