/* SPDX-License-Identifier: MIT
 *
 * local_thread_test.c - task-local values of threads, runs and forked
 * processes.
 */
#include "check.h"
#include "colors.h"
#include <pthread.h>

static int looks(void *arg)
{
    note("%s%s ", (char *)arg, color_here());
    return 0;
}

static int paints(void *arg)
{
    paint(arg);
    note("%s ", color_here());
    return 0;
}

/* ---- threads and runs -------------------------------------------------- */

TEST(a_runs_main_task_begins_with_its_threads_values)
{
    paint("red");
    CHECK_EQ(cede_run(looks, ""), 0);
    CHECK_NOTED("red ");
}

TEST(what_tasks_set_is_gone_with_their_run)
{
    CHECK_EQ(cede_run(paints, "blue"), 0);
    CHECK_NOTED("blue ");
    CHECK_STR_EQ(color_here(), "-");
    paint("red");
    CHECK_EQ(cede_run(paints, "blue"), 0);
    CHECK_STR_EQ(color_here(), "red");
}

static void *in_another_thread(void *arg)
{
    CHECK(cede_local_get(&color) == NULL);
    CHECK_STR_EQ(cede_local_get(&size), "medium");
    paint(arg);
    CHECK_STR_EQ(color_here(), arg);
    CHECK_EQ(cede_run(looks, ""), 0);
    return NULL;
}

TEST(a_thread_has_values_of_its_own_and_frees_them_at_its_end)
{
    pthread_t thread;
    paint("red");
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(pthread_create(&thread, NULL, in_another_thread, "blue"), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    CHECK_NOTED("blue blue blue ");
    CHECK_STR_EQ(color_here(), "red");
}

static void sets_late(void *unused)
{
    (void)unused;
    paint("red");
    CHECK_STR_EQ(color_here(), "red");
}

static void *sets_at_its_end(void *arg)
{
    paint("blue");
    CHECK_EQ(pthread_setspecific(*(pthread_key_t *)arg, arg), 0);
    return NULL;
}

TEST(values_set_by_what_a_thread_runs_at_its_end_are_freed_too)
{
    pthread_t thread;
    pthread_key_t keys[3];
    paint("red"); /* cede's own key stands between those of the test */
    for (int i = 0; i < 3; i++)
        CHECK_EQ(pthread_key_create(&keys[i], sets_late), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(pthread_create(&thread, NULL, sets_at_its_end, &keys[i]), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
}

enum { THREADS = 8 };
static cede_local fresh[200];
static pthread_barrier_t together;

static void *sets_all(void *arg)
{
    pthread_barrier_wait(&together);
    for (size_t i = 0; i < sizeof fresh / sizeof fresh[0]; i++)
        CHECK_EQ(cede_local_set(&fresh[i], (char *)arg + i), 0);
    for (size_t i = 0; i < sizeof fresh / sizeof fresh[0]; i++)
        CHECK(cede_local_get(&fresh[i]) == (char *)arg + i);
    return NULL;
}

TEST(threads_may_use_a_local_for_the_first_time_at_once)
{
    static char values[THREADS][200];
    pthread_t thread[THREADS];
    pthread_barrier_init(&together, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&thread[i], NULL, sets_all, values[i]), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(thread[i], NULL), 0);
    pthread_barrier_destroy(&together);
}

/* ---- forks ------------------------------------------------------------- */

static int starts_a_run(void *arg)
{
    (void)arg;
    paint("blue");
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        bool kept = strcmp(color_here(), "blue") == 0;
        bool begins = cede_run(looks, "") == 0;
        _exit(kept && begins && strcmp(noted, "blue ") == 0 ? 0 : 1);
    }
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 0);
    return 0;
}

TEST(a_process_forked_in_a_task_goes_on_with_its_values)
{
    paint("red");
    CHECK_EQ(cede_run(starts_a_run, NULL), 0);
    CHECK_STR_EQ(color_here(), "red");
}

SUITE("local_thread")
