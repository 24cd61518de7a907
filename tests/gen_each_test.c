/* SPDX-License-Identifier: MIT
 *
 * gen_each_test.c - the for-each loop: every way out closes its source, and
 * no failure gets lost.
 */
#include "check.h"

static int opened, closed;

static void count_close(void *arg)
{
    (void)arg;
    closed++;
}

/* Yields 0, 1, ... *(int *)arg - 1; a negative count yields one item and
 * fails with it. */
static int items(cede_gen *self, void *arg)
{
    CEDE_DEFER(count_close, NULL);
    int n = *(int *)arg;
    opened++;
    for (int i = 0; i < (n < 0 ? 1 : n); i++)
        CEDE_TRY(cede_yield(self, &i));
    return n;
}

static cede_gen *gen_of(int *n)
{
    return cede_gen_of(int, items, n);
}

static int five = 5, fails = -EIO;

/* ---- ways out -------------------------------------------------------- */

TEST(each_sees_every_item_and_closes_the_generator)
{
    cede_each (int, x, gen_of(&five))
        note("%d", x);
    CHECK_NOTED("01234");
    CHECK_EQ(closed, 1);
    CHECK_EQ(cede_each_error(), 0);
}

TEST(each_over_nothing_runs_no_body)
{
    cede_each (int, x, gen_of(&(int){0}))
        note("%d", x);
    CHECK_NOTED("");
    CHECK_EQ(closed, 1);
    CHECK_EQ(cede_each_error(), 0);
}

TEST(break_leaves_the_loop_and_closes_the_generator)
{
    cede_each (int, x, gen_of(&five)) {
        note("%d", x);
        if (x == 2)
            break;
    }
    CHECK_NOTED("012");
    CHECK_EQ(closed, 1);
    CHECK_EQ(cede_each_error(), 0);
}

TEST(continue_goes_on_with_the_next_item)
{
    cede_each (int, x, gen_of(&five)) {
        if (x % 2)
            continue;
        note("%d", x);
    }
    CHECK_NOTED("024");
}

static int returns_at(int at)
{
    cede_each (int, x, gen_of(&five))
        if (x == at)
            return x * 10;
    return -1;
}

TEST(return_closes_the_generator)
{
    CHECK_EQ(returns_at(3), 30);
    CHECK_EQ(closed, 1);
    CHECK_EQ(returns_at(9), -1);
    CHECK_EQ(closed, 2);
}

TEST(goto_closes_the_generator)
{
    cede_each (int, x, gen_of(&five))
        if (x == 1)
            goto out;
    note("not reached");
out:
    CHECK_EQ(closed, 1);
    CHECK_NOTED("");
}

TEST(the_source_is_evaluated_once)
{
    int n[] = {2, 9}, *next = n;
    cede_each (int, x, gen_of(next++))
        note("%d", x);
    CHECK_NOTED("01");
    CHECK(next == n + 1);
}

TEST(loops_nest_and_an_inner_break_leaves_the_outer_one_alone)
{
    cede_each (int, x, gen_of(&(int){3})) {
        cede_each (int, y, gen_of(&five)) {
            note("%d%d ", x, y);
            if (y == x)
                break;
        }
    }
    CHECK_NOTED("00 10 11 20 21 22 ");
    CHECK_EQ(opened, 4);
    CHECK_EQ(closed, 4);
}

TEST(return_out_of_a_nest_closes_all_of_it)
{
    for (int i = 0; i < 2; i++)
        cede_each (int, x, gen_of(&five))
            cede_each (int, y, gen_of(&five))
                if (x == 1 && y == 2)
                    goto out;
out:
    CHECK_EQ(opened, 3);
    CHECK_EQ(closed, 3);
}

TEST(each_is_one_statement_between_if_and_else)
{
    for (int i = 0; i < 2; i++)
        if (i == 0)
            cede_each (int, x, gen_of(&(int){2}))
                note("%d", x);
        else
            note("else");
    CHECK_NOTED("01else");
}

TEST(the_variable_may_be_assigned_and_of_a_struct_type)
{
    struct pair {
        int a, b;
    } pairs[] = {{1, 2}, {3, 4}};
    cede_each (struct pair, p, cede_array(pairs, 2, sizeof *pairs)) {
        note("%d%d ", p.a, p.b);
        p.a = 99;
    }
    CHECK_NOTED("12 34 ");
    CHECK_EQ(pairs[0].a, 1);
}

/* ---- sources --------------------------------------------------------- */

TEST(each_takes_an_iterator)
{
    cede_each (int, x, cede_iter_take(cede_iter_gen(gen_of(&five)), 2))
        note("%d", x);
    CHECK_NOTED("01");
    CHECK_EQ(closed, 1);
    CHECK_EQ(cede_each_error(), 0);
}

TEST(break_closes_an_iterator_and_what_it_owns)
{
    cede_each (int, x, cede_iter_gen(gen_of(&five)))
        if (x == 1)
            break;
    CHECK_EQ(closed, 1);
}

TEST(each_takes_an_iterable_as_often_as_one_likes)
{
    cede_iterable digits = cede_range(0, 3, 1);
    for (int i = 0; i < 2; i++)
        cede_each (int64_t, x, digits)
            note("%d", (int)x);
    CHECK_NOTED("012012");
}

TEST(a_started_generator_goes_on_in_the_loop)
{
    cede_gen *g = gen_of(&five);
    CHECK_EQ(cede_next(g, NULL), 1);
    cede_each (int, x, g)
        note("%d", x);
    CHECK_NOTED("1234");
    CHECK_EQ(closed, 1);
}

/* ---- how it ended ---------------------------------------------------- */

TEST(the_failure_of_the_source_is_read_once)
{
    cede_each (int, x, gen_of(&fails))
        note("%d", x);
    CHECK_NOTED("0");
    CHECK_EQ(closed, 1);
    CHECK_ERR(cede_each_error(), -EIO);
    CHECK_EQ(cede_each_error(), 0);
}

static int fails_with_text(cede_gen *self, void *arg)
{
    (void)self;
    (void)arg;
    return cede_fail(-EIO, "bad block");
}

TEST(the_message_of_the_failure_is_there_after_the_loop)
{
    cede_each (int, x, cede_gen_of(int, fails_with_text, NULL))
        note("%d", x);
    CHECK_ERR(cede_each_error(), -EIO);
    CHECK_STR_EQ(cede_message(), "bad block");
}

static int fails_to_clean_up(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = cede_yield(self, &(int){1});
    return rc == CEDE_EXIT ? -EPIPE : 0;
}

TEST(a_failure_of_closing_the_source_is_how_the_loop_ended)
{
    cede_each (int, x, cede_gen_of(int, fails_to_clean_up, NULL))
        if (x)
            break;
    CHECK_ERR(cede_each_error(), -EPIPE);
}

TEST(a_source_that_returns_more_than_zero_did_not_fail)
{
    cede_each (int, x, gen_of(&five))
        (void)x;
    CHECK_EQ(cede_each_error(), 0);
}

TEST(items_of_another_size_are_refused_and_the_source_is_closed)
{
    cede_each (int64_t, x, gen_of(&five))
        note("%d", (int)x);
    CHECK_ERR(cede_each_error(), -EINVAL);
    cede_each (char, c, cede_iter_gen(gen_of(&five)))
        note("%c", c);
    CHECK_ERR(cede_each_error(), -EINVAL);
    cede_each (int, x, cede_range(0, 3, 1))
        note("%d", x);
    CHECK_ERR(cede_each_error(), -EINVAL);
    CHECK_NOTED("");
    CHECK_EQ(opened, closed);
}

TEST(a_source_that_is_null_is_out_of_memory)
{
    cede_each (int, x, (cede_gen *)NULL)
        note("%d", x);
    CHECK_ERR(cede_each_error(), -ENOMEM);
    cede_each (int, x, (cede_iter *)NULL)
        note("%d", x);
    CHECK_ERR(cede_each_error(), -ENOMEM);
    CHECK_NOTED("");
}

TEST(a_kind_of_nothing_is_not_iterable)
{
    cede_each (int, x, ((cede_iterable){.item_size = sizeof(int)}))
        note("%d", x);
    CHECK_ERR(cede_each_error(), -EINVAL);
    CHECK_NOTED("");
}

TEST(a_failure_not_read_before_the_next_loop_goes_to_the_hook)
{
    listen_to_hook();
    cede_each (int, x, gen_of(&fails))
        (void)x;
    CHECK_EQ(hooked.count, 0);
    cede_each (int, x, gen_of(&five))
        (void)x;
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK_EQ(cede_each_error(), 0);
}

TEST(a_failure_that_was_read_does_not_go_to_the_hook)
{
    listen_to_hook();
    cede_each (int, x, gen_of(&fails))
        (void)x;
    CHECK_ERR(cede_each_error(), -EIO);
    cede_each (int, x, gen_of(&five))
        (void)x;
    CHECK_EQ(hooked.count, 0);
}

static int loses_a_failure(void *arg)
{
    (void)arg;
    cede_each (int, x, gen_of(&fails))
        (void)x;
    return 0;
}

TASK_TEST(a_failure_not_read_before_the_task_ends_goes_to_the_hook)
{
    listen_to_hook();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, loses_a_failure, NULL));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK_STR_EQ(hooked.task, "loses_a_failure");
}

static int body_loses_a_failure(cede_gen *self, void *arg)
{
    (void)self;
    return loses_a_failure(arg);
}

TEST(a_failure_not_read_before_the_generator_ends_goes_to_the_hook)
{
    listen_to_hook();
    cede_gen *g = cede_gen_of(int, body_loses_a_failure, NULL);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
}

TEST(each_coroutine_reads_its_own_loops_error)
{
    cede_each (int, x, gen_of(&fails))
        (void)x;
    cede_gen *g = cede_gen_of(int, items, &five);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_ERR(cede_each_error(), -EIO);
}

/* ---- inside bodies --------------------------------------------------- */

static int doubles(cede_gen *self, void *arg)
{
    cede_each (int, x, gen_of(arg)) {
        x *= 2;
        CEDE_TRY(cede_yield(self, &x));
    }
    return cede_each_error();
}

TEST(a_loop_in_a_body_ends_with_the_body)
{
    cede_each (int, x, cede_gen_of(int, doubles, &five)) {
        note("%d", x);
        if (x == 4)
            break;
    }
    CHECK_NOTED("024");
    CHECK_EQ(closed, 1);
    CHECK_EQ(cede_each_error(), 0);
}

TEST(a_failure_passes_through_a_chain_of_bodies)
{
    cede_each (int, x, cede_gen_of(int, doubles, &fails))
        note("%d", x);
    CHECK_NOTED("0");
    CHECK_ERR(cede_each_error(), -EIO);
}

SUITE("gen_each")
