/* SPDX-License-Identifier: MIT
 *
 * sync.h - mutexes, events, semaphores, conditions and barriers, between the
 * tasks of one loop.
 *
 *     static cede_mutex m;                       zeroed is ready for use
 *     CEDE_TRY(cede_mutex_lock(&m));
 *     ...                                        may wait
 *     cede_mutex_unlock(&m);
 *
 * All are yours by value, need no end, and take no memory.  They remember
 * their address once they are used: a copied one aborts by name (one that was
 * never zeroed mostly does, as if it were a copy), and so does
 * one whose memory goes while tasks wait in it, if that is noticed.
 *
 * Waiters are served in the order in which they came, and nobody slips in
 * before them (no barging).  What a waiter was granted it has: a call that was
 * granted and cancelled in the same turn, or that ran out of time then, answers
 * success (completion beats cancellation), so nothing has to be handed on.  A
 * cancelled waiter is removed at once and has changed nothing.
 *
 * They belong to one thread: the calls that do not wait may also come from that
 * loop's callbacks, and between its runs.  Who uses one from another thread
 * while tasks wait in it, or hold it, is told -EPERM or, by calls that answer
 * nothing, aborted by name; only to look (is_locked, is_set, permits, waiting,
 * is_broken) is not checked.  Between threads use shared queues (queue.h),
 * promises (future.h), or pthreads.
 *
 * A call that would have to wait outside a task answers -EPERM.
 */
#ifndef CEDE_SYNC_H
#define CEDE_SYNC_H

#include <cede/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cd_task;

/* The tasks that wait in something that is yours by value.  Zeroed: not used
 * yet. */
struct cd_waiters {
    const struct cd_waiters *self;
    struct cd_list queue;
};

/* ---- mutex ----------------------------------------------------------- */

/* For sections that wait: one that does not needs no mutex, because no other
 * task of the loop runs meanwhile.  Not recursive.  To be unlocked before its
 * memory goes.  Zeroed: unlocked. */
typedef struct cede_mutex {
    struct cd_waiters waiters_;
    struct cd_list asleep_;   /* who waits in conditions, and will lock it */
    struct cd_task *owner_;   /* NULL: unlocked; the mutex: broken */
    struct cede_mutex *next_; /* what its owner has locked before it */
    size_t seal_;
    size_t reserved_[2];
} cede_mutex;

/* Lock it; the calling task is its owner.  [waits]
 * 0; -EDEADLK: it is the owner already, or the owner waits for a mutex of the
 * caller's, if only by way of others, at most 100; CEDE_EBROKEN: an owner ended
 * without unlocking it, before or while this waited (it stays so until it is
 * zeroed again); -ECANCELED; -EPERM outside a task.
 * If cancelled: it is not the owner. */
CEDE_API int cede_mutex_lock(cede_mutex *m);

/* The same without waiting: -EAGAIN when it is locked, be it by the caller;
 * -EPERM outside a task, too.  Works in a cancelled scope. */
CEDE_API int cede_mutex_trylock(cede_mutex *m);

/* Unlock it; who has waited longest is its owner then, before he runs.  By a
 * task that is not its owner: a broken contract, aborts by name.
 *
 * An owner that ends without unlocking it is reported to the failure hook, and
 * whoever waits, be it in a condition, is told CEDE_EBROKEN.  Where the mutex
 * was on the owner's own stack, and somebody waits in it: aborts by name. */
CEDE_API void cede_mutex_unlock(cede_mutex *m);

/* Somebody owns it, or it is broken. */
CEDE_API bool cede_mutex_is_locked(const cede_mutex *m);

/* For cede_using (rc, &cede_manager_mutex, &m), see context.h: locked for the
 * block. */
struct cede_manager;
extern CEDE_API const struct cede_manager cede_manager_mutex;

/* ---- event ----------------------------------------------------------- */

/* Something that has happened, or not.  Zeroed: not set. */
typedef struct cede_event {
    struct cd_waiters waiters_;
    bool set_;
    size_t reserved_[2];
} cede_event;

/* Wait until it is set; at once, without letting others run, if it is.  [waits]
 * 0, also when it was cleared again before the caller ran; -ECANCELED;
 * -EPERM. */
CEDE_API int cede_event_wait(cede_event *e);

/* Set it, and wake all who wait now.  Again: nothing. */
CEDE_API void cede_event_set(cede_event *e);
CEDE_API void cede_event_clear(cede_event *e);
CEDE_API bool cede_event_is_set(const cede_event *e);

/* ---- semaphore ------------------------------------------------------- */

/* A number of permits.  Made by CEDE_SEM(n); zeroed: none. */
typedef struct cede_sem {
    struct cd_waiters waiters_;
    size_t permits_;
    size_t most_; /* if it is bounded */
    bool bounded_;
    size_t reserved_[2];
} cede_sem;

/* `cede_sem s = CEDE_SEM(3);` n permits; and one that never has more than n,
 * so that a release too many is noticed. */
#define CEDE_SEM(n) CEDE_SEM_(n, 0, false)
#define CEDE_SEM_BOUNDED(n) CEDE_SEM_(n, n, true)
/* clang-format off */
#define CEDE_SEM_(n, most, bounded)                                            \
    {{NULL, {NULL, NULL}}, (n), (most), (bounded), {0, 0}}
/* clang-format on */

/* Take a permit.  [waits]  0; -ECANCELED, and no permit was taken; -EPERM. */
CEDE_API int cede_sem_acquire(cede_sem *s);

/* The same without waiting: -EAGAIN when there is none.  (While somebody waits
 * there is none.)  Works in a cancelled scope. */
CEDE_API int cede_sem_try_acquire(cede_sem *s);

/* Give n permits back: at once the longest waiting n have them, whether or not
 * the first of them has run.  Needs no permit to have been taken.
 * 0; -EINVAL, and nothing was given back: more than were taken, if it is
 * bounded, or more than SIZE_MAX; -EPERM. */
CEDE_API int cede_sem_release(cede_sem *s);
CEDE_API int cede_sem_release_n(cede_sem *s, size_t n);

/* Permits nobody has. */
CEDE_API size_t cede_sem_permits(const cede_sem *s);

/* ---- condition ------------------------------------------------------- */

/* To wait for something that a mutex guards.  Zeroed: nobody waits.  Used with
 * one mutex at a time. */
typedef struct cede_cond {
    struct cd_waiters waiters_;
    cede_mutex *mutex_; /* of those who wait */
    size_t reserved_[2];
} cede_cond;

/* Unlock m, which the caller holds, wait until notified, and lock m again.
 * [waits], and for the mutex always to the end: m is locked when this answers,
 * whatever it answers, but for CEDE_EBROKEN.
 * 0, notified: also if it was cancelled afterwards, while it waited for the
 * mutex, so that no notification is lost; -ECANCELED: it was cancelled before
 * it was notified (one that comes later goes to another); CEDE_EBROKEN: an
 * owner of m ended without unlocking it, m is not locked; -EINVAL: others wait
 * in c with another mutex; -EPERM: outside a task.  Not the owner of m: a
 * broken contract, aborts by name.  It never wakes without reason. */
CEDE_API int cede_cond_wait(cede_cond *c, cede_mutex *m);

/* The same until pred(arg), which is asked with m locked, is true: 0; at once
 * if it is true already. */
CEDE_API int cede_cond_wait_for(cede_cond *c, cede_mutex *m,
                                bool (*pred)(void *arg), void *arg);

/* Wake the n that have waited longest; SIZE_MAX: all.  The caller holds their
 * mutex: else -EPERM, if anybody waits.  How many were woken, at most
 * INT_MAX. */
CEDE_API int cede_cond_notify(cede_cond *c, size_t n);

/* ---- barrier --------------------------------------------------------- */

/* Where n tasks wait for each other, again and again.  CEDE_BARRIER(n). */
typedef struct cede_barrier {
    struct cd_waiters waiters_;
    size_t parties_;
    size_t waiting_;
    bool broken_;
    size_t reserved_[2];
} cede_barrier;

/* clang-format off */
#define CEDE_BARRIER(n) {{NULL, {NULL, NULL}}, (n), 0, false, {0, 0}}
/* clang-format on */

/* Wait until n have come, this one included; the last to come does not wait.
 * [waits]  Which of them it was, 0 (the first) to n - 1; CEDE_EBROKEN: the
 * barrier was reset or aborted meanwhile, or is broken; -ECANCELED, and it has
 * not come, the others wait on; -EINVAL: n is 0 or over INT_MAX; -EPERM.  Who
 * comes next is of the next round. */
CEDE_API int cede_barrier_wait(cede_barrier *b);

/* Whoever waits gets CEDE_EBROKEN.  Reset: it is as new.  Abort: it is broken,
 * and refuses all who come, until it is reset. */
CEDE_API void cede_barrier_reset(cede_barrier *b);
CEDE_API void cede_barrier_abort(cede_barrier *b);

/* How many wait now; and is it broken? */
CEDE_API size_t cede_barrier_waiting(const cede_barrier *b);
CEDE_API bool cede_barrier_is_broken(const cede_barrier *b);

#ifdef __cplusplus
}
#endif
#endif
