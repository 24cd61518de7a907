/* SPDX-License-Identifier: MIT
 *
 * blocks.cpp - the macros that make blocks, in a C++ program: loops over
 * generators and context managers, left in every way.
 */
#include <cede.h>

static int entered, exited;

static int enter(void *)
{
    entered++;
    return 0;
}

static int leave(void *, int rc)
{
    exited++;
    return rc;
}

static const cede_manager counting = {enter, leave};

static int once(cede_gen *self, void *)
{
    int item = 5;
    entered++;
    int rc = cede_yield(self, &item);
    exited++;
    return rc;
}

static int leaves(int how)
{
    int rc = 0;
    CEDE_USE(rc, &counting, nullptr);
    CEDE_EXITS(exits, rc);
    CEDE_TRY(cede_exits_enter(&exits, &counting, nullptr));
    for (int i = 0; i < 2; i++)
        cede_using (rc, &counting, nullptr)
            cede_with (rc, int, x, cede_gen_of(int, once, nullptr)) {
                if (how == 0)
                    break;
                if (how == 1)
                    continue;
                if (how == 2)
                    return x;
                if (how == 3)
                    goto out;
                if (how == 4)
                    throw x;
                rc = -x;
            }
out:
    return rc;
}

int main()
{
    for (int how = 0; how < 6; how++)
        try {
            leaves(how);
        } catch (int) {
        }
    cede_exits exits = {};
    cede_exits_push(&exits, leave, nullptr);
    entered++;
    int sum = cede_exits_close(&exits, 0);
    cede_each (int, x, cede_gen_of(int, once, nullptr))
        sum += x;
    return entered == 32 && exited == entered && sum == 5 ? 0 : 1;
}
