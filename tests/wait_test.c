/* SPDX-License-Identifier: MIT
 *
 * wait_test.c - cede_wait in its three modes, on one thread.
 */
#include "check.h"
#include "tasks.h"

struct job {
    cede_time delay;
    int rc;
};

static int works(void *arg)
{
    const struct job *j = arg;
    CEDE_TRY(cede_sleep(j->delay));
    return j->rc;
}

static struct job quick = {CEDE_SEC, 1}, slow = {3 * CEDE_SEC, 2},
                  broken = {2 * CEDE_SEC, -EIO};

/* ---- modes ----------------------------------------------------------- */

VIRTUAL_TEST(the_first_that_is_done_is_enough)
{
    CEDE_GROUP(g);
    cede_future *fs[] = {cede_spawn(&g, works, &slow),
                         cede_spawn(&g, works, &quick)};
    cede_time start = cede_now();
    CHECK_EQ(cede_wait(fs, 2, CEDE_FIRST), 1);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
    CHECK(cede_done(fs[1]) && !cede_done(fs[0]));
    CHECK_OK(cede_join(&g));
}

static int waits_for_all(void *arg)
{
    return cede_wait(arg, 3, CEDE_ALL);
}

VIRTUAL_TEST(all_are_waited_for_whatever_they_answer)
{
    listen_to_hook();
    cede_future *fs[] = {cede_spawn(NULL, works, &slow),
                         cede_spawn(NULL, works, &broken),
                         cede_spawn(NULL, works, &quick)};
    cede_time start = cede_now();
    CHECK_EQ(waits_for_all(fs), 3);
    CHECK_EQ(cede_now() - start, 3 * CEDE_SEC);
    CHECK_EQ(waits_for_all(fs), 3);
    for (int i = 0; i < 3; i++)
        cede_future_free(fs[i]);
    CHECK_EQ(hooked.count, 1); /* it reads no result */
}

VIRTUAL_TEST(the_first_failure_is_enough_if_there_is_one)
{
    cede_future *fs[] = {cede_spawn(NULL, works, &slow),
                         cede_spawn(NULL, works, &broken),
                         cede_spawn(NULL, works, &quick)};
    cede_time start = cede_now();
    CHECK_EQ(cede_wait(fs, 3, CEDE_FIRST_ERROR), 2);
    CHECK_EQ(cede_now() - start, 2 * CEDE_SEC);
    CHECK_ERR(cede_await(fs[1]), -EIO);
    CHECK_EQ(cede_wait(fs, 3, CEDE_FIRST_ERROR), 2);
    cede_future *good[] = {fs[0], fs[2]};
    CHECK_EQ(cede_wait(good, 2, CEDE_FIRST_ERROR), 2);
    CHECK_EQ(cede_now() - start, 3 * CEDE_SEC);
    for (int i = 0; i < 3; i++)
        cede_future_free(fs[i]);
}

VIRTUAL_TEST(being_cancelled_is_no_failure)
{
    cede_future *fs[] = {cede_promise(), cede_promise(),
                         cede_after(CEDE_SEC, 7)};
    cede_time start = cede_now();
    CHECK_EQ(cede_cancel(fs[0]), 0);
    cede_future *cancelled = cede_after(CEDE_MS, -ECANCELED);
    cede_future *more[] = {fs[0], cancelled, fs[2]};
    CHECK_EQ(cede_wait(more, 3, CEDE_FIRST_ERROR), 3);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
    cede_future_free(cancelled);
    for (int i = 0; i < 3; i++)
        cede_future_free(fs[i]);
}

VIRTUAL_TEST(what_is_done_meanwhile_counts)
{
    cede_future *fs[] = {cede_after(CEDE_SEC, 1), cede_after(CEDE_SEC, 2),
                         cede_after(CEDE_SEC + 1, 3)};
    CHECK_EQ(cede_wait(fs, 3, CEDE_FIRST), 2);
    CHECK_EQ(cede_wait(fs, 3, CEDE_FIRST), 2);
    CHECK_EQ(cede_wait(fs, 3, CEDE_ALL), 3);
    CHECK_EQ(cede_wait(fs, 3, CEDE_FIRST), 3);
    for (int i = 0; i < 3; i++)
        cede_future_free(fs[i]);
}

/* ---- what is given --------------------------------------------------- */

TASK_TEST(one_given_twice_counts_twice)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns_later, &(int){7});
    cede_future *fs[] = {f, f};
    CHECK_EQ(cede_wait(fs, 2, CEDE_FIRST), 2);
    CHECK_EQ(cede_wait(fs, 2, CEDE_ALL), 2);
    CHECK_OK(cede_join(&g));
}

VIRTUAL_TEST(null_counts_as_done_and_failed)
{
    cede_future *fs[] = {cede_after(CEDE_SEC, 7), NULL};
    cede_time start = cede_now();
    CHECK_EQ(cede_wait(fs, 2, CEDE_FIRST), 1);
    CHECK_EQ(cede_wait(fs, 2, CEDE_FIRST_ERROR), 1);
    CHECK_EQ(cede_now() - start, 0);
    CHECK_EQ(cede_wait(fs, 2, CEDE_ALL), 2);
    CHECK_EQ(cede_now() - start, CEDE_SEC);
    cede_future_free(fs[0]);
}

TASK_TEST(nothing_or_too_much_to_wait_for_is_refused)
{
    cede_future *fs[] = {NULL};
    CHECK_ERR(cede_wait(fs, 0, CEDE_ALL), -EINVAL);
    CHECK_ERR(cede_wait(NULL, 0, CEDE_FIRST), -EINVAL);
    CHECK_ERR(cede_wait(fs, (size_t)INT32_MAX + 1, CEDE_FIRST), -EINVAL);
}

static void waits_in_callback(cede_future *f, void *unused)
{
    (void)unused;
    CHECK_ERR(cede_wait(&f, 1, CEDE_FIRST), -EPERM);
    CHECK_ERR(cede_gather_futures(&f, 1), -EPERM);
    CHECK_ERR(cede_await_within(CEDE_SEC, f), -EPERM);
    note("refused");
}

TASK_TEST(on_a_loops_thread_outside_of_tasks_there_is_no_waiting)
{
    cede_future *f = cede_promise();
    CHECK_OK(cede_on_done(f, waits_in_callback, NULL));
    CHECK_OK(cede_resolve(f, 7));
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("refused");
    cede_future_free(f);
}

/* ---- cancelled ------------------------------------------------------- */

VIRTUAL_TEST(a_cancelled_wait_leaves_all_alone_and_no_watch_behind)
{
    cede_future *fs[] = {cede_promise(), cede_after(CEDE_SEC * 100000, 7)};
    for (int i = 0; i < 1000; i++) {
        cede_scope s;
        cede_enter(&s, cede_in(CEDE_SEC));
        CHECK_ERR(cede_leave(&s, cede_wait(fs, 2, CEDE_FIRST)), -ETIMEDOUT);
    }
    CHECK(!cede_done(fs[0]) && !cede_done(fs[1]));
    cede_future_free(fs[0]);
    cede_future_free(fs[1]);
}

TASK_TEST(a_wait_in_a_cancelled_scope_is_cancelled_even_if_all_are_done)
{
    cede_future *fs[] = {NULL};
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_wait(fs, 1, CEDE_FIRST), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 0), 0);
}

struct pair {
    cede_future *fs[2], *waiter;
};

static int waits_for_first(void *arg)
{
    return cede_wait(((struct pair *)arg)->fs, 2, CEDE_FIRST);
}

static int waits_for_both(void *arg)
{
    return cede_wait(((struct pair *)arg)->fs, 2, CEDE_ALL);
}

TASK_TEST(what_was_granted_is_not_cancelled_in_the_same_turn)
{
    struct pair p = {{cede_promise(), cede_promise()}, NULL};
    CEDE_GROUP(g);
    p.waiter = cede_spawn(&g, waits_for_first, &p);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_resolve(p.fs[1], 7), 0);
    CHECK_EQ(cede_cancel(p.waiter), 0);
    CHECK_EQ(cede_await(p.waiter), 1);
    CHECK_OK(cede_join(&g));
    cede_future_free(p.fs[0]);
    cede_future_free(p.fs[1]);
}

TASK_TEST(what_was_cancelled_is_not_granted_in_the_same_turn)
{
    struct pair p = {{cede_promise(), cede_promise()}, NULL};
    CEDE_GROUP(g);
    p.waiter = cede_spawn(&g, waits_for_first, &p);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_cancel(p.waiter), 0);
    CHECK_EQ(cede_resolve(p.fs[0], 7), 0);
    CHECK_EQ(cede_resolve(p.fs[1], 7), 0);
    CHECK_ERR(cede_await(p.waiter), -ECANCELED);
    CHECK_OK(cede_join(&g));
    cede_future_free(p.fs[0]);
    cede_future_free(p.fs[1]);
}

TASK_TEST(a_cancel_before_all_are_done_stays_one)
{
    struct pair p = {{cede_promise(), cede_promise()}, NULL};
    CEDE_GROUP(g);
    p.waiter = cede_spawn(&g, waits_for_both, &p);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_resolve(p.fs[0], 7), 0);
    CHECK_EQ(cede_cancel(p.waiter), 0);
    CHECK_ERR(cede_await(p.waiter), -ECANCELED);
    CHECK_OK(cede_join(&g));
    cede_future_free(p.fs[0]);
    cede_future_free(p.fs[1]);
}

VIRTUAL_TEST(a_deadline_of_the_same_time_does_not_take_a_completion)
{
    cede_future *fs[] = {cede_after(CEDE_SEC, 7), NULL};
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    CHECK_EQ(cede_leave(&s, cede_wait(fs, 1, CEDE_ALL)), 1);
    CHECK(cede_scope_expired(&s));
    cede_future_free(fs[0]);
}

/* ---- given back meanwhile -------------------------------------------- */

TASK_TEST(one_that_is_given_back_unresolved_counts_as_done)
{
    struct pair p = {{cede_promise(), cede_promise()}, NULL};
    CEDE_GROUP(g);
    p.waiter = cede_spawn(&g, waits_for_both, &p);
    CHECK_OK(cede_sleep(0));
    cede_future_free(p.fs[0]);
    CHECK_EQ(cede_resolve(p.fs[1], 7), 0);
    cede_future_free(p.fs[1]);
    CHECK_EQ(cede_await(p.waiter), 2);
    CHECK_OK(cede_join(&g));
}

static cede_future *myself;

static int waits_for_itself(void *arg)
{
    (void)arg;
    CHECK_ERR(cede_wait(&myself, 1, CEDE_ALL), -EDEADLK);
    CHECK_ERR(cede_gather_futures(&myself, 1), -EDEADLK);
    return 0;
}

TASK_TEST(a_task_that_waits_for_itself_among_others_is_told)
{
    CEDE_GROUP(g);
    myself = cede_spawn(&g, waits_for_itself, NULL);
    CHECK_OK(cede_join(&g));
}

SUITE("wait")
