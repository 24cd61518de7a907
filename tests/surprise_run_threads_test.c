/* SPDX-License-Identifier: MIT
 *
 * surprise_run_threads_test.c - fork while several threads run loops: the child
 * has one thread, which is outside of all that.
 */
#include "check.h"
#include "children.h"

enum { N = 3 };

static unsigned who;
static cede_loop *loops[N];

static void looks_around(void)
{
    SAY("%u of %u, %d; ", cede_thread_index(), cede_thread_count(),
        cede_thread_loop(0) == NULL && cede_thread_loop(1) == NULL);
    for (int i = 0; i < N; i++)
        SAY("%d", cede_loop_stop(loops[i]) == -EPERM);
}

static void runs_two_anew(void)
{
    SAY("anew %d", cede_run_threads(2, ticks, NULL));
}

/* The others live until the child is over. */
static int one_forks(void *child)
{
    for (unsigned i = 0; i < N; i++)
        CHECK((loops[i] = cede_thread_loop(i)) != NULL);
    int rc = cede_thread_index() == who ? forks(child) : cede_sleep(CEDE_NEVER);
    return rc ? rc : -EIO; /* ends the others */
}

static void run_one_that_forks(void *child)
{
    SAY("; run %d", cede_run_threads(N, one_forks, child) == -EIO);
}

#define CHILD_OF_ANY_SAYS(fn, want)                                            \
    for (who = 0; who < N; who++) {                                            \
        void (*child_)(void) = (fn);                                           \
        CHECK_STR_EQ(OUTPUT_OF(run_one_that_forks, &child_)->text, want);      \
    }

TEST(a_child_forked_in_one_of_several_threads_is_outside_of_them)
{
    CHILD_OF_ANY_SAYS(looks_around,
                      "0 of 1, 1; 111child ended 7; tick; ; run 1");
}

TEST(it_may_run_several_threads_of_its_own)
{
    CHILD_OF_ANY_SAYS(runs_two_anew,
                      "tick; tick; anew 0child ended 7; tick; ; run 1");
}

static int returns_into_the_parents_run(void *arg)
{
    (void)arg;
    if (cede_thread_index() != who)
        return 0;
    pid_t pid = fork();
    if (pid > 0)
        ends(pid);
    return 0;
}

static void run_one_that_returns(void *arg)
{
    (void)cede_run_threads(2, returns_into_the_parents_run, arg);
}

TEST(a_main_that_returns_in_the_child_aborts_by_name)
{
    for (who = 0; who < 2; who++) {
        const struct output *o = OUTPUT_OF(run_one_that_returns, NULL);
        CHECK(strstr(o->text, "task 'returns_into_the_parents_run' returned "
                              "in a process that was forked in it"));
        CHECK(strstr(o->text, "child killed by 6"));
    }
}

SUITE_OF_FORKS("surprise_run_threads")
