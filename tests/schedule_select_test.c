/* SPDX-License-Identifier: MIT
 *
 * schedule_select_test.c - selects, batches and shared queues in any order,
 * cancelled at any moment, without any allocation: nothing is lost, and nothing
 * is done twice.
 */
#include "scenario.h"

enum { ITEMS = 4, MAKERS = 3 };

struct traffic {
    cede_queue *q[2];
    int put, got;
    int arrived[MAKERS * ITEMS];
};

static void count(struct traffic *t, int item)
{
    ENSURE(item >= 0 && item < MAKERS * ITEMS);
    ENSURE(t->arrived[item]++ == 0);
    t->got++;
}

/* ---- makers ------------------------------------------------------------ */

struct maker {
    struct traffic *t;
    int first;
};

static int puts_by_select(void *arg)
{
    struct maker *m = arg;
    cede_queue *const *q = m->t->q;
    for (int i = m->first; i < m->first + ITEMS; i++) {
        cede_case c[] = {CEDE_CASE_PUT(q[i % 2], &i),
                         CEDE_CASE_PUT(q[1 - i % 2], &i)};
        int at = cede_select(c, 2);
        if (at < 0 || c[at].rc < 0)
            return at < 0 ? at : c[at].rc;
        m->t->put++;
    }
    return 0;
}

static int puts_a_batch(void *arg)
{
    struct maker *m = arg;
    int items[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        items[i] = m->first + i;
    int n = cede_put_many(m->t->q[1], items, ITEMS);
    m->t->put += n > 0 ? n : 0;
    return n < 0 ? n : n < ITEMS ? -ECANCELED : 0;
}

/* ---- takers ------------------------------------------------------------ */

static int gets_by_select(void *arg)
{
    struct traffic *t = arg;
    int x;
    for (;;) {
        cede_case c[] = {CEDE_CASE_GET(t->q[0], &x),
                         CEDE_CASE_GET(t->q[1], &x)};
        int at = cede_select(c, 2);
        if (at < 0 || c[at].rc == 0)
            return at < 0 ? at : 0;
        count(t, x);
    }
}

static int gets_batches(void *arg)
{
    struct traffic *t = arg;
    int x[3], n;
    while ((n = cede_get_many(t->q[1], x, 3)) > 0)
        for (int i = 0; i < n; i++)
            count(t, x[i]);
    return n;
}

/* ---- all of them ------------------------------------------------------- */

static void drain(struct traffic *t)
{
    for (int i = 0, x; i < 2; i++)
        while (cede_try_get(t->q[i], &x) > 0)
            count(t, x);
}

/* One who takes is cancelled in between; who is left takes the rest. */
static int let_flow(struct traffic *t)
{
    struct maker m[MAKERS];
    for (int i = 0; i < MAKERS; i++)
        m[i] = (struct maker){t, i * ITEMS};
    CEDE_GROUP(takers);
    CEDE_TRY(cede_go(&takers, gets_by_select, t));
    cede_future *f = cede_spawn(&takers, gets_by_select, t);
    CEDE_TRY(f ? 0 : -ENOMEM);
    CEDE_TRY(cede_go(&takers, gets_batches, t));
    CEDE_GROUP(makers);
    CEDE_TRY(cede_go(&makers, puts_by_select, &m[0]));
    CEDE_TRY(cede_go(&makers, puts_a_batch, &m[1]));
    CEDE_TRY(cede_go(&makers, puts_by_select, &m[2]));
    CEDE_TRY(cede_sleep(0));
    (void)cede_cancel(f);
    CEDE_TRY(cede_join(&makers));
    drain(t);
    cede_queue_close(t->q[0]);
    cede_queue_close(t->q[1]);
    return cede_join(&takers);
}

static int has_traffic(struct traffic *t)
{
    int rc = t->q[0] && t->q[1] ? let_flow(t) : -ENOMEM;
    drain(t);
    ENSURE(t->got == t->put);
    if (rc == 0)
        ENSURE(t->put == MAKERS * ITEMS);
    return rc;
}

SCENARIO(selects_and_batches_lose_nothing)
{
    struct traffic t = {0};
    QUEUE(a, sizeof(int), 1);
    QUEUE(b, sizeof(int), 2);
    t.q[0] = a;
    t.q[1] = b;
    return has_traffic(&t);
}

SCENARIO(selects_and_batches_lose_nothing_where_they_meet)
{
    struct traffic t = {0};
    QUEUE(a, sizeof(int), 0);
    QUEUE(b, sizeof(int), 0);
    t.q[0] = a;
    t.q[1] = b;
    return has_traffic(&t);
}

SCENARIO(selects_and_batches_lose_nothing_where_queues_grow)
{
    struct traffic t = {0};
    QUEUE(a, sizeof(int), 0);
    QUEUE(b, sizeof(int), SIZE_MAX);
    t.q[0] = a;
    t.q[1] = b;
    return has_traffic(&t);
}

#define SHARED_QUEUE(q, item_size, capacity)                                   \
    cede_queue *q = cede_queue_new_shared(item_size, capacity);                \
    CEDE_DEFER(free_queue, &(q))

SCENARIO(selects_and_batches_lose_nothing_in_shared_queues)
{
    struct traffic t = {0};
    SHARED_QUEUE(a, sizeof(int), 0);
    SHARED_QUEUE(b, sizeof(int), 2);
    t.q[0] = a;
    t.q[1] = b;
    return has_traffic(&t);
}

SCENARIO(selects_lose_nothing_in_queues_of_both_kinds)
{
    struct traffic t = {0};
    QUEUE(a, sizeof(int), 0);
    SHARED_QUEUE(b, sizeof(int), 0);
    t.q[0] = a;
    t.q[1] = b;
    return has_traffic(&t);
}

/* ---- growing ----------------------------------------------------------- */

SCENARIO(a_select_that_cannot_make_room_changes_nothing)
{
    QUEUE(a, sizeof(int), 0);
    QUEUE(b, sizeof(int), SIZE_MAX);
    for (int i = 0; i < 200; i++) {
        cede_case c[] = {CEDE_CASE_GET(a, NULL), CEDE_CASE_PUT(b, &i)};
        size_t before = cede_queue_count(b);
        int at = cede_select(c, 2);
        ENSURE(cede_queue_count(b) == before + (at == 1));
        CEDE_TRY(at);
    }
    return 0;
}

SCENARIO(a_batch_that_cannot_make_room_is_put_as_far_as_it_goes)
{
    QUEUE(q, sizeof(int), SIZE_MAX);
    static int items[300];
    int n = cede_put_many(q, items, 300);
    ENSURE(n == 300 || n == 64 || n == 128 || n == 256 || n == -ENOMEM ||
           n == -ECANCELED);
    ENSURE(!q || cede_queue_count(q) == (n > 0 ? (size_t)n : 0));
    return n < 0 ? n : n < 300 ? -ENOMEM : 0;
}

/* ---- joins ------------------------------------------------------------- */

static int is_done_with_all(void *q)
{
    int rc;
    while ((rc = cede_get(q, NULL)) > 0) {
        CEDE_TRY(cede_sleep(CEDE_SEC));
        CEDE_TRY(cede_queue_done(q));
    }
    return rc;
}

SCENARIO(a_shared_queue_is_joined_when_all_is_done)
{
    SHARED_QUEUE(q, sizeof(int), SIZE_MAX);
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, is_done_with_all, q));
    CEDE_TRY(cede_go(&g, is_done_with_all, q));
    for (int i = 0; i < 5; i++)
        CEDE_TRY(cede_put(q, &i));
    CEDE_TRY(cede_queue_join(q));
    ENSURE(cede_queue_count(q) == 0);
    ENSURE(cede_queue_done(q) == -EINVAL);
    cede_queue_close(q);
    return cede_join(&g);
}

SUITE("schedule_select")
