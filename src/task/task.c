/* SPDX-License-Identifier: MIT
 *
 * task.c - starting and ending tasks.
 *
 * A task costs one stack from the pool and nothing else: its struct lies at
 * the top of that stack, so the page it is on is touched anyway.
 *
 * Where many tasks are started before any of them runs, the memory of all
 * those stacks would go through the cache twice.  So beyond the first FEW a
 * start is put off: a ticket in the late list stands for the task, and it gets
 * its stack when its turn has come, the one that the task before it has just
 * left if that did not wait.  A stack is promised to each ticket, because a
 * start that was accepted must not fail.
 */
#include "task/future.h"

#include <stdlib.h>
#include <string.h>

static _Noreturn void ended_badly(const struct cd_task *t)
{
    cd_check(cd_me.task == t,
             "task '%s' returned in a process that was forked in it: end "
             "that process by _exit or exec",
             t->co.name);
    cd_abort("task '%s' ended without leaving %s", t->co.name,
             cd_scope_describe(t->scope).text);
}

_Atomic(void (*)(struct cd_task *t)) cd_task_left_mutexes;

static __attribute__((noinline)) void leave_behind(struct cd_task *t)
{
    if (t->mutexes)
        cd_task_left_mutexes(t);
    if (t->failures)
        cd_failures_free(t->failures);
}

/* Everything there is to do when fn has returned, on the task's own stack. */
static void end(struct cd_task *t, int rc)
{
    if (cd_unlikely(t->scope != &t->root))
        ended_badly(t);
    cd_coro_end(&t->co);
    struct cd_group *g = t->group;
    bool cancelled = rc == -ECANCELED && t->root.effective;
    bool handled = t->future && g == &t->run->background;
    cd_list_unlink(&t->root.node);
    if (t->result_at)
        *t->result_at = rc;
    if (t->future) {
        t->future->task = NULL;
        cd_future_resolve(t->future, rc,
                          rc < 0 ? cd_message_of(&t->co, rc) : NULL);
    }
    if (cd_unlikely(rc < 0 && !cancelled && !handled))
        cd_group_failed(g, t->co.name, rc, cd_message_take(&t->co, rc));
    cd_message_drop(&t->co);
    /* One branch for both: few have either. */
    if (cd_unlikely(((uintptr_t)t->failures | (uintptr_t)t->mutexes) != 0))
        leave_behind(t);
    if (cd_unlikely(t->locals))
        cd_locals_drop(t->locals);
    cd_group_child_over(g);
}

static void task_main(void *arg)
{
    struct cd_task *t = arg;
    t->run->unstarted--;
    cede_me_.co = &t->co;
    cd_me.task = t;
    cd_coro_arrive(&t->co);
    cd_stack_settle(t->co.stack);
    end(t, t->fn(t->arg));
    /* From here on the stack is free, though we still stand on it: nothing
     * may take one before the switch. */
    struct cd_loop *loop = t->loop;
#ifdef CD_FIBERS
    t->strand.ctx.fiber = t->co.fiber;
#endif
    cd_stack_give(t->co.stack);
    cd_switch_last(&t->strand.ctx, cd_loop_pick(loop));
    abort(); /* nobody resumes a task that has ended */
}

/* Lay out a task below the head of its stack: struct, then copied bytes, then
 * the first frame. */
static struct cd_task *lay_out(struct cd_stack *stack, size_t copy)
{
    char *top = cd_stack_top(stack);
    char *at = top - ((sizeof(struct cd_task) + 15) & ~(size_t)15);
    struct cd_task *t = (struct cd_task *)(void *)at;
    t->strand.work.run = NULL;
    cd_ctx_make(&t->strand.ctx, stack, at - ((copy + 15) & ~(size_t)15),
                task_main, t);
    return t;
}

static inline __attribute__((always_inline)) void fill(struct cd_task *t,
                                                       struct cd_group *g,
                                                       const struct cd_start *s,
                                                       struct cd_stack *stack)
{
    cd_coro_init(&t->co, "task", s->name, stack);
    t->co.held = &t->held;
    t->run = g->run;
    t->loop = g->run->loop;
    t->wait = NULL;
    t->failures = NULL;
    t->mutexes = NULL;
    cd_scope_init(&t->root, &g->scope, t);
    t->scope = &t->root;
    t->id = ++g->run->started;
    t->site = s->site;
    t->budget = t->loop->budget;
    t->held = 0;
    t->unarmed = 0;
    t->spare_depth = 0;
    t->group = g;
    t->future = s->future;
    t->result_at = s->result_at;
    t->fn = s->fn;
    t->arg = s->arg;
    if (s->copy)
        t->arg =
            memcpy((char *)t - ((s->copy + 15) & ~(size_t)15), s->arg, s->copy);
}

/* Nothing here fails, or counts among the group's children.  Its locals are
 * set by the caller. */
static inline __attribute__((always_inline)) struct cd_task *
make(struct cd_group *g, const struct cd_start *s, struct cd_stack *stack)
{
    struct cd_task *t = lay_out(stack, s->copy);
    fill(t, g, s, stack);
    if (s->future)
        s->future->task = t;
    g->run->unstarted++;
    return t;
}

/* ---- starts that are put off ------------------------------------------- */

enum { FEW = 64 };

struct ticket {
    struct cd_work work;
    struct cd_group *group;
    struct cd_start start;
    struct cd_locals *locals; /* of the moment of starting */
    unsigned size_class;
};

/* The memory of the next stack on its way while this one is used: what a task
 * has at its top is a page away from everything else. */
static void fetch_next(const struct cd_stack *s)
{
    enum { LINE = 64, LINES = 10 };
    for (int i = 0; s && i < LINES; i++)
        __builtin_prefetch((const char *)s - i * LINE, 1);
}

/* Its turn has come. */
static void redeem(struct cd_work *w)
{
    struct ticket *ticket = cd_container(w, struct ticket, work);
    struct cd_group *g = ticket->group;
    struct cd_stack *stack = cd_stack_take_reserved(ticket->size_class);
    struct cd_task *t = make(g, &ticket->start, stack);
    t->locals = ticket->locals;
    cede_future *f = t->future;
    fetch_next(cd_stacks.free[ticket->size_class]);
    cd_blocks_give(&g->run->tickets, ticket);
    if (f && f->cancelled_early)
        cd_scope_cancel(&t->root, "the task was cancelled");
    cd_loop_ready_first(t->loop, &t->strand.work);
}

static __attribute__((noinline)) bool
put_off(struct cd_group *g, const struct cd_start *s, unsigned size_class)
{
    if (s->copy || !cd_stack_reserve(size_class))
        return false;
    struct ticket *ticket = cd_blocks_take(&g->run->tickets, sizeof *ticket);
    if (!ticket) {
        cd_stacks.reserved[size_class]--;
        return false;
    }
    *ticket = (struct ticket){.work.run = redeem,
                              .group = g,
                              .start = *s,
                              .locals = cd_locals_keep(cd_locals_here()),
                              .size_class = size_class};
    g->live++;
    cd_loop_late(g->run->loop, &ticket->work);
    return true;
}

const struct cd_start *cd_task_put_off(const struct cd_work *w,
                                       const struct cd_group **g)
{
    if (w->run != redeem)
        return NULL;
    const struct ticket *ticket = cd_container(w, const struct ticket, work);
    *g = ticket->group;
    return &ticket->start;
}

/* ---- starting ---------------------------------------------------------- */

static inline __attribute__((always_inline)) int
start_now(struct cd_group *g, const struct cd_start *s, unsigned size_class)
{
    struct cd_stack *stack = cd_coro_stack(size_class);
    if (cd_unlikely(!stack))
        return -ENOMEM;
    struct cd_task *t = make(g, s, stack);
    t->locals = cd_locals_keep(cd_locals_here());
    g->live++;
    cd_loop_last(t->loop, &t->strand.work);
    return 0;
}

/* A start that says more than which function, or one of many. */
static __attribute__((noinline)) int start_other(struct cd_group *g,
                                                 const struct cd_start *s)
{
    if (!s->fn)
        return cede_fail(-EINVAL, "task '%s' has no function", s->name);
    int size_class =
        s->stack_size ? cd_stack_class(s->stack_size) : (int)cd_me.stack_class;
    if (size_class < 0)
        return cede_fail(-ENOMEM,
                         "task '%s': a stack of %zu bytes; 1 GiB is "
                         "the most",
                         s->name, s->stack_size);
    if (s->copy && s->copy > cd_stack_class_size((unsigned)size_class) / 4)
        return cede_fail(-EMSGSIZE,
                         "task '%s': a copy of %zu bytes does not fit on its "
                         "stack; pass a pointer, or a larger stack_size",
                         s->name, s->copy);
    if (g->run->unstarted >= FEW && put_off(g, s, (unsigned)size_class))
        return 0;
    return start_now(g, s, (unsigned)size_class);
}

int cd_task_start(struct cd_group *g, const struct cd_start *s)
{
    if (cd_unlikely(!s->fn || s->stack_size || s->copy ||
                    g->run->unstarted >= FEW))
        return start_other(g, s);
    return start_now(g, s, cd_me.stack_class);
}

const char *cede_task_name(void)
{
    return cd_me.task ? cd_me.task->co.name : "";
}
