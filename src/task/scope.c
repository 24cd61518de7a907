/* SPDX-License-Identifier: MIT
 *
 * scope.c - cancel scopes and deadlines.
 *
 * Source: trio's cancel scopes (N. J. Smith, "Timeouts and cancellation for
 * humans").  Level-triggered: a cancelled scope answers every wait inside it
 * until it is left, and leaving is all it takes to be rid of it.
 *
 * Cancelling walks the tree below the scope once, marks it, and ends the
 * waits of tasks that are inside; the walk is a loop, because trees may be
 * deep.  After that, asking whether one is cancelled is reading one flag.
 */
#include "task/task.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- cancelling -------------------------------------------------------- */

static void end_wait(struct cd_task *t)
{
    struct cd_wait *w = t->wait;
    if (w && (!w->abort || w->abort(w)))
        cd_wait_grant(w, -ECANCELED);
}

struct cd_scope *cd_scope_next(const struct cd_scope *root, struct cd_scope *s,
                               bool skip)
{
    if (!skip && !cd_list_empty(&s->children))
        return cd_container(s->children.next, struct cd_scope, node);
    for (; s != root; s = s->parent)
        if (s->node.next != &s->parent->children)
            return cd_container(s->node.next, struct cd_scope, node);
    return NULL;
}

/* root became effective: so does what is below it, up to shields. */
static void spread(struct cd_scope *root)
{
    struct cd_scope *s = root;
    while (s) {
        bool skip = s->effective || (s != root && s->shielded);
        if (!skip) {
            s->effective = true;
            if (s->task && s->task->scope == s)
                end_wait(s->task);
        }
        s = cd_scope_next(root, s, skip);
    }
}

/* A shield went up around root: work out anew what reaches below it. */
static void recede(struct cd_scope *root)
{
    for (struct cd_scope *s = root; s; s = cd_scope_next(root, s, false))
        s->effective = s->cancelled || s->expired ||
                       (!s->shielded && s->parent->effective);
}

void cd_scope_cancel(struct cd_scope *s, const char *why)
{
    if (s->cancelled || s->expired)
        return;
    s->cancelled = true;
    s->why = why;
    spread(s);
}

static void expire(struct cd_timer *t)
{
    struct cd_scope *s = cd_container(t, struct cd_scope, deadline);
    if (s->cancelled)
        return;
    s->expired = true;
    spread(s);
}

/* ---- entering and leaving ---------------------------------------------- */

/* Does p lie in a frame of the running stack that has returned already? */
static bool is_dead(const void *p)
{
    const struct cd_stack *stack = cd_current()->stack;
    const char *here = __builtin_frame_address(0);
    return stack && (const char *)p >= stack->lo && (const char *)p < here;
}

struct cd_scope_text cd_scope_describe(const struct cd_scope *s)
{
    struct cd_scope_text t;
    const char *place = cd_place(s->site);
    snprintf(t.text, sizeof t.text, "%s '%s'%s%s", s->group ? "group" : "scope",
             cd_scope_name(s->site), *place ? ", entered at " : "", place);
    return t;
}

void cd_scope_describe_open(char *buf, size_t size)
{
    const struct cd_task *t = cd_me.task;
    if (t && t->scope->face)
        snprintf(buf, size, "%s", cd_scope_describe(t->scope).text);
}

void cd_scope_check_outer(const struct cd_task *t)
{
    cd_check(!is_dead(t->scope->face),
             "task '%s' enters a scope or group, and has returned from a "
             "function without leaving %s",
             t->co.name, cd_scope_describe(t->scope).text);
}

void cd_scope_disorder(const struct cd_task *t, const struct cd_scope *s,
                       const char *verb)
{
    cd_abort("task '%s' %s %s, before it has left %s", t->co.name, verb,
             cd_scope_describe(s).text, cd_scope_describe(t->scope).text);
}

/* False: it has passed, or there is none. */
static bool take_deadline(struct cd_scope *s, cede_time deadline)
{
    if (deadline == CEDE_NEVER)
        return false;
    s->deadline.when = deadline;
    s->deadline.fire = expire;
    if (deadline > s->task->loop->now && deadline > cd_me.seen)
        return true;
    expire(&s->deadline);
    return false;
}

static void set_deadline(struct cd_scope *s, cede_time deadline)
{
    if (cd_timer_is_set(&s->deadline))
        cd_scope_disarm(s);
    if (take_deadline(s, deadline))
        cd_timer_set(&s->task->loop->timers, &s->deadline);
}

/* No timer fires before the task stops. */
static void set_deadline_later(struct cd_scope *s, cede_time deadline)
{
    if (!take_deadline(s, deadline))
        return;
    s->deadline.state = CD_TIMER_LATER;
    s->task->unarmed++;
}

void cd_scope_arm(struct cd_task *t)
{
    for (struct cd_scope *s = t->scope; t->unarmed > 0; s = s->parent) {
        if (s->deadline.state != CD_TIMER_LATER)
            continue;
        cd_timer_set(&t->loop->timers, &s->deadline);
        t->unarmed--;
    }
}

void cd_scope_enter_spare(struct cd_task *t, const char *site, const void *face)
{
    if (t->spare_depth++ > 0)
        return;
    cd_scope_init(&t->spare, t->scope, t);
    t->spare.effective = t->spare.cancelled = true;
    t->spare.why = "there was no memory for a scope";
    cd_scope_push(&t->spare, site, face);
}

int cd_scope_leave_spare(struct cd_task *t, int rc, const char *verb)
{
    cd_scope_check_inner(t, &t->spare, verb);
    if (--t->spare_depth > 0)
        return rc;
    cd_scope_pop(&t->spare);
    return rc == -ECANCELED && !t->scope->effective ? -ENOMEM : rc;
}

/* Nothing stands inside the spare scope. */
static struct cd_scope *new_scope(struct cd_task *t)
{
    return t->spare_depth
               ? NULL
               : cd_blocks_take(&t->run->scopes, sizeof(struct cd_scope));
}

static void enter(cede_scope *face, const char *site, cede_time deadline,
                  bool shielded)
{
    struct cd_task *t = cd_me.task;
    cd_check(t, "cede_enter called outside a task%s", cd_task_forked());
    struct cd_scope *s = new_scope(t);
    *face = (cede_scope){.impl_ = s ? s : &t->spare, .self_ = face};
    if (!s) {
        cd_scope_enter_spare(t, site, face);
        return;
    }
    cd_scope_init(s, t->scope, t);
    if (shielded) {
        s->shielded = true;
        s->effective = false;
    }
    cd_scope_push(s, site, face);
    set_deadline_later(s, deadline);
}

void cede_enter_named_(cede_scope *s, const char *name, cede_time deadline)
{
    enter(s, name, deadline, false);
}

void cede_enter_shielded_named_(cede_scope *s, const char *name,
                                cede_time deadline)
{
    enter(s, name, deadline, true);
}

void(cede_enter)(cede_scope *s, cede_time deadline)
{
    enter(s, "scope\0", deadline, false);
}

void(cede_enter_shielded)(cede_scope *s, cede_time deadline)
{
    enter(s, "scope\0", deadline, true);
}

static struct cd_scope *entered(const cede_scope *face, const char *verb)
{
    cd_check(face->self_ == face,
             "%s, in task '%s', of a scope that was "
             "copied, or never entered",
             verb, cede_task_name());
    cd_check(face->impl_, "%s, in task '%s', of a scope that was left already",
             verb, cede_task_name());
    return face->impl_;
}

/* What rc means outside of s. */
static int convert(const struct cd_scope *s, int rc)
{
    if (rc != -ECANCELED || (s->parent->effective && !s->shielded))
        return rc;
    if (s->expired)
        return cede_fail(-ETIMEDOUT, "time is up in %s",
                         cd_scope_describe(s).text);
    return s->cancelled ? 0 : rc;
}

int cede_leave(cede_scope *face, int rc)
{
    struct cd_scope *s = entered(face, "cede_leave");
    struct cd_task *t = cd_me.task;
    cd_check(t && s->task == t, "task '%s' leaves %s, in task '%s'%s",
             cede_task_name(), cd_scope_describe(s).text, s->task->co.name,
             cd_task_forked());
    cd_scope_check_inner(t, s, "leaves");
    face->impl_ = NULL;
    if (s == &t->spare)
        return cd_scope_leave_spare(t, rc, "leaves");
    face->expired_ = s->expired;
    rc = convert(s, rc);
    cd_scope_pop(s);
    cd_blocks_give(&t->run->scopes, s);
    return rc;
}

/* ---- the rest ---------------------------------------------------------- */

bool cede_scope_expired(const cede_scope *s)
{
    return s->impl_ ? s->impl_->expired : s->expired_;
}

/* The same of a scope on this thread's loop. */
static struct cd_scope *entered_here(const cede_scope *face, const char *verb)
{
    struct cd_scope *s = entered(face, verb);
    cd_check(s->task->loop == cd_me.loop,
             "%s of %s, in task '%s' of another thread%s", verb,
             cd_scope_describe(s).text, s->task->co.name, cd_task_forked());
    return s;
}

void cede_scope_cancel(cede_scope *s)
{
    cd_scope_cancel(entered_here(s, "cede_scope_cancel"),
                    "a scope was cancelled");
}

void cede_scope_deadline(cede_scope *face, cede_time deadline)
{
    struct cd_scope *s = entered_here(face, "cede_scope_deadline");
    if (!s->cancelled && !s->expired)
        set_deadline(s, deadline);
}

void cede_scope_shield(cede_scope *face, bool on)
{
    struct cd_scope *s = entered_here(face, "cede_scope_shield");
    if (s->shielded == on)
        return;
    s->shielded = on;
    if (on)
        recede(s);
    else if (s->parent->effective)
        spread(s);
}

bool cede_cancelled(void)
{
    return cd_me.task && cd_me.task->scope->effective;
}

int cede_within(cede_time delay, cede_fn *fn, void *arg)
{
    if (!cd_task_needed("cede_within"))
        return -EPERM;
    if (!fn)
        return cede_fail(-EINVAL, "cede_within without a function");
    if (cede_cancelled())
        return -ECANCELED;
    if (delay <= 0)
        return -ETIMEDOUT;
    cede_scope s;
    cede_enter_named_(&s, "cede_within\0", cede_in(delay));
    return cede_leave(&s, fn(arg));
}
