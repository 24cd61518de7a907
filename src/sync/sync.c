/* SPDX-License-Identifier: MIT
 *
 * sync.c - what all things that tasks wait in have in common.
 */
#include "sync/sync.h"
#include "task/loop.h"

bool cd_task_elsewhere(const struct cd_task *t)
{
    return cd_loop_whole(t->loop)->owner != &cd_me;
}

const char *cd_sync_instead(void)
{
    return cd_task_hint(": between threads use a shared queue or a promise");
}

static int used_by_two_threads(const struct cd_task *t, const char *what)
{
    return cede_fail(-EPERM,
                     "%s is used by two threads: task '%s' waits in it on "
                     "another%s",
                     what, t->co.name, cd_sync_instead());
}

int cd_waiters_look_closely(struct cd_waiters *w, const char *what)
{
    if (!w->self) {
        w->self = w;
        cd_list_init(&w->queue);
    }
    cd_check(w->self == w,
             "%s was copied or moved after it was used, or never zeroed", what);
    const struct cd_wait *first = cd_wait_first(&w->queue);
    if (first && cd_task_elsewhere(first->task))
        return used_by_two_threads(first->task, what);
    return 0;
}

void cd_waiters_insist(struct cd_waiters *w, const char *what)
{
    cd_check(cd_waiters_look(w, what) == 0, "%s", cede_message());
}

void cd_waiters_grant_all(struct cd_waiters *w, int rc)
{
    struct cd_wait *first;
    while ((first = cd_wait_first(&w->queue)))
        cd_wait_grant(first, rc);
}
