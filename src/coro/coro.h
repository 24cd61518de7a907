/* SPDX-License-Identifier: MIT
 *
 * coro.h - who runs on this thread, and what belongs to it.
 *
 * A coroutine is a stack with an identity: a name, an errno, a message, the
 * outcome of its last for-each.  Tasks and generators have one each, and so
 * has every thread for what it does outside of them (the root).  Switching
 * from one to another is: save errno, switch the context, restore errno.
 */
#ifndef CD_CORO_CORO_H
#define CD_CORO_CORO_H

#include "ctx/ctx.h"

struct cd_coro {
    const char *name;           /* never NULL; for reports */
    struct cd_stack *stack;     /* NULL: a thread's own */
    struct cd_message *message; /* of the last failure; NULL: none; owned */
    int each_error;             /* how the last for-each ended, until read */
    unsigned open; /* context managers' blocks, as far as counted */
    int *held;     /* counts scopes and groups open on this stack;
                      NULL: nobody yields here */
#ifdef CD_FIBERS
    struct cd_fiber *fiber;
#endif
};

/* What the C++ runtime of a thread keeps of exceptions: the ones being
 * handled, innermost first, and how many are on their way.  The layout is that
 * of __cxa_eh_globals in the C++ ABI of all Unix compilers. */
struct cd_caught {
    void *handled;
    unsigned uncaught;
};

/* What is known of the running task on the floor of tasks. */
struct cd_above {
    const char *(*task_name)(void);
    /* What it has entered last; leaves buf alone if that is nothing. */
    void (*describe_open)(char *buf, size_t size);
};

/* What a thread knows of itself, besides who runs on it and where its errno
 * is: that is cede_me_ (gen_inline.h), whose co is a struct cd_coro * and NULL
 * until cd_thread_init. */
struct cd_thread {
    struct cd_task *task; /* the running task, or NULL */
    struct cd_loop *loop; /* the loop that runs on this thread, or NULL */
    struct cd_run *run;   /* whose it is */
    struct cd_coro root;
    unsigned stack_class;          /* of new stacks when no size is given */
    cede_time (*clock)(void *ctx); /* NULL: the monotonic clock */
    void *clock_ctx;
    const cede_time *turn; /* the time of the loop's turn; NULL: no loop */
    const struct cd_above *above; /* NULL: no loop */
    bool debug;
    struct cd_list *made;     /* generators, in a debug run; NULL: no such */
    struct cd_probe *probe;   /* of a test, see guide.h; NULL: none */
    uint64_t schedule;        /* the hash of the last seeded run's choices */
    cede_time seen;           /* the latest answer of cede_clock() */
    struct cd_caught *caught; /* NULL: there is no C++ runtime */
    struct cd_locals *locals; /* outside of tasks; see task/local.h */
    struct cd_member *member; /* of cede_run_threads; NULL: no such thread */
    bool forked; /* from inside a run, which the parent goes on with */
#ifdef CD_FIBERS
    struct cd_fiber root_fiber;
#endif
};

extern _Thread_local struct cd_thread cd_me
    __attribute__((tls_model("initial-exec")));

static inline struct cd_coro *cd_current(void)
{
    return cede_me_.co;
}

/* The running task's name; "": there is none. */
static inline const char *cd_task_running(void)
{
    return cd_me.above ? cd_me.above->task_name() : "";
}

/* Make both complete.  To be called before anything that can switch. */
void cd_thread_init(void);

/* CEDE_DEBUG is set in the environment, and not to nothing or 0. */
bool cd_debug_wanted(void);

static inline void cd_thread_ready(void)
{
    if (cd_unlikely(!cede_me_.co))
        cd_thread_init();
}

/* The kernel's monotonic clock, whatever the loop's is. */
cede_time cd_monotonic(void);

/* A new coroutine's identity on a stack of its own; co->stack is set. */
static inline void cd_coro_init(struct cd_coro *co, const char *kind,
                                const char *name, struct cd_stack *stack)
{
    co->name = name;
    co->stack = stack;
    co->message = NULL;
    co->each_error = 0;
    co->open = 0;
    co->held = NULL;
    stack->owner = &co->name;
    stack->kind = kind;
#ifdef CD_FIBERS
    co->fiber = &stack->fiber;
#endif
}

/* A stack of the class; NULL without memory, with a message saying why. */
static inline struct cd_stack *cd_coro_stack(unsigned size_class);
struct cd_stack *cd_coro_no_stack(void);

static inline struct cd_stack *cd_coro_stack(unsigned size_class)
{
    struct cd_stack *s = cd_stack_take(size_class);
    return cd_likely(s) ? s : cd_coro_no_stack();
}

/* co is over: report a for-each failure nobody read.  Its message is left to
 * whoever takes it on. */
static inline void cd_coro_over(struct cd_coro *co);
void cd_coro_report_each(struct cd_coro *co);

/* co's body has returned: no block of a context manager is open, or one was
 * left by longjmp; else abort. */
static inline void cd_coro_check_blocks(const struct cd_coro *co);
_Noreturn void cd_coro_blocks_left(const struct cd_coro *co);

/* A failure passes from one coroutine to another: so does its message, if it
 * is that of this error. */
void cd_message_move(struct cd_coro *to, struct cd_coro *from, int err);

/* The message that came with err; NULL if there was none.  It stays co's. */
static inline const struct cd_message *cd_message_of(const struct cd_coro *co,
                                                     int err)
{
    return co->message && co->message->code == err ? co->message : NULL;
}

/* The same, and it becomes the caller's. */
struct cd_message *cd_message_take(struct cd_coro *co, int err);

/* Whatever message there is; to be set again after a clean-up that may fail
 * and recover. */
static inline struct cd_message *cd_message_lift(struct cd_coro *co)
{
    struct cd_message *m = co->message;
    co->message = NULL;
    return m;
}

/* m, which may be NULL, becomes co's; it is taken. */
void cd_message_set(struct cd_coro *co, struct cd_message *m);

/* A failure that replaces another one carries it as its cause.  In debug runs:
 * keep what is known of the running coroutine's failure err before it is
 * handled; NULL, nothing is kept, in others.  In any run: say afterwards which
 * failure took the place of the one kept, which may be NULL and is taken. */
struct cd_message *cd_cause_keep(int err);
void cd_cause_settle(struct cd_message *kept, int rc);

/* Forget a message. */
static inline void cd_message_drop(struct cd_coro *co)
{
    if (cd_unlikely(co->message))
        cd_message_set(co, NULL);
}

static inline void cd_coro_over(struct cd_coro *co)
{
    if (cd_unlikely(co->each_error < 0))
        cd_coro_report_each(co);
}

static inline void cd_coro_check_blocks(const struct cd_coro *co)
{
    if (cd_unlikely(co->open > 0))
        cd_coro_blocks_left(co);
}

/* Both. */
static inline void cd_coro_end(struct cd_coro *co)
{
    if (cd_likely(((unsigned)co->each_error | co->open) == 0))
        return;
    cd_coro_check_blocks(co);
    cd_coro_over(co);
}

/* ---- switching --------------------------------------------------------- */

/* The sanitizers are told: the last thing before a switch between two, the
 * same when `from` is never come back to, and the first thing after it. */
#ifdef CD_FIBERS
#define CD_FIBER_(call) call
#else
#define CD_FIBER_(call) ((void)0)
#endif
#define cd_coro_leave(from, to)                                                \
    CD_FIBER_(cd_fiber_start((from)->fiber, (to)->fiber))
#define cd_coro_leave_last(from, to)                                           \
    CD_FIBER_(cd_fiber_start_last((from)->fiber, (to)->fiber))
#define cd_coro_arrive(self) CD_FIBER_(cd_fiber_end((self)->fiber))

/* Is the running stack inside of a catch block, or being unwound? */
static inline bool cd_handling(void)
{
    const struct cd_caught *c = cd_me.caught;
    return cd_unlikely(c != NULL) && (c->handled || c->uncaught);
}

/* The same as below for a stack that is: its exceptions go with it. */
void cd_switch_handling(struct cd_ctx *from, struct cd_ctx *to);

/* Leave the running coroutine for another, symmetrically; returns when
 * somebody switches back to `from`.  errno is kept. */
static inline __attribute__((always_inline)) void cd_switch(struct cd_ctx *from,
                                                            struct cd_ctx *to)
{
    if (cd_unlikely(cd_handling())) {
        cd_switch_handling(from, to);
        return;
    }
    int *errno_at = cede_me_.errno_at;
    int saved = *errno_at;
#ifdef CD_FIBERS
    struct cd_fiber *self = from->fiber; /* which park changes meanwhile */
    cd_fiber_start(self, to->fiber);
#endif
    cd_ctx_switch_bare(from, to);
    CD_FIBER_(cd_fiber_end(self));
    *errno_at = saved;
}

/* The same for the last time. */
static inline __attribute__((always_inline)) void
cd_switch_last(struct cd_ctx *from, struct cd_ctx *to)
{
    cd_coro_leave_last(from, to);
    cd_ctx_switch_bare(from, to);
}

#endif
