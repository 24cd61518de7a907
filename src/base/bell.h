/* SPDX-License-Identifier: MIT
 *
 * bell.h - how a thread that has nothing to do sleeps, and is waked.
 *
 * One thread waits, anybody may ring; a ring is remembered until it is heard.
 * Ringing costs a system call only if the thread sleeps, and touches the bell
 * no more once it may be heard, so the bell may be gone by then: at worst, the
 * kernel is asked to wake nobody at an address that was a bell's.
 */
#ifndef CD_BASE_BELL_H
#define CD_BASE_BELL_H

#include <cede/base.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CD_BELL_QUIET, CD_BELL_ASLEEP, CD_BELL_RUNG };

/* The kernel's, of <linux/futex.h>, which musl's compiler does not find: wait
 * with a deadline on the monotonic clock, wake, of this process alone. */
enum { CD_FUTEX_WAKE = 1 | 128, CD_FUTEX_WAIT = 9 | 128 };
static const unsigned cd_futex_any = 0xffffffff;

/* What was written before releases to the waiter's acquire. */
static inline void cd_bell_ring(atomic_int *bell)
{
    if (atomic_exchange(bell, CD_BELL_RUNG) != CD_BELL_ASLEEP)
        return;
    int saved = errno;
    syscall(SYS_futex, bell, CD_FUTEX_WAKE, 1, NULL, NULL, 0);
    errno = saved;
}

/* Sleep until it rings, or the kernel's monotonic clock is there.  Did it ring?
 * errno may change. */
static inline bool cd_bell_wait(atomic_int *bell, cede_time deadline)
{
    struct timespec t = {.tv_sec = deadline / CEDE_SEC,
                         .tv_nsec = deadline % CEDE_SEC};
    int quiet = CD_BELL_QUIET;
    atomic_compare_exchange_strong(bell, &quiet, CD_BELL_ASLEEP);
    long rc = 0;
    while (atomic_load(bell) != CD_BELL_RUNG) {
        if (rc < 0 && errno == ETIMEDOUT)
            return false;
        rc = syscall(SYS_futex, bell, CD_FUTEX_WAIT, CD_BELL_ASLEEP,
                     deadline == CEDE_NEVER ? NULL : &t, NULL, cd_futex_any);
    }
    atomic_store(bell, CD_BELL_QUIET);
    return true;
}

#endif
