/* SPDX-License-Identifier: MIT
 *
 * worker.c - a thread of a pool, from its start to its end.
 *
 * Waking a sleeper takes as long as ten short jobs, so before it sleeps a
 * worker stands by for a moment.  If there is another CPU for whoever submits,
 * it watches the queue, one worker at a time, for a moment that doubles when
 * that was worth it and halves when it was not.  If there is not, one of
 * them gives way, so that who submits a thousand jobs submits them all before
 * it is preempted for the first; see way.c.
 *
 * A worker that leaves joins the one that left before it, so who closes joins
 * one thread and by that all of them.
 */
#define _GNU_SOURCE /* thread names */

#include "base/bell.h"
#include "pool/threads.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const cede_time longest_spin = 50 * CEDE_US;
static const cede_time shortest_spin = CEDE_US;

/* ---- standing by ------------------------------------------------------- */

/* Without the lock: just now. */
static bool has_queued(const void *pool)
{
    const struct cd_threads *p = pool;
    return atomic_load_explicit(&p->queued, memory_order_relaxed) > 0;
}

/* Watch the queue for a moment. */
static void spin(struct cd_threads *p)
{
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
}

/* Stand by for a job, which may come at any moment. */
static void stand_by(struct cd_threads *p)
{
    if (has_queued(p) || atomic_exchange(&p->standing_by, true))
        return;
    if (p->pool.alone)
        cd_give_way(&p->way, has_queued, p);
    else
        spin(p);
    atomic_store(&p->standing_by, false);
}

/* ---- working ------------------------------------------------------------ */

/* Sleep until called, or for as long as this pool's idle ones do: is there
 * reason to look again?  The lock is held, but not meanwhile. */
static bool rest(struct cd_worker *w)
{
    struct cd_threads *p = w->pool;
    p->went++;
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
        p->went--;
        return false;
    }
    pthread_mutex_unlock(&p->lock);
    cd_bell_wait(&w->bell, CEDE_NEVER); /* it was called just now */
    pthread_mutex_lock(&p->lock);
    return true;
}

/* The worker takes no more jobs; its slot may be another's at once.  Under the
 * lock. */
static void retire(struct cd_worker *w)
{
    w->pool->workers--;
    cd_list_append(w->pool->spare.next, &w->node);
}

/* The first job is this worker's.  Under the lock. */
static struct cd_job *take(struct cd_worker *w)
{
    struct cd_threads *p = w->pool;
    struct cd_job *j = cd_threads_take(p);
    p->went++;
    if (!j) {
        retire(w);
        return NULL;
    }
    memcpy(j->worker, w->name, sizeof j->worker);
    atomic_store_explicit(&j->state, CD_JOB_RUNNING, memory_order_release);
    p->begun++;
    return j;
}

/* NULL: there will be none for this worker, which is none any more. */
static struct cd_job *next_job(struct cd_worker *w)
{
    struct cd_threads *p = w->pool;
    struct cd_worker *next = NULL;
    bool fresh = false;
    stand_by(p);
    pthread_mutex_lock(&p->lock);
    while (cd_list_empty(&p->queue) && !p->shut && rest(w))
        continue;
    struct cd_job *j = take(w);
    if (j && p->pool.alone)
        next = cd_threads_whom(p, &fresh);
    pthread_mutex_unlock(&p->lock);
    cd_threads_call(next, fresh);
    return j;
}

/* The user's functions, and who knows how long they take. */
static void call_back(struct cd_threads *p)
{
    cd_threads_busy(p);
    cd_callbacks_run();
    atomic_fetch_add(&p->came, 1);
}

static void run(struct cd_threads *p, struct cd_job *j)
{
    int rc = cd_job_call(j);
    struct cd_message *message =
        rc < 0 ? cd_message_take(cd_current(), rc) : NULL;
    cd_message_drop(cd_current());
    /* Before anybody can see that it is done, and submit the next. */
    atomic_fetch_add(&p->came, 1);
    cd_callbacks_put_off();
    cd_job_over(j, rc, message);
    cd_message_free(message);
    if (cd_callbacks_due())
        call_back(p);
}

/* NAME-7, of which the number is shown whole. */
static void name_thread(struct cd_worker *w)
{
    char number[8];
    int n = snprintf(number, sizeof number, "-%u", w->number);
    snprintf(w->name, sizeof w->name, "%.*s%s", CD_WORKER_NAME - n,
             w->pool->name, number);
    pthread_setname_np(pthread_self(), w->name);
}

/* It has begun, or cannot. */
static void settle_in(struct cd_worker *w, bool well)
{
    struct cd_threads *p = w->pool;
    pthread_mutex_lock(&p->lock);
    p->beginning--;
    if (!well) {
        p->went++;
        retire(w);
    }
    pthread_mutex_unlock(&p->lock);
}

static bool begin(struct cd_worker *w)
{
    struct cd_threads *p = w->pool;
    unsigned number = w->number;
    cede_fn *fn = p->options.begin;
    int rc = fn ? fn(p->options.begin_arg) : 0;
    settle_in(w, rc >= 0);
    if (rc >= 0)
        return true;
    cede_fail_from(rc, CEDE_EBROKEN, "pool '%s': worker %u could not begin",
                   p->name, number);
    cd_threads_break(p);
    return false;
}

static void end(const struct cd_threads *p)
{
    if (p->options.end)
        p->options.end(p->options.begin_arg);
    cd_coro_end(cd_current());
}

static void leave(struct cd_threads *p)
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
    cd_threads_settle(p);
}

static void *work(void *arg)
{
    struct cd_worker *w = arg;
    struct cd_threads *p = w->pool;
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

/* ---- starting ----------------------------------------------------------- */

/* Signals are for who submits.  Faults have nobody but the thread, and the
 * kernel kills what blocks them, whoever handles them. */
static void all_but_faults(sigset_t *out)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    sigfillset(out);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(out, faults[i]);
}

static int create(struct cd_worker *w)
{
    struct cd_threads *p = w->pool;
    pthread_attr_t attr;
    pthread_t unused;
    sigset_t most, before;
    pthread_attr_init(&attr);
    if (p->options.stack_size)
        pthread_attr_setstacksize(&attr, p->options.stack_size);
    all_but_faults(&most);
    pthread_sigmask(SIG_SETMASK, &most, &before);
    int err = pthread_create(&unused, &attr, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return -err;
}

/* If it cannot be had, the others have to do; if there are none, nobody has. */
void cd_worker_start(struct cd_worker *w)
{
    struct cd_threads *p = w->pool;
    int rc = create(w);
    if (rc == 0)
        return;
    pthread_mutex_lock(&p->lock);
    p->beginning--;
    p->went++;
    retire(w);
    bool alone = p->workers == 0;
    pthread_mutex_unlock(&p->lock);
    if (alone) {
        cede_fail_from(rc, CEDE_EBROKEN,
                       "pool '%s': no thread can be started: %s", p->name,
                       cede_strerror(rc));
        cd_threads_break(p);
    }
    cd_threads_unstarted(p);
}
