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
    atomic_init(&f->posted, false);
    f->orphan = false;
    f->cancel.run = run_cancel;
    cd_loop_borrow(f->loop);
    cd_list_init(&f->waiters);
    cd_list_init(&f->node);
    return f;
}

static void destroy(cede_future *f)
{
    struct cd_loop *loop = f->loop;
    free(f->message);
    if (loop->over)
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
    char *message;       /* a copy for this awaiter */
};

/* The same of a thread that stands outside of the loop. */
struct thread_await {
    struct await await;
    sem_t sem;
    struct cd_work request; /* how it gets into the queue */
};

static void hand_out(struct await *a, int rc, const char *message)
{
    a->message = rc < 0 && message ? cd_strdup(message) : NULL;
    if (a->wait.task) {
        cd_wait_grant(&a->wait, rc);
        return;
    }
    cd_list_remove(&a->wait.node);
    a->wait.rc = rc;
    /* From here on its frame may be gone. */
    sem_post(&cd_container(a, struct thread_await, await)->sem);
}

void cd_future_resolve(cede_future *f, int rc, const char *message)
{
    f->result = rc;
    f->message = message ? cd_strdup(message) : NULL;
    atomic_store_explicit(&f->done, true, memory_order_release);
    while (!cd_list_empty(&f->waiters)) {
        struct cd_wait *w = cd_wait_first(&f->waiters);
        hand_out(cd_container(w, struct await, wait), rc, message);
    }
    if (f->orphan && !atomic_load(&f->posted))
        destroy(f);
}

/* What the awaiter's own coroutine is told. */
static int told(int rc, char *message)
{
    if (rc < 0)
        cd_message_set(cd_current(), rc, message);
    return rc;
}

/* All awaits have this abort function, so one can tell them from other
 * waits. */
static bool await_abort(struct cd_wait *w)
{
    (void)w;
    return true;
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
    while (w && w->abort == await_abort) {
        const cede_future *next = cd_container(w, struct await, wait)->future;
        if (next->task == t)
            return true;
        w = next->task ? next->task->wait : NULL;
    }
    return false;
}

static int await_in_task(struct cd_task *t, cede_future *f)
{
    int rc = cd_checkpoint(t);
    if (rc < 0)
        return rc;
    if (f->done)
        return told(f->result, f->message ? cd_strdup(f->message) : NULL);
    if (cd_unlikely(circular(t, f)))
        return cede_fail(-EDEADLK, "task '%s' awaits itself, or one that "
                         "waits for it", t->co.name);
    struct await a = {.wait.abort = await_abort, .future = f};
    rc = cd_wait_in(&a.wait, &f->waiters, "await");
    return told(rc, a.message);
}

/* On the loop: a thread wants to be told. */
static void run_request(struct cd_work *w)
{
    struct await *a = &cd_container(w, struct thread_await, request)->await;
    cd_list_init(&a->wait.node);
    if (a->future->done)
        hand_out(a, a->future->result, a->future->message);
    else
        cd_list_append(&a->future->waiters, &a->wait.node);
}

static int await_on_thread(cede_future *f)
{
    cd_thread_ready();
    struct thread_await t = {.await.future = f, .request.run = run_request};
    sem_init(&t.sem, 0, 0);
    bool asked = !cede_done(f) && cd_loop_post(f->loop, &t.request) == 0;
    while (asked && sem_wait(&t.sem) < 0)
        ; /* interrupted by a signal */
    sem_destroy(&t.sem);
    if (asked)
        return told(t.await.wait.rc, t.await.message);
    return told(f->result, f->message ? cd_strdup(f->message) : NULL);
}

int cede_await(cede_future *f)
{
    if (!f)
        return -ENOMEM;
    struct cd_task *t = cd_me.task;
    if (t && f->loop == t->loop)
        return await_in_task(t, f);
    if (cd_me.loop && !cede_done(f))
        return cede_fail(-EPERM, "a future of another thread's loop, awaited "
                         "in task '%s'", cede_task_name());
    int saved = errno;
    int rc = await_on_thread(f);
    errno = saved;
    return rc;
}

/* ---- cancelling -------------------------------------------------------- */

static void run_cancel(struct cd_work *w)
{
    cede_future *f = cd_container(w, struct cede_future, cancel);
    atomic_store(&f->posted, false);
    if (f->task)
        cd_scope_cancel(&f->task->root);
    else if (f->orphan)
        destroy(f);
}

int cede_cancel(cede_future *f)
{
    if (!f)
        return -ENOMEM;
    if (cede_done(f))
        return -EALREADY;
    if (f->loop == cd_me.loop)
        cd_scope_cancel(&f->task->root);
    else if (!atomic_exchange(&f->posted, true))
        cd_loop_post(f->loop, &f->cancel);
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
    if (f->task || atomic_load(&f->posted))
        f->orphan = true; /* the task's end, or the request, frees it */
    else
        destroy(f);
}
