/* SPDX-License-Identifier: MIT
 *
 * loop_watch.c - functions that a loop calls while a descriptor is ready.
 *
 * One waits where a task would, and stays there: told that the direction is
 * ready it stands there again at once, and is called when its turn comes.  Then
 * the kernel is asked what is ready now, so that what the function left is told
 * again; and whether the number is that file's still.
 */
#include "task/loop.h"

#include <cede/io.h>

struct fd_watch {
    struct cd_fd_waiter waiter;
    struct cd_work work; /* ready */
    struct cd_list node; /* in the loop's list, until it is over */
    struct cede_loop *loop;
    struct cd_fd *fd; /* NULL: it is over */
    unsigned direction;
    cede_fn *fn; /* over: to be dropped; NULL: need not be */
    void *arg;
    const char *name;
    struct cd_locals *locals;
    bool ready;   /* work is in the ready list */
    bool calling; /* it is freed after that */
};

/* ---- being over -------------------------------------------------------- */

static void drop(struct fd_watch *w)
{
    if (w->fn)
        cd_callback_drop(w->loop, w->fn, w->arg);
    w->fn = NULL;
}

static void free_unused(struct fd_watch *w)
{
    if (w->ready || w->calling)
        return;
    cd_locals_drop(w->locals);
    free(w);
}

/* Nobody tells it any more. */
static void retire(struct fd_watch *w)
{
    cd_list_unlink(&w->node);
    w->fd = NULL;
}

void cd_fd_watches_end(struct cede_loop *l)
{
    struct cd_list *node;
    while ((node = cd_list_take(&l->watches))) {
        struct fd_watch *w = cd_container(node, struct fd_watch, node);
        cd_fd_await_no_more(w->fd, w->direction);
        retire(w);
        drop(w);
        free_unused(w);
    }
}

/* In the child of a fork: nothing runs there any more. */
void cd_fd_watches_free(struct cede_loop *l)
{
    struct cd_list *node;
    while ((node = cd_list_take(&l->watches))) {
        struct fd_watch *w = cd_container(node, struct fd_watch, node);
        w->ready = w->calling = false;
        free_unused(w);
    }
}

/* ---- being called ------------------------------------------------------ */

static void make_ready(struct fd_watch *w)
{
    if (w->ready)
        return;
    w->ready = true;
    cd_loop_last(&w->loop->loop, &w->work);
}

static void told(struct cd_fd_waiter *waiter, int rc)
{
    struct fd_watch *w = cd_container(waiter, struct fd_watch, waiter);
    if (rc < 0) {
        retire(w); /* and dropped in its turn */
    } else {
        cd_fd_drained(w->fd, w->direction);
        rc = cd_fd_await(w->fd, w->direction, waiter);
        assert(rc == 0); /* it is registered */
    }
    make_ready(w);
}

static void call(struct fd_watch *w)
{
    struct cd_locals *before = cd_locals_swap(cd_locals_keep(w->locals));
    w->calling = true;
    cd_callback_call(w->name, w->fn, w->arg);
    w->calling = false;
    cd_locals_drop(cd_locals_swap(before));
}

static void run_watch(struct cd_work *work)
{
    struct fd_watch *w = cd_container(work, struct fd_watch, work);
    bool ends = w->loop->loop.stopping && w->loop->drops;
    w->ready = false;
    if (w->fd && ends)
        return; /* all are dropped soon */
    if (w->fd)
        call(w);
    if (w->fd)
        (void)cd_fd_check(w->fd); /* what is closed, it is told */
    if (w->fd)
        return;
    drop(w);
    free_unused(w);
}

/* ---- watching ---------------------------------------------------------- */

static struct fd_watch *find(const cede_loop *l, int fd, int what)
{
    const struct cd_fd *f = cd_fds_find(&l->loop.fds, fd);
    struct cd_fd_waiter *w = f ? f->waiter[what == CEDE_WRITABLE] : NULL;
    return w && w->tell == told ? cd_container(w, struct fd_watch, waiter)
                                : NULL;
}

static void set(struct fd_watch *w, const char *name, cede_fn *fn, void *arg)
{
    struct cd_locals *before = w->locals;
    w->name = name;
    w->fn = fn;
    w->arg = arg;
    w->locals = cd_locals_keep(cd_locals_here());
    cd_locals_drop(before);
}

static int link_watch(struct fd_watch *w, struct cd_fd *f, unsigned direction)
{
    w->waiter.tell = told;
    w->work.run = run_watch;
    w->direction = direction;
    cd_fd_drained(f, direction);
    int rc = cd_fd_await(f, direction, &w->waiter);
    if (rc < 0)
        return rc;
    w->fd = f;
    cd_list_append(&w->loop->watches, &w->node);
    return 0;
}

/* 0 and *out; 1: it is another's there already. */
static int watch(cede_loop *l, int fd, int what, struct fd_watch **out)
{
    struct cd_fd *f;
    int rc = cd_fds_use(&l->loop, fd, (unsigned)what, &f);
    if (rc < 0)
        return rc;
    if ((*out = find(l, fd, what)))
        return 1;
    if (cd_fd_awaited(f, (unsigned)what))
        return cede_fail(-EBUSY, "cede_loop_watch: a task waits there");
    struct fd_watch *w = *out = cd_zalloc(sizeof *w);
    if (w) {
        w->loop = l;
        rc = link_watch(w, f, (unsigned)what);
    }
    if (!w || rc < 0) {
        free(w);
        cd_fds_unuse(f);
        return w ? rc : -ENOMEM;
    }
    return 0;
}

static int check(const cede_loop *l, const char *name, int what)
{
    int rc = cd_loop_mine(l, name);
    if (rc == 0 && what != CEDE_READABLE && what != CEDE_WRITABLE)
        return cede_fail(-EINVAL, "%s: one direction at a time", name);
    return rc;
}

int cede_loop_watch_named_(cede_loop *l, const char *name, int fd, int what,
                           cede_fn *fn, void *arg)
{
    struct fd_watch *w;
    int rc = check(l, "cede_loop_watch", what);
    if (rc < 0)
        return rc;
    if (!fn)
        return cede_fail(-EINVAL, "cede_loop_watch without a function");
    rc = watch(l, fd, what, &w);
    if (rc >= 0)
        set(w, name, fn, arg);
    return rc;
}

int(cede_loop_watch)(cede_loop *l, int fd, int what, cede_fn *fn, void *arg)
{
    return cede_loop_watch_named_(l, "callback\0", fd, what, fn, arg);
}

int cede_loop_unwatch(cede_loop *l, int fd, int what)
{
    int rc = check(l, "cede_loop_unwatch", what);
    struct fd_watch *w = rc < 0 ? NULL : find(l, fd, what);
    if (!w)
        return rc;
    struct cd_fd *f = w->fd;
    cd_fd_await_no_more(f, w->direction);
    cd_fds_unuse(f);
    retire(w);
    w->fn = NULL;
    free_unused(w);
    return 1;
}
