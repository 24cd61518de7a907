/* SPDX-License-Identifier: MIT
 *
 * pool.h - executors: functions that run elsewhere, and their results.
 *
 *     rc = cede_offload(compress, &block);        in a task, which waits
 *
 *     cede_pool *p = cede_threads(4);
 *     cede_future *f = cede_submit(p, compress, &block, 0);
 *     rc = cede_await(f);                         in a task or on any thread
 *     cede_future_free(f);
 *     cede_pool_close(p);
 *
 * Use tasks where you can and threads where you must: for what computes for
 * long, and for calls that block.  A job is `int fn(void *arg)` like
 * everything; on a pool's thread it may call what blocks, cede_sleep,
 * cede_await, shared queues, and cede_run.  It has the task-local values of who
 * submitted it, and its failure's message travels with its future.
 *
 * A job's future is that of a promise (future.h): any thread, with or without a
 * loop, may await and watch it, and gives it back.  Callbacks of threads
 * without a loop run on the pool's thread.  cede_arg is the job's arg: of one
 * that was given a copy, that copy, which is the future's and where the job has
 * left what it found.
 *
 * Nothing that runs elsewhere writes into a frame that is gone.  So who awaits
 * a job that was given a pointer (size 0), and is cancelled, or is in a task
 * whose time for that is over, takes it back if it has not begun, and else
 * waits for its end and gets its result.  Who awaits one that was given a copy
 * is answered -ECANCELED at once, and the job goes on; so it does for who waits
 * for several (cede_wait and the like), and for a plain thread whose
 * cede_await_within is over, which await it again before they leave the frame.
 *
 * A job that awaits another one of its own pool holds a worker meanwhile: when
 * all do, they wait for ever.  One that awaits itself is told -EDEADLK.
 *
 * Compared with concurrent.futures: cede_map is lazy and bounded, never eager;
 * a job that fails, fails alone.
 */
#ifndef CEDE_POOL_H
#define CEDE_POOL_H

#include <cede/future.h>
#include <cede/iter.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cede_pool cede_pool;

/* ---- pools ----------------------------------------------------------- */

typedef struct cede_pool_options {
    unsigned workers; /* at most; 0: one for each CPU this process may use */
    const char *name; /* of the threads, NAME-1, NAME-2; at most 11 bytes are
                         shown; NULL: "cede" */
    cede_fn *begin;   /* each worker begins with begin(begin_arg) */
    void *begin_arg;
    void (*end)(void *arg); /* and ends with end(begin_arg), if that was well */
    size_t stack_size;      /* of the threads; 0: the system's */
    size_t reserved_[4];
} cede_pool_options;

/* Threads, which are started as they are needed: an idle one takes the next job
 * before another is started.  Signals are blocked in them, but for faults.  Any
 * thread may use the pool.  NULL without memory, or with a message: more than
 * 4,096 workers; every call given that NULL answers -ENOMEM.
 * A worker whose `begin` fails breaks the pool: every job that has not begun,
 * and every later one, fails with CEDE_EBROKEN and its message.  So it is when
 * not even the first thread can be started. */
CEDE_API cede_pool *cede_threads(unsigned workers);
CEDE_API cede_pool *cede_threads_with(const cede_pool_options *options);

/* No more jobs; those that are there run.  Returns at once; again: 0. */
CEDE_API int cede_pool_shut(cede_pool *p);

/* Shut it, wait until every job has run, end the workers, free it.  [waits],
 * and always to the end; a plain thread blocks.  The jobs' futures stay.
 * 0; -ECANCELED, in a cancelled scope: jobs that had not begun were cancelled.
 * -EBUSY, and nothing is freed: called by one of its jobs.  -EPERM: on a loop's
 * thread outside of a task.  NULL: -ENOMEM.  In the child of a fork: frees it.
 */
CEDE_API int cede_pool_close(cede_pool *p);

/* The same, but jobs that have not begun are cancelled; 0. */
CEDE_API int cede_pool_cancel(cede_pool *p);

/* What a pool does just now.  0; -ENOMEM for NULL; -EPERM in the child of a
 * fork. */
typedef struct cede_pool_info {
    unsigned workers; /* started */
    unsigned idle;    /* of these */
    size_t queued;    /* jobs that have not begun */
    uint64_t begun;   /* in all */
    size_t reserved_[4];
} cede_pool_info;
CEDE_API int cede_pool_look(cede_pool *p, cede_pool_info *out);

/* ---- jobs ------------------------------------------------------------ */

/* Have fn(arg) run by a worker.  size 0: it gets arg itself; else a copy of the
 * size bytes there, aligned for anything.  Jobs begin in the order of
 * submitting.  Never waits.
 * A future, yours to free (the job goes on without it); NULL: no memory.
 * Refused jobs are futures that have failed: CEDE_ECLOSED, the pool is shut;
 * CEDE_EBROKEN; -EINVAL: no fn.
 * cede_cancel: 0, it had not begun and never will, its future is -ECANCELED;
 * -EBUSY: it is running, and goes on; -EALREADY: it is done.
 * In the child of a fork the parent's pools take nothing and its jobs never
 * come: -EPERM.  A job that forks must not return in the child. */
CEDE_API cede_future *cede_submit(cede_pool *p, cede_fn *fn, const void *arg,
                                  size_t size);
#define cede_submit(p, fn, ...)                                                \
    cede_submit_named_(p, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API cede_future *cede_submit_named_(cede_pool *p, const char *name,
                                         cede_fn *fn, const void *arg,
                                         size_t size);

/* Inside of a job: has the pool been cancelled, so that it should end soon?
 * false elsewhere. */
CEDE_API bool cede_job_cancelled(void);

/* A generator: runs fn on a copy of each item of `items` (at most `window` at a
 * time, 0: twice the workers), and yields the copies after their jobs, in the
 * order of the items.  Lazy: a step fills the window, then waits for the
 * oldest; so items are taken only when there is room, and may go on for ever.
 * Its steps [wait]; on a plain thread they block.  items is closed with it.
 * A job that failed ends it: the step that comes to it answers its failure,
 * with its message; what was taken and has not begun is cancelled, and what is
 * running is waited for; so it is when it is closed.  A cancelled step ends it
 * likewise.  -ECANCELED, CEDE_ECLOSED, CEDE_EBROKEN, -ENOMEM: so fails the step
 * that comes to it.  NULL without memory or for NULLs; items is closed then. */
CEDE_API cede_gen *cede_map(cede_pool *p, cede_fn *fn, cede_iter *items,
                            size_t window);
#define cede_map(p, fn, ...)                                                   \
    cede_map_named_(p, CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API cede_gen *cede_map_named_(cede_pool *p, const char *name, cede_fn *fn,
                                   cede_iter *items, size_t window);

/* Run fn(arg) on the process's default pool, and wait for it: its result.
 * [waits]  On a plain thread: calls fn(arg) there.  -EPERM: on a loop's thread
 * outside of a task.
 * If cancelled while queued: taken back, -ECANCELED; while it runs: waits for
 * its end, and answers its result.
 * The default pool has up to CPUs + 4 threads, at most 32, which end when they
 * have been idle for 10 seconds.  When the process ends what has not begun is
 * cancelled, and what runs is waited for.  A child of a fork has its own. */
CEDE_API int cede_offload(cede_fn *fn, void *arg);
#define cede_offload(fn, ...)                                                  \
    cede_offload_named_(CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_offload_named_(const char *name, cede_fn *fn, void *arg);

/* The same on a copy of the size bytes at arg, which gets what became of them
 * when fn is over; so a cancelled caller is answered -ECANCELED at once, arg is
 * as it was, and fn goes on with its copy. */
CEDE_API int cede_offload_copy(cede_fn *fn, void *arg, size_t size);
#define cede_offload_copy(fn, ...)                                             \
    cede_offload_copy_named_(CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_offload_copy_named_(const char *name, cede_fn *fn, void *arg,
                                      size_t size);

#ifdef __cplusplus
}
#endif
#endif
