/* SPDX-License-Identifier: MIT
 *
 * gen.c - generators: next, send, throw, and the body's side of them.
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
 */
#include "gen/gen.h"
#include "base/memory.h"
#include "gen/iter.h"

#include <stdlib.h>
#include <string.h>

/* ---- the body's side --------------------------------------------------- */

/* What a body's own return value means (PEP 479 for CEDE_EXIT). */
static int verdict(cede_gen *g, int rc)
{
    if (rc != CEDE_EXIT || g->asked == CD_EXIT_THROWN)
        return rc;
    if (g->asked == CD_EXIT_STOP)
        return 0;
    const struct cd_message *said = cd_message_of(&g->co, CEDE_EXIT);
    return cede_fail(CEDE_EPROTO,
                     "generator '%s' failed with CEDE_EXIT although nobody "
                     "told it to stop%s%s",
                     g->co.name, said ? ": " : "", cd_message_text(said));
}

static void body_main(void *arg)
{
    cede_gen *g = arg;
    cd_coro_arrive(&g->co);
    cd_stack_settle(g->co.stack);
    int rc = g->body(g, g->arg);
    cd_coro_check_blocks(&g->co);
    if (g->defers) {
        struct cd_message *why = cd_message_lift(&g->co);
        cd_gen_run_defers(g);
        cd_message_set(&g->co, why);
    }
    cd_gen_check_held(g, "returned");
    g->result = verdict(g, rc);
    g->f.state = CEDE_CLOSED;
    if (g->outer)
        cd_gen_hand_over(g);
    cd_coro_leave_last(&g->co, g->consumer);
    cd_side_leave(&g->side, &g->f);
    abort(); /* nobody resumes a CLOSED generator */
}

void cd_gen_check_inside(const cede_gen *g, const char *what)
{
    const char *who = cd_current() ? cd_current()->name : "";
    cd_check(cede_me_.co == &g->co,
             "%s of generator '%s' called outside its body%s%s", what,
             g->co.name, *who ? ", in " : "", who);
}

void cd_gen_left_open(const cede_gen *g, const char *verb)
{
    char open[200] = "a scope or group";
    if (cd_me.above)
        cd_me.above->describe_open(open, sizeof open);
    cd_abort("generator '%s' %s without leaving %s", g->co.name, verb, open);
}

static inline void leave(cede_gen *g)
{
    cd_coro_leave(&g->co, g->consumer);
    cd_side_leave(&g->side, &g->f);
    cd_coro_arrive(&g->co);
}

static inline int exchange(cede_gen *g, const void *value, void *in)
{
    if (cd_unlikely(cede_me_.co != &g->co))
        cd_gen_check_inside(g, "cede_yield");
    if (value && g->f.out)
        memcpy(g->f.out, value, g->f.out_size);
    g->f.state = CEDE_SUSPENDED;
    leave(g);
    if (in && g->f.op == 1)
        memcpy(in, g->f.in, g->f.in_size);
    return g->f.op;
}

int cd_gen_exchange(cede_gen *g, const void *value, void *in)
{
    return exchange(g, value, in);
}

int cd_gen_answer(cede_gen *g, int rc)
{
    g->f.state = CD_ANSWERING;
    g->f.op = rc; /* outwards, until the next step sets it */
    leave(g);
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

/* ---- making ------------------------------------------------------------ */

static int class_of(const cede_gen_options *o)
{
    cd_thread_ready();
    if (!o || o->stack_size == 0)
        return (int)cd_me.stack_class;
    return cd_stack_class(o->stack_size);
}

static cede_gen *refuse(const cede_gen_options *o, cede_gen_fn *body)
{
    if (!body)
        cede_fail(-EINVAL, "a generator without a body");
    else
        cede_fail(-ENOMEM,
                  "generator '%s': a stack of %zu bytes; 1 GiB is the most",
                  o->name ? o->name : "generator", o->stack_size);
    return NULL;
}

cede_gen *cede_gen_new_with(const cede_gen_options *o, cede_gen_fn *body,
                            void *arg, size_t out_size, size_t in_size)
{
    int size_class = class_of(o);
    if (size_class < 0 || !body)
        return refuse(o, body);
    cede_gen *g = cd_zalloc(sizeof *g);
    struct cd_stack *stack = g ? cd_coro_stack((unsigned)size_class) : NULL;
    if (!stack) {
        free(g);
        return NULL;
    }
    cd_stack_tie(stack, &g->stack_copy);
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
    g->leaf = g->root = g;
    g->result = -EAGAIN;
    cd_side_make(&g->side, &g->f, stack, body_main, g);
    if (cd_unlikely(cd_me.made != NULL))
        cd_gen_track(g, o ? o->site_ : NULL);
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
        g->owed = g->f.state == CEDE_CLOSED;
    return g;
}

cede_gen *(cede_gen_primed)(cede_gen_fn *body, void *arg, size_t out_size,
                            size_t in_size)
{
    return cede_gen_primed_with(NULL, body, arg, out_size, in_size);
}

/* ---- the consumer's side ----------------------------------------------- */

void cd_gen_close_with(cede_gen *g, int result)
{
    cd_thread_ready(); /* the stack goes to this thread's pool */
    g->f.state = CEDE_CLOSED;
    g->result = result;
    cd_coro_over(&g->co);
    cd_stack_give(g->co.stack);
    g->co.stack = NULL;
    g->f.stack_size = 0; /* a yield of it is misuse from now on */
}

static int ended(cede_gen *g)
{
    cd_gen_close_with(g, g->result);
    if (g->result >= 0) {
        cd_message_drop(&g->co);
        return 0;
    }
    cd_message_move(cd_current(), &g->co, g->result);
    return g->result;
}

/* A step of g came back by something else than g's own proper yield: its
 * delegate's, 1; or an answer; or the end of its body; or a broken contract. */
static int came_back(cede_gen *g)
{
    cede_gen *leaf = g->leaf;
    cd_gen_check_held(leaf, "yielded");
    int rc = leaf->f.state == CD_ANSWERING ? leaf->f.op : 1;
    if (leaf == g && rc == 1)
        return ended(g);
    leaf->f.saved_errno = g->f.saved_errno;
    leaf->f.state = g->f.state = leaf == g ? CEDE_SUSPENDED : CD_DELEGATING;
    if (rc < 0)
        cd_message_move(cd_current(), &leaf->co, rc);
    return rc;
}

#ifdef CD_INLINE_SERVED
int cede_ended_1_(cede_gen *g)
{
    return came_back(g);
}
#endif

/* g is the root of its chain, or alone.  Where the step ends the leaf may be
 * another one, and the root alone. */
static inline int step(cede_gen *g, cede_gen *leaf, void *out, const void *in,
                       int op)
{
    struct cd_coro *me = cede_me_.co;
    int *errno_at = cede_me_.errno_at;
    int saved = *errno_at;
    leaf->f.out = out;
    leaf->f.in = in;
    leaf->f.op = op;
    g->f.state = leaf->f.state = CEDE_RUNNING;
    *errno_at = leaf->f.saved_errno;
    cede_me_.co = &leaf->co;
    leaf->consumer = me;
    cd_coro_leave(me, &leaf->co);
    cd_side_enter(&leaf->side, &leaf->f);
    cd_coro_arrive(me);
    cede_me_.co = me;
    g->f.saved_errno = *errno_at;
    *errno_at = saved;
    if (cd_unlikely(g->f.state != CEDE_SUSPENDED || g->f.held))
        return came_back(g);
    return 1;
}

int cd_gen_step(cede_gen *g, void *out, const void *in, int op)
{
    return step(g, g->leaf, out, in, op);
}

int cd_gen_refuse_busy(const cede_gen *g)
{
    if (g->outer)
        return cede_fail(-EBUSY,
                         "generator '%s' belongs to generator '%s', "
                         "which delegates to it",
                         g->co.name, g->outer->co.name);
    if (g->f.state == CEDE_RUNNING)
        return cede_fail(-EBUSY, "generator '%s' is already executing",
                         g->co.name);
    return 0;
}

/* What a CLOSED generator answers: the failure it owes, once; else rc. */
static int owed(cede_gen *g, int rc)
{
    if (!g->owed)
        return rc;
    g->owed = false;
    return g->result;
}

static int send_to_fresh(cede_gen *g)
{
    return cede_fail(-EINVAL,
                     "a value sent to generator '%s', which has not started: "
                     "step it first, or make it primed",
                     g->co.name);
}

/* A step of a generator that cannot be stepped directly: it is not SUSPENDED
 * or part of a chain, or this thread has not met cede yet. */
static __attribute__((noinline)) int step_other(cede_gen *g, void *out,
                                                const void *in)
{
    switch (g->f.state) {
    case CEDE_CLOSED:
        return owed(g, 0);
    case CEDE_CREATED:
        if (in)
            return send_to_fresh(g);
        break;
    case CEDE_RUNNING:
        return cd_gen_refuse_busy(g);
    default:
        if (g->outer)
            return cd_gen_refuse_busy(g);
        /* One that receives none fits between any two of a chain. */
        if (in && (!g->f.in_size || g->leaf->f.in_size != g->f.in_size))
            return cd_gen_refuse_value(g);
    }
    cd_thread_ready();
    return step(g, g->leaf, out, in, in != NULL);
}

int(cede_next)(cede_gen *g, void *out)
{
    if (cd_unlikely(!g))
        return -ENOMEM;
    if (cd_unlikely(g->f.state != CEDE_SUSPENDED || !cede_me_.co)) {
        if (g->f.state == CD_DELEGATING && !g->outer && cede_me_.co)
            return step(g, g->leaf, out, NULL, 0);
        return step_other(g, out, NULL);
    }
    return step(g, g, out, NULL, 0);
}

int(cede_send)(cede_gen *g, const void *in, void *out)
{
    if (cd_unlikely(!g))
        return -ENOMEM;
    if (cd_unlikely(g->f.state != CEDE_SUSPENDED || !cede_me_.co))
        return step_other(g, out, in);
    if (cd_unlikely(in && g->f.in_size == 0))
        return cd_gen_refuse_value(g);
    return step(g, g, out, in, in != NULL);
}

/* CEDE_EXIT stops delegates first, and goes on at the delegation point (PEP
 * 380); what their clean-up failed with goes on in its place. */
static int throw_exit(cede_gen *g)
{
    g->asked = CD_EXIT_THROWN;
    if (g->inner) {
        cede_gen *below = cd_gen_detach_below(g, g->leaf);
        g->leaf = g;
        int rc = cede_gen_stop(below);
        if (rc < 0)
            return rc;
    }
    return CEDE_EXIT;
}

int cede_throw(cede_gen *g, int err, void *out)
{
    if (!g)
        return -ENOMEM;
    if (err >= 0)
        return cede_fail(-EINVAL, "cede_throw of %d, which is no error", err);
    if (cd_gen_refuse_busy(g) < 0)
        return -EBUSY;
    if (g->f.state == CEDE_CLOSED)
        return owed(g, err);
    if (g->f.state == CEDE_CREATED) {
        cd_gen_close_with(g, err);
        return err;
    }
    cd_thread_ready();
    if (err == CEDE_EXIT)
        err = throw_exit(g);
    struct cd_message *thrown = cd_cause_keep(err);
    cd_message_move(&g->leaf->co, cd_current(), err);
    int rc = step(g, g->leaf, out, NULL, err);
    if (g->f.state != CEDE_CLOSED)
        g->asked = CD_NOT_ASKED; /* it went on instead */
    cd_cause_settle(thrown, rc);
    return rc;
}
