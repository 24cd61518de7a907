/* SPDX-License-Identifier: MIT
 *
 * loop.h - one per thread: ready work, timers, and sleeping until there is
 * more.
 *
 * The loop knows nothing of tasks.  Ready work is a function to call, or a
 * strand: a line of execution to continue.  A strand that stops asks
 * cd_loop_pick for whom to continue instead, and switches there directly; the
 * hub, the context of whoever runs the loop, gets its turn only when there is
 * something else to do than to continue the next strand.
 *
 * A turn ends when nothing is ready, or after 256 steps or about 100
 * microseconds: then the hub looks at the clock, fires timers, takes what
 * other threads posted, and polls.  How many steps 100 us are is estimated
 * from the turn before, because asking the clock costs more than a step.
 *
 * A batch is what was ready when a turn began.  It may take several turns, and
 * ends where work is met that asked to wait for the next one, or where nothing
 * is ready.  A loop that is to stop does so at the end of a batch.
 */
#ifndef CD_LOOP_LOOP_H
#define CD_LOOP_LOOP_H

#include "coro/coro.h"
#include "loop/fds.h"
#include "loop/poller.h"
#include "loop/timer.h"

#include <stdatomic.h>
#include <stdlib.h>

/* In at most one loop's ready list or inbox at a time. */
struct cd_work {
    struct cd_work *next;
    void (*run)(struct cd_work *w); /* NULL: a strand, see below */
};

/* A line of execution that stopped at ctx. */
struct cd_strand {
    struct cd_work work; /* first; its run is NULL */
    struct cd_ctx ctx;
    unsigned calls; /* guided: that need not wait, since it last waited */
};

struct cd_loop {
    struct cd_work *ready; /* first in, first out */
    struct cd_work **ready_end;
    struct cd_work *late; /* the same, and goes to ready a few at a time */
    struct cd_work **late_end;
    unsigned steps;         /* left in this turn; > 0 between steps */
    unsigned allowance;     /* what steps began with */
    unsigned budget;        /* for strands that call without having to wait */
    struct cd_guide *guide; /* see guide.h; NULL: none */
    struct cd_ctx hub;
    bool stopping;    /* for good: nothing is taken any more; until nothing is
                         ready */
    bool obeys;       /* `stop` ends this run; else it is somebody's business */
    atomic_bool stop; /* at the end of this batch */
    bool steps_only;  /* it must not sleep */
    bool batch_over;  /* what is ready next belongs to the next batch */
    uint64_t batch;   /* the number of this one */
    cede_time now;    /* of this turn */
    cede_time looked; /* the clock after the last poll */
    struct cd_wheel timers;
    struct cd_stack_watch stacks;
    struct cd_poller *poller;
    struct cd_fds fds;
    /* What is to be done before each turn looks around, such as to send what
     * was gathered in the last one; NULL: nothing.  And at the end, with what
     * its streams share; NULL: there were none. */
    void (*before_turn)(struct cd_loop *l);
    void (*at_end)(struct cd_loop *l);
    struct cd_net *net;
    /* What tests wait for.  Told, once, when the loop is idle (see testing.h),
     * before it sleeps or jumps; NULL: nobody asked.  And who asked. */
    void (*idle)(struct cd_loop *l);
    struct cd_list idlers;
    /* From other threads.  A push releases what was written before it, the
     * loop's exchange acquires it; and the other way around, when closed is
     * put there, after which nothing more is taken. */
    char before_[64]; /* posters have the cache line of it to themselves */
    _Atomic(struct cd_work *) inbox;
    char behind_[64];
    /* Who finds it asleep wakes it, once: of these the loop counts how many
     * there were, and they how many are done with the poller. */
    bool dozing; /* asleep was put into the inbox */
    unsigned wakes;
    atomic_uint woken;
    unsigned borrowed; /* references that its own thread counts, until it
                          is over; they and a run's end outlive the run */
    atomic_uint holds; /* references of any thread; until it is over, its
                          own thread has a share beyond counting */
    bool over;
    /* What the loop is part of: free it.  Any thread. */
    void (*destroy)(struct cd_loop *l);
};

/* Make what lies in zeroed memory a loop for this thread.  0 or an error. */
int cd_loop_open(struct cd_loop *l, const char *poller,
                 void (*destroy)(struct cd_loop *l));

/* The loop goes on after what it called, in the process in which it called
 * that; else abort. */
static inline void cd_loop_check(const struct cd_loop *l)
{
    cd_check(cd_me.loop == l, "a loop goes on in a process that was forked "
                              "from it: only exec or _exit there");
}

/* Run until somebody set l->stopping, and nothing is ready; or l->stop, where
 * it obeys that. */
void cd_loop_run(struct cd_loop *l);

/* One turn without sleeping; and how long there is nothing to do after it. */
void cd_loop_step(struct cd_loop *l);
cede_time cd_loop_delay(struct cd_loop *l);

/* From now on who posts wakes it; until the next turn.  false: something was
 * posted before. */
bool cd_loop_doze(struct cd_loop *l);
bool cd_loop_has_posts(const struct cd_loop *l);

/* What is ready next, which is not a strand, waits for the next batch. */
static inline void cd_loop_end_batch(struct cd_loop *l)
{
    l->batch_over = true;
}

/* Does the run end here, where the hub would begin another turn? */
bool cd_loop_ends(const struct cd_loop *l);

/* What running consists of, for guides: look around, and sleep if there is
 * nothing to do; continue a strand until the hub's turn comes again. */
void cd_loop_turn(struct cd_loop *l);
void cd_loop_visit(struct cd_loop *l, struct cd_ctx *strand);

/* What is posted from now on is refused, the poller is gone.  The memory goes
 * with the last reference. */
void cd_loop_close(struct cd_loop *l);
/* The memory of one that is disowned. */
void cd_loop_forget(struct cd_loop *l);

/* Is everything that is posted refused?  Any thread. */
bool cd_loop_closed(struct cd_loop *l);

/* In the child of a fork: the loop, and all that waits in it, is the parent's
 * business.  Nothing can be posted any more, and it must not go on. */
void cd_loop_disown(struct cd_loop *l);

/* Keep the loop's memory, and let go of it; from any thread. */
static inline void cd_loop_keep(struct cd_loop *l)
{
    atomic_fetch_add(&l->holds, 1);
}

static inline void cd_loop_drop(struct cd_loop *l)
{
    if (atomic_fetch_sub(&l->holds, 1) == 1)
        l->destroy(l);
}

/* The same at less cost: borrowed on the loop's own thread, and returned there
 * or, once it is over, by anybody. */
static inline void cd_loop_borrow(struct cd_loop *l)
{
    l->borrowed++;
}

static inline void cd_loop_return(struct cd_loop *l)
{
    if (cd_unlikely(l->over))
        cd_loop_drop(l);
    else
        l->borrowed--;
}

/* Have w run on the loop's thread, from any thread or signal handler: wakes the
 * loop if it sleeps.  The loop's memory must be there until w is taken.
 * 0, or CEDE_ECLOSED and w was not taken. */
int cd_loop_post(struct cd_loop *l, struct cd_work *w);

/* Append to the ready list. */
static inline void cd_loop_ready(struct cd_loop *l, struct cd_work *w)
{
    w->next = NULL;
    *l->ready_end = w;
    l->ready_end = &w->next;
}

/* Append to the late list: w has time, and whoever is waked meanwhile should
 * not have to wait until a million such are done.  In a guided run all is one
 * list, which the guide orders. */
static inline void cd_loop_late(struct cd_loop *l, struct cd_work *w)
{
    if (l->guide) {
        cd_loop_ready(l, w);
        return;
    }
    w->next = NULL;
    *l->late_end = w;
    l->late_end = &w->next;
}

/* Behind all that is ready or late. */
static inline void cd_loop_last(struct cd_loop *l, struct cd_work *w)
{
    if (cd_unlikely(l->late))
        cd_loop_late(l, w);
    else
        cd_loop_ready(l, w);
}

/* Put at the head of the ready list. */
static inline void cd_loop_ready_first(struct cd_loop *l, struct cd_work *w)
{
    w->next = l->ready;
    if (!l->ready)
        l->ready_end = &w->next;
    l->ready = w;
}

/* Take the first of the ready list, which is not empty. */
static inline struct cd_work *cd_loop_take(struct cd_loop *l)
{
    struct cd_work *w = l->ready;
    l->ready = w->next;
    if (!l->ready)
        l->ready_end = &l->ready;
    return w;
}

/* Where to go on when the running strand stops: the next ready strand, or the
 * hub. */
static inline __attribute__((always_inline)) struct cd_ctx *
cd_loop_pick(struct cd_loop *l)
{
    struct cd_work *w = l->ready;
    if (cd_unlikely(!w || w->run || l->steps == 0))
        return &l->hub;
    l->steps--;
    cd_loop_take(l);
    __builtin_prefetch(l->ready, 1);
    return &((struct cd_strand *)w)->ctx;
}

/* The caller will be in the kernel for a while: time for the next strand's
 * frames to come from memory, where those of many tasks are. */
static inline __attribute__((always_inline)) void
cd_loop_expect(const struct cd_loop *l)
{
    const struct cd_work *w = l->ready;
    if (w && !w->run)
        cd_ctx_expect(&((const struct cd_strand *)w)->ctx);
}

#endif
