/* SPDX-License-Identifier: MIT
 *
 * future.c - a task's handle: await, cancel, read, give back.
 *
 * A future belongs to the loop of its task.  Other threads may read whether
 * it is done, and post two kinds of requests to that loop: cancel, and wake
 * me when it is over.
 */
#include "base/memory.h"
#include "task/task.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

static void run_cancel(struct cd_work *w);

cede_future *cd_future_new(struct cd_run *run, void *arg)
{
    cede_future *f = cd_blocks_take(&run->futures, sizeof *f);
    if (!f)
        return NULL;
    f->loop = run->loop;
    f->run = run;
    f->task = NULL;
    f->arg = arg;
    f->message = NULL;
    f->result = -EAGAIN;
    atomic_init(&f->done, false);
    atomic_init(&f->cancelling, 0);
    atomic_init(&f->requests, 0);
    f->cancelled_early = false;
    f->orphan = false;
    f->cancel.run = run_cancel;
    cd_loop_borrow(f->loop);
    cd_list_init(&f->waiters);
    cd_list_init(&f->node);
    return f;
}

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

/* ---- awaiting ---------------------------------------------------------- */

/* A wait for a future. */
struct await {
    struct cd_wait wait; /* wait.task NULL: a thread's, see below */
    cede_future *future;
    struct cd_message *message; /* a copy for this awaiter */
};

/* The same of a thread that stands outside of the loop. */
struct thread_await {
    struct await await;
    sem_t sem;
    struct cd_work request; /* how it gets into the queue */
};

static __attribute__((noinline)) void tell_thread(struct await *a, int rc)
{
    cd_list_remove(&a->wait.node);
    a->wait.rc = rc;
    /* From here on its frame may be gone. */
    sem_post(&cd_container(a, struct thread_await, await)->sem);
}

static inline void hand_out(struct await *a, int rc,
                            const struct cd_message *message)
{
    if (cd_unlikely(message && rc < 0))
        a->message = cd_message_copy(message);
    if (cd_likely(a->wait.task))
        cd_wait_grant(&a->wait, rc);
    else
        tell_thread(a, rc);
}

void cd_future_resolve(cede_future *f, int rc, const struct cd_message *message)
{
    f->result = rc;
    if (cd_unlikely(message))
        f->message = cd_message_copy(message);
    atomic_store_explicit(&f->done, true, memory_order_release);
    while (!cd_list_empty(&f->waiters)) {
        struct cd_wait *w = cd_wait_first(&f->waiters);
        hand_out(cd_container(w, struct await, wait), rc, message);
    }
    if (cd_unlikely(f->orphan) && atomic_load(&f->requests) == 0)
        destroy(f);
}

/* ---- requests of other threads ----------------------------------------- */

/* Have w run on the future's loop; the future stays until it did. */
static int request(cede_future *f, struct cd_work *w)
{
    atomic_fetch_add(&f->requests, 1);
    int rc = cd_loop_post(f->loop, w);
    if (rc < 0)
        atomic_fetch_sub(&f->requests, 1);
    return rc;
}

static void request_over(cede_future *f)
{
    if (atomic_fetch_sub(&f->requests, 1) == 1 && f->orphan && f->done)
        destroy(f);
}

/* What the awaiter's own coroutine is told. */
static int told(int rc, struct cd_message *message)
{
    if (rc < 0)
        cd_message_set(cd_current(), message);
    else if (cd_unlikely(message))
        cd_message_free(message);
    return rc;
}

/* All awaits have this abort function, so one can tell them from other
 * waits. */
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
    if (!t->future || cd_list_empty(&t->future->waiters))
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
    int rc = cd_checkpoint(t);
    if (rc < 0)
        return rc;
    if (f->done)
        return told(f->result, cd_message_copy(f->message));
    if (cd_unlikely(circular(t, f)))
        return cede_fail(-EDEADLK,
                         "task '%s' awaits itself, or one that "
                         "waits for it",
                         t->co.name);
    struct await a;
    a.wait.abort = await_abort;
    a.future = f;
    a.message = NULL;
    rc = cd_wait_in(&a.wait, &f->waiters, "await");
    return told(rc, a.message);
}

/* On the loop: a thread wants to be told. */
static void run_request(struct cd_work *w)
{
    struct await *a = &cd_container(w, struct thread_await, request)->await;
    cede_future *f = a->future;
    cd_list_init(&a->wait.node);
    if (f->done)
        hand_out(a, f->result, f->message);
    else
        cd_list_append(&f->waiters, &a->wait.node);
    request_over(f);
}

static __attribute__((noinline)) int await_on_thread(cede_future *f)
{
    cd_thread_ready();
    struct thread_await t = {.await.future = f, .request.run = run_request};
    sem_init(&t.sem, 0, 0);
    bool asked = !cede_done(f) && request(f, &t.request) == 0;
    while (asked && sem_wait(&t.sem) < 0)
        ; /* interrupted by a signal */
    sem_destroy(&t.sem);
    if (asked)
        return told(t.await.wait.rc, t.await.message);
    if (!cede_done(f)) /* refused, though its loop runs: in the parent */
        return cede_fail(-EPERM, "a future awaited outside a task%s",
                         cd_task_forked());
    return told(f->result, cd_message_copy(f->message));
}

int cede_await(cede_future *f)
{
    if (!f)
        return -ENOMEM;
    struct cd_task *t = cd_me.task;
    if (t && f->loop == t->loop)
        return await_in_task(t, f);
    if (cd_me.loop && !cede_done(f))
        return cede_fail(-EPERM,
                         "a future of another thread's loop, awaited "
                         "in task '%s'",
                         cede_task_name());
    int saved = errno;
    int rc = await_on_thread(f);
    errno = saved;
    return rc;
}

/* ---- cancelling -------------------------------------------------------- */

static void cancel(cede_future *f)
{
    if (f->task)
        cd_scope_cancel(&f->task->root, "the task was cancelled");
    else
        f->cancelled_early = true; /* or too late, when it is done */
}

static void run_cancel(struct cd_work *w)
{
    cede_future *f = cd_container(w, struct cede_future, cancel);
    atomic_store(&f->cancelling, 0);
    cancel(f);
    request_over(f);
}

int cede_cancel(cede_future *f)
{
    if (!f)
        return -ENOMEM;
    if (cede_done(f))
        return -EALREADY;
    if (f->loop == cd_me.loop)
        cancel(f);
    else if (!atomic_exchange(&f->cancelling, 1))
        request(f, &f->cancel);
    return 0;
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
    return cede_done(f) ? f->result : -EAGAIN;
}

void *cede_arg(const cede_future *f)
{
    return f ? f->arg : NULL;
}

void cede_future_free(cede_future *f)
{
    if (!f)
        return;
    cd_list_remove(&f->node);
    if (!atomic_load_explicit(&f->done, memory_order_acquire) ||
        atomic_load(&f->requests) > 0)
        f->orphan = true; /* the task's end, or the last request, frees it */
    else
        destroy(f);
}
