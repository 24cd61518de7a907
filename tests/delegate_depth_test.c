/* SPDX-License-Identifier: MIT
 *
 * delegate_depth_test.c - delegation a hundred thousand levels deep: what is
 * sent and thrown gets there and comes back, at the cost of one level, and
 * the consumer's own stack does not grow.
 *
 * Every level is a generator with a stack of its own.  Where guards need
 * mappings (kernels before 6.13; the portable preset builds the library so)
 * the kernel allows some 30,000 of them, and sanitizers carry fewer.
 */
#include "check.h"

enum { DEPTH = SANITIZED ? 3000 : 100000, FEWER = 20000, PAGE = 4096 };

static int depth;   /* as many levels as there can be here */
static int handler; /* the level that handles what is thrown */
static int ended;   /* bodies that got by their delegation */

static int level(cede_gen *self, void *arg);

static cede_gen *make(intptr_t d)
{
    const cede_gen_options small = {.name = "level", .stack_size = 16384};
    return cede_gen_new_with(SANITIZED ? NULL : &small, level, (void *)d,
                             sizeof(int), sizeof(int));
}

/* Yields one more than it was sent. */
static int answers(cede_gen *self)
{
    int x = 0, rc = 0;
    while (rc >= 0) {
        x++;
        rc = cede_exchange(self, &x, &x);
    }
    return rc;
}

static int level(cede_gen *self, void *arg)
{
    int d = (int)(intptr_t)arg;
    int rc = d > 0 ? cede_yield_from(self, make(d - 1)) : answers(self);
    if (rc == -EIO && d == handler)
        rc = cede_yield(self, &d);
    ended++;
    return rc;
}

/* The outermost of all, after its first step. */
static cede_gen *descend(int levels)
{
    int x = 0;
    cede_gen *g = make(levels);
    int rc = cede_next(g, &x);
    if (rc == -ENOMEM && levels > FEWER) {
        CHECK(strstr(cede_message(), "vm.max_map_count") != NULL);
        cede_gen_close(g);
        return descend(FEWER);
    }
    CHECK_EQ(rc, 1);
    CHECK_EQ(x, 1);
    depth = levels;
    ended = 0;
    return g;
}

TEST(a_step_at_any_depth_costs_what_one_level_does)
{
    cede_gen *g = descend(DEPTH);
    /* By way of every level this would take hours. */
    for (int i = 0; i < 100000; i++) {
        int x = 0;
        CHECK_EQ(cede_send(g, &i, &x), 1);
        CHECK_EQ(x, i + 1);
    }
    CHECK_EQ(ended, 0);
    CHECK_OK(cede_gen_close(g));
}

TEST(an_error_is_handled_at_the_level_that_wants_to)
{
    int x = 0;
    cede_gen *g = descend(DEPTH);
    handler = depth / 3;
    CHECK_EQ(cede_throw(g, -EIO, &x), 1);
    CHECK_EQ(x, handler);
    CHECK_EQ(ended, handler); /* those below */
    CHECK_ERR(cede_throw(g, -EPIPE, &x), -EPIPE);
    CHECK_EQ(ended, depth + 1);
    CHECK_ERR(cede_gen_close(g), -EPIPE);
}

TEST(close_ends_every_level)
{
    CHECK_OK(cede_gen_close(descend(DEPTH)));
    CHECK_EQ(ended, depth + 1);
}

VIRTUAL_TEST(the_consumers_stack_does_not_grow_with_the_depth)
{
    handler = 7;
    size_t before = 0;
    int levels[] = {10, DEPTH}; /* the first touches what any of them does */
    for (int i = 0; i < 2; i++) {
        cede_gen *g = descend(levels[i]);
        CHECK_EQ(cede_send(g, &(int){5}, NULL), 1);
        CHECK_EQ(cede_throw(g, -EIO, NULL), 1);
        CHECK_OK(cede_gen_close(g));
        if (i == 0)
            before = cede_stack_used();
    }
    CHECK(before > 0);
    CHECK(cede_stack_used() <= before + PAGE);
}

SUITE_UNLESS("delegate_depth",
             ON_VALGRIND ? "Valgrind searches a list of stacks" : NULL)
