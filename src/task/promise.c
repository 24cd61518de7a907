/* SPDX-License-Identifier: MIT
 *
 * promise.c - futures that somebody resolves.
 *
 * A promise is resolved under its lock, and whoever awaits it is told under
 * it: so once the lock was had by whoever gives the promise back, nobody else
 * is in there, except for those who pinned it.
 *
 * That lock costs as much as a short job.  So a job that nobody has waited for
 * or looked at under the lock is resolved without it: see enum cd_held.
 *
 * What the library promises by itself, such as cede_after and jobs, is part of
 * a larger struct, and its type says what else is to be done with it.
 */
#include "base/memory.h"
#include "task/future.h"

#include <stdlib.h>
#include <string.h>

/* ---- making ------------------------------------------------------------ */

void cd_promise_init(struct cd_promise *p, const struct cd_promise_type *type,
                     const char *name, const char *site)
{
    cd_future_init(&p->future, name, site);
    /* Nothing to destroy either: see cd_promise_destroy. */
    p->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    p->type = type;
    atomic_init(&p->held, CD_NEVER_HELD);
}

cede_future *cede_promise_named_(const char *name)
{
    struct cd_promise *p = cd_malloc(sizeof *p);
    if (!p)
        return NULL;
    cd_promise_init(p, NULL, name, name);
    return &p->future;
}

cede_future *(cede_promise)(void)
{
    return cede_promise_named_("promise\0");
}

/* ---- resolving --------------------------------------------------------- */

int cd_promise_resolve(cede_future *f, int rc, const struct cd_message *message)
{
    const struct cd_promise_type *type = cd_promise_type(f);
    void (*resolved)(cede_future *) = type ? type->resolved : NULL;
    cd_future_hold(f);
    bool done = f->done;
    if (!done && resolved)
        cd_future_pin(f);
    if (!done)
        cd_future_complete(f, rc, message);
    cd_future_release(f);
    /* It may be gone by now, unless it is pinned. */
    if (done)
        return -EALREADY;
    if (resolved) {
        resolved(f);
        cd_future_unpin(f);
    }
    cd_callbacks_run();
    return 0;
}

static void let_go(cede_future *f)
{
    if (atomic_load(&f->pins) & CD_ABANDONED)
        cd_future_report(f); /* it was not done when it was given back */
    cd_future_unpin(f);
}

void cd_promise_keep(cede_future *f, int rc, const struct cd_message *message)
{
    cd_promise_resolve(f, rc, message);
    let_go(f);
}

/* Nobody has held it: nobody is to be told.  The result is looked at by nobody
 * until it is done, so it may be written to find out. */
static bool seal(cede_future *f, int rc)
{
    int never = CD_NEVER_HELD;
    f->result = rc;
    if (!atomic_compare_exchange_strong(&cd_promise_of(f)->held, &never,
                                        CD_SEALED))
        return false;
    atomic_store_explicit(&f->done, true, memory_order_release);
    return true;
}

void cd_promise_keep_alone(cede_future *f, int rc,
                           const struct cd_message *message)
{
    if (message || !seal(f, rc))
        cd_promise_resolve(f, rc, message);
    let_go(f);
}

int cd_promise_cancel(cede_future *f)
{
    const struct cd_promise_type *type = cd_promise_type(f);
    if (type && type->cancel)
        return type->cancel(f);
    return cd_promise_resolve(f, -ECANCELED, NULL);
}

int cede_resolve(cede_future *f, int result)
{
    if (!f)
        return -ENOMEM;
    const struct cd_promise_type *type = f->loop ? NULL : cd_promise_type(f);
    if (f->loop || (type && type->own))
        return cede_fail(-EINVAL, "%s '%s' is resolved by its end alone",
                         type ? type->kind : "task", f->name);
    if (result == CEDE_EXIT)
        return cede_fail(-EINVAL, "a promise resolved to CEDE_EXIT, which "
                                  "tells a generator to stop and is no result");
    cd_thread_ready();
    return cd_promise_resolve(f, result, cd_message_of(cd_current(), result));
}

/* ---- the end ----------------------------------------------------------- */

/* A lock made by the initializer has nothing that outlives its memory, in any
 * libc that we build with; and a call for each job is one too many. */
void cd_promise_destroy(cede_future *f)
{
    struct cd_promise *p = cd_promise_of(f);
    const struct cd_promise_type *type = p->type;
    if (cd_unlikely(f->message))
        cd_message_free(f->message);
    if (type && type->destroy)
        type->destroy(f);
    else
        free(p);
}
