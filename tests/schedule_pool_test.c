/* SPDX-License-Identifier: MIT
 *
 * schedule_pool_test.c - pools, in any order, cancelled at any moment, and
 * whatever allocation is refused.  The jobs run on real threads, so what the
 * seeds order is the tasks.
 */
#include "scenario.h"

static int adds_one(void *n)
{
    return ++*(int *)n;
}

/* The frame is not left while the call may write to it. */
static int offloads(void *n)
{
    int mine = *(int *)n;
    int rc = cede_offload(adds_one, &mine);
    ENSURE(rc == mine || (rc < 0 && mine == *(int *)n));
    return rc < 0 ? rc : 0;
}

SCENARIO(an_offloaded_call_is_made_or_not_and_never_left)
{
    (void)unused;
    int n[3] = {1, 2, 3};
    CEDE_GROUP(g);
    for (int i = 0; i < 3; i++)
        cede_go(&g, offloads, &n[i]);
    return cede_join(&g);
}

static void close_pool(void *p)
{
    int rc = cede_pool_close(*(cede_pool **)p);
    ENSURE(rc == 0 || rc == -ECANCELED || rc == -ENOMEM);
}

static void free_future(void *f)
{
    cede_future_free(*(cede_future **)f);
}

SCENARIO(a_pool_is_closed_whoever_waits)
{
    (void)unused;
    int n = 4;
    cede_pool *p = cede_threads(2);
    CEDE_DEFER(close_pool, &p);
    cede_future *f = cede_submit(p, adds_one, &n, sizeof n);
    CEDE_DEFER(free_future, &f);
    CEDE_TRY(cede_await(f));
    ENSURE(*(int *)cede_arg(f) == 5);
    return 0;
}

SCENARIO(who_awaits_a_pointer_job_never_leaves_it_running)
{
    (void)unused;
    int n = 4;
    cede_pool *p = cede_threads(1);
    CEDE_DEFER(close_pool, &p);
    cede_future *f = cede_submit(p, adds_one, &n, 0);
    CEDE_DEFER(free_future, &f);
    int rc = cede_await(f);
    ENSURE(rc == 5 || (rc < 0 && n == 4));
    return rc < 0 ? rc : 0;
}

SCENARIO(a_map_is_walked_or_ended)
{
    (void)unused;
    static const int items[] = {1, 2, 3, 4, 5};
    cede_pool *p = cede_threads(2);
    CEDE_DEFER(close_pool, &p);
    int next = 2;
    cede_iter *it = cede_iter_new(cede_array(items, 5, sizeof items[0]));
    cede_each (int, x, cede_map(p, adds_one, it, 2))
        ENSURE(x == next++);
    int rc = cede_each_error();
    ENSURE(rc < 0 || next == 7);
    return rc;
}

SUITE("schedule_pool")
