/* SPDX-License-Identifier: MIT
 *
 * run_threads_test.c - a loop on each of several threads: who runs where, when
 * they end, what the call answers, and what it refuses.
 */
#define _GNU_SOURCE /* gettid, CPU_SET, pthread_getname_np */
#include "check.h"
#include "tasks.h"
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

enum { N = 4 };

static atomic_int ran;

static int counts(void *arg)
{
    (void)arg;
    ran++;
    return 0;
}

/* ---- who runs where -------------------------------------------------- */

static pid_t tids[N];

static int says_where(void *arg)
{
    (void)arg;
    ran++;
    tids[cede_thread_index()] = (pid_t)syscall(SYS_gettid);
    CHECK_EQ(cede_thread_count(), N);
    return 0;
}

TEST(each_main_runs_once_on_a_thread_of_its_own_the_first_on_the_callers)
{
    CHECK_EQ(cede_run_threads(N, says_where, NULL), 0);
    CHECK_EQ(ran, N);
    CHECK_EQ(tids[0], getpid());
    for (int i = 0; i < N; i++)
        for (int j = 0; j < i; j++)
            CHECK(tids[i] != 0 && tids[i] != tids[j]);
}

static int looks_at_loops(void *arg)
{
    (void)arg;
    unsigned mine = cede_thread_index();
    CHECK(cede_thread_loop(mine) == cede_loop_current());
    for (unsigned i = 0; i < N; i++) {
        CHECK(cede_thread_loop(i) != NULL);
        CHECK(!cede_loop_is_closed(cede_thread_loop(i)));
        CHECK(i == mine || cede_thread_loop(i) != cede_loop_current());
    }
    CHECK(cede_thread_loop(N) == NULL);
    return 0;
}

TEST(all_loops_are_there_before_the_first_main_runs)
{
    for (int i = 0; i < rounds(50); i++)
        CHECK_EQ(cede_run_threads(N, looks_at_loops, NULL), 0);
}

static int is_alone(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_thread_index(), 0);
    CHECK_EQ(cede_thread_count(), 1);
    CHECK(cede_thread_loop(0) == cede_loop_current());
    CHECK(cede_thread_loop(1) == NULL);
    return 0;
}

TEST(outside_there_is_one_thread_and_its_loop)
{
    CHECK_EQ(cede_thread_index(), 0);
    CHECK_EQ(cede_thread_count(), 1);
    CHECK(cede_thread_loop(0) == NULL);
    CHECK_OK(cede_run(is_alone, NULL));
    CHECK_OK(cede_run_threads(N, looks_at_loops, NULL));
    CHECK_EQ(cede_thread_index(), 0);
    CHECK_EQ(cede_thread_count(), 1);
    CHECK(cede_thread_loop(0) == NULL && cede_thread_loop(1) == NULL);
}

static int threads_now(void)
{
    DIR *dir = opendir("/proc/self/task");
    int n = 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

static int has_threads(void *want)
{
    CHECK_EQ(threads_now(), *(int *)want);
    return is_alone(NULL);
}

TEST(one_thread_is_the_callers)
{
    int before = threads_now();
    CHECK_EQ(cede_run_threads(1, has_threads, &before), 0);
}

TEST(when_it_returns_the_other_threads_are_over)
{
    CHECK_EQ(cede_run_threads(N, counts, NULL), 0); /* a tool starts its own */
    int before = threads_now();
    for (int i = 0; i < rounds(100); i++)
        CHECK_EQ(cede_run_threads(N, counts, NULL), 0);
    /* The kernel may still be about to forget what was joined. */
    for (int i = 0; i < 10000 && threads_now() > before; i++)
        usleep(100);
    CHECK_EQ(threads_now(), before);
}

TEST(zero_is_one_for_each_cpu_that_the_thread_may_use)
{
    cpu_set_t all, one;
    CHECK_EQ(sched_getaffinity(0, sizeof all, &all), 0);
    CHECK_EQ(cede_run_threads(0, counts, NULL), 0);
    CHECK_EQ(ran, CPU_COUNT(&all));
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &all) && CPU_COUNT(&one) == 0)
            CPU_SET(i, &one);
    CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    ran = 0;
    CHECK_EQ(cede_run_threads(0, counts, NULL), 0);
    CHECK_EQ(ran, 1);
}

static int has_a_name(void *arg)
{
    char name[16], want[16];
    (void)arg;
    snprintf(want, sizeof want, "cede-%u", cede_thread_index());
    CHECK_EQ(pthread_getname_np(pthread_self(), name, sizeof name), 0);
    CHECK_EQ(strcmp(name, want) == 0, cede_thread_index() > 0);
    CHECK_STR_EQ(cede_task_name(), "has_a_name");
    return 0;
}

TEST(threads_have_names_but_the_callers_keeps_its_own)
{
    CHECK_EQ(cede_run_threads(N, has_a_name, NULL), 0);
}

static int sleeps(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_NEVER);
}

static int lists_its_tasks(void *arg)
{
    (void)arg;
    CEDE_GROUP(g);
    for (unsigned i = 0; i < cede_thread_index(); i++)
        CHECK_OK(cede_go(&g, sleeps, NULL));
    for (int i = 0; i < 100; i++) {
        CHECK_EQ(cede_tasks(NULL, 0), 1 + cede_thread_index());
        CHECK_OK(cede_sleep(0));
    }
    cede_group_cancel(&g);
    return cede_join_rc(&g, 0);
}

TEST(tasks_are_listed_in_ten_threads_at_once)
{
    CHECK_EQ(cede_run_threads(10, lists_its_tasks, NULL), 0);
}

/* ---- what the mains begin with --------------------------------------- */

static int sleeps_an_hour(void *arg)
{
    (void)arg;
    CHECK_STR_EQ(cede_task_name(), "hourly");
    return cede_sleep(3600 * CEDE_SEC);
}

TEST(options_are_those_of_each_loop)
{
    const cede_options o = {.poller = "virtual", .name = "hourly"};
    CHECK_EQ(cede_run_threads_with(&o, N, sleeps_an_hour, NULL), 0);
}

static cede_local color = CEDE_LOCAL("color", NULL);

static int paints(void *arg)
{
    (void)arg;
    CHECK_STR_EQ(cede_local_get(&color), "red");
    CHECK_OK(cede_local_set(&color, "blue"));
    CHECK_OK(cede_sleep(0));
    CHECK_STR_EQ(cede_local_get(&color), "blue");
    return 0;
}

TEST(mains_begin_with_copies_of_the_callers_task_local_values)
{
    CHECK_OK(cede_local_set(&color, "red"));
    CHECK_EQ(cede_run_threads(N, paints, NULL), 0);
    CHECK_STR_EQ(cede_local_get(&color), "red");
}

static int looks_at_the_mask(void *arg)
{
    sigset_t mask;
    (void)arg;
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    CHECK(sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
    return 0;
}

TEST(threads_block_the_signals_that_the_caller_blocks)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &mask, NULL), 0);
    CHECK_EQ(cede_run_threads(N, looks_at_the_mask, NULL), 0);
}

/* ---- how long the loops run ------------------------------------------ */

static cede_future *asked, *answered;

static int answers(void *arg)
{
    (void)arg;
    CHECK_OK(cede_await(asked));
    return cede_resolve(answered, 7);
}

/* The main of `served` leaves a background task behind; that of another asks
 * it when the main is long over. */
static int asks_who_is_over(void *served)
{
    if (cede_thread_index() == *(unsigned *)served) {
        CHECK_OK(cede_go(NULL, answers, NULL));
        return 0;
    }
    CHECK_OK(cede_sleep(5 * CEDE_MS));
    CHECK_OK(cede_resolve(asked, 0));
    CHECK_EQ(cede_await(answered), 7);
    return 0;
}

TEST(a_loop_whose_main_is_over_serves_the_other_mains)
{
    for (unsigned served = 0; served < 2; served++) {
        asked = cede_promise();
        answered = cede_promise();
        CHECK_EQ(cede_run_threads(2, asks_who_is_over, &served), 0);
        cede_future_free(asked);
        cede_future_free(answered);
    }
}

static bool cancelled_because(const char *why)
{
    char text[200];
    CHECK(cede_cancel_reason(text, sizeof text) > 0);
    return strstr(text, why) != NULL;
}

static int sleeps_in_the_background(void *arg)
{
    (void)arg;
    int rc = cede_sleep(CEDE_NEVER);
    CHECK(cancelled_because("the main task is over"));
    ran++;
    return rc;
}

static int leaves_a_task_behind(void *arg)
{
    CHECK_OK(cede_go(NULL, sleeps_in_the_background, arg));
    return cede_sleep(cede_thread_index() * CEDE_MS);
}

TEST(when_all_mains_are_over_what_is_left_is_cancelled_on_each_thread)
{
    CHECK_EQ(cede_run_threads(N, leaves_a_task_behind, NULL), 0);
    CHECK_EQ(ran, N);
}

static cede_loop *kept[N];

static int keeps_all(void *arg)
{
    (void)arg;
    for (unsigned i = 0; cede_thread_index() == 0 && i < N; i++)
        cede_loop_keep(kept[i] = cede_thread_loop(i));
    return 0;
}

TEST(after_that_the_loops_are_closed)
{
    CHECK_EQ(cede_run_threads(N, keeps_all, NULL), 0);
    for (int i = 0; i < N; i++) {
        CHECK(cede_loop_is_closed(kept[i]));
        CHECK_ERR(cede_loop_stop(kept[i]), CEDE_ECLOSED);
        cede_loop_drop(kept[i]);
    }
}

SUITE("run_threads")
