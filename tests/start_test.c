/* SPDX-License-Identifier: MIT
 *
 * start_test.c - cede_start: waiting until a child is ready for work.
 */
#include "check.h"
#include "tasks.h"

static int eio = -EIO, zero, seven = 7;

/* Ready after a while, and works until it is cancelled. */
static int serves(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    note("ready ");
    CEDE_TRY(cede_started(*(int *)arg));
    int rc = cede_sleep(CEDE_NEVER);
    note("served ");
    return rc;
}

/* ---- ready ----------------------------------------------------------- */

VIRTUAL_TEST(start_answers_what_the_child_said_when_it_was_ready)
{
    cede_time begin = cede_now();
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, serves, &seven), 7);
    CHECK_EQ(cede_now() - begin, CEDE_MS);
    CHECK_NOTED("ready ");
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("ready served ");
}

TASK_TEST(a_child_may_be_ready_with_nothing_to_say)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, serves, &zero), 0);
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
}

static int ready_then_fails(void *arg)
{
    CEDE_TRY(cede_started(1));
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fail(*(int *)arg, "at work");
}

TASK_TEST(what_a_ready_child_fails_with_is_the_groups_business)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, ready_then_fails, &eio), 1);
    CHECK_ERR(cede_sleep(CEDE_NEVER), -ECANCELED);
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_STR_EQ(cede_message(), "at work");
    cede_failure f;
    CHECK_EQ(cede_failures(&f, 1), 1);
    CHECK_STR_EQ(f.name, "ready_then_fails");
}

static int ready_and_over(void *arg)
{
    CEDE_TRY(cede_started(*(int *)arg));
    return 0;
}

TASK_TEST(a_child_that_is_ready_and_over_at_once_was_ready)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, ready_and_over, &seven), 7);
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(a_child_among_many_that_have_not_run_yet_is_started_in_order)
{
    CEDE_GROUP(g);
    for (int i = 0; i < 100; i++)
        CHECK_OK(cede_go(&g, returns, &zero));
    CHECK_EQ(cede_start(&g, ready_and_over, &seven), 7);
    CHECK_EQ(cede_join(&g), 0);
}

static int serves_in_the_background(void *arg)
{
    return cede_start(NULL, serves, arg);
}

TEST(a_child_may_be_started_in_the_background)
{
    CHECK_EQ(cede_run(serves_in_the_background, &seven), 7);
    CHECK_NOTED("ready served ");
}

static int names_itself(void *arg)
{
    snprintf(arg, 32, "%s", cede_task_name());
    return cede_started(0);
}

TASK_TEST(a_started_child_has_its_functions_name)
{
    char name[32] = "";
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, names_itself, name), 0);
    CHECK_STR_EQ(name, "names_itself");
    CHECK_EQ((cede_start)(&g, names_itself, name), 0);
    CHECK_STR_EQ(name, "task");
    CHECK_EQ(cede_join(&g), 0);
}

struct pair {
    int a, b;
};

static int adds(void *arg)
{
    const struct pair *p = arg;
    return cede_started(p->a + p->b);
}

TASK_TEST(the_argument_may_be_a_literal_in_the_callers_frame)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, adds, &(struct pair){3, 4}), 7);
    CHECK_EQ(cede_join(&g), 0);
}

/* ---- not ready ------------------------------------------------------- */

static int fails_before(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fail(*(int *)arg, "the port is taken");
}

TASK_TEST(what_a_child_fails_with_before_is_the_callers_business)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "sibling"));
    CHECK_ERR(cede_start(&g, fails_before, &eio), -EIO);
    CHECK_STR_EQ(cede_message(), "the port is taken");
    CHECK(!cede_cancelled());
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_NOTED("");
    cede_group_cancel(&g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_EQ(cede_failures(NULL, 0), 0);
}

TASK_TEST(a_failure_without_a_message_has_not_that_of_an_earlier_one)
{
    CEDE_GROUP(g);
    cede_fail(-EPIPE, "long ago");
    CHECK_ERR(cede_start(&g, returns_later, &eio), -EIO);
    CHECK_STR_EQ(cede_message(), "");
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(a_child_that_returns_without_being_ready_broke_the_protocol)
{
    CEDE_GROUP(g);
    CHECK_ERR(cede_start(&g, returns_later, &zero), CEDE_EPROTO);
    CHECK(strstr(cede_message(), "'returns_later'") != NULL);
    CHECK_ERR(cede_start(&g, returns, &seven), CEDE_EPROTO);
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(a_child_that_gives_up_uncancelled_has_failed_with_that)
{
    int rc = -ECANCELED;
    CEDE_GROUP(g);
    CHECK_ERR(cede_start(&g, returns, &rc), -ECANCELED);
    CHECK(!cede_cancelled());
    CHECK_EQ(cede_join(&g), 0);
}

/* ---- refused --------------------------------------------------------- */

TASK_TEST(a_joined_group_starts_no_child)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_ERR(cede_start(&g, serves, &zero), CEDE_ECLOSED);
    CHECK_NOTED("");
}

TEST(outside_a_task_nothing_can_be_started_or_be_ready)
{
    CEDE_GROUP(g);
    CHECK_ERR(cede_start(&g, serves, &zero), -EPERM);
    CHECK_ERR(cede_start(NULL, serves, &zero), -EPERM);
    CHECK_ERR(cede_started(0), -EPERM);
}

TASK_TEST(no_function_is_invalid_and_no_failure_of_the_group)
{
    CEDE_GROUP(g);
    CHECK_ERR(cede_start(&g, NULL, NULL), -EINVAL);
    CHECK_EQ(cede_join(&g), 0);
}

TASK_TEST(in_a_cancelled_scope_nothing_is_started)
{
    CEDE_GROUP(g);
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_ERR(cede_start(&g, ready_and_over, &zero), -ECANCELED);
    CHECK_EQ(cede_leave(&s, 0), 0);
    CHECK_NOTED("");
    CHECK_EQ(cede_join(&g), 0);
}

static int says_it_wrongly(void *arg)
{
    (void)arg;
    CHECK_ERR(cede_started(-EIO), -EINVAL);
    CHECK_ERR(cede_started(-1), -EINVAL);
    CHECK_EQ(cede_started(5), 0);
    CHECK_ERR(cede_started(6), -EALREADY);
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_ERR(cede_started(6), -EALREADY);
    note("said");
    return 0;
}

TASK_TEST(being_ready_is_said_once_and_is_no_error)
{
    CEDE_GROUP(g);
    CHECK_EQ(cede_start(&g, says_it_wrongly, NULL), 5);
    CHECK_EQ(cede_join(&g), 0);
    CHECK_NOTED("said");
}

static int says_it_unasked(void *arg)
{
    (void)arg;
    return cede_started(0);
}

TASK_TEST(only_a_task_that_was_started_so_may_say_that_it_is_ready)
{
    CHECK_ERR(cede_started(0), -EPERM);
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, says_it_unasked, NULL);
    CHECK_ERR(cede_join(&g), -EPERM);
    (void)f;
}

/* ---- cancelled ------------------------------------------------------- */

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
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_SEC));
    CHECK_ERR(cede_leave(&s, cede_start(NULL, nests, &n)), -ETIMEDOUT);
    CHECK_EQ(n.left, depth - 1);
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

SUITE("start")
