/* SPDX-License-Identifier: MIT
 *
 * threads.c - a pool of threads of this process.
 *
 * One queue under one lock, and a list of idle workers, the warmest first.
 * Counted are those who look, or are about to look into the queue: waked,
 * starting, spinning, or done with their job.  Who submits wakes somebody only
 * if there are more jobs than workers that look: the last of the idle, or else
 * a new one.  So a job costs one wake-up at most, and many at once cost few;
 * and a pool that is asked one thing after the other has one thread, because a
 * worker looks again before its job's result can be seen.  One that is starting
 * keeps others from being started, but no idle one from being waked, because it
 * may take long to begin, or fail to start.
 *
 * On one CPU a second one that is waked runs no sooner than the first, and
 * takes the CPU from who submits.  So there one looks, and calls the next when
 * there is more to be had than its own job, which may block.
 *
 * There is no queue per worker: a job that is worth a thread is worth a lock.
 */
#include "pool/threads.h"
#include "base/bell.h"
#include "base/cpus.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static struct cd_threads *threads_of(cede_pool *p)
{
    return (struct cd_threads *)p;
}

/* ---- the queue --------------------------------------------------------- */

struct cd_job *cd_threads_take(struct cd_threads *p)
{
    struct cd_list *node = cd_list_take(&p->queue);
    if (!node)
        return NULL;
    cd_threads_count(p, -1);
    return cd_container(node, struct cd_job, node);
}

/* All that have not begun are over. */
static void drop_queue(struct cd_threads *p, int rc,
                       const struct cd_message *why)
{
    struct cd_job *j;
    do {
        pthread_mutex_lock(&p->lock);
        j = cd_threads_take(p);
        if (j)
            atomic_store(&j->state, CD_JOB_TAKEN);
        pthread_mutex_unlock(&p->lock);
        if (j)
            cd_job_over(j, rc, why);
    } while (j);
}

static int take_back(cede_pool *face, struct cd_job *j)
{
    struct cd_threads *p = threads_of(face);
    pthread_mutex_lock(&p->lock);
    int state = atomic_load(&j->state);
    if (state == CD_JOB_QUEUED) {
        atomic_store(&j->state, CD_JOB_TAKEN);
        cd_list_remove(&j->node);
        cd_threads_count(p, -1);
    }
    pthread_mutex_unlock(&p->lock);
    return state == CD_JOB_QUEUED    ? 0
           : state == CD_JOB_RUNNING ? -EBUSY
                                     : -EALREADY;
}

/* ---- the end ----------------------------------------------------------- */

static void settle(struct cd_threads *p, unsigned gone)
{
    pthread_mutex_lock(&p->lock);
    p->alive -= gone;
    bool ends = p->shut && p->alive == 0 && !p->ended;
    p->ended |= ends;
    pthread_mutex_unlock(&p->lock);
    if (ends)
        cd_pool_ended(&p->pool);
}

void cd_threads_settle(struct cd_threads *p)
{
    settle(p, 0);
}

void cd_threads_unstarted(struct cd_threads *p)
{
    settle(p, 1);
}

void cd_threads_break(struct cd_threads *p)
{
    struct cd_message *why =
        cd_message_copy(cd_message_of(cd_current(), CEDE_EBROKEN));
    pthread_mutex_lock(&p->lock);
    if (!p->broken) {
        p->why = why;
        why = NULL;
    }
    p->broken = true;
    pthread_mutex_unlock(&p->lock);
    cd_message_free(why);
    drop_queue(p, CEDE_EBROKEN, p->why);
}

/* ---- submitting --------------------------------------------------------- */

/* Do as many look as there should?  On one CPU that is one, but not one who
 * begins: `begin` may take its time. */
static bool enough(struct cd_threads *p)
{
    unsigned looking = cd_threads_looking(p) - p->beginning;
    size_t queued = atomic_load_explicit(&p->queued, memory_order_relaxed);
    return queued <= looking || (p->pool.alone && looking > 0);
}

/* Not one more for what those will do who are just beginning. */
static bool may_start(struct cd_threads *p)
{
    size_t queued = atomic_load_explicit(&p->queued, memory_order_relaxed);
    return queued > cd_threads_looking(p) && p->workers < p->pool.most;
}

struct cd_worker *cd_threads_whom(struct cd_threads *p, bool *fresh)
{
    if (enough(p))
        return NULL;
    struct cd_list *node = cd_list_take(&p->idle);
    *fresh = !node;
    if (!node && !may_start(p))
        return NULL;
    if (!node) {
        node = cd_list_take(&p->spare);
        p->workers++;
        p->alive++;
        p->beginning++;
    }
    p->went--;
    return cd_container(node, struct cd_worker, node);
}

void cd_threads_call(struct cd_worker *w, bool fresh)
{
    if (w && fresh)
        cd_worker_start(w);
    else if (w)
        cd_bell_ring(&w->bell);
}

void cd_threads_busy(struct cd_threads *p)
{
    bool fresh = false;
    pthread_mutex_lock(&p->lock);
    p->went++;
    struct cd_worker *w = cd_threads_whom(p, &fresh);
    pthread_mutex_unlock(&p->lock);
    cd_threads_call(w, fresh);
}

/* What p, which is shut or broken, answers. */
static int refuse(const struct cd_threads *p, bool broken)
{
    if (!broken)
        return cede_fail(CEDE_ECLOSED, "pool '%s' is shut", p->name);
    cd_message_set(cd_current(), cd_message_copy(p->why));
    return CEDE_EBROKEN;
}

static int submit(cede_pool *face, struct cd_job *j)
{
    struct cd_threads *p = threads_of(face);
    struct cd_worker *w = NULL;
    bool fresh = false;
    pthread_mutex_lock(&p->lock);
    bool broken = p->broken, takes = !broken && !p->shut;
    if (takes) {
        cd_list_append(&p->queue, &j->node);
        cd_threads_count(p, 1);
        w = cd_threads_whom(p, &fresh);
    }
    pthread_mutex_unlock(&p->lock);
    if (!takes)
        return refuse(p, broken);
    cd_threads_call(w, fresh);
    return 0;
}

static void shut(cede_pool *face, bool cancel)
{
    struct cd_threads *p = threads_of(face);
    struct cd_list *node;
    if (cancel)
        atomic_store(&face->cancelled, true);
    pthread_mutex_lock(&p->lock);
    p->shut = true;
    while ((node = cd_list_take(&p->idle))) {
        p->went--;
        cd_bell_ring(&cd_container(node, struct cd_worker, node)->bell);
    }
    pthread_mutex_unlock(&p->lock);
    if (cancel)
        drop_queue(p, -ECANCELED, NULL);
    cd_threads_settle(p);
}

/* ---- the pool ---------------------------------------------------------- */

static void look(cede_pool *face, cede_pool_info *out)
{
    struct cd_threads *p = threads_of(face);
    pthread_mutex_lock(&p->lock);
    out->workers = p->workers;
    cd_list_each (node, &p->idle)
        out->idle++;
    out->queued = atomic_load(&p->queued);
    out->begun = p->begun;
    pthread_mutex_unlock(&p->lock);
}

static void join(cede_pool *face)
{
    struct cd_threads *p = threads_of(face);
    if (p->left)
        pthread_join(p->last, NULL);
}

static void free_threads(cede_pool *face)
{
    struct cd_threads *p = threads_of(face);
    cd_message_free(p->why);
    free(p);
}

static const struct cd_pool_type threads_type = {.submit = submit,
                                                 .take_back = take_back,
                                                 .look = look,
                                                 .shut = shut,
                                                 .join = join,
                                                 .free = free_threads};

cede_pool *cd_threads_new(const cede_pool_options *o, cede_time idle_for)
{
    unsigned cpus = cd_cpus(), most = o->workers ? o->workers : cpus;
    struct cd_threads *p = cd_zalloc(sizeof *p + most * sizeof p->slots[0]);
    if (!p)
        return NULL;
    cd_pool_init(&p->pool, &threads_type);
    snprintf(p->name, sizeof p->name, "%s", o->name ? o->name : "cede");
    p->pool.name = p->name;
    p->options = *o;
    p->idle_for = idle_for;
    p->pool.most = most;
    pthread_mutex_init(&p->lock, NULL);
    cd_list_init(&p->queue);
    cd_list_init(&p->idle);
    cd_list_init(&p->spare);
    for (unsigned i = 0; i < most; i++) {
        p->slots[i].pool = p;
        p->slots[i].number = i + 1;
        cd_list_append(&p->spare, &p->slots[i].node);
    }
    p->pool.alone = cpus == 1;
    return &p->pool;
}

cede_pool *cede_threads_with(const cede_pool_options *options)
{
    cede_pool_options o = {0};
    if (options)
        o = *options;
    cd_thread_ready();
    if (o.workers > CD_WORKERS_MOST) {
        cede_fail(-EINVAL, "a pool of %u workers; %d are the most", o.workers,
                  CD_WORKERS_MOST);
        return NULL;
    }
    return cd_threads_new(&o, CEDE_NEVER);
}

cede_pool *cede_threads(unsigned workers)
{
    return cede_threads_with(&(cede_pool_options){.workers = workers});
}
