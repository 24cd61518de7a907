/* SPDX-License-Identifier: MIT
 *
 * start_cancel_test.c - cede_start cancelled: by who waits, by the group, in
 * the turn in which the child is ready, and through long chains.
 */
#include "check.h"
#include "tasks.h"

static int eio = -EIO, zero, seven = 7;

/* ---- who waits is cancelled ------------------------------------------- */

/* Takes some time to be cancelled, and answers *arg. */
static int cleans_up(void *arg)
{
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_ERR(cede_started(1), -ECANCELED);
    CHECK_ERR(cede_started(1), -ECANCELED);
    cede_scope s;
    cede_enter_shielded(&s, CEDE_NEVER);
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK_EQ(cede_leave(&s, 0), 0);
    note("cleaned ");
    return *(int *)arg < 0 ? cede_fail(*(int *)arg, "clean-up") : *(int *)arg;
}

static int starts_with_a_deadline(cede_group *g, int *answer)
{
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS));
    int rc = cede_start(g, cleans_up, answer);
    note("%d ", rc);
    return cede_leave(&s, rc);
}

VIRTUAL_TEST(a_deadline_around_a_start_cancels_the_child_and_waits_for_it)
{
    int canceled = -ECANCELED;
    cede_time begin = cede_now();
    CEDE_GROUP(g);
    CHECK_ERR(starts_with_a_deadline(&g, &canceled), -ETIMEDOUT);
    CHECK_EQ(cede_now() - begin, CEDE_MS + CEDE_SEC);
    CHECK_NOTED("cleaned -125 ");
    CHECK_EQ(cede_join(&g), 0);
}

VIRTUAL_TEST(a_cancelled_child_that_returns_well_was_cancelled)
{
    CEDE_GROUP(g);
    CHECK_ERR(starts_with_a_deadline(&g, &zero), -ETIMEDOUT);
    CHECK_NOTED("cleaned -125 ");
    CHECK_EQ(cede_join(&g), 0);
}

VIRTUAL_TEST(what_the_clean_up_of_a_cancelled_child_fails_with_is_told)
{
    CEDE_GROUP(g);
    CHECK_ERR(starts_with_a_deadline(&g, &eio), -EIO);
    CHECK_STR_EQ(cede_message(), "clean-up");
    CHECK_EQ(cede_join(&g), 0);
}

struct other {
    cede_group *group;
    int *answer;
    cede_fn *fn;
};

static int starts_for_another(void *arg)
{
    const struct other *o = arg;
    int rc = cede_start(o->group, o->fn, o->answer);
    note("%d ", rc);
    return rc;
}

VIRTUAL_TEST(a_starter_that_is_cancelled_again_and_again_waits_all_the_same)
{
    struct other o = {.answer = &zero, .fn = cleans_up};
    CEDE_GROUP(workers);
    CEDE_GROUP(starters);
    o.group = &workers;
    cede_future *f = cede_spawn(&starters, starts_for_another, &o);
    CHECK_OK(cede_sleep(CEDE_MS));
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cede_cancel(f), 0);
        cede_group_cancel(&starters);
        CHECK_NOTED("");
        cede_scope s;
        cede_enter_shielded(&s, CEDE_NEVER);
        CHECK_OK(cede_sleep(CEDE_MS));
        CHECK_OK(cede_leave(&s, 0));
    }
    CHECK_EQ(cede_join(&starters), 0);
    CHECK_NOTED("cleaned -125 ");
    CHECK_EQ(cede_join(&workers), 0);
}

TASK_TEST(a_start_cancelled_before_the_childs_first_step_runs_it_once)
{
    struct other o = {.answer = &zero, .fn = cleans_up};
    CEDE_GROUP(workers);
    CEDE_GROUP(starters);
    o.group = &workers;
    CHECK_OK(cede_go(&starters, starts_for_another, &o));
    CHECK_OK(cede_go(&starters, returns, &eio)); /* before the child's step */
    CHECK_ERR(cede_join(&starters), -EIO);
    CHECK_NOTED("cleaned -125 ");
    CHECK_EQ(cede_join(&workers), 0);
}

static int ready_when_told(void *arg)
{
    CHECK_OK(cede_await(*(cede_future **)arg));
    CHECK_EQ(cede_started(3), 0);
    note("goes on ");
    CHECK_OK(cede_sleep(CEDE_MS));
    note("to its end");
    return 0;
}

static int cancels_after(void *arg)
{
    cede_future **f = arg;
    CHECK_OK(cede_await(f[0]));
    CHECK_EQ(cede_cancel(f[1]), 0);
    return 0;
}

struct ready_other {
    cede_group *group;
    cede_future **bell;
};

static int starts_one_that_is_told(void *arg)
{
    const struct ready_other *o = arg;
    int rc = cede_start(o->group, ready_when_told, o->bell);
    CHECK_EQ(rc, 3);
    CHECK_ERR(cede_sleep(0), -ECANCELED); /* the cancel comes next */
    return rc;
}

TASK_TEST(being_ready_beats_a_cancel_of_the_same_turn)
{
    cede_future *f[2]; /* who tells, and who starts */
    CEDE_GROUP(workers);
    CEDE_GROUP(others);
    struct ready_other o = {&workers, f};
    f[1] = cede_spawn(&others, starts_one_that_is_told, &o);
    f[0] = cede_spawn(&others, returns_later, &zero);
    CHECK_OK(cede_sleep(0)); /* the child runs, and awaits f[0], */
    CHECK_OK(cede_go(&others, cancels_after, f)); /* and so does this, later */
    CHECK_EQ(cede_await(f[1]), 3);
    CHECK_EQ(cede_join(&others), 0);
    CHECK_EQ(cede_join(&workers), 0);
    CHECK_NOTED("goes on to its end");
}

/* ---- the group meanwhile --------------------------------------------- */

static int fails_before(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fail(*(int *)arg, "the port is taken");
}

static int ready_although_cancelled(void *arg)
{
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_EQ(cede_started(*(int *)arg), 0);
    CHECK_ERR(cede_sleep(0), -ECANCELED);
    return -ECANCELED;
}

static int starts_and_answers_well(void *arg)
{
    return starts_for_another(arg) < 0 ? 0 : 1;
}

/* Starts fn in a group that is cancelled before it is ready: 1, ready. */
static int starts_in_a_group_to_be_cancelled(cede_fn *fn, void *arg)
{
    struct other o = {.answer = arg, .fn = fn};
    CEDE_GROUP(starters); /* around the other, so that it is not cancelled */
    CEDE_GROUP(g);
    o.group = &g;
    cede_future *f = cede_spawn(&starters, starts_and_answers_well, &o);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_sleep(0));
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    int rc = cede_await(f);
    CHECK_EQ(cede_join(&starters), 0);
    return rc;
}

TASK_TEST(a_group_that_is_cancelled_cancels_the_child_it_waits_for)
{
    CHECK_EQ(starts_in_a_group_to_be_cancelled(sleeps_for_ever, "a "), 0);
    CHECK_NOTED("a -125 ");
}

TASK_TEST(a_child_may_be_ready_although_its_group_is_cancelled)
{
    cede_fn *fn = ready_although_cancelled;
    CHECK_EQ(starts_in_a_group_to_be_cancelled(fn, &seven), 1);
    CHECK_NOTED("7 ");
}

TASK_TEST(a_failing_sibling_cancels_the_start_of_the_groups_owner)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, returns_later, &eio));
    CHECK_ERR(cede_start(&g, sleeps_for_ever, "child "), -ECANCELED);
    CHECK_NOTED("child ");
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_EQ(cede_failures(NULL, 0), 1);
}

TASK_TEST(a_join_waits_for_a_child_that_another_task_starts)
{
    struct other o = {.answer = &eio, .fn = fails_before};
    CEDE_GROUP(starters);
    CEDE_GROUP(g);
    o.group = &g;
    cede_future *f = cede_spawn(&starters, starts_and_answers_well, &o);
    CHECK_OK(cede_sleep(0));
    CHECK(!cede_done(f));
    CHECK_EQ(cede_join(&g), 0);
    CHECK_EQ(cede_await(f), 0);
    CHECK_NOTED("-5 ");
    CHECK_EQ(cede_join(&starters), 0);
}

/* ---- many ------------------------------------------------------------ */

struct nest {
    int left;
};

static int nests(void *arg)
{
    struct nest *n = arg;
    if (n->left-- == 0) {
        int rc = cede_sleep(CEDE_NEVER);
        return rc < 0 ? rc : cede_started(0);
    }
    int rc = cede_start(NULL, nests, n);
    n->left += rc == -ECANCELED;
    return rc < 0 ? rc : cede_started(rc + 1);
}

TASK_TEST(a_cancel_goes_down_a_long_chain_of_starts_in_little_stack)
{
    int depth = many(5000);
    struct nest n = {depth};
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, nests, &n);
    while (n.left >= 0)
        CHECK_OK(cede_sleep(0));
    CHECK_EQ(cede_cancel(f), 0); /* on the stack of this task */
    CHECK_ERR(cede_await(f), -ECANCELED);
    CHECK_EQ(n.left, depth - 1);
    CHECK_EQ(cede_join(&g), 0);
}

static int nests_and_is_ready(void *arg)
{
    int *left = arg;
    if ((*left)-- == 0)
        return cede_started(0) < 0 ? -EIO : cede_sleep(CEDE_NEVER);
    int rc = cede_start(NULL, nests_and_is_ready, left);
    return cede_started(rc + 1);
}

TASK_TEST(being_ready_comes_up_a_chain_of_starts)
{
    int left = 100;
    CHECK_EQ(cede_start(NULL, nests_and_is_ready, &left), 100);
}

SUITE("start_cancel")
