/* SPDX-License-Identifier: MIT
 *
 * loop.h - the inside of a cede_loop: a loop, what it knows of its tasks, and
 * how it is to be run.
 *
 * cede_run is a loop that is made, run and closed at once.  A loop that lasts
 * has many runs: one group of a main task each, or none, and the background
 * group for all of them.
 */
#ifndef CD_TASK_LOOP_H
#define CD_TASK_LOOP_H

#include "loop/post.h"
#include "task/slow.h"
#include "task/task.h"

#include <cede/loop.h>

/* Callbacks that wait for their time or turn, or are free. */
struct cd_callbacks {
    struct cd_callback *free;
    struct cd_callback_block *blocks; /* where they all are */
    unsigned size;                    /* of the last one */
    void (*drop)(cede_fn *fn, void *arg);
};

struct cede_loop {
    struct cd_loop loop; /* first: its references keep all of this */
    struct cd_run run;
    struct cd_thread *owner; /* NULL: of the process that forked this one */
    struct cd_list node;     /* in the list of all loops */
    const char *name;        /* of main tasks; NULL: their functions' */
    unsigned stack_class;
    bool debug;
    bool no_sigint;
    bool told_main;        /* to end, because of cede_loop_stop */
    bool stop_stale;       /* stop_work was left over by the run before */
    bool drops;            /* callbacks, once it is stopping for good */
    atomic_bool running;   /* on its owner's thread */
    atomic_bool closing;   /* other threads' posts are refused */
    atomic_bool closed;    /* nothing is accepted any more */
    atomic_bool asked;     /* to stop; by its own thread: loop.stop too */
    atomic_bool stop_sent; /* stop_work is in the inbox, or ready */
    struct cd_work stop_work;
    struct cd_work ended; /* the run's main, or what it waited for, is over */
    struct cd_callbacks callbacks;
    struct cd_list watches; /* of descriptors, see loop_watch.c */
    struct cd_posts posts;
    struct cd_slow slow;
};

static inline struct cede_loop *cd_loop_whole(struct cd_loop *l)
{
    return cd_container(l, struct cede_loop, loop);
}

/* 0 and *out, or why not.  The probe is told; NULL: there is none. */
int cd_loop_make(const cede_options *o, struct cd_probe *probe,
                 struct cede_loop **out);

/* May this thread do with l what only its own may?  0; -ENOMEM: there is none;
 * -EPERM; CEDE_ECLOSED.  what: for the message. */
int cd_loop_mine(const cede_loop *l, const char *what);

/* The thread runs l, and is what it was before. */
struct cd_thread cd_loop_enter(struct cede_loop *l);
void cd_loop_leave(const struct cd_thread *before);

/* Run fn(arg) as a main task of l, which does not run.  last: of one that is
 * closed next, so that its end is the background's, too. */
int cd_loop_run_main(struct cede_loop *l, const struct cd_start *main,
                     bool last);

/* A run has ended, and used up what stopped it. */
void cd_loop_stopped(struct cede_loop *l);

/* cede_loop_stop, if there is a main task: it is cancelled. */
void cd_loop_tell_main(struct cede_loop *l);

/* All tasks are over: what is promised ends, and what is ready runs.  Then the
 * loop is closed, and the thread leaves it. */
void cd_loop_finish(struct cede_loop *l);
void cd_loop_end(struct cede_loop *l, const struct cd_thread *before);

/* fn(arg) as a callback does; and one that will never run. */
void cd_callback_call(const char *name, cede_fn *fn, void *arg);
void cd_callback_drop(const struct cede_loop *l, cede_fn *fn, void *arg);

/* Those with a timer will never run.  And: their memory. */
void cd_callbacks_end(struct cede_loop *l);
void cd_callbacks_free(struct cd_callbacks *c);

/* The same for callbacks of descriptors. */
void cd_fd_watches_end(struct cede_loop *l);
void cd_fd_watches_free(struct cede_loop *l);

/* All loops of the process; a fork finds them. */
void cd_loops_add(struct cede_loop *l);
void cd_loops_remove(struct cede_loop *l);

#endif
