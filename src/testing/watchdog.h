/* SPDX-License-Identifier: MIT
 *
 * watchdog.h - aborting what takes too long.
 */
#ifndef CD_TESTING_WATCHDOG_H
#define CD_TESTING_WATCHDOG_H

#include <cede/base.h>
#include <time.h>

/* Of one thread, which sets it and is aborted by it. */
struct cd_watchdog {
    const char *what; /* it says when it aborts */
    cede_time delay;
    timer_t timer;
    bool set;
};

/* Abort the process with a dump of the calling thread's run after delay; 0 or
 * CEDE_NEVER: not any more.  0 or -errno. */
int cd_watchdog_set(struct cd_watchdog *d, cede_time delay);

#endif
