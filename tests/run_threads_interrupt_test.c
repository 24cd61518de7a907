/* SPDX-License-Identifier: MIT
 *
 * run_threads_interrupt_test.c - SIGINT while several threads run loops.
 */
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

enum { N = 3 };

static atomic_int ran;

static bool is_handled(void)
{
    struct sigaction now;
    CHECK_EQ(sigaction(SIGINT, NULL, &now), 0);
    return now.sa_handler != SIG_DFL;
}

/* The Check library has a handler of its own, which each test inherits. */
#define SIGNAL_TEST(name)                                                      \
    static void name##_by_default_(void);                                      \
    TEST(name)                                                                 \
    {                                                                          \
        (void)signal(SIGINT, SIG_DFL);                                         \
        name##_by_default_();                                                  \
    }                                                                          \
    static void name##_by_default_(void)

static int sleeps(void)
{
    int rc = cede_sleep(CEDE_NEVER);
    CHECK_ERR(rc, -ECANCELED);
    ran++;
    return rc;
}

/* *arg: who raises it. */
static int raises_and_sleeps(void *arg)
{
    if (cede_thread_index() == *(unsigned *)arg)
        CHECK_EQ(raise(SIGINT), 0);
    return sleeps();
}

SIGNAL_TEST(it_cancels_all_mains_whichever_thread_it_reaches)
{
    for (unsigned who = 0; who < N; who++) {
        ran = 0;
        CHECK_ERR(cede_run_threads(N, raises_and_sleeps, &who), -EINTR);
        CHECK(strstr(cede_message(), "SIGINT") != NULL);
        CHECK_EQ(ran, N);
        CHECK(!is_handled());
    }
}

static int one_is_left(void *who)
{
    if (cede_thread_index() != *(unsigned *)who)
        return 0;
    CHECK_OK(cede_sleep(2 * CEDE_MS));
    CHECK_EQ(kill(getpid(), SIGINT), 0);
    return sleeps();
}

SIGNAL_TEST(it_cancels_the_one_main_that_is_left)
{
    for (unsigned who = 0; who < N; who++)
        CHECK_ERR(cede_run_threads(N, one_is_left, &who), -EINTR);
}

static int answers_well(void *arg)
{
    return raises_and_sleeps(arg) == -ECANCELED ? 0 : -EIO;
}

static int fails_otherwise(void *arg)
{
    (void)raises_and_sleeps(arg);
    return -EIO;
}

SIGNAL_TEST(interrupted_mains_may_answer_something_else)
{
    unsigned first = 0;
    CHECK_EQ(cede_run_threads(N, answers_well, &first), 0);
    CHECK_ERR(cede_run_threads(1, fails_otherwise, &first), -EIO);
    CHECK(!is_handled());
}

static int looks_at_the_action(void *want)
{
    CHECK_EQ(is_handled(), *(bool *)want);
    return 0;
}

SIGNAL_TEST(it_is_taken_by_default_and_left_alone_where_the_options_say_so)
{
    const cede_options o = {.no_sigint = true};
    CHECK_EQ(cede_run_threads(N, looks_at_the_action, &(bool){true}), 0);
    CHECK_EQ(cede_run_threads_with(&o, N, looks_at_the_action, &(bool){false}),
             0);
}

static int raises_when_mains_are_over(void *arg)
{
    (void)cede_sleep(CEDE_NEVER);
    if (cede_thread_index() == 0)
        raise(SIGINT);
    return *(int *)arg;
}

static int leaves_a_background(void *arg)
{
    return cede_go(NULL, raises_when_mains_are_over, arg);
}

static void runs_late(void *arg)
{
    cede_run_threads(N, leaves_a_background, arg);
    puts("survived");
}

SIGNAL_TEST(one_that_comes_when_all_mains_are_over_ends_the_process_afterwards)
{
    const struct output *o = OUTPUT_OF(runs_late, &(int){0});
    CHECK(WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGINT);
    CHECK_STR_EQ(o->text, "");
}

/* While the threads are being made, unless those are very fast. */
static void *raises_when_it_is_handled(void *main)
{
    while (!is_handled())
        ;
    pthread_kill(*(pthread_t *)main, SIGINT);
    return NULL;
}

static int raises_another_when_cancelled(void *arg)
{
    (void)arg;
    (void)cede_sleep(CEDE_NEVER);
    if (cede_thread_index() == 0)
        raise(SIGINT);
    return 0;
}

static void runs_many(void *arg)
{
    pthread_t t, self = pthread_self();
    (void)arg;
    pthread_create(&t, NULL, raises_when_it_is_handled, &self);
    cede_run_threads(40, raises_another_when_cancelled, NULL);
    puts("survived");
}

SIGNAL_TEST(one_that_comes_before_the_first_main_is_the_first_all_the_same)
{
    const struct output *o = OUTPUT_OF(runs_many, NULL);
    CHECK(WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGINT);
    CHECK_STR_EQ(o->text, "");
}

SUITE("run_threads_interrupt")
