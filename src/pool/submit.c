/* SPDX-License-Identifier: MIT
 *
 * submit.c - jobs that are futures.
 *
 * One allocation holds the promise, the job, and the copy of what it is given.
 * The pool pins it until the job is over, and is there until then, or until the
 * job was taken: so who cancels holds the promise while he looks at that, and
 * asks the pool.
 *
 * A job that was given a pointer is held: whoever waits for it leaves only
 * when it is over, or taken back.  A job never knows whether anybody waits.
 */
#include "base/memory.h"
#include "pool/pool.h"

#include <stdlib.h>
#include <string.h>

struct submitted {
    struct cd_promise promise;
    struct cd_job job;
    cede_pool *pool;
    unsigned forks; /* of this process by then */
    bool alone;     /* the pool's */
    _Alignas(max_align_t) char copy[];
};

static struct submitted *submitted_of(const cede_future *f)
{
    cede_future *mine = (cede_future *)(uintptr_t)f;
    return cd_container(mine, struct submitted, promise.future);
}

static bool stranded(const cede_future *f)
{
    return submitted_of(f)->forks != cd_forks && !cede_done(f);
}

/* While it is held and not done.  Who has taken it is past its pool, which may
 * be gone by now. */
static int take_back(struct submitted *s)
{
    if (atomic_load(&s->job.state) == CD_JOB_TAKEN)
        return -EALREADY;
    return s->pool->type->take_back(s->pool, &s->job);
}

static int cancel(cede_future *f)
{
    struct submitted *s = submitted_of(f);
    if (stranded(f))
        return cede_fail(-EPERM, "job '%s' was left to the parent by a fork",
                         f->name);
    cd_future_hold(f);
    bool done = f->done;
    int rc = done ? -EALREADY : take_back(s);
    cd_future_release(f);
    if (rc == 0)
        cd_job_over(&s->job, -ECANCELED, NULL);
    else if (rc == -EALREADY && !done) /* taken; one of us is the first */
        rc = cd_promise_resolve(f, -ECANCELED, NULL);
    return rc;
}

/* Asked only while it is not done. */
static bool running(const cede_future *f)
{
    return atomic_load_explicit(&submitted_of(f)->job.state,
                                memory_order_acquire) == CD_JOB_RUNNING;
}

static bool from_here(const cede_future *f)
{
    return cd_pool_me.job == &submitted_of(f)->job;
}

static bool is_done(const void *f)
{
    return cede_done(f);
}

static void linger(const cede_future *f)
{
    static _Thread_local struct cd_way way;
    if (submitted_of(f)->alone)
        cd_give_way(&way, is_done, f);
}

static void destroy(cede_future *f)
{
    free(submitted_of(f));
}

#define JOB(is_held)                                                           \
    {                                                                          \
        .kind = "job", .own = true, .held = (is_held), .cancel = cancel,       \
        .running = running, .stranded = stranded, .from_here = from_here,      \
        .linger = linger, .destroy = destroy                                   \
    }
static const struct cd_promise_type given_a_copy = JOB(false);
static const struct cd_promise_type given_a_pointer = JOB(true);

static void over(struct cd_job *j, int rc, const struct cd_message *message)
{
    struct submitted *s = cd_container(j, struct submitted, job);
    /* One that was taken back may be resolved by whoever did that as well. */
    if (atomic_load_explicit(&j->state, memory_order_relaxed) == CD_JOB_RUNNING)
        cd_promise_keep_alone(&s->promise.future, rc, message);
    else
        cd_promise_keep(&s->promise.future, rc, message);
}

/* ---- submitting -------------------------------------------------------- */

static struct submitted *make(cede_pool *p, const char *name, cede_fn *fn,
                              const void *arg, size_t size)
{
    struct submitted *s;
    if (size > SIZE_MAX - sizeof *s)
        return NULL;
    s = cd_malloc(sizeof *s + size);
    if (!s)
        return NULL;
    void *given = size ? memcpy(s->copy, arg, size) : (void *)(uintptr_t)arg;
    if (cd_job_init(&s->job, name, fn, given) < 0) {
        free(s);
        return NULL;
    }
    s->job.over = over;
    s->pool = p;
    s->forks = cd_forks;
    s->alone = p && p->alone;
    cd_promise_init(&s->promise, size ? &given_a_copy : &given_a_pointer, name,
                    name);
    s->promise.future.arg = given;
    atomic_init(&s->promise.future.pins, 1); /* nobody else knows it yet */
    return s;
}

/* 0, or why it is refused. */
static int queue(cede_pool *p, struct cd_job *j)
{
    if (!p)
        return cede_fail(-ENOMEM, "job '%s' submitted to no pool", j->name);
    if (!j->fn)
        return cede_fail(-EINVAL, "job '%s' has no function", j->name);
    if (cd_pool_stranded(p))
        return cd_pool_left_behind(p);
    return p->type->submit(p, j);
}

cede_future *cede_submit_named_(cede_pool *p, const char *name, cede_fn *fn,
                                const void *arg, size_t size)
{
    cd_thread_ready();
    struct submitted *s = make(p, name, fn, arg, size);
    if (!s)
        return NULL;
    cede_future *f = &s->promise.future;
    int rc = queue(p, &s->job);
    if (rc < 0)
        cd_job_over(&s->job, rc, cd_message_of(cd_current(), rc));
    return f;
}

cede_future *(cede_submit)(cede_pool *p, cede_fn *fn, const void *arg,
                           size_t size)
{
    return cede_submit_named_(p, "job\0", fn, arg, size);
}

const struct cd_job *cd_job_of(const cede_future *f)
{
    const struct cd_promise_type *type = f->loop ? NULL : cd_promise_type(f);
    return type == &given_a_copy || type == &given_a_pointer
               ? &submitted_of(f)->job
               : NULL;
}
