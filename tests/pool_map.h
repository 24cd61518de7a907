/* SPDX-License-Identifier: MIT
 *
 * pool_map.h - what cede_map promises on every kind of pool.  Include
 * pool_conformance.h first.
 */
#ifndef CEDE_TESTS_POOL_MAP_H
#define CEDE_TESTS_POOL_MAP_H

#include "pool_conformance.h"

/* ---- items ----------------------------------------------------------- */

/* 0, 1, 2 ... for ever, or until the error at `fails`; how many were taken. */
struct source {
    int taken, fails;
    bool closed;
};

static int source_next(void *self, void *cursor, void *out)
{
    (void)cursor;
    struct source *s = self;
    if (s->fails && s->taken == s->fails)
        return cede_fail(-EPIPE, "the source is dry");
    *(int *)out = s->taken++;
    return 1;
}

static void source_end(void *self, void *cursor)
{
    (void)cursor;
    ((struct source *)self)->closed = true;
}

static const cede_sequence source_kind = {.next = source_next,
                                          .end = source_end};

static cede_iter *iter_of(struct source *s)
{
    return cede_iter_new((cede_iterable){
        .kind = &source_kind, .self = s, .item_size = sizeof(int)});
}

static int fails_at_three(void *n)
{
    return *(int *)n == 3 ? fails_with_text(n) : doubles(n);
}

/* ---- order and laziness ---------------------------------------------- */

static void map_in_order(size_t window)
{
    int items[100];
    for (int i = 0; i < 100; i++)
        items[i] = i;
    cede_pool *p = MAKE_POOL(3);
    int next = 0;
    cede_iter *it = cede_iter_new(cede_array(items, 100, sizeof(int)));
    cede_each (int, x, cede_map(p, doubles, it, window))
        CHECK_EQ(x, 2 * next++);
    CHECK_EQ(cede_each_error(), 0);
    CHECK_EQ(next, 100);
    CHECK_EQ(items[9], 9);
    CHECK_EQ(cede_pool_close(p), 0);
}

TASK_TEST(a_map_yields_the_results_in_the_order_of_the_items)
{
    map_in_order(0);
    map_in_order(1);
    map_in_order(7);
    map_in_order(1000);
}

TEST(on_a_plain_thread_a_map_blocks)
{
    map_in_order(0);
    map_in_order(1);
}

static void map_of_nothing(void)
{
    cede_pool *p = MAKE_POOL(1);
    cede_gen *g =
        cede_map(p, doubles, cede_iter_new(cede_array(NULL, 0, 4)), 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_map_of_nothing_is_over)
{
    map_of_nothing();
}

TASK_TEST(a_map_takes_no_more_items_than_there_is_room_for)
{
    struct source s = {0};
    cede_pool *p = MAKE_POOL(2);
    cede_gen *g = cede_map(p, doubles, iter_of(&s), 3);
    CHECK_EQ(s.taken, 0);
    for (int i = 0; i < 20; i++) {
        int x = -1;
        CHECK_EQ(cede_next(g, &x), 1);
        CHECK_EQ(x, 2 * i);
        CHECK_EQ(s.taken, i + 3);
    }
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK(s.closed);
    CHECK_EQ(cede_pool_close(p), 0);
}

TASK_TEST(a_maps_window_is_twice_the_workers_unless_said_otherwise)
{
    struct source s = {0};
    cede_pool *p = MAKE_POOL(4);
    cede_gen *g = cede_map(p, doubles, iter_of(&s), 0);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(s.taken, 8);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- failures -------------------------------------------------------- */

static void map_that_fails(void)
{
    struct source s = {0};
    cede_pool *p = MAKE_POOL(2);
    cede_gen *g = cede_map(p, fails_at_three, iter_of(&s), 6);
    int x = -1;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_next(g, &x), 1);
        CHECK_EQ(x, 2 * i);
    }
    CHECK_ERR(cede_next(g, &x), -EIO);
    CHECK_STR_EQ(cede_message(), "item 3 is bad");
    CHECK(s.closed);
    CHECK_EQ(look_at(p).queued, 0);
    CHECK_EQ(cede_next(g, &x), 0);
    CHECK_ERR(cede_gen_close(g), -EIO);
    CHECK_EQ(cede_pool_close(p), 0);
}

TASK_TEST(a_job_that_fails_ends_the_map_after_those_before_it)
{
    map_that_fails();
}

TEST(a_job_that_fails_ends_the_map_on_a_plain_thread_too)
{
    map_that_fails();
}

TASK_TEST(an_item_that_cannot_be_had_ends_the_map_in_its_place)
{
    struct source s = {.fails = 2};
    cede_pool *p = MAKE_POOL(2);
    cede_gen *g = cede_map(p, doubles, iter_of(&s), 6);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_ERR(cede_next(g, NULL), -EPIPE);
    CHECK_STR_EQ(cede_message(), "the source is dry");
    CHECK_ERR(cede_gen_close(g), -EPIPE);
    CHECK_EQ(cede_pool_close(p), 0);
}

TASK_TEST(a_pool_that_is_shut_ends_the_map)
{
    struct source s = {0};
    cede_pool *p = MAKE_POOL(1);
    cede_gen *g = cede_map(p, doubles, iter_of(&s), 2);
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_pool_shut(p), 0);
    CHECK_EQ(cede_next(g, NULL), 1); /* which was submitted before */
    CHECK_ERR(cede_next(g, NULL), CEDE_ECLOSED);
    CHECK_ERR(cede_gen_close(g), CEDE_ECLOSED);
    CHECK_EQ(cede_pool_close(p), 0);
}

TEST(a_map_without_a_pool_a_function_or_items_is_null)
{
    struct source s[2] = {{0}, {0}};
    cede_pool *p = MAKE_POOL(1);
    CHECK(cede_map(NULL, doubles, iter_of(&s[0]), 0) == NULL);
    CHECK(cede_map(p, NULL, iter_of(&s[1]), 0) == NULL);
    CHECK(cede_map(p, doubles, NULL, 0) == NULL);
    CHECK(s[0].closed && s[1].closed);
    CHECK_EQ(cede_pool_close(p), 0);
}

/* ---- leaving it ------------------------------------------------------ */

TEST(a_map_that_is_closed_before_its_first_step_takes_nothing)
{
    struct source s = {0};
    cede_pool *p = MAKE_POOL(1);
    CHECK_EQ(cede_gen_close(cede_map(p, doubles, iter_of(&s), 0)), 0);
    CHECK(s.closed);
    CHECK_EQ(s.taken, 0);
    CHECK_EQ(cede_pool_close(p), 0);
}

/* One of them runs, the others are queued behind it. */
static cede_gen *map_at_gate(cede_pool *p, const struct gate *gates)
{
    return cede_map(p, waits_at_gate,
                    cede_iter_new(cede_array(gates, 4, sizeof *gates)), 4);
}

/* Opens the first gate, and the second when nothing waits behind it. */
struct opener {
    cede_pool *pool;
    struct gate *gates;
};

static void *opens_two(void *arg)
{
    const struct opener *o = arg;
    while (look_at(o->pool).queued < 3)
        usleep(100);
    open_gate(&o->gates[0], meet_at(&o->gates[0]));
    int met = meet_at(&o->gates[1]);
    while (look_at(o->pool).queued > 0)
        usleep(100);
    open_gate(&o->gates[1], met);
    return NULL;
}

static void leave_map(void)
{
    struct gate gates[4], passed;
    for (int i = 0; i < 4; i++)
        gates[i] = new_gate();
    cede_pool *p = MAKE_POOL(1);
    cede_gen *g = map_at_gate(p, gates);
    struct opener o = {p, gates};
    pthread_t t = in_thread(opens_two, &o);
    CHECK_EQ(cede_next(g, &passed), 1);
    while (look_at(p).begun < 2)
        usleep(100);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_EQ(look_at(p).begun, 2);
    CHECK_EQ(ends_with(t), 0);
    CHECK_EQ(cede_pool_close(p), 0);
    for (int i = 2; i < 4; i++)
        unlink(gates[i].path);
}

TASK_TEST(closing_a_map_cancels_what_has_not_begun_and_waits_for_what_runs)
{
    leave_map();
}

TEST(closing_a_map_on_a_plain_thread_does_so_too)
{
    leave_map();
}

/* The step is cancelled while the first waits at its gate. */
static int steps_map(void *g)
{
    struct gate passed;
    return cede_next(g, &passed);
}

TASK_TEST(a_cancelled_step_ends_the_map)
{
    struct gate gates[4];
    for (int i = 0; i < 4; i++)
        gates[i] = new_gate();
    cede_pool *p = MAKE_POOL(1);
    cede_gen *map = map_at_gate(p, gates);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, steps_map, map);
    CHECK_OK(cede_sleep(0));
    int met = meet_at(&gates[0]);
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(look_at(p).queued, 0);
    CHECK(!cede_done(f)); /* it waits for the one that runs */
    open_gate(&gates[0], met);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_OK(cede_join(&g));
    CHECK_ERR(cede_gen_close(map), -ECANCELED);
    CHECK_EQ(look_at(p).begun, 1);
    CHECK_EQ(cede_pool_close(p), 0);
    for (int i = 1; i < 4; i++)
        unlink(gates[i].path);
}

#endif
