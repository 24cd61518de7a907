/* SPDX-License-Identifier: MIT
 *
 * each.c - how a for-each begins and ends; the loop itself is in the macro.
 *
 * It closes its source on every way out by a variable whose scope is the loop
 * (attribute cleanup).  A C loop has no result, so how it ended is kept with
 * the coroutine until somebody asks, and reported when nobody does.
 */
#include "coro/coro.h"
#include "gen/iter.h"

int cede_each_error(void)
{
    struct cd_coro *co = cd_current();
    if (!co)
        return 0;
    int err = co->each_error;
    co->each_error = 0;
    return err;
}

struct cede_each_ cede_each_gen_(cede_gen *g, size_t size)
{
    struct cede_each_ e = {.gen = g, .rc = g ? 0 : -ENOMEM, .once = true};
    if (g && cd_gen_out_size(g) != size) {
        e.rc = cede_fail(-EINVAL,
                         "cede_each with a variable of %zu bytes over "
                         "generator '%s', whose items have %zu",
                         size, cede_gen_name(g), cd_gen_out_size(g));
        e.gen = NULL;
        cede_gen_close(g);
    }
    return e;
}

struct cede_each_ cede_each_iter_(cede_iter *it, size_t size)
{
    struct cede_each_ e = {.iter = it, .rc = it ? 0 : -ENOMEM, .once = true};
    if (it && it->item_size != size && it->owed == 0) {
        e.rc = cede_fail(-EINVAL,
                         "cede_each with a variable of %zu bytes over items "
                         "of %zu",
                         size, it->item_size);
        e.iter = NULL;
        cede_iter_close(it);
    }
    return e;
}

struct cede_each_ cede_each_iterable_(cede_iterable over, size_t size)
{
    return cede_each_iter_(cede_iter_new(over), size);
}

void cede_each_end_(struct cede_each_ *e)
{
    int rc = 0;
    if (e->gen)
        rc = cede_gen_close(e->gen);
    else if (e->iter)
        rc = cede_iter_close(e->iter);
    if (e->rc < 0)
        rc = e->rc;
    cd_thread_ready();
    struct cd_coro *co = cd_current();
    cd_coro_over(co); /* the loop before this one was not asked about */
    co->each_error = rc < 0 ? rc : 0;
}
