/* SPDX-License-Identifier: MIT
 *
 * gen_thread_test.c - generators that change threads, or outlive the thread
 * or run they were made in.
 */
#include "check.h"
#include <pthread.h>

/* Keeps neither errno nor thread-locals across yields. */
static int yields_some(cede_gen *self, void *arg)
{
    for (int i = 0; i < *(int *)arg; i++)
        CEDE_TRY(cede_yield(self, &i));
    return 0;
}

/* ---- threads and runs ------------------------------------------------ */

static void *makes_one(void *arg)
{
    return cede_gen_of(int, yields_some, arg);
}

static void *steps_one_to_its_end(void *g)
{
    int x;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_next(g, &x), 1);
        CHECK_EQ(x, i);
    }
    CHECK_EQ(cede_next(g, &x), 0);
    return NULL;
}

static void *in_a_thread(void *(*fn)(void *), void *arg)
{
    pthread_t t;
    void *result;
    CHECK(pthread_create(&t, NULL, fn, arg) == 0);
    CHECK(pthread_join(t, &result) == 0);
    return result;
}

TEST(a_fresh_generator_may_be_resumed_by_another_thread)
{
    cede_gen *g = makes_one(&(int){3});
    (void)in_a_thread(steps_one_to_its_end, g);
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

TEST(a_fresh_generator_outlives_the_thread_that_made_it)
{
    cede_gen *g = in_a_thread(makes_one, &(int){3});
    (void)steps_one_to_its_end(g);
    CHECK_EQ(cede_gen_close(g), 0);
}

static void *steps_once(void *g)
{
    CHECK_EQ(cede_next(g, NULL), 1);
    return NULL;
}

TEST(a_body_without_thread_locals_may_change_threads_between_steps)
{
    cede_gen *g = makes_one(&(int){4});
    for (int i = 0; i < 2; i++) {
        (void)in_a_thread(steps_once, g);
        (void)steps_once(g);
    }
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

static int steps_to_the_end(cede_gen *self, void *arg)
{
    int x, rc;
    while ((rc = cede_next(arg, &x)) > 0)
        CEDE_TRY(cede_yield(self, &x));
    return rc;
}

TEST(a_nest_of_such_bodies_may_change_threads_between_steps)
{
    cede_gen *inner = makes_one(&(int){4});
    cede_gen *g = cede_gen_of(int, steps_to_the_end, inner);
    for (int i = 0; i < 2; i++) {
        (void)in_a_thread(steps_once, g);
        (void)steps_once(g);
    }
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_EQ(cede_gen_close(inner), 0);
}

static int delegates(cede_gen *self, void *inner)
{
    CEDE_TRY(cede_yield_from(self, inner));
    return cede_yield(self, &(int){7});
}

TEST(a_chain_of_such_bodies_may_change_threads_between_steps)
{
    cede_gen *inner = makes_one(&(int){2});
    cede_gen *middle = cede_gen_of(int, delegates, inner);
    cede_gen *g = cede_gen_of(int, delegates, middle);
    for (int i = 0; i < 2; i++) {
        (void)in_a_thread(steps_once, g);
        (void)steps_once(g);
    }
    errno = 17;
    CHECK_EQ(cede_next(g, NULL), 0);
    CHECK_EQ(errno, 17);
    CHECK_EQ(cede_gen_close(g), 0);
}

static void *stops_one(void *g)
{
    CHECK_EQ(cede_gen_stop(g), 0);
    return NULL;
}

static void *throws_at_one(void *g)
{
    CHECK_ERR(cede_throw(g, -EIO, NULL), -EIO);
    return NULL;
}

TEST(such_a_body_may_be_stopped_or_thrown_at_by_a_new_thread)
{
    cede_gen *a = makes_one(&(int){4}), *b = makes_one(&(int){4});
    (void)steps_once(a);
    (void)steps_once(b);
    (void)in_a_thread(stops_one, a);
    (void)in_a_thread(throws_at_one, b);
    CHECK_EQ(cede_gen_close(a), 0);
    CHECK_ERR(cede_gen_close(b), -EIO);
}

static cede_gen *left_over;

static int makes_and_steps(void *arg)
{
    left_over = makes_one(arg);
    return cede_next(left_over, NULL);
}

TEST(a_generator_outlives_the_run_that_made_it)
{
    int n = 3, x;
    CHECK_EQ(cede_run(makes_and_steps, &n), 1);
    CHECK_EQ(cede_next(left_over, &x), 1);
    CHECK_EQ(x, 1);
    CHECK_EQ(cede_gen_close(left_over), 0);
}

SUITE("gen_thread")
