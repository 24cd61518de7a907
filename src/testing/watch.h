/* SPDX-License-Identifier: MIT
 *
 * watch.h - runs that must not hang.
 */
#ifndef CD_TESTING_WATCH_H
#define CD_TESTING_WATCH_H

#include "loop/guide.h"

/* One run that is watched.  All but the first two may be left zero. */
struct cd_watch {
    cede_fn *fn;
    void *arg;
    const char *name; /* of fn, as CEDE_NAMED_ makes it */
    uint64_t seed;
    void (*moment)(struct cd_guide *g); /* g->ctx is what follows */
    void *ctx;
    struct cd_probe probe; /* private */
};

/* Run fn(arg) as the main task on the virtual clock, with this thread's
 * patience and limit: its result.  -EBUSY inside of a run. */
int cd_watch_run(struct cd_watch *w);

/* Print a dump of this thread's run, and the text, and abort. */
_Noreturn void cd_watch_abort(const char *fmt, ...) CEDE_PRINTF_(1, 2);

#endif
