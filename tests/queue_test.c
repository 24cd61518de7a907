/* SPDX-License-Identifier: MIT
 *
 * queue_test.c - queues: order, bounds, closing, discarding, counting, and
 * their use outside tasks.
 */
#include "check.h"

static cede_queue *ints(size_t capacity)
{
    return cede_queue_new(sizeof(int), capacity);
}

static void count_it(void *item)
{
    note("%d ", *(int *)item);
}

/* ---- outside tasks --------------------------------------------------- */

TEST(items_come_out_in_the_order_they_went_in)
{
    cede_queue *q = ints(100);
    int x = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            CHECK_EQ(cede_put(q, &i), 0);
        for (int i = 0; i < 100; i++) {
            CHECK_EQ(cede_get(q, &x), 1);
            CHECK_EQ(x, i);
        }
    }
    cede_queue_free(q);
}

TEST(a_queue_counts_its_items_and_remembers_the_peak)
{
    cede_queue *q = ints(3);
    CHECK_EQ(cede_queue_capacity(q), 3);
    CHECK_EQ(cede_queue_count(q) + cede_queue_peak(q), 0);
    CHECK_EQ(cede_put(q, &(int){1}), 0);
    CHECK_EQ(cede_put(q, &(int){2}), 0);
    CHECK_EQ(cede_queue_count(q), 2);
    CHECK_EQ(cede_get(q, NULL), 1);
    CHECK_EQ(cede_queue_count(q), 1);
    CHECK_EQ(cede_queue_peak(q), 2);
    cede_queue_free(q);
}

TEST(trying_answers_again_when_full_or_empty)
{
    cede_queue *q = ints(1);
    int x = 7;
    CHECK_ERR(cede_try_get(q, &x), -EAGAIN);
    CHECK_EQ(x, 7);
    CHECK_EQ(cede_try_put(q, &(int){1}), 0);
    CHECK_ERR(cede_try_put(q, &(int){2}), -EAGAIN);
    CHECK_EQ(cede_try_get(q, &x), 1);
    CHECK_EQ(x, 1);
    CHECK_ERR(cede_try_get(q, &x), -EAGAIN);
    cede_queue_free(q);
}

TEST(waiting_outside_a_task_is_refused)
{
    cede_queue *q = ints(1);
    CHECK_ERR(cede_get(q, &(int){0}), -EPERM);
    CHECK_EQ(cede_put(q, &(int){1}), 0);
    CHECK_ERR(cede_put(q, &(int){2}), -EPERM);
    CHECK_ERR(cede_queue_join(q), -EPERM);
    CHECK_EQ(cede_queue_count(q), 1);
    CHECK_EQ(cede_get(q, NULL), 1);
    CHECK_EQ(cede_queue_done(q), 0);
    CHECK_EQ(cede_queue_join(q), 0);
    cede_queue_free(q);
}

TEST(a_rendezvous_holds_nothing)
{
    cede_queue *q = ints(0);
    CHECK_EQ(cede_queue_capacity(q), 0);
    CHECK_ERR(cede_try_put(q, &(int){1}), -EAGAIN);
    CHECK_ERR(cede_try_get(q, &(int){1}), -EAGAIN);
    CHECK_ERR(cede_put(q, &(int){1}), -EPERM);
    CHECK_EQ(cede_queue_count(q), 0);
    cede_queue_free(q);
}

TEST(an_unbounded_queue_grows)
{
    cede_queue *q = ints(SIZE_MAX);
    int x, n = 100000;
    CHECK_EQ(cede_queue_capacity(q), SIZE_MAX);
    for (int i = 0; i < n; i++) {
        CHECK_EQ(cede_put(q, &i), 0);
        if (i % 3 == 0) {
            CHECK_EQ(cede_get(q, &x), 1);
            CHECK_EQ(x, i / 3);
        }
    }
    for (int i = (n + 2) / 3; i < n; i++) {
        CHECK_EQ(cede_try_get(q, &x), 1);
        CHECK_EQ(x, i);
    }
    CHECK_EQ(cede_queue_count(q), 0);
    cede_queue_free(q);
}

static void check_items_of(size_t size)
{
    unsigned char in[300], out[301];
    cede_queue *q = cede_queue_new(size, 3);
    memset(out, 0xaa, sizeof out);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 2; i++) {
            memset(in, round * 2 + i, sizeof in);
            CHECK_EQ(cede_put(q, in), 0);
        }
        for (int i = 0; i < 2; i++) {
            CHECK_EQ(cede_get(q, out), 1);
            CHECK_EQ(out[0], round * 2 + i);
            CHECK_EQ(out[size - 1], round * 2 + i);
            CHECK_EQ(out[size], 0xaa);
        }
    }
    cede_queue_free(q);
}

TEST(items_of_any_size_are_copied_exactly)
{
    const size_t sizes[] = {1, 3, 8, 12, 16, 300};
    for (int i = 0; i < 6; i++)
        check_items_of(sizes[i]);
}

TEST(items_of_no_size_are_counted_all_the_same)
{
    cede_queue *q = cede_queue_new(0, 2);
    int x = 7;
    CHECK_EQ(cede_put(q, &x), 0);
    CHECK_EQ(cede_put(q, &x), 0);
    CHECK_ERR(cede_try_put(q, &x), -EAGAIN);
    CHECK_EQ(cede_get(q, &x), 1);
    CHECK_EQ(cede_get(q, NULL), 1);
    CHECK_EQ(cede_queue_count(q), 0);
    CHECK_EQ(x, 7);
    cede_queue_free(q);
}

static int gets_nothing(void *q)
{
    return cede_get(q, NULL);
}

static int puts_nothing(void *q)
{
    return cede_put(q, NULL);
}

static void check_that_null_goes_through(cede_queue *q)
{
    cede_case put[] = {CEDE_CASE_PUT(q, NULL)};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, gets_nothing, q));
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_put(q, NULL)); /* to who waits */
    CHECK_OK(cede_try_put(q, NULL));
    CHECK_EQ(cede_put_many(q, NULL, 1), 1);
    CHECK_OK(cede_go(&g, puts_nothing, q));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_get(q, NULL), 1); /* and room for who waits */
    CHECK_EQ(cede_get_many(q, NULL, 2), 2);
    CHECK_OK(cede_select(put, 1));
    CHECK_EQ(cede_get(q, NULL), 1);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

static int same(const void *a, const void *b)
{
    (void)a;
    (void)b;
    return 0;
}

TASK_TEST(items_of_no_size_may_be_null)
{
    check_that_null_goes_through(cede_queue_new(0, 2));
    check_that_null_goes_through(cede_queue_new_lifo(0, 2));
    check_that_null_goes_through(cede_queue_new_sorted(0, 2, same));
    check_that_null_goes_through(cede_queue_new_shared(0, 2));
}

TEST(a_queue_no_memory_could_hold_is_null)
{
    CHECK(!cede_queue_new(SIZE_MAX / 2, 4));
    CHECK(!cede_queue_new(16, SIZE_MAX / 8));
}

TEST(every_call_given_null_answers_no_memory)
{
    int x = 7;
    CHECK_ERR(cede_put(NULL, &x), -ENOMEM);
    CHECK_ERR(cede_get(NULL, &x), -ENOMEM);
    CHECK_ERR(cede_try_put(NULL, &x), -ENOMEM);
    CHECK_ERR(cede_try_get(NULL, &x), -ENOMEM);
    CHECK_ERR(cede_queue_done(NULL), -ENOMEM);
    CHECK_ERR(cede_queue_join(NULL), -ENOMEM);
    CHECK_EQ(cede_queue_count(NULL) + cede_queue_capacity(NULL), 0);
    CHECK_EQ(cede_queue_peak(NULL), 0);
    cede_queue_on_discard(NULL, count_it);
    cede_queue_close(NULL);
    cede_queue_discard(NULL);
    cede_queue_free(NULL);
    CHECK_EQ(x, 7);
}

TEST(queue_calls_preserve_errno)
{
    errno = 44;
    cede_queue *q = ints(SIZE_MAX);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(cede_put(q, &i), 0);
    (void)cede_get(q, NULL);
    cede_queue_free(q);
    CHECK_EQ(errno, 44);
}

/* ---- closing --------------------------------------------------------- */

TEST(closing_a_queue_lets_getters_drain_it_first)
{
    cede_queue *q = ints(4);
    int x = 0;
    CHECK_EQ(cede_put(q, &(int){7}), 0);
    cede_queue_close(q);
    cede_queue_close(q);
    CHECK_ERR(cede_put(q, &x), CEDE_ECLOSED);
    CHECK_ERR(cede_try_put(q, &x), CEDE_ECLOSED);
    CHECK_EQ(cede_get(q, &x), 1);
    CHECK_EQ(x, 7);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_get(q, &x), 0);
        CHECK_EQ(cede_try_get(q, &x), 0);
    }
    cede_queue_free(q);
}

TEST(discarding_releases_every_item_and_counts_it_done)
{
    cede_queue *q = ints(4);
    cede_queue_on_discard(q, count_it);
    for (int i = 1; i <= 3; i++)
        CHECK_EQ(cede_put(q, &i), 0);
    CHECK_EQ(cede_get(q, NULL), 1);
    CHECK_EQ(cede_queue_done(q), 0);
    cede_queue_discard(q);
    CHECK_NOTED("2 3 ");
    CHECK_EQ(cede_queue_count(q), 0);
    CHECK_EQ(cede_queue_join(q), 0);
    CHECK_ERR(cede_put(q, &(int){1}), CEDE_ECLOSED);
    CHECK_EQ(cede_get(q, NULL), 0);
    cede_queue_discard(q);
    cede_queue_free(q);
    CHECK_NOTED("2 3 ");
}

TEST(freeing_a_queue_discards_what_is_there)
{
    cede_queue *q = ints(4);
    cede_queue_on_discard(q, count_it);
    CHECK_EQ(cede_put(q, &(int){5}), 0);
    cede_queue_free(q);
    CHECK_NOTED("5 ");
}

TEST(what_was_got_is_not_discarded)
{
    cede_queue *q = ints(4);
    cede_queue_on_discard(q, count_it);
    CHECK_EQ(cede_put(q, &(int){5}), 0);
    CHECK_EQ(cede_get(q, NULL), 1);
    cede_queue_free(q);
    CHECK_NOTED("");
}

/* ---- done and join --------------------------------------------------- */

TEST(done_more_often_than_put_is_invalid)
{
    cede_queue *q = ints(4);
    CHECK_ERR(cede_queue_done(q), -EINVAL);
    CHECK_EQ(cede_put(q, &(int){5}), 0);
    CHECK_EQ(cede_get(q, NULL), 1);
    CHECK_EQ(cede_queue_done(q), 0);
    CHECK_ERR(cede_queue_done(q), -EINVAL);
    CHECK_EQ(cede_queue_join(q), 0);
    cede_queue_free(q);
}

TEST(items_done_before_they_were_got_are_not_counted_again)
{
    cede_queue *q = ints(4);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(cede_put(q, &i), 0);
        CHECK_EQ(cede_queue_done(q), 0);
    }
    cede_queue_discard(q);
    CHECK_EQ(cede_queue_join(q), 0);
    cede_queue_free(q);
}

static int works_off(void *q)
{
    int x;
    while (cede_get(q, &x) > 0) {
        CEDE_TRY(cede_sleep(CEDE_MS));
        note("%d ", x);
        CHECK_EQ(cede_queue_done(q), 0);
    }
    return 0;
}

TASK_TEST(join_waits_until_every_item_was_dealt_with)
{
    cede_queue *q = ints(10);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, works_off, q));
    for (int i = 0; i < 3; i++)
        CHECK_EQ(cede_put(q, &i), 0);
    CHECK_EQ(cede_queue_join(q), 0);
    CHECK_NOTED("0 1 2 ");
    cede_queue_close(q);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

static int puts_two(void *q)
{
    for (int i = 0; i < 2; i++)
        CEDE_TRY(cede_put(q, &i));
    return 0;
}

static void two_of_who_waits_are_unfinished(size_t capacity)
{
    cede_queue *q = ints(capacity);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, puts_two, q));
    CHECK_OK(cede_sleep(0));
    for (int i = 0; i < 2; i++)
        CHECK_EQ(cede_get(q, NULL), 1);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(cede_queue_done(q), 0);
    CHECK_ERR(cede_queue_done(q), -EINVAL);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

TASK_TEST(items_of_putters_that_had_to_wait_count_as_unfinished)
{
    two_of_who_waits_are_unfinished(1);
    two_of_who_waits_are_unfinished(0);
}

static int joins(void *q)
{
    int rc = cede_queue_join(q);
    note("%s", rc ? "cancelled " : "joined ");
    return rc;
}

TASK_TEST(discarding_lets_those_who_join_go)
{
    cede_queue *q = ints(10);
    CEDE_GROUP(g);
    CHECK_EQ(cede_put(q, &(int){1}), 0);
    CHECK_OK(cede_go(&g, joins, q));
    CHECK_OK(cede_go(&g, joins, q));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("");
    cede_queue_discard(q);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("joined joined ");
    cede_queue_free(q);
}

TASK_TEST(a_join_of_a_queue_can_be_cancelled)
{
    cede_queue *q = ints(10);
    CEDE_GROUP(g);
    CHECK_EQ(cede_put(q, &(int){1}), 0);
    CHECK_OK(cede_go(&g, joins, q));
    CHECK_OK(cede_sleep(0));
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("cancelled ");
    cede_queue_free(q);
}

/* ---- misuse ---------------------------------------------------------- */

static int waits_to_get(void *q)
{
    return cede_get(q, NULL);
}

static int waits_to_put(void *q)
{
    return cede_put(q, &(int){1});
}

static int frees_under_a_waiter(void *fn)
{
    cede_queue *q = ints(0);
    cede_task_options o = {.name = "waiting_one"};
    CEDE_GROUP(g);
    (void)cede_go_with(&g, *(cede_fn **)fn, q, &o);
    (void)cede_sleep(0);
    cede_queue_free(q);
    return cede_join(&g);
}

static void run_free(void *fn)
{
    (void)cede_run(frees_under_a_waiter, fn);
}

TEST(freeing_a_queue_in_which_a_task_waits_aborts_by_its_name)
{
    CHECK_ABORTS(run_free, &(cede_fn *){waits_to_get}, "waiting_one");
    CHECK_ABORTS(run_free, &(cede_fn *){waits_to_put}, "waiting_one");
}

TEST(items_larger_than_memory_are_refused)
{
    CHECK(cede_queue_new(SIZE_MAX, 4) == NULL);
    CHECK(cede_queue_new(SIZE_MAX - 1, 4) == NULL);
    CHECK(cede_queue_new(SIZE_MAX, SIZE_MAX) == NULL);
}

SUITE("queue")
