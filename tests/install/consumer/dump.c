/* SPDX-License-Identifier: MIT
 *
 * dump.c - prints itself; what it stands in as well, where that is installed.
 */
#include <cede.h>

static int looks_at_itself(void *arg)
{
    (void)arg;
    int tasks = cede_dump(stdout);
    return tasks == 1 ? 0 : -EINVAL;
}

int main(void)
{
    return cede_run(looks_at_itself, NULL) < 0;
}
