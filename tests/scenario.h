/* SPDX-License-Identifier: MIT
 *
 * scenario.h - a function as a main task whose promises hold in any order,
 * cancelled at any moment, and whatever allocation is refused.
 *
 *     SCENARIO(a_cancelled_getter_loses_nothing)
 *     {
 *         ... ENSURE(got + left == put); ...
 *         return rc;
 *     }
 *
 * is three tests.  It answers 0; or, without memory, -ENOMEM; or -ECANCELED,
 * if it was; and leaves nothing behind.  With CEDE_LONG in the environment it
 * is tried with more seeds.
 */
#ifndef CEDE_TESTS_SCENARIO_H
#define CEDE_TESTS_SCENARIO_H

#define CHECK_SECONDS_ 600

#include "check.h"
#include <cede/testing.h>

/* All of them where somebody has the time, a tenth of them on Valgrind; fewer
 * in a hurry. */
static inline size_t seeds(int in_a_hurry, int with_time)
{
    bool all = getenv("CEDE_LONG") && !ON_VALGRIND;
    return (size_t)(all ? with_time
                        : rounds(getenv("CEDE_LONG") ? with_time : in_a_hurry));
}

/* Promises are broken: the sweep's handler says in which round. */
#define ENSURE(fact)                                                           \
    do {                                                                       \
        if (!(fact)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #fact); \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* What nobody reads is of no interest here. */
static inline void scenario_hook_(void *ctx, const char *what, const char *task,
                                  int err, const char *message)
{
    (void)ctx, (void)what, (void)task, (void)err, (void)message;
}

__attribute__((constructor)) static inline void scenario_begin_(void)
{
    cede_set_failure_hook(scenario_hook_, NULL);
}

static inline void in_any_order_(const char *name, cede_fn *fn)
{
    cede_sweep s;
    CHECK_OK(cede_sweep_seeds_named_(name, seeds(200, 10000), fn, NULL, &s));
    printf("%s: %zu seeds, %zu different schedules\n", name, s.rounds,
           s.distinct);
    CHECK(s.distinct >= 1);
}

typedef int sweep_fn(const char *name, cede_fn *fn, void *arg, cede_sweep *out);

/* In the usual order, and in some others. */
static inline void in_some_orders_(sweep_fn *sweep, const char *name,
                                   cede_fn *fn)
{
    CHECK_OK(sweep(name, fn, NULL, NULL));
    size_t n = seeds(10, 100);
    for (size_t seed = 1; seed <= n; seed++) {
        char text[24];
        snprintf(text, sizeof text, "%zu", seed);
        setenv("CEDE_SEED", text, 1);
        CHECK_OK(sweep(name, fn, NULL, NULL));
    }
}

#define SCENARIO(name)                                                         \
    static int name(void *unused);                                             \
    TEST(name##_in_any_order)                                                  \
    {                                                                          \
        in_any_order_(CEDE_NAMED_(#name), name);                               \
    }                                                                          \
    TEST(name##_cancelled_at_any_moment)                                       \
    {                                                                          \
        in_some_orders_(cede_sweep_cancels_named_, CEDE_NAMED_(#name), name);  \
    }                                                                          \
    TEST(name##_whatever_allocation_is_refused)                                \
    {                                                                          \
        in_some_orders_(cede_sweep_allocations_named_, CEDE_NAMED_(#name),     \
                        name);                                                 \
    }                                                                          \
    static int name(void *unused __attribute__((unused)))

/* ---- what scenarios have in common ----------------------------------- */

static inline void free_queue(void *q)
{
    cede_queue_free(*(cede_queue **)q);
}

/* Freed at the end of the block, after the groups that follow are over. */
#define QUEUE(q, item_size, capacity)                                          \
    cede_queue *q = cede_queue_new(item_size, capacity);                       \
    CEDE_DEFER(free_queue, &(q))

#endif
