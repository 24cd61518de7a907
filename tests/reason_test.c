/* SPDX-License-Identifier: MIT
 *
 * reason_test.c - whoever is cancelled can say why.
 */
#include "check.h"
#include "tasks.h"

static char why[128];

static int asks(void *arg)
{
    (void)arg;
    int rc = cede_sleep(CEDE_NEVER);
    cede_cancel_reason(why, sizeof why);
    return rc;
}

static int fails(void *arg)
{
    (void)arg;
    return cede_fail(-ECONNREFUSED, "%s:%d said no", "host", 80);
}

static const char *reason(void)
{
    cede_cancel_reason(why, sizeof why);
    return why;
}

TASK_TEST(who_is_not_cancelled_has_no_reason)
{
    CHECK_STR_EQ(reason(), "");
    CEDE_SCOPE(s, CEDE_NEVER);
    CHECK_STR_EQ(reason(), "");
}

TEST(outside_a_task_there_is_no_reason)
{
    CHECK_EQ(cede_cancel_reason(why, sizeof why), 0);
    CHECK_STR_EQ(why, "");
}

TASK_TEST(a_deadline_is_a_reason)
{
    CEDE_SCOPE(s, cede_in(0));
    CHECK_EQ(cede_sleep(0), -ECANCELED);
    CHECK_STR_EQ(reason(), "a deadline has passed");
}

TASK_TEST(so_is_a_cancel_by_hand)
{
    CEDE_SCOPE(s, CEDE_NEVER);
    cede_scope_cancel(&s);
    CHECK_STR_EQ(reason(), "a scope was cancelled");
}

TASK_TEST(the_outermost_reason_counts)
{
    CEDE_SCOPE(outer, CEDE_NEVER);
    CEDE_SCOPE(inner, cede_in(0));
    CHECK_STR_EQ(reason(), "a deadline has passed");
    cede_scope_cancel(&outer);
    CHECK_STR_EQ(reason(), "a scope was cancelled");
}

TASK_TEST(what_a_shield_keeps_out_is_no_reason)
{
    CEDE_SCOPE(outer, cede_in(0));
    cede_scope shield;
    cede_enter_shielded(&shield, CEDE_NEVER);
    CHECK_STR_EQ(reason(), "");
    cede_scope_cancel(&shield);
    CHECK_STR_EQ(reason(), "a scope was cancelled");
    CHECK_EQ(cede_leave(&shield, 0), 0);
}

TASK_TEST(a_sibling_that_failed_is_named_with_its_group_and_message)
{
    CEDE_GROUP(workers);
    cede_go(&workers, asks, NULL);
    cede_go(&workers, fails, NULL);
    CHECK_EQ(cede_join(&workers), -ECONNREFUSED);
    CHECK_STR_EQ(why, "'fails' in group 'workers' failed: host:80 said no");
}

static int fails_silently(void *arg)
{
    (void)arg;
    return -EPIPE;
}

TASK_TEST(a_sibling_that_failed_without_a_message_is_named_with_its_code)
{
    CEDE_GROUP(workers);
    cede_go(&workers, asks, NULL);
    cede_go(&workers, fails_silently, NULL);
    CHECK_EQ(cede_join(&workers), -EPIPE);
    CHECK_STR_EQ(why, "'fails_silently' in group 'workers' failed: "
                      "Broken pipe");
}

TASK_TEST(a_task_and_a_group_that_were_cancelled_say_so)
{
    CEDE_GROUP(one);
    cede_future *f = cede_spawn(&one, asks, NULL);
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    CHECK_OK(cede_join(&one));
    CHECK_STR_EQ(why, "the task was cancelled");

    CEDE_GROUP(two);
    cede_go(&two, asks, NULL);
    cede_group_cancel(&two);
    CHECK_OK(cede_join(&two));
    CHECK_STR_EQ(why, "a group was cancelled");
}

static void leave_a_block(void)
{
    CEDE_GROUP(left);
    cede_go(&left, asks, NULL);
    cede_sleep(0);
}

TASK_TEST(so_do_children_of_a_block_that_was_left)
{
    leave_a_block();
    CHECK_STR_EQ(why, "the block of a group was left");
}

static int leaves_one_behind(void *arg)
{
    cede_go(NULL, asks, arg);
    return cede_sleep(0);
}

TEST(so_do_background_tasks_at_the_end_of_the_run)
{
    CHECK_OK(cede_run(leaves_one_behind, NULL));
    CHECK_STR_EQ(why, "the main task is over");
}

TASK_TEST(a_reason_is_cut_like_snprintf_cuts)
{
    CEDE_SCOPE(s, cede_in(0));
    char few[5];
    CHECK_EQ(cede_cancel_reason(few, sizeof few), 21);
    CHECK_STR_EQ(few, "a de");
}

SUITE("reason")
