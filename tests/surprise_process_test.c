/* SPDX-License-Identifier: MIT
 *
 * surprise_process_test.c - processes started otherwise than by a fork inside
 * a run: outside of one, beside other threads, by posix_spawn and vfork.
 */
#include "check.h"
#include "children.h"
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>

extern char **environ;

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

/* ---- outside of a run ------------------------------------------------ */

static void forks_after_a_run(void *arg)
{
    SAY("run %d; ", cede_run(ticks, arg));
    counter = cede_gen_of(int, counts, NULL);
    steps();
    pid_t pid = fork();
    if (pid == 0) {
        steps();
        SAY("run %d; ", cede_run(ticks, arg));
        _exit(7);
    }
    ends(pid);
    steps();
    SAY("run %d", cede_run(ticks, arg));
}

TEST(a_child_forked_outside_of_a_run_can_do_everything)
{
    const struct output *o = OUTPUT_OF(forks_after_a_run, NULL);
    CHECK_STR_EQ(o->text, "tick; run 0; 0; 1; tick; run 0; child ended 7; 1; "
                          "tick; run 0");
}

static atomic_bool enough;

/* A thread's own stacks come from the process, and go back there with it. */
static void *takes_stacks(void *arg)
{
    cede_gen *gens[256];
    for (size_t i = 0; i < 256; i++)
        gens[i] = cede_gen_of(int, counts, arg);
    for (size_t i = 0; i < 256; i++)
        cede_gen_close(gens[i]);
    return NULL;
}

static void *keeps_taking(void *arg)
{
    pthread_t t;
    while (!atomic_load(&enough) &&
           pthread_create(&t, NULL, takes_stacks, arg) == 0)
        pthread_join(t, NULL);
    return NULL;
}

static void forks_while_others_take_stacks(void *arg)
{
    pthread_t other;
    takes_stacks(arg); /* musl: a fork loses a pthread_once on its way */
    pthread_create(&other, NULL, keeps_taking, arg);
    int bad = 0;
    for (int i = 0; i < 200; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            alarm(2);
            cede_gen_close(cede_gen_of(int, counts, NULL));
            _exit(0);
        }
        int status;
        waitpid(pid, &status, 0);
        bad += status != 0;
    }
    atomic_store(&enough, true);
    pthread_join(other, NULL);
    SAY("%d bad", bad);
}

TEST(a_fork_while_other_threads_take_stacks_leaves_the_child_whole)
{
    if (SANITIZED || emulated())
        return; /* LeakSanitizer's own lock is lost in such a fork; qemu's too
                 */
    const struct output *o = OUTPUT_OF(forks_while_others_take_stacks, NULL);
    CHECK_STR_EQ(o->text, "0 bad");
}

/* ---- in the middle of what a lock guards ---------------------------- */

/* cmake/tests.cmake has the library call this one. */
int __real_pthread_mutex_unlock(pthread_mutex_t *m);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *m);

static _Thread_local bool holds_on;
static atomic_bool holding;

int __wrap_pthread_mutex_unlock(pthread_mutex_t *m)
{
    if (holds_on) {
        atomic_store(&holding, true);
        usleep(200000);
    }
    return __real_pthread_mutex_unlock(m);
}

static void *first_step(void *arg)
{
    cede_gen *g = cede_gen_of(int, counts, arg);
    holds_on = true;
    cede_next(g, &(int){0});
    holds_on = false;
    cede_gen_close(g);
    return NULL;
}

static void forks_during_a_first_step(void *arg)
{
    pthread_t other;
    counter = cede_gen_of(int, counts, arg);
    steps();
    pthread_create(&other, NULL, first_step, arg);
    while (!atomic_load(&holding))
        usleep(1000);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(2);
        first_step(arg);
        _exit(7);
    }
    ends(pid);
    pthread_join(other, NULL);
}

TEST(a_fork_during_another_threads_first_step_leaves_the_child_whole)
{
    if (SANITIZED || emulated())
        return; /* as above */
    const struct output *o = OUTPUT_OF(forks_during_a_first_step, NULL);
    CHECK_STR_EQ(o->text, "0; child ended 7; ");
}

/* ---- processes started otherwise ------------------------------------- */

static int spawns(void *arg)
{
    (void)arg;
    char *argv[] = {"sh", "-c", "exit 3", NULL};
    pid_t pid;
    if (posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) != 0)
        return -EIO;
    ends(pid);
    SAY("system %d; ", WEXITSTATUS(system("exit 4")));
    return ticks(NULL);
}

static void run_spawns(void *arg)
{
    SAY("run %d", cede_run(spawns, arg));
}

TEST(posix_spawn_and_system_work_in_a_task)
{
    const struct output *o = OUTPUT_OF(run_spawns, NULL);
    CHECK_STR_EQ(o->text, "child ended 3; system 4; tick; run 0");
}

static int vforks(void *arg)
{
    (void)arg;
    pid_t pid = vfork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", "exit 3", (char *)NULL);
        _exit(127);
    }
    ends(pid);
    return ticks(NULL);
}

static void run_vforks(void *arg)
{
    SAY("run %d", cede_run(vforks, arg));
}

TEST(vfork_and_exec_work_in_a_task)
{
    const struct output *o = OUTPUT_OF(run_vforks, NULL);
    CHECK_STR_EQ(o->text, "child ended 3; tick; run 0");
}

/* It shares the memory of its parent, and so what its SIGINT finds there. */
static int interrupts_a_vforked_child(void *arg)
{
    (void)arg;
    pid_t pid = vfork();
    if (pid == 0) {
        (void)raise(SIGINT);
        _exit(127);
    }
    ends(pid);
    return ticks(NULL);
}

static void run_interrupted_child(void *arg)
{
    (void)signal(SIGINT, SIG_DFL); /* the test runner has one of its own */
    SAY("run %d", cede_run(interrupts_a_vforked_child, arg));
}

TEST(an_interrupt_of_a_vforked_child_ends_it_alone)
{
    const struct output *o = OUTPUT_OF(run_interrupted_child, NULL);
    CHECK_STR_EQ(o->text, "child killed by 2; tick; run 0");
}

SUITE_OF_FORKS("surprise_process")
