/* SPDX-License-Identifier: MIT
 *
 * base_test.c - TRY and DEFER, the failure hook, the clock and the stack
 * outside of runs and coroutines.
 */
#include "check.h"
#include <time.h>

static int task_fails(void *arg)
{
    return cede_fail(-EPROTO, "peer %d", *(int *)arg);
}

/* ---- TRY and DEFER --------------------------------------------------- */

static int counted(int rc)
{
    note("c");
    return rc;
}

static int tries(int rc)
{
    CEDE_TRY(counted(rc));
    note("on");
    return 5;
}

TEST(try_returns_a_failure_and_lets_the_rest_pass)
{
    CHECK_EQ(tries(-EIO), -EIO);
    CHECK_EQ(tries(0), 5);
    CHECK_EQ(tries(2), 5);
    CHECK_NOTED("cconcon");
}

static void note_it(void *text)
{
    note("%s", (char *)text);
}

static int defers(int rc)
{
    CEDE_DEFER(note_it, "a");
    CEDE_DEFER(note_it, "b");
    CEDE_DEFER(note_it, "c");
    CEDE_TRY(rc);
    note("-");
    return 0;
}

TEST(deferred_calls_run_last_first_on_every_way_out)
{
    CHECK_EQ(defers(0), 0);
    CHECK_NOTED("-cba");
    CHECK_EQ(defers(-EIO), -EIO);
    CHECK_NOTED("-cbacba");
}

TEST(deferred_calls_run_at_break_continue_and_goto)
{
    for (int i = 0; i < 3; i++) {
        CEDE_DEFER(note_it, "x");
        if (i == 0)
            continue;
        if (i == 1)
            break;
    }
    {
        CEDE_DEFER(note_it, "y");
        goto out;
    }
out:
    CHECK_NOTED("xxy");
}

TEST(the_deferred_pointer_is_evaluated_at_once_and_once)
{
    char *texts[] = {"1", "2", "3"}, **next = texts;
    {
        CEDE_DEFER(note_it, *next++);
        CHECK(next == texts + 1);
    }
    CHECK_NOTED("1");
    CHECK(next == texts + 1);
}

/* ---- the failure hook ------------------------------------------------ */

static int loses_a_failure(void *arg)
{
    (void)arg;
    CHECK_OK(cede_go(NULL, task_fails, &(int){6}));
    return cede_sleep(CEDE_MS);
}

static void run_loses_a_failure(void *arg)
{
    if (arg)
        listen_to_hook();
    cede_set_failure_hook(NULL, NULL);
    (void)cede_run(loses_a_failure, NULL);
}

TEST(by_default_a_lost_failure_is_one_line_on_standard_error)
{
    const struct output *o = OUTPUT_OF(run_loses_a_failure, NULL);
    CHECK_EQ(o->status, 0);
    CHECK(strstr(o->text, "task_fails"));
    CHECK(strchr(o->text, '\n') == o->text + strlen(o->text) - 1);
}

TEST(a_null_hook_restores_the_default)
{
    const struct output *o = OUTPUT_OF(run_loses_a_failure, "first another");
    CHECK(strstr(o->text, "task_fails"));
}

static void checks_the_call(void *ctx, const char *what, const char *task,
                            int err, const char *message)
{
    CHECK_STR_EQ(ctx, "ctx");
    CHECK_STR_EQ(message, "peer 6");
    CHECK_STR_EQ(task, "task_fails");
    CHECK_EQ(err, -EPROTO);
    CHECK(what[0]);
    CHECK(!strchr(what, '\n'));
    note("called");
}

TEST(the_hook_is_told_what_in_which_task_and_the_code)
{
    char ctx[] = "ctx";
    cede_set_failure_hook(checks_the_call, ctx);
    CHECK_OK(cede_run(loses_a_failure, NULL));
    CHECK_NOTED("called");
}

/* ---- time and stacks, without a loop --------------------------------- */

static cede_time monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (cede_time)t.tv_sec * CEDE_SEC + t.tv_nsec;
}

TEST(without_a_loop_the_clock_is_the_kernels)
{
    cede_time a = monotonic(), now = cede_now(), clock = cede_clock();
    cede_time in = cede_in(0), b = monotonic();
    CHECK(a <= now && now <= clock && clock <= in && in <= b);
}

TEST(cede_in_saturates)
{
    CHECK_EQ(cede_in(CEDE_NEVER), CEDE_NEVER);
    CHECK_EQ(cede_in(CEDE_NEVER - 1), CEDE_NEVER);
    CHECK(cede_in(INT64_MIN) < 0);
    CHECK(cede_in(-CEDE_SEC) < cede_clock());
}

TEST(the_default_stack_is_64_or_256_kib)
{
    size_t size = cede_stack_default();
    CHECK(size == 64 * 1024 || size == 256 * 1024);
    CHECK_EQ(cede_stack_used(), 0);
}

SUITE("base")
