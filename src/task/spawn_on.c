/* SPDX-License-Identifier: MIT
 *
 * spawn_on.c - tasks that are started from other threads.
 *
 * What the caller gets is a promise, which any thread may await, watch and
 * give back.  A post starts the task in the loop's background; the task's
 * function is task_main, which resolves the promise at its end.  To cancel it
 * is a post as well.
 */
#include "task/future.h"
#include "task/loop.h"

#include <stdlib.h>

/* Pinned until the task is over, or will never be. */
struct remote {
    struct cd_promise promise;
    struct cede_loop *loop; /* kept */
    cede_fn *fn;
    struct cd_locals *locals; /* a copy of the caller's, until it starts */
    struct cd_work start;
    struct cd_work cancel; /* with a pin of its own */
    atomic_bool cancel_sent;
    atomic_bool began;
    /* Of the loop's thread: */
    bool cancelled;       /* perhaps before its first step */
    struct cd_task *task; /* NULL: before its first step, or over */
};

static struct remote *remote_of(cede_future *f)
{
    return cd_container(f, struct remote, promise.future);
}

/* ---- the task ---------------------------------------------------------- */

static void reach(struct remote *r)
{
    if (r->task)
        cd_scope_cancel(&r->task->root, "its future was cancelled");
}

static int task_main(void *arg)
{
    struct remote *r = arg;
    struct cd_task *t = r->task = cd_me.task;
    atomic_store(&r->began, true);
    if (r->cancelled)
        reach(r);
    int rc = r->fn(r->promise.future.arg);
    r->task = NULL;
    cd_promise_keep(&r->promise.future, rc, cd_message_of(&t->co, rc));
    return 0; /* as far as the background is concerned */
}

static int start_task(struct remote *r)
{
    struct cede_loop *l = r->loop;
    if (atomic_load(&l->closing) || l->loop.stopping)
        return CEDE_ECLOSED;
    if (!r->fn)
        return -EINVAL;
    const char *name = r->promise.future.name;
    struct cd_start s = {.name = name, .site = name, .fn = task_main, .arg = r};
    struct cd_locals *before = cd_locals_swap(r->locals);
    int rc = cd_task_start(&l->run.background, &s);
    r->locals = cd_locals_swap(before);
    return rc;
}

static void run_start(struct cd_work *w)
{
    struct remote *r = cd_container(w, struct remote, start);
    struct cd_coro *co = cd_current();
    struct cd_message *before = cd_message_lift(co);
    int rc = start_task(r);
    cd_locals_drop(r->locals);
    r->locals = NULL;
    if (rc < 0)
        cd_promise_keep(&r->promise.future, rc, cd_message_of(co, rc));
    cd_message_set(co, before);
}

/* ---- cancelling -------------------------------------------------------- */

static void run_cancel(struct cd_work *w)
{
    struct remote *r = cd_container(w, struct remote, cancel);
    r->cancelled = true;
    reach(r);
    cd_future_unpin(&r->promise.future);
}

static int cancel(cede_future *f)
{
    struct remote *r = remote_of(f);
    if (cede_done(f))
        return -EALREADY;
    if (atomic_exchange(&r->cancel_sent, true))
        return 0;
    cd_future_pin(f);
    if (&r->loop->loop == cd_me.loop)
        run_cancel(&r->cancel);
    else if (cd_loop_post(&r->loop->loop, &r->cancel) < 0)
        cd_future_unpin(f); /* it is about to be done */
    return 0;
}

/* ---- the promise ------------------------------------------------------- */

static bool running(const cede_future *f)
{
    const struct remote *r =
        cd_container(f, const struct remote, promise.future);
    return atomic_load(&r->began) && !cede_done(f);
}

static bool stranded(const cede_future *f)
{
    const struct remote *r =
        cd_container(f, const struct remote, promise.future);
    return !r->loop->owner && !cede_done(f);
}

static void destroy(cede_future *f)
{
    struct remote *r = remote_of(f);
    cd_loop_drop(&r->loop->loop);
    free(r);
}

static const struct cd_promise_type remote_type = {.kind = "task",
                                                   .own = true,
                                                   .cancel = cancel,
                                                   .running = running,
                                                   .stranded = stranded,
                                                   .destroy = destroy};

static void send(struct remote *r)
{
    cede_future *f = &r->promise.future;
    r->start.run = run_start;
    r->cancel.run = run_cancel;
    cd_future_pin(f);
    if (!atomic_load(&r->loop->closing) &&
        cd_loop_post(&r->loop->loop, &r->start) == 0)
        return;
    cd_locals_drop(r->locals);
    cd_promise_keep(f, r->loop->owner ? CEDE_ECLOSED : -EPERM, NULL);
}

cede_future *cede_loop_spawn_on_named_(cede_loop *l, const char *name,
                                       cede_fn *fn, void *arg)
{
    struct remote *r = l ? cd_zalloc(sizeof *r) : NULL;
    if (!r)
        return NULL;
    cd_thread_ready();
    if (cd_locals_copy(&r->locals) < 0) {
        free(r);
        return NULL;
    }
    cd_promise_init(&r->promise, &remote_type, name, name);
    r->promise.future.arg = arg;
    r->fn = fn;
    r->loop = l;
    cd_loop_keep(&l->loop);
    send(r);
    return &r->promise.future;
}

cede_future *(cede_loop_spawn_on)(cede_loop *l, cede_fn *fn, void *arg)
{
    return cede_loop_spawn_on_named_(l, "task\0", fn, arg);
}
