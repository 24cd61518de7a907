/* SPDX-License-Identifier: MIT
 *
 * agen.c - closing generators whose clean-up waits, and generators that run
 * ahead of their consumer in a task of their own.
 *
 * The latter are two: the reader, which the consumer steps and which takes
 * items out of a queue, and the inner one, whose items the child puts there.
 * What both need lies in a block of its own, which the last of the two frees:
 * the child may be over long before the reader is closed, and the run as well.
 *
 * The reader is made primed, so that a stop finds its body, which ends the
 * child, also when no step was ever asked for.  A step that is cancelled is
 * answered without ending it (cd_gen_answer): so no item is lost.
 *
 * Scopes that the inner body has open while it hands on are the child's: it
 * counts them as its own, and what cancels them is thrown in at the yield.
 */
#include "base/memory.h"
#include "gen/gen.h"
#include "gen/iter.h"
#include "task/task.h"

#include <cede/agen.h>
#include <cede/queue.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- closing ----------------------------------------------------------- */

int cede_gen_close_within(cede_time delay, cede_gen *g)
{
    /* What it ended with before is not what becomes of it in here. */
    if (!cd_me.task || cede_gen_state(g) == CEDE_CLOSED)
        return cede_gen_close(g);
    cede_scope s;
    cede_enter_shielded_named_(&s, "cede_gen_close_within\0", cede_in(delay));
    return cede_leave(&s, cede_gen_close(g));
}

static void report(const char *name, int rc)
{
    char what[160];
    snprintf(what, sizeof what, "generator '%s' failed when it was closed",
             name);
    cd_report(what, cd_task_running(), rc, cd_message_of(cd_current(), rc));
}

void cede_gen_closing_(cede_gen **at)
{
    cede_gen *g = *at;
    if (!g)
        return;
    cd_thread_ready();
    struct cd_message *message = cd_message_lift(cd_current()); /* of leaving */
    const char *name = g->co.name;
    bool told = g->f.state == CEDE_CLOSED && !g->owed;
    int rc = cede_gen_close_within(10 * CEDE_SEC, g);
    if (rc < 0 && !told)
        report(name, rc);
    cd_message_set(cd_current(), message);
}

/* ---- running ahead ----------------------------------------------------- */

/* Once over is set the child is gone, and with it loop, inner and scope; rc
 * and message say how it ended, and the queue is closed. */
struct ahead {
    cede_queue *queue;
    cede_gen *inner;
    const struct cd_thread *thread; /* on which it was made */
    struct cd_loop *loop;
    struct cd_task *child;  /* NULL before its first step */
    struct cd_wait *closer; /* who waits until it is over */
    struct cd_message *message;
    cede_scope scope; /* around all that the child does */
    int rc;
    bool over;
    bool left;                        /* the reader is closed */
    alignas(max_align_t) char room[]; /* the item that is being handed on */
};

static void free_ahead(struct ahead *a)
{
    cede_queue_free(a->queue);
    cd_message_free(a->message);
    free(a);
}

/* ---- the child --------------------------------------------------------- */

static bool cancelled(const struct ahead *a)
{
    return a->scope.impl_->effective;
}

/* The body is told to stop where it stands, rather than stepped once more. */
static int step(struct ahead *a)
{
    return cancelled(a) ? -ECANCELED : cede_next(a->inner, a->room);
}

static int pump(struct ahead *a)
{
    int rc = step(a);
    while (rc > 0) {
        rc = cede_put(a->queue, a->room);
        if (rc == 0)
            rc = step(a);
        else if (rc == -ECANCELED && !cancelled(a)) /* by a scope of the body */
            rc = cede_throw(a->inner, rc, a->room);
    }
    return rc;
}

static void set_over(struct ahead *a, int rc)
{
    a->rc = rc;
    a->message = cd_message_take(cd_current(), rc);
    a->over = true;
    cede_queue_close(a->queue);
    if (a->closer)
        cd_wait_grant(a->closer, 0);
}

/* What it fails with is the consumer's business, and not the group's. */
static int feed(void *arg)
{
    struct ahead *a = arg;
    a->child = cd_me.task;
    a->inner->co.held = cd_current()->held;
    cede_enter_named_(&a->scope, "cede_gen_ahead\0", CEDE_NEVER);
    if (a->left)
        cede_scope_cancel(&a->scope);
    int rc = pump(a);
    int closed = cede_gen_close(a->inner);
    rc = cede_leave(&a->scope, rc == 0 || closed < 0 ? closed : rc);
    bool ours = a->left && !a->closer; /* who closed did not wait */
    set_over(a, rc);
    if (ours)
        free_ahead(a);
    return 0;
}

/* ---- the reader -------------------------------------------------------- */

/* Not inlined, because compilers keep the address of a thread-local across a
 * yield, and the next step may come from another thread. */
static __attribute__((noinline)) int take(struct ahead *a, void *to)
{
    if (a->thread != &cd_me)
        return cede_fail(-EPERM, "a step of a generator that runs ahead on "
                                 "another thread");
    if (!a->over && cd_me.task == a->child && a->child)
        return cede_fail(-EDEADLK, "task '%s' waits for what it yields itself",
                         a->child->co.name);
    return cede_get(a->queue, to);
}

/* Take it over: how the child ended. */
static int outcome(struct ahead *a)
{
    cd_message_set(cd_current(), a->message);
    a->message = NULL;
    return a->rc;
}

/* End the child, and wait until it is over, whatever state the scope is in.
 * False: nobody can wait here, and a is the child's now. */
static __attribute__((noinline)) bool leave(struct ahead *a)
{
    if (a->over)
        return true;
    cd_check(cd_me.loop == a->loop,
             "generator '%s', which runs ahead, is closed on another thread",
             a->inner->co.name);
    a->left = true;
    if (a->child)
        cede_scope_cancel(&a->scope);
    if (!cd_me.task || cd_me.task == a->child)
        return false;
    struct cd_wait w = {.abort = cd_wait_refuse};
    a->closer = &w;
    cd_wait_in(&w, NULL, "close of what runs ahead");
    return true;
}

/* err is what the reader was told by: CEDE_EXIT, or what was thrown in. */
static int end(struct ahead *a, int err)
{
    struct cd_message *thrown = cd_message_lift(cd_current());
    if (!leave(a)) { /* now it is the child's */
        cd_message_set(cd_current(), thrown);
        return err;
    }
    int rc = outcome(a);
    free_ahead(a);
    if (err == CEDE_EXIT && rc < 0 && rc != -ECANCELED) {
        cd_message_free(thrown);
        return rc;
    }
    cd_message_set(cd_current(), thrown);
    return err;
}

static int read_ahead(cede_gen *self, void *arg)
{
    struct ahead *a = arg;
    int told = cd_gen_exchange(self, NULL, NULL);
    while (told >= 0) {
        int rc = take(a, self->f.out);
        if (rc > 0) {
            told = cd_gen_exchange(self, NULL, NULL);
        } else if (rc < 0) {
            told = cd_gen_answer(self, rc);
        } else {
            rc = outcome(a);
            free_ahead(a);
            return rc;
        }
    }
    return end(a, told);
}

/* ---- both -------------------------------------------------------------- */

static struct ahead *new_ahead(cede_gen *inner, size_t places)
{
    size_t size = cd_gen_out_size(inner);
    if (size > SIZE_MAX - sizeof(struct ahead))
        return NULL;
    struct ahead *a = cd_zalloc(sizeof *a + size);
    if (!a)
        return NULL;
    a->queue = cede_queue_new(size, places);
    a->inner = inner;
    a->thread = &cd_me;
    if (a->queue)
        return a;
    free(a);
    return NULL;
}

static int start(struct ahead *a, cede_group *face, const char *site)
{
    struct cd_start s = {
        .name = a->inner->co.name, .site = site, .fn = feed, .arg = a};
    struct cd_group *g;
    CEDE_TRY(cd_group_take(face, s.name, &g));
    a->loop = g->run->loop;
    return cd_task_start(g, &s);
}

cede_gen *cede_gen_ahead_at_(const char *site, cede_group *g, cede_gen *inner,
                             size_t places)
{
    if (!inner)
        return NULL;
    int rc = cd_gen_refuse_busy(inner);
    bool mine = rc == 0;
    const cede_gen_options o = {.name = inner->co.name,
                                .site_ = cd_place(site)};
    struct ahead *a = new_ahead(inner, places);
    cede_gen *reader =
        a ? cede_gen_primed_with(&o, read_ahead, a, cd_gen_out_size(inner), 0)
          : NULL;
    if (mine && reader)
        rc = start(a, g, site);
    if (reader && rc < 0)
        set_over(a, rc);
    if (mine && (!reader || rc < 0))
        cede_gen_close(inner);
    if (a && !reader)
        free_ahead(a);
    return reader;
}

cede_gen *(cede_gen_ahead)(cede_group *g, cede_gen *inner, size_t ahead)
{
    return cede_gen_ahead_at_("cede_gen_ahead\0", g, inner, ahead);
}
