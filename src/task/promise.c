/* SPDX-License-Identifier: MIT
 *
 * promise.c - futures that somebody resolves, or the clock.
 *
 * A promise is resolved under its lock, and whoever awaits it is told under
 * it: so once the lock was had by whoever gives the promise back, nobody else
 * is in there, except for those who pinned it.
 *
 * What cede_after promises has a timer in the loop that it was made on.  That
 * timer pins it, and is removed on the loop's thread, whoever ends it early.
 */
#include "base/memory.h"
#include "task/future.h"

#include <stdlib.h>
#include <string.h>

/* ---- making ------------------------------------------------------------ */

static void init(struct cd_promise *p, const char *site)
{
    cd_future_init(&p->future, site, site);
    pthread_mutex_init(&p->lock, NULL);
    p->after = NULL;
}

cede_future *cede_promise_named_(const char *name)
{
    struct cd_promise *p = cd_malloc(sizeof *p);
    if (!p)
        return NULL;
    init(p, name);
    return &p->future;
}

cede_future *(cede_promise)(void)
{
    return cede_promise_named_("promise\0");
}

/* ---- resolving --------------------------------------------------------- */

static void end_early(struct cd_after *a);

int cd_promise_resolve(cede_future *f, int rc, const struct cd_message *message)
{
    struct cd_after *after = cd_promise_of(f)->after;
    cd_future_hold(f);
    bool done = f->done;
    if (!done && after)
        cd_future_pin(f);
    if (!done)
        cd_future_complete(f, rc, message);
    cd_future_release(f);
    /* It may be gone by now, unless it is pinned. */
    if (done)
        return -EALREADY;
    if (after)
        end_early(after);
    cd_callbacks_run();
    return 0;
}

int cede_resolve(cede_future *f, int result)
{
    if (!f)
        return -ENOMEM;
    if (f->loop)
        return cede_fail(-EINVAL, "task '%s' is resolved by its end alone",
                         f->name);
    if (result == CEDE_EXIT)
        return cede_fail(-EINVAL, "a promise resolved to CEDE_EXIT, which "
                                  "tells a generator to stop and is no result");
    cd_thread_ready();
    return cd_promise_resolve(f, result, cd_message_of(cd_current(), result));
}

/* ---- cede_after -------------------------------------------------------- */

/* Linked in its run's afters: pins itself, and its timer may be set. */
struct cd_after {
    struct cd_promise promise;
    struct cd_list node;
    struct cd_loop *loop; /* kept */
    struct cd_timer timer;
    struct cd_work work; /* to remove the timer; its pin is there already */
    int result;
};

/* On its loop's thread. */
static void stop(struct cd_after *a)
{
    if (!cd_list_linked(&a->node))
        return;
    cd_list_remove(&a->node);
    if (cd_timer_is_set(&a->timer))
        cd_timer_cancel(&a->loop->timers, &a->timer);
    cd_future_unpin(&a->promise.future);
}

static void run_stop(struct cd_work *w)
{
    struct cd_after *a = cd_container(w, struct cd_after, work);
    cede_future *f = &a->promise.future;
    stop(a);
    cd_future_unpin(f);
}

/* It is done and pinned for this. */
static void end_early(struct cd_after *a)
{
    if (a->loop == cd_me.loop)
        run_stop(&a->work);
    else if (cd_loop_post(a->loop, &a->work) < 0)
        cd_future_unpin(&a->promise.future); /* the run's end removes it */
}

static void resolve(struct cd_after *a, int result)
{
    if (cd_promise_resolve(&a->promise.future, result, NULL) < 0)
        stop(a); /* another thread was first, and has not been here yet */
}

static void fire(struct cd_timer *timer)
{
    struct cd_after *a = cd_container(timer, struct cd_after, timer);
    resolve(a, a->result);
}

void cd_afters_end(struct cd_run *run)
{
    while (!cd_list_empty(&run->afters)) {
        struct cd_after *a =
            cd_container(run->afters.next, struct cd_after, node);
        cd_future_read(&a->promise.future); /* nobody failed */
        resolve(a, CEDE_ECLOSED);
    }
}

static void start(struct cd_after *a, cede_time delay)
{
    a->loop = cd_me.loop;
    a->promise.after = a;
    a->work.run = run_stop;
    a->timer = (struct cd_timer){.when = cede_in(delay), .fire = fire};
    cd_loop_keep(a->loop);
    cd_future_pin(&a->promise.future);
    cd_list_append(&cd_me.run->afters, &a->node);
    if (a->timer.when != CEDE_NEVER)
        cd_timer_set(&a->loop->timers, &a->timer);
}

/* Why there is no waiting for it. */
static int refuse(int result)
{
    if (!cd_me.run)
        return cede_fail(-EPERM,
                         "cede_after called on a thread without a "
                         "loop%s",
                         cd_task_forked());
    if (result == CEDE_EXIT)
        return cede_fail(-EINVAL, "cede_after with CEDE_EXIT for a result");
    if (cd_me.loop->stopping)
        return cede_fail(CEDE_ECLOSED, "the run is over");
    return 0;
}

cede_future *cede_after_named_(const char *name, cede_time delay, int result)
{
    struct cd_after *a = cd_zalloc(sizeof *a);
    if (!a)
        return NULL;
    init(&a->promise, name);
    cd_thread_ready();
    int rc = refuse(result);
    a->result = result;
    if (rc < 0)
        (void)cede_resolve(&a->promise.future, rc);
    else
        start(a, delay);
    return &a->promise.future;
}

cede_future *(cede_after)(cede_time delay, int result)
{
    return cede_after_named_("after\0", delay, result);
}

/* ---- the end ----------------------------------------------------------- */

/* A loop that ends resolves what it has promised before it is closed. */
bool cd_promise_stranded(const cede_future *f)
{
    const struct cd_after *after =
        cd_container(f, const struct cd_promise, future)->after;
    return after && cd_loop_closed(after->loop) && !cede_done(f);
}

void cd_promise_destroy(cede_future *f)
{
    struct cd_promise *p = cd_promise_of(f);
    if (p->after)
        cd_loop_drop(p->after->loop);
    cd_message_free(f->message);
    pthread_mutex_destroy(&p->lock);
    free(p->after ? (void *)p->after : (void *)p);
}
