/* SPDX-License-Identifier: MIT
 *
 * default.c - the process's own pools.
 *
 * Three of them, each made when it is asked for first: one for cede_offload,
 * one for the library's own calls that block, so that users' jobs that take
 * long do not hold up files, and one for names, so that a resolver that nobody
 * answers holds up names alone.  Their threads end when they are idle.
 *
 * When the process ends, what has not begun is cancelled and what is running is
 * waited for, for it may use what is torn down next; Python does so too.  Not
 * so look-ups of names: they use nothing of the program's, and take as long as
 * the network does; they have a moment.  The pools stay, for threads that go
 * on, and refuse.  A child of a fork makes its own.
 */
#include "base/cpus.h"
#include "pool/pool.h"

#include <pthread.h>
#include <stdlib.h>

static const cede_time patience = 10 * CEDE_SEC;

struct own {
    _Atomic(cede_pool *) pool; /* NULL: not made yet */
    const char *name;
    unsigned most;   /* workers; 0: by the number of CPUs */
    cede_time grace; /* for what runs when the process ends */
};

static struct own offloads = {.name = "cede", .grace = CEDE_NEVER};
static struct own internal = {.name = "cede-lib", .grace = CEDE_NEVER};

/* A healthy look-up takes milliseconds, so the number is one of dead names that
 * do not keep others waiting; each asks two questions at once, of servers that
 * take some 100 (dnsmasq: 150). */
static struct own names = {
    .name = "cede-names", .most = 16, .grace = 200 * CEDE_MS};
static cede_pool *left_behind; /* by forks: so that checkers can see it */
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

/* ---- the end of the process -------------------------------------------- */

static void end_one(struct own *own)
{
    cede_pool *p = atomic_load(&own->pool);
    if (!p || cd_pool_me.pool == p) /* exit was called by a job */
        return;
    p->type->shut(p, true);
    (void)cd_await_blocking(&p->ended.future, own->grace);
    if (cede_done(&p->ended.future))
        p->type->join(p);
}

static void process_end(void)
{
    end_one(&offloads);
    end_one(&internal);
    end_one(&names);
}

static void at_exit(void)
{
    atexit(process_end);
}

/* ---- making ------------------------------------------------------------ */

/* Of jobs that compute and jobs that block, nobody knows which. */
static unsigned by_cpus(void)
{
    enum { MORE = 4, MOST = 32 };
    unsigned n = cd_cpus() + MORE;
    return n < MOST ? n : MOST;
}

static cede_pool *make(struct own *own)
{
    const cede_pool_options o = {.workers = own->most ? own->most : by_cpus(),
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

cede_pool *cd_pool_names(void)
{
    return find(&names);
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
    leave_behind(&names);
}

void cd_pool_default_lock(void)
{
    pthread_mutex_lock(&making);
}

void cd_pool_default_unlock(void)
{
    pthread_mutex_unlock(&making);
}
