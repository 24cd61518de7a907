/* SPDX-License-Identifier: MIT
 *
 * future.h - results to come, and waiting for several at once.
 *
 *     cede_future *answer = cede_promise();
 *     ask(server, answer);                 some thread will cede_resolve it
 *     rc = cede_await(answer);
 *     cede_future_free(answer);
 *
 * A future is a task's handle (cede_spawn), a promise, or a job elsewhere; they
 * are awaited, cancelled, watched and combined alike.  Awaiting never cancels
 * the awaited, so asyncio's shield needs no function.
 */
#ifndef CEDE_FUTURE_H
#define CEDE_FUTURE_H

#include <cede/base.h>
#include <cede/gen.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cede_future cede_future;

/* ---- futures --------------------------------------------------------- */

/* Something that will be done once, with a result: a task, or a promise, which
 * somebody resolves.
 *
 * Threads: done, result, arg and cancel from any thread; of a promise
 * everything from any thread.  The rest of a task's future belongs to the
 * thread of its loop; other threads may also await it, ask to be told, and give
 * it back.
 *
 * A failure is read when an await answers it, cede_result or
 * cede_gather_futures does, or a callback is called.  One that nobody has read
 * when the future is given back, or when its task's run ends, goes to the
 * failure hook, once; -ECANCELED is no failure in this sense, nor is that
 * nobody resolved a promise.  A group reads the failures of its children by
 * itself.  Debug runs report also successes that nobody ever asked for (see
 * debug.h). */

/* Wait until f is done; its result, with its message.  [waits]
 * Those who wait for one future go on in the order in which they began to; one
 * that is done already answers without waiting, in constant stack however long
 * the chain.
 * -EDEADLK: a task or job awaits itself, or tasks await each other in a circle
 * (a circle that goes through a join or a promise is not found); -EPERM: a task
 * of another loop that is not done, or outside a task on a loop's thread, or
 * in the child of a fork a task or cede_after of the parent's that is not done;
 * -ENOMEM for NULL.  On a plain thread it blocks until f is done and, of a
 * task, its loop has come to say so: do not block that loop meanwhile.
 * If cancelled: -ECANCELED, and f goes on: awaiting never cancels the
 * awaited, but for a job that was given a pointer into the waiter's frame
 * (pool.h): it is taken back, or waited for to its end. */
CEDE_API int cede_await(cede_future *f);

/* Await f for delay at most: its result, or -ETIMEDOUT, and f goes on.
 * delay <= 0: only if f is done.  [waits]  Otherwise as cede_await; a plain
 * thread blocks for so long.  In a task, a job that was given a pointer is
 * taken back, or waited for (pool.h).  asyncio's wait_for of a shielded future.
 */
CEDE_API int cede_await_within(cede_time delay, cede_future *f);

/* A task: ask it to end, its waits answer -ECANCELED from now on.  A promise:
 * resolve it to -ECANCELED.  Any thread.
 * 0; -EALREADY: it is done; -ENOMEM for NULL. */
CEDE_API int cede_cancel(cede_future *f);

/* Any thread.  NULL: true. */
CEDE_API bool cede_done(const cede_future *f);

/* Has its function begun, and is not over: of a task on its loop's thread, of a
 * job on any.  Promises and NULL: false. */
CEDE_API bool cede_running(const cede_future *f);

/* The result; -EAGAIN before it is done; -ENOMEM for NULL.  Any thread, any
 * number of times. */
CEDE_API int cede_result(const cede_future *f);

/* What the task was given; NULL for a promise. */
CEDE_API void *cede_arg(const cede_future *f);

/* Have cb(f, ctx) run once f is done: on this thread's loop, in one of its
 * next turns, never inside of what resolves f, in the order of registering,
 * with the task-local values of now.  On a thread without a loop: on the
 * thread that resolves f, in one of its loop's next turns or, without one, at
 * once but one after the other, never inside of each other; on this thread if
 * f is done already.  cb must not wait; f is valid until it returns, whoever
 * gives it back.  The same pair may be registered again, and runs again.  A
 * loop that ends before f is done drops its callbacks; what was handed to it by
 * then still runs.
 * 0; CEDE_ECLOSED: all tasks of this loop's run are over; -ENOMEM, also for
 * NULL; -EINVAL: no cb; -EPERM: in the child of a fork, a task, job or
 * cede_after of the parent's that is not done. */
CEDE_API int cede_on_done(cede_future *f, void (*cb)(cede_future *f, void *ctx),
                          void *ctx);

/* Take back what this loop (without one, this thread or any other without one)
 * registered of that pair, before f is done: how many there were.  Afterwards:
 * 0, and they run.  -ENOMEM for NULL; -EPERM: a task of another loop, on a
 * loop's thread. */
CEDE_API int cede_off_done(cede_future *f,
                           void (*cb)(cede_future *f, void *ctx), void *ctx);

/* A future that somebody will resolve; yours until cede_future_free.  Any
 * thread, with or without a loop.  NULL without memory. */
CEDE_API cede_future *cede_promise(void);
#define cede_promise() cede_promise_named_(CEDE_NAMED_("promise"))
CEDE_API cede_future *cede_promise_named_(const char *name);

/* The promise is done: result, < 0 a failure, which takes the caller's message
 * of that code along.  Any thread; f may be given back as soon as somebody
 * sees that it is done, this touches nothing of it by then.
 * 0; -EALREADY: it was done; -EINVAL: a task, or CEDE_EXIT, which is no
 * result; -ENOMEM for NULL. */
CEDE_API int cede_resolve(cede_future *f, int result);

/* A promise that this loop resolves to result after delay: asyncio's
 * sleep(delay, result) as something to await or to wait for among others.
 * cede_cancel and cede_resolve end it early, so does giving it back.  When the
 * loop ends first: CEDE_ECLOSED.  delay <= 0: in the loop's next turn.
 * NULL without memory.  On a thread without a loop, or for CEDE_EXIT: one that
 * has failed with -EPERM or -EINVAL. */
CEDE_API cede_future *cede_after(cede_time delay, int result);
#define cede_after(...) cede_after_named_(CEDE_NAMED_("after"), __VA_ARGS__)
CEDE_API cede_future *cede_after_named_(const char *name, cede_time delay,
                                        int result);

/* Give the handle back, at any time; a task still running goes on without
 * it, and who awaits it, or wants to be told, still gets the result.  A
 * promise that nobody has resolved must not be resolved any more: who awaits
 * it gets CEDE_EBROKEN.  NULL: nothing. */
CEDE_API void cede_future_free(cede_future *f);

/* ---- several at once ------------------------------------------------- */

typedef struct cede_call {
    cede_fn *fn;
    void *arg;
} cede_call;

/* An array of calls and its length, as two arguments:
 * cede_gather(CEDE_CALLS({load, &a}, {load, &b}), results).  C only. */
#define CEDE_CALLS(...)                                                        \
    (const cede_call[]){__VA_ARGS__},                                          \
        sizeof((const cede_call[]){__VA_ARGS__}) / sizeof(cede_call)

/* Run all n calls concurrently, as tasks, and wait for all.  [waits]
 * results (n ints, or NULL) gets their results in the order of the calls,
 * whatever order they ended in; -ECANCELED for those that were cancelled.
 * 0; or the first failure, which cancels the rest; n == 0: 0.
 * -ENOMEM: not all could be started; those that were are cancelled and over.
 * If cancelled: the calls are cancelled and waited for, -ECANCELED. */
CEDE_API int cede_gather(const cede_call *calls, size_t n, int *results);

/* The same, keeping every outcome: no failure cancels the others, and the
 * answer is 0 as long as all could be started. */
CEDE_API int cede_gather_all(const cede_call *calls, size_t n, int *results);

/* Run all n calls concurrently until the first of them succeeds; the others
 * are cancelled then, and over before this answers.  [waits]
 * The index of the first that answered >= 0, and *result (may be NULL) is its
 * answer; or, when all failed, the first failure; -EINVAL: n == 0, or more
 * than INT_MAX.  -ENOMEM: not all could be started, and none had succeeded.
 * If cancelled: all are cancelled and over, -ECANCELED; but if one succeeded
 * all the same, before or then, that counts. */
CEDE_API int cede_race(const cede_call *calls, size_t n, int *result);

/* The same, starting one after the other: the next when delay has passed since
 * the last was started, or as soon as one fails (happy eyeballs, RFC 8305).
 * CEDE_NEVER: only when one fails; <= 0: cede_race.  Those after the winner are
 * never started. */
CEDE_API int cede_race_staggered(const cede_call *calls, size_t n,
                                 cede_time delay, int *result);

/* The next three take futures of this loop's tasks, and promises; NULLs among
 * them count as done, and failed with -ENOMEM; one given twice counts twice.
 * They never cancel what they wait for.  On a plain thread they block, and take
 * promises (jobs are such); for a task that is not done there, or of another
 * loop, and on a loop's thread outside of a task: -EPERM.  A task that waits
 * for itself: -EDEADLK. */

/* Wait until all n are done: 0; or the first failure, with its message, as
 * soon as it happens, while the others run on: asyncio's gather.  One that was
 * cancelled by itself failed with -ECANCELED.  Their failures count as read.
 * [waits]  n == 0: 0.  -ENOMEM.
 * If cancelled: -ECANCELED. */
CEDE_API int cede_gather_futures(cede_future *const *fs, size_t n);

/* Wait until one is done; or one has failed, or all are done; or all are
 * done: how many are done now.  [waits]  Being cancelled is no failure here.
 * Reads no result.  -EINVAL: n == 0, or more than INT_MAX.  -ENOMEM.
 * If cancelled: -ECANCELED; for a time-out put a scope around it and ask
 * cede_done() of each. */
enum cede_until { CEDE_FIRST, CEDE_FIRST_ERROR, CEDE_ALL };
CEDE_API int cede_wait(cede_future *const *fs, size_t n, enum cede_until until);

/* A generator that yields each of the n futures (cede_future *) once, in the
 * order in which they are done, those that are already first.  Its steps
 * [wait]; the array is copied.  Close it at any time.  A step fails with
 * -ENOMEM when there is no memory to watch them, -EPERM outside a task or in
 * another run than the first step, -ECANCELED if cancelled: it is over then. */
CEDE_API cede_gen *cede_as_completed(cede_future *const *fs, size_t n);

#ifdef __cplusplus
}
#endif
#endif
