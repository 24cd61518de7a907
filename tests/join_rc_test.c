/* SPDX-License-Identifier: MIT
 *
 * join_rc_test.c - a block's own outcome and that of its group, as one.
 */
#include "check.h"
#include "tasks.h"

static int fails(void *arg)
{
    (void)arg;
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fail(-EIO, "it is broken");
}

/* Children that end well, or one that fails; and what the block did then. */
static int block(cede_fn *child, int (*work)(void))
{
    CEDE_GROUP(g);
    cede_go(&g, child, &(int){3});
    return cede_join_rc(&g, work());
}

static int seven(void)
{
    return 7;
}

static int waits(void)
{
    return cede_sleep(CEDE_SEC);
}

static int breaks(void)
{
    return cede_fail(-EPIPE, "so is the block");
}

static int waits_and_breaks(void)
{
    cede_sleep(CEDE_SEC);
    return breaks();
}

VIRTUAL_TEST(a_block_and_a_group_that_did_well_answer_what_the_block_did)
{
    CHECK_EQ(block(returns, seven), 7);
    CHECK_EQ(block(returns, waits), 0);
}

VIRTUAL_TEST(a_child_that_failed_is_why_the_block_was_cancelled)
{
    CHECK_ERR(block(fails, waits), -EIO);
    CHECK_STR_EQ(cede_message(), "it is broken");
}

VIRTUAL_TEST(a_child_that_failed_is_the_answer_of_a_block_that_did_well)
{
    CHECK_ERR(block(fails, seven), -EIO);
}

VIRTUAL_TEST(a_block_that_fails_cancels_its_children_and_is_the_answer)
{
    cede_time before = cede_now();
    CEDE_GROUP(g);
    cede_go(&g, sleeps_for_ever, "x");
    CHECK_ERR(cede_join_rc(&g, breaks()), -EPIPE);
    CHECK_STR_EQ(cede_message(), "so is the block");
    CHECK_EQ(cede_now(), before);
    CHECK_NOTED("x");
}

VIRTUAL_TEST(a_block_that_fails_after_a_child_keeps_its_own_failure)
{
    CHECK_ERR(block(fails, waits_and_breaks), -EPIPE);
    CHECK_STR_EQ(cede_message(), "so is the block");
    cede_failure f;
    CHECK_EQ(cede_failures(&f, 1), 1);
    CHECK_EQ(f.code, -EIO);
}

VIRTUAL_TEST(a_group_cancelled_by_hand_answers_0)
{
    CEDE_GROUP(g);
    cede_group_cancel(&g);
    CHECK_OK(cede_join_rc(&g, waits()));
}

VIRTUAL_TEST(cancelled_from_outside_it_is_cancelled)
{
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS));
    CHECK_ERR(block(sleeps_for_ever, waits), -ECANCELED);
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
}

VIRTUAL_TEST(cancelled_although_nobody_cancelled_is_a_failure)
{
    CEDE_GROUP(g);
    cede_go(&g, sleeps_for_ever, "");
    CHECK_ERR(cede_join_rc(&g, -ECANCELED), -ECANCELED);
}

TASK_TEST(the_background_is_joined_by_nobody)
{
    CHECK_ERR(cede_join(NULL), -EINVAL);
    CHECK_ERR(cede_join_rc(NULL, 0), -EINVAL);
    CHECK_ERR(cede_join_rc(NULL, -EIO), -EIO);
}

static int cancels_the_background(void *arg)
{
    (void)arg;
    cede_group_cancel(NULL);
    return 0;
}

static void run_cancels_the_background(void *arg)
{
    cede_run(cancels_the_background, arg);
}

TEST(the_background_is_cancelled_by_the_end_of_main_alone)
{
    CHECK_ABORTS(run_cancels_the_background, NULL,
                 "'cancels_the_background' cancels the background group");
}

SUITE("join_rc")
