/* SPDX-License-Identifier: MIT
 *
 * tree.h - the tasks and groups of a run, one after the other.
 */
#ifndef CD_DEBUG_TREE_H
#define CD_DEBUG_TREE_H

#include "task/task.h"

#include <cede/debug.h>

/* What a walk calls; a member may be NULL.  Depth is 0 for the run's own
 * groups, and one more for whatever is inside a group or a task. */
struct cd_tree_visitor {
    void (*group)(void *ctx, const struct cd_group *g, int depth);
    void (*task)(void *ctx, const struct cd_task *t, int depth);
    /* It has no stack yet: see task.c. */
    void (*put_off)(void *ctx, const struct cd_group *g,
                    const struct cd_start *s, int depth);
};

/* Everything that lives in a run: main's group, then the background, each
 * with what is inside.  Inside a group stand its children and what its owner
 * entered within it, in the order of starting and entering; starts that are
 * put off stand last. */
void cd_tree_walk(const struct cd_run *run, const struct cd_tree_visitor *v,
                  void *ctx);

/* Of the scope asked for last: so asking in the order of a walk costs a few
 * steps each time, however deep the tree.  Zeroed at first, and while nothing
 * of the run changes. */
struct cd_tree_memo {
    const struct cd_scope *scope;
    cede_time deadline;
};

/* The earliest deadline that reaches what runs in s; CEDE_NEVER. */
cede_time cd_tree_deadline(const struct cd_scope *s, struct cd_tree_memo *memo);

#endif
