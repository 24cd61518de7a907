/* SPDX-License-Identifier: MIT
 *
 * loop_test.c - loops that last: runs one after the other, stopping, closing.
 */
#include "base/memory.h"
#include "check.h"
#include "threads.h"
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

static int answers(void *arg)
{
    return *(int *)arg;
}

static cede_loop *new_loop(void)
{
    cede_loop *l = cede_loop_new(&(cede_options){.poller = "virtual"});
    CHECK(l);
    return l;
}

/* ---- making ---------------------------------------------------------- */

TEST(a_loop_is_made_and_closed_without_a_run)
{
    cede_loop *l = cede_loop_new(NULL);
    CHECK(l);
    CHECK(!cede_loop_is_running(l));
    CHECK(!cede_loop_is_closed(l));
    CHECK_OK(cede_loop_close(l));
}

TEST(an_unknown_poller_is_refused_with_a_message)
{
    CHECK(!cede_loop_new(&(cede_options){.poller = "kqueue"}));
    CHECK(strstr(cede_message(), "kqueue"));
}

TEST(a_loop_that_could_not_be_made_answers_so)
{
    CHECK_EQ(cede_loop_run(NULL, answers, NULL), -ENOMEM);
    CHECK_EQ(cede_loop_run_forever(NULL), -ENOMEM);
    CHECK_EQ(cede_loop_run_until(NULL, NULL), -ENOMEM);
    CHECK_EQ(cede_loop_stop(NULL), -ENOMEM);
    CHECK_EQ(cede_loop_close(NULL), -ENOMEM);
    CHECK(!cede_loop_is_running(NULL));
    CHECK(cede_loop_is_closed(NULL));
}

TEST(without_memory_there_is_no_loop_and_nothing_is_left)
{
    cede_loop *l = NULL;
    unsigned long refused = 0;
    while (!l) {
        cd_refuse_in = ++refused;
        l = cede_loop_new(NULL);
        cd_refuse_in = 0;
    }
    /* The loop, the poller; Valgrind is told by memory that may be refused. */
    CHECK(refused > 2 || ON_VALGRIND);
    CHECK_OK(cede_loop_close(l));
}

static int is_current(void *loop)
{
    CHECK(cede_loop_current() == loop);
    CHECK(cede_loop_is_running(loop));
    return 0;
}

TEST(the_current_loop_is_the_one_that_runs)
{
    cede_loop *l = new_loop();
    CHECK(!cede_loop_current());
    CHECK_OK(cede_loop_run(l, is_current, l));
    CHECK(!cede_loop_current());
    CHECK(!cede_loop_is_running(l));
    cede_loop_close(l);
}

TASK_TEST(a_run_has_a_loop_of_its_own)
{
    CHECK(cede_loop_current());
    CHECK(cede_loop_is_running(cede_loop_current()));
}

static int is_named(void *name)
{
    CHECK_STR_EQ(cede_task_name(), name);
    return 0;
}

TEST(main_tasks_have_the_name_of_the_options_or_of_their_functions)
{
    cede_loop *l = cede_loop_new(&(cede_options){.name = "server"});
    CHECK_OK(cede_loop_run(l, is_named, "server"));
    cede_loop_close(l);
    l = cede_loop_new(NULL);
    CHECK_OK(cede_loop_run(l, is_named, "is_named"));
    CHECK_OK((cede_loop_run)(l, is_named, "main"));
    cede_loop_close(l);
}

/* ---- runs of a main task --------------------------------------------- */

static int fails(void *arg)
{
    (void)arg;
    return cede_fail(-EIO, "the disk is gone");
}

TEST(a_run_answers_what_its_main_returns_with_its_message)
{
    cede_loop *l = new_loop();
    int result = 7;
    CHECK_EQ(cede_loop_run(l, answers, &result), 7);
    CHECK_EQ(cede_loop_run(l, fails, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "the disk is gone");
    result = 8;
    CHECK_EQ(cede_loop_run(l, answers, &result), 8);
    cede_loop_close(l);
}

TEST(a_main_without_a_function_is_refused_and_the_loop_is_as_before)
{
    cede_loop *l = new_loop();
    CHECK_EQ((cede_loop_run)(l, NULL, NULL), -EINVAL);
    CHECK_OK(cede_loop_run(l, is_current, l));
    cede_loop_close(l);
}

static int ticks(void *arg)
{
    for (int i = 0; i < 3; i++) {
        note("%s%d ", (const char *)arg, i);
        int rc = cede_sleep(CEDE_SEC);
        if (rc < 0) {
            note("cancelled ");
            return rc;
        }
    }
    return 0;
}

static int starts(void *arg)
{
    CHECK_OK(cede_go(NULL, ticks, arg));
    return cede_sleep(CEDE_SEC / 2);
}

static int sleeps(void *arg)
{
    return cede_sleep(*(cede_time *)arg);
}

TEST(background_tasks_go_on_with_the_next_run)
{
    cede_loop *l = new_loop();
    CHECK_OK(cede_loop_run(l, starts, "t"));
    CHECK_NOTED("t0 ");
    cede_time delay = CEDE_SEC;
    CHECK_OK(cede_loop_run(l, sleeps, &delay));
    CHECK_NOTED("t0 t1 ");
    CHECK_OK(cede_loop_close(l));
    CHECK_NOTED("t0 t1 cancelled ");
}

TEST(closing_waits_for_the_tasks_that_are_left)
{
    cede_loop *l = new_loop();
    CHECK_OK(cede_loop_run(l, starts, "a"));
    CHECK_OK(cede_loop_run(l, starts, "b"));
    CHECK_OK(cede_loop_close(l));
    CHECK_NOTED("a0 b0 a1 cancelled cancelled ");
}

static int runs_nested(void *arg)
{
    cede_loop *other = arg, *l = cede_loop_current();
    CHECK_EQ(cede_loop_run(l, answers, NULL), -EBUSY);
    CHECK_EQ(cede_loop_run(other, answers, NULL), -EBUSY);
    CHECK_EQ(cede_loop_run_forever(other), -EBUSY);
    CHECK_EQ(cede_loop_run_until(other, NULL), -EBUSY);
    CHECK_EQ(cede_run(answers, NULL), -EBUSY);
    CHECK_EQ(cede_loop_close(l), -EBUSY);
    CHECK_EQ(cede_loop_close(other), -EBUSY);
    CHECK(cede_loop_current() == l);
    return cede_sleep(CEDE_SEC);
}

TEST(a_run_within_a_run_is_refused_and_the_outer_goes_on)
{
    cede_loop *l = new_loop(), *other = new_loop();
    CHECK_OK(cede_loop_run(l, runs_nested, other));
    cede_loop_close(other);
    CHECK_OK(cede_run(runs_nested, l));
    cede_loop_close(l);
}

static int says_when(void *arg)
{
    *(cede_time *)arg = cede_now();
    return 0;
}

TEST(the_clock_of_a_loop_goes_on_from_run_to_run)
{
    cede_loop *l = new_loop();
    cede_time delay = CEDE_SEC, first, second;
    CHECK_OK(cede_loop_run(l, says_when, &first));
    CHECK_OK(cede_loop_run(l, sleeps, &delay));
    CHECK_OK(cede_loop_run(l, says_when, &second));
    CHECK_EQ(second - first, CEDE_SEC);
    cede_loop_close(l);
}

TEST(two_loops_take_turns_on_one_thread)
{
    cede_loop *a = new_loop(), *b = new_loop();
    CHECK_OK(cede_loop_run(a, starts, "a"));
    CHECK_OK(cede_loop_run(b, starts, "b"));
    cede_time delay = CEDE_SEC;
    CHECK_OK(cede_loop_run(a, sleeps, &delay));
    CHECK_OK(cede_loop_close(b));
    CHECK_OK(cede_loop_close(a));
    CHECK_NOTED("a0 b0 a1 cancelled cancelled ");
}

/* ---- stopping -------------------------------------------------------- */

static int stops_soon(void *loop)
{
    cede_sleep(CEDE_SEC);
    note("stop ");
    CHECK_OK(cede_loop_stop(loop));
    CHECK_OK(cede_loop_stop(loop));
    return 0;
}

static int starts_stopper(void *loop)
{
    return cede_go(NULL, stops_soon, loop);
}

TEST(run_forever_runs_until_it_is_stopped)
{
    cede_loop *l = new_loop();
    CHECK_OK(cede_loop_run(l, starts_stopper, l));
    CHECK_NOTED("");
    CHECK_OK(cede_loop_run_forever(l));
    CHECK_NOTED("stop ");
    CHECK_OK(cede_loop_close(l));
}

static int spins(void *arg)
{
    unsigned *turns = arg;
    for (;;) {
        ++*turns;
        CEDE_TRY(cede_sleep(0));
    }
}

static int starts_spinner(void *arg)
{
    CHECK_OK(cede_go(NULL, spins, arg));
    CHECK_OK(cede_go(NULL, spins, arg));
    return 0;
}

TEST(tasks_that_are_always_ready_do_not_keep_a_run_from_stopping)
{
    cede_loop *l = new_loop();
    unsigned turns = 0;
    CHECK_OK(cede_loop_run(l, starts_spinner, &turns));
    CHECK_OK(cede_loop_stop(l));
    CHECK_OK(cede_loop_run_forever(l));
    CHECK_OK(cede_loop_stop(l));
    CHECK_OK(cede_loop_run_forever(l));
    CHECK(turns > 0);
    CHECK(turns < 5000);
    CHECK_OK(cede_loop_close(l));
}

TEST(a_stop_is_used_up_by_one_run)
{
    cede_loop *l = new_loop();
    CHECK_OK(cede_loop_run(l, starts_stopper, l));
    CHECK_OK(cede_loop_stop(l));
    CHECK_OK(cede_loop_run_forever(l));
    CHECK_NOTED("");
    CHECK_OK(cede_loop_run_forever(l));
    CHECK_NOTED("stop ");
    CHECK_OK(cede_loop_close(l));
}

static void *stops_from_afar(void *loop)
{
    CHECK_OK(cede_loop_stop(loop));
    return NULL;
}

TEST(another_thread_may_stop_a_loop_that_sleeps)
{
    cede_loop *l = cede_loop_new(NULL);
    pthread_t thread = in_thread(stops_from_afar, l);
    CHECK_OK(cede_loop_run_forever(l));
    ends_with(thread);
    CHECK_OK(cede_loop_close(l));
}

static cede_loop *to_stop;

static void on_alarm(int sig)
{
    (void)sig;
    cede_loop_stop(to_stop);
}

TEST(a_signal_handler_may_stop_a_loop_that_sleeps)
{
    to_stop = cede_loop_new(NULL);
    signal(SIGALRM, on_alarm);
    struct itimerval t = {.it_value.tv_usec = 10000};
    setitimer(ITIMER_REAL, &t, NULL);
    CHECK_OK(cede_loop_run_forever(to_stop));
    CHECK_OK(cede_loop_close(to_stop));
}

static int is_cut_short(void *arg)
{
    cede_loop_stop(cede_loop_current());
    CHECK_EQ(cede_sleep(CEDE_NEVER), -ECANCELED);
    note("cut short ");
    return *(int *)arg;
}

TEST(a_stop_cancels_the_main_task_of_a_run_and_waits_for_it)
{
    cede_loop *l = new_loop();
    CHECK_EQ(cede_loop_run(l, is_cut_short, &(int){-ECANCELED}), -EINTR);
    CHECK(strstr(cede_message(), "cede_loop_stop"));
    CHECK_EQ(cede_loop_run(l, is_cut_short, &(int){3}), 3);
    CHECK_EQ(cede_loop_run(l, is_cut_short, &(int){-EIO}), -EIO);
    CHECK_NOTED("cut short cut short cut short ");
    CHECK_EQ(cede_loop_run(l, answers, &(int){-ECANCELED}), -ECANCELED);
    CHECK_OK(cede_loop_close(l));
}

TEST(a_stop_cancels_main_in_a_plain_run_too)
{
    CHECK_EQ(cede_run(is_cut_short, &(int){-ECANCELED}), -EINTR);
    CHECK_EQ(cede_run(is_cut_short, &(int){3}), 3);
}

static int is_cancelled_from_the_start(void *arg)
{
    (void)arg;
    CHECK(cede_cancelled());
    return cede_sleep(0);
}

TEST(a_stop_before_the_run_cancels_its_main_from_the_start)
{
    cede_loop *l = new_loop();
    CHECK_OK(cede_loop_stop(l));
    CHECK_EQ(cede_loop_run(l, is_cancelled_from_the_start, NULL), -EINTR);
    CHECK_OK(cede_loop_run(l, is_current, l));
    CHECK_OK(cede_loop_close(l));
}

/* ---- until something is done ----------------------------------------- */

static int resolves(void *promise)
{
    cede_sleep(CEDE_SEC);
    return cede_resolve(promise, 5);
}

static int starts_resolver(void *promise)
{
    return cede_go(NULL, resolves, promise);
}

TEST(run_until_answers_the_result_of_a_promise)
{
    cede_loop *l = new_loop();
    cede_future *f = cede_promise();
    CHECK_OK(cede_loop_run(l, starts_resolver, f));
    CHECK_EQ(cede_loop_run_until(l, f), 5);
    CHECK_EQ(cede_loop_run_until(l, f), 5); /* at once */
    cede_future_free(f);
    CHECK_OK(cede_loop_close(l));
}

static int gives_back(void *f)
{
    cede_future_free(f);
    return 0;
}

TEST(what_is_run_until_may_be_given_back_meanwhile)
{
    cede_loop *l = new_loop();
    cede_future *f = cede_promise();
    CHECK_OK(cede_loop_call_soon(l, gives_back, f, NULL));
    CHECK_EQ(cede_loop_run_until(l, f), CEDE_EBROKEN);
    CHECK_OK(cede_loop_close(l));
}

static int spawns_failing(void *arg)
{
    *(cede_future **)arg = cede_spawn(NULL, fails, NULL);
    return 0;
}

TEST(run_until_answers_the_failure_of_a_task_with_its_message)
{
    listen_to_hook();
    cede_loop *l = new_loop();
    cede_future *f;
    CHECK_OK(cede_loop_run(l, spawns_failing, &f));
    CHECK_EQ(cede_loop_run_until(l, f), -EIO);
    CHECK_STR_EQ(cede_message(), "the disk is gone");
    cede_loop_close(l);
    cede_future_free(f);
    CHECK_EQ(hooked.count, 0);
}

TEST(run_until_that_is_stopped_says_so_and_what_it_waited_for_goes_on)
{
    cede_loop *l = new_loop();
    cede_future *f = cede_promise();
    CHECK_OK(cede_loop_run(l, starts_resolver, f));
    CHECK_OK(cede_loop_stop(l));
    CHECK_EQ(cede_loop_run_until(l, f), -EINTR);
    CHECK(!cede_done(f));
    CHECK_EQ(cede_loop_run_until(l, f), 5);
    cede_future_free(f);
    CHECK_OK(cede_loop_close(l));
}

static void *resolves_from_afar(void *promise)
{
    cede_resolve(promise, 6);
    return NULL;
}

TEST(run_until_is_told_by_other_threads)
{
    cede_loop *l = cede_loop_new(NULL);
    for (int i = 0; i < 50; i++) {
        cede_future *f = cede_promise();
        pthread_t thread = in_thread(resolves_from_afar, f);
        if (i % 2)
            cede_loop_stop(l);
        int rc = cede_loop_run_until(l, f);
        /* A stop stays for the next run when it was done before this one. */
        CHECK(rc == 6 || rc == -EINTR);
        ends_with(thread);
        CHECK_EQ(cede_loop_run_until(l, f), 6);
        cede_future_free(f);
    }
    CHECK_OK(cede_loop_close(l));
}

TEST(run_until_nothing_and_a_task_of_another_loop_are_refused)
{
    cede_loop *l = new_loop(), *other = new_loop();
    CHECK_EQ(cede_loop_run_until(l, NULL), -ENOMEM);
    cede_future *f;
    CHECK_OK(cede_loop_run(l, spawns_failing, &f));
    CHECK_EQ(cede_loop_run_until(other, f), -EPERM);
    cede_future_free(f);
    listen_to_hook();
    cede_loop_close(other);
    cede_loop_close(l);
}

/* ---- whose it is ----------------------------------------------------- */

static void *is_refused(void *loop)
{
    CHECK_EQ(cede_loop_run(loop, answers, NULL), -EPERM);
    CHECK_EQ(cede_loop_run_forever(loop), -EPERM);
    CHECK_EQ(cede_loop_run_until(loop, NULL), -EPERM);
    CHECK_EQ(cede_loop_close(loop), -EPERM);
    CHECK(!cede_loop_is_running(loop));
    CHECK(!cede_loop_is_closed(loop));
    return NULL;
}

TEST(another_thread_may_not_run_or_close_it)
{
    cede_loop *l = new_loop();
    by_thread(is_refused, l);
    CHECK_OK(cede_loop_close(l));
}

static void *is_closed(void *loop)
{
    CHECK(cede_loop_is_closed(loop));
    CHECK_EQ(cede_loop_stop(loop), CEDE_ECLOSED);
    cede_loop_drop(loop);
    return NULL;
}

TEST(who_keeps_a_loop_finds_it_closed)
{
    cede_loop *l = new_loop();
    cede_loop_keep(l);
    cede_loop_keep(l);
    CHECK_OK(cede_loop_close(l));
    CHECK_EQ(cede_loop_run(l, answers, NULL), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_run_forever(l), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_run_until(l, NULL), CEDE_ECLOSED);
    CHECK_EQ(cede_loop_stop(l), CEDE_ECLOSED);
    CHECK_OK(cede_loop_close(l)); /* again: nothing */
    by_thread(is_closed, l);
    CHECK(!cede_loop_is_running(l));
    cede_loop_drop(l);
}

SUITE("loop")
