/* SPDX-License-Identifier: MIT
 *
 * reason.c - why a scope is cancelled.
 *
 * Nothing is remembered but a phrase in the scope that was cancelled; the rest
 * is found when somebody asks, by walking outwards as far as cancels reach in.
 */
#include "task/task.h"

#include <stdio.h>

const char cd_child_failed[] = "a child of a group failed";

/* The outermost scope whose cancel or deadline reaches into s. */
static const struct cd_scope *origin(const struct cd_scope *s)
{
    const struct cd_scope *found = NULL;
    for (; s; s = s->shielded ? NULL : s->parent)
        if (s->cancelled || s->expired)
            found = s;
    return found;
}

static int describe_failure(const struct cd_group *g, char *buf, size_t size)
{
    const struct cd_failures *f = g->failures;
    const char *name = f ? f->kept[0].name : "a child";
    const char *text = f ? cd_message_text(f->kept[0].message) : "";
    return snprintf(buf, size, "'%s' in group '%s' failed: %s", name,
                    g->scope.site, text[0] ? text : cede_strerror(g->failure));
}

static int describe(const struct cd_scope *s, char *buf, size_t size)
{
    if (!s)
        return snprintf(buf, size, "%s", "");
    if (s->expired)
        return snprintf(buf, size, "a deadline has passed");
    if (s->why == cd_child_failed)
        return describe_failure(cd_container(s, const struct cd_group, scope),
                                buf, size);
    return snprintf(buf, size, "%s", s->why);
}

int cede_cancel_reason(char *buf, size_t size)
{
    int saved = errno;
    int n = describe(cd_me.task ? origin(cd_me.task->scope) : NULL, buf, size);
    errno = saved;
    return n;
}
