/* SPDX-License-Identifier: MIT
 *
 * gather.c - several calls at once, their results in order.
 *
 * A gather is a group in the caller's frame whose children write their
 * results into the caller's array.  All are over before it returns, because
 * what they were given usually lies in that frame.
 */
#include "base/memory.h"
#include "task/task.h"

#include <string.h>

static void start_all(cede_group *g, const cede_call *calls, size_t n,
                      int *results)
{
    for (size_t i = 0; i < n; i++) {
        int *at = results ? &results[i] : NULL;
        struct cd_start s = {.name = "gather",
                             .site = "gather\0",
                             .fn = calls[i].fn,
                             .arg = calls[i].arg,
                             .result_at = at};
        int rc = cd_task_start(g->impl_, &s);
        if (rc == 0)
            continue;
        g->impl_->tolerant = false;
        cd_group_failed(g->impl_, "gather", rc,
                        cd_message_copy(cd_current()->message));
        return;
    }
}

static int gather(const cede_call *calls, size_t n, int *results, bool tolerant)
{
    struct cd_task *t = cd_task_needed("cede_gather");
    if (!t)
        return -EPERM;
    for (size_t i = 0; results && i < n; i++)
        results[i] = -ECANCELED; /* of those that will not start */
    int rc = cd_checkpoint(t);
    if (rc < 0 || n == 0)
        return rc;
    cede_group g;
    cede_group_enter_named_(&g, "gather\0");
    if (g.impl_) {
        g.impl_->tolerant = tolerant;
        start_all(&g, calls, n, results);
    }
    return cede_join(&g);
}

int cede_gather(const cede_call *calls, size_t n, int *results)
{
    return gather(calls, n, results, false);
}

int cede_gather_all(const cede_call *calls, size_t n, int *results)
{
    return gather(calls, n, results, true);
}
