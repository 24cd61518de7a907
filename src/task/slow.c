/* SPDX-License-Identifier: MIT
 *
 * slow.c - steps that hold the thread for too long.
 *
 * Nobody else runs during a step, so a long one delays every timer and every
 * other task.  Two looks at the clock around each are all there is to it.  A
 * step's end is where the task stopped: what it waits for there, and where it
 * was started, is what leads to the code.
 */
#include "task/slow.h"
#include "task/task.h"

#include <inttypes.h>
#include <stdio.h>

static struct cd_slow *slow_of(struct cd_guide *g)
{
    return cd_container(g, struct cd_slow, guide);
}

/* Is the task, whose memory may be gone, among the children of its group? */
static bool is_alive(const struct cd_slow *s)
{
    cd_list_each (node, &s->group->scope.children)
        if (node == &s->task->root.node)
            return true;
    return false;
}

/* "it waited: queue get", and so on. */
static void say_where(const struct cd_slow *s, char *text, size_t size)
{
    const struct cd_wait *w = is_alive(s) ? s->task->wait : NULL;
    if (w)
        snprintf(text, size, "it waited: %s", w->why);
    else
        snprintf(text, size, is_alive(s) ? "it let others run" : "it ended");
}

static void report(const struct cd_slow *s, cede_time took)
{
    char what[256], where[80];
    int64_t ms = took / CEDE_MS;
    if (!s->task) {
        snprintf(what, sizeof what,
                 "a callback held the thread for %" PRId64 " ms", ms);
        cd_notice(what, "", -ETIME);
        return;
    }
    const char *place = cd_place(s->site);
    say_where(s, where, sizeof where);
    snprintf(what, sizeof what,
             "the thread was held for %" PRId64 " ms, until %s%s%s", ms, where,
             *place ? "; started at " : "", place);
    cd_notice(what, s->name, -ETIME);
}

static void begin(struct cd_guide *g, const struct cd_work *w)
{
    struct cd_slow *s = slow_of(g);
    const struct cd_task *t =
        cd_guide_is_strand(w)
            ? cd_container(w, const struct cd_task, strand.work)
            : NULL;
    s->task = t;
    if (t) {
        s->group = t->group;
        s->name = t->co.name;
        s->site = t->site;
    }
    s->began = cd_monotonic();
}

static void end(struct cd_guide *g, const struct cd_work *w)
{
    struct cd_slow *s = slow_of(g);
    cede_time took = cd_monotonic() - s->began;
    (void)w;
    if (took > s->limit)
        report(s, took);
}

void cd_slow_watch(struct cd_slow *s, cede_time limit)
{
    s->limit = limit > 0 ? limit : 100 * CEDE_MS;
    s->guide.begin = begin;
    s->guide.end = end;
}
