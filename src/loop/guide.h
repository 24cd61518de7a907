/* SPDX-License-Identifier: MIT
 *
 * guide.h - who goes along with a loop: makes its choices, sees its steps.
 *
 * An ordinary run has no guide and asks nobody.  In a run with one the loop's
 * own count of steps stays 0, so that every strand that stops comes to the
 * hub, and the budget for calls that need not wait is 1, so that every such
 * call asks; there the guide is told that a moment has come, and asked what
 * contracts leave open.
 *
 * With a seed it answers at random, always the same for the same seed; without
 * one it answers what an ordinary run would do, and can still be used to watch.
 *
 * Never chosen: the order among those who wait in one queue; the order among
 * callbacks; and a strand that lets all others run goes on after them.
 */
#ifndef CD_LOOP_GUIDE_H
#define CD_LOOP_GUIDE_H

#include "loop/loop.h"

/* Hooks are NULL, or run on the loop's thread and must not switch. */
struct cd_guide {
    /* A call that may wait begins, or something is about to happen: a strand
     * or callback goes on, the loop sleeps, the clock jumps. */
    void (*moment)(struct cd_guide *g);
    /* Around each step.  At its end w may be over: of a strand its stack is
     * untouched still, of a callback the memory may be gone. */
    void (*begin)(struct cd_guide *g, const struct cd_work *w);
    void (*end)(struct cd_guide *g, const struct cd_work *w);
    void *ctx; /* for moment */

    uint64_t moments; /* so far */
    uint64_t seed;    /* 0: none */
    uint64_t random;  /* state of the generator */
    uint64_t hash;    /* of the choices so far; 0: there was none */
    unsigned rate;   /* how many in 8 calls that need not wait let others run */
    unsigned steps;  /* left in this turn */
    unsigned budget; /* calls until the strand must let others run */
    bool brief;      /* it lets some run, whom chance will choose */
};

/* Go along with l, which does not run yet.  seed 0: none.  Hooks are set
 * afterwards. */
void cd_guide_attach(struct cd_guide *g, struct cd_loop *l, uint64_t seed);

/* Is w, in a run with a guide, a strand?  Else a callback. */
bool cd_guide_is_strand(const struct cd_work *w);

/* What a variable of the environment says; *out is 0 where it is not set.
 * 0; -EINVAL with a message: it is no number. */
int cd_guide_number(const char *variable, uint64_t *out);

/* The running strand calls something that may wait; and: does it let others
 * run, though it need not? */
void cd_guide_moment(struct cd_loop *l);
bool cd_guide_pause(struct cd_loop *l, struct cd_strand *s);

/* cd_loop_run and cd_loop_step with l->guide. */
void cd_guide_run(struct cd_loop *l);
void cd_guide_step(struct cd_loop *l);

/* What a test wants of the runs of its thread, in cd_me.probe: they have a
 * guide, and this is told before the main task starts. */
struct cd_probe {
    void (*opened)(struct cd_probe *p, struct cd_loop *l);
};

#endif
