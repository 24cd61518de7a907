/* SPDX-License-Identifier: MIT
 *
 * schedule_sync_test.c - mutexes, events, semaphores, conditions and barriers,
 * in any order, cancelled at any moment, without any allocation.
 */
#include "scenario.h"

/* ---- mutexes ----------------------------------------------------------- */

struct account {
    cede_mutex m;
    int inside, times;
};

static int uses(struct account *a)
{
    CEDE_TRY(cede_mutex_lock(&a->m));
    ENSURE(a->inside++ == 0);
    int rc = cede_sleep(0);
    ENSURE(--a->inside == 0);
    a->times++;
    cede_mutex_unlock(&a->m);
    return rc;
}

static int uses_often(void *arg)
{
    for (int i = 0; i < 3; i++)
        CEDE_TRY(uses(arg));
    return 0;
}

/* One of four is cancelled in between. */
SCENARIO(one_at_a_time_is_inside_whoever_is_cancelled)
{
    struct account a = {0};
    int rc;
    {
        CEDE_GROUP(g);
        for (int i = 0; i < 3; i++)
            cede_go(&g, uses_often, &a);
        cede_future *f = cede_spawn(&g, uses_often, &a);
        (void)cede_sleep(0);
        (void)cede_cancel(f);
        rc = cede_join(&g);
    }
    ENSURE(!cede_mutex_is_locked(&a.m));
    ENSURE(rc < 0 || a.times >= 9);
    return rc;
}

static int uses_within_a_second(void *arg)
{
    int rc = cede_within(CEDE_SEC, uses_often, arg);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int holds_for_a_second(void *arg)
{
    struct account *a = arg;
    CEDE_TRY(cede_mutex_lock(&a->m));
    int rc = cede_sleep(CEDE_SEC);
    cede_mutex_unlock(&a->m);
    return rc;
}

SCENARIO(a_mutex_and_a_deadline_at_the_same_time_are_not_both)
{
    struct account a = {0};
    int rc;
    {
        CEDE_GROUP(g);
        cede_go(&g, holds_for_a_second, &a);
        for (int i = 0; i < 3; i++)
            cede_go(&g, uses_within_a_second, &a);
        rc = cede_join(&g);
    }
    ENSURE(!cede_mutex_is_locked(&a.m));
    return rc;
}

/* ---- events ------------------------------------------------------------ */

static int waits_for_event(void *e)
{
    return cede_event_wait(e);
}

static int pulses(void *e)
{
    CEDE_TRY(cede_sleep(CEDE_SEC));
    cede_event_set(e);
    cede_event_clear(e);
    return 0;
}

SCENARIO(a_pulse_of_an_event_wakes_all_who_wait)
{
    cede_event e = {0};
    CEDE_GROUP(g);
    for (int i = 0; i < 4; i++)
        cede_go(&g, waits_for_event, &e);
    cede_go(&g, pulses, &e);
    return cede_join(&g);
}

/* ---- semaphores -------------------------------------------------------- */

struct office {
    cede_sem desks;
    int inside, most;
};

static int works(void *arg)
{
    struct office *o = arg;
    int rc = 0;
    for (int i = 0; i < 3 && rc == 0; i++) {
        CEDE_TRY(cede_sem_acquire(&o->desks));
        ENSURE(++o->inside <= 2);
        if (o->inside > o->most)
            o->most = o->inside;
        rc = cede_sleep(CEDE_SEC);
        o->inside--;
        ENSURE(cede_sem_release(&o->desks) == 0);
    }
    return rc;
}

SCENARIO(no_permit_is_lost_and_none_made_whoever_is_cancelled)
{
    struct office o = {.desks = CEDE_SEM_BOUNDED(2)};
    int rc;
    {
        CEDE_GROUP(g);
        for (int i = 0; i < 3; i++)
            cede_go(&g, works, &o);
        cede_future *f = cede_spawn(&g, works, &o);
        (void)cede_sleep(CEDE_SEC);
        (void)cede_cancel(f);
        rc = cede_join(&g);
    }
    ENSURE(cede_sem_permits(&o.desks) == 2);
    ENSURE(rc < 0 || o.most == 2);
    return rc;
}

static int acquires_within_a_second(void *arg)
{
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    int rc = cede_leave(&s, cede_sem_acquire(arg));
    if (rc == 0)
        return cede_sem_release(arg);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int releases_in_a_second(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_SEC));
    return cede_sem_release_n(arg, 2);
}

SCENARIO(a_permit_and_a_deadline_at_the_same_time_are_not_both)
{
    cede_sem s = CEDE_SEM(0);
    int rc;
    {
        CEDE_GROUP(g);
        for (int i = 0; i < 3; i++)
            cede_go(&g, acquires_within_a_second, &s);
        cede_go(&g, releases_in_a_second, &s);
        rc = cede_join(&g);
    }
    ENSURE(rc < 0 || cede_sem_permits(&s) == 2);
    return rc;
}

/* ---- conditions -------------------------------------------------------- */

struct box {
    cede_mutex m;
    cede_cond changed;
    int items, taken;
    bool closed;
};

static bool has_items(void *box)
{
    const struct box *b = box;
    return b->items > 0 || b->closed;
}

static int takes(void *box)
{
    struct box *b = box;
    int rc = cede_mutex_lock(&b->m);
    if (rc < 0)
        return rc;
    while ((rc = cede_cond_wait_for(&b->changed, &b->m, has_items, b)) == 0 &&
           b->items > 0) {
        b->items--;
        b->taken++;
    }
    cede_mutex_unlock(&b->m);
    return rc;
}

static int fill(struct box *b, int items)
{
    CEDE_TRY(cede_mutex_lock(&b->m));
    b->items += items;
    b->closed = items == 0;
    int rc = cede_cond_notify(&b->changed, items ? (size_t)items : SIZE_MAX);
    cede_mutex_unlock(&b->m);
    return rc;
}

static int fills(void *box)
{
    for (int items = 1; items <= 3; items++) {
        CEDE_TRY(cede_sleep(0));
        CEDE_TRY(fill(box, items));
    }
    return 0;
}

/* Every item is notified to one, and one of the takers is cancelled. */
SCENARIO(no_notification_is_lost_whoever_is_cancelled)
{
    struct box b = {0};
    int rc;
    {
        CEDE_GROUP(g);
        cede_future *f = cede_spawn(&g, takes, &b);
        cede_go(&g, takes, &b);
        cede_go(&g, takes, &b);
        CEDE_GROUP(fillers);
        cede_go(&fillers, fills, &b);
        (void)cede_sleep(0);
        (void)cede_cancel(f);
        rc = cede_join(&fillers);
        if (rc == 0)
            rc = fill(&b, 0);
        if (rc < 0)
            cede_group_cancel(&g);
        rc = cede_join_rc(&g, rc);
    }
    ENSURE(!cede_mutex_is_locked(&b.m));
    ENSURE(rc < 0 || b.taken == 6);
    return rc;
}

struct turns {
    cede_mutex m;
    cede_cond c;
    int waiting, waked, notified;
};

static int waits_once(void *arg)
{
    struct turns *t = arg;
    CEDE_TRY(cede_mutex_lock(&t->m));
    t->waiting++;
    int rc = cede_cond_wait(&t->c, &t->m);
    t->waiting--;
    t->waked += rc == 0;
    cede_mutex_unlock(&t->m);
    return rc;
}

/* As many answer 0 as were notified, no more and no fewer. */
SCENARIO(so_many_wake_as_were_notified)
{
    struct turns t = {0};
    int rc;
    {
        CEDE_GROUP(g);
        cede_future *f = cede_spawn(&g, waits_once, &t);
        for (int i = 0; i < 3; i++)
            cede_go(&g, waits_once, &t);
        (void)cede_sleep(0);
        if (cede_mutex_lock(&t.m) == 0) {
            t.notified = cede_cond_notify(&t.c, 2);
            (void)cede_cancel(f);
            cede_mutex_unlock(&t.m);
        }
        (void)cede_sleep(0);
        cede_group_cancel(&g);
        rc = cede_join(&g);
    }
    ENSURE(t.waked == t.notified && t.waiting == 0);
    ENSURE(!cede_mutex_is_locked(&t.m));
    return rc;
}

/* ---- barriers ---------------------------------------------------------- */

struct rounds {
    cede_barrier b;
    int round[3], numbers;
};

static int walks(struct rounds *r, int *round)
{
    for (*round = 0; *round < 3; (*round)++) {
        CEDE_TRY(cede_sleep(0));
        int rc = cede_barrier_wait(&r->b);
        CEDE_TRY(rc);
        r->numbers += rc;
        for (int i = 0; i < 3; i++)
            ENSURE(r->round[i] >= *round && r->round[i] <= *round + 1);
    }
    return 0;
}

static int walks_0(void *r)
{
    return walks(r, &((struct rounds *)r)->round[0]);
}

static int walks_1(void *r)
{
    return walks(r, &((struct rounds *)r)->round[1]);
}

static int walks_2(void *r)
{
    return walks(r, &((struct rounds *)r)->round[2]);
}

SCENARIO(nobody_is_a_round_ahead_of_a_barrier)
{
    struct rounds r = {.b = CEDE_BARRIER(3)};
    int rc;
    {
        CEDE_GROUP(g);
        cede_go(&g, walks_0, &r);
        cede_go(&g, walks_1, &r);
        cede_go(&g, walks_2, &r);
        rc = cede_join(&g);
    }
    ENSURE(cede_barrier_waiting(&r.b) == 0);
    ENSURE(rc < 0 || r.numbers == 3 * (0 + 1 + 2));
    return rc;
}

SUITE("schedule_sync")
