/* SPDX-License-Identifier: MIT
 *
 * delegate_test.c - delegation: what passes through it in both directions,
 * how it ends, who is refused.  Stopping is in delegate_stop_test.c.
 */
#include "check.h"
#include "deep.h"

/* ---- bodies ---------------------------------------------------------- */

/* Yields 1 .. n, and returns ten times n. */
static int counts(cede_gen *self, void *n)
{
    int rc = 0;
    for (int i = 1; i <= *(int *)n && rc >= 0; i++)
        rc = cede_yield(self, &i);
    return rc < 0 ? rc : 10 * *(int *)n;
}

/* Yields what it was sent, plus its argument; returns when sent 0. */
static int adds(cede_gen *self, void *n)
{
    int x = 0, rc = 0;
    do {
        x += *(int *)n;
        rc = cede_exchange(self, &x, &x);
    } while (rc >= 0 && x != 0);
    note("adder ends with %d ", rc);
    return rc < 0 ? rc : 77;
}

static cede_gen *counter(int *n)
{
    return cede_gen_new(counts, n, sizeof(int), 0);
}

/* Delegates to the generator arg, and yields its result. */
static int delegates(cede_gen *self, void *inner)
{
    int rc = cede_yield_from(self, inner);
    note("inner: %d ", rc);
    return rc < 0 ? rc : cede_yield(self, &rc);
}

static cede_gen *over(cede_gen *inner)
{
    return cede_gen_new(delegates, inner, sizeof(int), sizeof(int));
}

static void check_items(cede_gen *g, const char *want)
{
    char text[256] = "";
    cede_each (int, x, g)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d ", x);
    CHECK_OK(cede_each_error());
    CHECK_STR_EQ(text, want);
}

/* ---- what passes through --------------------------------------------- */

TEST(the_inner_generator_yields_to_the_outer_ones_consumer)
{
    check_items(over(counter(&(int){3})), "1 2 3 30 ");
}

TEST(delegation_evaluates_to_the_inner_generators_result)
{
    check_items(over(counter(&(int){2})), "1 2 20 ");
    CHECK_NOTED("inner: 20 ");
}

TEST(the_outer_body_does_not_run_while_it_delegates)
{
    cede_gen *g = over(counter(&(int){3}));
    for (int i = 0; i < 3; i++)
        CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_NOTED("");
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_NOTED("inner: 30 ");
    CHECK_OK(cede_gen_close(g));
}

TEST(what_is_sent_goes_to_the_innermost)
{
    cede_gen *inner = cede_gen_new(adds, &(int){100}, sizeof(int), sizeof(int));
    cede_gen *g = over(over(inner));
    int x = 0;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 100);
    CHECK_EQ(cede_send(g, &(int){5}, &x), 1);
    CHECK_EQ(x, 105);
    CHECK_EQ(cede_send(g, &(int){0}, &x), 1);
    CHECK_EQ(x, 77);
    CHECK_NOTED("adder ends with 1 inner: 77 ");
    CHECK_OK(cede_gen_close(g));
}

TEST(what_is_thrown_goes_to_the_innermost_first_and_surfaces_outwards)
{
    cede_gen *inner = cede_gen_new(adds, &(int){1}, sizeof(int), sizeof(int));
    cede_gen *g = over(over(inner));
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_throw(g, -EIO, NULL), -EIO);
    CHECK_NOTED("adder ends with -5 inner: -5 inner: -5 ");
    CHECK_EQ(cede_gen_state(g), CEDE_CLOSED);
    CHECK_EQ(cede_gen_close(g), -EIO);
}

static int fails(cede_gen *self, void *arg)
{
    (void)arg;
    CEDE_TRY(cede_yield(self, &(int){1}));
    return cede_fail(-EIO, "the disk of %s is gone", cede_gen_name(self));
}

static int handles(cede_gen *self, void *inner)
{
    int rc = cede_yield_from(self, inner);
    note("%s; ", cede_message());
    return cede_yield(self, &rc);
}

TEST(an_error_of_the_inner_can_be_handled_at_the_delegation_point)
{
    cede_gen *g = cede_gen_of(int, handles, cede_gen_of(int, fails, NULL));
    check_items(g, "1 -5 ");
    CHECK_NOTED("the disk of fails is gone; ");
}

TEST(an_unhandled_error_keeps_its_message_through_every_level)
{
    cede_gen *g = over(over(over(cede_gen_of(int, fails, NULL))));
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "the disk of fails is gone");
    CHECK_EQ(cede_next(g, NULL), 0);
    cede_gen_close(g);
}

static int chains(cede_gen *self, void *arg)
{
    (void)arg;
    CEDE_TRY(cede_yield_from(self, counter(&(int){2})));
    CEDE_TRY(cede_yield(self, &(int){7}));
    CEDE_TRY(cede_yield_from(self, over(counter(&(int){1}))));
    return cede_yield_from(self, counter(&(int){3}));
}

TEST(one_body_may_delegate_many_times_and_yield_in_between)
{
    check_items(cede_gen_of(int, chains, NULL), "1 2 7 1 10 1 2 3 ");
}

TEST(an_inner_generator_that_yields_nothing_hands_over_within_the_step)
{
    check_items(over(counter(&(int){0})), "0 ");
}

TEST(an_inner_generator_that_was_started_goes_on_where_it_stood)
{
    cede_gen *inner = counter(&(int){3});
    CHECK_EQ(cede_next(inner, NULL), 1);
    check_items(over(inner), "2 3 30 ");
}

TEST(an_inner_generator_that_has_ended_gives_its_result_at_once)
{
    cede_gen *inner = counter(&(int){0});
    CHECK_EQ(cede_next(inner, NULL), 0);
    check_items(over(inner), "0 ");
}

TEST(an_inner_generator_that_delegates_itself_is_joined_as_a_chain)
{
    cede_gen *middle = over(over(counter(&(int){2})));
    int x;
    CHECK_EQ(cede_next(middle, &x), 1);
    CHECK_EQ(x, 1);
    check_items(over(middle), "2 20 0 0 ");
}

TEST(errno_belongs_to_each_body_of_a_chain)
{
    cede_gen *g = over(over(counter(&(int){2})));
    errno = 1234;
    while (cede_next(g, NULL) > 0)
        CHECK_EQ(errno, 1234);
    CHECK_EQ(errno, 1234);
    cede_gen_close(g);
}

static int keeps_errno(cede_gen *self, void *arg)
{
    errno = *(int *)arg;
    CEDE_TRY(cede_yield(self, &(int){0}));
    note("%d ", errno - *(int *)arg);
    return 0;
}

static int delegates_with_errno(cede_gen *self, void *inner)
{
    errno = 9;
    CEDE_TRY(cede_yield_from(self, inner));
    note("outer %d ", errno);
    CEDE_TRY(cede_yield(self, &(int){0}));
    note("outer %d ", errno);
    return 0;
}

TEST(a_delegation_leaves_errno_as_it_was)
{
    cede_gen *inner = cede_gen_of(int, keeps_errno, &(int){55});
    cede_gen *g = cede_gen_of(int, delegates_with_errno, inner);
    errno = 3;
    while (cede_next(g, NULL) > 0)
        errno++;
    CHECK_EQ(errno, 5);
    CHECK_NOTED("0 outer 9 outer 9 ");
    cede_gen_close(g);
}

static int sleeps_and_counts(cede_gen *self, void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        CEDE_TRY(cede_sleep(CEDE_SEC));
        CEDE_TRY(cede_yield(self, &i));
    }
    return 0;
}

VIRTUAL_TEST(an_inner_body_may_wait_in_the_consumers_task)
{
    cede_time before = cede_now();
    cede_gen *inner = cede_gen_of(int, sleeps_and_counts, &(int){3});
    check_items(over(over(inner)), "0 1 2 0 0 ");
    CHECK_EQ(cede_now() - before, 3 * CEDE_SEC);
}

/* ---- depth ----------------------------------------------------------- */

static int level(cede_gen *self, void *depth)
{
    intptr_t d = (intptr_t)depth;
    if (d == 0)
        return counts(self, &(int){3});
    return cede_yield_from(self, cede_gen_of(int, level, (void *)(d - 1)));
}

/* A sanitizer's stacks are larger, and there are fewer of them. */
enum { DEPTH = SANITIZED ? 3000 : 20000 };

TEST(thousands_of_levels_need_no_more_of_the_native_stack)
{
    cede_gen *g = cede_gen_of(int, level, (void *)(intptr_t)DEPTH);
    int x, sum = 0;
    while (cede_next(g, &x) > 0)
        sum += x;
    CHECK_EQ(sum, 6);
    CHECK_EQ(cede_gen_close(g), 30);
}

/* ---- over an iterator ------------------------------------------------ */

static int over_iterator(cede_gen *self, void *it)
{
    int rc = cede_yield_iter(self, it);
    note("iterator: %d ", rc);
    return rc;
}

static cede_gen *over_numbers(cede_gen_fn *body)
{
    static const int numbers[] = {4, 5, 6};
    return cede_gen_new(body,
                        cede_iter_new(cede_array(numbers, 3, sizeof(int))),
                        sizeof(int), sizeof(int));
}

TEST(an_iterator_is_delegated_to_item_by_item_and_evaluates_to_0)
{
    check_items(over_numbers(over_iterator), "4 5 6 ");
    CHECK_NOTED("iterator: 0 ");
}

TEST(next_without_a_variable_moves_an_iterator_on_too)
{
    cede_gen *g = over_numbers(over_iterator);
    int x;
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_send(g, NULL, &x), 1);
    CHECK_EQ(x, 5);
    CHECK_OK(cede_gen_close(g));
}

TEST(an_iterator_receives_no_value)
{
    cede_gen *g = over_numbers(over_iterator);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_send(g, &(int){1}, NULL), -EINVAL);
    CHECK(strstr(cede_message(), "iterator that receives none"));
    CHECK_NOTED("iterator: -22 ");
    cede_gen_close(g);
}

TEST(what_is_thrown_at_an_iterator_surfaces_in_the_outer_body)
{
    cede_gen *g = over_numbers(over_iterator);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_throw(g, -EIO, NULL), -EIO);
    CHECK_NOTED("iterator: -5 ");
    cede_gen_close(g);
}

TEST(an_iterator_over_a_generator_is_that_generator)
{
    cede_gen *inner = cede_gen_new(adds, &(int){1}, sizeof(int), sizeof(int));
    cede_gen *g = cede_gen_new(over_iterator, cede_iter_gen(inner), sizeof(int),
                               sizeof(int));
    int x;
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_send(g, &(int){41}, &x), 1);
    CHECK_EQ(x, 42);
    CHECK_EQ(cede_gen_delegate(g) == inner, 1);
    CHECK_OK(cede_gen_close(g));
}

static int next_fails(void *self, void *cursor, void *out)
{
    (void)self, (void)cursor, (void)out;
    return cede_fail(-EIO, "no more tape");
}

TEST(the_error_of_an_iterator_is_what_delegation_answers)
{
    static const cede_sequence kind = {.next = next_fails};
    cede_iterable seq = {.kind = &kind, .item_size = sizeof(int)};
    cede_gen *g = cede_gen_of(int, over_iterator, cede_iter_new(seq));
    CHECK_ERR(cede_next(g, NULL), -EIO);
    CHECK_STR_EQ(cede_message(), "no more tape");
    cede_gen_close(g);
}

TEST(what_is_no_iterable_fails_at_the_delegation_point_and_not_before)
{
    cede_iter *it = cede_iter_new((cede_iterable){.item_size = sizeof(int)});
    cede_gen *g = cede_gen_of(int, over_iterator, it);
    CHECK_EQ(cede_gen_state(g), CEDE_CREATED);
    CHECK_ERR(cede_next(g, NULL), -EINVAL);
    CHECK_NOTED("iterator: -22 ");
    cede_gen_close(g);
}

/* ---- who is refused -------------------------------------------------- */

TEST(delegating_to_no_memory_answers_so)
{
    check_items(cede_gen_of(int, handles, NULL), "-12 ");
}

static int delegates_to_itself(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = cede_yield_from(self, self);
    note("%s", cede_message());
    return rc;
}

TEST(delegating_to_oneself_is_refused)
{
    cede_gen *g = cede_gen_of(int, delegates_to_itself, NULL);
    CHECK_ERR(cede_next(g, NULL), -EBUSY);
    CHECK_NOTED("generator 'delegates_to_itself' is already executing");
    cede_gen_close(g);
}

static cede_gen *the_root;

static int delegates_to_the_root(cede_gen *self, void *arg)
{
    (void)arg;
    return cede_yield_from(self, the_root);
}

TEST(delegating_in_a_circle_is_refused)
{
    the_root = over(over(cede_gen_of(int, delegates_to_the_root, NULL)));
    CHECK_ERR(cede_next(the_root, NULL), -EBUSY);
    CHECK_EQ(cede_gen_close(the_root), -EBUSY);
}

TEST(a_generator_that_is_delegated_to_is_nobody_elses)
{
    cede_gen *leaf = counter(&(int){3}), *middle = over(leaf);
    cede_gen *g = over(middle), *second = over(leaf);
    int x;
    CHECK_EQ(cede_next(g, NULL), 1);
    cede_gen *inside[] = {leaf, middle};
    for (int i = 0; i < 2; i++) {
        CHECK_ERR(cede_next(inside[i], &x), -EBUSY);
        CHECK(strstr(cede_message(), "which delegates to it"));
        CHECK_ERR(cede_send(inside[i], &x, &x), -EBUSY);
        CHECK_ERR(cede_throw(inside[i], -EIO, &x), -EBUSY);
        CHECK_ERR(cede_gen_stop(inside[i]), -EBUSY);
        CHECK_ERR(cede_gen_close(inside[i]), -EBUSY);
        CHECK_EQ(cede_gen_state(inside[i]), CEDE_SUSPENDED);
    }
    CHECK_ERR(cede_next(second, NULL), -EBUSY);
    CHECK_EQ(cede_gen_close(second), -EBUSY);
    check_items(g, "2 3 30 0 ");
}

static int sends_short(cede_gen *self, void *arg)
{
    (void)arg;
    return cede_yield(self, &(short){1});
}

TEST(items_of_another_size_are_refused_and_the_inner_one_is_closed)
{
    cede_gen *g = over(cede_gen_of(short, sends_short, NULL));
    CHECK_ERR(cede_next(g, NULL), -EINVAL);
    CHECK_STR_EQ(cede_message(),
                 "generator 'delegates' delegates to 'sends_short', which "
                 "yields items of 2 bytes and not of 4");
    cede_gen_close(g);
    cede_gen *deaf = cede_gen_new(sends_short, NULL, sizeof(int), 2);
    g = over(deaf);
    CHECK_ERR(cede_next(g, NULL), -EINVAL);
    CHECK(strstr(cede_message(), "receives items of 2 bytes and not of 4"));
    cede_gen_close(g);
}

TEST(iterators_of_another_size_are_refused_and_closed)
{
    cede_iter *it = cede_iter_new(cede_string("abc"));
    cede_gen *g = cede_gen_of(int, over_iterator, it);
    CHECK_ERR(cede_next(g, NULL), -EINVAL);
    CHECK(strstr(cede_message(), "yields items of 1 bytes and not of 4"));
    cede_gen_close(g);
}

TEST(a_value_for_an_inner_one_that_receives_none_is_refused_where_it_is_sent)
{
    cede_gen *g = over(counter(&(int){2}));
    int x;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_ERR(cede_send(g, &(int){5}, &x), -EINVAL);
    CHECK_STR_EQ(cede_message(),
                 "a value sent to generator 'delegates', which delegates to "
                 "one that was made to receive none (in_size 0)");
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 2);
    CHECK_OK(cede_gen_close(g));
}

TEST(stepping_the_root_from_the_innermost_body_is_refused)
{
    the_root = over(over(cede_gen_of(int, delegates_to_the_root, NULL)));
    CHECK_ERR(cede_next(the_root, NULL), -EBUSY);
    CHECK_STR_EQ(cede_message(), "generator 'delegates' is already executing");
    cede_gen_close(the_root);
}

/* ---- looking at it --------------------------------------------------- */

static int looks_at_itself(cede_gen *self, void *arg)
{
    (void)arg;
    note("%d", cede_gen_delegate(self) == NULL);
    note("%d", cede_gen_delegate(the_root) == NULL);
    note("%d", cede_gen_state(the_root) == CEDE_RUNNING);
    return cede_yield(self, &(int){0});
}

TEST(the_delegate_is_shown_while_the_generator_is_suspended)
{
    cede_gen *leaf = cede_gen_of(int, looks_at_itself, NULL);
    cede_gen *middle = over(leaf);
    the_root = over(middle);
    CHECK(cede_gen_delegate(the_root) == NULL);
    CHECK_EQ(cede_next(the_root, NULL), 1);
    CHECK_NOTED("111");
    CHECK(cede_gen_delegate(the_root) == middle);
    CHECK(cede_gen_delegate(middle) == leaf);
    CHECK(cede_gen_delegate(leaf) == NULL);
    CHECK_EQ(cede_gen_state(the_root), CEDE_SUSPENDED);
    CHECK_OK(cede_gen_close(the_root));
    CHECK(cede_gen_delegate(NULL) == NULL);
}

/* ---- broken contracts ------------------------------------------------ */

static void delegate_from_outside(void *arg)
{
    cede_gen *g = counter(arg);
    cede_next(g, NULL);
    cede_yield_from(g, counter(arg));
}

TEST(delegating_from_outside_the_body_aborts_by_name)
{
    CHECK_ABORTS(delegate_from_outside, &(int){3},
                 "cede_yield_from of generator 'counts' called outside");
}

static int delegates_in_a_scope(cede_gen *self, void *arg)
{
    CEDE_SCOPE(s, CEDE_NEVER);
    return cede_yield_from(self, counter(arg));
}

static int steps_it(void *arg)
{
    return cede_next(cede_gen_of(int, delegates_in_a_scope, arg), NULL);
}

static void run_steps_it(void *arg)
{
    cede_run(steps_it, arg);
}

TEST(delegating_with_a_scope_open_aborts_by_name)
{
    CHECK_ABORTS(run_steps_it, &(int){3},
                 "'delegates_in_a_scope' delegates without leaving scope 's'");
}

SUITE("delegate")
