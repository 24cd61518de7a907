/* SPDX-License-Identifier: MIT
 *
 * promise_test.c - futures that somebody resolves, on one thread.  What several
 * threads do with one is in promise_thread_test.c, cede_after in after_test.c.
 */
#include "check.h"
#include "tasks.h"

/* ---- resolving ------------------------------------------------------- */

TEST(a_promise_is_resolved_once)
{
    cede_future *f = cede_promise();
    CHECK(!cede_done(f));
    CHECK_ERR(cede_result(f), -EAGAIN);
    CHECK(cede_arg(f) == NULL);
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK(cede_done(f));
    CHECK_EQ(cede_result(f), 7);
    CHECK_ERR(cede_resolve(f, 8), -EALREADY);
    CHECK_ERR(cede_cancel(f), -EALREADY);
    CHECK_EQ(cede_result(f), 7);
    cede_future_free(f);
}

TEST(a_cancelled_promise_is_done)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_cancel(f), 0);
    CHECK_ERR(cede_result(f), -ECANCELED);
    CHECK_ERR(cede_resolve(f, 8), -EALREADY);
    CHECK_ERR(cede_await(f), -ECANCELED);
    cede_future_free(f);
}

TEST(nobody_resolves_null_or_tells_a_generator_to_stop)
{
    CHECK_ERR(cede_resolve(NULL, 7), -ENOMEM);
    cede_future *f = cede_promise();
    CHECK_ERR(cede_resolve(f, CEDE_EXIT), -EINVAL);
    CHECK(!cede_done(f));
    cede_future_free(f);
}

TASK_TEST(a_task_is_not_resolved_by_hand)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns_later, &(int){7});
    CHECK_ERR(cede_resolve(f, 8), -EINVAL);
    CHECK_EQ(cede_await(f), 7);
    CHECK_OK(cede_join(&g));
}

/* ---- awaiting -------------------------------------------------------- */

static int awaits(void *arg)
{
    int rc = cede_await(arg);
    note("%d ", rc);
    return 0;
}

TASK_TEST(those_who_await_a_promise_go_on_in_order)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise();
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_go(&g, awaits, f));
    CHECK_OK(cede_sleep(0));
    CHECK_NOTED("");
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_NOTED("");
    CHECK_EQ(cede_await(f), 7);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("7 7 7 ");
    cede_future_free(f);
}

static int resolves_with_text(void *f)
{
    (void)cede_fail(-EIO, "the %s", "text");
    return cede_resolve(f, -EIO);
}

TASK_TEST(a_failure_takes_its_message_to_everybody)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise();
    CHECK_OK(cede_go(&g, resolves_with_text, f));
    CHECK_ERR(cede_await(f), -EIO);
    CHECK_STR_EQ(cede_message(), "the text");
    (void)cede_fail(-EINVAL, "another");
    CHECK_ERR(cede_await(f), -EIO);
    CHECK_STR_EQ(cede_message(), "the text");
    CHECK_OK(cede_join(&g));
    cede_future_free(f);
}

TEST(only_the_message_of_that_code_goes_along)
{
    cede_future *f = cede_promise();
    (void)cede_fail(-EINVAL, "of something else");
    CHECK_EQ(cede_resolve(f, -EIO), 0);
    CHECK_ERR(cede_await(f), -EIO);
    CHECK_STR_EQ(cede_message(), "");
    cede_future_free(f);
}

VIRTUAL_TEST(a_cancelled_await_leaves_the_promise_and_its_others_alone)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise();
    CHECK_OK(cede_go(&g, awaits, f));
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    CHECK_ERR(cede_leave(&s, cede_await(f)), -ETIMEDOUT);
    CHECK(!cede_done(f));
    CHECK_EQ(cede_resolve(f, 7), 0);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("7 ");
    cede_future_free(f);
}

static int cancels_after_resolving(void *arg)
{
    cede_future **f = arg;
    CHECK_EQ(cede_resolve(f[0], 7), 0);
    return cede_cancel(f[1]);
}

static int awaits_first(void *arg)
{
    return cede_await(((cede_future **)arg)[0]);
}

TASK_TEST(a_promise_kept_beats_a_cancel_in_the_same_turn)
{
    CEDE_GROUP(g);
    cede_future *f[2] = {cede_promise(), NULL};
    f[1] = cede_spawn(&g, awaits_first, f);
    CHECK_OK(cede_go(&g, cancels_after_resolving, f));
    CHECK_EQ(cede_await(f[1]), 7);
    CHECK_OK(cede_join(&g));
    cede_future_free(f[0]);
}

static int resolves_after_cancelling(void *arg)
{
    cede_future **f = arg;
    CHECK_EQ(cede_cancel(f[1]), 0);
    return cede_resolve(f[0], 7);
}

TASK_TEST(a_cancel_that_came_first_stays_one)
{
    CEDE_GROUP(g);
    cede_future *f[2] = {cede_promise(), NULL};
    f[1] = cede_spawn(&g, awaits_first, f);
    CHECK_OK(cede_go(&g, resolves_after_cancelling, f));
    CHECK_ERR(cede_await(f[1]), -ECANCELED);
    CHECK_OK(cede_join(&g));
    cede_future_free(f[0]);
}

VIRTUAL_TEST(a_deadline_of_the_same_time_does_not_take_what_was_granted)
{
    cede_future *f = cede_after(CEDE_SEC, 7);
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    CHECK_EQ(cede_leave(&s, cede_await(f)), 7);
    CHECK(cede_scope_expired(&s));
    cede_future_free(f);
}

TASK_TEST(awaiting_a_kept_promise_in_a_cancelled_scope_is_cancelled)
{
    cede_future *f = cede_promise();
    CHECK_EQ(cede_resolve(f, 7), 0);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 0), 0);
    cede_future_free(f);
}

static int awaits_a_chain(void *arg)
{
    cede_future **f = arg;
    int n = rounds(1000000);
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        CHECK_EQ(cede_await(f[i % 2]), 7);
        if (i == 1000)
            used = cede_stack_used();
    }
    CHECK_EQ(cede_stack_used(), used);
    return 0;
}

TASK_TEST(a_million_awaits_of_what_is_done_need_no_stack)
{
    CEDE_GROUP(g);
    cede_future *f[2] = {cede_promise(), cede_spawn(&g, returns, &(int){7})};
    CHECK_EQ(cede_resolve(f[0], 7), 0);
    CHECK_EQ(cede_await(f[1]), 7);
    CHECK_OK(cede_go(&g, awaits_a_chain, f));
    CHECK_OK(cede_join(&g));
    cede_future_free(f[0]);
}

struct link {
    cede_future *before, *own;
};

/* Each awaits the one before it, and then keeps its own promise. */
static int passes_on(void *arg)
{
    struct link *l = arg;
    int rc = l->before ? cede_await(l->before) : 0;
    cede_future_free(l->before);
    return cede_resolve(l->own, rc + 1);
}

TASK_TEST(a_chain_of_promises_may_be_long)
{
    int n = many(10000);
    CEDE_GROUP(g);
    cede_future *last = NULL;
    for (int i = 0; i < n; i++) {
        struct link l = {last, cede_promise()};
        CHECK_OK(cede_go_copy(&g, passes_on, &l, sizeof l));
        last = l.own;
    }
    CHECK_EQ(cede_await(last), n);
    CHECK_OK(cede_join(&g));
    cede_future_free(last);
}

/* ---- given back ------------------------------------------------------ */

TASK_TEST(who_awaits_a_promise_that_nobody_will_keep_is_told)
{
    listen_to_hook();
    CEDE_GROUP(g);
    cede_future *f = cede_promise();
    CHECK_OK(cede_go(&g, awaits, f));
    CHECK_OK(cede_sleep(0));
    cede_future_free(f);
    CHECK_OK(cede_join(&g));
    char want[32];
    snprintf(want, sizeof want, "%d ", CEDE_EBROKEN);
    CHECK_NOTED(want);
    CHECK_EQ(hooked.count, 0);
}

TASK_TEST(who_was_told_needs_the_promise_no_more)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise();
    CHECK_OK(cede_go(&g, awaits, f));
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_resolve(f, 7), 0);
    cede_future_free(f);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("7 ");
}

static cede_future *kept;

static int awaits_kept(void *arg)
{
    (void)arg;
    return cede_await(kept);
}

TEST(a_promise_is_no_part_of_a_run)
{
    kept = cede_promise();
    CHECK_EQ(cede_resolve(kept, 7), 0);
    CHECK_EQ(cede_run(awaits_kept, NULL), 7);
    CHECK_EQ(cede_run(awaits_kept, NULL), 7);
    CHECK_EQ(cede_await(kept), 7);
    cede_future_free(kept);
}

/* ---- failures that nobody reads -------------------------------------- */

TEST(a_failure_that_nobody_read_is_reported_when_the_promise_is_given_back)
{
    listen_to_hook();
    cede_future *f = cede_promise();
    CHECK_ERR(cede_result(f), -EAGAIN); /* too early to count */
    (void)cede_fail(-EIO, "the text");
    CHECK_EQ(cede_resolve(f, -EIO), 0);
    CHECK_EQ(hooked.count, 0);
    cede_future_free(f);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK_STR_EQ(hooked.message, "the text");
    CHECK(strstr(hooked.what, "nobody read the failure of a promise made at "
                              "tests/promise_test.c:"));
}

TEST(successes_cancels_and_promises_never_resolved_are_not_reported)
{
    listen_to_hook();
    cede_future *f[3] = {cede_promise(), cede_promise(), cede_promise()};
    CHECK_EQ(cede_resolve(f[0], 7), 0);
    CHECK_EQ(cede_cancel(f[1]), 0);
    for (int i = 0; i < 3; i++)
        cede_future_free(f[i]);
    CHECK_EQ(hooked.count, 0);
}

TEST(a_failure_that_was_read_is_not_reported)
{
    listen_to_hook();
    cede_future *f[2] = {cede_promise(), cede_promise()};
    for (int i = 0; i < 2; i++)
        CHECK_EQ(cede_resolve(f[i], -EIO), 0);
    CHECK_ERR(cede_result(f[0]), -EIO);
    CHECK_ERR(cede_await(f[1]), -EIO);
    for (int i = 0; i < 2; i++)
        cede_future_free(f[i]);
    CHECK_EQ(hooked.count, 0);
}

static int fails_its_promise(void *arg)
{
    return cede_resolve(arg, -EIO);
}

TASK_TEST(who_awaits_a_failure_while_it_happens_has_read_it)
{
    listen_to_hook();
    CEDE_GROUP(g);
    cede_future *f = cede_promise();
    CHECK_OK(cede_go(&g, fails_its_promise, f));
    CHECK_ERR(cede_await(f), -EIO);
    CHECK_OK(cede_join(&g));
    cede_future_free(f);
    CHECK_EQ(hooked.count, 0);
}

VIRTUAL_TEST(an_await_that_was_cancelled_has_read_nothing)
{
    listen_to_hook();
    cede_future *f = cede_promise();
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    CHECK_ERR(cede_leave(&s, cede_await(f)), -ETIMEDOUT);
    CHECK_EQ(cede_resolve(f, -EIO), 0);
    cede_future_free(f);
    CHECK_EQ(hooked.count, 1);
}

SUITE("promise")
