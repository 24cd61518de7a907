/* SPDX-License-Identifier: MIT
 *
 * task_info_test.c - a program looks at its tasks.
 */
#include "check.h"

static int naps(void *arg)
{
    return cede_sleep(*(const cede_time *)arg);
}

static int naps_within_5_s(void *arg)
{
    return cede_within(5 * CEDE_SEC, naps, arg);
}

static const cede_time two_s = 2 * CEDE_SEC;
#define TWO_S ((void *)(uintptr_t)&two_s)

VIRTUAL_TEST(the_tasks_of_a_run_are_listed_in_the_order_of_the_tree)
{
    CHECK_OK(cede_go(NULL, naps, TWO_S));
    CEDE_GROUP(first);
    CHECK_OK(cede_go(&first, naps_within_5_s, TWO_S));
    CHECK_OK(cede_sleep(CEDE_SEC));
    cede_task_info t[4];
    CHECK_EQ(cede_tasks(t, 4), 3);
    CHECK_EQ(t[0].id, 1);
    CHECK_STR_EQ(t[0].name, "main");
    CHECK_STR_EQ(t[0].group, "main");
    CHECK_STR_EQ(t[0].waits, "");
    CHECK_EQ(t[0].since, 0);
    CHECK(t[0].deadline == CEDE_NEVER);
    CHECK(t[0].stack_used > 0);
    CHECK_EQ(t[1].id, 3);
    CHECK_STR_EQ(t[1].name, "naps_within_5_s");
    CHECK_STR_EQ(t[1].group, "first");
    CHECK(strstr(t[1].started_at, "tests/task_info_test.c:"));
    CHECK_STR_EQ(t[1].waits, "sleep");
    CHECK_EQ(cede_now() - t[1].since, CEDE_SEC);
    CHECK_EQ(t[1].deadline - cede_now(), 4 * CEDE_SEC);
    CHECK(!t[1].cancelled);
    CHECK_EQ(t[2].id, 2);
    CHECK_STR_EQ(t[2].group, "background");
    cede_group_cancel(&first);
    CHECK_EQ(cede_tasks(t, 2), 3); /* as many as fit */
    CHECK(t[1].cancelled);
    CHECK_STR_EQ(t[1].waits, "");
    CHECK_OK(cede_join(&first));
}

TASK_TEST(a_task_may_look_at_itself_and_change_its_name)
{
    cede_task_info t;
    CHECK_OK(cede_task_current(&t));
    CHECK_EQ(t.id, 1);
    CHECK_STR_EQ(t.name, "main");
    CHECK_OK(cede_set_name("chief"));
    CHECK_OK(cede_task_current(&t));
    CHECK_STR_EQ(t.name, "chief");
    CHECK_STR_EQ(cede_task_name(), "chief");
    CHECK_ERR(cede_set_name(NULL), -EINVAL);
    CHECK_STR_EQ(cede_task_name(), "chief");
}

TEST(outside_a_task_there_is_none_to_look_at)
{
    cede_task_info t;
    CHECK_ERR(cede_task_current(&t), -EPERM);
    CHECK_ERR(cede_set_name("nobody"), -EPERM);
}

SUITE("task_info")
