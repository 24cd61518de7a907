/* SPDX-License-Identifier: MIT
 *
 * threads.h - the inside of a pool of threads, for threads.c and worker.c.
 */
#ifndef CD_POOL_THREADS_H
#define CD_POOL_THREADS_H

#include "pool/pool.h"

#include <pthread.h>

enum { CD_WORKERS_MOST = 4096, CD_WORKER_NAME = 15 };

/* Idle: in the pool's idle, and its bell will ring.  Not a thread: in spare. */
struct cd_worker {
    struct cd_list node;
    struct cd_threads *pool;
    unsigned number;               /* from 1 */
    char name[CD_WORKER_NAME + 1]; /* of the thread */
    atomic_int bell;
};

struct cd_threads {
    cede_pool pool; /* first */
    cede_pool_options options;
    char name[CD_WORKER_NAME - 1]; /* what is shown of options.name */
    cede_time idle_for;

    pthread_mutex_t lock; /* guards what follows */
    struct cd_list queue;
    struct cd_list idle;  /* the last that became so first */
    struct cd_list spare; /* the lowest number first, at the beginning */
    unsigned workers;     /* that take jobs, or are about to start */
    unsigned alive;       /* and those that are leaving */
    unsigned beginning;   /* of those that look: it may take them long */
    uint64_t begun;       /* jobs */
    bool shut, broken, ended;
    struct cd_message *why; /* it is broken; does not change any more then */
    bool left;              /* a thread that has left is to be joined: */
    pthread_t last;

    /* How many look for a job: those that ever came back from one, and did
     * not need the lock to say so, less those that ever took one, or left;
     * modulo the type. */
    atomic_uint came;
    unsigned went;
    atomic_size_t queued; /* read without the lock as well */

    /* Of those who stand by. */
    struct cd_way way;
    atomic_bool standing_by; /* one does */
    _Atomic cede_time spin;  /* for so long */

    struct cd_worker slots[];
};

/* Under the lock, which makes a plain change of what others only read. */
static inline void cd_threads_count(struct cd_threads *p, int queued)
{
    size_t before = atomic_load_explicit(&p->queued, memory_order_relaxed);
    atomic_store_explicit(&p->queued, before + (size_t)queued,
                          memory_order_relaxed);
}

/* Under the lock. */
static inline unsigned cd_threads_looking(struct cd_threads *p)
{
    return atomic_load(&p->came) - p->went;
}

/* The first of the queue, or NULL.  Under the lock. */
struct cd_job *cd_threads_take(struct cd_threads *p);

/* A worker that was about to look is not for a while: have somebody else do
 * what is left to it. */
void cd_threads_busy(struct cd_threads *p);

/* Who is to be called because there are more jobs than workers that look;
 * NULL: nobody need be.  *fresh: has to be started.  Under the lock. */
struct cd_worker *cd_threads_whom(struct cd_threads *p, bool *fresh);

/* Call w, if it is not NULL.  Without the lock. */
void cd_threads_call(struct cd_worker *w, bool fresh);

/* Fail all that has not begun, and all that comes, with the running
 * coroutine's message, which is CEDE_EBROKEN's. */
void cd_threads_break(struct cd_threads *p);

/* If it is shut, and nobody is left: it has ended. */
void cd_threads_settle(struct cd_threads *p);

/* The same, and somebody who was never there has left.  The pool may be gone
 * now: who closes waits for workers, but not for who submits. */
void cd_threads_unstarted(struct cd_threads *p);

/* A thread for w, which counts among the workers already. */
void cd_worker_start(struct cd_worker *w);

#endif
