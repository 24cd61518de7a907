/* SPDX-License-Identifier: MIT
 *
 * gather_futures_test.c - all of several futures, or the first failure, on one
 * thread.
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
    note("%d ", j->rc);
    return j->rc < 0
               ? cede_fail(j->rc, "after %d s", (int)(j->delay / CEDE_SEC))
               : j->rc;
}

static struct job quick = {CEDE_SEC, 1}, slow = {3 * CEDE_SEC, 2},
                  broken = {2 * CEDE_SEC, -EIO},
                  later = {4 * CEDE_SEC, -ENOENT};

static void free_all(cede_future **fs, int n)
{
    for (int i = 0; i < n; i++)
        cede_future_free(fs[i]);
}

VIRTUAL_TEST(all_that_succeed_are_waited_for)
{
    CEDE_GROUP(g);
    cede_future *fs[] = {cede_spawn(&g, works, &slow), cede_after(CEDE_SEC, 7),
                         cede_spawn(&g, works, &quick)};
    CHECK_EQ(cede_gather_futures(fs, 3), 0);
    CHECK_NOTED("1 2 ");
    CHECK_EQ(cede_gather_futures(fs, 3), 0);
    CHECK_EQ(cede_gather_futures(fs, 0), 0);
    CHECK_EQ(cede_gather_futures(NULL, 0), 0);
    CHECK_OK(cede_join(&g));
    cede_future_free(fs[1]);
}

VIRTUAL_TEST(the_first_failure_comes_at_once_and_the_others_run_on)
{
    listen_to_hook();
    cede_future *fs[] = {
        cede_spawn(NULL, works, &slow), cede_spawn(NULL, works, &later),
        cede_spawn(NULL, works, &broken), cede_spawn(NULL, works, &quick)};
    CHECK_ERR(cede_gather_futures(fs, 4), -EIO);
    CHECK_STR_EQ(cede_message(), "after 2 s");
    CHECK_NOTED("1 -5 ");
    CHECK_OK(cede_sleep(10 * CEDE_SEC));
    CHECK_NOTED("1 -5 2 -2 ");
    free_all(fs, 4);
    CHECK_EQ(hooked.count, 0); /* the later failure counts as read */
}

VIRTUAL_TEST(of_those_done_already_the_first_given_counts)
{
    listen_to_hook();
    cede_future *fs[] = {cede_promise(), cede_promise(), cede_promise()};
    CHECK_EQ(cede_resolve(fs[2], -ENOENT), 0);
    CHECK_EQ(cede_resolve(fs[1], -EIO), 0);
    CHECK_ERR(cede_gather_futures(fs, 3), -EIO);
    CHECK_EQ(cede_resolve(fs[0], -EBUSY), 0);
    free_all(fs, 3);
    CHECK_EQ(hooked.count, 0);
}

VIRTUAL_TEST(one_that_was_cancelled_by_itself_failed)
{
    cede_future *fs[] = {cede_spawn(NULL, works, &slow),
                         cede_spawn(NULL, works, &quick)};
    CHECK_EQ(cede_cancel(fs[0]), 0);
    CHECK_ERR(cede_gather_futures(fs, 2), -ECANCELED);
    CHECK(!cede_cancelled());
    CHECK_ERR(cede_gather_futures(fs, 2), -ECANCELED);
    free_all(fs, 2);
}

TASK_TEST(null_failed_for_want_of_memory)
{
    cede_future *fs[] = {cede_promise(), NULL};
    CHECK_ERR(cede_gather_futures(fs, 2), -ENOMEM);
    cede_future_free(fs[0]);
}

VIRTUAL_TEST(a_gather_that_is_cancelled_leaves_them_alone)
{
    listen_to_hook();
    cede_future *fs[] = {cede_spawn(NULL, works, &broken),
                         cede_spawn(NULL, works, &slow)};
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    CHECK_ERR(cede_leave(&s, cede_gather_futures(fs, 2)), -ETIMEDOUT);
    CHECK_NOTED("");
    CHECK_OK(cede_sleep(10 * CEDE_SEC));
    CHECK_NOTED("-5 2 ");
    free_all(fs, 2);
    CHECK_EQ(hooked.count, 1); /* nobody got that failure */
}

TASK_TEST(duplicates_are_no_trouble)
{
    cede_future *f = cede_after(CEDE_MS, 7);
    cede_future *fs[] = {f, f, f};
    CHECK_EQ(cede_gather_futures(fs, 3), 0);
    cede_future_free(f);
}

struct two {
    cede_future *fs[2];
};

static int gathers(void *arg)
{
    return cede_gather_futures(((struct two *)arg)->fs, 2);
}

TASK_TEST(a_promise_given_back_meanwhile_is_a_failure)
{
    struct two t = {{cede_promise(), cede_promise()}};
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, gathers, &t);
    CHECK_OK(cede_sleep(0));
    cede_future_free(t.fs[0]);
    cede_future_free(t.fs[1]);
    CHECK_ERR(cede_await(f), CEDE_EBROKEN);
    CHECK_ERR(cede_join(&g), CEDE_EBROKEN);
}

TASK_TEST(a_thousand_may_be_gathered)
{
    enum { N = 1000 };
    static cede_future *fs[N];
    for (int i = 0; i < N; i++)
        fs[i] = cede_after(CEDE_US * (N - i), i);
    CHECK_EQ(cede_gather_futures(fs, N), 0);
    for (int i = 0; i < N; i++)
        CHECK_EQ(cede_result(fs[i]), i);
    free_all(fs, N);
}

SUITE("gather_futures")
