/* SPDX-License-Identifier: MIT
 *
 * as_completed_test.c - several futures, one after the other as they are done.
 */
#include "check.h"
#include "tasks.h"

static void free_all(cede_future **fs, int n)
{
    for (int i = 0; i < n; i++)
        cede_future_free(fs[i]);
}

static void note_results(cede_future **fs, size_t n)
{
    cede_each (cede_future *, f, cede_as_completed(fs, n))
        note("%d ", cede_result(f));
    CHECK_EQ(cede_each_error(), 0);
}

VIRTUAL_TEST(they_come_in_the_order_in_which_they_are_done)
{
    cede_future *fs[] = {cede_after(3 * CEDE_SEC, 3), cede_after(CEDE_SEC, 1),
                         cede_after(2 * CEDE_SEC, 2), cede_promise()};
    CHECK_EQ(cede_resolve(fs[3], 0), 0);
    cede_time start = cede_now();
    note_results(fs, 4);
    CHECK_NOTED("0 1 2 3 ");
    CHECK_EQ(cede_now() - start, 3 * CEDE_SEC);
    note_results(fs, 4);
    CHECK_NOTED("0 1 2 3 3 1 2 0 ");
    free_all(fs, 4);
}

VIRTUAL_TEST(what_is_done_between_two_steps_is_not_lost)
{
    cede_future *fs[] = {cede_after(3 * CEDE_SEC, 3), cede_after(CEDE_SEC, 1),
                         cede_after(2 * CEDE_SEC, 2)};
    cede_each (cede_future *, f, cede_as_completed(fs, 3)) {
        note("%d ", cede_result(f));
        CHECK_OK(cede_sleep(10 * CEDE_SEC));
    }
    CHECK_EQ(cede_each_error(), 0);
    CHECK_NOTED("1 2 3 ");
    free_all(fs, 3);
}

VIRTUAL_TEST(tasks_and_promises_mix_and_duplicates_come_twice)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns_later, &(int){7});
    cede_future *fs[] = {f, f, cede_after(2 * CEDE_MS, 8)};
    note_results(fs, 3);
    CHECK_NOTED("7 7 8 ");
    CHECK_OK(cede_join(&g));
    cede_future_free(fs[2]);
}

TASK_TEST(none_is_over_at_once_and_null_comes_first)
{
    note_results(NULL, 0);
    CHECK_NOTED("");
    cede_future *fs[] = {cede_after(CEDE_MS, 7), NULL};
    cede_gen *g = cede_as_completed(fs, 2);
    cede_future *f = fs[0];
    CHECK_EQ(cede_next(g, &f), 1);
    CHECK(f == NULL);
    CHECK_EQ(cede_next(g, &f), 1);
    CHECK(f == fs[0]);
    CHECK_EQ(cede_next(g, &f), 0);
    CHECK_OK(cede_gen_close(g));
    cede_future_free(fs[0]);
}

VIRTUAL_TEST(the_array_is_copied)
{
    cede_future *fs[] = {cede_after(CEDE_SEC, 1)}, *first = fs[0], *f;
    cede_gen *g = cede_as_completed(fs, 1);
    fs[0] = NULL;
    CHECK_EQ(cede_next(g, &f), 1);
    CHECK(f == first);
    CHECK_OK(cede_gen_close(g));
    cede_future_free(first);
}

VIRTUAL_TEST(it_may_be_closed_at_any_time)
{
    cede_future *fs[] = {cede_after(CEDE_SEC, 1), cede_promise()}, *f;
    for (int steps = 0; steps < 2; steps++) {
        cede_gen *g = cede_as_completed(fs, 2);
        for (int i = 0; i < steps; i++)
            CHECK_EQ(cede_next(g, &f), 1);
        CHECK_OK(cede_gen_close(g));
    }
    CHECK_EQ(cede_resolve(fs[1], 7), 0);
    free_all(fs, 2);
}

VIRTUAL_TEST(closed_before_its_first_step_it_touches_no_future)
{
    cede_future *fs[] = {cede_promise()};
    cede_gen *g = cede_as_completed(fs, 1);
    cede_future_free(fs[0]);
    CHECK_OK(cede_gen_close(g));
}

VIRTUAL_TEST(a_cancelled_step_ends_it)
{
    cede_future *fs[] = {cede_promise()}, *f;
    cede_gen *g = cede_as_completed(fs, 1);
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    CHECK_ERR(cede_leave(&s, cede_next(g, &f)), -ETIMEDOUT);
    CHECK_EQ(cede_next(g, &f), 0);
    CHECK_EQ(cede_resolve(fs[0], 7), 0);
    CHECK_ERR(cede_gen_close(g), -ECANCELED);
    cede_future_free(fs[0]);
}

VIRTUAL_TEST(a_time_out_over_all_ends_the_loop)
{
    cede_future *fs[] = {cede_after(CEDE_SEC, 1), cede_promise()};
    CEDE_SCOPE(s, cede_in(5 * CEDE_SEC));
    cede_each (cede_future *, f, cede_as_completed(fs, 2))
        note("%d ", cede_result(f));
    CHECK_ERR(cede_leave(&s, cede_each_error()), -ETIMEDOUT);
    CHECK_NOTED("1 ");
    free_all(fs, 2);
}

static void steps_in_callback(cede_future *f, void *unused)
{
    (void)unused;
    cede_future *next;
    cede_gen *g = cede_as_completed(&f, 1);
    CHECK_ERR(cede_next(g, &next), -EPERM);
    CHECK_ERR(cede_gen_close(g), -EPERM);
    note("refused");
}

TASK_TEST(on_a_loops_thread_outside_of_tasks_its_steps_fail)
{
    cede_future *f = cede_promise();
    CHECK_OK(cede_on_done(f, steps_in_callback, NULL));
    CHECK_OK(cede_resolve(f, 7));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("refused");
    cede_future_free(f);
}

/* ---- outliving what it is made of ------------------------------------ */

static cede_gen *left;
static cede_future *kept[2];

static int leaves_it_open(void *arg)
{
    cede_future *f;
    (void)arg;
    left = cede_as_completed(kept, 2);
    CHECK_EQ(cede_next(left, &f), 1);
    CHECK(f == kept[0]);
    return 0;
}

TEST(it_may_be_closed_when_its_run_is_over)
{
    for (int resolve_first = 0; resolve_first < 2; resolve_first++) {
        kept[0] = cede_promise();
        kept[1] = cede_promise();
        CHECK_EQ(cede_resolve(kept[0], 7), 0);
        CHECK_EQ(cede_run(leaves_it_open, NULL), 0);
        if (resolve_first) {
            CHECK_EQ(cede_resolve(kept[1], 7), 0);
            cede_future_free(kept[1]);
        }
        CHECK_OK(cede_gen_close(left));
        if (!resolve_first)
            cede_future_free(kept[1]);
        cede_future_free(kept[0]);
    }
}

static cede_gen *begun;
static cede_future *two[2];

static int begins(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++)
        two[i] = cede_promise();
    CHECK_EQ(cede_resolve(two[0], 0), 0);
    begun = cede_as_completed(two, 2);
    CHECK_EQ(cede_next(begun, NULL), 1);
    return 0;
}

static int goes_on(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_resolve(two[1], 0), 0);
    CHECK_ERR(cede_next(begun, NULL), -EPERM);
    CHECK(strstr(cede_message(), "in another run"));
    return 0;
}

TEST(another_run_cannot_go_on_with_it)
{
    CHECK_EQ(cede_run(begins, NULL), 0);
    CHECK_EQ(cede_run(goes_on, NULL), 0);
    CHECK_ERR(cede_gen_close(begun), -EPERM);
    free_all(two, 2);
}

static int steps(void *g)
{
    cede_future *f;
    int rc = cede_next(g, &f);
    return rc == 1 ? cede_result(f) : rc;
}

VIRTUAL_TEST(several_tasks_may_step_it_in_turn)
{
    cede_future *fs[] = {cede_after(CEDE_SEC, 1), cede_after(2 * CEDE_SEC, 2)};
    cede_gen *gen = cede_as_completed(fs, 2);
    CEDE_GROUP(g);
    CHECK_EQ(cede_await(cede_spawn(&g, steps, gen)), 1);
    CHECK_EQ(cede_await(cede_spawn(&g, steps, gen)), 2);
    CHECK_EQ(cede_await(cede_spawn(&g, steps, gen)), 0);
    CHECK_OK(cede_join(&g));
    CHECK_OK(cede_gen_close(gen));
    free_all(fs, 2);
}

SUITE("as_completed")
