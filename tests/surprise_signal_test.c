/* SPDX-License-Identifier: MIT
 *
 * surprise_signal_test.c - signals: whose stack handlers run on, what they
 * interrupt, and which of the program's settings the library leaves alone.
 */
#include "check.h"
#include "deep.h"
#include <pthread.h>
#include <sys/time.h>

/* ---- what the library touches ---------------------------------------- */

static int sleeps(void *arg)
{
    (void)arg;
    return cede_sleep(CEDE_MS);
}

/* Also those of the C library itself, which nobody can ask for. */
static void look_at_all(struct sigaction *actions)
{
    for (int sig = 1; sig < 64; sig++)
        (void)sigaction(sig, NULL, &actions[sig]);
}

TEST(the_library_handles_no_signal_but_segv)
{
    static struct sigaction before[64], after[64];
    look_at_all(before);
    CHECK_EQ(cede_run(sleeps, NULL), 0);
    look_at_all(after);
    for (int sig = 1; sig < 64; sig++) {
        if (sig != SIGSEGV)
            CHECK(before[sig].sa_handler == after[sig].sa_handler &&
                  before[sig].sa_flags == after[sig].sa_flags);
    }
    CHECK(after[SIGSEGV].sa_flags & SA_ONSTACK);
}

static int writes_to_nobody(void *arg)
{
    (void)arg;
    int fds[2];
    if (pipe(fds) < 0)
        return -EIO;
    close(fds[0]);
    return write(fds[1], "x", 1) < 0 ? -errno : 0;
}

static void run_writes_to_nobody(void *arg)
{
    printf("%d", cede_run(writes_to_nobody, arg) == -EPIPE);
}

TEST(sigpipe_stays_the_programs_business)
{
    const struct output *o = OUTPUT_OF(run_writes_to_nobody, NULL);
    CHECK(WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGPIPE);
    signal(SIGPIPE, SIG_IGN);
    CHECK_STR_EQ(OUTPUT_OF(run_writes_to_nobody, NULL)->text, "1");
}

static int has_blocked(void *arg)
{
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    return sigismember(&set, *(int *)arg);
}

static int yields_what_is_blocked(cede_gen *self, void *arg)
{
    return cede_yield(self, &(int){has_blocked(arg)});
}

static int looks_everywhere(void *arg)
{
    cede_each (int, blocked, cede_gen_of(int, yields_what_is_blocked, arg))
        CHECK(blocked);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, has_blocked, arg);
    CHECK_EQ(cede_await(f), 1);
    return has_blocked(arg) ? cede_join(&g) : -EIO;
}

TEST(a_signal_that_the_thread_blocks_is_blocked_in_its_tasks)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    CHECK_EQ(cede_run(looks_everywhere, &(int){SIGUSR1}), 0);
}

/* ---- whose stack a handler runs on ------------------------------------ */

static volatile uintptr_t handler_at;

static void takes_its_address(int sig)
{
    (void)sig;
    handler_at = (uintptr_t)__builtin_frame_address(0);
}

static void handle(int sig, int flags)
{
    struct sigaction action = {.sa_handler = takes_its_address,
                               .sa_flags = flags};
    CHECK_OK(sigaction(sig, &action, NULL));
}

/* Did the handler run within a stack's length below us? */
static int is_handled_here(void *arg)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    CHECK_OK(raise(*(int *)arg));
    return handler_at < here && here - handler_at < cede_stack_default();
}

TEST(a_handler_runs_on_the_stack_of_the_task_it_interrupts)
{
    handle(SIGUSR1, 0);
    CHECK_EQ(cede_run(is_handled_here, &(int){SIGUSR1}), 1);
}

TEST(a_handler_with_onstack_runs_on_the_threads_alternate_stack)
{
    handle(SIGUSR1, SA_ONSTACK);
    CHECK_EQ(cede_run(is_handled_here, &(int){SIGUSR1}), 0);
    stack_t alt;
    CHECK_OK(sigaltstack(NULL, &alt));
    CHECK(handler_at - (uintptr_t)alt.ss_sp < alt.ss_size);
}

static char own_stack[64 * 1024];

TEST(an_alternate_stack_that_the_thread_has_is_kept)
{
    const stack_t own = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
    CHECK_OK(sigaltstack(&own, NULL));
    CHECK_EQ(cede_run(sleeps, NULL), 0);
    stack_t alt;
    CHECK_OK(sigaltstack(NULL, &alt));
    CHECK(alt.ss_sp == own_stack);
}

static size_t endless = 1 << 20;

static void overflow_with_an_own_stack(void *arg)
{
    const stack_t own = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
    (void)sigaltstack(&own, NULL);
    (void)cede_run(recurses, arg);
}

TEST(an_overflow_is_reported_on_an_alternate_stack_of_the_program)
{
    CHECK_ABORTS(overflow_with_an_own_stack, &endless,
                 "stack overflow in task 'recurses'");
}

static void say_mine(int sig)
{
    (void)sig;
    ssize_t n = write(STDOUT_FILENO, "mine", 4);
    _exit(n == 4 ? 0 : 1);
}

static int handles_late_and_recurses(void *arg)
{
    struct sigaction action = {.sa_handler = say_mine, .sa_flags = SA_ONSTACK};
    sigaction(SIGSEGV, &action, NULL);
    return recurses(arg);
}

static void overflow_with_a_late_handler(void *arg)
{
    (void)cede_run(handles_late_and_recurses, arg);
}

TEST(a_handler_installed_later_takes_our_place)
{
    const struct output *o = OUTPUT_OF(overflow_with_a_late_handler, &endless);
    CHECK_STR_EQ(o->text, "mine");
}

/* ---- interruptions ---------------------------------------------------- */

static volatile sig_atomic_t alarms;

static void counts(int sig)
{
    (void)sig;
    alarms++;
}

/* Without SA_RESTART: what can be interrupted is. */
static void every_millisecond(void)
{
    struct sigaction action = {.sa_handler = counts};
    CHECK_OK(sigaction(SIGALRM, &action, NULL));
    const struct itimerval t = {{.tv_usec = 1000}, {.tv_usec = 1000}};
    CHECK_OK(setitimer(ITIMER_REAL, &t, NULL));
}

static int outsleeps_signals(void *arg)
{
    cede_time from = cede_clock();
    do
        CEDE_TRY(cede_sleep(*(cede_time *)arg));
    while (alarms < 5);
    return cede_clock() - from >= *(cede_time *)arg ? 0 : -EINTR;
}

TEST(a_wait_is_not_ended_by_a_signal)
{
    every_millisecond();
    CHECK_EQ(cede_run(outsleeps_signals, &(cede_time){20 * CEDE_MS}), 0);
    CHECK(alarms >= 5);
}

static int is_interrupted(void *arg)
{
    (void)arg;
    int fds[2];
    char c;
    if (pipe(fds) < 0)
        return -EIO;
    return read(fds[0], &c, 1) < 0 ? -errno : 0;
}

TEST(a_system_call_of_a_task_is_interrupted_as_anywhere)
{
    every_millisecond();
    CHECK_ERR(cede_run(is_interrupted, NULL), -EINTR);
}

SUITE_UNLESS("surprise_signal",
             ON_VALGRIND ? "Valgrind 3.19 crashes at an alternate stack" : NULL)
