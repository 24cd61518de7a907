/* SPDX-License-Identifier: MIT
 *
 * held.c - mutexes whose owner has ended, and those unlocked out of order.
 */
#include "sync/held.h"

#include <stdio.h>

#ifdef CD_ASAN
#define LOOKS_AT_DEAD_FRAMES __attribute__((no_sanitize_address))
#else
#define LOOKS_AT_DEAD_FRAMES
#endif

/* m is as it was when t locked it, and that was before number *before, which
 * becomes its own; false: something else is there. */
LOOKS_AT_DEAD_FRAMES
static bool is_held(const cede_mutex *m, const struct cd_task *t,
                    size_t *before)
{
    size_t number = m->seal_ ^ (uintptr_t)m->next_;
    if (m->waiters_.self != &m->waiters_ || m->owner_ != t || number >= *before)
        return false;
    *before = number;
    return true;
}

void cd_let_go(struct cd_task *t, cede_mutex *m)
{
    if (t->mutexes == m) {
        t->mutexes = m->next_;
        return;
    }
    size_t number = t->run->locked + 1; /* none is as high */
    for (cede_mutex *at = t->mutexes; at && is_held(at, t, &number);
         at = at->next_)
        if (at->next_ == m) {
            cd_held_link(at, m->next_, number);
            return;
        }
}

/* ---- owners that end --------------------------------------------------- */

static void break_open(cede_mutex *m)
{
    m->owner_ = (void *)m;
    cd_waiters_grant_all(&m->waiters_, CEDE_EBROKEN);
    struct cd_list *node;
    while ((node = cd_list_take(&m->asleep_)))
        cd_wait_grant(&cd_container(node, struct cd_lock, asleep)->wait,
                      CEDE_EBROKEN);
}

static bool is_on_stack(const cede_mutex *m, const struct cd_task *t)
{
    uintptr_t top = (uintptr_t)cd_stack_top(t->co.stack);
    return top - (uintptr_t)m <= cd_stack_class_size(t->co.stack->size_class);
}

/* Nobody below top waits in a mutex that was on the stack of t: that is found
 * out from those who wait, as our own frames may be where it was. */
static void check_unwanted(struct cd_scope *top, const struct cd_task *t)
{
    for (struct cd_scope *s = top; s; s = cd_scope_next(top, s, false)) {
        const struct cd_wait *w = s->task ? s->task->wait : NULL;
        const cede_mutex *m = w ? cd_mutex_awaited(w) : NULL;
        cd_check(!m || !is_on_stack(m, t),
                 "task '%s' ended without unlocking a mutex on its own stack, "
                 "in which task '%s' waits",
                 t->co.name, s->task->co.name);
    }
}

static void report(const struct cd_task *t)
{
    char text[256];
    const char *place = cd_place(t->site);
    snprintf(text, sizeof text, "a task%s%s ended without unlocking a mutex",
             *place ? " started at " : "", place);
    cd_report(text, t->co.name, CEDE_EBROKEN, NULL);
}

/* Break those that are still there.  Were they all of them? */
LOOKS_AT_DEAD_FRAMES
static bool break_all(const struct cd_task *t)
{
    size_t number = t->run->locked + 1; /* none is as high */
    bool all = true;
    cede_mutex *m = t->mutexes, *next;
    for (; m && is_held(m, t, &number); m = next) {
        next = m->next_;
        if (is_on_stack(m, t))
            all = false;
        else
            break_open(m);
    }
    return all && !m;
}

void cd_held_left(struct cd_task *t)
{
    if (!break_all(t)) {
        check_unwanted(&t->run->main.scope, t);
        check_unwanted(&t->run->background.scope, t);
    }
    report(t);
    t->mutexes = NULL; /* once: some ends have two parts */
}
