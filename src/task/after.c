/* SPDX-License-Identifier: MIT
 *
 * after.c - promises of the clock.
 *
 * Each has a timer in the loop that it was made on.  That timer pins it, and is
 * removed on the loop's thread, whoever ends it early.
 */
#include "base/memory.h"
#include "task/future.h"

#include <stdlib.h>

/* Linked in its run's afters: pins itself, and its timer may be set. */
struct cd_after {
    struct cd_promise promise;
    struct cd_list node;
    struct cd_loop *loop; /* kept; NULL: it was refused */
    struct cd_timer timer;
    struct cd_work work; /* to remove the timer, with a pin of its own */
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

/* By whomever. */
static void resolved(cede_future *f)
{
    struct cd_after *a = cd_container(f, struct cd_after, promise.future);
    if (!a->loop || a->loop == cd_me.loop) {
        stop(a);
        return;
    }
    cd_future_pin(f);
    if (cd_loop_post(a->loop, &a->work) < 0)
        cd_future_unpin(f); /* the run's end removes it */
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

/* A loop that ends resolves what it has promised before it is closed. */
static bool stranded(const cede_future *f)
{
    const struct cd_after *a =
        cd_container(f, const struct cd_after, promise.future);
    return a->loop && cd_loop_closed(a->loop) && !cede_done(f);
}

static void destroy(cede_future *f)
{
    struct cd_after *a = cd_container(f, struct cd_after, promise.future);
    if (a->loop)
        cd_loop_drop(a->loop);
    free(a);
}

static const struct cd_promise_type after_type = {.kind = "promise",
                                                  .resolved = resolved,
                                                  .stranded = stranded,
                                                  .destroy = destroy};

static void start(struct cd_after *a, cede_time delay)
{
    a->loop = cd_me.loop;
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
    cd_promise_init(&a->promise, &after_type, name, name);
    cd_list_init(&a->node);
    cd_thread_ready();
    int rc = refuse(result);
    a->result = result;
    if (rc < 0)
        (void)cede_resolve(&a->promise.future, rc); /* with its message */
    else
        start(a, delay);
    return &a->promise.future;
}

cede_future *(cede_after)(cede_time delay, int result)
{
    return cede_after_named_("after\0", delay, result);
}
