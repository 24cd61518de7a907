/* SPDX-License-Identifier: MIT
 *
 * spawn_on_test.c - tasks of a loop that other threads start.
 */
#include "check.h"
#include "threads.h"
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static cede_loop *loop;
static cede_future *serving; /* a promise; resolved, the server ends */
static pthread_t server;

static void *serves(void *arg)
{
    CHECK(loop = cede_loop_new(NULL));
    CHECK_OK(cede_resolve(arg, 0));
    CHECK_OK(cede_loop_run_until(loop, serving));
    CHECK_OK(cede_loop_close(loop));
    return NULL;
}

static void start_server(void)
{
    serving = cede_promise();
    cede_future *ready = cede_promise();
    server = in_thread(serves, ready);
    CHECK_OK(cede_await(ready));
    cede_future_free(ready);
}

static void stop_server(void)
{
    CHECK_OK(cede_resolve(serving, 0));
    ends_with(server);
    cede_future_free(serving);
}

static int doubles(void *n)
{
    CHECK_STR_EQ(cede_task_name(), "doubles");
    CEDE_TRY(cede_sleep(0));
    return 2 * *(int *)n;
}

TEST(a_thread_awaits_what_it_has_started_elsewhere)
{
    start_server();
    int n = 21;
    cede_future *f = cede_loop_spawn_on(loop, doubles, &n);
    CHECK(cede_arg(f) == &n);
    CHECK_EQ(cede_await(f), 42);
    CHECK(cede_done(f));
    CHECK_EQ(cede_result(f), 42);
    cede_future_free(f);
    stop_server();
}

TASK_TEST(so_does_a_task_of_another_loop)
{
    start_server();
    int n = 21;
    cede_future *f[10];
    for (int i = 0; i < 10; i++)
        f[i] = cede_loop_spawn_on(loop, doubles, &n);
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(cede_await(f[i]), 42);
        cede_future_free(f[i]);
    }
    stop_server();
}

TASK_TEST(and_one_of_the_same_loop)
{
    int n = 21;
    cede_future *f = cede_loop_spawn_on(cede_loop_current(), doubles, &n);
    CHECK(!cede_done(f));
    CHECK_EQ(cede_await(f), 42);
    cede_future_free(f);
}

static int fails(void *arg)
{
    (void)arg;
    return cede_fail(-EIO, "the disk is gone");
}

TEST(a_failure_comes_with_its_message_and_disturbs_nobody_there)
{
    listen_to_hook();
    start_server();
    cede_future *f = cede_loop_spawn_on(loop, fails, NULL);
    CHECK_EQ(cede_await(f), -EIO);
    CHECK_STR_EQ(cede_message(), "the disk is gone");
    cede_future_free(f);
    stop_server();
    CHECK_EQ(hooked.count, 0);
}

TEST(a_failure_that_nobody_reads_is_reported)
{
    listen_to_hook();
    start_server();
    cede_future_free(cede_loop_spawn_on(loop, fails, NULL));
    int n = 1;
    cede_future *f = cede_loop_spawn_on(loop, doubles, &n);
    CHECK_EQ(cede_await(f), 2); /* so the one before it is over */
    cede_future_free(f);
    stop_server();
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK(strstr(hooked.what, "a task made at tests/spawn_on_test.c:"));
}

/* ---- cancelling ------------------------------------------------------ */

static int sleeps(void *began)
{
    CHECK_OK(cede_resolve(began, 0));
    int rc = cede_sleep(CEDE_NEVER);
    CHECK_EQ(rc, -ECANCELED);
    return rc;
}

TEST(to_cancel_its_future_cancels_the_task)
{
    start_server();
    cede_future *began = cede_promise();
    cede_future *f = cede_loop_spawn_on(loop, sleeps, began);
    CHECK_OK(cede_await(began));
    CHECK(cede_running(f));
    CHECK_OK(cede_cancel(f));
    int again = cede_cancel(f);
    CHECK(again == 0 || again == -EALREADY);
    CHECK_EQ(cede_await(f), -ECANCELED);
    CHECK(!cede_running(f));
    CHECK_EQ(cede_cancel(f), -EALREADY);
    cede_future_free(f);
    cede_future_free(began);
    stop_server();
}

static int awaits(void *promise)
{
    return cede_await(promise);
}

static void who_awaits_is_timed_out(void)
{
    start_server();
    cede_future *end = cede_promise();
    cede_future *f = cede_loop_spawn_on(loop, awaits, end);
    CHECK_EQ(cede_await_within(CEDE_MS, f), -ETIMEDOUT);
    CHECK(!cede_done(f));
    CHECK_OK(cede_resolve(end, 7));
    CHECK_EQ(cede_await(f), 7);
    cede_future_free(f);
    cede_future_free(end);
    stop_server();
}

TEST(a_time_out_of_a_thread_that_awaits_it_leaves_the_task_alone)
{
    who_awaits_is_timed_out();
}

TASK_TEST(so_does_one_of_a_task)
{
    who_awaits_is_timed_out();
}

static int is_cancelled(void *arg)
{
    (void)arg;
    note("ran ");
    CHECK(cede_cancelled());
    return cede_sleep(0);
}

TEST(cancelled_before_its_first_step_it_runs_once_all_the_same)
{
    loop = cede_loop_new(NULL);
    cede_future *f = cede_loop_spawn_on(loop, is_cancelled, NULL);
    CHECK(!cede_running(f));
    CHECK_OK(cede_cancel(f));
    CHECK_NOTED("");
    CHECK_EQ(cede_loop_run_until(loop, f), -ECANCELED);
    CHECK_NOTED("ran ");
    cede_future_free(f);
    CHECK_OK(cede_loop_close(loop));
}

static int says(void *what)
{
    note("%s ", (const char *)what);
    return 0;
}

TEST(given_back_it_runs_on)
{
    loop = cede_loop_new(NULL);
    cede_future_free(cede_loop_spawn_on(loop, says, "a"));
    cede_future *f = cede_loop_spawn_on(loop, says, "b");
    CHECK_OK(cede_loop_run_until(loop, f));
    cede_future_free(f);
    CHECK_OK(cede_loop_close(loop));
    CHECK_NOTED("a b ");
}

TEST(nobody_else_may_resolve_it)
{
    loop = cede_loop_new(NULL);
    cede_future *f = cede_loop_spawn_on(loop, says, "a");
    CHECK_EQ(cede_resolve(f, 0), -EINVAL);
    CHECK_OK(cede_loop_run_until(loop, f));
    cede_future_free(f);
    CHECK_OK(cede_loop_close(loop));
    CHECK_NOTED("a ");
}

/* ---- the end of the loop --------------------------------------------- */

TEST(a_loop_that_closes_first_answers_for_it)
{
    loop = cede_loop_new(NULL);
    cede_loop_keep(loop);
    cede_future *f = cede_loop_spawn_on(loop, says, "never");
    CHECK_OK(cede_loop_close(loop));
    CHECK_EQ(cede_await(f), CEDE_ECLOSED);
    CHECK_EQ(cede_cancel(f), -EALREADY);
    cede_future_free(f);
    f = cede_loop_spawn_on(loop, says, "never");
    CHECK_EQ(cede_await(f), CEDE_ECLOSED);
    cede_future_free(f);
    cede_loop_drop(loop);
    CHECK_NOTED("");
}

static cede_future *late;

static int sleeps_a_while(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_MS);
}

static void *spawns_late(void *arg)
{
    (void)arg;
    late = cede_loop_spawn_on(loop, sleeps_a_while, NULL);
    return NULL;
}

static int holds_the_thread(void *arg)
{
    (void)arg;
    by_thread(spawns_late, NULL);
    usleep(2000);
    return 0;
}

/* Its timer and the other's start come with the same look around. */
static int ends_meanwhile(void *arg)
{
    (void)arg;
    loop = cede_loop_current();
    CHECK_OK(cede_loop_call_soon(loop, holds_the_thread, NULL, NULL));
    return cede_sleep(CEDE_MS);
}

TEST(a_task_that_comes_just_after_the_last_one_has_ended_is_not_started)
{
    CHECK_OK(cede_run(ends_meanwhile, NULL));
    CHECK(cede_done(late));
    CHECK_EQ(cede_result(late), CEDE_ECLOSED);
    cede_future_free(late);
}

static int outlives(void *began)
{
    return sleeps(began) == -ECANCELED ? 7 : 8;
}

TEST(a_task_that_has_started_is_cancelled_with_its_loop)
{
    start_server();
    cede_future *began = cede_promise();
    cede_future *f = cede_loop_spawn_on(loop, outlives, began);
    CHECK_OK(cede_await(began));
    stop_server();
    CHECK_EQ(cede_await(f), 7);
    cede_future_free(f);
    cede_future_free(began);
}

TEST(without_a_loop_there_is_no_future)
{
    CHECK(!cede_loop_spawn_on(NULL, says, ""));
    CHECK_EQ(cede_await(cede_loop_spawn_on(NULL, says, "")), -ENOMEM);
}

TEST(without_a_function_it_fails)
{
    loop = cede_loop_new(NULL);
    cede_future *f = (cede_loop_spawn_on)(loop, NULL, NULL);
    CHECK_EQ(cede_loop_run_until(loop, f), -EINVAL);
    cede_future_free(f);
    CHECK_OK(cede_loop_close(loop));
}

/* ---- values, and many of them ---------------------------------------- */

static cede_local color = CEDE_LOCAL("color", "none");

static int says_color(void *arg)
{
    (void)arg;
    says(cede_local_get(&color));
    return cede_local_set(&color, "changed");
}

static void *spawns_in_color(void *value)
{
    CHECK_OK(cede_local_set(&color, value));
    cede_future *f = cede_loop_spawn_on(loop, says_color, NULL);
    CHECK_OK(cede_await(f));
    CHECK_STR_EQ(cede_local_get(&color), value);
    cede_future_free(f);
    return NULL;
}

TEST(the_task_inherits_the_values_of_who_starts_it)
{
    start_server();
    by_thread(spawns_in_color, "red");
    by_thread(spawns_in_color, "blue");
    stop_server();
    CHECK_NOTED("red blue ");
}

static atomic_int ended;

static int yields(void *arg)
{
    (void)arg;
    int rc = cede_sleep(0);
    ended++;
    return rc < 0 ? rc : 5;
}

static void *spawns_many(void *seed)
{
    for (intptr_t i = 0; i < rounds(500); i++) {
        cede_future *f = cede_loop_spawn_on(loop, yields, NULL);
        if ((i + (intptr_t)seed) % 3 == 0)
            CHECK(cede_cancel(f) == 0 || cede_done(f));
        if (i % 5 == 0) {
            int rc = cede_await(f);
            CHECK(rc == 5 || rc == -ECANCELED);
        }
        cede_future_free(f);
    }
    return NULL;
}

TEST(threads_start_cancel_and_give_back_many)
{
    start_server();
    pthread_t t[3];
    for (intptr_t i = 0; i < 3; i++)
        t[i] = in_thread(spawns_many, (void *)i);
    for (int i = 0; i < 3; i++)
        ends_with(t[i]);
    while (ended < 3 * rounds(500))
        sched_yield();
    stop_server();
}

SUITE("spawn_on")
