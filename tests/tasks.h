/* SPDX-License-Identifier: MIT
 *
 * tasks.h - small tasks that several tests start.  Include check.h first.
 */
#ifndef CEDE_TESTS_TASKS_H
#define CEDE_TESTS_TASKS_H

static inline int returns(void *arg)
{
    return *(int *)arg;
}

static inline int returns_later(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return *(int *)arg;
}

/* Notes arg, a string, when it is cancelled. */
static inline int sleeps_for_ever(void *arg)
{
    int rc = cede_sleep(CEDE_NEVER);
    note("%s", (char *)arg);
    return rc;
}

#endif
