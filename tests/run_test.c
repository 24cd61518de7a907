/* SPDX-License-Identifier: MIT
 *
 * run_test.c - how runs end when several things go wrong, and what is left of
 * them: one after the other on a thread, refused ones inside, ones beside.
 */
#include "check.h"
#include "tasks.h"
#include <pthread.h>

static const cede_options virtual_clock = {.poller = "virtual"};
static int eio = -EIO;

/* ---- the end --------------------------------------------------------- */

static int fails_in_clean_up(void *arg)
{
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    note("cleans ");
    return cede_fail(-EPIPE, "%s", (char *)arg);
}

static int fails_and_leaves_work(void *arg)
{
    CHECK_OK(cede_go(NULL, fails_in_clean_up, "in clean-up"));
    CHECK_OK(cede_sleep(0));
    note("main ");
    return cede_fail(*(int *)arg, "main's own");
}

TEST(what_fails_after_main_is_reported_and_does_not_replace_its_failure)
{
    listen_to_hook();
    CHECK_ERR(cede_run(fails_and_leaves_work, &eio), -EIO);
    CHECK_STR_EQ(cede_message(), "main's own");
    CHECK_NOTED("main cleans ");
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EPIPE);
    CHECK_STR_EQ(hooked.message, "in clean-up");
    CHECK_STR_EQ(hooked.task, "fails_in_clean_up");
}

static int fails_inside_a_group(void *arg)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "child "));
    CHECK_OK(cede_go(NULL, sleeps_for_ever, "background "));
    CEDE_TRY(cede_sleep(0));
    return *(int *)arg;
}

TEST(after_a_main_that_fails_its_groups_end_first_and_then_the_background)
{
    CHECK_ERR(cede_run(fails_inside_a_group, &eio), -EIO);
    CHECK_NOTED("child background ");
}

static int starts_another_at_its_end(void *arg)
{
    int *left = arg;
    (void)cede_sleep(CEDE_NEVER);
    if (--*left > 0)
        CHECK_OK(cede_go(NULL, starts_another_at_its_end, left));
    return 0;
}

static int fails_with_a_chain(void *arg)
{
    CHECK_OK(cede_go(NULL, starts_another_at_its_end, arg));
    return -EIO;
}

TEST(what_is_started_during_the_end_of_a_failed_run_is_waited_for)
{
    int left = 50;
    CHECK_ERR(cede_run(fails_with_a_chain, &left), -EIO);
    CHECK_EQ(left, 0);
}

/* ---- refused inside -------------------------------------------------- */

static int hour(void *arg)
{
    cede_time begin = cede_now();
    CHECK_ERR(cede_run(returns, arg), -EBUSY);
    CHECK_ERR(
        cede_run_with(&(cede_options){.poller = "nonsense"}, returns, arg),
        -EBUSY);
    CHECK_ERR(cede_run_with(&(cede_options){.stack_size = SIZE_MAX,
                                            .debug = true,
                                            .poller = "epoll"},
                            returns, arg),
              -EBUSY);
    CHECK_OK(cede_sleep(3600 * CEDE_SEC));
    CHECK_EQ(cede_now() - begin, 3600 * CEDE_SEC);
    CHECK_STR_EQ(cede_task_name(), "hour");
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "child"));
    CHECK_OK(cede_sleep(CEDE_SEC));
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    return *(int *)arg;
}

static int runs_in_a_child(void *arg)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, hour, arg);
    CHECK_EQ(cede_await(f), 5);
    return cede_join(&g);
}

TEST(a_refused_run_leaves_the_outer_ones_clock_tasks_and_groups)
{
    CHECK_EQ(cede_run_with(&virtual_clock, runs_in_a_child, &(int){5}), 0);
    CHECK_NOTED("child");
}

static int refused;

static void runs_in_a_hook(void *ctx, const char *what, const char *task,
                           int err, const char *message)
{
    (void)what, (void)task, (void)err, (void)message;
    refused = cede_run(returns, ctx);
}

static int fails_in_the_background(void *arg)
{
    CHECK_OK(cede_go(NULL, returns, arg));
    return cede_sleep(CEDE_MS);
}

TEST(a_run_in_a_failure_hook_is_refused_and_the_outer_goes_on)
{
    cede_set_failure_hook(runs_in_a_hook, &eio);
    CHECK_EQ(cede_run(fails_in_the_background, &eio), 0);
    CHECK_ERR(refused, -EBUSY);
}

/* ---- one after the other --------------------------------------------- */

static int sleeps_a_while(void *arg)
{
    cede_time begin = cede_clock();
    CHECK_OK(cede_sleep(*(cede_time *)arg));
    CHECK(cede_clock() - begin >= *(cede_time *)arg);
    return 1;
}

TEST(runs_of_both_clocks_follow_each_other_on_one_thread)
{
    cede_time day = 86400 * CEDE_SEC, ms = CEDE_MS;
    cede_time begin = cede_clock();
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_run_with(&virtual_clock, sleeps_a_while, &day), 1);
        CHECK_EQ(cede_run(sleeps_a_while, &ms), 1);
    }
    CHECK(cede_clock() - begin >= 3 * ms);
    CHECK(cede_clock() - begin < day); /* the thread's own clock is back */
}

static int counts(cede_gen *self, void *arg)
{
    for (int i = *(int *)arg;; i++)
        CEDE_TRY(cede_yield(self, &i));
}

static int steps(void *arg)
{
    int x = -1;
    CHECK_EQ(cede_next(arg, &x), 1);
    return x;
}

TEST(a_generator_may_be_stepped_by_one_run_after_the_other)
{
    cede_gen *g = cede_gen_of(int, counts, &(int){7});
    CHECK_EQ(cede_run(steps, g), 7);
    CHECK_EQ(cede_run_with(&virtual_clock, steps, g), 8);
    CHECK_EQ(steps(g), 9);
    CHECK_EQ(cede_gen_close(g), 0);
}

/* ---- beside ---------------------------------------------------------- */

static void *runs(void *arg)
{
    for (int i = 0; i < 20; i++)
        CHECK_EQ(cede_run_with(&virtual_clock, sleeps_a_while, arg), 1);
    return NULL;
}

static int runs_beside(void *arg)
{
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pthread_create(&t[i], NULL, runs, arg), 0);
    for (int i = 0; i < 10; i++)
        CHECK_OK(cede_sleep(CEDE_MS));
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    return cede_sleep(CEDE_MS);
}

TEST(runs_on_other_threads_do_not_disturb_one)
{
    CHECK_EQ(cede_run(runs_beside, &(cede_time){CEDE_SEC}), 0);
}

SUITE("run")
