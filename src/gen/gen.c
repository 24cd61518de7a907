/* SPDX-License-Identifier: MIT
 *
 * gen.c - generators: next, send, throw, stop, and the body's side of them.
 *
 * A step enters the body by a call and comes back by the body's yield, which
 * is a ret on our stack (src/ctx/ctx.h).  What travels goes through the frame
 * both sides see: the consumer leaves `out`, `in` and `op` there, the yield
 * copies the item straight to the consumer's variable.
 *
 * errno, the running coroutine and the sanitizers' view are switched on the
 * consumer's side, so that the yield need not know of them.
 *
 * When the body ends its stack goes back to the pool and the handle stays.
 * There is no way to unwind a C stack from outside, so a body that yields
 * although told to stop is dropped where it stands; that is what deferred
 * clean-up is for.
 */
#include "base/memory.h"
#include "coro/coro.h"
#include "gen/iter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct defer {
    struct defer *next; /* registered before this one */
    void (*fn)(void *);
    void *ptr;
};

/* Why a body may end with CEDE_EXIT. */
enum asked { NOT_ASKED, EXIT_THROWN, EXIT_STOP };

/* CREATED, RUNNING, SUSPENDED: co.stack is set, result is -EAGAIN.
 * CLOSED: the stack is gone, result is the body's. */
struct cede_gen {
    struct cede_gen_frame_ f; /* first: the inlined switch looks only here, */
    struct cd_coro co;        /* and right behind it */
    struct cd_side side;
    cede_gen_fn *body;
    void *arg;
    struct defer *defers;     /* the last registered first */
    struct cd_coro *consumer; /* whose step it is; while RUNNING */
    int result;
    enum asked asked;
    bool owed; /* the failure was not answered to anyone yet */
};

static_assert(offsetof(struct cede_gen, co) == sizeof(struct cede_gen_frame_),
              "the inlined step finds the coroutine behind the frame");

/* ---- the body's side --------------------------------------------------- */

static void run_defers(cede_gen *g)
{
    struct defer *d;
    while ((d = g->defers)) {
        g->defers = d->next;
        d->fn(d->ptr);
        free(d);
    }
}

/* What a body's own return value means (PEP 479 for CEDE_EXIT). */
static int verdict(cede_gen *g, int rc)
{
    if (rc != CEDE_EXIT || g->asked == EXIT_THROWN)
        return rc;
    if (g->asked == EXIT_STOP)
        return 0;
    return cede_fail(CEDE_EPROTO,
                     "generator '%s' failed with CEDE_EXIT although nobody "
                     "told it to stop%s%s",
                     g->co.name, g->co.message ? ": " : "", cede_message());
}

static void body_main(void *arg)
{
    cede_gen *g = arg;
#ifdef CD_FIBERS
    cd_fiber_end(g->co.fiber);
#endif
    int rc = g->body(g, g->arg);
    run_defers(g);
    cd_check(g->f.held == 0,
             "generator '%s' returned with a scope or group open", g->co.name);
    g->result = verdict(g, rc);
    g->f.state = CEDE_CLOSED;
#ifdef CD_FIBERS
    cd_fiber_start_last(g->co.fiber, g->consumer->fiber);
#endif
    cd_side_leave(&g->side, &g->f);
    abort(); /* nobody resumes a CLOSED generator */
}

static int exchange(cede_gen *g, const void *value, void *in)
{
    cd_check(cede_me_.co == &g->co,
             "cede_yield of generator '%s' called outside its body%s%s",
             g->co.name, cd_current() ? ", in " : "",
             cd_current() ? cd_current()->name : "");
    if (value && g->f.out)
        memcpy(g->f.out, value, g->f.out_size);
    g->f.state = CEDE_SUSPENDED;
#ifdef CD_FIBERS
    struct cd_fiber *self = g->co.fiber;
    cd_fiber_start(self, g->consumer->fiber);
    cd_side_leave(&g->side, &g->f);
    cd_fiber_end(self);
#else
    cd_side_leave(&g->side, &g->f);
#endif
    if (in && g->f.op == 1)
        memcpy(in, g->f.in, g->f.in_size);
    return g->f.op;
}

/* An object compiled to switch inline needs the functions that end in _1_; a
 * library that cannot serve it (other switch, sanitizers) does not have them,
 * so that mixing the two fails to link. */
#if !defined(CD_FIBERS) && !defined(CD_CTX_PORTABLE_H)
#define CD_INLINE_SERVED 1
int cede_exchange_1_(cede_gen *self, const void *value, void *in)
{
    return exchange(self, value, in);
}
#endif

int(cede_yield)(cede_gen *self, const void *value)
{
    return exchange(self, value, NULL);
}

int(cede_receive)(cede_gen *self, void *in)
{
    return exchange(self, NULL, in);
}

int(cede_exchange)(cede_gen *self, const void *value, void *in)
{
    return exchange(self, value, in);
}

int cede_gen_defer(cede_gen *self, void (*fn)(void *), void *ptr)
{
    if (!self)
        return -ENOMEM;
    if (cede_me_.co != &self->co)
        return cede_fail(-EPERM,
                         "cede_gen_defer of '%s' called outside its body",
                         self->co.name);
    struct defer *d = cd_malloc(sizeof *d);
    if (!d)
        return -ENOMEM;
    *d = (struct defer){.next = self->defers, .fn = fn, .ptr = ptr};
    self->defers = d;
    return 0;
}

/* ---- making and ending ------------------------------------------------- */

static int class_of(const cede_gen_options *o)
{
    cd_thread_ready();
    if (!o || o->stack_size == 0)
        return (int)cd_me.stack_class;
    return cd_stack_class(o->stack_size);
}

cede_gen *cede_gen_new_with(const cede_gen_options *o, cede_gen_fn *body,
                            void *arg, size_t out_size, size_t in_size)
{
    int size_class = class_of(o);
    cede_gen *g = cd_zalloc(sizeof *g);
    struct cd_stack *stack =
        g && size_class >= 0 ? cd_coro_stack((unsigned)size_class) : NULL;
    if (!stack) {
        free(g);
        return NULL;
    }
    cd_coro_init(&g->co, "generator", o && o->name ? o->name : "generator",
                 stack);
    g->f.stack = stack->lo;
    g->f.stack_size = (size_t)((char *)stack - stack->lo);
    g->f.out_size = out_size;
    g->f.in_size = in_size;
    g->co.held = &g->f.held;
    g->f.state = CEDE_CREATED;
    g->body = body;
    g->arg = arg;
    g->result = -EAGAIN;
    cd_side_make(&g->side, &g->f, stack, body_main, g);
    return g;
}

cede_gen *(cede_gen_new)(cede_gen_fn *body, void *arg, size_t out_size,
                         size_t in_size)
{
    return cede_gen_new_with(NULL, body, arg, out_size, in_size);
}

cede_gen *cede_gen_primed_with(const cede_gen_options *o, cede_gen_fn *body,
                               void *arg, size_t out_size, size_t in_size)
{
    cede_gen *g = cede_gen_new_with(o, body, arg, out_size, in_size);
    if (g && cede_next(g, NULL) < 0)
        g->owed = true;
    return g;
}

cede_gen *(cede_gen_primed)(cede_gen_fn *body, void *arg, size_t out_size,
                            size_t in_size)
{
    return cede_gen_primed_with(NULL, body, arg, out_size, in_size);
}

/* The body will not run (again): give its stack back. */
static void close_with(cede_gen *g, int result)
{
    cd_thread_ready(); /* the stack goes to this thread's pool */
    g->f.state = CEDE_CLOSED;
    g->result = result;
    cd_coro_over(&g->co);
    cd_stack_give(g->co.stack);
    g->co.stack = NULL;
    g->f.stack_size = 0; /* a yield of it is misuse from now on */
}

/* The step that just came back ended with the body, or with a broken
 * contract. */
static int ended(cede_gen *g)
{
    cd_check(g->f.held == 0,
             "generator '%s' yielded with a scope or group open", g->co.name);
    close_with(g, g->result);
    if (g->result >= 0) {
        cd_message_drop(&g->co);
        return 0;
    }
    cd_message_move(cd_current(), &g->co, g->result);
    return g->result;
}

#ifdef CD_INLINE_SERVED
int cede_ended_1_(cede_gen *g)
{
    return ended(g);
}
#endif

/* ---- the consumer's side ----------------------------------------------- */

/* Let the body run to its next yield, 1, or to its end: 0 or its error. */
static inline int step(cede_gen *g, void *out, const void *in, int op)
{
    struct cd_coro *me = cede_me_.co;
    int *errno_at = cede_me_.errno_at;
    int saved = *errno_at;
    g->f.out = out;
    g->f.in = in;
    g->f.op = op;
    g->f.state = CEDE_RUNNING;
    *errno_at = g->f.saved_errno;
    cede_me_.co = &g->co;
#ifdef CD_FIBERS
    g->consumer = me;
    cd_fiber_start(me->fiber, g->co.fiber);
    cd_side_enter(&g->side, &g->f);
    cd_fiber_end(me->fiber);
#else
    cd_side_enter(&g->side, &g->f);
#endif
    cede_me_.co = me;
    g->f.saved_errno = *errno_at;
    *errno_at = saved;
    if (cd_unlikely(g->f.state != CEDE_SUSPENDED || g->f.held))
        return ended(g);
    return 1;
}

static int refuse_running(const cede_gen *g)
{
    return cede_fail(-EBUSY, "generator '%s' is already executing", g->co.name);
}

/* What a CLOSED generator answers: the failure it owes, once; else rc. */
static int owed(cede_gen *g, int rc)
{
    if (!g->owed)
        return rc;
    g->owed = false;
    return g->result;
}

/* A step of a generator that is not SUSPENDED, or on a thread that has not
 * met cede yet. */
static int step_other(cede_gen *g, void *out, const void *in)
{
    switch ((enum cede_gen_state)g->f.state) {
    case CEDE_RUNNING:
        return refuse_running(g);
    case CEDE_CLOSED:
        return owed(g, 0);
    case CEDE_CREATED:
        if (in)
            return cede_fail(-EINVAL,
                             "a value sent to generator '%s', which has not "
                             "started: step it first, or make it primed",
                             g->co.name);
        cd_thread_ready();
        return step(g, out, NULL, 0);
    case CEDE_SUSPENDED:
        cd_thread_ready();
        break;
    }
    return in ? cede_send(g, in, out) : step(g, out, NULL, 0);
}

int(cede_next)(cede_gen *g, void *out)
{
    if (cd_unlikely(!g))
        return -ENOMEM;
    if (cd_unlikely(g->f.state != CEDE_SUSPENDED || !cede_me_.co))
        return step_other(g, out, NULL);
    return step(g, out, NULL, 0);
}

int(cede_send)(cede_gen *g, const void *in, void *out)
{
    if (cd_unlikely(!g))
        return -ENOMEM;
    if (cd_unlikely(g->f.state != CEDE_SUSPENDED || !cede_me_.co))
        return step_other(g, out, in);
    if (cd_unlikely(in && g->f.in_size == 0))
        return cede_fail(-EINVAL,
                         "a value sent to generator '%s', which was made to "
                         "receive none (in_size 0)",
                         g->co.name);
    return step(g, out, in, in != NULL);
}

int cede_throw(cede_gen *g, int err, void *out)
{
    if (!g)
        return -ENOMEM;
    if (err >= 0)
        return cede_fail(-EINVAL, "cede_throw of %d, which is no error", err);
    switch ((enum cede_gen_state)g->f.state) {
    case CEDE_RUNNING:
        return refuse_running(g);
    case CEDE_CREATED:
        close_with(g, err);
        return err;
    case CEDE_CLOSED:
        return owed(g, err);
    case CEDE_SUSPENDED:
        break;
    }
    cd_thread_ready();
    if (err == CEDE_EXIT)
        g->asked = EXIT_THROWN;
    cd_message_move(&g->co, cd_current(), err);
    int rc = step(g, out, NULL, err);
    if (rc == 1)
        g->asked = NOT_ASKED; /* it went on instead */
    return rc;
}

/* It yielded although told to stop: end it where it stands. */
static int drop(cede_gen *g)
{
    g->f.state = CEDE_RUNNING; /* nobody may step it from its clean-up */
    run_defers(g);
    cd_message_drop(&g->co);
    close_with(g, CEDE_EPROTO);
    return cede_fail(CEDE_EPROTO,
                     "generator '%s' yielded after being told to stop",
                     g->co.name);
}

int cede_gen_stop(cede_gen *g)
{
    if (!g)
        return -ENOMEM;
    switch ((enum cede_gen_state)g->f.state) {
    case CEDE_RUNNING:
        return refuse_running(g);
    case CEDE_CREATED:
        close_with(g, 0);
        return 0;
    case CEDE_CLOSED:
        return 0;
    case CEDE_SUSPENDED:
        break;
    }
    cd_thread_ready();
    g->asked = EXIT_STOP;
    if (step(g, NULL, NULL, CEDE_EXIT) == 1)
        return drop(g);
    return g->result;
}

int cede_gen_close(cede_gen *g)
{
    if (!g)
        return -ENOMEM;
    if (g->f.state == CEDE_RUNNING)
        return refuse_running(g);
    cede_gen_stop(g);
    int result = g->result;
    cd_message_drop(&g->co);
    free(g);
    return result;
}

/* ---- looking at one ---------------------------------------------------- */

int cede_gen_result(const cede_gen *g)
{
    return g ? g->result : -ENOMEM;
}

enum cede_gen_state cede_gen_state(const cede_gen *g)
{
    return g ? (enum cede_gen_state)g->f.state : CEDE_CLOSED;
}

size_t cd_gen_out_size(const cede_gen *g)
{
    return g->f.out_size;
}

const char *cede_gen_name(const cede_gen *g)
{
    return g ? g->co.name : "";
}

int cede_gen_describe(const cede_gen *g, char *buf, size_t size)
{
    static const char *const states[] = {"CREATED", "RUNNING", "SUSPENDED",
                                         "CLOSED"};
    return snprintf(buf, size, "generator %s %s", cede_gen_name(g),
                    states[cede_gen_state(g)]);
}
