/* SPDX-License-Identifier: MIT
 *
 * sync_misuse.h - a copy of something in use, and what another thread is told.
 * Include check.h first.
 */
#ifndef CEDE_TESTS_SYNC_MISUSE_H
#define CEDE_TESTS_SYNC_MISUSE_H

#include "threads.h"

/* fn(arg) as a main task, for CHECK_ABORTS. */
struct misuse {
    cede_fn *fn;
    void *arg;
};

static inline void runs_misuse(void *misuse)
{
    const struct misuse *m = misuse;
    (void)cede_run(m->fn, m->arg);
}

#define CHECK_TASK_ABORTS(fn, arg, ...)                                        \
    do {                                                                       \
        struct misuse misuse_ = {(fn), (arg)};                                 \
        CHECK_ABORTS(runs_misuse, &misuse_, __VA_ARGS__);                      \
    } while (0)

/* What fn(arg) answers on a thread without a loop, and in a task of another
 * loop, while the caller's does nothing. */
static inline void *misuses_plainly(void *misuse)
{
    const struct misuse *m = misuse;
    return (void *)(intptr_t)m->fn(m->arg);
}

static inline int misuses_in_task(void *misuse)
{
    const struct misuse *m = misuse;
    return m->fn(m->arg);
}

static inline void *misuses_in_loop(void *misuse)
{
    return (void *)(intptr_t)cede_run(misuses_in_task, misuse);
}

#define CHECK_ELSEWHERE(fn, arg, code)                                         \
    do {                                                                       \
        struct misuse misuse_ = {(fn), (arg)};                                 \
        CHECK_ERR(by_thread(misuses_plainly, &misuse_), code);                 \
        CHECK_ERR(by_thread(misuses_in_loop, &misuse_), code);                 \
    } while (0)

#endif
