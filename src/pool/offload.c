/* SPDX-License-Identifier: MIT
 *
 * offload.c - a call made elsewhere, while the task waits.
 *
 * The job lies in the frame of the task, which leaves only when it is over, and
 * comes back as work posted to the task's loop: no future, no allocation, one
 * wake-up there and one back.
 *
 * An offload of a copy is a job of its own, which may be left.
 */
#include "base/memory.h"
#include "pool/pool.h"

#include <string.h>

struct offload {
    struct cd_wait wait;
    struct cd_job job;
    struct cd_work back;
    struct cd_loop *loop;
    cede_pool *pool;
    int rc; /* what follows is set when it is over */
    struct cd_message *message;
};

/* On the worker, or whoever took it from the queue. */
static void over(struct cd_job *j, int rc, const struct cd_message *message)
{
    struct offload *o = cd_container(j, struct offload, job);
    o->rc = rc;
    o->message = cd_message_copy(message);
    (void)cd_loop_post(o->loop, &o->back); /* the loop has a task, so it runs */
}

static void run_back(struct cd_work *w)
{
    struct offload *o = cd_container(w, struct offload, back);
    cd_wait_grant(&o->wait, o->rc);
}

static bool offload_abort(struct cd_wait *w)
{
    struct offload *o = cd_container(w, struct offload, wait);
    if (o->pool->type->take_back(o->pool, &o->job) < 0)
        return false; /* it runs, or the answer is on its way */
    cd_job_end(&o->job);
    return true;
}

const struct cd_job *cd_job_waited(const struct cd_wait *w)
{
    return w->abort == offload_abort
               ? &cd_container(w, const struct offload, wait)->job
               : NULL;
}

int cd_offload_to(cede_pool *p, const char *name, cede_fn *fn, void *arg)
{
    if (!p)
        return -ENOMEM;
    struct offload o = {.wait.abort = offload_abort,
                        .job.over = over,
                        .back.run = run_back,
                        .loop = cd_me.loop,
                        .pool = p};
    int rc = cd_job_init(&o.job, name, fn, arg);
    if (rc < 0)
        return rc;
    rc = p->type->submit(p, &o.job);
    if (rc < 0) {
        cd_job_end(&o.job);
        return rc;
    }
    rc = cd_wait_in(&o.wait, NULL, "offload");
    return cd_future_told(rc, o.message);
}

/* Is it not for a pool?  Then *rc is the answer: why it is refused; or what it
 * returned, called here, on a thread without a loop. */
static bool answered(cede_fn *fn, void *arg, int *rc)
{
    bool here = !cd_me.task && !cd_me.loop;
    if (!fn)
        *rc = cede_fail(-EINVAL, "cede_offload without a function");
    else if (here)
        *rc = fn(arg);
    else if (cd_task_needed("cede_offload"))
        *rc = cd_checkpoint_begin(cd_me.task);
    else
        *rc = -EPERM;
    return here || *rc < 0;
}

int cede_offload_named_(const char *name, cede_fn *fn, void *arg)
{
    int rc;
    return answered(fn, arg, &rc)
               ? rc
               : cd_offload_to(cd_pool_default(), name, fn, arg);
}

int(cede_offload)(cede_fn *fn, void *arg)
{
    return cede_offload_named_("offload\0", fn, arg);
}

/* ---- of a copy --------------------------------------------------------- */

static int offload_copy(const char *name, cede_fn *fn, void *arg, size_t size)
{
    cede_pool *p = cd_pool_default();
    cede_future *f = p ? cede_submit_named_(p, name, fn, arg, size) : NULL;
    if (!f)
        return -ENOMEM;
    int rc = cede_await(f);
    bool left = rc == -ECANCELED && cede_cancelled();
    if (!left)
        memcpy(arg, cede_arg(f), size);
    cede_future_free(f);
    return rc;
}

int cede_offload_copy_named_(const char *name, cede_fn *fn, void *arg,
                             size_t size)
{
    int rc;
    if (answered(fn, arg, &rc))
        return rc;
    return size ? offload_copy(name, fn, arg, size)
                : cd_offload_to(cd_pool_default(), name, fn, arg);
}

int(cede_offload_copy)(cede_fn *fn, void *arg, size_t size)
{
    return cede_offload_copy_named_("offload\0", fn, arg, size);
}
