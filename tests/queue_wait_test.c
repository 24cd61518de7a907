/* SPDX-License-Identifier: MIT
 *
 * queue_wait_test.c - tasks that wait in queues: served in order, never
 * overtaken, leaving no trace when cancelled, whatever happens in one turn.
 */
#include "check.h"

static cede_queue *q;

struct worker {
    int number, rc;
};

static int gets(void *arg)
{
    struct worker *w = arg;
    int x = -1;
    w->rc = cede_get(q, &x);
    if (w->rc == 1)
        note("%d<%d ", w->number, x);
    else
        note("%d<%s ", w->number, w->rc ? "x" : "end");
    return w->rc;
}

static int puts_own_number(void *arg)
{
    struct worker *w = arg;
    w->rc = cede_put(q, &w->number);
    note("%d>%s ", w->number, w->rc ? "x" : "ok");
    return w->rc == CEDE_ECLOSED ? 0 : w->rc;
}

static cede_future *f[4];
static struct worker w[4] = {{0, 7}, {1, 7}, {2, 7}, {3, 7}};

/* Four tasks that wait in a queue of this capacity, for fn. */
static void four_wait(cede_group *g, size_t capacity, cede_fn *fn)
{
    q = cede_queue_new(sizeof(int), capacity);
    for (int i = 0; i < 4; i++)
        CHECK((f[i] = cede_spawn(g, fn, &w[i])) != NULL);
    CHECK_OK(cede_sleep(0));
}

static void put_now(int x)
{
    CHECK_EQ(cede_try_put(q, &x), 0);
}

static int got_now(void)
{
    int x;
    CHECK_EQ(cede_try_get(q, &x), 1);
    return x;
}

/* ---- order ----------------------------------------------------------- */

TASK_TEST(getters_are_served_in_the_order_they_came)
{
    CEDE_GROUP(g);
    four_wait(&g, 4, gets);
    for (int i = 10; i < 14; i++)
        CHECK_EQ(cede_put(q, &i), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0<10 1<11 2<12 3<13 ");
    cede_queue_free(q);
}

TASK_TEST(putters_are_served_in_the_order_they_came)
{
    CEDE_GROUP(g);
    four_wait(&g, 1, puts_own_number);
    CHECK_EQ(cede_queue_count(q), 1);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(got_now(), i);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0>ok 1>ok 2>ok 3>ok ");
    CHECK_EQ(cede_queue_peak(q), 1);
    cede_queue_free(q);
}

TASK_TEST(nobody_takes_an_item_promised_to_a_getter)
{
    CEDE_GROUP(g);
    four_wait(&g, 4, gets);
    int x = 99;
    for (int i = 10; i < 14; i++) {
        put_now(i);
        CHECK_ERR(cede_try_get(q, &x), -EAGAIN);
    }
    CHECK_EQ(x, 99);
    put_now(14);
    CHECK_EQ(cede_get(q, &x), 1);
    CHECK_EQ(x, 14);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0<10 1<11 2<12 3<13 ");
    cede_queue_free(q);
}

TASK_TEST(nobody_takes_a_place_promised_to_a_putter)
{
    CEDE_GROUP(g);
    four_wait(&g, 1, puts_own_number);
    CHECK_EQ(got_now(), 0);
    CHECK_ERR(cede_try_put(q, &(int){99}), -EAGAIN);
    CHECK_EQ(got_now(), 1);
    CHECK_ERR(cede_try_put(q, &(int){99}), -EAGAIN);
    CHECK_EQ(got_now(), 2);
    CHECK_EQ(got_now(), 3);
    CHECK_EQ(cede_try_put(q, &(int){99}), 0);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

TASK_TEST(a_getter_that_comes_later_queues_behind)
{
    CEDE_GROUP(g);
    four_wait(&g, 4, gets);
    put_now(10);
    struct worker late = {4, 7};
    CHECK_OK(cede_go(&g, gets, &late));
    CHECK_OK(cede_sleep(0));
    for (int i = 11; i < 15; i++)
        put_now(i);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0<10 1<11 2<12 3<13 4<14 ");
    cede_queue_free(q);
}

TASK_TEST(the_bound_is_never_exceeded)
{
    for (size_t capacity = 0; capacity < 4; capacity++) {
        CEDE_GROUP(g);
        four_wait(&g, capacity, puts_own_number);
        CHECK_EQ(cede_queue_count(q), capacity);
        CHECK_EQ(cede_queue_peak(q), capacity);
        for (int i = 0; i < 4; i++)
            CHECK_EQ(got_now(), i);
        CHECK_OK(cede_join(&g));
        CHECK_EQ(cede_queue_peak(q), capacity);
        cede_queue_free(q);
    }
}

/* ---- rendezvous ------------------------------------------------------ */

static int gets_late(void *arg)
{
    int x;
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK_EQ(cede_get(q, &x), 1);
    note("%d got ", x);
    return *(int *)arg;
}

VIRTUAL_TEST(a_rendezvous_put_waits_for_its_getter)
{
    cede_time start = cede_now();
    q = cede_queue_new(sizeof(int), 0);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_late, &(int){0}));
    CHECK_EQ(cede_put(q, &(int){5}), 0);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("5 got ");
    cede_queue_free(q);
}

TASK_TEST(trying_meets_who_waits_in_a_rendezvous)
{
    CEDE_GROUP(g);
    four_wait(&g, 0, gets);
    for (int i = 0; i < 4; i++)
        put_now(i);
    CHECK_ERR(cede_try_put(q, &(int){4}), -EAGAIN);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0<0 1<1 2<2 3<3 ");
    cede_queue_free(q);
}

/* ---- cancelled waits ------------------------------------------------- */

TASK_TEST(a_cancelled_getter_leaves_no_trace)
{
    CEDE_GROUP(g);
    four_wait(&g, 4, gets);
    CHECK_EQ(cede_cancel(f[0]), 0);
    CHECK_EQ(cede_cancel(f[2]), 0);
    put_now(10);
    put_now(11);
    CHECK_OK(cede_join(&g));
    CHECK_ERR(w[0].rc, -ECANCELED);
    CHECK_ERR(w[2].rc, -ECANCELED);
    CHECK(strstr(noted, "1<10 ") && strstr(noted, "3<11 "));
    CHECK_EQ(cede_queue_count(q), 0);
    cede_queue_free(q);
}

TASK_TEST(a_cancelled_putter_leaves_no_trace)
{
    CEDE_GROUP(g);
    four_wait(&g, 1, puts_own_number);
    CHECK_EQ(cede_cancel(f[1]), 0);
    CHECK_EQ(got_now(), 0);
    CHECK_EQ(got_now(), 2);
    CHECK_EQ(got_now(), 3);
    CHECK_ERR(cede_try_get(q, NULL), -EAGAIN);
    CHECK_OK(cede_join(&g));
    CHECK_ERR(w[1].rc, -ECANCELED);
    cede_queue_free(q);
}

TASK_TEST(a_getter_served_and_cancelled_in_one_turn_has_the_item)
{
    CEDE_GROUP(g);
    four_wait(&g, 4, gets);
    put_now(10);
    CHECK_EQ(cede_cancel(f[0]), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("0<10 ");
    cede_queue_close(q);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

TASK_TEST(a_putter_served_and_cancelled_in_one_turn_has_put_its_item)
{
    CEDE_GROUP(g);
    four_wait(&g, 1, puts_own_number);
    CHECK_EQ(got_now(), 0);
    CHECK_EQ(cede_cancel(f[1]), 0);
    for (int i = 1; i < 4; i++)
        CHECK_EQ(got_now(), i);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(w[1].rc, 0);
    cede_queue_free(q);
}

TASK_TEST(a_getter_cancelled_and_then_offered_an_item_does_not_swallow_it)
{
    CEDE_GROUP(g);
    four_wait(&g, 4, gets);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(cede_cancel(f[i]), 0);
    put_now(10);
    CHECK_EQ(got_now(), 10);
    CHECK_OK(cede_join(&g));
    for (int i = 0; i < 4; i++)
        CHECK_ERR(w[i].rc, -ECANCELED);
    cede_queue_free(q);
}

static int puts_after_a_second(void *arg)
{
    CHECK_OK(cede_sleep(CEDE_SEC));
    note("put ");
    return cede_put(q, arg);
}

VIRTUAL_TEST(an_item_that_comes_with_the_timeout_is_not_lost)
{
    for (int first = 0; first < 2; first++) { /* whose timer is older */
        int x = 0, nine = 9;
        q = cede_queue_new(sizeof(int), 1);
        cede_scope s;
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, puts_after_a_second, &nine));
        if (first)
            CHECK_OK(cede_sleep(0));
        cede_enter(&s, cede_in(CEDE_SEC));
        int rc = cede_leave(&s, cede_get(q, &x));
        CHECK(rc == -ETIMEDOUT || (rc == 1 && x == 9));
        CHECK_OK(cede_join(&g));
        CHECK_EQ(cede_queue_count(q), rc == 1 ? 0 : 1);
        cede_queue_free(q);
    }
}

/* ---- closing --------------------------------------------------------- */

TASK_TEST(closing_ends_those_who_wait_to_get)
{
    CEDE_GROUP(g);
    four_wait(&g, 4, gets);
    put_now(10);
    cede_queue_close(q);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0<10 1<end 2<end 3<end ");
    cede_queue_free(q);
}

TASK_TEST(closing_refuses_those_who_wait_to_put)
{
    CEDE_GROUP(g);
    four_wait(&g, 1, puts_own_number);
    cede_queue_close(q);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(w[0].rc, 0);
    for (int i = 1; i < 4; i++)
        CHECK_ERR(w[i].rc, CEDE_ECLOSED);
    CHECK_EQ(got_now(), 0);
    CHECK_EQ(cede_try_get(q, NULL), 0);
    cede_queue_free(q);
}

static void note_discarded(void *item)
{
    note("-%d ", *(int *)item);
}

TASK_TEST(discarding_refuses_putters_and_does_not_discard_their_items)
{
    CEDE_GROUP(g);
    four_wait(&g, 2, puts_own_number);
    cede_queue_on_discard(q, note_discarded);
    noted[0] = '\0';
    cede_queue_discard(q);
    CHECK_NOTED("-0 -1 ");
    CHECK_OK(cede_join(&g));
    CHECK_ERR(w[2].rc, CEDE_ECLOSED);
    CHECK_ERR(w[3].rc, CEDE_ECLOSED);
    CHECK_EQ(cede_queue_join(q), 0);
    cede_queue_free(q);
}

SUITE("queue_wait")
