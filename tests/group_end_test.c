/* SPDX-License-Identifier: MIT
 *
 * group_end_test.c - blocks left with children running, children that could
 * not be started, arguments that are copied, and misuse.
 */
#include "check.h"
#include "deep.h"

static int returns(void *arg)
{
    return *(int *)arg;
}

static int sleeps_for_ever(void *arg)
{
    int rc = cede_sleep(CEDE_NEVER);
    note("%s", (char *)arg);
    return rc;
}

static int eio = -EIO, zero;

/* ---- the end of a block ---------------------------------------------- */

static int leaves_by_return(void)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeps_for_ever, "r"));
    return 5;
}

TASK_TEST(a_block_left_by_return_cancels_and_joins_its_group)
{
    listen_to_hook();
    CHECK_EQ(leaves_by_return(), 5);
    CHECK_NOTED("r");
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(hooked.count, 0);
}

TASK_TEST(a_block_left_by_break_continue_or_goto_joins_its_group)
{
    for (int i = 0; i < 2; i++) {
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, sleeps_for_ever, i ? "b" : "c"));
        if (i == 0)
            continue;
        break;
    }
    CHECK_NOTED("cb");
    {
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, sleeps_for_ever, "g"));
        goto out;
    }
out:
    CHECK_NOTED("cbg");
    CHECK_OK(cede_sleep(0));
}

TASK_TEST(failures_found_at_the_end_of_a_block_go_to_the_hook)
{
    listen_to_hook();
    {
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, returns, &eio));
    }
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK_STR_EQ(hooked.what,
                 "group 'g' was left without a join, its child failed");
    CHECK_OK(cede_sleep(0));
}

TASK_TEST(a_joined_group_has_nothing_to_report_at_the_end_of_its_block)
{
    listen_to_hook();
    {
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, returns, &eio));
        CHECK_ERR(cede_join(&g), -EIO);
    }
    CHECK_EQ(hooked.count, 0);
}

TASK_TEST(a_block_left_in_a_cancelled_scope_joins_its_group)
{
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    cede_scope_cancel(&s);
    {
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, sleeps_for_ever, "x"));
    }
    CHECK_NOTED("x");
    CHECK_EQ(cede_leave(&s, 0), 0);
}

TASK_TEST(groups_of_one_block_end_last_first)
{
    {
        CEDE_GROUP(a);
        CEDE_GROUP(b);
        CHECK_OK(cede_go(&a, sleeps_for_ever, "a"));
        CHECK_OK(cede_go(&b, sleeps_for_ever, "b"));
    }
    CHECK_NOTED("ba");
}

static int joins_by_hand(void *arg)
{
    cede_group g;
    cede_group_enter(&g);
    CHECK_OK(cede_go(&g, returns, arg));
    return cede_join(&g);
}

TASK_TEST(a_group_may_be_entered_and_joined_by_hand)
{
    CHECK_EQ(joins_by_hand(&zero), 0);
    CHECK_ERR(joins_by_hand(&eio), -EIO);
    CHECK_OK(cede_sleep(0));
}

TEST(outside_a_task_a_group_refuses_its_children)
{
    CEDE_GROUP(g);
    CHECK_ERR(cede_go(&g, returns, &zero), -EPERM);
    CHECK(!cede_spawn(&g, returns, &zero));
    CHECK_STR_EQ(
        cede_message(),
        "group 'g' was entered outside a task: cede_run makes the first");
    cede_group_cancel(&g);
    CHECK_ERR(cede_join(&g), -EPERM);
}

TEST(outside_a_run_there_is_no_background)
{
    CHECK_ERR(cede_go(NULL, returns, &zero), -EPERM);
    CHECK(!cede_spawn(NULL, returns, &zero));
    CHECK_STR_EQ(cede_message(),
                 "the background group is a run's, and none is on this thread");
}

/* ---- copies ---------------------------------------------------------- */

struct parcel {
    char bytes[1000];
    long number;
};

static int checks_its_parcel(void *arg)
{
    struct parcel *p = arg;
    CHECK_EQ((uintptr_t)p % 8, 0);
    CHECK_OK(cede_sleep(0));
    CHECK_EQ(p->bytes[999], 'x');
    note("%ld ", p->number);
    p->number = -1; /* the child's own */
    return 0;
}

TASK_TEST(a_child_may_work_on_a_copy)
{
    CEDE_GROUP(g);
    struct parcel p = {.number = 0};
    p.bytes[999] = 'x';
    for (; p.number < 3; p.number++)
        CHECK_OK(cede_go_copy(&g, checks_its_parcel, &p, sizeof p));
    memset(&p, 0, sizeof p);
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("0 1 2 ");
    CHECK_EQ(p.number, 0);
}

TASK_TEST(a_copy_of_more_than_a_quarter_of_the_stack_is_refused)
{
    size_t quarter = cede_stack_default() / 4;
    char *big = calloc(1, quarter + 1);
    {
        CEDE_GROUP(g);
        CHECK_OK(cede_go_copy(&g, returns, big, quarter));
        CHECK_OK(cede_join(&g));
    }
    CEDE_GROUP(g);
    CHECK_ERR(cede_go_copy(&g, returns, big, quarter + 1), -EMSGSIZE);
    CHECK_ERR(cede_join(&g), -EMSGSIZE);
    free(big);
}

static int notes_that_it_ran(void *arg)
{
    (void)arg;
    note("ran");
    return 0;
}

TASK_TEST(a_copy_may_be_of_no_bytes)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go_copy(&g, notes_that_it_ran, NULL, 0));
    CHECK_OK(cede_join(&g));
    CHECK_NOTED("ran");
}

static int names_itself(void *arg)
{
    (void)arg;
    return cede_fail(-EIO, "%s", cede_task_name());
}

TASK_TEST(copied_children_are_named_after_their_functions)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go_copy(&g, names_itself, &zero, sizeof zero));
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_STR_EQ(cede_message(), "names_itself");
}

/* ---- misuse ---------------------------------------------------------- */

static int joins_anothers(void *arg)
{
    return cede_join(arg);
}

static int lets_a_child_join(void *arg)
{
    (void)arg;
    CEDE_GROUP(g);
    (void)cede_go(&g, joins_anothers, &g);
    return cede_join(&g);
}

static int copies_a_group(void *arg)
{
    CEDE_GROUP(g);
    cede_group copy = g;
    (void)cede_go(&copy, returns, arg);
    return cede_join(&g);
}

static int joins_a_copy(void *arg)
{
    (void)arg;
    CEDE_GROUP(g);
    cede_group copy = g;
    return cede_join(&copy);
}

__attribute__((noinline)) static void forgets_to_join(void *arg)
{
    cede_group forgotten;
    cede_group_enter(&forgotten);
    (void)cede_go(&forgotten, returns, arg);
}

static int ends_with_a_group_open(void *arg)
{
    forgets_to_join(arg);
    return 0;
}

static int ends_with_a_scope_open(void *arg)
{
    (void)arg;
    cede_scope s;
    cede_enter(&s, CEDE_NEVER);
    return 0;
}

static int ends_with_a_nameless_scope_open(void *arg)
{
    (void)arg;
    cede_scope s;
    (cede_enter)(&s, CEDE_NEVER);
    return 0;
}

/* So deep that what is called next does not reach it. */
static __attribute__((noinline)) void forgets_far_away(void *arg)
{
    char depth[4096];
    touch(depth);
    forgets_to_join(arg);
    touch(depth);
}

static int enters_after_a_dead_frame(void *arg)
{
    forgets_far_away(arg);
    CEDE_GROUP(g);
    return cede_join(&g);
}

static int joins_around_an_open_group(void *arg)
{
    CEDE_GROUP(g);
    forgets_to_join(arg);
    return cede_join(&g);
}

static int joins_around_an_open_scope(void *arg)
{
    (void)arg;
    cede_scope s;
    CEDE_GROUP(g);
    cede_enter(&s, CEDE_NEVER);
    return cede_join(&g);
}

static int leaves_around_an_open_scope(void *arg)
{
    cede_scope a, b;
    (void)arg;
    cede_enter(&a, CEDE_NEVER);
    cede_enter(&b, CEDE_NEVER);
    return cede_leave(&a, 0);
}

static int leaves_around_an_open_group(void *arg)
{
    cede_scope s;
    (void)arg;
    cede_enter(&s, CEDE_NEVER);
    CEDE_GROUP(g);
    return cede_leave(&s, 0);
}

static int leaves_twice(void *arg)
{
    cede_scope s;
    (void)arg;
    cede_enter(&s, CEDE_NEVER);
    (void)cede_leave(&s, 0);
    return cede_leave(&s, 0);
}

static int leaves_anothers(void *arg)
{
    return cede_leave(arg, 0);
}

static int lets_a_child_leave(void *arg)
{
    cede_scope s;
    (void)arg;
    CEDE_GROUP(g);
    cede_enter(&s, CEDE_NEVER);
    (void)cede_go(&g, leaves_anothers, &s);
    return cede_sleep(CEDE_SEC);
}

static void run_it(void *fn)
{
    cede_options o = {.name = "culprit"};
    (void)cede_run_with(&o, *(cede_fn **)fn, &zero);
}

#define CHECK_MISUSE(fn, ...)                                                  \
    CHECK_ABORTS(run_it, &(cede_fn *){fn}, __VA_ARGS__)

TEST(joining_a_group_of_another_task_aborts_by_name)
{
    CHECK_MISUSE(lets_a_child_join, "task 'joins_anothers' joins group 'g', ",
                 "group_end_test.c:", "in task 'culprit'");
}

TEST(a_copied_group_aborts_by_name)
{
    CHECK_MISUSE(copies_a_group, "culprit");
    CHECK_MISUSE(joins_a_copy, "culprit");
}

TEST(a_task_that_ends_with_a_group_open_aborts_by_name)
{
    CHECK_MISUSE(ends_with_a_group_open,
                 "task 'culprit' ended without leaving group 'forgotten', "
                 "entered at tests/group_end_test.c:");
}

TEST(a_task_that_ends_with_a_scope_open_aborts_by_name)
{
    CHECK_MISUSE(ends_with_a_scope_open,
                 "task 'culprit' ended without leaving scope 's', entered at "
                 "tests/group_end_test.c:");
    CHECK_MISUSE(ends_with_a_nameless_scope_open,
                 "ended without leaving scope 'scope'\n");
}

TEST(a_group_left_open_in_a_dead_frame_is_named_by_the_next)
{
    CHECK_MISUSE(enters_after_a_dead_frame, "task 'culprit' enters ",
                 "returned from a function without leaving group 'forgotten', "
                 "entered at tests/group_end_test.c:");
}

TEST(joining_around_an_open_group_or_scope_aborts_by_name)
{
    CHECK_MISUSE(joins_around_an_open_group, "task 'culprit' joins group 'g', ",
                 "before it has left group 'forgotten', entered at ");
    CHECK_MISUSE(joins_around_an_open_scope, "task 'culprit' joins group 'g', ",
                 "before it has left scope 's', entered at ");
}

TEST(leaving_scopes_out_of_order_aborts_by_name)
{
    CHECK_MISUSE(leaves_around_an_open_scope, "'culprit' leaves scope 'a', ",
                 "before it has left scope 'b', entered at ");
    CHECK_MISUSE(leaves_around_an_open_group, "'culprit' leaves scope 's', ",
                 "before it has left group 'g', entered at ");
}

TEST(leaving_a_scope_twice_aborts_by_name)
{
    CHECK_MISUSE(leaves_twice, "culprit");
}

TEST(leaving_a_scope_of_another_task_aborts_by_name)
{
    CHECK_MISUSE(lets_a_child_leave, "'leaves_anothers' leaves scope 's', ",
                 "in task 'culprit'");
}

static void enters_outside(void *arg)
{
    cede_scope s;
    (void)arg;
    cede_enter(&s, CEDE_NEVER);
}

static void enters_shielded_outside(void *arg)
{
    cede_scope s;
    (void)arg;
    cede_enter_shielded(&s, CEDE_NEVER);
}

TEST(entering_a_scope_outside_a_task_aborts)
{
    CHECK_ABORTS(enters_outside, NULL, "cede");
    CHECK_ABORTS(enters_shielded_outside, NULL, "cede");
}

SUITE("group_end")
