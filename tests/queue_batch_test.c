/* SPDX-License-Identifier: MIT
 *
 * queue_batch_test.c - many items in one call: all of them or as many as could
 * be, in order, one wake-up for each who waits.
 */
#include "check.h"

static cede_queue *q;

static const int ten[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static void note_got(int n)
{
    int x[20];
    int rc = cede_get_many(q, x, (size_t)n);
    note("%d: ", rc);
    for (int i = 0; i < rc; i++)
        note("%d ", x[i]);
}

struct batch {
    int number, n, rc;
};

static int puts_batch(void *arg)
{
    struct batch *b = arg;
    int items[10];
    for (int i = 0; i < b->n; i++)
        items[i] = 10 * b->number + i;
    b->rc = cede_put_many(q, items, (size_t)b->n);
    if (b->rc != CEDE_ECLOSED)
        note("%d>%d ", b->number, b->rc);
    return 0;
}

static int gets_batch(void *arg)
{
    struct batch *b = arg;
    int items[10] = {0};
    b->rc = cede_get_many(q, items, (size_t)b->n);
    note("%d<", b->number);
    for (int i = 0; i < b->rc; i++)
        note("%d,", items[i]);
    note("%d ", b->rc);
    return 0;
}

/* ---- without waiting --------------------------------------------------- */

TEST(many_are_put_and_got_in_order)
{
    q = cede_queue_new(sizeof(int), 16);
    CHECK_EQ(cede_put_many(q, ten, 10), 10);
    CHECK_EQ(cede_queue_count(q), 10);
    CHECK_EQ(cede_queue_peak(q), 10);
    note_got(4);
    note_got(20);
    CHECK_NOTED("4: 0 1 2 3 6: 4 5 6 7 8 9 ");
    cede_queue_free(q);
}

TEST(batches_go_around_the_end_of_the_ring)
{
    q = cede_queue_new(sizeof(int), 7);
    int next_put = 0, next_got = 0;
    for (int i = 0; i < 100; i++) {
        int in[7], out[7], n = 1 + i % 7;
        for (int k = 0; k < n; k++)
            in[k] = next_put++;
        CHECK_EQ(cede_put_many(q, in, (size_t)n), n);
        for (int left = n, rc; left > 0; left -= rc) {
            rc = cede_get_many(q, out, (size_t)(1 + i % 3));
            CHECK(rc > 0);
            for (int k = 0; k < rc; k++)
                CHECK_EQ(out[k], next_got++);
        }
    }
    cede_queue_free(q);
}

TEST(an_unbounded_queue_takes_all_at_once)
{
    static int in[5000], out[5000];
    for (int i = 0; i < 5000; i++)
        in[i] = i;
    q = cede_queue_new(sizeof(int), SIZE_MAX);
    CHECK_EQ(cede_put_many(q, in, 3), 3);
    CHECK_EQ(cede_put_many(q, in + 3, 4997), 4997);
    CHECK_EQ(cede_get_many(q, out, 5000), 5000);
    CHECK(memcmp(in, out, sizeof in) == 0);
    cede_queue_free(q);
}

TEST(none_are_put_and_got_at_once)
{
    q = cede_queue_new(sizeof(int), 1);
    CHECK_EQ(cede_put_many(q, NULL, 0), 0);
    CHECK_EQ(cede_get_many(q, NULL, 0), 0);
    cede_queue_close(q);
    CHECK_EQ(cede_put_many(q, NULL, 0), 0);
    CHECK_EQ(cede_get_many(q, NULL, 0), 0);
    cede_queue_free(q);
}

TEST(items_of_no_size_go_in_batches_too)
{
    q = cede_queue_new(0, 3);
    CHECK_EQ(cede_put_many(q, "", 3), 3);
    CHECK_EQ(cede_get_many(q, NULL, 2), 2);
    CHECK_EQ(cede_queue_count(q), 1);
    cede_queue_free(q);
}

TEST(batches_that_are_dropped_go_nowhere)
{
    q = cede_queue_new(sizeof(int), 10);
    CHECK_EQ(cede_put_many(q, ten, 10), 10);
    CHECK_EQ(cede_get_many(q, NULL, 7), 7);
    note_got(7);
    CHECK_NOTED("3: 7 8 9 ");
    cede_queue_free(q);
}

TEST(a_batch_given_null_has_no_memory)
{
    CHECK_ERR(cede_put_many(NULL, ten, 1), -ENOMEM);
    CHECK_ERR(cede_get_many(NULL, NULL, 1), -ENOMEM);
}

TEST(a_batch_outside_of_a_task_is_put_as_far_as_it_goes)
{
    q = cede_queue_new(sizeof(int), 4);
    CHECK_EQ(cede_put_many(q, ten, 10), 4);
    CHECK_ERR(cede_put_many(q, ten, 10), -EPERM);
    CHECK_STR_EQ(cede_message(), "cede_put_many into a full queue would have "
                                 "to wait, and was called outside a task");
    CHECK_EQ(cede_get_many(q, NULL, 10), 4);
    CHECK_ERR(cede_get_many(q, NULL, 10), -EPERM);
    CHECK_STR_EQ(cede_message(), "cede_get_many from an empty queue would have "
                                 "to wait, and was called outside a task");
    cede_queue_free(q);
}

TEST(a_batch_of_a_closed_queue_is_refused)
{
    q = cede_queue_new(sizeof(int), 4);
    CHECK_EQ(cede_put_many(q, ten, 3), 3);
    cede_queue_close(q);
    CHECK_ERR(cede_put_many(q, ten, 1), CEDE_ECLOSED);
    note_got(5);
    note_got(5);
    CHECK_NOTED("3: 0 1 2 0: ");
    cede_queue_free(q);
}

static int descending(const void *a, const void *b)
{
    return *(const int *)b - *(const int *)a;
}

TEST(batches_of_other_orders_are_as_many_single_items)
{
    q = cede_queue_new_sorted(sizeof(int), 10, descending);
    CHECK_EQ(cede_put_many(q, ten, 6), 6);
    note_got(4);
    cede_queue_free(q);
    q = cede_queue_new_lifo(sizeof(int), SIZE_MAX);
    CHECK_EQ(cede_put_many(q, ten, 6), 6);
    note_got(4);
    CHECK_NOTED("4: 5 4 3 2 4: 5 4 3 2 ");
    cede_queue_free(q);
}

/* ---- waiting ----------------------------------------------------------- */

TASK_TEST(who_gets_many_waits_for_the_first_alone)
{
    q = cede_queue_new(sizeof(int), 4);
    struct batch b = {.number = 1, .n = 10};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_batch, &b));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_try_put(q, &(int){7}), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1<7,1 ");
    cede_queue_free(q);
}

TASK_TEST(a_batch_goes_straight_to_those_who_wait)
{
    q = cede_queue_new(sizeof(int), 4);
    struct batch b[] = {{.number = 1, .n = 3}, {.number = 2, .n = 4}};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_batch, &b[0]));
    CHECK_OK(cede_go(&g, gets_batch, &b[1]));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_put_many(q, ten, 9), 9);
    CHECK_EQ(cede_queue_peak(q), 2);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1<0,1,2,3 2<3,4,5,6,4 ");
    cede_queue_free(q);
}

static int gets_one(void *arg)
{
    int x, rc = cede_get(q, &x);
    note("%d<%d ", *(int *)arg, x);
    return rc;
}

TASK_TEST(a_batch_serves_those_who_want_one_as_well)
{
    q = cede_queue_new(sizeof(int), 4);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_one, &(int){1}));
    CHECK_OK(cede_go(&g, gets_one, &(int){2}));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_put_many(q, ten, 4), 4);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1<0 2<1 ");
    CHECK_EQ(cede_queue_count(q), 2);
    cede_queue_free(q);
}

TASK_TEST(a_batch_that_waits_is_waked_once_all_of_it_is_in)
{
    q = cede_queue_new(sizeof(int), 2);
    struct batch b[] = {{.number = 1, .n = 5}, {.number = 2, .n = 2}};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_batch, &b[0]));
    CHECK_OK(cede_go(&g, puts_batch, &b[1]));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_queue_count(q), 2);
    for (int i = 0; i < 3; i++) {
        note_got(1);
        CHECK_OK(cede_sleep(0));
    }
    note_got(1);
    CHECK_OK(cede_sleep(0));
    note_got(3);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1: 10 1: 11 1: 12 1>5 1: 13 3: 14 20 21 2>2 ");
    cede_queue_free(q);
}

TASK_TEST(a_batch_that_is_got_empties_the_queue_and_those_who_wait)
{
    q = cede_queue_new(sizeof(int), 2);
    struct batch b[] = {{.number = 1, .n = 5}, {.number = 2, .n = 4}};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_batch, &b[0]));
    CHECK_OK(cede_go(&g, puts_batch, &b[1]));
    CHECK_OK(cede_sleep(0));
    note_got(20);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("9: 10 11 12 13 14 20 21 22 23 1>5 2>4 ");
    CHECK_EQ(cede_queue_peak(q), 2);
    cede_queue_free(q);
}

TASK_TEST(batches_meet_in_a_rendezvous)
{
    q = cede_queue_new(sizeof(int), 0);
    struct batch b[] = {{.number = 1, .n = 3}, {.number = 2, .n = 3}};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_batch, &b[0]));
    CHECK_OK(cede_go(&g, puts_batch, &b[1]));
    CHECK_OK(cede_sleep(0));
    note_got(2);
    note_got(10);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("2: 10 11 4: 12 20 21 22 1>3 2>3 ");
    cede_queue_free(q);
}

TASK_TEST(a_batch_meets_batches_that_wait_in_a_rendezvous)
{
    q = cede_queue_new(sizeof(int), 0);
    CEDE_GROUP(g);
    struct batch c = {.number = 3, .n = 2};
    CHECK_OK(cede_go(&g, gets_batch, &c));
    CHECK_OK(cede_go(&g, gets_batch, &c));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_put_many(q, ten, 3), 3);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("3<0,1,2 3<2,1 ");
    cede_queue_free(q);
}

TASK_TEST(a_batch_from_a_full_stack_has_what_is_admitted_meanwhile_on_top)
{
    q = cede_queue_new_lifo(sizeof(int), 2);
    struct batch b = {.number = 1, .n = 4};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_batch, &b));
    CHECK_OK(cede_sleep(0));
    note_got(3);
    CHECK_NOTED("3: 11 12 13 ");
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

/* ---- and in between ---------------------------------------------------- */

TASK_TEST(a_batch_that_is_cancelled_says_how_many_were_put)
{
    q = cede_queue_new(sizeof(int), 2);
    struct batch b[] = {{.number = 1, .n = 5}, {.number = 2, .n = 2}};
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, puts_batch, &b[0]);
    CHECK_OK(cede_go(&g, puts_batch, &b[1]));
    CHECK_OK(cede_sleep(0));
    note_got(1);
    CHECK_OK(cede_cancel(f));
    note_got(5);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("1: 10 4: 11 12 20 21 1>3 2>2 ");
    cede_queue_free(q);
}

TASK_TEST(a_batch_of_which_nothing_was_put_is_cancelled)
{
    q = cede_queue_new(sizeof(int), 0);
    struct batch b = {.number = 1, .n = 5};
    struct batch c = {.number = 2, .n = 5};
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, puts_batch, &b);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    (void)cede_await(f);
    CHECK_ERR(b.rc, -ECANCELED);
    CHECK_ERR(cede_try_get(q, NULL), -EAGAIN);
    f = cede_spawn(&g, gets_batch, &c);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    (void)cede_await(f);
    CHECK_ERR(c.rc, -ECANCELED);
    CHECK_ERR(cede_try_put(q, ten), -EAGAIN);
    (void)cede_join(&g);
    cede_queue_free(q);
}

TASK_TEST(a_batch_served_and_cancelled_in_one_turn_has_its_items)
{
    q = cede_queue_new(sizeof(int), 2);
    struct batch b = {.number = 1, .n = 5};
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, gets_batch, &b);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_put_many(q, ten, 2), 2);
    CHECK_OK(cede_cancel(f));
    (void)cede_await(f);
    CHECK_NOTED("1<0,1,2 ");
    (void)cede_join(&g);
    cede_queue_free(q);
}

TASK_TEST(a_batch_that_waits_when_the_queue_is_closed_says_how_many_were_put)
{
    q = cede_queue_new(sizeof(int), 2);
    struct batch b[] = {{.number = 1, .n = 5}, {.number = 2, .n = 2}};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_batch, &b[0]));
    CHECK_OK(cede_go(&g, puts_batch, &b[1]));
    CHECK_OK(cede_sleep(0));
    cede_queue_close(q);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(b[0].rc, 2);
    CHECK_ERR(b[1].rc, CEDE_ECLOSED);
    note_got(5);
    note_got(5);
    CHECK_NOTED("1>2 2: 10 11 0: ");
    cede_queue_free(q);
}

TASK_TEST(a_batch_that_waits_to_get_when_the_queue_is_closed_gets_none)
{
    q = cede_queue_new(sizeof(int), 2);
    struct batch b = {.number = 1, .n = 5, .rc = 7};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_batch, &b));
    CHECK_OK(cede_sleep(0));
    cede_queue_close(q);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(b.rc, 0);
    cede_queue_free(q);
}

TASK_TEST(items_of_batches_count_as_unfinished)
{
    q = cede_queue_new(sizeof(int), 2);
    struct batch b = {.number = 1, .n = 3};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_batch, &b));
    CHECK_OK(cede_sleep(0));
    note_got(3);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(cede_queue_done(q), 0);
    CHECK_ERR(cede_queue_done(q), -EINVAL);
    CHECK_EQ(cede_queue_join(q), 0);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

SUITE("queue_batch")
