/* SPDX-License-Identifier: MIT
 *
 * loop_callback.c - functions that a loop calls, soon or at some time.
 *
 * A callback comes from blocks that stay until the loop's memory goes, and is
 * used again when it is over.  So registering allocates nothing once there
 * have been as many at a time, and a handle is a pointer and the number of a
 * use: it can tell that it is out of date.
 *
 * What is cancelled leaves the timers at once.  In the ready list, which is
 * linked one way, it stays until its turn comes, and is passed over.
 *
 * A callback that is ready knows in which batch it became so.  If that is the
 * one that runs, it waits for the next.
 */
#include "task/loop.h"

#include <stdio.h>
#include <stdlib.h>

enum state { FREE, TIMED, READY, CANCELLED };

struct cd_callback {
    struct cd_work work; /* ready, or cancelled */
    struct cd_timer timer;
    struct cede_loop *loop;
    cede_fn *fn;
    void *arg;
    const char *name;
    struct cd_locals *locals;
    uint64_t use;   /* the number of this one, from 1 */
    uint64_t batch; /* ready: in which it became so */
    enum state state;
    struct cd_callback *next_free;
};

/* ---- memory ------------------------------------------------------------ */

struct cd_callback_block {
    struct cd_callback_block *next;
    unsigned n;
    struct cd_callback callbacks[];
};

enum { FIRST = 16, MOST = 1024 }; /* callbacks in a block */

static void put_back(struct cd_callback *c)
{
    struct cd_callbacks *all = &c->loop->callbacks;
    c->state = FREE;
    c->next_free = all->free;
    all->free = c;
}

static bool grow(struct cede_loop *l)
{
    struct cd_callbacks *all = &l->callbacks;
    unsigned n = !all->size ? FIRST : all->size < MOST ? all->size * 2 : MOST;
    struct cd_callback_block *b =
        cd_zalloc(sizeof *b + n * sizeof b->callbacks[0]);
    if (!b)
        return false;
    b->n = all->size = n;
    b->next = all->blocks;
    all->blocks = b;
    for (unsigned i = n; i-- > 0; put_back(&b->callbacks[i]))
        b->callbacks[i].loop = l;
    return true;
}

void cd_callbacks_free(struct cd_callbacks *all)
{
    struct cd_callback_block *b;
    while ((b = all->blocks)) {
        all->blocks = b->next;
        free(b);
    }
}

/* ---- running ----------------------------------------------------------- */

void cd_callback_drop(const struct cede_loop *l, cede_fn *fn, void *arg)
{
    if (l->callbacks.drop)
        l->callbacks.drop(fn, arg);
}

static void report(const char *name, int rc, const struct cd_message *message)
{
    char what[256];
    const char *place = cd_place(name);
    snprintf(what, sizeof what, "callback '%s'%s%s failed", name,
             *place ? ", registered at " : "", place);
    cd_report(what, "", rc, message);
}

void cd_callback_call(const char *name, cede_fn *fn, void *arg)
{
    struct cd_coro *co = cd_current();
    const struct cd_loop *l = cd_me.loop;
    struct cd_message *before = cd_message_lift(co); /* who runs the loop has */
    int saved = errno;                               /* both of his own */
    int rc = fn(arg);
    cd_loop_check(l);
    if (cd_unlikely(rc < 0))
        report(name, rc, cd_message_of(co, rc));
    errno = saved;
    if (cd_unlikely(before || co->message))
        cd_message_set(co, before);
}

/* It is over, as far as its handle goes. */
static void retire(struct cd_callback *c)
{
    c->use++;
    cd_locals_drop(c->locals);
    c->locals = NULL;
}

static void call(struct cd_callback *c)
{
    cede_fn *fn = c->fn;
    void *arg = c->arg;
    const char *name = c->name;
    struct cd_locals *before = cd_locals_swap(cd_locals_keep(c->locals));
    retire(c);
    put_back(c); /* it may be registered again by the function itself */
    cd_callback_call(name, fn, arg);
    cd_locals_drop(cd_locals_swap(before));
}

static void drop(struct cd_callback *c)
{
    cede_fn *fn = c->fn;
    void *arg = c->arg;
    retire(c);
    put_back(c);
    cd_callback_drop(c->loop, fn, arg);
}

static void run_callback(struct cd_work *w)
{
    struct cd_callback *c = cd_container(w, struct cd_callback, work);
    struct cd_loop *l = &c->loop->loop;
    if (c->state == CANCELLED) {
        put_back(c);
    } else if (cd_unlikely(l->stopping && c->loop->drops)) {
        drop(c);
    } else if (c->batch == l->batch) {
        cd_loop_ready_first(l, w);
        cd_loop_end_batch(l);
    } else {
        call(c);
    }
}

static void make_ready(struct cd_callback *c)
{
    struct cd_loop *l = &c->loop->loop;
    c->state = READY;
    c->batch = l->batch;
    cd_loop_last(l, &c->work);
}

static void fire(struct cd_timer *t)
{
    make_ready(cd_container(t, struct cd_callback, timer));
}

void cd_callbacks_end(struct cede_loop *l)
{
    struct cd_callback_block *b = l->callbacks.blocks;
    for (; b; b = b->next)
        for (unsigned i = 0; i < b->n; i++) {
            struct cd_callback *c = &b->callbacks[i];
            if (c->state != TIMED)
                continue;
            if (cd_timer_is_set(&c->timer))
                cd_timer_cancel(&l->loop.timers, &c->timer);
            drop(c);
        }
}

void cede_loop_on_drop(cede_loop *l, void (*fn)(cede_fn *fn, void *arg))
{
    if (cd_loop_mine(l, "cede_loop_on_drop") == 0)
        l->callbacks.drop = fn;
}

/* ---- registering ------------------------------------------------------- */

static int take(cede_loop *l, const char *name, cede_fn *fn, void *arg,
                struct cd_callback **out)
{
    int rc = cd_loop_mine(l, "a callback");
    if (rc < 0)
        return rc;
    if (!fn)
        return cede_fail(-EINVAL, "a callback without a function");
    if (cd_unlikely(!l->callbacks.free) && !grow(l))
        return -ENOMEM;
    struct cd_callback *c = *out = l->callbacks.free;
    l->callbacks.free = c->next_free;
    c->work.run = run_callback;
    c->fn = fn;
    c->arg = arg;
    c->name = name;
    c->locals = cd_locals_keep(cd_locals_here());
    return 0;
}

static int give_handle(const struct cd_callback *c, cede_handle *out)
{
    if (out)
        *out = (cede_handle){(struct cd_callback *)(uintptr_t)c, c->use};
    return 0;
}

int cede_loop_call_soon_named_(cede_loop *l, const char *name, cede_fn *fn,
                               void *arg, cede_handle *handle)
{
    struct cd_callback *c;
    int rc = take(l, name, fn, arg, &c);
    if (rc < 0)
        return rc;
    make_ready(c);
    return give_handle(c, handle);
}

int cede_loop_call_at_named_(cede_loop *l, const char *name, cede_time when,
                             cede_fn *fn, void *arg, cede_handle *handle)
{
    struct cd_callback *c;
    int rc = take(l, name, fn, arg, &c);
    if (rc < 0)
        return rc;
    c->state = TIMED;
    c->timer.when = when;
    c->timer.fire = fire;
    if (when != CEDE_NEVER)
        cd_timer_set(&l->loop.timers, &c->timer);
    return give_handle(c, handle);
}

/* On the clock of l, which need not run. */
static cede_time in(const cede_loop *l, cede_time delay)
{
    cede_time at;
    if (cd_me.loop == &l->loop)
        return cede_in(delay);
    cede_time now = l->loop.poller->type->clock(l->loop.poller);
    if (delay == CEDE_NEVER || __builtin_add_overflow(now, delay, &at))
        return CEDE_NEVER;
    return at;
}

int cede_loop_call_later_named_(cede_loop *l, const char *name, cede_time delay,
                                cede_fn *fn, void *arg, cede_handle *handle)
{
    int rc = cd_loop_mine(l, "a callback"); /* asks its clock */
    if (rc < 0)
        return rc;
    return cede_loop_call_at_named_(l, name, in(l, delay < 0 ? 0 : delay), fn,
                                    arg, handle);
}

/* ---- cancelling -------------------------------------------------------- */

int cede_handle_cancel(cede_handle *h)
{
    struct cd_callback *c = h ? h->impl_ : NULL;
    if (!c)
        return -EALREADY;
    if (c->loop->owner != &cd_me)
        return cede_fail(-EPERM, "a callback of another thread's loop");
    if (c->use != h->id_)
        return -EALREADY;
    retire(c);
    if (c->state == READY) {
        c->state = CANCELLED;
        return 0;
    }
    if (cd_timer_is_set(&c->timer))
        cd_timer_cancel(&c->loop->loop.timers, &c->timer);
    put_back(c);
    return 0;
}

/* ---- the functions behind the macros ----------------------------------- */

int(cede_loop_call_soon)(cede_loop *l, cede_fn *fn, void *arg,
                         cede_handle *handle)
{
    return cede_loop_call_soon_named_(l, "callback\0", fn, arg, handle);
}

int(cede_loop_call_later)(cede_loop *l, cede_time delay, cede_fn *fn, void *arg,
                          cede_handle *handle)
{
    return cede_loop_call_later_named_(l, "callback\0", delay, fn, arg, handle);
}

int(cede_loop_call_at)(cede_loop *l, cede_time when, cede_fn *fn, void *arg,
                       cede_handle *handle)
{
    return cede_loop_call_at_named_(l, "callback\0", when, fn, arg, handle);
}
