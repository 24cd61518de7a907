/* SPDX-License-Identifier: MIT
 *
 * watchdog.c - aborting what takes too long.
 *
 * A timer of the kernel sends a signal to the thread that is watched, so the
 * dump is of its run and a debugger finds what it was doing.  The signal is
 * SIGUSR2, or the first real-time one that nobody handles; it has its former
 * action again when the last watchdog is gone.
 *
 * If the dump gets stuck, because what hung holds a lock that printing needs,
 * the second signal aborts without one.
 */
#define _GNU_SOURCE /* SIGEV_THREAD_ID, gettid */
#include "testing/watchdog.h"
#include "base/check.h"
#include "base/memory.h"
#include "testing/watch.h"

#include <cede/testing.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { SECOND = 5 }; /* seconds from one signal to the next */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users; /* watchdogs that are set */
static int signo;      /* what they send, while there are users */
static struct sigaction former;

/* ---- when it is too late ----------------------------------------------- */

static void bark(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)context;
    static atomic_flag barked = ATOMIC_FLAG_INIT;
    if (info->si_code != SI_TIMER)
        return;
    if (atomic_flag_test_and_set(&barked))
        abort();
    const struct cd_watchdog *d = info->si_value.sival_ptr;
    cd_watch_abort("%s took longer than %g s", d->what, (double)d->delay / 1e9);
}

/* ---- the signal -------------------------------------------------------- */

static bool is_free(int sig)
{
    struct sigaction now;
    return sigaction(sig, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
           now.sa_handler == SIG_DFL;
}

static int choose(void)
{
    if (is_free(SIGUSR2))
        return SIGUSR2;
    int sig = SIGRTMIN;
    while (sig < SIGRTMAX && !is_free(sig))
        sig++;
    return sig;
}

static void use_signal(void)
{
    pthread_mutex_lock(&lock);
    if (users++ == 0) {
        struct sigaction action = {.sa_sigaction = bark,
                                   .sa_flags = SA_SIGINFO | SA_ONSTACK |
                                               SA_NODEFER | SA_RESTART};
        sigemptyset(&action.sa_mask);
        signo = choose();
        sigaction(signo, &action, &former);
    }
    pthread_mutex_unlock(&lock);
}

static void leave_signal(void)
{
    pthread_mutex_lock(&lock);
    if (--users == 0)
        sigaction(signo, &former, NULL);
    pthread_mutex_unlock(&lock);
}

/* ---- setting ----------------------------------------------------------- */

static int start(struct cd_watchdog *d)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = signo,
                             .sigev_value.sival_ptr = d};
    event.sigev_notify_thread_id = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, &d->timer) < 0)
        return -errno;
    struct itimerspec at = {.it_value = {.tv_sec = d->delay / CEDE_SEC,
                                         .tv_nsec = d->delay % CEDE_SEC},
                            .it_interval.tv_sec = SECOND};
    if (timer_settime(d->timer, 0, &at, NULL) < 0) {
        int err = errno;
        timer_delete(d->timer);
        return -err;
    }
    return 0;
}

static void stop(struct cd_watchdog *d)
{
    if (!d->set)
        return;
    timer_delete(d->timer);
    d->set = false;
    leave_signal();
}

int cd_watchdog_set(struct cd_watchdog *d, cede_time delay)
{
    int saved = errno, rc = 0;
    stop(d);
    if (delay > 0 && delay != CEDE_NEVER) {
        d->delay = delay;
        use_signal();
        rc = start(d);
        d->set = rc == 0;
        if (rc < 0)
            leave_signal();
    }
    cd_errno_restore(saved);
    return rc;
}

int cede_test_watchdog(cede_time delay)
{
    static _Thread_local struct cd_watchdog own = {
        .what = "what cede_test_watchdog watches"};
    int rc = cd_watchdog_set(&own, delay);
    return rc < 0 ? cede_fail(rc, "cede_test_watchdog: no timer: %s",
                              cede_strerror(rc))
                  : 0;
}
