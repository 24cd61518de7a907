/* SPDX-License-Identifier: MIT
 *
 * pause.h - a task's wait for whatever comes first: somebody ends it, or its
 * time has come.
 */
#ifndef CD_NET_PAUSE_H
#define CD_NET_PAUSE_H

#include "task/task.h"

/* Of one task at a time.  Zeroed: nobody waits. */
struct cd_pause {
    struct cd_wait wait;
    struct cd_timer timer;
    bool waits;
    bool refuses; /* to be cancelled */
};

/* Wait until it is ended, or until then (CEDE_NEVER: only that).  0;
 * -ECANCELED, also at once in a scope that is cancelled already. */
int cd_pause(struct cd_pause *p, cede_time until, const char *why);

/* Whoever waits goes on; nobody does: nothing. */
void cd_pause_end(struct cd_pause *p);

#endif
