/* SPDX-License-Identifier: MIT
 *
 * local_callback_test.c - task-local values in callbacks: those of when they
 * were registered.
 */
#include "check.h"
#include <pthread.h>

static cede_local color = CEDE_LOCAL("color", NULL);

static const char *color_here(void)
{
    const char *value = cede_local_get(&color);
    return value ? value : "-";
}

static void paint(const char *value)
{
    CHECK_EQ(cede_local_set(&color, (void *)(uintptr_t)value), 0);
}

static void looks(cede_future *f, void *ctx)
{
    (void)f;
    note("%s%s ", (char *)ctx, color_here());
}

static void paints(cede_future *f, void *value)
{
    looks(f, "");
    paint(value);
    looks(f, "");
}

TASK_TEST(a_callback_sees_the_values_of_when_it_was_registered)
{
    cede_future *p = cede_promise();
    CHECK_EQ(cede_on_done(p, looks, "a:"), 0);
    paint("red");
    CHECK_EQ(cede_on_done(p, looks, "b:"), 0);
    paint("blue");
    CHECK_EQ(cede_on_done(p, looks, "b:"), 0);
    paint("green");
    CHECK_EQ(cede_resolve(p, 0), 0);
    CHECK_EQ(cede_sleep(0), 0);
    CHECK_NOTED("a:- b:red b:blue ");
    CHECK_STR_EQ(color_here(), "green");
    cede_future_free(p);
}

TASK_TEST(what_a_callback_sets_is_gone_with_it)
{
    cede_future *p = cede_promise();
    CHECK_EQ(cede_on_done(p, paints, "blue"), 0);
    paint("red");
    CHECK_EQ(cede_on_done(p, paints, "green"), 0);
    CHECK_EQ(cede_on_done(p, looks, ""), 0);
    CHECK_EQ(cede_resolve(p, 0), 0);
    CHECK_EQ(cede_sleep(0), 0);
    CHECK_NOTED("- blue red green red ");
    CHECK_STR_EQ(color_here(), "red");
    cede_future_free(p);
}

static int looks_later(void *arg)
{
    CEDE_TRY(cede_sleep(0));
    looks(NULL, arg);
    return 0;
}

static void starts(cede_future *f, void *ctx)
{
    (void)f;
    CHECK_EQ(cede_go(ctx, looks_later, "before:"), 0);
    paint("blue");
    CHECK_EQ(cede_go(ctx, looks_later, "after:"), 0);
}

TASK_TEST(a_task_started_by_a_callback_begins_with_its_values)
{
    cede_future *p = cede_promise();
    CEDE_GROUP(g);
    paint("red");
    CHECK_EQ(cede_on_done(p, starts, &g), 0);
    paint("green");
    CHECK_EQ(cede_resolve(p, 0), 0);
    CHECK_EQ(cede_sleep(0), 0);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("before:red after:blue ");
    cede_future_free(p);
}

/* What is not given back, the sanitizers find. */
TASK_TEST(callbacks_that_are_taken_back_give_their_values_back)
{
    cede_future *p = cede_promise();
    paint("red");
    CHECK_EQ(cede_on_done(p, looks, ""), 0);
    CHECK_EQ(cede_off_done(p, looks, ""), 1);
    CHECK_EQ(cede_on_done(p, looks, ""), 0);
    cede_future_free(p);
}

static int registers(void *p)
{
    paint("red");
    return cede_on_done(p, looks, "");
}

TEST(callbacks_of_a_loop_that_has_ended_give_their_values_back)
{
    cede_future *p = cede_promise();
    CHECK_EQ(cede_run(registers, p), 0);
    CHECK_EQ(cede_resolve(p, 0), 0);
    CHECK_NOTED("");
    cede_future_free(p);
}

/* ---- other threads ----------------------------------------------------- */

static void *resolves(void *p)
{
    paint("yellow");
    CHECK_EQ(cede_resolve(p, 0), 0);
    CHECK_STR_EQ(color_here(), "yellow");
    return NULL;
}

static void resolve_elsewhere(cede_future *p)
{
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, resolves, p), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
}

TEST(a_threads_callback_takes_its_values_to_who_resolves)
{
    cede_future *p = cede_promise();
    paint("red");
    CHECK_EQ(cede_on_done(p, paints, "blue"), 0);
    CHECK_EQ(cede_on_done(p, looks, ""), 0);
    resolve_elsewhere(p);
    CHECK_NOTED("red blue red ");
    CHECK_STR_EQ(color_here(), "red");
    cede_future_free(p);
}

TEST(a_callback_that_runs_at_once_has_values_of_its_own)
{
    cede_future *p = cede_promise();
    CHECK_EQ(cede_resolve(p, 0), 0);
    paint("red");
    CHECK_EQ(cede_on_done(p, paints, "blue"), 0);
    CHECK_NOTED("red blue ");
    CHECK_STR_EQ(color_here(), "red");
    cede_future_free(p);
}

TASK_TEST(a_tasks_callback_has_its_values_whoever_resolves)
{
    cede_future *p = cede_promise();
    paint("red");
    CHECK_EQ(cede_on_done(p, looks, ""), 0);
    paint("blue");
    resolve_elsewhere(p);
    while (!*noted)
        CHECK_EQ(cede_sleep(CEDE_MS), 0); /* it comes by post */
    CHECK_NOTED("red ");
    cede_future_free(p);
}

static int resolves_in_a_task(void *p)
{
    paint("green");
    CHECK_EQ(cede_resolve(p, 0), 0);
    CHECK_EQ(cede_sleep(0), 0);
    CHECK_STR_EQ(color_here(), "green");
    return 0;
}

static void *resolves_in_a_run(void *p)
{
    CHECK_EQ(cede_run(resolves_in_a_task, p), 0);
    return NULL;
}

TEST(a_threads_callback_takes_its_values_into_a_loop)
{
    cede_future *p = cede_promise();
    pthread_t thread;
    paint("red");
    CHECK_EQ(cede_on_done(p, paints, "blue"), 0);
    CHECK_EQ(pthread_create(&thread, NULL, resolves_in_a_run, p), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_NOTED("red blue ");
    cede_future_free(p);
}

SUITE("local_callback")
