/* SPDX-License-Identifier: MIT
 *
 * exits.c - exit stacks: blocks whose number is known only at run time.
 *
 * A list of entries, each an allocation of its own that is made before
 * anything is entered, so that nothing entered can lack a place.  Closing
 * takes one entry off at a time, so an exit may add to the stack, close it
 * or wait, and the depth of the machine's stack does not matter.
 */
#include "context/context.h"

#include <stdlib.h>

struct cd_exit {
    struct cd_exit *below; /* entered before this one */
    cd_exit_fn *exit;      /* NULL: there is nothing to do */
    void (*fn)(void *ptr); /* of a callback */
    void *ptr;
};

static void check_face(const cede_exits *x)
{
    cd_check(!x->self_ || x->self_ == x,
             "an exit stack with entries was copied: use cede_exits_pop_all");
}

static void add(cede_exits *x, struct cd_exit *e)
{
    e->below = x->top_;
    x->top_ = e;
    x->self_ = x;
    x->count_++;
}

static struct cd_exit take(cede_exits *x)
{
    struct cd_exit *top = x->top_, e = *top;
    x->top_ = e.below;
    if (--x->count_ == 0)
        x->self_ = NULL;
    free(top);
    return e;
}

/* ---- adding ------------------------------------------------------------ */

static int nothing(const char *call, const char *what)
{
    return cede_fail(-EINVAL, "%s without a %s", call, what);
}

static int push(cede_exits *x, struct cd_exit entry)
{
    check_face(x);
    struct cd_exit *e = cd_malloc(sizeof *e);
    if (!e)
        return -ENOMEM;
    *e = entry;
    add(x, e);
    return 0;
}

int cede_exits_push(cede_exits *x, int (*fn)(void *ptr, int rc), void *ptr)
{
    if (!fn)
        return nothing("cede_exits_push", "function");
    return push(x, (struct cd_exit){.exit = fn, .ptr = ptr});
}

/* A callback as an exit: what it fails with and deals with inside leaves the
 * message of a failure on its way alone. */
static int call(void *entry, int rc)
{
    const struct cd_exit *e = entry;
    e->fn(e->ptr);
    return rc;
}

int cede_exits_callback(cede_exits *x, void (*fn)(void *ptr), void *ptr)
{
    if (!fn)
        return nothing("cede_exits_callback", "function");
    return push(x, (struct cd_exit){.exit = call, .fn = fn, .ptr = ptr});
}

/* Enter has answered rc: e becomes an entry, or nothing. */
static int entered(cede_exits *x, struct cd_exit *e, int rc)
{
    if (rc >= 0)
        add(x, e);
    else
        free(e);
    return rc;
}

int cede_exits_enter(cede_exits *x, const cede_manager *manager, void *self)
{
    check_face(x);
    if (!manager)
        return nothing("cede_exits_enter", "manager");
    struct cd_exit *e = cd_malloc(sizeof *e);
    if (!e)
        return -ENOMEM;
    *e = (struct cd_exit){.exit = manager->exit, .ptr = self};
    return entered(x, e, manager->enter ? manager->enter(self) : 0);
}

static int end_gen(void *g, int rc)
{
    rc = cd_gen_exit(g, rc);
    cede_gen_close(g);
    return rc;
}

int cede_exits_with(cede_exits *x, cede_gen *gen, void *out)
{
    check_face(x);
    struct cd_exit *e = gen ? cd_malloc(sizeof *e) : NULL;
    int rc = -ENOMEM;
    if (e) {
        *e = (struct cd_exit){.exit = end_gen, .ptr = gen};
        rc = entered(x, e, cd_gen_enter(gen, out));
    }
    if (rc < 0)
        cd_gen_refused(gen, rc);
    return rc;
}

/* ---- moving and closing ------------------------------------------------ */

void cede_exits_pop_all(cede_exits *x, cede_exits *out)
{
    check_face(x);
    check_face(out);
    if (x == out || !x->top_)
        return;
    struct cd_exit *bottom = x->top_;
    while (bottom->below)
        bottom = bottom->below;
    bottom->below = out->top_;
    out->top_ = x->top_;
    out->self_ = out;
    out->count_ += x->count_;
    *x = (cede_exits){0};
}

int cede_exits_close(cede_exits *x, int rc)
{
    check_face(x);
    while (x->top_) {
        struct cd_exit e = take(x);
        if (e.exit)
            rc = cd_exit_run(e.exit, e.fn ? &e : e.ptr, rc);
    }
    return rc;
}

size_t cede_exits_count(const cede_exits *x)
{
    check_face(x);
    return x->count_;
}
