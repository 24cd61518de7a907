/* SPDX-License-Identifier: MIT
 *
 * testing.h - for the tests of programs that use cede.
 *
 *     static int hand_over(void *arg) { ... 0 if all went well ... }
 *
 *     cede_sweep s;
 *     assert(cede_sweep_seeds(1000, hand_over, NULL, &s) == 0);
 *     assert(cede_sweep_cancels(hand_over, NULL, &s) == 0);
 *     assert(cede_sweep_allocations(hand_over, NULL, &s) == 0);
 *
 * Time: the virtual clock stands still while anything runs, and jumps to the
 * next timer when the loop is idle; so sleeping for hours takes no time, and
 * durations come out exact.
 *
 * Idle is: no task is ready and no callback; nothing that another thread has
 * posted waits to be taken; no timer is due at this time; and on a real poller
 * nothing has happened that somebody waits for.  Then the loop goes on, in
 * this order, to: tasks that wait for that in cede_test_idle; the jump of the
 * clock, unless it is held; waiting for other threads.
 *
 * Order: a run has choices that cede's contracts leave open: which ready task
 * goes on next, and whether before or after a callback (callbacks keep their
 * order); whether a task whose call need not wait lets others run all the
 * same, as it must after 128 of them anyway; when to look what other threads
 * have posted.  With a seed all are made by one generator
 * of random numbers, so that the same seed is the same run, as long as no
 * other thread takes part.  A program that is right does not depend on them:
 * it counts on order only where a contract promises one, as among those who
 * wait in one queue.  (Tasks start in order without a seed, and in any with
 * one.)
 *
 * All is for the calling thread.  Nothing here costs anything in runs that do
 * not use it.
 */
#ifndef CEDE_TESTING_H
#define CEDE_TESTING_H

#include <cede/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- runs ------------------------------------------------------------ */

/* cede_run on the virtual clock, watched: when nothing can happen any more (it
 * is idle, no timer is set or the clock is held, and no other thread posts
 * anything for cede_test_patience) or when it takes longer than cede_test_limit
 * in all, the process prints a dump (debug.h) and aborts.  Honors CEDE_SEED.
 * Also what the sweeps below do for every round. */
CEDE_API int cede_test_run(cede_fn *fn, void *arg);
#define cede_test_run(fn, ...)                                                 \
    cede_test_run_named_(CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_test_run_named_(const char *name, cede_fn *fn, void *arg);

/* How long, in real time, a watched run of this thread waits for other threads
 * when nothing else is left, 2 s at first; and how long it may take in all,
 * 60 s at first, CEDE_NEVER: any time. */
CEDE_API void cede_test_patience(cede_time delay);
CEDE_API void cede_test_limit(cede_time delay);

/* Abort this process with a dump of the calling thread's run, as it is then,
 * after that much real time; 0 or CEDE_NEVER: not any more.  For runs of any
 * poller.  Uses one timer of the kernel and SIGUSR2 or, if that is taken,
 * another signal of the kernel's real-time ones.  0 or what the kernel
 * refused. */
CEDE_API int cede_test_watchdog(cede_time delay);

/* ---- time and idleness ----------------------------------------------- */

/* Wait until the loop is idle, as defined above.  [waits]  Several who wait go
 * on together.  0; -ECANCELED; -EPERM outside a task. */
CEDE_API int cede_test_idle(void);

/* Hold the virtual clock: it does not jump by itself until released; a loop
 * that is idle waits for other threads meanwhile.  Holds do not add up.
 * 0; -EINVAL: this run is not on the virtual clock; -EPERM without a run. */
CEDE_API int cede_test_hold(bool on);

/* Move the virtual clock ahead by delay at once.  What is due by then fires in
 * the loop's next turn, in order, and finds the clock there.
 * 0; -EINVAL for a delay < 0, or CEDE_NEVER, or another clock; -EPERM. */
CEDE_API int cede_test_jump(cede_time delay);

/* ---- order ----------------------------------------------------------- */

/* How many moments (see cede_sweep_cancels) this thread's run has had; 0 in
 * runs that are neither watched nor seeded.  Where it is the same before and
 * after, no call between them was one that may wait; where it is not, one was,
 * and a cancel would have been noticed: trio's assert_checkpoints. */
CEDE_API uint64_t cede_test_moments(void);

/* An order that a test wants, across tasks: `static cede_turns s;` says that
 * nothing happened yet.  cede_test_turn waits until the turns 0 to n - 1 are
 * over; cede_test_turn_over says that of turn n, which must be the next.
 *     cede_test_turn(&s, 2); ... cede_test_turn_over(&s, 2);
 * [waits]  0; -ECANCELED; -EPERM outside a task; -EINVAL: turn n is over, or
 * not the next.  All of one loop.  Source: trio's Sequencer. */
typedef struct cede_turns {
    size_t over_;
    void *waiting_; /* the latest who came */
    size_t reserved_[2];
} cede_turns;
CEDE_API int cede_test_turn(cede_turns *s, size_t n);
CEDE_API int cede_test_turn_over(cede_turns *s, size_t n);

/* ---- sweeps ---------------------------------------------------------- */

/* What a sweep found. */
typedef struct cede_sweep {
    size_t rounds;   /* how often fn ran */
    size_t distinct; /* of seeds: how many different schedules these were */
    uint64_t at;     /* which round failed: its seed; which moment, or which
                        allocation, from 1; 0: none */
    int rc;          /* and how; what the sweep answered */
    size_t reserved_[4];
} cede_sweep;

/* Each sweep runs fn(arg) as a main task on the virtual clock, again and again,
 * until a round goes wrong.  It answers 0, or how it went wrong, with a message
 * that says where, and what to set in the environment to have that round alone
 * (CEDE_SEED=17, CEDE_CANCEL=5, CEDE_ALLOCATION=3); the same is printed when
 * the process ends, or dies of a signal, within a round.  What a round leaves
 * behind is -ENOTEMPTY.  With such a variable set a sweep plays that round
 * alone; CEDE_SEED is in force in all of them.  out may be NULL.  fn must not
 * depend on what earlier rounds left behind.  -EBUSY inside of a run. */

/* With the seeds 1 to n.  Wrong: fn answers < 0. */
CEDE_API int cede_sweep_seeds(size_t n, cede_fn *fn, void *arg,
                              cede_sweep *out);
#define cede_sweep_seeds(n, fn, ...)                                           \
    cede_sweep_seeds_named_(CEDE_NAMED_(#fn), n, fn, __VA_ARGS__)
CEDE_API int cede_sweep_seeds_named_(const char *name, size_t n, cede_fn *fn,
                                     void *arg, cede_sweep *out);

/* Cancelling fn at its 1st moment, its 2nd, and so on until it ends earlier.
 * Moments are the beginning of every call marked [waits] of fn's task and of
 * all it has started, and, between them, each time before a task or callback
 * goes on and before the clock jumps: so every wait is cancelled before it
 * waits, while it waits, and after it was granted.  fn runs in a scope that is
 * cancelled, so -ECANCELED is no failure.
 * Wrong: another failure (but see cede_sweep_expect); or
 * something is left behind: memory, of the heap where the C library or a
 * sanitizer can tell; a generator, a descriptor, or stacks.  Rounds that leave
 * more are tried again; only what grows every time is a leak. */
CEDE_API int cede_sweep_cancels(cede_fn *fn, void *arg, cede_sweep *out);
#define cede_sweep_cancels(fn, ...)                                            \
    cede_sweep_cancels_named_(CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_sweep_cancels_named_(const char *name, cede_fn *fn, void *arg,
                                       cede_sweep *out);

/* Refusing the 1st allocation that cede makes while fn runs, the 2nd, and so
 * on until fn ends earlier: memory, and stacks.  Wrong: fn answers another
 * failure than -ENOMEM; or something is left behind, as above. */
CEDE_API int cede_sweep_allocations(cede_fn *fn, void *arg, cede_sweep *out);
#define cede_sweep_allocations(fn, ...)                                        \
    cede_sweep_allocations_named_(CEDE_NAMED_(#fn), fn, __VA_ARGS__)
CEDE_API int cede_sweep_allocations_named_(const char *name, cede_fn *fn,
                                           void *arg, cede_sweep *out);

/* Failures that this thread's sweeps take for right, besides those named
 * above: n codes, copied, at most 4; n == 0: none any more.  -EINVAL. */
CEDE_API int cede_sweep_expect(const int *errors, size_t n);

/* The hash of the choices made so far in this thread's seeded run, or in the
 * last one: equal exactly when the schedules are, as far as 64 bits tell.  0:
 * no choice. */
CEDE_API uint64_t cede_schedule(void);

#ifdef __cplusplus
}
#endif
#endif
