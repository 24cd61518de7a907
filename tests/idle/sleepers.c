/* SPDX-License-Identifier: MIT
 *
 * sleepers.c - 1,000 tasks that sleep for hours, and one that wakes up five
 * times; for run.sh.
 */
#include <cede.h>
#include <stdint.h>
#include <unistd.h>

enum { SLEEPERS = 1000, WAKE_UPS = 5 };

static int sleeper(void *i)
{
    return cede_sleep((3600 + (intptr_t)i) * CEDE_SEC);
}

/* A line between those of the system calls that are looked at. */
static void mark(void)
{
    if (write(STDOUT_FILENO, "mark\n", 5) != 5)
        _exit(2);
}

static int amain(void *arg)
{
    (void)arg;
    CEDE_GROUP(sleepers);
    for (intptr_t i = 0; i < SLEEPERS; i++)
        CEDE_TRY(cede_go(&sleepers, sleeper, (void *)i));
    CEDE_TRY(cede_sleep(20 * CEDE_MS));
    mark();
    for (int i = 0; i < WAKE_UPS; i++)
        CEDE_TRY(cede_sleep(40 * CEDE_MS));
    mark();
    cede_group_cancel(&sleepers);
    return cede_join(&sleepers);
}

int main(void)
{
    return cede_run(amain, NULL) == 0 ? 0 : 1;
}
