/* SPDX-License-Identifier: MIT
 *
 * delegate_edge_test.c - delegation where it is easily broken: sizes that do
 * not fit across a chain, threads, tasks that are cancelled, clean-up that
 * reaches for the chain it belongs to, loops and overflows inside of it.
 */
#include "check.h"
#include <pthread.h>

static int delegates(cede_gen *self, void *inner)
{
    int rc = cede_yield_from(self, inner);
    note("inner: %d ", rc);
    return rc;
}

static cede_gen *over(cede_gen *inner, size_t in_size)
{
    return cede_gen_new(delegates, inner, sizeof(int), in_size);
}

/* ---- sizes ----------------------------------------------------------- */

static int receives_long(cede_gen *self, void *arg)
{
    (void)arg;
    int64_t x = 0;
    int rc;
    while ((rc = cede_receive(self, &x)) >= 0)
        note("%d got %lld ", rc, (long long)x);
    return rc;
}

static cede_gen *receiver(void)
{
    return cede_gen_new(receives_long, NULL, sizeof(int), sizeof(int64_t));
}

TEST(a_value_of_another_size_is_refused_behind_one_that_receives_none)
{
    cede_gen *g = over(over(receiver(), 0), sizeof(int));
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_send(g, &(int){5}, NULL), -EINVAL);
    CHECK_STR_EQ(cede_message(),
                 "generator 'delegates' delegates to 'receives_long', which "
                 "receives items of 8 bytes and not of 4");
    CHECK_NOTED("");
    CHECK_OK(cede_gen_close(g));
}

TEST(a_value_is_refused_by_one_that_receives_none_whoever_it_delegates_to)
{
    cede_gen *g = over(receiver(), 0);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_send(g, &(int64_t){5}, NULL), -EINVAL);
    CHECK_STR_EQ(cede_message(),
                 "a value sent to generator 'delegates', which was made to "
                 "receive none (in_size 0)");
    CHECK_EQ(cede_send(g, NULL, NULL), 1);
    CHECK_NOTED("0 got 0 ");
    CHECK_OK(cede_gen_close(g));
}

TEST(a_value_passes_one_that_receives_none_to_an_inner_one_of_its_size)
{
    cede_gen *g = over(over(receiver(), 0), sizeof(int64_t));
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_send(g, &(int64_t){1234567890123}, NULL), 1);
    CHECK_NOTED("1 got 1234567890123 ");
    CHECK_OK(cede_gen_close(g));
}

/* ---- threads --------------------------------------------------------- */

static int yields_twice(cede_gen *self, void *arg)
{
    (void)arg;
    CEDE_TRY(cede_yield(self, &(int){1}));
    return cede_yield(self, &(int){2});
}

static cede_gen *two(void)
{
    return cede_gen_of(int, yields_twice, NULL);
}

static int delegates_and_yields(cede_gen *self, void *inner)
{
    CEDE_TRY(cede_yield_from(self, inner));
    return cede_yield(self, &(int){3});
}

static void *in_a_thread(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    void *result;
    CHECK(pthread_create(&t, NULL, fn, arg) == 0);
    CHECK(pthread_join(t, &result) == 0);
    return result;
}

static void *steps_to_the_end(void *g)
{
    int sum = 0, x;
    errno = 77;
    while (cede_next(g, &x) > 0) {
        CHECK_EQ(errno, 77);
        sum += x;
    }
    CHECK_EQ(errno, 77);
    note("sum %d ", sum);
    return NULL;
}

static void *steps_once(void *g)
{
    CHECK_EQ(cede_next(g, NULL), 1);
    return NULL;
}

TEST(a_delegation_that_changes_threads_leaves_the_first_ones_errno_alone)
{
    cede_gen *g = cede_gen_of(int, delegates_and_yields, two());
    CHECK_EQ(cede_next(g, NULL), 1);
    errno = 1234;
    (void)in_a_thread(steps_to_the_end, g);
    CHECK_EQ(errno, 1234);
    CHECK_NOTED("sum 5 ");
    CHECK_OK(cede_gen_close(g));
}

TEST(a_delegation_outlives_the_thread_that_began_it)
{
    cede_gen *g = cede_gen_of(int, delegates_and_yields, two());
    (void)in_a_thread(steps_once, g);
    (void)steps_to_the_end(g);
    CHECK_NOTED("sum 5 ");
    CHECK_OK(cede_gen_close(g));
}

TEST(a_fresh_generator_is_delegated_to_in_another_thread)
{
    cede_gen *inner = two();
    cede_gen *g = cede_gen_of(int, delegates_and_yields, inner);
    (void)in_a_thread(steps_to_the_end, g);
    CHECK_NOTED("sum 6 ");
    CHECK_OK(cede_gen_close(g));
}

/* ---- clean-up that reaches for its own chain ------------------------- */

static cede_gen *the_root;

static void uses_the_root(void *arg)
{
    (void)arg;
    note("%d ", cede_next(the_root, NULL) == -EBUSY);
    note("%d ", cede_throw(the_root, -EIO, NULL) == -EBUSY);
    note("%d ", cede_gen_stop(the_root) == -EBUSY);
    note("%d ", cede_gen_close(the_root) == -EBUSY);
    note("%d ", cede_gen_state(the_root) == CEDE_RUNNING);
    note("%d; ", cede_gen_delegate(the_root) == NULL);
}

static int ignores_its_stop(cede_gen *self, void *arg)
{
    CHECK_OK(cede_gen_defer(self, uses_the_root, arg));
    (void)cede_yield(self, &(int){1});
    return cede_yield(self, &(int){2});
}

TEST(clean_up_of_one_that_is_dropped_cannot_use_the_chain_it_is_of)
{
    cede_gen *leaf = cede_gen_of(int, ignores_its_stop, NULL);
    the_root = over(over(leaf, 0), 0);
    CHECK_EQ(cede_next(the_root, NULL), 1);
    CHECK_ERR(cede_gen_close(the_root), CEDE_EPROTO);
    CHECK_NOTED("1 1 1 1 1 1; inner: -4101 inner: -4101 ");
}

static int cleans_up_with_the_root(cede_gen *self, void *arg)
{
    int rc = cede_yield(self, &(int){1});
    uses_the_root(arg);
    return rc;
}

static int delegates_anew_when_stopped(cede_gen *self, void *arg)
{
    (void)cede_yield(self, &(int){1});
    return cede_yield_from(self,
                           cede_gen_of(int, cleans_up_with_the_root, arg));
}

TEST(nor_can_that_of_one_it_delegated_to_when_it_was_stopped)
{
    cede_gen *leaf = cede_gen_of(int, delegates_anew_when_stopped, NULL);
    the_root = over(over(leaf, 0), 0);
    CHECK_EQ(cede_next(the_root, NULL), 1);
    CHECK_ERR(cede_gen_close(the_root), CEDE_EPROTO);
    CHECK_NOTED("1 1 1 1 1 1; inner: -4101 inner: -4101 ");
}

TEST(nor_can_clean_up_within_a_thrown_exit)
{
    cede_gen *leaf = cede_gen_of(int, cleans_up_with_the_root, NULL);
    the_root = over(over(leaf, 0), 0);
    CHECK_EQ(cede_next(the_root, NULL), 1);
    CHECK_ERR(cede_throw(the_root, CEDE_EXIT, NULL), CEDE_EXIT);
    CHECK_NOTED("1 1 1 1 1 1; inner: -4097 inner: -4097 ");
    cede_gen_close(the_root);
}

static int ignores_failures(cede_gen *self, void *inner)
{
    int rc = cede_yield_from(self, inner);
    note("%d %s; ", rc, cede_message());
    return 5;
}

TEST(a_stop_that_ends_well_leaves_the_consumers_message_alone)
{
    cede_gen *leaf = cede_gen_of(int, delegates_anew_when_stopped, NULL);
    the_root = cede_gen_of(int, ignores_failures, leaf);
    CHECK_EQ(cede_next(the_root, NULL), 1);
    (void)cede_fail(-EIO, "of the consumer");
    CHECK_EQ(cede_gen_stop(the_root), 5);
    CHECK_STR_EQ(cede_message(), "of the consumer");
    CHECK_NOTED("1 1 1 1 1 1; -4101 generator 'delegates_anew_when_stopped' "
                "yielded after being told to stop; ");
    cede_gen_close(the_root);
}

static int cannot_clean_up(cede_gen *self, void *arg)
{
    (void)cede_yield(self, arg);
    return cede_fail(-EIO, "cannot clean up");
}

static int exits_on_any_failure(cede_gen *self, void *inner)
{
    return cede_yield_from(self, inner) < 0 ? CEDE_EXIT : 0;
}

TEST(a_thrown_exit_may_come_back_although_the_inner_one_could_not_clean_up)
{
    cede_gen *inner = cede_gen_of(int, cannot_clean_up, &(int){1});
    cede_gen *g = cede_gen_of(int, exits_on_any_failure, inner);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_throw(g, CEDE_EXIT, NULL), CEDE_EXIT);
    cede_gen_close(g);
}

/* ---- iterators ------------------------------------------------------- */

static int over_iterator(cede_gen *self, void *it)
{
    int rc = cede_yield_iter(self, it);
    note("iterator: %d ", rc);
    CEDE_TRY(rc);
    return cede_yield(self, NULL);
}

static int is_even(void *ctx, const void *item)
{
    (void)ctx;
    return *(const int *)item % 2 == 0;
}

TEST(what_a_stage_drops_never_reaches_the_consumers_variable)
{
    static const int numbers[] = {4, 5};
    cede_iter *all = cede_iter_new(cede_array(numbers, 2, sizeof(int)));
    cede_gen *g =
        cede_gen_of(int, over_iterator, cede_iter_filter(all, is_even, NULL));
    int x = -1;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 4);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 4);
    CHECK_OK(cede_gen_close(g));
}

static cede_gen *over_a_stage_that_cannot_clean_up(void)
{
    cede_gen *source = cede_gen_of(int, cannot_clean_up, &(int){1});
    cede_gen *g = cede_gen_of(int, over_iterator,
                              cede_iter_take(cede_iter_gen(source), 9));
    CHECK_EQ(cede_next(g, NULL), 1);
    return g;
}

TEST(an_iterator_that_cannot_be_closed_is_what_a_stop_answers)
{
    cede_gen *g = over_a_stage_that_cannot_clean_up();
    CHECK_ERR(cede_gen_stop(g), -EIO);
    CHECK_STR_EQ(cede_message(), "cannot clean up");
    CHECK_NOTED("iterator: -5 ");
    cede_gen_close(g);
}

TEST(an_error_thrown_at_an_iterator_stands_before_that_of_closing_it)
{
    cede_gen *g = over_a_stage_that_cannot_clean_up();
    CHECK_ERR(cede_throw(g, -EPIPE, NULL), -EPIPE);
    CHECK_NOTED("iterator: -32 ");
    cede_gen_close(g);
}

static int delegates_when_stopped(cede_gen *self, void *it)
{
    (void)cede_yield(self, &(int){1});
    return cede_yield_iter(self, it);
}

TEST(an_iterator_is_closed_with_a_generator_that_is_dropped_over_it)
{
    cede_gen *source = cede_gen_of(int, cleans_up_with_the_root, NULL);
    cede_iter *it = cede_iter_take(cede_iter_gen(source), 9);
    the_root = over(cede_gen_of(int, delegates_when_stopped, it), 0);
    CHECK_EQ(cede_next(the_root, NULL), 1);
    CHECK_ERR(cede_gen_close(the_root), CEDE_EPROTO);
    CHECK_NOTED("1 1 1 1 1 1; inner: -4101 ");
}

SUITE("delegate_edge")
