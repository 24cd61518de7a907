/* SPDX-License-Identifier: MIT
 *
 * watch.h - a test that hangs says where, before it is given up.  Included by
 * check.h.
 */
#ifndef CEDE_TESTS_WATCH_H
#define CEDE_TESTS_WATCH_H

#include <cede.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_t check_watched_;

/* The signal may come to any thread; the loop is on one. */
static inline void check_hangs_(int sig)
{
    if (!pthread_equal(pthread_self(), check_watched_)) {
        pthread_kill(check_watched_, sig);
        return;
    }
    fputs("the test hangs:\n", stderr);
    cede_dump(stderr);
    abort();
}

/* If the process is still there in so many seconds: print what the calling
 * thread's loop is doing then, and abort. */
static inline void watch_for_hanging(unsigned seconds)
{
    struct sigaction action = {.sa_handler = check_hangs_,
                               .sa_flags = SA_ONSTACK};
    check_watched_ = pthread_self();
    sigaction(SIGALRM, &action, NULL);
    alarm(seconds);
}

#endif
