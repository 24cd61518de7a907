/* SPDX-License-Identifier: MIT
 *
 * turns.c - tasks that take turns in an order that a test wants.
 *
 * Whoever waits stands in a chain that begins in the user's struct.  A test
 * has few tasks, so finding the one whose turn it is may take a look at all.
 */
#include "task/task.h"

#include <cede/testing.h>

struct turn {
    struct cd_wait wait;
    cede_turns *turns;
    struct turn *next;
    size_t n;
};

static void leave_chain(struct turn *t)
{
    struct turn *at = t->turns->waiting_;
    if (at == t) {
        t->turns->waiting_ = t->next;
        return;
    }
    while (at->next != t)
        at = at->next;
    at->next = t->next;
}

static bool turn_abort(struct cd_wait *w)
{
    leave_chain(cd_container(w, struct turn, wait));
    return true;
}

static int refuse(const cede_turns *s, size_t n)
{
    return cede_fail(-EINVAL, "turn %zu, when turn %zu is the next", n,
                     s->over_);
}

int cede_test_turn(cede_turns *s, size_t n)
{
    struct cd_task *task = cd_task_needed("cede_test_turn");
    if (!task)
        return -EPERM;
    int rc = cd_checkpoint(task);
    if (rc < 0)
        return rc;
    if (n <= s->over_)
        return n == s->over_ ? 0 : refuse(s, n);
    struct turn t = {
        .wait.abort = turn_abort, .turns = s, .next = s->waiting_, .n = n};
    s->waiting_ = &t;
    return cd_wait_in(&t.wait, NULL, "turn");
}

int cede_test_turn_over(cede_turns *s, size_t n)
{
    if (n != s->over_)
        return refuse(s, n);
    s->over_++;
    struct turn *next;
    for (struct turn *t = s->waiting_; t; t = next) {
        next = t->next;
        if (t->n != s->over_)
            continue;
        leave_chain(t);
        cd_wait_grant(&t->wait, 0);
    }
    return 0;
}
