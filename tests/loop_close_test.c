/* SPDX-License-Identifier: MIT
 *
 * loop_close_test.c - the end of a loop, and what becomes of what is left.
 */
#include "check.h"
#include "threads.h"

static cede_loop *loop;

static void open_loop(void)
{
    loop = cede_loop_new(&(cede_options){.poller = "virtual"});
    CHECK(loop);
}

static int says(void *what)
{
    note("%s ", (const char *)what);
    return 0;
}

static void drops(cede_fn *fn, void *what)
{
    CHECK(fn == says);
    note("dropped %s ", (const char *)what);
}

static int registers(void *arg)
{
    (void)arg;
    CHECK_OK(cede_loop_call_later(loop, CEDE_SEC, says, "timer", NULL));
    CHECK_OK(cede_loop_call_soon(loop, says, "soon", NULL));
    return 0;
}

TEST(callbacks_that_did_not_run_are_dropped_when_the_loop_is_closed)
{
    open_loop();
    cede_loop_on_drop(loop, drops);
    registers(NULL);
    CHECK_OK(cede_loop_post(loop, says, "post"));
    CHECK_OK(cede_loop_close(loop));
    CHECK_NOTED("dropped soon dropped timer dropped post ");
}

TEST(what_was_cancelled_or_has_run_is_not_dropped)
{
    open_loop();
    cede_loop_on_drop(loop, drops);
    cede_handle a, b;
    CHECK_OK(cede_loop_call_later(loop, CEDE_SEC, says, "a", &a));
    CHECK_OK(cede_loop_call_soon(loop, says, "b", &b));
    CHECK_OK(cede_handle_cancel(&a));
    CHECK_OK(cede_handle_cancel(&b));
    CHECK_OK(cede_loop_call_soon(loop, says, "c", NULL));
    CHECK_OK(cede_loop_stop(loop));
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_OK(cede_loop_close(loop));
    CHECK_NOTED("c ");
}

TEST(what_would_never_have_run_is_dropped_too)
{
    open_loop();
    cede_loop_on_drop(loop, drops);
    CHECK_OK(cede_loop_call_later(loop, CEDE_NEVER, says, "never", NULL));
    CHECK_OK(cede_loop_close(loop));
    CHECK_NOTED("dropped never ");
}

static void registers_again(cede_fn *fn, void *what)
{
    drops(fn, what);
    note("%d ", cede_loop_call_soon(loop, fn, what, NULL) == CEDE_ECLOSED);
    note("%d ", cede_loop_call_later(loop, 1, fn, what, NULL) == CEDE_ECLOSED);
    note("%d ", cede_loop_post(loop, fn, what) == CEDE_ECLOSED);
}

TEST(nothing_can_be_registered_while_callbacks_are_dropped)
{
    open_loop();
    cede_loop_on_drop(loop, registers_again);
    registers(NULL);
    CHECK_OK(cede_loop_close(loop));
    CHECK_NOTED("dropped soon 1 1 1 dropped timer 1 1 1 ");
}

static int registers_and_sets_drop(void *arg)
{
    loop = cede_loop_current();
    cede_loop_on_drop(loop, drops);
    return registers(arg);
}

TEST(a_plain_run_drops_the_timers_that_are_left)
{
    CHECK_OK(cede_run(registers_and_sets_drop, NULL));
    CHECK_NOTED("soon dropped timer ");
}

/* ---- tasks that end -------------------------------------------------- */

static int resolves(void *promise)
{
    return cede_resolve(promise, 0);
}

/* Its clean-up needs a callback. */
static int cleans_up(void *arg)
{
    (void)arg;
    int rc = cede_sleep(CEDE_NEVER);
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    cede_future *f = cede_promise();
    CHECK_OK(cede_loop_call_later(loop, CEDE_MS, resolves, f, NULL));
    CHECK_OK(cede_await(f));
    cede_future_free(f);
    CHECK_EQ(cede_loop_post(loop, says, "post"), CEDE_ECLOSED);
    note("clean ");
    return cede_leave(&s, rc);
}

static int starts(void *arg)
{
    return cede_go(NULL, cleans_up, arg);
}

TEST(callbacks_run_while_tasks_end_and_posts_are_refused)
{
    open_loop();
    CHECK_OK(cede_loop_run(loop, starts, NULL));
    CHECK_OK(cede_loop_close(loop));
    CHECK_NOTED("clean ");
}

static void *resolves_in_time(void *promise)
{
    while (!cede_loop_is_closed(loop))
        sched_yield();
    CHECK_OK(cede_resolve(promise, 0));
    return NULL;
}

static int awaits_shielded(void *promise)
{
    int rc = cede_sleep(CEDE_NEVER);
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    CHECK_OK(cede_await(promise));
    note("awaited ");
    return cede_leave(&s, rc);
}

static int starts_awaiting(void *promise)
{
    return cede_go(NULL, awaits_shielded, promise);
}

TEST(promises_of_other_threads_reach_tasks_that_end)
{
    CHECK(loop = cede_loop_new(NULL));
    cede_future *f = cede_promise();
    CHECK_OK(cede_loop_run(loop, starts_awaiting, f));
    pthread_t thread = in_thread(resolves_in_time, f);
    CHECK_OK(cede_loop_close(loop));
    ends_with(thread);
    cede_future_free(f);
    CHECK_NOTED("awaited ");
}

static int spins(void *arg)
{
    return cede_loop_call_soon(loop, spins, arg, NULL);
}

TEST(a_callback_that_registers_itself_does_not_keep_a_loop_from_closing)
{
    CHECK(loop = cede_loop_new(NULL));
    CHECK_OK(spins(NULL));
    CHECK_OK(cede_loop_run(loop, starts, NULL));
    CHECK_OK(cede_loop_close(loop));
    CHECK_NOTED("clean ");
}

static int fails(void *arg)
{
    (void)arg;
    return cede_fail(-EIO, "the disk is gone");
}

static int starts_failing(void *arg)
{
    cede_future **f = arg;
    *f = cede_spawn(NULL, fails, NULL);
    return 0;
}

TEST(failures_that_nobody_read_are_reported_when_the_loop_is_closed)
{
    listen_to_hook();
    open_loop();
    cede_future *f;
    CHECK_OK(cede_loop_run(loop, starts_failing, &f));
    CHECK_OK(cede_loop_stop(loop));
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_EQ(hooked.count, 0);
    CHECK_OK(cede_loop_close(loop));
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(cede_result(f), -EIO);
    cede_future_free(f);
}

/* ---- afterwards ------------------------------------------------------ */

TEST(after_the_end_every_call_is_refused)
{
    open_loop();
    cede_loop_keep(loop);
    cede_handle h;
    CHECK_OK(cede_loop_call_later(loop, CEDE_SEC, says, "timer", &h));
    CHECK_OK(cede_loop_close(loop));
    CHECK_EQ(cede_loop_call_soon(loop, says, "", NULL), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_call_later(loop, 0, says, "", NULL), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_call_at(loop, 0, says, "", NULL), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_post(loop, says, ""), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_step(loop), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_fd(loop), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_timeout(loop), 0);
    CHECK_EQ(cede_handle_cancel(&h), -EALREADY);
    cede_loop_drop(loop);
}

static int keeps(void *arg)
{
    (void)arg;
    loop = cede_loop_current();
    cede_loop_keep(loop);
    return 0;
}

TEST(the_loop_of_a_plain_run_is_closed_with_it)
{
    CHECK_OK(cede_run(keeps, NULL));
    CHECK(cede_loop_is_closed(loop));
    CHECK_EQ(cede_loop_call_soon(loop, says, "", NULL), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_stop(loop), CEDE_ECLOSED);
    cede_loop_drop(loop);
}

SUITE("loop_close")
