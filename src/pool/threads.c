/* SPDX-License-Identifier: MIT
 *
 * threads.c - a pool of threads of this process.
 *
 * One queue under one lock, and a list of idle workers, the warmest first.
 * `looking` counts those who are about to look into the queue: waked, starting,
 * spinning, or done with their job.  Who submits wakes somebody only if there
 * are more jobs than workers that look: the last of the idle, or else a new
 * one.  So a job costs one wake-up at most, and many at once cost few; and a
 * pool that is asked one thing after the other has one thread, because a worker
 * looks again before its job's result can be seen.
 *
 * Waking a sleeper takes as long as ten short jobs, so before it sleeps a
 * worker stands by for a moment.  If there is another CPU for whoever submits,
 * it watches the queue, one worker at a time, for a moment that doubles when
 * that was worth it and halves when it was not.  If there is not, it gives way
 * once, so that who submits a thousand jobs submits them all before it is
 * preempted for the first; and does so less often when it is useless.
 *
 * A worker that leaves joins the one that left before it, so who closes joins
 * one thread and by that all of them.
 *
 * There is no queue per worker: a job that is worth a thread is worth a lock.
 */
#define _GNU_SOURCE /* thread names, affinity */

#include "base/bell.h"
#include "base/memory.h"
#include "pool/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORKERS = 4096, MOST_NAME = 15 };
static const cede_time longest_spin = 50 * CEDE_US;
static const cede_time shortest_spin = CEDE_US;

/* Idle: in the pool's idle, and its bell will ring.  Not a thread: in spare. */
struct worker {
    struct cd_list node;
    struct threads *pool;
    unsigned number;          /* from 1 */
    char name[MOST_NAME + 1]; /* of the thread */
    atomic_int bell;
};

struct threads {
    cede_pool pool; /* first */
    cede_pool_options options;
    char name[MOST_NAME - 1]; /* what is shown of options.name */
    cede_time idle_for;

    pthread_mutex_t lock; /* guards what follows */
    struct cd_list queue;
    struct cd_list idle;  /* the last that became so first */
    struct cd_list spare; /* the lowest number first, at the beginning */
    unsigned workers;     /* that take jobs, or are about to start */
    unsigned alive;       /* and those that are leaving */
    uint64_t begun;       /* jobs */
    bool shut, broken, ended;
    struct cd_message *why; /* it is broken; does not change any more then */
    bool left;              /* a thread that has left is to be joined: */
    pthread_t last;

    /* Written under the lock or, by a worker that has done its job, without. */
    atomic_uint looking;
    atomic_size_t queued; /* read without the lock */

    /* Of those who stand by. */
    bool alone;             /* there is one CPU: they give way */
    atomic_int useless;     /* how often that is not tried again: grows */
    atomic_int skip;        /* of these, how often still */
    atomic_bool spinning;   /* one does */
    _Atomic cede_time spin; /* for so long */

    struct worker slots[];
};

static struct threads *threads_of(cede_pool *p)
{
    return (struct threads *)p;
}

/* ---- the queue --------------------------------------------------------- */

/* The first job; NULL: there is none. */
static struct cd_job *take(struct threads *p)
{
    struct cd_list *node = cd_list_take(&p->queue);
    if (!node)
        return NULL;
    atomic_fetch_sub(&p->queued, 1);
    return cd_container(node, struct cd_job, node);
}

/* All that have not begun are over. */
static void drop_queue(struct threads *p, int rc, const struct cd_message *why)
{
    struct cd_job *j;
    do {
        pthread_mutex_lock(&p->lock);
        j = take(p);
        if (j)
            atomic_store(&j->state, CD_JOB_TAKEN);
        pthread_mutex_unlock(&p->lock);
        if (j)
            cd_job_over(j, rc, why);
    } while (j);
}

static int take_back(cede_pool *face, struct cd_job *j)
{
    struct threads *p = threads_of(face);
    pthread_mutex_lock(&p->lock);
    int state = atomic_load(&j->state);
    if (state == CD_JOB_QUEUED) {
        atomic_store(&j->state, CD_JOB_TAKEN);
        cd_list_remove(&j->node);
        atomic_fetch_sub(&p->queued, 1);
    }
    pthread_mutex_unlock(&p->lock);
    return state == CD_JOB_QUEUED    ? 0
           : state == CD_JOB_RUNNING ? -EBUSY
                                     : -EALREADY;
}

/* ---- the end ----------------------------------------------------------- */

/* Nobody is left, and nobody comes any more? */
static void settle(struct threads *p)
{
    pthread_mutex_lock(&p->lock);
    bool ends = p->shut && p->alive == 0 && !p->ended;
    p->ended |= ends;
    pthread_mutex_unlock(&p->lock);
    if (ends)
        cd_pool_ended(&p->pool);
}

/* With the running coroutine's message.  The idle have no business any more. */
static void break_pool(struct threads *p)
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

/* Without the lock: just now. */
static bool has_queued(struct threads *p)
{
    return atomic_load_explicit(&p->queued, memory_order_relaxed) > 0;
}

/* ---- a worker ---------------------------------------------------------- */

/* Watch the queue for a moment. */
static void spin(struct threads *p)
{
    if (atomic_exchange(&p->spinning, true))
        return;
    cede_time length = atomic_load_explicit(&p->spin, memory_order_relaxed);
    cede_time until = cd_monotonic() + length;
    bool found;
    do
        found = has_queued(p);
    while (!found && cd_monotonic() < until);
    length = found ? length * 2 : length / 2;
    length = length > longest_spin    ? longest_spin
             : length < shortest_spin ? shortest_spin
                                      : length;
    atomic_store_explicit(&p->spin, length, memory_order_relaxed);
    atomic_store(&p->spinning, false);
}

/* Let the others run on the one CPU there is: who submits more need not wake
 * us.  Not when strangers kept us from it for long. */
static void give_way(struct threads *p)
{
    enum { MOST = 63 };
    int left = atomic_load_explicit(&p->skip, memory_order_relaxed);
    if (left > 0) {
        atomic_store_explicit(&p->skip, left - 1, memory_order_relaxed);
        return;
    }
    cede_time before = cd_monotonic();
    sched_yield();
    bool worth = has_queued(p) && cd_monotonic() - before < CEDE_MS;
    int useless = atomic_load_explicit(&p->useless, memory_order_relaxed);
    useless = worth ? 0 : useless < MOST ? 2 * useless + 1 : MOST;
    atomic_store_explicit(&p->useless, useless, memory_order_relaxed);
    atomic_store_explicit(&p->skip, useless, memory_order_relaxed);
}

/* Stand by for a job, which may come at any moment. */
static void stand_by(struct threads *p)
{
    if (has_queued(p))
        return;
    if (p->alone)
        give_way(p);
    else
        spin(p);
}

/* Sleep until called, or for as long as this pool's idle ones do: is there
 * reason to look again?  The lock is held, but not meanwhile. */
static bool rest(struct worker *w)
{
    struct threads *p = w->pool;
    atomic_fetch_sub(&p->looking, 1);
    cd_list_append(p->idle.next, &w->node); /* before the first */
    pthread_mutex_unlock(&p->lock);
    cede_time until =
        p->idle_for == CEDE_NEVER ? CEDE_NEVER : cd_monotonic() + p->idle_for;
    bool called = cd_bell_wait(&w->bell, until);
    pthread_mutex_lock(&p->lock);
    if (called)
        return true;
    if (cd_list_linked(&w->node)) {
        cd_list_remove(&w->node);
        atomic_fetch_add(&p->looking, 1);
        return false;
    }
    pthread_mutex_unlock(&p->lock);
    cd_bell_wait(&w->bell, CEDE_NEVER); /* it was called just now */
    pthread_mutex_lock(&p->lock);
    return true;
}

/* The worker takes no more jobs; its slot may be another's at once.  Under the
 * lock. */
static void retire(struct worker *w)
{
    w->pool->workers--;
    cd_list_append(w->pool->spare.next, &w->node);
}

/* NULL: there will be none for this worker, which is none any more. */
static struct cd_job *next_job(struct worker *w)
{
    struct threads *p = w->pool;
    stand_by(p);
    pthread_mutex_lock(&p->lock);
    while (cd_list_empty(&p->queue) && !p->shut && rest(w))
        continue;
    struct cd_job *j = take(p);
    atomic_fetch_sub(&p->looking, 1);
    if (j) {
        memcpy(j->worker, w->name, sizeof j->worker);
        atomic_store(&j->state, CD_JOB_RUNNING);
        p->begun++;
    } else {
        retire(w);
    }
    pthread_mutex_unlock(&p->lock);
    return j;
}

static void run(struct threads *p, struct cd_job *j)
{
    int rc = cd_job_call(j);
    struct cd_message *message =
        rc < 0 ? cd_message_take(cd_current(), rc) : NULL;
    cd_message_drop(cd_current());
    /* Before anybody can see that it is done, and submit the next. */
    atomic_fetch_add(&p->looking, 1);
    cd_job_over(j, rc, message);
    cd_message_free(message);
}

/* NAME-7, of which the number is shown whole. */
static void name_thread(struct worker *w)
{
    char number[8];
    int n = snprintf(number, sizeof number, "-%u", w->number);
    snprintf(w->name, sizeof w->name, "%.*s%s", MOST_NAME - n, w->pool->name,
             number);
    pthread_setname_np(pthread_self(), w->name);
}

static bool begin(struct worker *w)
{
    struct threads *p = w->pool;
    cede_fn *fn = p->options.begin;
    int rc = fn ? fn(p->options.begin_arg) : 0;
    if (rc >= 0)
        return true;
    cede_fail_from(rc, CEDE_EBROKEN, "pool '%s': worker %u could not begin",
                   p->name, w->number);
    pthread_mutex_lock(&p->lock);
    atomic_fetch_sub(&p->looking, 1);
    retire(w);
    pthread_mutex_unlock(&p->lock);
    break_pool(p);
    return false;
}

static void end(const struct threads *p)
{
    if (p->options.end)
        p->options.end(p->options.begin_arg);
    cd_coro_end(cd_current());
}

static void leave(struct threads *p)
{
    pthread_mutex_lock(&p->lock);
    bool left = p->left;
    pthread_t before = p->last;
    p->left = true;
    p->last = pthread_self();
    p->alive--;
    pthread_mutex_unlock(&p->lock);
    if (left)
        pthread_join(before, NULL);
    settle(p);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct threads *p = w->pool;
    cd_thread_ready();
    cd_pool_me.pool = &p->pool;
    name_thread(w);
    if (begin(w)) {
        struct cd_job *j;
        while ((j = next_job(w)))
            run(p, j);
        end(p);
    }
    leave(p);
    return NULL;
}

/* ---- calling workers --------------------------------------------------- */

static int create(struct worker *w)
{
    struct threads *p = w->pool;
    pthread_attr_t attr;
    pthread_t unused;
    sigset_t all, before;
    pthread_attr_init(&attr);
    if (p->options.stack_size)
        pthread_attr_setstacksize(&attr, p->options.stack_size);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&unused, &attr, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return -err;
}

/* If it cannot be had, the others have to do; if there are none, nobody has. */
static void start(struct worker *w)
{
    struct threads *p = w->pool;
    int rc = create(w);
    if (rc == 0)
        return;
    pthread_mutex_lock(&p->lock);
    atomic_fetch_sub(&p->looking, 1);
    p->alive--;
    retire(w);
    bool alone = p->workers == 0;
    pthread_mutex_unlock(&p->lock);
    if (alone) {
        cede_fail_from(rc, CEDE_EBROKEN,
                       "pool '%s': no thread can be started: %s", p->name,
                       cede_strerror(rc));
        break_pool(p);
    }
    settle(p);
}

/* Who is to be called because there is one job more; NULL: nobody need be.
 * *fresh: has to be started. */
static struct worker *whom(struct threads *p, bool *fresh)
{
    if (atomic_load(&p->queued) <= atomic_load(&p->looking))
        return NULL;
    struct cd_list *node = cd_list_take(&p->idle);
    *fresh = !node;
    if (!node && p->workers == p->pool.most)
        return NULL;
    if (!node) {
        node = cd_list_take(&p->spare);
        p->workers++;
        p->alive++;
    }
    atomic_fetch_add(&p->looking, 1);
    return cd_container(node, struct worker, node);
}

/* What p, which is shut or broken, answers. */
static int refuse(const struct threads *p, bool broken)
{
    if (!broken)
        return cede_fail(CEDE_ECLOSED, "pool '%s' is shut", p->name);
    cd_message_set(cd_current(), cd_message_copy(p->why));
    return CEDE_EBROKEN;
}

static int submit(cede_pool *face, struct cd_job *j)
{
    struct threads *p = threads_of(face);
    struct worker *w = NULL;
    bool fresh = false;
    pthread_mutex_lock(&p->lock);
    bool broken = p->broken, takes = !broken && !p->shut;
    if (takes) {
        cd_list_append(&p->queue, &j->node);
        atomic_fetch_add(&p->queued, 1);
        w = whom(p, &fresh);
    }
    pthread_mutex_unlock(&p->lock);
    if (!takes)
        return refuse(p, broken);
    if (w && fresh)
        start(w);
    else if (w)
        cd_bell_ring(&w->bell);
    return 0;
}

static void shut(cede_pool *face, bool cancel)
{
    struct threads *p = threads_of(face);
    struct cd_list *node;
    if (cancel)
        atomic_store(&face->cancelled, true);
    pthread_mutex_lock(&p->lock);
    p->shut = true;
    while ((node = cd_list_take(&p->idle))) {
        atomic_fetch_add(&p->looking, 1);
        cd_bell_ring(&cd_container(node, struct worker, node)->bell);
    }
    pthread_mutex_unlock(&p->lock);
    if (cancel)
        drop_queue(p, -ECANCELED, NULL);
    settle(p);
}

/* ---- the pool ---------------------------------------------------------- */

static void look(cede_pool *face, cede_pool_info *out)
{
    struct threads *p = threads_of(face);
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
    struct threads *p = threads_of(face);
    if (p->left)
        pthread_join(p->last, NULL);
}

static void free_threads(cede_pool *face)
{
    struct threads *p = threads_of(face);
    cd_message_free(p->why);
    free(p);
}

static const struct cd_pool_type threads_type = {.submit = submit,
                                                 .take_back = take_back,
                                                 .look = look,
                                                 .shut = shut,
                                                 .join = join,
                                                 .free = free_threads};

unsigned cd_cpus(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        return (unsigned)CPU_COUNT(&allowed);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

cede_pool *cd_threads_new(const cede_pool_options *o, cede_time idle_for)
{
    unsigned cpus = cd_cpus(), most = o->workers ? o->workers : cpus;
    struct threads *p = cd_zalloc(sizeof *p + most * sizeof p->slots[0]);
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
    p->alone = cpus == 1;
    atomic_init(&p->spin, longest_spin);
    return &p->pool;
}

cede_pool *cede_threads_with(const cede_pool_options *options)
{
    cede_pool_options o = {0};
    if (options)
        o = *options;
    cd_thread_ready();
    if (o.workers > MOST_WORKERS) {
        cede_fail(-EINVAL, "a pool of %u workers; %d are the most", o.workers,
                  MOST_WORKERS);
        return NULL;
    }
    return cd_threads_new(&o, CEDE_NEVER);
}

cede_pool *cede_threads(unsigned workers)
{
    return cede_threads_with(&(cede_pool_options){.workers = workers});
}
