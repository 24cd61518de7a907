/* SPDX-License-Identifier: MIT
 *
 * watch.c - runs that must not hang.
 *
 * On the virtual clock a hang is not a matter of time: when nothing is ready,
 * no timer is set and no other thread takes part, nothing can happen any more.
 * Only of other threads nobody knows; for these there is patience.  What never
 * comes back to the loop is a matter of time, and the watchdog's.
 */
#include "testing/watch.h"
#include "loop/virtual.h"
#include "task/task.h"
#include "testing/watchdog.h"

#include <cede/debug.h>
#include <cede/testing.h>
#include <stdarg.h>
#include <stdio.h>

static _Thread_local struct {
    cede_time patience, limit;
} wanted = {2 * CEDE_SEC, 60 * CEDE_SEC};

void cede_test_patience(cede_time delay)
{
    wanted.patience = delay;
}

void cede_test_limit(cede_time delay)
{
    wanted.limit = delay;
}

void cd_watch_abort(const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    cede_dump(stderr);
    cd_abort("%s", text);
}

/* Nobody woke the loop for as long as there is patience. */
static void hung(void)
{
    const struct cd_loop *l = cd_me.loop;
    if (!cd_loop_has_posts(l))
        cd_watch_abort("nothing can happen any more: no task is ready, no "
                       "timer can fire, and no other thread has posted "
                       "anything for %g s",
                       (double)wanted.patience / 1e9);
}

static void opened(struct cd_probe *p, struct cd_loop *l)
{
    struct cd_watch *w = cd_container(p, struct cd_watch, probe);
    l->guide->moment = w->moment;
    l->guide->ctx = w->ctx;
    cd_virtual_patience(l->poller, wanted.patience, hung);
}

int cd_watch_run(struct cd_watch *w)
{
    static _Thread_local struct cd_watchdog limit = {.what = "a watched run"};
    if (cd_me.loop)
        return cede_fail(-EBUSY, "a test's run inside of a run");
    const cede_options o = {.poller = "virtual", .seed = w->seed};
    w->probe.opened = opened;
    struct cd_probe *before = cd_me.probe;
    cd_me.probe = &w->probe;
    int rc = cd_watchdog_set(&limit, wanted.limit);
    if (rc >= 0)
        rc = cede_run_named_(&o, w->name, w->fn, w->arg);
    cd_watchdog_set(&limit, 0);
    cd_me.probe = before;
    return rc;
}

int cede_test_run_named_(const char *name, cede_fn *fn, void *arg)
{
    struct cd_watch w = {.fn = fn, .arg = arg, .name = name};
    return cd_watch_run(&w);
}

int(cede_test_run)(cede_fn *fn, void *arg)
{
    return cede_test_run_named_("main\0", fn, arg);
}
