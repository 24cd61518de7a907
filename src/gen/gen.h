/* SPDX-License-Identifier: MIT
 *
 * gen.h - the inside of a generator, for gen.c, stop.c and delegate.c.
 *
 * A generator that delegates (cede_yield_from) is the root or the middle of a
 * chain, root -> ... -> leaf.  The consumer steps the root; whoever runs is
 * the leaf, entered directly, however long the chain is.
 */
#ifndef CD_GEN_GEN_H
#define CD_GEN_GEN_H

#include "base/list.h"
#include "coro/coro.h"

#include <stdlib.h>

struct cd_defer;

/* Why a body may end with CEDE_EXIT. */
enum cd_asked { CD_NOT_ASKED, CD_EXIT_THROWN, CD_EXIT_STOP };

/* States of the frame beside those of enum cede_gen_state: SUSPENDED, and
 * part of a chain; and, while a step comes back, SUSPENDED with no item, see
 * cd_gen_answer.  The inlined step does not know them and calls us. */
enum { CD_DELEGATING = CEDE_CLOSED + 1, CD_ANSWERING };

/* CREATED, RUNNING, SUSPENDED: co.stack is set, result is -EAGAIN.
 * CLOSED: the stack is gone, result is the body's.
 * Of a chain: the leaf's inner and the root's outer are NULL; the root's leaf
 * and the leaf's root point to each other, those between are meaningless. */
struct cede_gen {
    struct cede_gen_frame_ f; /* first: the inlined switch looks only here, */
    struct cd_coro co;        /* and right behind it */
    struct cd_side side;
    cede_gen_fn *body;
    void *arg;
    struct cd_defer *defers;  /* the last registered first */
    struct cd_coro *consumer; /* whose step it is; while RUNNING */
    cede_gen *leaf, *root;    /* itself when it is no part of a chain */
    cede_gen *inner, *outer;  /* whom it delegates to, and who to it */
    struct cede_iter *iter;   /* what it delegates to, if that is none */
    int result;
    enum cd_asked asked;
    bool owed;        /* the failure was not answered to anyone yet */
    bool tracked;     /* made in a debug run: what follows is set */
    void *stack_copy; /* see cd_stack_tie */
    struct cd_list made;
    const char *site; /* "file:line"; NULL: unknown */
};

static_assert(offsetof(struct cede_gen, co) == sizeof(struct cede_gen_frame_),
              "the inlined step finds the coroutine behind the frame");

/* Let root's leaf run to the chain's next yield, 1, or to root's end: 0 or its
 * error.  Root is SUSPENDED or delegating, or CREATED and alone. */
int cd_gen_step(cede_gen *root, void *out, const void *in, int op);

/* Yield, from the body of g. */
int cd_gen_exchange(cede_gen *g, const void *value, void *in);

/* Let the step answer rc < 0, with the body's message, although the body goes
 * on; what a yield answers.  For bodies of the library: of others every
 * failure is the last. */
int cd_gen_answer(cede_gen *g, int rc);

/* The body is running on this thread; else abort: `what` is for it. */
void cd_gen_check_inside(const cede_gen *g, const char *what);

/* Everything that was entered in the body is left; else abort. */
static inline void cd_gen_check_held(const cede_gen *g, const char *verb);
_Noreturn void cd_gen_left_open(const cede_gen *g, const char *verb);

/* 0, or -EBUSY with a message: it runs, or another one delegates to it. */
int cd_gen_refuse_busy(const cede_gen *g);

/* -EINVAL with a message: a value was sent to g, and it or its leaf receives
 * none, or their sizes differ. */
int cd_gen_refuse_value(const cede_gen *g);

/* The body will not run (again): give its stack back. */
void cd_gen_close_with(cede_gen *g, int result);

void cd_gen_run_defers(cede_gen *g);

/* In a debug run, see made.c: g was made, is to be freed; and at the end of
 * the run, those still in the list are reported, and forgotten. */
void cd_gen_track(cede_gen *g, const char *site);
void cd_gen_untrack(cede_gen *g);
void cd_gen_report_made(struct cd_list *made);

static inline void cd_gen_check_held(const cede_gen *g, const char *verb)
{
    if (cd_unlikely(g->f.held != 0))
        cd_gen_left_open(g, verb);
}

/* Give the handle back, whose message and stack are gone. */
static inline void cd_gen_free(cede_gen *g)
{
    if (cd_unlikely(g->tracked))
        cd_gen_untrack(g);
    free(g);
}

/* Around a fork. */
void cd_gen_lock_made(void);
void cd_gen_unlock_made(void);

/* A body of a chain, other than the root's, has ended on the stack we are on:
 * go on in the one that delegated to it. */
_Noreturn void cd_gen_hand_over(cede_gen *g);

/* Whom g delegates to, and everything below down to leaf, the chain's, is a
 * chain of its own again; answers its root.  g is RUNNING. */
cede_gen *cd_gen_detach_below(cede_gen *g, cede_gen *leaf);

#endif
