/* SPDX-License-Identifier: MIT
 *
 * callback_test.c - cede_on_done and cede_off_done on one thread; between
 * threads: callback_thread_test.c.
 */
#include "check.h"
#include "tasks.h"

static void notes_result(cede_future *f, void *ctx)
{
    note("%s%d ", (char *)ctx, cede_result(f));
}

static void notes_too(cede_future *f, void *ctx)
{
    (void)f;
    note("%s ", (char *)ctx);
}

/* ---- on a loop ------------------------------------------------------- */

TASK_TEST(callbacks_run_in_order_and_never_inside_of_what_resolves)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_EQ(cede_on_done(f, notes_result, "b"), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    note("resolved ");
    CHECK_EQ(cede_on_done(f, notes_result, "late"), 0);
    CHECK_NOTED("resolved ");
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("resolved a7 b7 late7 ");
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("resolved a7 b7 late7 ");
    cede_future_free(f);
}

static int awaits(void *f)
{
    int rc = cede_await(f);
    note("awaited%d ", rc);
    return 0;
}

TASK_TEST(callbacks_and_awaits_of_a_task_share_one_order)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns_later, &(int){7});
    CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_OK(cede_go(&g, awaits, f));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_on_done(f, notes_result, "b"), 0);
    CHECK_OK(cede_join(&g));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("a7 awaited7 b7 ");
}

TASK_TEST(the_same_pair_runs_as_often_as_it_was_registered)
{
    cede_future *f = cede_promise();
    for (int i = 0; i < 3; i++)
        CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_EQ(cede_resolve(f, 1), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("a1 a1 a1 ");
    cede_future_free(f);
}

TASK_TEST(null_and_no_function_are_refused)
{
    cede_future *f = cede_promise();
    CHECK_ERR(cede_on_done(NULL, notes_too, NULL), -ENOMEM);
    CHECK_ERR(cede_off_done(NULL, notes_too, NULL), -ENOMEM);
    CHECK_ERR(cede_on_done(f, NULL, NULL), -EINVAL);
    CHECK_EQ(cede_off_done(f, NULL, NULL), 0);
    cede_future_free(f);
}

static void waits(cede_future *f, void *ctx)
{
    (void)ctx;
    cede_future *other = cede_promise();
    note("%d ", cede_await(other) == -EPERM);
    CHECK(strstr(cede_message(), "outside a task"));
    note("%d ", cede_sleep(0) == -EPERM);
    note("%d ", cede_await(f));
    cede_future_free(other);
}

TASK_TEST(a_callback_cannot_wait_but_it_can_ask)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, waits, NULL), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("1 1 7 ");
    cede_future_free(f);
}

static int notes_text(void *text)
{
    note("%s ", (char *)text);
    return 0;
}

static void starts(cede_future *f, void *group)
{
    (void)f;
    CHECK_OK(cede_go(group, notes_text, group ? "child" : "background"));
}

TASK_TEST(a_callback_may_start_tasks)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, starts, &g), 0);
    CHECK_EQ(cede_on_done(f, starts, NULL), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_join(&g));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("child background ");
    cede_future_free(f);
}

static void registers_another(cede_future *f, void *ctx)
{
    note("first ");
    CHECK_EQ(cede_on_done(f, notes_too, ctx), 0);
    note("still first ");
}

TASK_TEST(a_callback_may_register_another)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, registers_another, "second"), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_sleep(0));
    CHECK_NOTED("first still first second ");
    cede_future_free(f);
}

TASK_TEST(the_future_is_valid_in_its_callbacks_even_if_it_was_given_back)
{
    CEDE_GROUP(g);
    cede_future *f[2] = {cede_promise(), cede_spawn(&g, returns, &(int){8})};
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            CHECK_EQ(cede_on_done(f[i], notes_result, "r"), 0);
    CHECK_EQ(cede_resolve(f[0], 7), 0);
    cede_future_free(f[0]);
    cede_future_free(f[1]);
    CHECK_OK(cede_join(&g));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("r7 r7 r8 r8 ");
}

TASK_TEST(callbacks_of_a_promise_never_kept_learn_that)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, notes_result, "r"), 0);
    cede_future_free(f);
    CHECK_OK(cede_sleep(0));
    char want[32];
    snprintf(want, sizeof want, "r%d ", CEDE_EBROKEN);
    CHECK_NOTED(want);
}

static void reads_nothing(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
}

TASK_TEST(who_is_told_has_read_the_failure)
{
    listen_to_hook();
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, reads_nothing, NULL), 0);
    CHECK_EQ(cede_resolve(f, -EIO), 0);
    cede_future_free(f);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(hooked.count, 0);
}

/* ---- taking back ----------------------------------------------------- */

TASK_TEST(what_is_taken_back_does_not_run)
{
    CEDE_GROUP(g);
    cede_future *f[2] = {cede_promise(),
                         cede_spawn(&g, returns_later, &(int){7})};
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(cede_on_done(f[i], notes_result, "a"), 0);
        CHECK_EQ(cede_on_done(f[i], notes_result, "b"), 0);
        CHECK_EQ(cede_on_done(f[i], notes_too, "a"), 0);
        CHECK_EQ(cede_on_done(f[i], notes_result, "a"), 0);
        CHECK_EQ(cede_off_done(f[i], notes_result, "a"), 2);
        CHECK_EQ(cede_off_done(f[i], notes_result, "a"), 0);
        CHECK_EQ(cede_off_done(f[i], notes_result, NULL), 0);
    }
    CHECK_EQ(cede_resolve(f[0], 7), 0);
    CHECK_OK(cede_join(&g));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("b7 a b7 a ");
    cede_future_free(f[0]);
}

TASK_TEST(once_it_is_done_nothing_can_be_taken_back)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_EQ(cede_off_done(f, notes_result, "a"), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("a7 ");
    cede_future_free(f);
}

static void takes_back(cede_future *f, void *ctx)
{
    (void)ctx;
    note("%d ", cede_off_done(f, notes_result, "a"));
}

TASK_TEST(a_callback_cannot_take_back_one_that_is_due_as_well)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, takes_back, NULL), 0);
    CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("0 a7 ");
    cede_future_free(f);
}

/* ---- without a loop -------------------------------------------------- */

TEST(without_a_loop_callbacks_run_as_soon_as_it_is_resolved)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_EQ(cede_on_done(f, notes_result, "b"), 0);
    CHECK_EQ(cede_on_done(f, notes_result, "c"), 0);
    CHECK_EQ(cede_off_done(f, notes_result, "b"), 1);
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_NOTED("a7 c7 ");
    CHECK_EQ(cede_on_done(f, notes_result, "late"), 0);
    CHECK_NOTED("a7 c7 late7 ");
    cede_future_free(f);
}

static void leaves_errno(cede_future *f, void *ctx)
{
    note("%d ", cede_result(f));
    errno = *(const int *)ctx;
}

TEST(errno_is_the_callers_whatever_a_callback_leaves_there)
{
    int theirs = EIO;
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, leaves_errno, &theirs), 0);
    errno = 4242;
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_EQ(errno, 4242);
    CHECK_EQ(cede_on_done(f, leaves_errno, &theirs), 0);
    CHECK_EQ(errno, 4242);
    CHECK_NOTED("7 7 ");
    cede_future_free(f);
}

static int is_called_back(void *theirs)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, leaves_errno, theirs), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_OK(cede_sleep(0));
    cede_future_free(f);
    return 0;
}

TEST(errno_is_that_of_who_runs_the_loop_whatever_a_callback_leaves_there)
{
    int theirs = EIO;
    errno = 4242;
    CHECK_EQ(cede_run(is_called_back, &theirs), 0);
    CHECK_EQ(errno, 4242);
    CHECK_NOTED("7 ");
}

static void gives_back(cede_future *f, void *ctx)
{
    note("%d ", cede_result(f));
    cede_future_free(f);
    note("%s ", (char *)ctx);
}

TEST(a_callback_may_give_its_future_back)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_EQ(cede_on_done(f, gives_back, "gone"), 0);
    CHECK_EQ(cede_on_done(f, notes_result, "b"), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_NOTED("a7 7 gone b7 ");
}

static int resolves(void *f)
{
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_NOTED("");
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("a7 ");
    return 0;
}

TEST(a_callback_of_no_loop_runs_on_the_loop_of_who_resolves)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_EQ(cede_run(resolves, f), 0);
    cede_future_free(f);
}

static void resolves_another(cede_future *f, void *another)
{
    (void)f;
    CHECK_EQ(cede_resolve(another, 7), 0);
    CHECK_NOTED("");
}

static int has_a_callback_resolve(void *f)
{
    cede_future *mine = cede_promise();
    CHECK_EQ(cede_on_done(mine, resolves_another, f), 0);
    CHECK_EQ(cede_resolve(mine, 0), 0);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("a7 ");
    cede_future_free(mine);
    return 0;
}

TEST(a_callback_of_no_loop_does_not_run_inside_of_a_loops_that_resolves)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_EQ(cede_run(has_a_callback_resolve, f), 0);
    cede_future_free(f);
}

/* ---- chains ---------------------------------------------------------- */

static char *lowest;

static void resolves_next(cede_future *f, void *next)
{
    char here;
    if (!lowest || &here < lowest)
        lowest = &here;
    CHECK_EQ(cede_resolve(next, cede_result(f) + 1), 0);
    cede_future_free(f);
}

static void resolves_a_chain(int n)
{
    char here;
    cede_future *first = cede_promise(), *last = first;
    lowest = NULL;
    for (int i = 0; i < n; i++) {
        cede_future *next = cede_promise();
        CHECK_EQ(cede_on_done(last, resolves_next, next), 0);
        last = next;
    }
    CHECK_EQ(cede_resolve(first, 0), 0);
    while (!cede_done(last))
        CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_result(last), n);
    if (!cede_task_name()[0])
        CHECK(&here - lowest < 16384 || SANITIZED);
    cede_future_free(last);
}

TEST(a_million_callbacks_that_resolve_the_next_need_no_stack)
{
    resolves_a_chain(rounds(1000000));
}

TASK_TEST(a_million_callbacks_of_a_loop_that_resolve_the_next_need_no_stack)
{
    resolves_a_chain(rounds(1000000));
}

/* ---- the end of a run ------------------------------------------------ */

static void starts_too_late(cede_future *f, void *ctx)
{
    (void)f;
    note("%s%d ", (char *)ctx,
         cede_go(NULL, notes_text, "never") == CEDE_ECLOSED);
    CHECK(cede_spawn(NULL, notes_text, "never") == NULL);
    CHECK_STR_EQ(cede_message(), "the run is over");
}

static void registers_too_late(cede_future *f, void *ctx)
{
    note("%s ", (char *)ctx);
    CHECK_ERR(cede_on_done(f, registers_too_late, ctx), CEDE_ECLOSED);
}

static int resolves_last(void *f)
{
    CHECK_EQ(cede_on_done(f, starts_too_late, "a"), 0);
    CHECK_EQ(cede_on_done(f, registers_too_late, "b"), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    return cede_fail(-EIO, "main's text");
}

TEST(callbacks_of_what_ends_last_run_before_the_run_is_over)
{
    listen_to_hook();
    cede_future *f = cede_promise();
    CHECK_ERR(cede_run(resolves_last, f), -EIO);
    CHECK_STR_EQ(cede_message(), "main's text");
    CHECK_NOTED("a1 b ");
    cede_future_free(f);
    CHECK_EQ(hooked.count, 0);
}

static int watches_what_outlives_it(void *f)
{
    return cede_on_done(f, notes_result, "dropped");
}

TEST(a_loop_that_ends_first_drops_its_callbacks)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_run(watches_what_outlives_it, f), 0);
    CHECK_EQ(cede_on_done(f, notes_result, "a"), 0);
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_NOTED("a7 ");
    cede_future_free(f);
}

TEST(a_dropped_callback_has_read_nothing)
{
    listen_to_hook();
    cede_future *f = cede_promise();
    CHECK_EQ(cede_run(watches_what_outlives_it, f), 0);
    CHECK_EQ(cede_resolve(f, -EIO), 0);
    cede_future_free(f);
    CHECK_EQ(hooked.count, 1);
}

static int main_is_watched(void *arg)
{
    cede_future *f = cede_spawn(NULL, returns, arg);
    CHECK_EQ(cede_on_done(f, notes_result, "r"), 0);
    cede_future_free(f);
    return 0;
}

TEST(what_the_end_of_the_run_ends_calls_back)
{
    CHECK_EQ(cede_run(main_is_watched, &(int){7}), 0);
    CHECK_NOTED("r7 ");
}

SUITE("callback")
