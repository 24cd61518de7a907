/* SPDX-License-Identifier: MIT
 *
 * barrier.c - where tasks wait for each other.
 *
 * The last to come ends the round: it takes the others out of the queue, in
 * their order, which is their number.  So whoever comes while they have not
 * run yet is of the next round, and one that was cancelled has left no gap.
 */
#include "sync/sync.h"

#include <limits.h>

static const char what[] = "a barrier";

struct party {
    struct cd_wait wait;
    cede_barrier *barrier;
};

static bool party_abort(struct cd_wait *w)
{
    cd_container(w, struct party, wait)->barrier->waiting_--;
    return true;
}

static int refused(const cede_barrier *b)
{
    if (b->parties_ == 0 || b->parties_ > INT_MAX)
        return cede_fail(-EINVAL, "a barrier for %zu tasks", b->parties_);
    return b->broken_ ? CEDE_EBROKEN : 0;
}

/* All have come: their numbers. */
static int pass(cede_barrier *b)
{
    int number = 0;
    struct cd_wait *first;
    while ((first = cd_wait_first(&b->waiters_.queue)))
        cd_wait_grant(first, number++);
    b->waiting_ = 0;
    return number;
}

static int come(cede_barrier *b)
{
    if (!cd_task_needed("cede_barrier_wait before the others"))
        return -EPERM;
    struct party p = {.wait.abort = party_abort, .barrier = b};
    b->waiting_++;
    return cd_wait_in(&p.wait, &b->waiters_.queue, "barrier");
}

int cede_barrier_wait(cede_barrier *b)
{
    struct cd_task *t = cd_me.task;
    int rc = t ? cd_checkpoint_begin(t) : 0;
    if (rc < 0 || (rc = cd_waiters_look(&b->waiters_, what)) < 0 ||
        (rc = refused(b)) < 0)
        return rc;
    if (b->waiting_ + 1 < b->parties_)
        return come(b);
    rc = pass(b);
    if (t)
        cd_checkpoint_end(t);
    return rc;
}

static void end_round(cede_barrier *b, bool broken)
{
    cd_waiters_insist(&b->waiters_, what);
    b->broken_ = broken;
    b->waiting_ = 0;
    cd_waiters_grant_all(&b->waiters_, CEDE_EBROKEN);
}

void cede_barrier_reset(cede_barrier *b)
{
    end_round(b, false);
}

void cede_barrier_abort(cede_barrier *b)
{
    end_round(b, true);
}

size_t cede_barrier_waiting(const cede_barrier *b)
{
    return b->waiting_;
}

bool cede_barrier_is_broken(const cede_barrier *b)
{
    return b->broken_;
}
