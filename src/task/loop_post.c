/* SPDX-License-Identifier: MIT
 *
 * loop_post.c - callbacks from other threads, and from signal handlers.
 *
 * Nothing here touches what the posting thread knows of itself, allocates or
 * leaves a message: it may have been interrupted anywhere.  So such a callback
 * has the task-local values of the loop's thread.
 */
#include "task/loop.h"

static void run_post(struct cd_work *w)
{
    struct cd_post *p = cd_container(w, struct cd_post, work);
    struct cede_loop *l = cd_loop_whole(cd_me.loop);
    cede_fn *fn = p->fn;
    void *arg = p->arg;
    const char *name = p->name;
    cd_post_give(&l->posts, p);
    if (cd_unlikely(l->loop.stopping && l->drops))
        cd_callback_drop(l, fn, arg);
    else
        cd_callback_call(name, fn, arg);
}

int cede_loop_post_named_(cede_loop *l, const char *name, cede_fn *fn,
                          void *arg)
{
    if (!l)
        return -ENOMEM;
    if (!fn)
        return -EINVAL;
    if (!l->owner)
        return -EPERM;
    if (atomic_load_explicit(&l->closing, memory_order_relaxed))
        return CEDE_ECLOSED;
    struct cd_post *p = cd_post_take(&l->posts);
    if (!p)
        return -ENOMEM;
    p->work.run = run_post;
    p->fn = fn;
    p->arg = arg;
    p->name = name;
    /* Refused, p is not given back: it goes with the loop's memory. */
    return cd_loop_post(&l->loop, &p->work);
}

int(cede_loop_post)(cede_loop *l, cede_fn *fn, void *arg)
{
    return cede_loop_post_named_(l, "post\0", fn, arg);
}
