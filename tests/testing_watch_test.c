/* SPDX-License-Identifier: MIT
 *
 * testing_watch_test.c - what hangs, or dies, in a test's run says so, and in
 * which round.
 */
#include "check.h"
#include <cede/testing.h>
#include <fcntl.h>
#include <pthread.h>

static void be_patient(cede_time delay)
{
    cede_test_patience(delay);
    cede_test_limit(10 * CEDE_SEC);
}

/* ---- hangs ------------------------------------------------------------- */

static int gets_what_nobody_puts(void *unused)
{
    (void)unused;
    cede_queue *q = cede_queue_new(1, 1);
    int rc = cede_get(q, NULL);
    cede_queue_free(q);
    return rc;
}

static void hangs(void *unused)
{
    (void)unused;
    be_patient(10 * CEDE_MS);
    cede_test_run(gets_what_nobody_puts, NULL);
}

TEST(a_run_in_which_nothing_can_happen_any_more_aborts)
{
    CHECK_ABORTS(hangs, NULL, "nothing can happen any more", "0.01 s",
                 "gets_what_nobody_puts", "queue get");
}

static int holds_the_clock(void *unused)
{
    (void)unused;
    CEDE_TRY(cede_test_hold(true));
    return cede_sleep(CEDE_SEC);
}

static void hangs_on_the_clock(void *unused)
{
    (void)unused;
    be_patient(10 * CEDE_MS);
    cede_test_run(holds_the_clock, NULL);
}

TEST(a_clock_that_is_held_and_never_released_is_a_hang)
{
    CHECK_ABORTS(hangs_on_the_clock, NULL, "nothing can happen any more");
}

static int sleeps_for_ever(void *unused)
{
    (void)unused;
    return cede_sleep(CEDE_NEVER);
}

static void *cancels_later(void *f)
{
    usleep(50000);
    cede_cancel(f);
    return NULL;
}

static int waits_for_a_thread(void *unused)
{
    (void)unused;
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, sleeps_for_ever, NULL);
    pthread_t other;
    pthread_create(&other, NULL, cancels_later, f);
    int rc = cede_await(f);
    pthread_join(other, NULL);
    return rc == -ECANCELED ? cede_join(&g) : -EPROTO;
}

TEST(there_is_patience_for_other_threads)
{
    be_patient(20 * CEDE_SEC);
    CHECK_OK(cede_test_run(waits_for_a_thread, NULL));
}

/* It waits until it is granted something, cancelled or not. */
static int ignores_cancels(void *unused)
{
    (void)unused;
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    int rc = gets_what_nobody_puts(NULL);
    return cede_leave(&s, rc);
}

static int hangs_when_cancelled(void *unused)
{
    (void)unused;
    int rc = cede_sleep(CEDE_SEC);
    return rc < 0 ? ignores_cancels(NULL) : 0;
}

static void sweeps_a_hang(void *unused)
{
    (void)unused;
    be_patient(10 * CEDE_MS);
    cede_sweep_cancels(hangs_when_cancelled, NULL, NULL);
}

TEST(a_wait_that_no_cancel_reaches_is_found)
{
    CHECK_ABORTS(sweeps_a_hang, NULL, "nothing can happen any more",
                 "that was 'hangs_when_cancelled' with CEDE_CANCEL=1");
}

/* ---- taking too long --------------------------------------------------- */

static int spins(void *unused)
{
    (void)unused;
    volatile bool goes_on = true;
    while (goes_on)
        continue;
    return 0;
}

static void spins_in_a_run(void *unused)
{
    (void)unused;
    cede_test_limit(50 * CEDE_MS);
    cede_test_run(spins, NULL);
}

static void spins_watched(void *unused)
{
    (void)unused;
    CHECK_OK(cede_test_watchdog(50 * CEDE_MS));
    cede_run(spins, NULL);
}

static void spins_in_a_sweep(void *unused)
{
    (void)unused;
    cede_test_limit(50 * CEDE_MS);
    cede_sweep_seeds(3, spins, NULL, NULL);
}

static void ignores(int sig)
{
    (void)sig;
}

static void spins_without_its_signal(void *unused)
{
    signal(SIGUSR2, ignores);
    spins_watched(unused);
}

TEST(a_run_that_takes_too_long_aborts)
{
    if (FOR_TSAN) /* which keeps signals back until the next system call */
        return;
    CHECK_ABORTS(spins_in_a_run, NULL, "a watched run took longer than 0.05 s");
    CHECK_ABORTS(spins_in_a_sweep, NULL,
                 "a watched run took longer than 0.05 s",
                 "that was 'spins' with CEDE_SEED=1");
}

TEST(a_watchdog_aborts_the_run_of_any_poller)
{
    if (FOR_TSAN)
        return;
    CHECK_ABORTS(spins_watched, NULL, "cede_test_watchdog", "0.05 s");
    CHECK_ABORTS(spins_without_its_signal, NULL, "cede_test_watchdog");
}

TEST(a_watchdog_that_is_called_off_does_nothing)
{
    struct sigaction now;
    CHECK_OK(cede_test_watchdog(CEDE_MS * 50));
    CHECK_OK(cede_test_watchdog(CEDE_SEC * 50));
    CHECK_OK(cede_test_watchdog(CEDE_NEVER));
    CHECK_OK(cede_test_watchdog(50 * CEDE_MS));
    CHECK_OK(cede_test_watchdog(0));
    usleep(100000);
    sigaction(SIGUSR2, NULL, &now);
    CHECK(now.sa_handler == SIG_DFL);
}

/* ---- dying ------------------------------------------------------------- */

static int rounds_left;

static int aborts_in_round_3(void *unused)
{
    (void)unused;
    if (++rounds_left == 3)
        abort();
    return 0;
}

static int exits_in_round_3(void *unused)
{
    (void)unused;
    if (++rounds_left == 3)
        exit(5);
    return 0;
}

static int faults_in_round_3(void *unused)
{
    (void)unused;
    int *volatile nowhere = (int *)8;
    if (++rounds_left == 3)
        *nowhere = 1;
    return 0;
}

static int overflows(void *n)
{
    char page[4096];
    memset(page, 1, sizeof page);
    __asm__ volatile("" ::"r"(page) : "memory");
    int rc = n ? overflows(n) : 0;
    return rc + page[rc];
}

static void sweeps(void *fn)
{
    cede_sweep_seeds(5, *(cede_fn **)fn, &rounds_left, NULL);
    printf("swept");
}

static const struct output *dies(cede_fn *fn)
{
    return OUTPUT_OF(sweeps, &fn);
}

TEST(a_process_that_aborts_in_a_round_says_which)
{
    cede_fn *fn = aborts_in_round_3;
    CHECK_ABORTS(sweeps, &fn, "with CEDE_SEED=3");
}

TEST(a_process_that_exits_in_a_round_says_which)
{
    const struct output *o = dies(exits_in_round_3);
    CHECK(strstr(o->text, "with CEDE_SEED=3"));
    if (!FOR_ASAN) /* it is at exit that LeakSanitizer looks at tasks */
        CHECK_EQ(WEXITSTATUS(o->status), 5);
}

TEST(a_fault_in_a_round_says_which_and_is_a_fault)
{
    const struct output *o = dies(faults_in_round_3);
    CHECK(strstr(o->text, "with CEDE_SEED=3"));
    if (SANITIZED)
        CHECK(strstr(o->text, "SEGV"));
    else
        CHECK_EQ(WTERMSIG(o->status), SIGSEGV);
}

TEST(a_stack_overflow_in_a_round_says_which_and_whose)
{
    if (SANITIZED || ON_VALGRIND) /* they report it their own way */
        return;
    cede_fn *fn = overflows;
    CHECK_ABORTS(sweeps, &fn, "with CEDE_SEED=1", "overflow");
}

static int passes(void *unused)
{
    (void)unused;
    return 0;
}

TEST(after_a_sweep_nobody_says_anything)
{
    const struct output *o = dies(passes);
    CHECK_STR_EQ(o->text, "swept");
    struct sigaction now;
    cede_fn *fn = passes;
    sigaction(SIGABRT, NULL, &now);
    void (*before)(int) = now.sa_handler;
    CHECK_OK(cede_sweep_seeds(1, fn, NULL, NULL));
    sigaction(SIGABRT, NULL, &now);
    CHECK(now.sa_handler == before);
}

SUITE("testing_watch")
