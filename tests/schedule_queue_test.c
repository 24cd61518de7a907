/* SPDX-License-Identifier: MIT
 *
 * schedule_queue_test.c - queues, and generators that wait, in any order,
 * cancelled at any moment, without any allocation.
 */
#include "scenario.h"

/* ---- nothing is lost --------------------------------------------------- */

struct traffic {
    cede_queue *q;
    int put, got;
};

static int puts_5(void *arg)
{
    struct traffic *t = arg;
    for (int i = 0; i < 5; i++) {
        CEDE_TRY(cede_put(t->q, &i));
        t->put++;
    }
    return 0;
}

static int gets_while_there_are(void *arg)
{
    struct traffic *t = arg;
    int x, rc;
    while ((rc = cede_get(t->q, &x)) > 0)
        t->got++;
    return rc;
}

/* Two put, three get, and one of those is cancelled in between. */
static int let_flow(struct traffic *t)
{
    CEDE_GROUP(getters);
    CEDE_TRY(cede_go(&getters, gets_while_there_are, t));
    cede_future *f = cede_spawn(&getters, gets_while_there_are, t);
    CEDE_TRY(f ? 0 : -ENOMEM);
    CEDE_TRY(cede_go(&getters, gets_while_there_are, t));
    CEDE_GROUP(putters);
    CEDE_TRY(cede_go(&putters, puts_5, t));
    CEDE_TRY(cede_go(&putters, puts_5, t));
    CEDE_TRY(cede_sleep(0));
    (void)cede_cancel(f);
    CEDE_TRY(cede_join(&putters));
    cede_queue_close(t->q);
    return cede_join(&getters);
}

static int has_traffic(size_t capacity)
{
    struct traffic t = {0};
    QUEUE(q, sizeof(int), capacity);
    t.q = q;
    int rc = let_flow(&t);
    ENSURE(!q || t.got + (int)cede_queue_count(q) == t.put);
    if (rc == 0)
        ENSURE(t.got == 10);
    return rc;
}

SCENARIO(cancelled_getters_lose_nothing)
{
    return has_traffic(3);
}

SCENARIO(cancelled_getters_lose_nothing_of_a_rendezvous)
{
    return has_traffic(0);
}

SCENARIO(cancelled_getters_lose_nothing_of_an_unbounded_queue)
{
    return has_traffic(SIZE_MAX);
}

SCENARIO(cancelled_putters_have_put_nothing)
{
    struct traffic t = {0};
    QUEUE(q, sizeof(int), 2);
    t.q = q;
    int rc;
    {
        CEDE_GROUP(g);
        cede_future *f = cede_spawn(&g, puts_5, &t);
        cede_go(&g, puts_5, &t);
        (void)cede_sleep(CEDE_SEC);
        (void)cede_cancel(f);
        int x;
        while (cede_try_get(q, &x) > 0)
            t.got++;
        cede_group_cancel(&g);
        rc = cede_join(&g);
    }
    ENSURE(!q || t.got + (int)cede_queue_count(q) == t.put);
    return rc;
}

/* ---- order ------------------------------------------------------------- */

static int gets_in_order(void *q)
{
    int x, next = 0, rc;
    while ((rc = cede_get(q, &x)) > 0)
        ENSURE(x == next++);
    return rc;
}

static int puts_in_order(void *q)
{
    int rc = 0;
    for (int i = 0; i < 8 && rc == 0; i++)
        rc = cede_put(q, &i);
    cede_queue_close(q);
    return rc;
}

SCENARIO(items_come_out_in_the_order_in_which_they_went_in)
{
    QUEUE(q, sizeof(int), 2);
    CEDE_GROUP(g);
    cede_go(&g, gets_in_order, q);
    cede_go(&g, puts_in_order, q);
    return cede_join(&g);
}

/* ---- done -------------------------------------------------------------- */

struct jobs {
    cede_queue *q;
    int done;
};

static int works(void *arg)
{
    struct jobs *j = arg;
    int x, rc;
    while ((rc = cede_get(j->q, &x)) > 0) {
        CEDE_TRY(cede_sleep(CEDE_SEC));
        j->done++;
        CEDE_TRY(cede_queue_done(j->q));
    }
    return rc;
}

SCENARIO(all_jobs_are_done_when_the_queue_is_joined)
{
    struct jobs j = {0};
    QUEUE(q, sizeof(int), SIZE_MAX);
    j.q = q;
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, works, &j));
    CEDE_TRY(cede_go(&g, works, &j));
    for (int i = 0; i < 5; i++)
        CEDE_TRY(cede_put(q, &i));
    CEDE_TRY(cede_queue_join(q));
    ENSURE(j.done == 5);
    cede_queue_close(q);
    return cede_join(&g);
}

static int tries_a_deadline(void *q)
{
    for (int i = 0; i < 3; i++) {
        cede_scope s;
        cede_enter(&s, cede_in(CEDE_SEC));
        int x, rc = cede_leave(&s, cede_get(q, &x));
        if (rc != -ETIMEDOUT)
            return rc;
    }
    return 0;
}

static int puts_at_the_deadline(void *q)
{
    CEDE_TRY(cede_sleep(2 * CEDE_SEC));
    return cede_put(q, &(int){1});
}

SCENARIO(an_item_and_a_deadline_at_the_same_time_are_not_both)
{
    QUEUE(q, sizeof(int), 1);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, tries_a_deadline, q);
    cede_go(&g, puts_at_the_deadline, q);
    int got = cede_await(f);
    CEDE_TRY(cede_join(&g));
    if (got >= 0)
        ENSURE(cede_queue_count(q) == (got == 0));
    return got < 0 ? got : 0;
}

/* ---- generators that wait ---------------------------------------------- */

static void close_queue(void *q)
{
    cede_queue_close(q);
}

static int naps(cede_gen *self, void *closed)
{
    CEDE_TRY(cede_gen_defer(self, close_queue, closed));
    for (int i = 1; i <= 3; i++) {
        CEDE_TRY(cede_sleep(CEDE_SEC));
        CEDE_TRY(cede_yield(self, &i));
    }
    return 0;
}

static int delegates(cede_gen *self, void *closed)
{
    CEDE_TRY(cede_yield_from(self, cede_gen_of(int, naps, closed)));
    return cede_yield_from(self, cede_gen_of(int, naps, closed));
}

static int sums(void *sum)
{
    QUEUE(closed, 1, 1);
    cede_gen *gen = cede_gen_of(int, delegates, closed);
    int x, rc;
    while ((rc = cede_next(gen, &x)) > 0)
        *(int *)sum += x;
    int end = cede_gen_close(gen);
    return rc < 0 ? rc : end;
}

SCENARIO(generators_that_wait_yield_all)
{
    int sum[2] = {0};
    CEDE_GROUP(g);
    cede_go(&g, sums, &sum[0]);
    cede_go(&g, sums, &sum[1]);
    CEDE_TRY(cede_join(&g));
    ENSURE(sum[0] == 12 && sum[1] == 12);
    return 0;
}

SCENARIO(a_generator_that_waits_is_closed_in_the_middle)
{
    QUEUE(closed, 1, 1);
    cede_gen *gen = cede_gen_of(int, delegates, closed);
    int x, rc = cede_next(gen, &x);
    int end = cede_gen_close(gen);
    if (rc > 0)
        ENSURE(!closed || cede_try_put(closed, "") == CEDE_ECLOSED);
    return rc < 0 ? rc : end;
}

static int puts_one(void *q)
{
    return cede_put(q, &(int){7});
}

static int gets_one(cede_queue *q)
{
    int item = 0;
    CEDE_TRY(cede_get(q, &item));
    ENSURE(item == 7);
    return 0;
}

/* Who could not be started does not keep its owner waiting, nor does a group
 * that there is no memory for. */
SCENARIO(an_owner_that_waits_for_its_child_is_not_left_alone)
{
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    int rc;
    {
        CEDE_GROUP(g);
        cede_go(&g, puts_one, q);
        rc = cede_join_rc(&g, gets_one(q));
    }
    cede_queue_free(q);
    return rc;
}

SUITE("schedule_queue")
