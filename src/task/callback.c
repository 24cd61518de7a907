/* SPDX-License-Identifier: MIT
 *
 * callback.c - functions to be called when a future is done.
 *
 * A callback belongs to the loop it was registered on, and runs there as work
 * of its own; the loop's memory is kept for it, so that a loop which ended
 * refuses it.  One that was registered on a thread without a loop runs where
 * the future is resolved: as work of that thread's loop, or, without one, as
 * soon as nothing is held, one after the other: a callback that resolves the
 * next future only adds to the list, so chains need no native stack.
 *
 * The future is pinned from when it is done until its callbacks have run.
 */
#include "base/memory.h"
#include "task/future.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

typedef void callback_fn(cede_future *f, void *ctx);

struct callback {
    struct cd_far_watch far; /* its loop is kept; NULL: of no loop */
    callback_fn *cb;
    void *ctx;
    struct cd_locals *locals; /* a copy: it may run on another thread */
};

static void drop(struct callback *c)
{
    if (c->far.loop)
        cd_loop_drop(c->far.loop);
    cd_locals_drop(c->locals);
    free(c);
}

static void run_callback(struct cd_work *w)
{
    struct callback *c = cd_container(w, struct callback, far.work);
    cede_future *f = c->far.future;
    struct cd_locals *before = cd_locals_swap(c->locals);
    const struct cd_loop *l = cd_me.loop;
    int saved = errno; /* of whoever resolves it, or runs the loop */
    c->cb(f, c->ctx);
    cd_loop_check(l); /* NULL: the thread's, which may fork */
    errno = saved;
    c->locals = cd_locals_swap(before);
    cd_future_unpin(f);
    drop(c);
}

/* ---- on threads without a loop ----------------------------------------- */

/* Told and not run yet, first in, first out; last is NULL when there is none,
 * and none of them runs, or is to be. */
static _Thread_local struct {
    struct cd_work *first, *last;
    bool running;
} told;

static void run_here(struct cd_work *w)
{
    w->next = NULL;
    if (told.first)
        told.last->next = w;
    else
        told.first = w;
    told.last = w;
}

void cd_callbacks_run(void)
{
    if (cd_likely(!told.first) || told.running)
        return;
    told.running = true;
    while (told.first) {
        struct cd_work *w = told.first;
        told.first = w->next;
        w->run(w);
    }
    told.running = false;
}

void cd_callbacks_put_off(void)
{
    told.running = true;
}

bool cd_callbacks_due(void)
{
    told.running = false;
    return told.first;
}

/* ---- being told -------------------------------------------------------- */

static void tell_callback(struct cd_watch *w, cede_future *f)
{
    struct callback *c = cd_container(w, struct callback, far.watch);
    if (!c->far.loop) {
        cd_future_pin(f);
        if (cd_me.loop)
            cd_loop_ready(cd_me.loop, &c->far.work);
        else
            run_here(&c->far.work);
    } else if (!cd_far_watch_send(&c->far, f)) {
        cd_future_unpin(f);
        drop(c);
        return;
    }
    cd_future_read(f);
}

/* ---- registering ------------------------------------------------------- */

static struct callback *new_callback(cede_future *f, callback_fn *cb, void *ctx)
{
    struct callback *c = cd_malloc(sizeof *c);
    if (!c || cd_locals_copy(&c->locals) < 0) {
        free(c);
        return NULL;
    }
    c->far.watch.tell = tell_callback;
    c->far.future = f;
    c->far.loop = cd_me.loop;
    c->far.work.run = run_callback;
    c->cb = cb;
    c->ctx = ctx;
    if (c->far.loop)
        cd_loop_keep(c->far.loop);
    return c;
}

static void add(cede_future *f, struct callback *c)
{
    cd_future_hold(f);
    if (f->done)
        tell_callback(&c->far.watch, f);
    else
        cd_list_append(&f->watches, &c->far.watch.node);
    cd_future_release(f);
}

/* On the loop of a task's future. */
static void run_add(struct cd_work *w)
{
    struct callback *c = cd_container(w, struct callback, far.work);
    cede_future *f = c->far.future;
    c->far.work.run = run_callback;
    add(f, c);
    cd_future_unpin(f);
}

/* From a thread that the task's future does not belong to. */
static int add_there(cede_future *f, struct callback *c)
{
    c->far.work.run = run_add;
    if (!cede_done(f) && cd_future_request(f, &c->far.work) == 0)
        return 0;
    c->far.work.run = run_callback;
    if (cede_done(f)) {
        tell_callback(&c->far.watch, f);
        return 0;
    }
    drop(c);
    return cede_fail(-EPERM, "a future watched outside a task%s",
                     cd_task_forked());
}

int cede_on_done(cede_future *f, callback_fn *cb, void *ctx)
{
    if (!f)
        return -ENOMEM;
    if (!cb)
        return cede_fail(-EINVAL, "cede_on_done without a function");
    cd_thread_ready();
    if (!f->loop && cd_promise_stranded(f) < 0)
        return -EPERM;
    /* Else one that registers itself again keeps the run from ending. */
    if (cd_me.loop && cd_me.loop->stopping)
        return cede_fail(CEDE_ECLOSED, "the run is over");
    struct callback *c = new_callback(f, cb, ctx);
    if (!c)
        return -ENOMEM;
    int rc = 0;
    cd_future_ask(f);
    if (f->loop && f->loop != cd_me.loop)
        rc = add_there(f, c);
    else
        add(f, c);
    cd_callbacks_run();
    return rc;
}

/* ---- taking back ------------------------------------------------------- */

/* What belongs to loop, which is NULL for all threads without one. */
static int take_back(cede_future *f, const struct cd_loop *loop,
                     callback_fn *cb, const void *ctx)
{
    int n = 0;
    struct cd_list *next;
    for (struct cd_list *at = f->watches.next; at != &f->watches; at = next) {
        struct callback *c = cd_container(at, struct callback, far.watch.node);
        next = at->next;
        if (c->far.watch.tell != tell_callback || c->far.loop != loop ||
            c->cb != cb || c->ctx != ctx)
            continue;
        cd_list_remove(at);
        drop(c);
        n++;
    }
    return n;
}

/* A thread without a loop has that of the task's do it. */
struct errand {
    cede_future *future;
    callback_fn *cb;
    void *ctx;
    int n;
    sem_t sem;
    struct cd_work request;
};

static void run_errand(struct cd_work *w)
{
    struct errand *e = cd_container(w, struct errand, request);
    cede_future *f = e->future;
    e->n = take_back(f, NULL, e->cb, e->ctx);
    sem_post(&e->sem); /* from here on its frame may be gone */
    cd_future_unpin(f);
}

static int take_back_there(cede_future *f, callback_fn *cb, void *ctx)
{
    int saved = errno;
    struct errand e = {
        .future = f, .cb = cb, .ctx = ctx, .request.run = run_errand};
    sem_init(&e.sem, 0, 0);
    bool asked = cd_future_request(f, &e.request) == 0;
    while (asked && sem_wait(&e.sem) < 0)
        ; /* interrupted by a signal */
    sem_destroy(&e.sem);
    errno = saved;
    return e.n;
}

int cede_off_done(cede_future *f, callback_fn *cb, void *ctx)
{
    if (!f)
        return -ENOMEM;
    if (f->loop && f->loop != cd_me.loop) {
        if (cede_done(f))
            return 0;
        cd_thread_ready();
        if (cd_me.loop)
            return cede_fail(-EPERM,
                             "a callback of a task of another "
                             "thread's loop, taken back in task '%s'",
                             cede_task_name());
        return take_back_there(f, cb, ctx);
    }
    cd_future_hold(f);
    int n = take_back(f, cd_me.loop, cb, ctx);
    cd_future_release(f);
    return n;
}
