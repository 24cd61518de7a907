/* SPDX-License-Identifier: MIT
 *
 * task.h - the inside of tasks: waiting, scopes, groups, futures.
 *
 * The pieces, and who points to whom:
 *
 *     run ── main group, background group
 *     group ── its scope ── the root scopes of its children
 *     task ── root scope ... innermost scope; wait; group; future
 *
 * Scopes form one tree across tasks.  Cancelling one marks the tree below it
 * and ends the waits of the tasks in there.
 */
#ifndef CD_TASK_TASK_H
#define CD_TASK_TASK_H

#include "base/list.h"
#include "base/memory.h"
#include "coro/coro.h"
#include "loop/loop.h"
#include "task/local.h"

#include <cede/task.h>

enum { CD_BUDGET = 128 }; /* [waits] calls without waiting, see fairness */

/* ---- waiting, the one primitive ---------------------------------------- */

/* One task's wait for one thing.  Lives on the waiting task's stack.
 *
 * Waiting: task->wait points here, node is in the queue of the thing awaited
 * (or in none, if that has its own way back), rc is whatever that keeps there.
 * Over: task->wait is NULL, node is in no list, rc says why, and the task is
 * ready or running.  Only the loop's own thread looks at it. */
struct cd_wait {
    struct cd_list node;
    struct cd_task *task;
    const char *why; /* a phrase for dumps, such as "queue get" */
    cede_time since; /* the turn in which it began */
    /* The task is cancelled: false refuses, and the wait goes on; true: it
     * has undone what stands outside of this struct.  NULL: true. */
    bool (*abort)(struct cd_wait *w);
    int rc;
};

/* What every [waits] call begins with: -ECANCELED in a cancelled scope; else
 * 0.  Either way it lets the others run if it was time for that: a task that
 * overlooks the -ECANCELED must not hang the thread. */
static inline int cd_checkpoint(struct cd_task *t);

/* The same in two parts, for calls on what others may free meanwhile: they let
 * nobody run before they have done their work, or wait where they are seen.
 * At the beginning; and at the end of one that need not wait. */
static inline int cd_checkpoint_begin(struct cd_task *t);
static inline void cd_checkpoint_end(struct cd_task *t);

/* True: neither of them has anything to do here, and both are done. */
static inline bool cd_checkpoint_pass(struct cd_task *t);

/* Wait in a queue (NULL: in none) until granted; what it was granted.  The
 * caller has set abort, and passed the checkpoint. */
int cd_wait_in(struct cd_wait *w, struct cd_list *queue, const char *why);

/* End a wait: its task is ready, and finds rc.  Touches nothing of the thing
 * awaited but its queue. */
static inline void cd_wait_grant(struct cd_wait *w, int rc);

/* The oldest wait of a queue; NULL if there is none. */
static inline struct cd_wait *cd_wait_first(struct cd_list *queue)
{
    return cd_list_empty(queue)
               ? NULL
               : cd_container(queue->next, struct cd_wait, node);
}

/* For waits that must go on to their end. */
bool cd_wait_refuse(struct cd_wait *w);

/* Let every other ready task run once. */
void cd_task_yield(struct cd_task *t);

/* The budget is used up: have another, and let the others run; or ask the
 * loop's guide. */
void cd_task_pause(struct cd_task *t);
/* The same for a call that has begun before; and for the beginning alone. */
void cd_task_rest(struct cd_task *t);
int cd_task_begins(struct cd_task *t);

/* ---- scopes ------------------------------------------------------------ */

/* Invariants: `effective` is true iff the scope was cancelled itself, or the
 * scope around it is effective and no shield is between.  Linked in its
 * parent's children while entered.  Those of cede_enter and of groups are in
 * the run's memory, so that a dead frame is noticed before it does harm. */
struct cd_scope {
    struct cd_scope *parent; /* NULL: the top of a run's group */
    struct cd_list node;     /* in parent->children */
    struct cd_list children;
    struct cd_task *task; /* who is inside; NULL: nobody directly */
    const void *face;     /* the user's struct; NULL: a root, which has no */
    const char *site;     /* nor; see CEDE_NAMED_, behind an & or not */
    struct cd_timer deadline;
    const char *why; /* a phrase; only while `cancelled` */
    bool effective;
    /* Together, because they are set together, by one instruction. */
    _Alignas(4) bool cancelled; /* by hand */
    bool expired;               /* by its deadline; not both */
    bool shielded;
    bool group; /* a group's: see cd_group_of */
};

static inline void cd_scope_init(struct cd_scope *s, struct cd_scope *parent,
                                 struct cd_task *task);
/* The task stops: set the deadlines of its scopes that are not set yet. */
void cd_scope_arm(struct cd_task *t);
/* Become the task's innermost scope; and not any more. */
static inline void cd_scope_push(struct cd_scope *s, const char *site,
                                 const void *face);
static inline void cd_scope_pop(struct cd_scope *s);
/* The scope around the next one is not in a dead frame; else abort. */
void cd_scope_check_outer(const struct cd_task *t);
/* s is t's innermost; else abort, `verb` is for that. */
static inline void cd_scope_check_inner(const struct cd_task *t,
                                        const struct cd_scope *s,
                                        const char *verb);
_Noreturn void cd_scope_disorder(const struct cd_task *t,
                                 const struct cd_scope *s, const char *verb);

/* "group 'workers', entered at server.c:12" */
struct cd_scope_text {
    char text[200];
};
struct cd_scope_text cd_scope_describe(const struct cd_scope *s);
/* The same of the running task's innermost, if that is no root: see coro.h. */
void cd_scope_describe_open(char *buf, size_t size);

/* Enter the task's spare scope, which is cancelled from the start: there is no
 * memory for another.  And leave it: what rc becomes. */
void cd_scope_enter_spare(struct cd_task *t, const char *site,
                          const void *face);
int cd_scope_leave_spare(struct cd_task *t, int rc, const char *verb);

/* Of a site: without the & of cede_group_enter(&g). */
static inline const char *cd_scope_name(const char *site)
{
    return site[0] == '&' ? site + 1 : site;
}

/* The scope after s in the walk of the tree below root, s's children first
 * unless they are to be skipped; NULL at the end. */
struct cd_scope *cd_scope_next(const struct cd_scope *root, struct cd_scope *s,
                               bool skip);

/* Cancel s and everything below it; again: nothing.  `why` is a phrase. */
void cd_scope_cancel(struct cd_scope *s, const char *why);
/* The phrase of a group that was cancelled because a child failed. */
extern const char cd_child_failed[];

/* ---- groups ------------------------------------------------------------ */

enum { CD_FAILURES_KEPT = 16 };

/* The failures of a group's children, in the order in which they happened. */
struct cd_failures {
    size_t count; /* of all; the first CD_FAILURES_KEPT are kept */
    struct cd_failed {
        const char *name;
        struct cd_message *message; /* owned; NULL: none */
        int code;
    } kept[CD_FAILURES_KEPT];
};

void cd_failures_free(struct cd_failures *f);

/* owner NULL: one of the run's own two. */
struct cd_group {
    struct cd_scope scope; /* the owner is inside, and every child; its site
                              is the group's name, and where it was entered */
    struct cd_task *owner;
    struct cd_run *run;
    size_t live;                  /* children not over yet */
    struct cd_wait *joiner;       /* the owner, while it waits in join */
    struct cd_list futures;       /* handles that join gives back; of the
                                     background's, all there are */
    int failure;                  /* the first one's code; 0: none */
    struct cd_failures *failures; /* NULL: none, or no memory for them */
    bool tolerant;                /* failures are not the group's business */
};

void cd_group_init(struct cd_group *g, struct cd_run *run);

/* The group whose scope s is; NULL: it is a task's or of cede_enter. */
static inline const struct cd_group *cd_group_of(const struct cd_scope *s)
{
    return s->group ? cd_container(s, const struct cd_group, scope) : NULL;
}

/* A child ended, or could not start (rc is why, message may be NULL and is
 * taken).  was_cancelled: rc is -ECANCELED because its scope was. */
void cd_group_failed(struct cd_group *g, const char *name, int rc,
                     struct cd_message *message);
static inline void cd_group_child_over(struct cd_group *g);

/* The group in which a child of that name is to start: 0, or why it takes
 * none.  NULL: the background. */
int cd_group_take(cede_group *face, const char *name, struct cd_group **out);

/* ---- tasks ------------------------------------------------------------- */

/* Lies at the top of its own stack.  Exactly one of: running (cd_me.task),
 * ready (in the loop's list), waiting (wait is set). */
struct cd_task {
    struct cd_strand strand;
    struct cd_coro co;
    struct cd_run *run;
    struct cd_loop *loop;
    struct cd_wait *wait;
    struct cd_failures *failures; /* of its last join */
    struct cede_mutex *mutexes;   /* it holds; the one locked last */
    struct cd_locals *locals;     /* NULL: nothing was set */
    struct cd_scope *scope;       /* innermost */
    struct cd_scope root;         /* outermost; its parent is the group's */
    uint64_t id;                  /* from 1, in the order of starting */
    const char *site;             /* see CEDE_NAMED_: where it was started */
    unsigned budget;  /* [waits] calls left before it lets others run */
    int held;         /* scopes and groups open on its stack */
    unsigned unarmed; /* scopes entered since it last stopped, whose deadlines
                         are set when it stops: most are left before */
    unsigned spare_depth; /* scopes entered in spare */
    struct cd_group *group;
    cede_future *future; /* NULL: nobody wants to know */
    int *result_at;      /* where the result goes as well, or NULL */
    cede_fn *fn;
    void *arg;
    struct cd_scope spare; /* entered when there is no memory for another */
};

/* What a start needs to know. */
struct cd_start {
    const char *name;
    const char *site; /* see CEDE_NAMED_ */
    cede_fn *fn;
    void *arg;
    size_t copy;       /* > 0: that many bytes at arg are copied */
    size_t stack_size; /* 0: the run's */
    int *result_at;
    cede_future *future;
};

/* A new task, ready to run.  0, -ENOMEM, -EINVAL, -EMSGSIZE. */
int cd_task_start(struct cd_group *g, const struct cd_start *s);

/* The start that w, ready work, stands for if it is one that was put off, and
 * in which group; else NULL. */
const struct cd_start *cd_task_put_off(const struct cd_work *w,
                                       const struct cd_group **g);

/* The running task, or NULL with a message that says `what` needs one. */
void cd_task_missing(const char *what);
static inline struct cd_task *cd_task_needed(const char *what)
{
    if (cd_unlikely(!cd_me.task))
        cd_task_missing(what);
    return cd_me.task;
}

/* What a task started here and now begins with. */
static inline struct cd_locals *cd_locals_here(void)
{
    return cd_me.task ? cd_me.task->locals : cd_me.locals;
}

/* What CEDE_NAMED_ put behind a name: "file:line", or "". */
static inline const char *cd_place(const char *site)
{
    return site + strlen(site) + 1;
}

/* What becomes of the mutexes that an ended task holds.  Their floor is above;
 * it sets this when the first one of the process is used. */
extern _Atomic(void (*)(struct cd_task *t)) cd_task_left_mutexes;

/* To end messages with: "", or what a fork has to do with it. */
const char *cd_task_forked(void);

/* The same, or what to do instead. */
const char *cd_task_hint(const char *instead);

/* ---- futures ----------------------------------------------------------- */

/* See future.h. */

/* For dumps: what w waits for, if it awaits a task, or a promise, or the start
 * of a child that has had its first step; else NULL. */
const cede_future *cd_future_awaited(const struct cd_wait *w);
const cede_future *cd_promise_awaited(const struct cd_wait *w);
const struct cd_task *cd_start_awaited(const struct cd_wait *w);

/* The handle of a task that is about to be started in g.  Not given a struct
 * cd_start, which would be read before it has been written to memory. */
cede_future *cd_future_new(struct cd_group *g, const char *name,
                           const char *site, void *arg);
/* The task is over. */
void cd_future_resolve(cede_future *f, int rc,
                       const struct cd_message *message);

/* ---- runs -------------------------------------------------------------- */

struct cd_block {
    struct cd_block *next;
};

/* Free blocks of one size; each from malloc. */
struct cd_blocks {
    struct cd_block *free;
};

static inline void *cd_blocks_take(struct cd_blocks *b, size_t size)
{
    struct cd_block *block = b->free;
    if (cd_unlikely(!block))
        return cd_malloc(size);
    b->free = block->next;
    return block;
}

static inline void cd_blocks_give(struct cd_blocks *b, void *block)
{
#ifdef CD_ASAN
    (void)b;
    free(block); /* so that a use of it is noticed */
#else
    struct cd_block *free_block = block;
    free_block->next = b->free;
    b->free = free_block;
#endif
}

/* What a loop knows of its tasks.  Main's group is that of one run. */
struct cd_run {
    struct cd_loop *loop;
    struct cd_group main, background;
    struct cd_blocks scopes, groups, futures, tickets;
    struct cd_list made;    /* generators, see gen/made.c; debug runs only */
    struct cd_list refused; /* see start.c: starts that are being cancelled */
    struct cd_list afters;  /* struct cd_after, not over yet */
    unsigned unstarted;     /* tasks that have a stack and did not run yet */
    uint64_t started;       /* tasks, in all */
    size_t locked;          /* mutexes, in all */
    bool main_over;         /* or there is none */
    bool last;              /* when main is over, the background is to end */
    bool interrupted; /* when main was over: SIGINT is to be raised again */
    struct cd_work interrupt; /* the news of it, see interrupt.c */
    atomic_bool interrupt_sent;
};

/* One of the run's own groups has no children left. */
void cd_run_emptied(struct cd_run *run);

/* SIGINT is to cancel the run's main task from now on, if that is ours to
 * decide; again: nothing; and not any more: what a run that would answer rc
 * answers. */
void cd_interrupt_watch(struct cd_run *run);
/* Main has ended just now. */
void cd_interrupt_main_over(const struct cd_run *run);
int cd_interrupt_leave(struct cd_run *run, int rc);
/* Raise it, if that is so: what run->interrupted said, when the run is over and
 * its memory may be gone. */
void cd_interrupt_again(bool interrupted);

/* In the child of a fork, whichever thread forked. */
void cd_interrupt_forked(void);

/* ---- inlines: what every spawn, wait and end goes through -------------- */

static inline int cd_checkpoint(struct cd_task *t)
{
    if (cd_unlikely(--t->budget == 0))
        cd_task_pause(t);
    return cd_unlikely(t->scope->effective) ? -ECANCELED : 0;
}

static inline bool cd_checkpoint_due(const struct cd_task *t)
{
    /* One branch for both: only a guide is interested in the budget here. */
    return t->scope->effective | (t->budget == 1);
}

static inline int cd_checkpoint_begin(struct cd_task *t)
{
    return cd_unlikely(cd_checkpoint_due(t)) ? cd_task_begins(t) : 0;
}

/* The beginning of a call that is for tasks alone, in the same way. */
static inline int cd_task_begin(const char *what)
{
    struct cd_task *t = cd_task_needed(what);
    return cd_likely(t != NULL) ? cd_checkpoint_begin(t) : -EPERM;
}

static inline void cd_checkpoint_end(struct cd_task *t)
{
    if (cd_unlikely(--t->budget == 0))
        cd_task_rest(t);
}

static inline bool cd_checkpoint_pass(struct cd_task *t)
{
    if (cd_unlikely(t->scope->effective | (t->budget == 1)))
        return false;
    t->budget--;
    return true;
}

static inline void cd_wait_grant(struct cd_wait *w, int rc)
{
    struct cd_task *t = w->task;
    assert(t->wait == w);
    cd_list_unlink(&w->node);
    w->rc = rc;
    t->wait = NULL;
    cd_loop_ready(t->loop, &t->strand.work);
}

static inline void cd_scope_init(struct cd_scope *s, struct cd_scope *parent,
                                 struct cd_task *task)
{
    s->parent = parent;
    s->task = task;
    s->face = NULL;
    s->deadline.state = CD_TIMER_OFF;
    s->effective = parent && parent->effective;
    s->cancelled = s->expired = s->shielded = s->group = false;
    cd_list_init(&s->children);
    if (parent)
        cd_list_append(&parent->children, &s->node);
    else
        cd_list_init(&s->node);
}

/* Take back the deadline, which is set. */
static inline void cd_scope_disarm(struct cd_scope *s)
{
    if (s->deadline.state != CD_TIMER_LATER)
        return cd_timer_cancel(&s->task->loop->timers, &s->deadline);
    s->deadline.state = CD_TIMER_OFF;
    s->task->unarmed--;
}

static inline void cd_scope_push(struct cd_scope *s, const char *site,
                                 const void *face)
{
    struct cd_task *t = s->task;
    if (t->scope->face)
        cd_scope_check_outer(t);
    s->face = face;
    s->site = site;
    t->scope = s;
    ++*cd_current()->held;
}

static inline void cd_scope_check_inner(const struct cd_task *t,
                                        const struct cd_scope *s,
                                        const char *verb)
{
    if (cd_unlikely(t->scope != s))
        cd_scope_disorder(t, s, verb);
}

static inline void cd_scope_pop(struct cd_scope *s)
{
    struct cd_task *t = s->task;
    assert(t->scope == s);
    if (cd_timer_is_set(&s->deadline))
        cd_scope_disarm(s);
    cd_list_unlink(&s->node);
    t->scope = s->parent;
    --*cd_current()->held;
}

static inline void cd_group_child_over(struct cd_group *g)
{
    if (--g->live > 0)
        return;
    struct cd_wait *joiner = g->joiner;
    g->joiner = NULL; /* granted once, however many children follow */
    if (joiner)
        cd_wait_grant(joiner, 0);
    else if (!g->owner)
        cd_run_emptied(g->run);
}

#endif
