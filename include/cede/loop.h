/* SPDX-License-Identifier: MIT
 *
 * loop.h - the loop itself: callbacks, other threads, foreign loops.
 *
 *     cede_loop *l = cede_loop_new(NULL);
 *     cede_loop_call_later(l, 20 * CEDE_MS, tick, &clock, NULL);
 *     cede_loop_run_forever(l);            until somebody calls cede_loop_stop
 *     cede_loop_close(l);
 *
 * Programs that consist of tasks need none of this: cede_run is all of it in
 * one call.  It is for callbacks, for keeping a loop between runs, for running
 * several, and for living inside of somebody else's loop.
 *
 * A loop belongs to the thread that made it; only cede_loop_post, _spawn_on,
 * _stop, _is_running and _is_closed may come from any thread (post and stop
 * from signal handlers too), as long as the loop was not closed by then or is
 * kept (cede_loop_keep).  Everything else answers -EPERM on another thread; in
 * the child of a fork, where the loop stays the parent's and can only be
 * closed, so do all.
 *
 * A callback is `int fn(void *arg)` like everything: it runs on the loop's
 * thread, must not wait, and may start tasks (cede_go(NULL, ...), which are
 * children of the background).  One that answers < 0 is reported to the failure
 * hook by name, with its message, and the loop goes on.  It sees the task-local
 * values of where it was registered; one that was posted, those of the loop's
 * thread.
 *
 * A turn runs the callbacks that were ready when it began, first in, first
 * out, then looks at timers, what other threads posted, and descriptors; what
 * callbacks register runs in the next turn.
 */
#ifndef CEDE_LOOP_H
#define CEDE_LOOP_H

#include <cede/task.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cede_loop cede_loop;

/* ---- a loop ---------------------------------------------------------- */

/* A loop for this thread; options as for cede_run_with (NULL: the defaults;
 * name and no_sigint are for cede_loop_run).  NULL, with a message: no memory,
 * an unknown poller, or what the kernel refused; every call given that NULL
 * answers -ENOMEM.  A thread may have several and runs one at a time. */
CEDE_API cede_loop *cede_loop_new(const cede_options *options);

/* The loop that runs on this thread, also inside of cede_run; NULL: none. */
CEDE_API cede_loop *cede_loop_current(void);

/* Run until cede_loop_stop: 0.  -EBUSY: this thread runs a loop already, which
 * goes on unharmed; CEDE_ECLOSED; -EPERM. */
CEDE_API int cede_loop_run_forever(cede_loop *l);

/* Run until f, a promise or a task of this loop, is done: its result, with its
 * message; at once if it is.  -EINTR: cede_loop_stop came first, f goes on;
 * otherwise as above.  -ENOMEM for NULL.  (asyncio's run_until_complete) */
CEDE_API int cede_loop_run_until(cede_loop *l, cede_future *f);

/* Run fn(arg) as a task until it has ended: its result.  As cede_run does, but
 * the loop, background tasks and callbacks included, stays and goes on with
 * the next run.  SIGINT as there.  -EINTR also when cede_loop_stop came first:
 * then fn is cancelled, and over when this answers.  (asyncio's Runner) */
CEDE_API int cede_loop_run(cede_loop *l, cede_fn *fn, void *arg);
#define cede_loop_run(l, fn, ...)                                              \
    cede_loop_run_named_(l, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_loop_run_named_(cede_loop *l, const char *name, cede_fn *fn,
                                  void *arg);

/* End the run at the end of this turn: what was ready when it began still runs.
 * Not running: the next run ends after one turn.  From any thread and signal
 * handler, tasks and callbacks.  Inside of cede_run: its main task is
 * cancelled.  Again: nothing.
 * 0; CEDE_ECLOSED. */
CEDE_API int cede_loop_stop(cede_loop *l);

/* Cancel the tasks that are left, run the loop until they are over, drop the
 * callbacks that did not run by then (cede_loop_on_drop), and free the loop.
 * Posts are refused from the beginning.
 * 0, also again for one that is kept; -EBUSY: this thread runs it, or another;
 * -EPERM; NULL: -ENOMEM.  In the child of a fork: frees it and nothing else. */
CEDE_API int cede_loop_close(cede_loop *l);

CEDE_API bool cede_loop_is_running(const cede_loop *l);

/* For other threads that hold on to l: as often as keep was called, the memory
 * stays, and what they call answers CEDE_ECLOSED once it is closed; drop gives
 * it up.  Any thread; keep where l cannot be closed meanwhile. */
CEDE_API void cede_loop_keep(cede_loop *l);
CEDE_API void cede_loop_drop(cede_loop *l);
CEDE_API bool cede_loop_is_closed(const cede_loop *l);

/* ---- callbacks ------------------------------------------------------- */

/* To cancel a callback by; yours by value, and harmless when it is over, as
 * long as the loop is there.  Zeroed: nothing. */
typedef struct cede_handle {
    struct cd_callback *impl_;
    uint64_t id_;
} cede_handle;

/* Have fn(arg) run in the next turn; after delay (<= 0: as soon as possible,
 * after what is ready by then); at a point of cede_now()'s clock, for periods
 * that do not drift.  Those of one point run in the order of registering.
 * handle (may be NULL) is to cancel it by.
 * 0; -ENOMEM; CEDE_ECLOSED, also when the run that cede_run made is over;
 * -EINVAL: no fn; -EPERM: from another thread, which should post. */
CEDE_API int cede_loop_call_soon(cede_loop *l, cede_fn *fn, void *arg,
                                 cede_handle *handle);
CEDE_API int cede_loop_call_later(cede_loop *l, cede_time delay, cede_fn *fn,
                                  void *arg, cede_handle *handle);
CEDE_API int cede_loop_call_at(cede_loop *l, cede_time when, cede_fn *fn,
                               void *arg, cede_handle *handle);
#define cede_loop_call_soon(l, fn, ...)                                        \
    cede_loop_call_soon_named_(l, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
#define cede_loop_call_later(l, delay, fn, ...)                                \
    cede_loop_call_later_named_(l, CEDE_NAMED_(#fn), delay, fn, __VA_ARGS__)
#define cede_loop_call_at(l, when, fn, ...)                                    \
    cede_loop_call_at_named_(l, CEDE_NAMED_(#fn), when, fn, __VA_ARGS__)
CEDE_API int cede_loop_call_soon_named_(cede_loop *l, const char *name,
                                        cede_fn *fn, void *arg,
                                        cede_handle *handle);
CEDE_API int cede_loop_call_later_named_(cede_loop *l, const char *name,
                                         cede_time delay, cede_fn *fn,
                                         void *arg, cede_handle *handle);
CEDE_API int cede_loop_call_at_named_(cede_loop *l, const char *name,
                                      cede_time when, cede_fn *fn, void *arg,
                                      cede_handle *handle);

/* It will not run any more: 0, and its arg is the caller's again.  -EALREADY:
 * it has run, or runs, or was cancelled, or dropped; -EPERM: from another
 * thread. */
CEDE_API int cede_handle_cancel(cede_handle *h);

/* drop(fn, arg) is called for every callback and post of l that will never run
 * because l is closed, to release what arg owns; it can register no more.
 * cede_run closes its loop as well: what is ready when the last task ends
 * still runs. */
CEDE_API void cede_loop_on_drop(cede_loop *l,
                                void (*drop)(cede_fn *fn, void *arg));

/* ---- from other threads ---------------------------------------------- */

/* Have fn(arg) run on l's thread.  From any thread and from signal handlers:
 * it never blocks, takes no lock, and always wakes the loop.  What one thread
 * posts runs in that order; posts that come while the loop is waking cost one
 * wake-up together.
 * 0; CEDE_ECLOSED, and fn does not run; -ENOMEM: the kernel has no memory for
 * more than are on their way; -EINVAL: no fn. */
CEDE_API int cede_loop_post(cede_loop *l, cede_fn *fn, void *arg);
#define cede_loop_post(l, fn, ...)                                             \
    cede_loop_post_named_(l, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_loop_post_named_(cede_loop *l, const char *name, cede_fn *fn,
                                   void *arg);

/* Start fn(arg) as a task of l's, in its background, from any thread.  Its
 * future may be awaited, watched, cancelled and given back on any thread, by
 * tasks of any loop; it is yours to free, and done when the task is over.
 * cede_cancel asks the task to end; giving it back does not.  The task inherits
 * a copy of the caller's task-local values.
 * A loop that is closed before the task has started: CEDE_ECLOSED.  NULL: no
 * memory, or l is NULL. */
CEDE_API cede_future *cede_loop_spawn_on(cede_loop *l, cede_fn *fn, void *arg);
#define cede_loop_spawn_on(l, fn, ...)                                         \
    cede_loop_spawn_on_named_(l, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API cede_future *cede_loop_spawn_on_named_(cede_loop *l, const char *name,
                                                cede_fn *fn, void *arg);

/* ---- several threads ------------------------------------------------- */

/* n loops on n threads, of which the calling one is the first; 0: one for each
 * CPU this thread may use.  Each runs fn(arg) as its main task, as cede_run
 * does; nothing is shared and nothing is locked by cede: work crosses by
 * cede_loop_spawn_on, posts, promises and shared queues.  As long as one of the
 * mains runs, all loops take work, also those whose own main is over; then
 * what is left is cancelled and waited for, on each thread.
 * 0, or the first failure, which cancels the mains of the others; when all are
 * over.  What else fails by then goes to the failure hook.  SIGINT, where
 * cede_run would take it, cancels them all: -EINTR.  -EBUSY and -ENOMEM, as
 * cede_run; -EINVAL: more than 1,024, or no fn; -EAGAIN: no more threads; or
 * what the kernel refused a loop: in all these none of the mains has run.
 * The other threads are called cede-1 and so on, begin with copies of the
 * caller's task-local values and with its signal mask, and are over when this
 * returns. */
CEDE_API int cede_run_threads(unsigned n, cede_fn *fn, void *arg);
#define cede_run_threads(n, fn, ...)                                           \
    cede_run_threads_named_(NULL, n, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_run_threads_named_(const cede_options *options, unsigned n,
                                     const char *name, cede_fn *fn, void *arg);

/* The same with options, for each of the loops. */
CEDE_API int cede_run_threads_with(const cede_options *options, unsigned n,
                                   cede_fn *fn, void *arg);

/* Inside of that: which of them this thread is, 0 to n - 1; how many there are;
 * and the loop of the i-th, NULL when there is none.  Outside: 0, 1 and this
 * thread's loop.  The loops are there before the first main runs, and can be
 * named until all threads are over; CEDE_ECLOSED is what they answer after the
 * last main. */
CEDE_API unsigned cede_thread_index(void);
CEDE_API unsigned cede_thread_count(void);
CEDE_API cede_loop *cede_thread_loop(unsigned i);

/* ---- inside of a foreign loop ---------------------------------------- */

/* Instead of running l: watch the descriptor for reading, wait no longer than
 * the time-out says, and step after either.
 *
 *     struct pollfd p = {.fd = cede_loop_fd(l), .events = POLLIN};
 *     for (;;) {
 *         poll(&p, 1, cede_loop_timeout_ms(l));
 *         cede_loop_step(l);
 *     }
 *
 * fd: valid until l is closed, not to be read; < 0: an error.
 * timeout: how long there is nothing to do; 0: step at once; CEDE_NEVER: until
 * the descriptor is readable.  In ms: rounded up, -1 for never, as poll() has
 * it.  0 also where step has an error to answer. */
CEDE_API int cede_loop_fd(cede_loop *l);
CEDE_API cede_time cede_loop_timeout(cede_loop *l);
CEDE_API int cede_loop_timeout_ms(cede_loop *l);

/* One turn without sleeping: what is ready, due, posted.  1: there is more to
 * do at once; 0: not before the time-out, or the descriptor; -EBUSY: inside of
 * a run; CEDE_ECLOSED; -EPERM.  A loop may be run as well, between steps. */
CEDE_API int cede_loop_step(cede_loop *l);

#ifdef __cplusplus
}
#endif
#endif
