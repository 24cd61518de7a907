/* SPDX-License-Identifier: MIT
 *
 * delegate.c - yield from: a generator that lets another one stand in for it.
 *
 * The semantics are those of PEP 380, at a cost that does not grow with the
 * depth: a step of the root enters the leaf directly, and the leaf's yield
 * returns to the root's consumer.  Where a body begins to delegate, or one
 * that was delegated to has ended, the two bodies change places (cd_side_pass)
 * within the consumer's step; the native stack stays flat at any depth.
 *
 * The inner generator belongs to the delegation and is freed with it.
 */
#include "gen/gen.h"
#include "gen/iter.h"

#include <stdlib.h>

/* ---- changing places --------------------------------------------------- */

/* What belongs to the step rather than to the body that runs. */
static void inherit(cede_gen *to, const cede_gen *from)
{
    to->f.out = from->f.out;
    to->consumer = from->consumer;
    to->f.state = CEDE_RUNNING;
    to->root = from->root;
    to->root->leaf = to;
    cede_me_.co = &to->co;
}

/* Not inlined, because the chain may be stepped by another thread in the end
 * than in the beginning, and compilers keep the address of a thread-local. */
static __attribute__((noinline)) int change_errno(int to)
{
    int before = *cede_me_.errno_at;
    *cede_me_.errno_at = to;
    return before;
}

/* The body of g stops here and its new leaf goes on, or begins, in its
 * place; returns when whoever g delegates to has ended.  errno is g's. */
static void give_way(cede_gen *g, cede_gen *leaf)
{
    int saved = change_errno(leaf->f.saved_errno);
    leaf->f.op = 0;
    inherit(leaf, g);
    cd_coro_leave(&g->co, &leaf->co);
    cd_side_pass(&g->side, &g->f, &leaf->side, &leaf->f);
    cd_coro_arrive(&g->co);
    change_errno(saved);
}

/* What the delegation point of the outer one answers (PEP 380: an inner one
 * that was stopped and obeyed lets the stop go on). */
static int answer(const cede_gen *inner)
{
    bool obeyed = inner->asked == CD_EXIT_STOP && inner->result >= 0;
    return obeyed ? CEDE_EXIT : inner->result;
}

void cd_gen_hand_over(cede_gen *g)
{
    cede_gen *outer = g->outer;
    cd_coro_over(&g->co);
    outer->f.op = answer(g);
    if (g->asked == CD_EXIT_STOP)
        outer->asked = CD_EXIT_STOP;
    if (g->result < 0)
        cd_message_move(&outer->co, &g->co, g->result);
    inherit(outer, g);
    cd_coro_leave_last(&g->co, &outer->co);
    cd_side_pass(&g->side, &g->f, &outer->side, &outer->f);
    abort(); /* nobody resumes a CLOSED generator */
}

cede_gen *cd_gen_detach_below(cede_gen *g, cede_gen *leaf)
{
    cede_gen *below = g->inner;
    below->outer = NULL;
    below->leaf = leaf;
    leaf->root = below;
    below->f.state = below == leaf ? CEDE_SUSPENDED : CD_DELEGATING;
    g->f.state = CEDE_RUNNING; /* nobody may step it meanwhile */
    return below;
}

/* ---- over a generator -------------------------------------------------- */

static int mismatch(const cede_gen *self, const char *inner, const char *what,
                    size_t wanted, size_t has)
{
    return cede_fail(-EINVAL,
                     "generator '%s' delegates to '%s', which %s items of %zu "
                     "bytes and not of %zu",
                     self->co.name, inner, what, has, wanted);
}

int cd_gen_refuse_value(const cede_gen *g)
{
    const cede_gen *leaf = g->leaf;
    if (g->f.in_size && leaf->f.in_size)
        return mismatch(g, leaf->co.name, "receives", g->f.in_size,
                        leaf->f.in_size);
    return cede_fail(-EINVAL,
                     "a value sent to generator '%s', which %swas made to "
                     "receive none (in_size 0)",
                     g->co.name, g->f.in_size ? "delegates to one that " : "");
}

/* 0, or why self cannot delegate to inner. */
static int refuse_sizes(const cede_gen *self, const cede_gen *inner)
{
    const struct cede_gen_frame_ *s = &self->f, *i = &inner->f;
    if (s->out_size != i->out_size)
        return mismatch(self, inner->co.name, "yields", s->out_size,
                        i->out_size);
    if (s->in_size && i->in_size && s->in_size != i->in_size)
        return mismatch(self, inner->co.name, "receives", s->in_size,
                        i->in_size);
    return 0;
}

/* The inner one has ended, one way or another; its stack may be given back
 * already, or we have just left it. */
static void free_inner(cede_gen *self)
{
    cede_gen *inner = self->inner;
    self->inner = NULL;
    if (inner->co.stack)
        cd_gen_close_with(inner, inner->result);
    cd_message_drop(&inner->co);
    cd_gen_free(inner);
}

int cede_yield_from(cede_gen *self, cede_gen *inner)
{
    cd_gen_check_inside(self, "cede_yield_from");
    cd_gen_check_held(self, "delegates");
    if (!inner)
        return -ENOMEM;
    if (cd_gen_refuse_busy(inner) < 0)
        return -EBUSY;
    int rc = refuse_sizes(self, inner);
    if (rc < 0) {
        struct cd_message *why = cd_message_lift(&self->co);
        cede_gen_close(inner);
        cd_message_set(&self->co, why);
        return rc;
    }
    if (inner->f.state == CEDE_CLOSED)
        return cede_gen_close(inner);
    inner->outer = self;
    self->inner = inner;
    give_way(self, inner->leaf);
    free_inner(self);
    return self->f.op;
}

cede_gen *cede_gen_delegate(const cede_gen *g)
{
    return g && cede_gen_state(g) == CEDE_SUSPENDED ? g->inner : NULL;
}

/* ---- over an iterator -------------------------------------------------- */

/* The generator a plain pass over one stands for, taken out of it. */
static cede_gen *unwrap(cede_iter *it)
{
    cede_gen *g = cd_iter_is_gen(it) ? it->gen : NULL;
    if (g) {
        it->gen = NULL;
        cede_iter_close(it);
    }
    return g;
}

static int yield_items(cede_gen *self, cede_iter *it)
{
    int rc;
    /* Not into the consumer's variable: a stage writes there also what it then
     * drops. */
    while ((rc = cede_iter_next(it, NULL)) > 0) {
        rc = cd_gen_exchange(self, it->room, NULL);
        if (rc > 0)
            return cede_fail(-EINVAL,
                             "a value sent to generator '%s', which delegates "
                             "to an iterator that receives none",
                             self->co.name);
        if (rc < 0)
            return rc;
    }
    return rc;
}

int cede_yield_iter(cede_gen *self, cede_iter *it)
{
    cd_gen_check_inside(self, "cede_yield_iter");
    cd_gen_check_held(self, "delegates");
    if (!it)
        return -ENOMEM;
    cede_gen *inner = unwrap(it);
    if (inner)
        return cede_yield_from(self, inner);
    self->iter = it;
    int rc = it->owed || it->item_size == self->f.out_size
                 ? yield_items(self, it)
                 : mismatch(self, "an iterator", "yields", self->f.out_size,
                            it->item_size);
    self->iter = NULL;
    int closed = cede_iter_close(it);
    return rc == 0 || (rc == CEDE_EXIT && closed < 0) ? closed : rc;
}
