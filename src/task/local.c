/* SPDX-License-Identifier: MIT
 *
 * local.c - task-local values.
 *
 * A cede_local gets its index, the same on all threads, when it is set for the
 * first time anywhere.  Indices are not used again: a plugin that is loaded
 * and unloaded many times takes a new one each time.
 */
#include "base/memory.h"
#include "task/task.h"

#include <cede/local.h>
#include <pthread.h>

enum { ROUND = 8 }; /* arrays grow by as many values */

/* Stands where nothing was set. */
static char unset;

/* Whose values those of here and now are. */
static inline struct cd_locals **here(void)
{
    return cd_me.task ? &cd_me.task->locals : &cd_me.locals;
}

/* ---- arrays ------------------------------------------------------------ */

void cd_locals_drop(struct cd_locals *l)
{
    if (l && --l->users == 0)
        free(l);
}

/* A copy of l, which may be NULL, for one user, with room for an index. */
static struct cd_locals *copy(const struct cd_locals *l, size_t index)
{
    size_t had = l ? l->n : 0;
    size_t n = index < had ? had : (index / ROUND + 1) * ROUND;
    struct cd_locals *c = cd_malloc(sizeof *c + n * sizeof c->value[0]);
    if (!c)
        return NULL;
    c->users = 1;
    c->n = n;
    for (size_t i = 0; i < n; i++)
        c->value[i] = i < had ? l->value[i] : &unset;
    return c;
}

int cd_locals_copy(struct cd_locals **out)
{
    const struct cd_locals *l = *here();
    *out = l ? copy(l, 0) : NULL;
    return l && !*out ? -ENOMEM : 0;
}

struct cd_locals *cd_locals_swap(struct cd_locals *l)
{
    struct cd_locals **at = here(), *before = *at;
    *at = l;
    return before;
}

/* ---- those of threads --------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void thread_end(void *unused)
{
    (void)unused;
    cd_locals_drop(cd_me.locals);
    cd_me.locals = NULL;
}

static void make_key(void)
{
    pthread_key_create(&key, thread_end);
}

/* Have the thread's values freed when it ends. */
static void own(void)
{
    int saved = errno;
    pthread_once(&once, make_key);
    pthread_setspecific(key, &cd_me);
    errno = saved;
}

void cd_locals_leave_behind(void)
{
    struct cd_locals *before = cd_me.locals;
    cd_me.locals = cd_locals_keep(cd_me.task->locals);
    cd_locals_drop(before);
    if (cd_me.locals)
        own();
}

/* ---- variables ---------------------------------------------------------- */

static size_t last_index;

/* local's index, made up by the first thread that asks.  The order of memory
 * does not matter: nothing is behind an index but this thread's own array. */
static size_t index_of(cede_local *local)
{
    size_t index = __atomic_load_n(&local->index_, __ATOMIC_RELAXED);
    if (cd_likely(index != 0))
        return index;
    size_t fresh = __atomic_add_fetch(&last_index, 1, __ATOMIC_RELAXED);
    bool first =
        __atomic_compare_exchange_n(&local->index_, &index, fresh, false,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return first ? fresh : index;
}

void *cede_local_get(const cede_local *local)
{
    const struct cd_locals *l = *here();
    size_t index = __atomic_load_n(&local->index_, __ATOMIC_RELAXED);
    /* Nobody sets the value at 0, which is that of locals without an index. */
    void *value = l && index < l->n ? l->value[index] : &unset;
    return value == &unset ? local->initial : value;
}

int cede_local_set(cede_local *local, void *value)
{
    struct cd_locals **at = here(), *l = *at;
    size_t index = index_of(local);
    if (!l || l->users > 1 || index >= l->n) {
        struct cd_locals *mine = copy(l, index);
        if (!mine)
            return -ENOMEM;
        cd_locals_drop(l);
        *at = l = mine;
        if (!cd_me.task)
            own();
    }
    l->value[index] = value;
    return 0;
}
