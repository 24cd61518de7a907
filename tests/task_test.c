/* SPDX-License-Identifier: MIT
 *
 * task_test.c - runs, names, the order in which tasks start, errno.
 */
#include "check.h"
#include <pthread.h>
#include <sys/resource.h>

static int returns(void *arg)
{
    return *(int *)arg;
}

static int notes(void *arg)
{
    note("%s", (char *)arg);
    return 0;
}

static const cede_options on_virtual = {.poller = "virtual"};

/* ---- run ------------------------------------------------------------- */

TEST(run_answers_what_main_returns)
{
    CHECK_EQ(cede_run(returns, &(int){0}), 0);
    CHECK_EQ(cede_run(returns, &(int){7}), 7);
    CHECK_EQ(cede_run(returns, &(int){-EIO}), -EIO);
    CHECK_EQ(cede_run(returns, &(int){-ECANCELED}), -ECANCELED);
}

TEST(run_works_again_and_again)
{
    for (int i = 0; i < 200; i++)
        CHECK_EQ(cede_run_with(i % 2 ? &on_virtual : NULL, returns, &i), i);
}

TEST(an_unknown_poller_is_invalid)
{
    cede_options o = {.poller = "abacus"};
    CHECK_ERR(cede_run_with(&o, notes, "ran"), -EINVAL);
    CHECK_NOTED("");
}

TEST(a_run_that_the_kernel_refuses_says_why)
{
    struct rlimit before, none;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    errno = 4242;
    CHECK_ERR(cede_run(notes, "ran"), -EMFILE);
    CHECK_ERR(cede_run_with(&on_virtual, notes, "ran"), -EMFILE);
    CHECK_EQ(errno, 4242);
    CHECK_NOTED("");
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_EQ(cede_run(notes, "ran"), 0);
}

static int says_its_name(void *arg)
{
    return strcmp(cede_task_name(), arg);
}

TEST(the_main_task_has_the_functions_name_unless_told)
{
    cede_options o = {.poller = "epoll", .name = "boss"};
    CHECK_EQ(cede_run(says_its_name, "says_its_name"), 0);
    CHECK_EQ(cede_run_with(&o, says_its_name, "boss"), 0);
    CHECK_STR_EQ(cede_task_name(), "");
}

TASK_TEST(children_have_their_functions_names_unless_told)
{
    cede_task_options o = {.name = "clerk"}, plain = {0};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, says_its_name, "says_its_name"));
    CHECK_OK(cede_go_with(&g, says_its_name, "says_its_name", &plain));
    CHECK_OK(cede_go_with(&g, says_its_name, "clerk", &o));
    CHECK(cede_spawn(&g, says_its_name, "says_its_name") != NULL);
    CHECK(cede_spawn_with(&g, says_its_name, "clerk", &o) != NULL);
    CHECK_OK(cede_go_copy(&g, says_its_name, "says_its_name", 14));
    CHECK_OK(cede_join(&g));
}

static int runs_within(void *arg)
{
    CHECK_ERR(cede_run(notes, arg), -EBUSY);
    CHECK_ERR(cede_run_with(&on_virtual, notes, arg), -EBUSY);
    CHECK_OK(cede_sleep(CEDE_MS));
    note("outer");
    return 3;
}

TEST(a_run_within_a_run_is_refused_and_the_outer_goes_on)
{
    CHECK_EQ(cede_run(runs_within, "inner"), 3);
    CHECK_NOTED("outer");
}

static int sleeps_a_little(void *arg)
{
    CHECK_ERR(cede_run(sleeps_a_little, arg), -EBUSY);
    CHECK_OK(cede_sleep(CEDE_MS));
    return 3;
}

static void *runs_in_a_thread(void *arg)
{
    return (void *)(intptr_t)cede_run(sleeps_a_little, arg);
}

TEST(each_thread_may_have_a_run)
{
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&t[i], NULL, runs_in_a_thread, NULL) == 0);
    for (int i = 0; i < 4; i++) {
        void *rc;
        CHECK(pthread_join(t[i], &rc) == 0);
        CHECK_EQ((intptr_t)rc, 3);
    }
}

static int sleeps_for_ever(void *arg)
{
    int rc = cede_sleep(CEDE_NEVER);
    note("%s%s", (char *)arg, rc == -ECANCELED ? "" : "?");
    return rc;
}

static int leaves_background_work(void *arg)
{
    CHECK_OK(cede_go(NULL, sleeps_for_ever, "a"));
    CHECK_OK(cede_go(NULL, sleeps_for_ever, "b"));
    CHECK_OK(cede_sleep(0));
    return *(int *)arg;
}

TEST(what_still_runs_when_main_ends_is_cancelled_and_waited_for)
{
    listen_to_hook();
    CHECK_EQ(cede_run(leaves_background_work, &(int){5}), 5);
    CHECK_NOTED("ab");
    CHECK_ERR(cede_run(leaves_background_work, &(int){-EIO}), -EIO);
    CHECK_NOTED("abab");
    CHECK_EQ(hooked.count, 0);
}

static int cleans_up_shielded(void *arg)
{
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_go(NULL, notes, "c"));
    note("%s", (char *)arg);
    return cede_leave(&s, 0);
}

static int leaves_slow_clean_up(void *arg)
{
    CHECK_OK(cede_go(NULL, cleans_up_shielded, arg));
    return cede_sleep(0);
}

TEST(background_tasks_may_start_others_while_they_are_cancelled)
{
    CHECK_EQ(cede_run(leaves_slow_clean_up, "slow "), 0);
    CHECK_NOTED("slow c");
}

static int never_steps(void *arg)
{
    CHECK_OK(cede_go(NULL, sleeps_for_ever, arg));
    return 0;
}

TEST(a_background_task_that_never_got_a_step_runs_once_all_the_same)
{
    CHECK_EQ(cede_run(never_steps, "once"), 0);
    CHECK_NOTED("once");
}

static int fails_in_the_background(void *arg)
{
    CHECK_OK(cede_go(NULL, returns, &(int){-EIO}));
    CHECK_OK(cede_go(NULL, notes, arg));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_OK(cede_sleep(0));
    return 0;
}

TEST(a_failure_in_the_background_goes_to_the_hook_and_disturbs_nobody)
{
    listen_to_hook();
    CHECK_EQ(cede_run(fails_in_the_background, "other"), 0);
    CHECK_NOTED("other");
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK_STR_EQ(hooked.task, "returns");
}

static int fails_inside(void *arg)
{
    return cede_fail(*(int *)arg, "inside") < 0 ? 0 : 1;
}

TEST(a_run_that_went_well_leaves_the_callers_message)
{
    (void)cede_fail(-EINVAL, "mine");
    CHECK_EQ(cede_run(fails_inside, &(int){-EIO}), 0);
    CHECK_STR_EQ(cede_message(), "mine");
}

/* ---- order ----------------------------------------------------------- */

TASK_TEST(tasks_start_in_order_when_the_caller_waits)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, notes, "a"));
    CHECK(cede_spawn(&g, notes, "b") != NULL);
    CHECK_OK(cede_go(&g, notes, "c"));
    note("-");
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("-abc");
    CHECK_OK(cede_join(&g));
}

static int notes_and_lets_others(void *arg)
{
    for (int i = 0; i < 3; i++) {
        note("%s", (char *)arg);
        CHECK_OK(cede_sleep(i - 1)); /* negative, zero, and one nanosecond */
    }
    return 0;
}

TASK_TEST(sleeping_for_nothing_lets_every_other_run_once)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, notes_and_lets_others, "a"));
    CHECK_OK(cede_go(&g, notes_and_lets_others, "b"));
    for (int i = 0; i < 3; i++) {
        note("-");
        CHECK_OK(cede_sleep(0));
    }
    CHECK_NOTED("-ab-ab-ab");
    CHECK_OK(cede_join(&g));
}

/* ---- errno ----------------------------------------------------------- */

static int keeps_errno(void *arg)
{
    errno = *(int *)arg;
    for (int i = 0; i < 5; i++) {
        CHECK_OK(cede_sleep(i % 2));
        CHECK_EQ(errno, *(int *)arg);
    }
    return 0;
}

TASK_TEST(errno_belongs_to_each_task)
{
    int values[] = {11, 22, 33};
    CEDE_GROUP(g);
    errno = 44;
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_go(&g, keeps_errno, &values[i]));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(errno, 44);
}

TEST(run_preserves_the_callers_errno)
{
    errno = 44;
    CHECK_EQ(cede_run(keeps_errno, &(int){55}), 0);
    CHECK_EQ(errno, 44);
}

TASK_TEST(a_start_without_a_function_is_refused)
{
    CEDE_GROUP(g);
    CHECK_ERR(cede_go_with(&g, NULL, NULL, &(cede_task_options){.name = "x"}),
              -EINVAL);
    CHECK_STR_EQ(cede_message(), "task 'x' has no function");
    CHECK_ERR(cede_join(&g), -EINVAL);
    CHECK(!cede_gen_new((cede_gen_fn *)NULL, NULL, 0, 0));
    CHECK_STR_EQ(cede_message(), "a generator without a body");
}

SUITE("task")
