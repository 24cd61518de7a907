/* SPDX-License-Identifier: MIT
 *
 * await.c - awaiting what does not belong to the running task's loop: promises,
 * and whatever a thread without a loop waits for.
 *
 * A promise may be resolved by any thread.  A task that awaits one is made
 * ready by its own loop alone, so the news may be on its way when the task is
 * cancelled: then it is not, for it could not tell what it has got.  A thread
 * blocks on a bell in its frame.
 */
#include "base/bell.h"
#include "base/memory.h"
#include "task/future.h"

/* ---- a promise, in a task ---------------------------------------------- */

struct await {
    struct cd_wait wait;
    struct cd_far_watch far;
    struct cd_message *message;
};

/* On the task's loop. */
static void grant(struct await *a, cede_future *f)
{
    cd_future_read(f);
    a->message = cd_message_copy(f->message);
    cd_wait_grant(&a->wait, f->result);
}

static void tell_far(struct cd_watch *w, cede_future *f)
{
    struct await *a = cd_container(w, struct await, far.watch);
    if (a->far.loop == cd_me.loop)
        grant(a, f);
    else if (!cd_far_watch_send(&a->far, f))
        cd_future_unpin(f); /* a fork: the loop is in the other process */
}

static void run_grant(struct cd_work *w)
{
    struct await *a = cd_container(w, struct await, far.work);
    cede_future *f = a->far.future;
    grant(a, f);
    cd_future_unpin(f);
}

/* Not once the news is on its way: completion beats cancellation.  Nor where
 * the end must be waited for; cancelling it may bring that about. */
static bool await_abort(struct cd_wait *w)
{
    struct await *a = cd_container(w, struct await, wait);
    cede_future *f = a->far.future;
    const struct cd_promise_type *type = cd_promise_type(f);
    if (type && type->held) {
        (void)type->cancel(f);
        return false;
    }
    return cd_watch_end(&a->far.watch, f);
}

const cede_future *cd_promise_awaited(const struct cd_wait *w)
{
    return w->abort == await_abort
               ? cd_container(w, const struct await, wait)->far.future
               : NULL;
}

/* Must whoever awaits it wait for its end? */
static bool holds(const cede_future *f)
{
    const struct cd_promise_type *type = cd_promise_type(f);
    return type && type->held;
}

/* Without its lock.  Not one whose resolver is not to be met by whoever gives
 * it back: he must have let go of it before we see that it is done. */
static bool done_already(const cede_future *f)
{
    const struct cd_promise_type *type = cd_promise_type(f);
    return type && type->own && cede_done(f);
}

static bool has_work(const struct cd_loop *l)
{
    return l->ready || l->late ||
           atomic_load_explicit(&l->inbox, memory_order_relaxed);
}

/* Not where the loop has something to do, or must not sleep. */
static void linger(const struct cd_loop *l, const cede_future *f)
{
    const struct cd_promise_type *type = cd_promise_type(f);
    if (!type || !type->linger || cede_done(f))
        return;
    if (!has_work(l) && !l->steps_only && !l->guide)
        type->linger(f);
}

static int wait_for(struct cd_task *t, cede_future *f)
{
    struct await a = {.wait.abort = await_abort,
                      .far = {.watch.tell = tell_far,
                              .future = f,
                              .loop = t->loop,
                              .work.run = run_grant}};
    if (cd_watch_begin(&a.far.watch, f)) {
        int rc = cd_wait_in(&a.wait, NULL, "await");
        return cd_future_told(rc, a.message);
    }
    int rc = cd_future_answer(f);
    cd_checkpoint_end(t);
    return rc;
}

/* One whose end must be waited for, where the scope is cancelled or others are
 * to run first, who may give it back.  A cancelled scope does not end the wait,
 * be the job done or not: what is answered depends on nobody's pace. */
static __attribute__((noinline)) int await_held(struct cd_task *t,
                                                cede_future *f)
{
    cd_future_pin(f);
    if (cd_task_begins(t) < 0 && !cede_done(f))
        (void)cd_promise_type(f)->cancel(f);
    int rc = wait_for(t, f);
    cd_future_unpin(f);
    return rc;
}

static int await_promise(struct cd_task *t, cede_future *f)
{
    if (cd_unlikely(cd_checkpoint_due(t) && holds(f)))
        return await_held(t, f);
    int rc = cd_checkpoint_begin(t);
    if (rc < 0)
        return rc;
    linger(t->loop, f);
    if (!done_already(f))
        return wait_for(t, f);
    rc = cd_future_answer(f);
    cd_checkpoint_end(t);
    return rc;
}

/* ---- on a thread ------------------------------------------------------- */

/* The wait of a thread that stands outside of any loop. */
struct thread_await {
    struct cd_watch watch;
    cede_future *future;
    int rc;
    struct cd_message *message;
    atomic_int told;
    struct cd_work request; /* how it gets to a task's loop */
    struct cd_work undo;    /* and how it is taken back there: */
    atomic_int undone;
    bool gave_up; /* it was, and will not be told */
};

static void tell_thread(struct cd_watch *w, cede_future *f)
{
    struct thread_await *a = cd_container(w, struct thread_await, watch);
    cd_future_read(f);
    a->rc = f->result;
    a->message = cd_message_copy(f->message);
    cd_bell_ring(&a->told); /* from here on its frame may be gone */
}

/* While it is held. */
static void join_watches(cede_future *f, struct cd_watch *w)
{
    if (f->done)
        w->tell(w, f);
    else
        cd_list_append(&f->watches, &w->node);
}

/* On the loop: a thread wants to be told. */
static void run_request(struct cd_work *w)
{
    struct thread_await *a = cd_container(w, struct thread_await, request);
    cede_future *f = a->future;
    join_watches(f, &a->watch);
    cd_future_unpin(f);
}

/* Will the thread be told? */
static bool ask(struct thread_await *a, cede_future *f)
{
    cd_future_ask(f);
    if (f->loop)
        return !cede_done(f) && cd_future_request(f, &a->request) == 0;
    cd_future_hold(f);
    join_watches(f, &a->watch);
    cd_future_release(f);
    return true;
}

/* On the kernel's clock. */
static cede_time after(cede_time delay)
{
    cede_time when;
    return __builtin_add_overflow(cd_monotonic(), delay, &when) ? CEDE_NEVER
                                                                : when;
}

static void run_undo(struct cd_work *w)
{
    struct thread_await *a = cd_container(w, struct thread_await, undo);
    cede_future *f = a->future;
    a->gave_up = cd_watch_end(&a->watch, f);
    cd_bell_ring(&a->undone); /* from here on its frame may be gone */
    cd_future_unpin(f);
}

/* Not to be told any more, unless it was already, or no loop is there any more
 * because it was. */
static void give_up(struct thread_await *a)
{
    cede_future *f = a->future;
    if (f->loop && cd_future_request(f, &a->undo) == 0)
        cd_bell_wait(&a->undone, CEDE_NEVER);
    if (!f->loop)
        a->gave_up = cd_watch_end(&a->watch, f);
}

/* Block this thread until f is done, or for so long.  It may be gone once the
 * thread is told. */
static int block(cede_future *f, cede_time delay)
{
    struct thread_await a = {.watch.tell = tell_thread,
                             .future = f,
                             .request.run = run_request,
                             .undo.run = run_undo};
    cd_list_init(&a.watch.node);
    bool asked = ask(&a, f);
    if (asked && !cd_bell_wait(&a.told, after(delay))) {
        give_up(&a);
        if (a.gave_up)
            return -ETIMEDOUT;
        cd_bell_wait(&a.told, CEDE_NEVER);
    }
    if (asked)
        return cd_future_told(a.rc, a.message);
    if (!cede_done(f)) /* refused, though its loop runs: in the parent */
        return cede_fail(-EPERM, "a future awaited outside a task%s",
                         cd_task_forked());
    return cd_future_answer(f);
}

int cd_await_blocking(cede_future *f, cede_time delay)
{
    cd_thread_ready();
    return block(f, delay);
}

/* ---- which of these ---------------------------------------------------- */

/* On a loop's thread, outside of a task or in one of another loop. */
static int refuse(const struct cd_task *t)
{
    if (t)
        return cede_fail(-EPERM,
                         "a future of another thread's loop, awaited in "
                         "task '%s'",
                         t->co.name);
    cd_task_missing("cede_await of what is not done");
    return -EPERM;
}

int cd_promise_stranded(const cede_future *f)
{
    const struct cd_promise_type *type = cd_promise_type(f);
    if (cede_done(f) || !type || !type->stranded || !type->stranded(f))
        return 0;
    return cede_fail(-EPERM, "what was promised before a fork comes in the "
                             "parent alone");
}

int cd_promise_hopeless(const cede_future *f)
{
    const struct cd_promise_type *type = cd_promise_type(f);
    if (type && type->from_here && type->from_here(f))
        return cede_fail(-EDEADLK, "%s '%s' waits for itself", type->kind,
                         f->name);
    return cd_promise_stranded(f);
}

int cd_await_other(struct cd_task *t, cede_future *f)
{
    int rc = f->loop ? 0 : cd_promise_hopeless(f);
    if (rc < 0)
        return rc;
    if (t && !f->loop)
        return await_promise(t, f);
    int saved = errno;
    rc = t ? cd_checkpoint_begin(t) : 0;
    if (rc == 0 && cd_me.loop)
        rc = cede_done(f) ? cd_future_answer(f) : refuse(t);
    else if (rc == 0)
        rc = cd_await_blocking(f, CEDE_NEVER);
    if (t && rc != -ECANCELED)
        cd_checkpoint_end(t);
    errno = saved;
    return rc;
}

/* ---- for some time ----------------------------------------------------- */

/* Who is told just as his time is over looks at f once more. */
static int block_within(cede_future *f, cede_time delay)
{
    cd_future_pin(f);
    int rc = block(f, delay);
    cd_future_unpin(f);
    return rc;
}

static int within_on_thread(cede_time delay, cede_future *f)
{
    cd_thread_ready();
    int rc = f->loop ? 0 : cd_promise_hopeless(f);
    if (rc < 0)
        return rc;
    int saved = errno;
    rc = cede_done(f) ? cd_future_answer(f)
         : delay <= 0 ? -ETIMEDOUT
                      : block_within(f, delay);
    errno = saved;
    return rc;
}

int cede_await_within(cede_time delay, cede_future *f)
{
    if (!f)
        return -ENOMEM;
    if (!cd_me.loop)
        return within_on_thread(delay, f);
    if (!cd_task_needed("cede_await_within"))
        return -EPERM;
    if (cede_cancelled() || (delay <= 0 && cede_done(f)))
        return cede_await(f);
    if (delay <= 0)
        return -ETIMEDOUT;
    cede_scope s;
    cede_enter_named_(&s, "cede_await_within\0", cede_in(delay));
    return cede_leave(&s, cede_await(f));
}
