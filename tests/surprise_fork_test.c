/* SPDX-License-Identifier: MIT
 *
 * surprise_fork_test.c - fork inside a run.
 *
 * The child has a copy of every task and must not run any of them: its thread
 * is outside of the run from the fork on.  Each test forks in a process of
 * its own, which prints what the child saw and then what the parent did.
 */
#include "check.h"
#include "children.h"
#include "deep.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>

/* ---- what the child may do ------------------------------------------- */

static void nothing(void)
{
}

TEST(a_child_forked_in_a_task_may_exit_and_the_parent_goes_on)
{
    CHILD_SAYS(nothing, "child ended 7; tick; run 0");
}

static void execs(void)
{
    execl("/bin/sh", "sh", "-c", "exit 3", (char *)NULL);
}

TEST(a_child_forked_in_a_task_may_exec)
{
    CHILD_SAYS(execs, "child ended 3; tick; run 0");
}

static void sleeps_without_a_loop(void)
{
    SAY("'%s' %d; ", cede_task_name(), cede_sleep(5 * CEDE_MS));
}

TEST(a_child_forked_in_a_task_is_outside_of_tasks_and_runs_no_other)
{
    CHILD_SAYS(sleeps_without_a_loop, "'' 0; child ended 7; tick; run 0");
}

static void waits(void)
{
    cede_queue *q = cede_queue_new(4, 1);
    int rc = cede_get(q, NULL);
    SAY("%d, %s; ", rc == -EPERM, cede_message());
    cede_queue_free(q);
}

TEST(a_wait_in_the_child_answers_that_it_was_forked)
{
    CHILD_SAYS(waits,
               "1, cede_get from an empty queue would have to wait, and was "
               "called outside a task: this process was forked in one, and "
               "left it to its parent; child ended 7; tick; run 0");
}

static void runs_anew(void)
{
    SAY("anew %d; ", cede_run(ticks, NULL));
}

TEST(a_child_forked_in_a_task_may_begin_a_run_of_its_own)
{
    CHILD_SAYS(runs_anew, "tick; anew 0; child ended 7; tick; run 0");
}

static int counts(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int i = 0; rc == 0; i++)
        rc = cede_yield(self, &i);
    return rc;
}

static cede_gen *counter;

static void steps(void)
{
    int x = -1;
    (void)cede_next(counter, &x);
    SAY("%d; ", x);
}

static int forks_between_steps(void *arg)
{
    counter = cede_gen_of(int, counts, NULL);
    steps();
    int rc = forks(arg);
    steps();
    cede_gen_close(counter);
    return rc;
}

static void run_forks_between_steps(void *arg)
{
    SAY("run %d", cede_run(forks_between_steps, arg));
}

TEST(parent_and_child_each_go_on_with_their_copy_of_a_generator)
{
    void (*child)(void) = steps;
    const struct output *o = OUTPUT_OF(run_forks_between_steps, &child);
    CHECK_STR_EQ(o->text, "0; 1; child ended 7; tick; 1; run 0");
}

static void overflows(void)
{
    size_t endless = 1 << 20;
    (void)cede_next(cede_gen_of(int, body_recurses, &endless), NULL);
}

TEST(an_overflow_in_the_child_is_named_as_well)
{
    void (*child)(void) = overflows;
    const struct output *o = OUTPUT_OF(run_forks, &child);
    CHECK(strstr(o->text, "stack overflow in generator 'body_recurses'"));
    CHECK(strstr(o->text, "child killed by 6; tick; run 0"));
}

/* ---- what it may not ------------------------------------------------- */

static int returns_in_the_child(void *arg)
{
    (void)arg;
    pid_t pid = fork();
    if (pid > 0)
        ends(pid);
    return 0;
}

static void run_returns(void *arg)
{
    SAY("run %d", cede_run(returns_in_the_child, arg));
}

TEST(a_task_that_returns_in_the_child_aborts_by_name_and_the_parent_goes_on)
{
    const struct output *o = OUTPUT_OF(run_returns, NULL);
    CHECK(strstr(o->text, "task 'returns_in_the_child' returned in a process "
                          "that was forked in it"));
    CHECK(strstr(o->text, "child killed by 6; run 0"));
}

static cede_group *parents_group;

static void starts_there(void)
{
    (void)cede_go(parents_group, ticks, NULL);
}

static void joins_there(void)
{
    (void)cede_join(parents_group);
}

static void enters(void)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
}

static int forks_in_a_group(void *arg)
{
    CEDE_GROUP(g);
    parents_group = &g;
    int rc = forks(arg);
    return rc < 0 ? rc : cede_join(&g);
}

static void run_forks_in_a_group(void *arg)
{
    SAY("run %d", cede_run(forks_in_a_group, arg));
}

TEST(groups_and_scopes_of_the_parent_abort_in_the_child_and_say_why)
{
    void (*const all[])(void) = {starts_there, joins_there, enters};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        void (*child)(void) = all[i];
        const struct output *o = OUTPUT_OF(run_forks_in_a_group, &child);
        CHECK(strstr(o->text, "this process was forked in one"));
        CHECK(strstr(o->text, "child killed by 6; tick; run 0"));
    }
}

static cede_future *parents_future;

static void awaits_there(void)
{
    int rc = cede_await(parents_future);
    SAY("%d %d; ", rc == -EPERM, strstr(cede_message(), "forked") != NULL);
    SAY("%d; ", cede_cancel(parents_future));
}

static int forks_with_a_future(void *arg)
{
    CEDE_GROUP(g);
    parents_future = cede_spawn(&g, ticks, NULL);
    int rc = forks(arg);
    return rc < 0 ? rc : cede_join(&g);
}

static void run_forks_with_a_future(void *arg)
{
    SAY("run %d", cede_run(forks_with_a_future, arg));
}

TEST(a_task_of_the_parent_can_neither_be_awaited_nor_cancelled_in_the_child)
{
    void (*child)(void) = awaits_there;
    const struct output *o = OUTPUT_OF(run_forks_with_a_future, &child);
    CHECK_STR_EQ(o->text, "1 1; 0; child ended 7; tick; tick; run 0");
}

/* ---- the kernel's objects -------------------------------------------- */

static int open_files(void)
{
    int n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static int files_before;

static void counts_files(void)
{
    SAY("%d more; ", open_files() - files_before);
}

TEST(the_child_has_none_of_the_loops_descriptors)
{
    files_before = open_files() + 1; /* and the file for the output */
    CHILD_SAYS(counts_files, "0 more; child ended 7; tick; run 0");
}

/* ---- a loop that is interrupted -------------------------------------- */

static volatile sig_atomic_t forked;

static void forks_in_a_handler(int sig)
{
    forked = fork();
    if (forked == 0) {
        signal(sig, SIG_DFL);
        alarm(CHECK_SECONDS_ / 6); /* should it go on nevertheless */
    }
}

/* The alarm finds the loop asleep, as the task is by then; emulators take
 * longer to get there. */
static int sleeps_until_forked(void *arg)
{
    (void)arg;
    signal(SIGALRM, forks_in_a_handler);
    const struct itimerval soon = {
        .it_value = {.tv_usec = emulated() ? 450000 : 20000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    while (forked == 0)
        CEDE_TRY(cede_sleep(100 * CEDE_MS));
    ends(forked);
    return 0;
}

static void run_and_fork_in_a_handler(void *arg)
{
    SAY("run %d", cede_run(sleeps_until_forked, arg));
}

TEST(a_loop_that_would_go_on_in_the_child_of_a_handlers_fork_aborts)
{
    const struct output *o = OUTPUT_OF(run_and_fork_in_a_handler, NULL);
    CHECK(strstr(o->text, "a loop goes on in a process that was forked"));
    CHECK(strstr(o->text, "child killed by 6; run 0"));
}

SUITE_OF_FORKS("surprise_fork")
