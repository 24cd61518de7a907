/* SPDX-License-Identifier: MIT
 *
 * alloc_test.c - what happens when memory runs out, see alloc.h: generators,
 * context managers, iterators, tasks.  Futures: alloc_future_test.c.
 */
#include "alloc.h"

#ifndef CAN_REFUSE
int main(void)
{
    puts("alloc: skipped: the allocator is not glibc's own");
    return 77;
}
#else

/* ---- programs -------------------------------------------------------- */

static void add_one(void *n)
{
    ++*(int *)n;
}

static int counts(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_gen_defer(self, add_one, arg));
    for (int i = 0; i < 3; i++)
        CEDE_TRY(cede_yield(self, &i));
    return cede_fail(-EIO, "a message of %d numbers", 3);
}

static int generators(void)
{
    int ended = 0, x, rc;
    cede_gen *g = cede_gen_of(int, counts, &ended);
    while ((rc = cede_next(g, &x)) > 0)
        continue;
    CHECK_ENOMEM_OR(rc, -EIO);
    CHECK_ENOMEM_OR(cede_gen_close(g), -EIO);
    g = cede_gen_primed(counts, &ended, sizeof(int), sizeof(int));
    rc = cede_send(g, &x, &x);
    CHECK_ENOMEM_OR(rc, 1);
    CHECK_ENOMEM_OR(cede_gen_close(g), 0);
    return 0;
}

static int enter_counts(void *open)
{
    return ++*(int *)open;
}

static int exit_counts(void *open, int rc)
{
    --*(int *)open;
    return rc;
}

static const cede_manager counting = {enter_counts, exit_counts};
static int yields_once(cede_gen *self, void *open)
{
    ++*(int *)open;
    return exit_counts(open, cede_yield(self, open));
}

static int fills_exits(int *rc, int *open)
{
    CEDE_EXITS(x, *rc);
    CEDE_TRY(*rc = cede_exits_enter(&x, &counting, open));
    CEDE_TRY(*rc = cede_exits_with(&x, cede_gen_of(int, yields_once, open),
                                   NULL));
    CEDE_TRY(*rc = cede_exits_push(&x, exit_counts, open));
    ++*open;
    return *rc = cede_fail(-EIO, "a message");
}

static int contexts(void)
{
    int rc, open = 0;
    cede_with (rc, int, x, cede_gen_of(int, yields_once, &open))
        rc = cede_fail(-EIO, "a message %d", x);
    CHECK_ENOMEM_OR(rc, -EIO);
    (void)fills_exits(&rc, &open);
    CHECK_ENOMEM_OR(rc, -EIO);
    cede_fopening f = {.path = "/dev/null", .mode = "w"};
    cede_using (rc, &cede_manager_fopen, &f)
        rc = -EIO;
    CHECK_ENOMEM_OR(rc, -EIO);
    CHECK_EQ(open, 0);
    return 0;
}

static int doubles(void *ctx, const void *in, void *out)
{
    (void)ctx;
    *(int *)out = *(const int *)in * 2;
    return 1;
}

static int iterators(void)
{
    int ended = 0, items[] = {7, 8, 9}, sum = 0;
    cede_iter *a = cede_iter_gen(cede_gen_of(int, counts, &ended));
    cede_iter *b = cede_iter_new(cede_array(items, 3, sizeof *items));
    cede_iter *it = cede_iter_chain(cede_iter_take(a, 2), b);
    it = cede_iter_map(it, doubles, NULL, sizeof(int));
    cede_each (int, x, it)
        sum += x;
    int rc = cede_each_error();
    CHECK_ENOMEM_OR(rc, 0);
    if (rc == 0)
        CHECK_EQ(sum, 50);
    FILE *none = NULL;
    CHECK_ENOMEM_OR(cede_iter_close(cede_iter_lines(none)), 0);
    return 0;
}

static int delegates(cede_gen *self, void *arg)
{
    int items[] = {7, 8};
    cede_gen *inner = cede_gen_of(int, counts, arg);
    CEDE_TRY(cede_yield_iter(self, cede_iter_take(cede_iter_gen(inner), 2)));
    CEDE_TRY(cede_yield_iter(
        self, cede_iter_new(cede_array(items, 2, sizeof *items))));
    return cede_yield_iter(self, cede_iter_gen(cede_gen_of(int, counts, arg)));
}

static int delegates_to_that(cede_gen *self, void *arg)
{
    return cede_yield_from(self, cede_gen_of(int, delegates, arg));
}

static int delegations(void)
{
    int ended = 0, x, rc;
    cede_gen *g = cede_gen_of(int, delegates_to_that, &ended);
    while ((rc = cede_next(g, &x)) > 0)
        continue;
    CHECK_ENOMEM_OR(rc, -EIO);
    CHECK_ENOMEM_OR(cede_gen_close(g), -EIO);
    for (int stop_at = 1; stop_at <= 6; stop_at++) {
        g = cede_gen_of(int, delegates_to_that, &ended);
        for (int i = 0; i < stop_at; i++)
            CHECK_ENOMEM_OR(cede_next(g, &x) > 0 ? 0 : -ENOMEM, 0);
        CHECK_ENOMEM_OR(cede_gen_close(g), 0);
    }
    return 0;
}

static int puts_many(void *q)
{
    for (int i = 0; i < 200; i++)
        CEDE_TRY(cede_put(q, &i));
    cede_queue_close(q);
    return 0;
}

static int gets_all(void *arg)
{
    cede_queue *q = *(cede_queue **)arg;
    int x, rc;
    while ((rc = cede_get(q, &x)) > 0)
        continue;
    return rc;
}

static int fails_with_text(void *arg)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    CEDE_TRY(cede_leave(&s, cede_sleep(0)));
    return cede_fail(-EIO, "text %s", (char *)arg);
}

static int a_group_that_fails(void)
{
    CEDE_GROUP(g);
    (void)cede_go(&g, fails_with_text, "a");
    cede_future *f = cede_spawn(&g, fails_with_text, "b");
    (void)cede_await(f);
    CHECK_ENOMEM_OR(cede_join(&g), -EIO);
    return 0;
}

static int is_ready(void *arg)
{
    CEDE_TRY(cede_sleep(0));
    return cede_started(*(int *)arg);
}

static int starts_of_each_kind(void)
{
    int three = 3;
    CEDE_GROUP(g);
    CHECK_ENOMEM_OR(cede_start(&g, is_ready, &three), 3);
    CHECK_ENOMEM_OR(cede_start(&g, fails_with_text, "c"), -EIO);
    return cede_join(&g);
}

static void free_queue(void *q)
{
    cede_queue_free(q);
}

/* Its own from here on, or what it was. */
static int sets_a_local(void *arg)
{
    static cede_local local = CEDE_LOCAL("local", NULL);
    void *before = cede_local_get(&local);
    int rc = cede_local_set(&local, arg);
    CHECK(cede_local_get(&local) == (rc < 0 ? before : arg));
    return rc;
}

static void told(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
}

static int locals(void *arg)
{
    CEDE_GROUP(g);
    CEDE_TRY(sets_a_local(arg));
    cede_future *p = cede_promise();
    int rc = cede_on_done(p, told, NULL);
    cede_future_free(p);
    CEDE_TRY(rc);
    CEDE_TRY(cede_go(&g, sets_a_local, &g));
    return cede_join(&g);
}

static int amain(void *arg)
{
    cede_queue *q = cede_queue_new(sizeof(int), SIZE_MAX);
    CEDE_DEFER(free_queue, q);
    {
        CEDE_GROUP(g);
        (void)cede_go(&g, puts_many, q);
        (void)cede_go_copy(&g, gets_all, &q, sizeof q);
        (void)cede_go(&g, gets_all, &q);
        CEDE_TRY(cede_join(&g));
    }
    CEDE_TRY(a_group_that_fails());
    CEDE_TRY(locals(arg));
    CEDE_TRY(starts_of_each_kind());
    CEDE_TRY(cede_gather(CEDE_CALLS({gets_all, &q}, {gets_all, &q}), arg));
    return cede_within(CEDE_SEC, gets_all, &q);
}

static int tasks(void)
{
    cede_options o = {.poller = "virtual"};
    int results[2];
    CHECK_ENOMEM_OR(sets_a_local(results), 0);
    CHECK_ENOMEM_OR(cede_run_with(&o, amain, results), 0);
    return 0;
}

/* ---- running them ------------------------------------------------------ */

TEST(generators_survive_any_allocation_that_fails)
{
    sweep(generators, false, false);
}

TEST(generators_survive_memory_that_runs_out)
{
    sweep(generators, true, false);
}

TEST(contexts_survive_any_allocation_that_fails_once_or_from_then_on)
{
    sweep(contexts, false, false);
    sweep(contexts, true, false);
}

TEST(iterators_survive_any_allocation_that_fails)
{
    sweep(iterators, false, false);
}

TEST(iterators_survive_memory_that_runs_out)
{
    sweep(iterators, true, false);
}

TEST(delegations_survive_any_allocation_that_fails)
{
    sweep(delegations, false, false);
}

TEST(delegations_survive_memory_that_runs_out)
{
    sweep(delegations, true, false);
}

TEST(tasks_survive_any_allocation_that_fails)
{
    sweep(tasks, false, false);
}

TEST(tasks_survive_memory_that_runs_out)
{
    sweep(tasks, true, false);
}

TEST(errno_is_kept_whatever_allocation_fails)
{
    sweep(generators, false, true);
    sweep(contexts, false, true);
    sweep(iterators, false, true);
    sweep(delegations, false, true);
    sweep(tasks, false, true);
}

static int exchanges(cede_gen *self, void *arg)
{
    for (int x = 0;;)
        CEDE_TRY(cede_exchange(self, arg, &x));
}

static void check_steps_allocate_nothing(cede_gen *g)
{
    int x;
    CHECK_EQ(cede_next(g, &x), 1);
    countdown = 1;
    armed = true;
    for (int i = 0; i < 100; i++) {
        CHECK_EQ(cede_next(g, &x), 1);
        CHECK_EQ(cede_send(g, &i, &x), 1);
    }
    armed = false;
    CHECK(!reached);
    CHECK_EQ(cede_gen_close(g), 0);
}

TEST(a_step_allocates_nothing)
{
    check_steps_allocate_nothing(
        cede_gen_new(exchanges, &(int){7}, sizeof(int), sizeof(int)));
}

static int delegates_to_exchanges(cede_gen *self, void *arg)
{
    return cede_yield_from(
        self, cede_gen_new(exchanges, arg, sizeof(int), sizeof(int)));
}

TEST(a_step_through_a_delegation_allocates_nothing)
{
    check_steps_allocate_nothing(cede_gen_new(delegates_to_exchanges, &(int){7},
                                              sizeof(int), sizeof(int)));
}

SUITE_OF_ALLOCATIONS("alloc")

#endif
