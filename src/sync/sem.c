/* SPDX-License-Identifier: MIT
 *
 * sem.c - permits, and who waits for one.
 *
 * Tasks wait only while there is no permit, so that nobody who comes while
 * others wait can find one.
 */
#include "sync/sync.h"

static const char what[] = "a semaphore";

/* 0 taken; -EAGAIN there is none; -EPERM. */
static inline __attribute__((always_inline)) int take(cede_sem *s)
{
    int rc = cd_waiters_look(&s->waiters_, what);
    if (rc < 0)
        return rc;
    if (s->permits_ == 0)
        return -EAGAIN;
    s->permits_--;
    return 0;
}

int cede_sem_acquire(cede_sem *s)
{
    struct cd_task *t = cd_me.task;
    int rc = t ? cd_checkpoint_begin(t) : 0;
    if (rc < 0)
        return rc;
    rc = take(s);
    if (rc == 0 && t)
        cd_checkpoint_end(t);
    if (rc != -EAGAIN)
        return rc;
    if (!cd_task_needed("cede_sem_acquire without a permit"))
        return -EPERM;
    struct cd_wait w = {0};
    return cd_wait_in(&w, &s->waiters_.queue, "semaphore");
}

int cede_sem_try_acquire(cede_sem *s)
{
    return take(s);
}

static int too_many(void)
{
    return cede_fail(-EINVAL, "more permits of a semaphore are given back "
                              "than were taken");
}

int cede_sem_release_n(cede_sem *s, size_t n)
{
    int rc = cd_waiters_look(&s->waiters_, what);
    if (rc < 0)
        return rc;
    /* Those that waiters are given stay taken, so they need no room. */
    if (n > (s->bounded_ ? s->most_ : SIZE_MAX) - s->permits_)
        return too_many();
    struct cd_wait *first;
    for (; n > 0 && (first = cd_wait_first(&s->waiters_.queue)); n--)
        cd_wait_grant(first, 0);
    s->permits_ += n;
    return 0;
}

int cede_sem_release(cede_sem *s)
{
    return cede_sem_release_n(s, 1);
}

size_t cede_sem_permits(const cede_sem *s)
{
    return s->permits_;
}
