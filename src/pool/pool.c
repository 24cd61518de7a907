/* SPDX-License-Identifier: MIT
 *
 * pool.c - what all kinds of pools share: closing, forks, calling a job.
 *
 * Closing is shutting and awaiting the pool's end, which is a promise that is
 * held: who awaits it and is cancelled has the queue cancelled, and goes on
 * waiting until the running jobs are over.
 *
 * A child of a fork has the pools' memory and none of their workers.  It may
 * look at results, and close; everything else is refused there.
 */
#include "pool/pool.h"

#include <stdlib.h>

_Thread_local struct cd_pool_self cd_pool_me;

/* ---- jobs -------------------------------------------------------------- */

int cd_job_init(struct cd_job *j, const char *name, cede_fn *fn, void *arg)
{
    cd_list_init(&j->node);
    j->fn = fn;
    j->arg = arg;
    j->name = name;
    atomic_init(&j->state, CD_JOB_QUEUED);
    return cd_locals_copy(&j->locals);
}

void cd_job_end(struct cd_job *j)
{
    cd_locals_drop(j->locals);
    j->locals = NULL;
}

void cd_job_over(struct cd_job *j, int rc, const struct cd_message *message)
{
    cd_job_end(j);
    j->over(j, rc, message);
}

int cd_job_call(struct cd_job *j)
{
    const cede_pool *p = cd_pool_me.pool;
    struct cd_locals *before = cd_locals_swap(j->locals);
    errno = 0;
    cd_pool_me.job = j;
    int rc = j->fn(j->arg);
    cd_pool_me.job = NULL;
    cd_check(!p || !cd_pool_stranded(p),
             "job '%s' goes on in a process that was forked from it: only exec "
             "or _exit there",
             j->name);
    j->locals = cd_locals_swap(before);
    cd_coro_end(cd_current());
    return rc;
}

bool cede_job_cancelled(void)
{
    return cd_pool_me.pool && atomic_load(&cd_pool_me.pool->cancelled);
}

/* ---- forks ------------------------------------------------------------- */

static void forked(void)
{
    cd_pool_default_forked();
    cd_pool_default_unlock();
}

static void watch_forks(void)
{
    pthread_atfork(cd_pool_default_lock, cd_pool_default_unlock, forked);
}

int cd_pool_left_behind(const cede_pool *p)
{
    return cede_fail(-EPERM,
                     "pool '%s' was left to the parent by the fork that made "
                     "this process",
                     p->name);
}

/* ---- the end ----------------------------------------------------------- */

static cede_pool *pool_of(const cede_future *ended)
{
    cede_future *f = (cede_future *)(uintptr_t)ended;
    return cd_container(f, cede_pool, ended.future);
}

/* Who awaits the end is cancelled. */
static int give_up(cede_future *f)
{
    cede_pool *p = pool_of(f);
    atomic_store(&p->given_up, true);
    p->type->shut(p, true);
    return -EBUSY;
}

static bool stranded(const cede_future *f)
{
    return cd_pool_stranded(pool_of(f));
}

static void destroy(cede_future *f)
{
    cede_pool *p = pool_of(f);
    p->type->free(p);
}

static const struct cd_promise_type ended_type = {.kind = "pool's end",
                                                  .own = true,
                                                  .held = true,
                                                  .cancel = give_up,
                                                  .stranded = stranded,
                                                  .destroy = destroy};

void cd_pool_init(cede_pool *p, const struct cd_pool_type *type)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    cd_forks_count();
    p->type = type;
    p->forks = cd_forks;
    atomic_init(&p->cancelled, false);
    atomic_init(&p->given_up, false);
    cd_promise_init(&p->ended, &ended_type, "pool's end", "pool's end\0");
    cd_future_pin(&p->ended.future);
}

void cd_pool_ended(cede_pool *p)
{
    int rc = atomic_load(&p->given_up) ? -ECANCELED : 0;
    cd_promise_keep(&p->ended.future, rc, NULL);
}

/* 0, or why it cannot be closed here. */
static int refuse(const cede_pool *p)
{
    if (cd_pool_me.pool == p)
        return cede_fail(-EBUSY, "pool '%s' closed by one of its own jobs",
                         p->name);
    if (cd_me.loop && !cd_task_needed("cede_pool_close"))
        return -EPERM;
    return 0;
}

static int end(cede_pool *p, bool cancel)
{
    if (!p)
        return -ENOMEM;
    if (cd_pool_stranded(p)) {
        p->type->free(p);
        return 0;
    }
    int rc = refuse(p);
    if (rc < 0)
        return rc;
    p->type->shut(p, cancel);
    rc = cede_await(&p->ended.future);
    p->type->join(p);
    cede_future_free(&p->ended.future);
    return cancel ? 0 : rc;
}

int cede_pool_close(cede_pool *p)
{
    return end(p, false);
}

int cede_pool_cancel(cede_pool *p)
{
    return end(p, true);
}

int cede_pool_shut(cede_pool *p)
{
    if (!p)
        return -ENOMEM;
    if (cd_pool_stranded(p))
        return cd_pool_left_behind(p);
    p->type->shut(p, false);
    return 0;
}

int cede_pool_look(cede_pool *p, cede_pool_info *out)
{
    if (!p)
        return -ENOMEM;
    if (cd_pool_stranded(p))
        return cd_pool_left_behind(p);
    *out = (cede_pool_info){0};
    p->type->look(p, out);
    return 0;
}
