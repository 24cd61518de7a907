/* SPDX-License-Identifier: MIT
 *
 * map.c - a function called elsewhere for each item, the results in order.
 *
 * A generator with a window of jobs, the oldest first.  A step fills the window
 * from the items, and waits for the oldest job: so there are never more than
 * `window` jobs and results that nobody has asked for, and items are taken only
 * as there is room.
 *
 * Whatever way it ends, it leaves nothing behind that runs: what has not begun
 * is cancelled, what runs is waited for, in a shield.  (Not outside of tasks on
 * a loop's thread, where nobody can wait: jobs have copies, and go on.)
 */
#include "base/memory.h"
#include "gen/iter.h"
#include "pool/pool.h"

#include <cede/task.h>
#include <stdlib.h>

/* Jobs are a ring of `window` places: `count` from `first`, in the order of
 * their items. */
struct map {
    cede_pool *pool;
    cede_fn *fn;
    const char *name;
    cede_iter *items;           /* owned */
    bool over;                  /* there are no more, or one cannot be had: */
    int rc;                     /* why, after the last job */
    struct cd_message *message; /* of that; owned */
    size_t window, first, count;
    cede_future *ring[];
};

static void free_map(struct map *m)
{
    cd_message_free(m->message);
    free(m);
}

/* ---- the window -------------------------------------------------------- */

/* Take an item, and submit a job for it. */
static void add(struct map *m)
{
    void *item = m->items->room;
    int rc = cede_iter_next(m->items, item);
    cede_future *f = rc > 0 ? cede_submit_named_(m->pool, m->name, m->fn, item,
                                                 m->items->item_size)
                            : NULL;
    if (f) {
        m->ring[(m->first + m->count++) % m->window] = f;
        return;
    }
    m->over = true;
    m->rc = rc > 0 ? -ENOMEM : rc;
    m->message = m->rc < 0 ? cd_message_take(cd_current(), m->rc) : NULL;
}

/* The oldest job; NULL: there is none. */
static cede_future *oldest(struct map *m)
{
    while (!m->over && m->count < m->window)
        add(m);
    return m->count > 0 ? m->ring[m->first] : NULL;
}

static void drop_oldest(struct map *m)
{
    cede_future_free(m->ring[m->first]);
    m->first = (m->first + 1) % m->window;
    m->count--;
}

/* ---- the end ----------------------------------------------------------- */

static void wait_for_the_rest(struct map *m)
{
    cede_scope s;
    bool shields = cd_me.task;
    if (shields)
        cede_enter_shielded_named_(&s, "cede_map\0", CEDE_NEVER);
    for (size_t i = 0; i < m->count; i++)
        (void)cede_cancel(m->ring[(m->first + i) % m->window]);
    for (; m->count > 0; drop_oldest(m))
        (void)cede_await(m->ring[m->first]);
    if (shields)
        cede_leave(&s, 0);
}

/* rc, with its message; or why the items could not be closed. */
static int end(struct map *m, int rc)
{
    struct cd_message *message = cd_message_lift(cd_current());
    wait_for_the_rest(m);
    int closed = cede_iter_close(m->items);
    if (closed < 0 && (rc >= 0 || rc == CEDE_EXIT)) {
        rc = closed;
        cd_message_free(message);
    } else {
        cd_message_set(cd_current(), message);
    }
    free_map(m);
    return rc;
}

/* ---- the generator ----------------------------------------------------- */

/* Primed, so that the items are its own, whenever it is closed. */
static int mapped(cede_gen *self, void *arg)
{
    struct map *m = arg;
    cede_future *f;
    int rc = cede_yield(self, NULL);
    while (rc >= 0 && (f = oldest(m))) {
        rc = cede_await(f);
        if (rc >= 0)
            rc = cede_yield(self, cede_arg(f));
        if (rc >= 0)
            drop_oldest(m);
    }
    if (rc >= 0) {
        rc = m->rc;
        cd_message_set(cd_current(), m->message);
        m->message = NULL;
    }
    return end(m, rc);
}

static struct map *new_map(cede_pool *p, const char *name, cede_fn *fn,
                           cede_iter *items, size_t window)
{
    struct map *m;
    if (window == 0)
        window = 2 * (size_t)p->most;
    if (window > (SIZE_MAX - sizeof *m) / sizeof m->ring[0])
        return NULL;
    m = cd_zalloc(sizeof *m + window * sizeof m->ring[0]);
    if (!m)
        return NULL;
    m->pool = p;
    m->fn = fn;
    m->name = name;
    m->items = items;
    m->window = window;
    return m;
}

static cede_gen *make(struct map *m)
{
    const cede_gen_options o = {.name = "map"};
    cede_gen *g = cede_gen_primed_with(&o, mapped, m, m->items->item_size, 0);
    if (!g)
        free_map(m);
    return g;
}

cede_gen *cede_map_named_(cede_pool *p, const char *name, cede_fn *fn,
                          cede_iter *items, size_t window)
{
    struct map *m =
        p && fn && items ? new_map(p, name, fn, items, window) : NULL;
    cede_gen *g = m ? make(m) : NULL;
    if (!g && items)
        cede_iter_close(items);
    return g;
}

cede_gen *(cede_map)(cede_pool *p, cede_fn *fn, cede_iter *items, size_t window)
{
    return cede_map_named_(p, "job\0", fn, items, window);
}
