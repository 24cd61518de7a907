/* SPDX-License-Identifier: MIT
 *
 * future.c - what is done once: await, cancel, read, give back.
 *
 * What is here is for both kinds of futures, or for those of tasks; promises
 * have a file of their own, and so has awaiting across threads.  Other threads
 * may read whether a task is over, and post requests to its loop: cancel it,
 * wake me or call me when it is.
 *
 * Who gives a future back while others need it leaves it to the last of them.
 * A task's future is freed on its loop's thread, where its memory came from,
 * or anywhere once that loop is over.
 */
#include "task/future.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline __attribute__((always_inline)) void
init(cede_future *f, const char *name, const char *site, bool read)
{
    f->task = NULL;
    f->name = name;
    f->site = site;
    f->message = NULL;
    f->result = -EAGAIN;
    atomic_init(&f->done, false);
    atomic_init(&f->asked, false);
    atomic_init(&f->read, read);
    f->cancelled_early = false;
    f->given_back = false;
    atomic_init(&f->pins, 0);
    atomic_init(&f->asks, 0);
    cd_list_init(&f->watches);
    cd_list_init(&f->node);
}

void cd_future_init(cede_future *f, const char *name, const char *site)
{
    f->loop = NULL;
    f->run = NULL;
    f->arg = NULL;
    init(f, name, site, false);
}

cede_future *cd_future_new(struct cd_group *g, const char *name,
                           const char *site, void *arg)
{
    struct cd_run *run = g->run;
    cede_future *f = cd_blocks_take(&run->futures, sizeof *f);
    if (!f)
        return NULL;
    /* A group reads the failures of its children by itself. */
    init(f, name, site, g != &run->background);
    f->loop = run->loop;
    f->run = run;
    f->arg = arg;
    cd_loop_borrow(f->loop);
    return f;
}

/* ---- what nobody reads ------------------------------------------------- */

static const char *kind(const cede_future *f)
{
    const struct cd_promise_type *type = f->loop ? NULL : cd_promise_type(f);
    return f->loop ? "task" : type ? type->kind : "promise";
}

static void describe(const cede_future *f, const char *what, char *buf,
                     size_t size)
{
    const char *place = cd_place(f->site);
    snprintf(buf, size, "nobody %s of a %s%s%s", what, kind(f),
             !*place   ? ""
             : f->loop ? " started at "
                       : " made at ",
             place);
}

void cd_future_report(cede_future *f)
{
    if (!cede_done(f) || !cd_future_failed(f) || f->result == -ECANCELED)
        return;
    if (atomic_exchange_explicit(&f->read, true, memory_order_relaxed))
        return;
    char text[256];
    describe(f, "read the failure", text, sizeof text);
    cd_report(text, f->loop ? f->name : "", f->result, f->message);
}

/* Failures have a report of their own; a task that answers 0 says nothing; and
 * a promise that nobody has resolved was not wanted either. */
static bool has_something_to_say(const cede_future *f)
{
    if (f->loop)
        return f->result > 0;
    return f->result >= 0 || f->result == CEDE_EBROKEN;
}

void cd_future_report_unasked(cede_future *f)
{
    if (!cd_me.debug || !cede_done(f) || !has_something_to_say(f))
        return;
    if (atomic_exchange_explicit(&f->asked, true, memory_order_relaxed))
        return;
    char text[256];
    describe(f, "asked for the result", text, sizeof text);
    cd_notice(text, f->loop ? f->name : "", -EAGAIN);
}

/* ---- the end of a future ----------------------------------------------- */

static inline __attribute__((always_inline)) void destroy(cede_future *f)
{
    struct cd_loop *loop = f->loop;
    if (cd_unlikely(f->message))
        cd_message_free(f->message);
    if (cd_unlikely(loop->over))
        free(f);
    else
        cd_blocks_give(&f->run->futures, f);
    cd_loop_return(loop);
}

static void run_destroy(struct cd_work *w)
{
    destroy(cd_container(w, cede_future, work));
}

/* On any thread. */
static void destroy_anywhere(cede_future *f)
{
    struct cd_loop *loop = f->loop;
    if (!loop) {
        cd_promise_destroy(f);
        return;
    }
    f->work.run = run_destroy;
    if (loop == cd_me.loop) {
        destroy(f);
    } else if (cd_loop_post(loop, &f->work) < 0) {
        cd_message_free(f->message);
        free(f);
        cd_loop_drop(loop); /* whether its thread knows that it is over */
    }
}

/* It is done and given back: only who pinned it still needs it. */
static void abandon(cede_future *f)
{
    /* If nobody has it pinned, nobody is left who could pin it. */
    if (atomic_load_explicit(&f->pins, memory_order_acquire) == 0 ||
        atomic_fetch_or(&f->pins, CD_ABANDONED) == 0)
        destroy_anywhere(f);
}

void cd_future_unpin(cede_future *f)
{
    if (atomic_fetch_sub(&f->pins, 1) == (CD_ABANDONED | 1))
        destroy_anywhere(f);
}

static __attribute__((noinline)) void dispose(cede_future *f)
{
    cd_future_report(f);
    cd_future_report_unasked(f);
    abandon(f);
}

/* ---- being done -------------------------------------------------------- */

/* A task's wait for a future of its own loop's: the wait stands in the list of
 * watches by its own node, because that is half the work of two nodes. */
struct await {
    union {
        struct cd_watch watch;
        struct {
            void (*tell)(struct cd_watch *w, cede_future *f);
            struct cd_wait wait;
        };
    };
    cede_future *future;
    struct cd_message *message; /* a copy for this awaiter */
};

static_assert(offsetof(struct await, wait.node) ==
                  offsetof(struct await, watch.node),
              "a watch finds its list where the wait does");

static inline void tell_task(struct cd_watch *w, cede_future *f)
{
    struct await *a = cd_container(w, struct await, watch);
    if (cd_unlikely(f->result < 0)) {
        cd_future_read(f);
        a->message = cd_message_copy(f->message);
    }
    cd_wait_grant(&a->wait, f->result);
}

static inline void complete(cede_future *f, int rc,
                            const struct cd_message *message)
{
    f->result = rc;
    if (cd_unlikely(message))
        f->message = cd_message_copy(message);
    atomic_store_explicit(&f->done, true, memory_order_release);
    while (!cd_list_empty(&f->watches)) {
        struct cd_watch *w =
            cd_container(f->watches.next, struct cd_watch, node);
        if (cd_likely(w->tell == tell_task)) {
            tell_task(w, f);
        } else {
            cd_list_remove(&w->node);
            w->tell(w, f);
        }
    }
}

void cd_future_complete(cede_future *f, int rc,
                        const struct cd_message *message)
{
    complete(f, rc, message);
}

void cd_future_resolve(cede_future *f, int rc, const struct cd_message *message)
{
    complete(f, rc, message);
    if (cd_unlikely(f->given_back))
        dispose(f);
}

bool cd_watch_begin(struct cd_watch *w, cede_future *f)
{
    cd_future_ask(f);
    cd_future_hold(f);
    bool done = f->done;
    if (!done)
        cd_list_append(&f->watches, &w->node);
    cd_future_release(f);
    return !done;
}

bool cd_watch_end(struct cd_watch *w, cede_future *f)
{
    cd_future_hold(f);
    bool watching = cd_list_linked(&w->node);
    cd_list_remove(&w->node);
    cd_future_release(f);
    return watching;
}

bool cd_far_watch_send(struct cd_far_watch *w, cede_future *f)
{
    cd_future_pin(f);
    if (w->loop != cd_me.loop)
        return cd_loop_post(w->loop, &w->work) == 0;
    cd_loop_ready(w->loop, &w->work);
    return true;
}

/* ---- awaiting in a task ------------------------------------------------ */

int cd_future_told(int rc, struct cd_message *message)
{
    if (rc < 0)
        cd_message_set(cd_current(), message);
    else if (cd_unlikely(message))
        cd_message_free(message);
    return rc;
}

int cd_future_answer(cede_future *f)
{
    cd_future_ask(f);
    if (f->result >= 0)
        return f->result;
    cd_future_read(f);
    return cd_future_told(f->result, cd_message_copy(f->message));
}

/* All awaits of tasks have this abort function, so one can tell them from
 * other waits. */
static bool await_abort(struct cd_wait *w)
{
    (void)w;
    return true;
}

const cede_future *cd_future_awaited(const struct cd_wait *w)
{
    return w->abort == await_abort
               ? cd_container(w, const struct await, wait)->future
               : NULL;
}

/* Would t, by awaiting f, wait for itself?  Asked only of tasks that somebody
 * awaits: nobody else can close a circle. */
static bool circular(const struct cd_task *t, const cede_future *f)
{
    if (f->task == t)
        return true;
    if (!t->future || cd_list_empty(&t->future->watches))
        return false;
    const struct cd_wait *w = f->task ? f->task->wait : NULL;
    while (w) {
        const cede_future *next = cd_future_awaited(w);
        if (next && next->task == t)
            return true;
        w = next && next->task ? next->task->wait : NULL;
    }
    return false;
}

static int await_in_task(struct cd_task *t, cede_future *f)
{
    int rc = cd_checkpoint_begin(t);
    if (rc < 0)
        return rc;
    if (f->done) {
        rc = cd_future_answer(f);
        cd_checkpoint_end(t); /* f may be gone after that */
        return rc;
    }
    if (cd_unlikely(circular(t, f)))
        return cede_fail(-EDEADLK,
                         "task '%s' awaits itself, or one that "
                         "waits for it",
                         t->co.name);
    struct await a;
    a.wait.abort = await_abort;
    a.tell = tell_task;
    a.future = f;
    a.message = NULL;
    cd_future_ask(f);
    rc = cd_wait_in(&a.wait, &f->watches, "await");
    return cd_future_told(rc, a.message);
}

/* ---- requests of other threads ----------------------------------------- */

int cd_future_request(cede_future *f, struct cd_work *w)
{
    cd_future_pin(f);
    int rc = cd_loop_post(f->loop, w);
    if (rc < 0)
        cd_future_unpin(f);
    return rc;
}

int cede_await(cede_future *f)
{
    if (!f)
        return -ENOMEM;
    struct cd_task *t = cd_me.task;
    if (cd_likely(t && f->loop == t->loop))
        return await_in_task(t, f);
    return cd_await_other(t, f);
}

/* ---- cancelling -------------------------------------------------------- */

static void cancel(cede_future *f)
{
    if (f->task)
        cd_scope_cancel(&f->task->root, "the task was cancelled");
    else
        f->cancelled_early = true; /* or too late, when it is done */
}

static void give_back(cede_future *f);

enum { CANCEL = 1, GIVE_BACK = 2 };

static void run_asks(struct cd_work *w)
{
    cede_future *f = cd_container(w, cede_future, work);
    unsigned asks = atomic_exchange(&f->asks, 0);
    if (asks & CANCEL)
        cancel(f);
    if (asks & GIVE_BACK)
        give_back(f);
    cd_future_unpin(f);
}

/* Have the future's own loop do what only it may.  What is asked while it is
 * on its way there goes along.  0 or CEDE_ECLOSED. */
static int ask_loop(cede_future *f, unsigned what)
{
    if (atomic_fetch_or(&f->asks, what) != 0)
        return 0;
    f->work.run = run_asks;
    int rc = cd_future_request(f, &f->work);
    if (rc < 0)
        atomic_store(&f->asks, 0); /* nothing is on its way */
    return rc;
}

int cede_cancel(cede_future *f)
{
    if (!f)
        return -ENOMEM;
    if (!f->loop)
        return cd_promise_cancel(f);
    if (cede_done(f))
        return -EALREADY;
    if (f->loop == cd_me.loop)
        cancel(f);
    else
        ask_loop(f, CANCEL);
    return 0;
}

bool cede_running(const cede_future *f)
{
    if (!f || cede_done(f))
        return false;
    if (f->loop)
        return f->loop == cd_me.loop && f->task;
    const struct cd_promise_type *type = cd_promise_type(f);
    return type && type->running && type->running(f);
}

/* ---- reading and giving back ------------------------------------------- */

bool cede_done(const cede_future *f)
{
    return !f || atomic_load_explicit(&f->done, memory_order_acquire);
}

int cede_result(const cede_future *f)
{
    if (!f)
        return -ENOMEM;
    cd_future_ask(f);
    if (!cede_done(f))
        return -EAGAIN;
    cd_future_read(f);
    return f->result;
}

void *cede_arg(const cede_future *f)
{
    return f ? f->arg : NULL;
}

/* On its loop's thread. */
static void give_back(cede_future *f)
{
    cd_list_remove(&f->node);
    /* One branch for both: a result that nobody asked for takes longer. */
    bool settled = (f->result == 0) | ((f->result > 0) & f->asked);
    if (cd_likely(f->done && settled && f->pins == 0)) {
        destroy(f);
    } else if (cede_done(f)) {
        dispose(f);
    } else {
        f->given_back = true; /* the task's end disposes of it */
    }
}

/* Breaks it, if nobody resolved it; else waits for whoever did so to let go of
 * it.  One whose end comes by itself is pinned until then. */
static void give_back_promise(cede_future *f)
{
    const struct cd_promise_type *type = cd_promise_type(f);
    bool own = type && type->own;
    if (!own && cd_promise_resolve(f, CEDE_EBROKEN, NULL) == 0)
        cd_future_read(f); /* nobody failed */
    if (cede_done(f) && f->result >= 0 && f->asked && f->pins == 0)
        cd_promise_destroy(f);
    else
        dispose(f);
}

static __attribute__((noinline)) void give_back_elsewhere(cede_future *f)
{
    if (!f->loop) {
        give_back_promise(f);
    } else if (ask_loop(f, GIVE_BACK) < 0) {
        dispose(f); /* its loop is over, and so is its task */
    }
}

void cede_future_free(cede_future *f)
{
    if (!f)
        return;
    if (cd_likely(f->loop && f->loop == cd_me.loop))
        give_back(f);
    else
        give_back_elsewhere(f);
}
