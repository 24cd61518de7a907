/* SPDX-License-Identifier: MIT
 *
 * million.c - many tasks alive: what they need, and a recursion of them.
 *
 * recurse_1m        each level starts a task for the next and awaits it,
 *                   1,000,000 levels deep; ns a level, there and back
 * recurse_1m_bytes  what a level needs at the deepest point
 * parked_1k, _100k, _1m  so many tasks asleep until they are cancelled: what
 *                   each of them needs
 *
 * Bytes are resident memory and page tables (memory.h).  The floor has its
 * own tasks in the same state; the reference touches as many stacks.
 */
#include "floor.h"
#include "memory.h"
#include "reference.h"

#include <cede.h>

enum { LEVELS = 1000000, BYTES_A_TASK = 4500, STACK_A_LEVEL = 4096 };

/* ---- the floor ------------------------------------------------------- */

static void floor_level(void *left)
{
    long below = *(long *)left - 1;
    if (below >= 0)
        floor_join(floor_spawn(floor_level, &below));
    else
        serve_hold();
}

static void recurse_by_floor(void *depth, long n)
{
    for (long done = 0; done < n; done += *(long *)depth)
        floor_level(depth);
}

static void floor_recurse(long n)
{
    recurse_by_floor(&n, n);
}

static void floor_wait(void *arg)
{
    (void)arg;
    floor_block();
}

static void floor_park(long n)
{
    for (long i = 0; i < n; i++)
        floor_spawn(floor_wait, NULL);
    floor_ready(floor_loop.current);
    floor_block();
    serve_hold();
}

static void reference_park(long n)
{
    bench_require(reference_touch(n) != NULL, "no memory for the reference");
    serve_hold();
}

/* ---- cede: a recursion ----------------------------------------------- */

/* The frames of a level stay on its own stack, whatever the depth. */
static int deepest(void)
{
    serve_hold();
    return cede_stack_used() <= 2 * STACK_A_LEVEL ? 0 : -EOVERFLOW;
}

struct level {
    cede_group *group;
    long left;
};

/* The number of levels below, or a failure. */
static int level(void *arg)
{
    const struct level *me = arg;
    if (me->left == 0)
        return deepest();
    struct level next = {me->group, me->left - 1};
    cede_future *f = cede_spawn(me->group, level, &next);
    int below = cede_await(f);
    cede_future_free(f);
    return below < 0 ? below : below + 1;
}

static void recurse_by_cede(void *depth, long n)
{
    CEDE_GROUP(levels);
    struct level first = {&levels, *(long *)depth};
    for (long done = 0; done < n; done += first.left)
        bench_require(level(&first) == first.left, "a level is missing");
    bench_require(cede_join(&levels) == 0, "a level failed");
}

static int recurse_main(void *n)
{
    recurse_by_cede(n, *(long *)n);
    return 0;
}

static void cede_recurse(long n)
{
    bench_require(cede_run(recurse_main, &n) == 0, "the run failed");
}

/* ---- cede: asleep ---------------------------------------------------- */

static int asleep(void *count)
{
    ++*(long *)count;
    return cede_sleep(CEDE_NEVER);
}

/* The first that does not fit has a failure of its own, which is expected. */
static int park_main(void *n)
{
    long wanted = *(long *)n, started = 0, sleeping = 0;
    CEDE_GROUP(tasks);
    while (started < wanted && cede_go(&tasks, asleep, &sleeping) == 0)
        started++;
    if (started < wanted) {
        serve_only(started);
        cede_group_cancel(&tasks);
        return cede_join(&tasks) == -ENOMEM ? 0 : CEDE_EPROTO;
    }
    CEDE_TRY(cede_sleep(0));
    bench_require(sleeping == wanted, "a task does not sleep");
    serve_hold();
    cede_group_cancel(&tasks);
    return cede_join(&tasks);
}

static void cede_park(long n)
{
    bench_require(cede_run(park_main, &n) == 0,
                  "parked tasks did not end well");
}

/* ---- as a process of its own ----------------------------------------- */

static const struct serve_figure by_cede[] = {
    {"recurse_1m_bytes", cede_recurse},
    {"parked_1k", cede_park},
    {"parked_100k", cede_park},
    {"parked_1m", cede_park},
    {NULL, NULL},
};
static const struct serve_figure by_floor[] = {
    {"recurse_1m_bytes", floor_recurse},
    {"parked_1k", floor_park},
    {"parked_100k", floor_park},
    {"parked_1m", floor_park},
    {NULL, NULL},
};
static const struct serve_figure by_reference[] = {
    {"recurse_1m_bytes", reference_park},
    {"parked_1k", reference_park},
    {"parked_100k", reference_park},
    {"parked_1m", reference_park},
    {NULL, NULL},
};

static int serve_subject(const char *subject)
{
    if (strcmp(subject, "cede") == 0)
        return serve(by_cede);
    if (strcmp(subject, "reference") == 0)
        return serve(by_reference);
    /* One is there to warm up. */
    floor_start(LEVELS + 2);
    return serve(by_floor);
}

/* ---- figures --------------------------------------------------------- */

static int recursion(void *depth)
{
    floor_start(LEVELS + 1);
    bench_figure(&(struct bench_figure){.name = "recurse_1m",
                                        .floor = recurse_by_floor,
                                        .subject = recurse_by_cede,
                                        .arg = depth,
                                        .step = LEVELS,
                                        .rounds = 15});
    return 0;
}

static void bytes(const char *name, long n, double at_most)
{
    if (bench_wanted(name) && bench_memory(name, BYTES_A_TASK * (double)n))
        memory_figure(&(struct memory_figure){name, n, at_most});
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--serve") == 0)
        return serve_subject(argv[2]);
    bench_start(argc, argv);
    bytes("parked_1k", 1000, 4400);
    bytes("parked_100k", 100000, 4400);
    bytes("parked_1m", 1000000, 4400);
    bytes("recurse_1m_bytes", LEVELS, 0);
    if (bench_wanted("recurse_1m") &&
        bench_memory("recurse_1m", 2.0 * BYTES_A_TASK * LEVELS))
        bench_require(cede_run(recursion, &(long){LEVELS}) == 0,
                      "the run failed");
    return bench_end();
}
