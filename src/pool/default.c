/* SPDX-License-Identifier: MIT
 *
 * default.c - the process's own pools.
 *
 * Two of them, each made when it is asked for first: one for cede_offload, one
 * for the library's own calls that block, so that users' jobs that take long
 * do not hold up names and files.  Their threads end when they are idle.
 *
 * When the process ends, what has not begun is cancelled and what is running is
 * waited for, for it may use what is torn down next; Python does so too.  The
 * pools stay, for threads that go on, and refuse.  A child of a fork makes its
 * own.
 */
#include "base/cpus.h"
#include "pool/pool.h"

#include <pthread.h>
#include <stdlib.h>

static const cede_time patience = 10 * CEDE_SEC;

struct own {
    _Atomic(cede_pool *) pool; /* NULL: not made yet */
    const char *name;
};

static struct own offloads = {.name = "cede"};
static struct own internal = {.name = "cede-lib"};
static cede_pool *left_behind; /* by forks: so that checkers can see it */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

/* ---- the end of the process -------------------------------------------- */

static void end_one(struct own *own)
{
    cede_pool *p = atomic_load(&own->pool);
    if (!p || cd_pool_me.pool == p) /* exit was called by a job */
        return;
    p->type->shut(p, true);
    (void)cd_await_blocking(&p->ended.future);
    p->type->join(p);
}

static void process_end(void)
{
    end_one(&offloads);
    end_one(&internal);
}

static void at_exit(void)
{
    atexit(process_end);
}

/* ---- making ------------------------------------------------------------ */

static cede_pool *make(struct own *own)
{
    enum { MORE = 4, MOST = 32 };
    unsigned n = cd_cpus() + MORE;
    const cede_pool_options o = {.workers = n < MOST ? n : MOST,
                                 .name = own->name};
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_mutex_lock(&making);
    cede_pool *p = atomic_load(&own->pool);
    if (!p)
        p = cd_threads_new(&o, patience);
    atomic_store(&own->pool, p);
    pthread_mutex_unlock(&making);
    pthread_once(&once, at_exit);
    return p;
}

static cede_pool *find(struct own *own)
{
    cede_pool *p = atomic_load_explicit(&own->pool, memory_order_acquire);
    return cd_likely(p != NULL) ? p : make(own);
}

cede_pool *cd_pool_default(void)
{
    return find(&offloads);
}

cede_pool *cd_pool_internal(void)
{
    return find(&internal);
}

/* ---- forks ------------------------------------------------------------- */

static void leave_behind(struct own *own)
{
    cede_pool *p = atomic_load(&own->pool);
    if (!p)
        return;
    p->older = left_behind;
    left_behind = p;
    atomic_store(&own->pool, NULL);
}

void cd_pool_default_forked(void)
{
    leave_behind(&offloads);
    leave_behind(&internal);
}

void cd_pool_default_lock(void)
{
    pthread_mutex_lock(&making);
}

void cd_pool_default_unlock(void)
{
    pthread_mutex_unlock(&making);
}
