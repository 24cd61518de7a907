/* SPDX-License-Identifier: MIT
 *
 * pool.h - the inside of pools: jobs, and what runs them.
 *
 * A pool is a kind of executor behind one table of functions.  What all kinds
 * share stands outside of it: jobs' futures (submit.c), waiting for one
 * (offload.c), maps (map.c), closing and forks (pool.c), the process's own
 * pools (default.c).  A kind knows jobs, and nothing of futures: it queues
 * them, takes them back, runs them, and says when they are over.
 *
 * Who waits for a pool's end awaits a promise of it, which the last to leave
 * resolves: so closing is awaiting, in a task and on a plain thread.
 */
#ifndef CD_POOL_POOL_H
#define CD_POOL_POOL_H

#include "base/forks.h"
#include "task/future.h"

#include <cede/pool.h>

/* ---- jobs -------------------------------------------------------------- */

/* Where it is, as far as the pool is concerned: queued; from there taken, which
 * will not run, or running; and so it remains when it is over. */
enum cd_job_state { CD_JOB_QUEUED, CD_JOB_TAKEN, CD_JOB_RUNNING };

/* One function to be run elsewhere, part of what its submitter keeps until
 * `over` is called.  Queued: the pool's lock guards it.  Taken: it will not
 * run, and is about to be over. */
struct cd_job {
    struct cd_list node; /* in the pool's queue */
    cede_fn *fn;
    void *arg;
    const char *name;         /* a constant; see CEDE_NAMED_ */
    struct cd_locals *locals; /* a copy, owned */
    /* It is over, and the pool touches it no more.  Any thread; nothing is
     * held.  The message may be NULL, and stays the caller's. */
    void (*over)(struct cd_job *j, int rc, const struct cd_message *message);
    atomic_int state; /* RUNNING is released, after `worker` */
    char worker[16];  /* whose name, set before it is running */
};

/* Its locals are those of here and now.  0, or -ENOMEM. */
int cd_job_init(struct cd_job *j, const char *name, cede_fn *fn, void *arg);

/* It will not run, and nobody is told. */
void cd_job_end(struct cd_job *j);

/* It is over.  Touches nothing of it afterwards. */
void cd_job_over(struct cd_job *j, int rc, const struct cd_message *message);

/* Call its function, on this thread; its result, the message is the
 * coroutine's. */
int cd_job_call(struct cd_job *j);

/* ---- kinds of pools ---------------------------------------------------- */

struct cd_pool_type {
    /* Queue j: 0.  Or refuse it, with a message: CEDE_ECLOSED, CEDE_EBROKEN. */
    int (*submit)(cede_pool *p, struct cd_job *j);
    /* Have j, of which `over` has not been called, out of the queue: 0;
     * -EBUSY: it runs, or did; -EALREADY: it is taken. */
    int (*take_back)(cede_pool *p, struct cd_job *j);
    void (*look)(cede_pool *p, cede_pool_info *out);
    /* Take no more jobs, and end when there are none: cd_pool_ended; with
     * `cancel`, those that are queued are over.  May be called again. */
    void (*shut)(cede_pool *p, bool cancel);
    /* It has ended: wait for what is left of its workers. */
    void (*join)(cede_pool *p);
    void (*free)(cede_pool *p);
};

struct cede_pool {
    const struct cd_pool_type *type;
    const char *name;        /* the kind's, as long as the pool */
    unsigned most;           /* workers */
    bool alone;              /* there is one CPU for all its threads */
    struct cd_promise ended; /* pinned until the last worker is gone */
    atomic_bool cancelled;
    atomic_bool given_up; /* by who waited for its end */
    unsigned forks;       /* of this process, when it was made */
    cede_pool *older;     /* see default.c */
};

void cd_pool_init(cede_pool *p, const struct cd_pool_type *type);

/* No worker is left that could look at it; called once. */
void cd_pool_ended(cede_pool *p);

/* Is it the parent's, and this the child of a fork? */
static inline bool cd_pool_stranded(const cede_pool *p)
{
    return p->forks != cd_forks;
}

/* -EPERM, with a message that says so. */
int cd_pool_left_behind(const cede_pool *p);

/* What this thread works for; NULL: it is no worker. */
extern _Thread_local struct cd_pool_self {
    cede_pool *pool;
    const struct cd_job *job; /* that it runs just now; NULL: none */
} cd_pool_me __attribute__((tls_model("initial-exec")));

/* ---- one CPU ----------------------------------------------------------- */

/* How whoever is about to sleep gives way to the others first. */
struct cd_way {
    atomic_int useless; /* how often that is not tried again: grows */
    atomic_int skip;    /* of these, how often still */
};

/* Let the others run on the one CPU there is, unless that was useless: did not
 * bring about what is hoped for, or strangers kept us from it for long. */
void cd_give_way(struct cd_way *way, bool (*came)(const void *), const void *);

/* ---- threads ----------------------------------------------------------- */

/* Threads that end when they have been idle for so long. */
cede_pool *cd_threads_new(const cede_pool_options *o, cede_time idle_for);

/* ---- the process's own ------------------------------------------------- */

/* For cede_offload; for the library's own calls that block, which users' jobs
 * must not hold up; and for names, which must not hold up those, and for which
 * the end of the process does not wait.  NULL without memory, or when the
 * process ends. */
cede_pool *cd_pool_default(void);
cede_pool *cd_pool_internal(void);
cede_pool *cd_pool_names(void);

/* In the child of a fork: there are none yet.  And around it. */
void cd_pool_default_forked(void);
void cd_pool_default_lock(void);
void cd_pool_default_unlock(void);

/* Run fn(arg) there, and wait for it in the running task: as cede_offload. */
int cd_offload_to(cede_pool *p, const char *name, cede_fn *fn, void *arg);

/* ---- for dumps --------------------------------------------------------- */

/* The job that w waits for, if it does so; or whose future f is; else NULL. */
const struct cd_job *cd_job_waited(const struct cd_wait *w);
const struct cd_job *cd_job_of(const cede_future *f);

#endif
