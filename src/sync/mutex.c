/* SPDX-License-Identifier: MIT
 *
 * mutex.c - who holds it, and who waits for it.
 *
 * Tasks wait only while somebody holds it; unlocking makes the first of them
 * its owner before he runs.  Conditions put their own waiters into that queue.
 */
#include "sync/held.h"

#include <cede/context.h>
#include <stdatomic.h>

static const char what[] = "a mutex";

/* ---- waiting ----------------------------------------------------------- */

/* By these one can tell that it is a mutex that is waited for, and how. */
static bool lock_abort(struct cd_wait *w)
{
    (void)w;
    return true;
}

static bool relock_abort(struct cd_wait *w)
{
    (void)w;
    return false;
}

static bool sleep_abort(struct cd_wait *w)
{
    cd_mutex_wake(cd_container(w, struct cd_lock, wait), -ECANCELED);
    return false;
}

const cede_mutex *cd_mutex_awaited(const struct cd_wait *w)
{
    return w->abort == lock_abort || w->abort == relock_abort ||
                   w->abort == sleep_abort
               ? cd_container(w, const struct cd_lock, wait)->mutex
               : NULL;
}

const struct cd_task *cd_mutex_holder(const struct cd_wait *w)
{
    const cede_mutex *m = cd_mutex_awaited(w);
    return m && w->abort != sleep_abort ? m->owner_ : NULL;
}

/* Does the owner of m wait for t?  Circles of more are not looked for. */
static bool is_circular(const cede_mutex *m, const struct cd_task *t)
{
    const struct cd_task *owner = m->owner_;
    for (int most = 100; owner && owner != t && most > 0; most--)
        owner = owner->wait ? cd_mutex_holder(owner->wait) : NULL;
    return owner == t;
}

static int broken(void)
{
    return cede_fail(CEDE_EBROKEN, "a task ended without unlocking this mutex");
}

/* It has an owner, or had one: -EAGAIN, or what there is no use waiting for. */
static __attribute__((noinline)) int occupied(const cede_mutex *m,
                                              const struct cd_task *t)
{
    if (cd_mutex_is_broken(m))
        return broken();
    if (m->owner_->loop != t->loop)
        return cede_fail(-EPERM,
                         "a mutex is used by two threads: task '%s' holds it "
                         "on another%s",
                         m->owner_->co.name, cd_sync_instead());
    return -EAGAIN;
}

static int lock_later(cede_mutex *m, struct cd_task *t)
{
    if (is_circular(m, t))
        return cede_fail(-EDEADLK,
                         "task '%s' locks a mutex that it holds, or whose "
                         "owner waits for it",
                         t->co.name);
    struct cd_lock l = {.wait.abort = lock_abort, .mutex = m};
    int rc = cd_wait_in(&l.wait, &m->waiters_.queue, "mutex lock");
    return rc == CEDE_EBROKEN ? broken() : rc;
}

/* ---- locking ----------------------------------------------------------- */

static __attribute__((noinline)) int first_use(cede_mutex *m)
{
    atomic_store_explicit(&cd_task_left_mutexes, cd_held_left,
                          memory_order_relaxed);
    if (!m->waiters_.self)
        cd_list_init(&m->asleep_);
    return cd_waiters_look(&m->waiters_, what);
}

static inline bool is_free(const cede_mutex *m)
{
    return m->waiters_.self == &m->waiters_ && !m->owner_;
}

/* 0 locked; -EAGAIN somebody of this loop holds it; CEDE_EBROKEN; -EPERM. */
static inline __attribute__((always_inline)) int take(cede_mutex *m,
                                                      struct cd_task *t)
{
    int rc;
    if (cd_unlikely(m->waiters_.self != &m->waiters_) &&
        (rc = first_use(m)) < 0)
        return rc;
    if (cd_unlikely(m->owner_))
        return occupied(m, t);
    cd_hold(t, m);
    return 0;
}

static __attribute__((noinline)) int lock_otherwise(cede_mutex *m)
{
    int rc = cd_task_begin("cede_mutex_lock");
    if (rc < 0)
        return rc;
    struct cd_task *t = cd_me.task;
    rc = take(m, t);
    if (rc < 0)
        return rc == -EAGAIN ? lock_later(m, t) : rc;
    cd_checkpoint_end(t);
    return 0;
}

int cede_mutex_lock(cede_mutex *m)
{
    struct cd_task *t = cd_me.task;
    if (cd_likely(t && is_free(m) && cd_checkpoint_pass(t))) {
        cd_hold(t, m);
        return 0;
    }
    return lock_otherwise(m);
}

int cede_mutex_trylock(cede_mutex *m)
{
    struct cd_task *t = cd_task_needed("cede_mutex_trylock");
    if (!t)
        return -EPERM;
    return take(m, t);
}

/* To who has waited longest, or to nobody. */
static inline void pass_on(cede_mutex *m)
{
    struct cd_wait *next = cd_wait_first(&m->waiters_.queue);
    m->owner_ = NULL;
    if (cd_unlikely(next)) {
        cd_hold(next->task, m);
        cd_wait_grant(next, next->rc);
    }
}

/* Not this task. */
static const char *holder(const cede_mutex *m)
{
    return m->owner_ && !cd_mutex_is_broken(m) ? m->owner_->co.name : "nobody";
}

void cd_mutex_check(const cede_mutex *m, const char *call)
{
    const struct cd_task *t = cd_me.task;
    cd_check(!m->waiters_.self || m->waiters_.self == &m->waiters_,
             "%s was copied or moved after it was used, or never zeroed", what);
    cd_check(t, "%s called outside a task: only tasks hold a mutex%s", call,
             cd_task_forked());
    cd_check(m->owner_ == t,
             "%s by task '%s', which does not hold the mutex (its holder: %s)",
             call, t->co.name, holder(m));
}

static __attribute__((noinline)) void unlock_otherwise(cede_mutex *m)
{
    cd_mutex_check(m, "cede_mutex_unlock");
    cd_let_go(cd_me.task, m);
    pass_on(m);
}

void cede_mutex_unlock(cede_mutex *m)
{
    struct cd_task *t = cd_me.task;
    /* A copy's queue is not empty: it begins and ends elsewhere. */
    if (cd_likely(t && t->mutexes == m && m->owner_ == t &&
                  cd_waiters_none(&m->waiters_))) {
        t->mutexes = m->next_;
        m->owner_ = NULL;
        return;
    }
    unlock_otherwise(m);
}

bool cede_mutex_is_locked(const cede_mutex *m)
{
    return m->owner_;
}

/* ---- for conditions ---------------------------------------------------- */

int cd_mutex_sleep(cede_mutex *m, struct cd_list *queue)
{
    struct cd_lock l = {.wait.abort = sleep_abort, .mutex = m};
    cd_list_append(&m->asleep_, &l.asleep);
    cede_mutex_unlock(m);
    int rc = cd_wait_in(&l.wait, queue, "condition");
    return rc == CEDE_EBROKEN ? broken() : rc;
}

void cd_mutex_wake(struct cd_lock *l, int rc)
{
    cede_mutex *m = l->mutex;
    cd_check(!m->owner_ || m->owner_->loop == l->wait.task->loop ||
                 !cd_task_elsewhere(m->owner_),
             "a mutex is used by two threads: task '%s' holds it on another "
             "than task '%s', which is to have it",
             m->owner_->co.name, l->wait.task->co.name);
    cd_list_unlink(&l->asleep);
    cd_list_unlink(&l->wait.node);
    cd_list_append(&m->waiters_.queue, &l->wait.node);
    l->wait.abort = relock_abort;
    l->wait.why = "mutex lock";
    l->wait.rc = rc;
    if (!m->owner_)
        pass_on(m);
}

/* ---- as a manager ------------------------------------------------------ */

static int mutex_enter(void *m)
{
    return cede_mutex_lock(m);
}

static int mutex_exit(void *m, int rc)
{
    cede_mutex_unlock(m);
    return rc;
}

const cede_manager cede_manager_mutex = {mutex_enter, mutex_exit};
