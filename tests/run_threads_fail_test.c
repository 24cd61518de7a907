/* SPDX-License-Identifier: MIT
 *
 * run_threads_fail_test.c - loops on several threads that fail, are stopped,
 * or cannot be made.
 */
#define _GNU_SOURCE /* setgroups */
#include "check.h"
#include "tasks.h"
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

enum { N = 4 };

static atomic_int ran;
static int eio = -EIO, seven = 7;

static int counts(void *arg)
{
    (void)arg;
    ran++;
    return 0;
}

static bool cancelled_because(const char *why)
{
    char text[200];
    CHECK(cede_cancel_reason(text, sizeof text) > 0);
    return strstr(text, why) != NULL;
}

/* ---- failures -------------------------------------------------------- */

static int sleeps_until_cancelled(void)
{
    int rc = cede_sleep(CEDE_NEVER);
    CHECK_ERR(rc, -ECANCELED);
    CHECK(cancelled_because("the main of another thread failed"));
    ran++;
    return rc;
}

static int one_fails(void *who)
{
    if (cede_thread_index() != *(unsigned *)who)
        return sleeps_until_cancelled();
    return cede_fail(-EIO, "thread %u has no disk", cede_thread_index());
}

TEST(the_first_failure_cancels_the_other_mains_and_is_the_result)
{
    listen_to_hook();
    for (unsigned who = 0; who < N; who++) {
        char want[32];
        snprintf(want, sizeof want, "thread %u has no disk", who);
        ran = 0;
        CHECK_ERR(cede_run_threads(N, one_fails, &who), -EIO);
        CHECK_STR_EQ(cede_message(), want);
        CHECK_EQ(ran, N - 1);
    }
    CHECK_EQ(hooked.count, 0);
}

static int all_fail(void *arg)
{
    if (cede_thread_index() == 1)
        return -ENOENT;
    (void)sleeps_until_cancelled();
    return cede_fail(*(int *)arg, "no clean-up");
}

TEST(a_later_failure_goes_to_the_hook)
{
    listen_to_hook();
    CHECK_ERR(cede_run_threads(2, all_fail, &eio), -ENOENT);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK_STR_EQ(hooked.message, "no clean-up");
    CHECK_STR_EQ(hooked.task, "all_fail");
}

TEST(mains_that_do_well_make_zero_whatever_they_answer)
{
    CHECK_EQ(cede_run_threads(N, returns, &seven), 0);
    CHECK_EQ(cede_run_threads(1, returns, &seven), 0);
}

static int fails_when_all_but_one_are_over(void *who)
{
    if (cede_thread_index() != *(unsigned *)who)
        return 0;
    CHECK_OK(cede_sleep(2 * CEDE_MS));
    return -EIO;
}

TEST(a_failure_of_the_last_main_is_the_result_too)
{
    for (unsigned who = 0; who < N; who++)
        CHECK_ERR(cede_run_threads(N, fails_when_all_but_one_are_over, &who),
                  -EIO);
}

static int cancels_itself(void *who)
{
    return cede_thread_index() == *(unsigned *)who ? -ECANCELED
                                                   : sleeps_until_cancelled();
}

TEST(a_main_that_answers_ecanceled_of_its_own_has_failed)
{
    for (unsigned who = 0; who < N; who++)
        CHECK_ERR(cede_run_threads(N, cancels_itself, &who), -ECANCELED);
}

/* ---- stopping -------------------------------------------------------- */

static int stops_the_second(void *arg)
{
    (void)arg;
    if (cede_thread_index() == 0)
        CHECK_OK(cede_loop_stop(cede_thread_loop(1)));
    return cede_sleep(CEDE_NEVER);
}

TEST(stopping_one_of_the_loops_cancels_its_main_and_so_all)
{
    CHECK_ERR(cede_run_threads(N, stops_the_second, NULL), -EINTR);
    CHECK_STR_EQ(cede_message(), "the main task of thread 1 was cancelled by "
                                 "cede_loop_stop");
}

static int closes_loops(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < N; i++)
        CHECK_ERR(cede_loop_close(cede_thread_loop(i)),
                  i == cede_thread_index() ? -EBUSY : -EPERM);
    return 0;
}

TEST(nobody_closes_them)
{
    CHECK_EQ(cede_run_threads(N, closes_loops, NULL), 0);
}

/* ---- refusals -------------------------------------------------------- */

TEST(more_than_1024_threads_and_no_function_are_refused)
{
    CHECK_ERR(cede_run_threads(1025, counts, NULL), -EINVAL);
    CHECK_ERR(cede_run_threads(2, NULL, NULL), -EINVAL);
    CHECK_EQ(ran, 0);
}

static int runs_inside(void *arg)
{
    unsigned before = cede_thread_count();
    CHECK_ERR(cede_run_threads(2, counts, arg), -EBUSY);
    CHECK_EQ(cede_thread_count(), before);
    return cede_sleep(CEDE_MS);
}

TEST(inside_of_a_run_it_is_refused_and_the_run_goes_on)
{
    CHECK_OK(cede_run(runs_inside, NULL));
    CHECK_OK(cede_run_threads(2, runs_inside, NULL));
    CHECK_EQ(ran, 0);
}

TEST(a_loop_that_cannot_be_made_lets_no_main_run)
{
    const cede_options o = {.poller = "of cotton"};
    CHECK_ERR(cede_run_threads_with(&o, N, counts, NULL), -EINVAL);
    CHECK(strstr(cede_message(), "of cotton") != NULL);
    CHECK_EQ(ran, 0);
}

static void *runs_two(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_run_threads(2, counts, NULL), 0);
    return NULL;
}

TEST(several_may_run_at_once_in_different_threads)
{
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pthread_create(&t[i], NULL, runs_two, NULL), 0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(ran, 6);
}

/* ---- threads that cannot be made ------------------------------------- */

/* Root may have as many as he likes. */
static void become_nobody(void)
{
    enum { NOBODY = 65534 };
    if (getuid() != 0)
        return;
    CHECK_EQ(setgroups(0, NULL), 0);
    CHECK_EQ(setgid(NOBODY), 0);
    CHECK_EQ(setuid(NOBODY), 0);
}

static void has_few_threads(void *most)
{
    struct rlimit few = {*(rlim_t *)most, *(rlim_t *)most};
    become_nobody();
    CHECK_EQ(setrlimit(RLIMIT_NPROC, &few), 0);
    (void)signal(SIGINT, SIG_DFL);
    int rc = cede_run_threads(64, counts, NULL);
    printf("%s: %s; %d ran", cede_strerror(rc), cede_message(), ran);
    CHECK(signal(SIGINT, SIG_IGN) == SIG_DFL);
}

TEST(without_threads_no_main_runs)
{
    for (rlim_t most = 1; most < 40; most += 12) {
        const struct output *o = OUTPUT_OF(has_few_threads, &most);
        CHECK_EQ(o->status, 0);
        CHECK(strstr(o->text, "of cede_run_threads cannot be made; 0 ran"));
        CHECK(strstr(o->text, cede_strerror(-EAGAIN)) == o->text);
    }
}

static void has_little_room(void *arg)
{
    const cede_options o = {.stack_size = (size_t)1 << 30};
    struct rlimit little = {(rlim_t)1 << 29, (rlim_t)1 << 29};
    (void)arg;
    CHECK_EQ(setrlimit(RLIMIT_AS, &little), 0);
    int rc = cede_run_threads_with(&o, 2, counts, NULL);
    printf("%s: %s; %d ran", cede_strerror(rc), cede_message(), ran);
}

TEST(mains_without_a_stack_have_failed)
{
    if (SANITIZED || ON_VALGRIND || emulated())
        return;
    const struct output *o = OUTPUT_OF(has_little_room, NULL);
    CHECK(strstr(o->text, "allocate memory: no memory for another stack"));
    CHECK(strstr(o->text, "; 0 ran"));
}

/* ---- mains that end badly -------------------------------------------- */

static int leaves_a_scope_open(void *arg)
{
    (void)arg;
    if (cede_thread_index() == 0)
        return cede_sleep(CEDE_NEVER);
    cede_scope *s = malloc(sizeof *s);
    cede_enter(s, CEDE_NEVER);
    return 0;
}

static void runs_one_that_leaves_a_scope_open(void *arg)
{
    cede_run_threads(2, leaves_a_scope_open, arg);
}

TEST(a_main_that_leaves_a_scope_open_aborts_by_name_though_others_run)
{
    CHECK_ABORTS(runs_one_that_leaves_a_scope_open, NULL,
                 "task 'leaves_a_scope_open' ended without leaving");
}

static cede_mutex mutex;

static int waits_for_the_mutex(void *arg)
{
    (void)arg;
    CHECK_ERR(cede_mutex_lock(&mutex), CEDE_EBROKEN);
    ran++;
    return 0;
}

static int ends_with_the_mutex(void *arg)
{
    if (cede_thread_index() == 1) {
        while (ran == 0)
            CHECK_OK(cede_sleep(CEDE_MS));
        return 0;
    }
    CHECK_OK(cede_mutex_lock(&mutex));
    CHECK_OK(cede_go(NULL, waits_for_the_mutex, arg));
    return cede_sleep(CEDE_MS);
}

TEST(what_a_main_holds_is_broken_at_its_end_though_others_run)
{
    listen_to_hook();
    CHECK_EQ(cede_run_threads(2, ends_with_the_mutex, NULL), 0);
    CHECK_EQ(ran, 1);
    CHECK_EQ(hooked.count, 1);
}

SUITE("run_threads_fail")
