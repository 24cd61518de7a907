/* SPDX-License-Identifier: MIT
 *
 * stop.c - ending a generator: stop, drop, close, and deferred clean-up.
 *
 * To stop is to let the pending yield answer CEDE_EXIT.  In a chain the leaf
 * is told; when its body has ended the one that delegated to it is told at its
 * delegation point, and so on, all within one step (delegate.c).  Only what a
 * body delegates to after it was told is stopped by recursion.
 *
 * There is no way to unwind a C stack from outside, so a body that yields
 * although told to stop is dropped where it stands; that is what deferred
 * clean-up is for.
 */
#include "base/memory.h"
#include "gen/gen.h"

struct cd_defer {
    struct cd_defer *next; /* registered before this one */
    void (*fn)(void *);
    void *ptr;
};

int cede_gen_defer(cede_gen *self, void (*fn)(void *), void *ptr)
{
    if (!self)
        return -ENOMEM;
    if (cede_me_.co != &self->co)
        return cede_fail(-EPERM,
                         "cede_gen_defer of '%s' called outside its body",
                         self->co.name);
    struct cd_defer *d = cd_malloc(sizeof *d);
    if (!d)
        return -ENOMEM;
    *d = (struct cd_defer){.next = self->defers, .fn = fn, .ptr = ptr};
    self->defers = d;
    return 0;
}

void cd_gen_run_defers(cede_gen *g)
{
    struct cd_defer *d;
    while ((d = g->defers)) {
        g->defers = d->next;
        d->fn(d->ptr);
        free(d);
    }
}

/* It yielded although told to stop: end it where it stands. */
static int drop(cede_gen *g)
{
    g->f.state = CEDE_RUNNING; /* nobody may step it from its clean-up */
    cd_gen_run_defers(g);
    cd_message_drop(&g->co);
    cd_gen_close_with(g, CEDE_EPROTO);
    return cede_fail(CEDE_EPROTO,
                     "generator '%s' yielded after being told to stop",
                     g->co.name);
}

/* The outermost of a chain that was told to stop. */
static cede_gen *disobedient(cede_gen *leaf)
{
    cede_gen *found = leaf;
    for (cede_gen *g = leaf; g; g = g->outer)
        if (g->asked == CD_EXIT_STOP)
            found = g;
    return found;
}

/* g, or one it delegated to since, yielded although g was told to stop. */
static int drop_with_delegates(cede_gen *g, cede_gen *leaf)
{
    if (g->inner) {
        cede_gen_close(cd_gen_detach_below(g, leaf));
        g->inner = NULL;
    }
    if (g->iter)
        cede_iter_close(g->iter);
    return drop(g);
}

/* The same where the failure is outer's to deal with: it gets the message, and
 * ours stays what it was. */
static int drop_for(cede_gen *outer, cede_gen *g, cede_gen *leaf)
{
    struct cd_coro *me = cd_current();
    struct cd_message *message = cd_message_lift(me);
    int rc = drop_with_delegates(g, leaf);
    cd_message_move(&outer->co, me, rc);
    cd_message_set(me, message);
    return rc;
}

/* Let the chain end, leaf first.  Each time around, one generator of it is
 * dropped. */
static int stop(cede_gen *root)
{
    int op = CEDE_EXIT;
    for (;;) {
        root->leaf->asked = CD_EXIT_STOP;
        cd_gen_step(root, NULL, NULL, op);
        if (root->f.state == CEDE_CLOSED)
            return root->result;
        root->f.state = CEDE_RUNNING; /* nobody may step it meanwhile */
        cede_gen *g = disobedient(root->leaf);
        cede_gen *outer = g->outer;
        if (!outer)
            return drop_with_delegates(g, root->leaf);
        op = drop_for(outer, g, root->leaf);
        root->leaf = outer;
        outer->root = root;
    }
}

int cede_gen_stop(cede_gen *g)
{
    if (!g)
        return -ENOMEM;
    if (cd_gen_refuse_busy(g) < 0)
        return -EBUSY;
    if (g->f.state == CEDE_CLOSED)
        return 0;
    if (g->f.state == CEDE_CREATED) {
        cd_gen_close_with(g, 0);
        return 0;
    }
    cd_thread_ready();
    return stop(g);
}

int cede_gen_close(cede_gen *g)
{
    if (!g)
        return -ENOMEM;
    if (cd_gen_refuse_busy(g) < 0)
        return -EBUSY;
    cede_gen_stop(g);
    int result = g->result;
    cd_message_drop(&g->co);
    cd_gen_free(g);
    return result;
}
