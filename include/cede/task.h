/* SPDX-License-Identifier: MIT
 *
 * task.h - run, tasks, groups, scopes.
 *
 *     static int amain(void *arg)
 *     {
 *         CEDE_GROUP(feeds);
 *         for (int i = 0; i < 5; i++)
 *             cede_go(&feeds, feed, &address[i]);
 *         return cede_join(&feeds);
 *     }
 *     int main(void) { return cede_run(amain, NULL) < 0; }
 *
 * A task is a function on a stack of its own, run by the loop of the thread
 * that started it, and never by another.  It runs until it waits; [waits]
 * marks the calls that may.  Every task is the child of a group, every group
 * lives in a block: when the block is left, its children are over.
 *
 * What fails is answered, and printed by nobody: cede_explain() has the text,
 * `if (rc < 0) { cede_explain(rc, why, sizeof why); fputs(why, stderr); }`.
 *
 * The semantics are trio's (level-triggered cancel scopes, nurseries) with
 * asyncio's names where both agree; see docs/semantics.md.
 */
#ifndef CEDE_TASK_H
#define CEDE_TASK_H

#include <cede/future.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- run ------------------------------------------------------------- */

typedef struct cede_options {
    const char *poller;  /* "epoll"; "virtual": time jumps to the next timer as
                            soon as nothing else is left to do (and when there
                            is no timer either, waits for other threads, for
                            ever if need be); NULL: epoll */
    size_t stack_size;   /* of tasks and generators made in this run when they
                            do not say; 0: cede_stack_default() */
    const char *name;    /* of the main task, constant; NULL: "main" */
    bool debug;          /* see debug.h for what it finds; also when CEDE_DEBUG
                            is set in the environment (to anything but 0) */
    bool no_sigint;      /* leave SIGINT alone, see below */
    uint64_t seed;       /* not 0: what the scheduler leaves open is chosen at
                            random from this seed, see testing.h; 0: CEDE_SEED in
                            the environment, or first come, first served */
    cede_time slow_step; /* debug runs report steps that took longer;
                            0: 100 ms */
    cede_time spin;      /* before it sleeps the loop looks for so long at most
                            whether something comes, as long as it finds that
                            its waits are shorter for it; 0, or one CPU: no */
    size_t reserved_[4];
} cede_options;

/* Run fn(arg) as the main task of a new loop on this thread, until it has
 * ended and so has everything it started: what still runs then is cancelled
 * and waited for, also when main failed; callbacks of what ends last still run.
 * fn's result; failures of background tasks that nobody reads go to the
 * failure hook.
 * -EBUSY: this thread runs a loop already, which goes on unharmed; -ENOMEM;
 * -EINVAL for an unknown poller, or a CEDE_SEED in the environment that is no
 * number; else what the kernel refused.
 *
 * SIGINT, on the process's main thread and where its action is the default:
 * the first cancels main, and the run answers -EINTR if main answers
 * -ECANCELED then; a second one ends the process as if cede were not there.
 * One that comes when main is over is raised again at the end of the run.  The
 * action is the default again before this returns, unless the program has set
 * another meanwhile.  Blocking calls of the program do not answer EINTR because
 * of it (SA_RESTART), so main hears of it when it waits by cede. */
CEDE_API int cede_run(cede_fn *fn, void *arg);
CEDE_API int cede_run_with(const cede_options *options, cede_fn *fn, void *arg);
#define cede_run(fn, ...)                                                      \
    cede_run_named_(NULL, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_run_named_(const cede_options *options, const char *name,
                             cede_fn *fn, void *arg);

/* Wait for delay; <= 0: let every other ready task run once.  [waits]
 * 0; -ECANCELED.  Never returns early; where many are due together up to 250 us
 * later than needs be.  Outside a task: blocks the thread; -EPERM on one that
 * runs a loop, as in callbacks. */
CEDE_API int cede_sleep(cede_time delay);

/* ---- groups ---------------------------------------------------------- */

/* A block's children.  Yours by value; it remembers its address, and a copied
 * one aborts by name.  Its bookkeeping is in the loop's memory, so a frame
 * left with a group open is noticed and named, never corrupted. */
typedef struct cede_group {
    struct cd_group *impl_;
    const struct cede_group *self_;
    size_t reserved_[2];
} cede_group;

/* Declare g and enter it.  At the end of the block, however it is left,
 * whatever still runs is cancelled and joined; failures that this finds go to
 * the failure hook, as nobody is left to read them. */
#define CEDE_GROUP(g)                                                          \
    cede_group g __attribute__((cleanup(cede_group_end_)));                    \
    cede_group_enter_named_(&(g), CEDE_NAMED_(#g))
CEDE_API void cede_group_abandon_(cede_group *g);
static inline void cede_group_end_(cede_group *g)
{
    if (g->impl_ || g->reserved_[0])
        cede_group_abandon_(g); /* not joined yet */
}

/* The same by hand: everything from here to cede_join is inside the group,
 * and the group is a cancel scope of the calling task: entered and left last
 * in, first out, with scopes.  Single use.
 * Called outside a task, or without memory: the group refuses its children
 * with that error, and join answers it; without memory it is cancelled from the
 * start, so that its owner does not wait for them. */
CEDE_API void cede_group_enter(cede_group *g);
#define cede_group_enter(g) cede_group_enter_named_(g, CEDE_NAMED_(#g))
CEDE_API void cede_group_enter_named_(cede_group *g, const char *name);

/* Start fn(arg) as a child, under fn's name.  It runs when the caller waits
 * next, in the order of starting.  arg is handed on, not copied: what it points
 * to stays until fn is over; a loop's variable goes by cede_go_copy.  Once this
 * answered 0, fn runs exactly once, also when cancelled before its first step:
 * then its first wait answers -ECANCELED, so it always gets to release what it
 * was given.
 * 0; -ENOMEM, also when the kernel allows no more stacks (cede_message()
 * names the limit); CEDE_ECLOSED: the group is joined.  A failure to start
 * also counts as a failed child, so that only join need be checked.
 * Any task of the group's loop may start children in it.
 * g == NULL: the run's background group, which is cancelled and joined when
 * main is done; its failures disturb nobody: they go to the failure hook or, of
 * children with a handle (cede_spawn), to whoever reads them, see future.h.
 * Callbacks may start children there as well, until the run is over:
 * CEDE_ECLOSED. */
CEDE_API int cede_go(cede_group *g, cede_fn *fn, void *arg);

/* The same; the child works on a copy of the size bytes at arg, kept on its
 * own stack.  -EMSGSIZE: more than a quarter of the stack. */
CEDE_API int cede_go_copy(cede_group *g, cede_fn *fn, const void *arg,
                          size_t size);

/* The same with a handle to await, cancel and read.  The handle is the
 * group's and valid until join returns, unless freed earlier; in the
 * background group it is yours to free.  NULL when the child could not be
 * started: awaiting NULL answers -ENOMEM. */
CEDE_API cede_future *cede_spawn(cede_group *g, cede_fn *fn, void *arg);

typedef struct cede_task_options {
    const char *name;  /* for reports; constant, not copied; NULL: fn's */
    size_t stack_size; /* bytes, rounded up, at most 1 GiB; 0: the run's */
    size_t reserved_[2];
} cede_task_options;

/* cede_go and cede_spawn with a name and a stack size; options may be
 * NULL. */
CEDE_API int cede_go_with(cede_group *g, cede_fn *fn, void *arg,
                          const cede_task_options *options);
CEDE_API cede_future *cede_spawn_with(cede_group *g, cede_fn *fn, void *arg,
                                      const cede_task_options *options);

/* Variadic, because an argument may be a compound literal with commas. */
#define cede_go(g, fn, ...)                                                    \
    cede_go_named_(g, CEDE_NAMED_(#fn), fn, (__VA_ARGS__), NULL)
#define cede_go_with(g, fn, ...)                                               \
    cede_go_named_(g, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
#define cede_go_copy(g, fn, ...)                                               \
    cede_go_copy_named_(g, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
#define cede_spawn(g, fn, ...)                                                 \
    cede_spawn_named_(g, CEDE_NAMED_(#fn), fn, (__VA_ARGS__), NULL)
#define cede_spawn_with(g, fn, ...)                                            \
    cede_spawn_named_(g, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_go_named_(cede_group *g, const char *name, cede_fn *fn,
                            void *arg, const cede_task_options *options);
CEDE_API int cede_go_copy_named_(cede_group *g, const char *name, cede_fn *fn,
                                 const void *arg, size_t size);
CEDE_API cede_future *cede_spawn_named_(cede_group *g, const char *name,
                                        cede_fn *fn, void *arg,
                                        const cede_task_options *options);

/* Start fn(arg) as a child, and wait until it is ready for work, which it
 * says by cede_started(result).  [waits]
 * That result, >= 0; the child goes on in the group.  Or, when it never came
 * to say so, what it failed with, with its message: that is the caller's
 * business then, and no failure of the group; CEDE_EPROTO when it returned
 * without failing.
 * When fn did not run: -ECANCELED at once, in a scope that is cancelled
 * already; -ENOMEM, -EINVAL; CEDE_ECLOSED: the group is joined; -EPERM outside
 * a task.  None of these is a failure of the group either.
 * If cancelled: the child is cancelled and over before this answers
 * -ECANCELED, or what its clean-up failed with; a child that was ready already
 * stays, and this answers its result.  The group, being cancelled meanwhile,
 * cancels the child: then this answers -ECANCELED as well, unless the child
 * says that it is ready all the same.  Source: trio's nursery.start. */
CEDE_API int cede_start(cede_group *g, cede_fn *fn, void *arg);
#define cede_start(g, fn, ...)                                                 \
    cede_start_named_(g, CEDE_NAMED_(#fn), fn, (__VA_ARGS__))
CEDE_API int cede_start_named_(cede_group *g, const char *name, cede_fn *fn,
                               void *arg);

/* In a task started by cede_start: it is ready, tell who waits for that.  Does
 * not wait.  0; -EINVAL for a result < 0; -EALREADY, said twice; -EPERM, in
 * any other task or outside one; -ECANCELED: who waited is cancelled, so this
 * task is too: clean up and return. */
CEDE_API int cede_started(int result);

/* Wait until every child is over, those started meanwhile included, and leave
 * the group.  [waits], and always to the end.
 * 0; or the first failure, with its message: it has cancelled the other
 * children and the owner's own waits inside the group; or, when nothing
 * failed but the scope around the group is cancelled, -ECANCELED.  A child
 * that answers -ECANCELED counts as cancelled only if its scope is;
 * otherwise it failed.  A second join: CEDE_ECLOSED.  NULL: -EINVAL.
 * If cancelled: the children are cancelled too, and waited for. */
CEDE_API int cede_join(cede_group *g);

/* The same at the end of a block whose own work came out as rc, so that why it
 * failed is not lost: `return cede_join_rc(&g, work(&g));`.
 * rc >= 0: cede_join, and rc if that is 0.  rc < 0: the children are cancelled,
 * waited for, and this answers rc; but where rc is -ECANCELED because the
 * group was cancelled, what cede_join answers: the child's failure that did
 * it.  [waits], and always to the end. */
CEDE_API int cede_join_rc(cede_group *g, int rc);

/* End the group early: children and the owner's waits inside it answer
 * -ECANCELED; join then answers 0 unless something failed.  Again, or after
 * join: nothing. */
CEDE_API void cede_group_cancel(cede_group *g); /* NULL: aborts by name */

/* A failure of a child. */
typedef struct cede_failure {
    const char *name;    /* the child's */
    const char *message; /* "" if it came without */
    int code;
    int line;         /* where it was raised; 0 and "": not known */
    const char *file; /* constant */
} cede_failure;

/* The failures that the calling task's last join found, in the order in which
 * they happened: copies at most n of the first 16 to out, and returns how
 * many there were in all.  The texts are valid until the task's next join. */
CEDE_API size_t cede_failures(cede_failure *out, size_t n);

/* The calling task's name; "" outside a task. */
CEDE_API const char *cede_task_name(void);

/* ---- scopes ---------------------------------------------------------- */

/* A stretch of a task's life that can be cancelled, with or without a
 * deadline.  Yours by value, left in the reverse order of entering, by the
 * task that entered it; anything else aborts by name. */
typedef struct cede_scope {
    struct cd_scope *impl_; /* NULL: left */
    const struct cede_scope *self_;
    size_t expired_;
    size_t reserved_;
} cede_scope;

/* From here to leave, waits answer -ECANCELED once the deadline has passed or
 * the scope was cancelled, and new waits inside do so at once.  CEDE_NEVER:
 * no deadline; one that has passed already: cancelled from the start.
 * Without memory for it: cancelled from the start, and leave turns -ECANCELED
 * into -ENOMEM.  Outside a task: a broken contract, aborts. */
CEDE_API void cede_enter(cede_scope *s, cede_time deadline);
#define cede_enter(s, ...) cede_enter_named_(s, CEDE_NAMED_(#s), __VA_ARGS__)
CEDE_API void cede_enter_named_(cede_scope *s, const char *name,
                                cede_time deadline);

/* Declare s and enter it; at the end of the block, however it is left, s is
 * left if cede_leave has not done so (and what it would have said is lost). */
#define CEDE_SCOPE(s, ...)                                                     \
    cede_scope s __attribute__((cleanup(cede_scope_end_)));                    \
    cede_enter_named_(&(s), CEDE_NAMED_(#s), __VA_ARGS__)

/* The same, and cancels from outside do not reach in: for clean-up that must
 * wait; give it a deadline. */
CEDE_API void cede_enter_shielded(cede_scope *s, cede_time deadline);
#define cede_enter_shielded(s, ...)                                            \
    cede_enter_shielded_named_(s, CEDE_NAMED_(#s), __VA_ARGS__)
CEDE_API void cede_enter_shielded_named_(cede_scope *s, const char *name,
                                         cede_time deadline);

/* Leave s, and say what rc becomes: if s itself expired, -ECANCELED becomes
 * -ETIMEDOUT; if it was cancelled by hand, 0; for any other rc, or when a
 * scope around it is cancelled too (and no shield of s hid that), it passes
 * unchanged.
 * Returning without it is a broken contract; where an error may leave the
 * block in between (CEDE_TRY), declare s by CEDE_SCOPE. */
CEDE_API int cede_leave(cede_scope *s, int rc);
static inline void cede_scope_end_(cede_scope *s)
{
    if (s->impl_)
        cede_leave(s, 0);
}

/* Did the deadline of s end it?  Also after leave. */
CEDE_API bool cede_scope_expired(const cede_scope *s);

/* Cancel what runs inside s: the task's waits, and the children of groups
 * entered in it.  From any task of the loop, while s is entered. */
CEDE_API void cede_scope_cancel(cede_scope *s);

/* Move the deadline.  Of a scope that is cancelled or expired already:
 * nothing. */
CEDE_API void cede_scope_deadline(cede_scope *s, cede_time deadline);

/* Raise or drop the shield of a scope of the calling task; dropped, a cancel
 * from outside reaches in at once. */
CEDE_API void cede_scope_shield(cede_scope *s, bool on);

/* Call fn(arg) in the calling task with delay to finish in: its result, or
 * -ETIMEDOUT when its waits were cut short by it.  [waits] as fn does.
 * -EINVAL without fn; -EPERM outside a task.
 * delay <= 0: -ETIMEDOUT, fn is not called; in a cancelled scope -ECANCELED
 * likewise.  fn always ends before this returns. */
CEDE_API int cede_within(cede_time delay, cede_fn *fn, void *arg);

/* Is the calling task's current scope cancelled?  false outside a task. */
CEDE_API bool cede_cancelled(void);

/* Why its waits answer -ECANCELED, as a phrase such as "a deadline has passed"
 * or "'fetch' in group 'workers' failed: Connection refused": of the outermost
 * scope that was cancelled and reaches in.  Writes to buf, cut to size, and
 * returns as snprintf; "" when the current scope is not cancelled. */
CEDE_API int cede_cancel_reason(char *buf, size_t size);

#ifdef __cplusplus
}
#endif
#endif
