/* SPDX-License-Identifier: MIT
 *
 * debug.h - what a running program is doing, and what it does wrong.
 *
 * Always there, and free until asked for: the names of tasks and groups, where
 * they were started, what each waits for and since when, its deadline, its
 * stack.  cede_dump() prints all of it.
 *
 * Debug runs (cede_options.debug, or CEDE_DEBUG=1 in the environment) cost a
 * few clock reads a step, and report to the failure hook, each once:
 *
 *  - a task or callback that held the thread longer than slow_step (-ETIME):
 *    its name, how long, and where it stopped then;
 *  - a future whose result nobody has ever asked for (-EAGAIN): one that was
 *    never awaited, read by cede_result, waited for among others, or watched by
 *    cede_on_done.  Of a task: when its handle from cede_spawn is given back,
 * or joined with its group, or when its run ends; not if it answers 0, because
 *    that says nothing, or fails, because that is reported in any run, nor in a
 *    group that failed or was cancelled, because nobody asks there.  (A task
 *    whose result does not matter is started by cede_go.)  Of a promise: when
 *    it is given back, whether somebody has resolved it or not; not if it
 *    failed or was cancelled;
 *  - a generator made in the run and not closed at its end (-EBUSY): its name,
 *    state, and where it was made.
 *
 * In every run, not only in these: failures that nobody read go to the hook; a
 * group or scope left open in a frame that is gone, or used on the wrong
 * thread, aborts by name.
 */
#ifndef CEDE_DEBUG_H
#define CEDE_DEBUG_H

#include <cede/task.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Print this thread's run to out: the tree of its groups and tasks, each task
 * with its name and number, where it was started, what it waits for and since
 * when, its deadline, whether it is cancelled, how much of its stack it has
 * touched, and what it stands in, innermost call first (where libcede_stacks is
 * installed; the dump says when not).
 * Any time on the loop's thread, also in callbacks and, for a process that is
 * about to die, in signal handlers.  The number of tasks, or -EPERM: no loop
 * runs on this thread, which is printed as well. */
CEDE_API int cede_dump(FILE *out);

/* A task, for programs that look at themselves.  Texts are valid as long as the
 * task lives. */
typedef struct cede_task_info {
    uint64_t id; /* from 1, in the order of starting in its run; 0: many were
                    started at once, and it has no stack and no number yet */
    const char *name;
    const char *group;      /* its group's name */
    const char *started_at; /* "file:line", or "" */
    const char *waits;  /* a phrase such as "queue get"; "" ready or running */
    cede_time since;    /* when that wait began; 0: it does not wait */
    cede_time deadline; /* the earliest that reaches it; CEDE_NEVER */
    size_t stack_used;  /* bytes touched */
    bool cancelled;
    size_t reserved_[4];
} cede_task_info;

/* The calling task.  0; -EPERM outside one. */
CEDE_API int cede_task_current(cede_task_info *out);

/* All tasks of this thread's run that are not over, in the order of the tree:
 * fills in at most n, returns how many there are; 0 without a run. */
CEDE_API size_t cede_tasks(cede_task_info *out, size_t n);

/* Name the calling task: the text is kept, not copied, also by failures that
 * outlive the task, so it is best a constant.  0; -EPERM outside a task;
 * -EINVAL for NULL. */
CEDE_API int cede_set_name(const char *name);

#ifdef __cplusplus
}
#endif
#endif
