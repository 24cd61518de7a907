/* SPDX-License-Identifier: MIT
 *
 * loop.c - the hub of a loop: callbacks, timers, posts, sleep.
 */
#include "loop/loop.h"
#include "base/memory.h"
#include "loop/guide.h"

#include <sched.h>
#include <stdlib.h>

enum { MOST_STEPS = 256 };
enum { OWN_SHARE = 1 << 30 }; /* of a loop's holds */
static const cede_time turn_length = 100 * CEDE_US;

/* Stand in an inbox: of a loop that takes nothing more; of one that sleeps, or
 * does not run, and is to be woken. */
static struct cd_work closed, asleep;

int cd_loop_open(struct cd_loop *l, const char *poller,
                 void (*destroy)(struct cd_loop *l))
{
    const struct cd_poller_type *type = cd_poller_find(poller);
    if (!type)
        return cede_fail(-EINVAL,
                         "no poller is called '%s': there are epoll and "
                         "virtual",
                         poller);
    int rc = type->open(&l->poller);
    if (rc < 0)
        return cede_fail(rc, "the poller cannot be opened: %s",
                         cede_strerror(rc));
    l->poller->fds = &l->fds;
    l->destroy = destroy;
    l->ready_end = &l->ready;
    l->late_end = &l->late;
    l->steps = l->allowance = MOST_STEPS;
    atomic_init(&l->holds, OWN_SHARE);
    l->now = l->looked = type->clock(l->poller);
    cd_wheel_init(&l->timers, l->now);
    cd_list_init(&l->idlers);
    return 0;
}

/* ---- posts ------------------------------------------------------------- */

int cd_loop_post(struct cd_loop *l, struct cd_work *w)
{
    /* Acquire, also when it fails: a refused poster reads what the loop
     * wrote before it closed. */
    struct cd_work *first =
        atomic_load_explicit(&l->inbox, memory_order_acquire);
    do {
        if (first == &closed)
            return CEDE_ECLOSED;
        w->next = first == &asleep ? NULL : first;
    } while (!atomic_compare_exchange_weak_explicit(
        &l->inbox, &first, w, memory_order_seq_cst, memory_order_acquire));
    if (first == &asleep) {
        l->poller->type->wake(l->poller);
        atomic_fetch_add(&l->woken, 1); /* close() waits for that */
    }
    return 0;
}

bool cd_loop_closed(struct cd_loop *l)
{
    return atomic_load(&l->inbox) == &closed;
}

bool cd_loop_has_posts(const struct cd_loop *l)
{
    const struct cd_work *w =
        atomic_load_explicit(&l->inbox, memory_order_relaxed);
    return w && w != &asleep;
}

bool cd_loop_doze(struct cd_loop *l)
{
    struct cd_work *none = NULL;
    if (l->dozing)
        return true;
    l->dozing = atomic_compare_exchange_strong(&l->inbox, &none, &asleep);
    return l->dozing;
}

/* Move posted work to the ready list, in the order of posting. */
static void take_posts(struct cd_loop *l, struct cd_work *leave)
{
    struct cd_work *w =
        atomic_exchange_explicit(&l->inbox, leave, memory_order_acq_rel);
    if (w == &asleep)
        w = NULL;
    else
        l->wakes += l->dozing;
    l->dozing = false;
    if (!w)
        return;
    struct cd_work *newest = w, *oldest = NULL;
    while (w) {
        struct cd_work *next = w->next;
        w->next = oldest;
        oldest = w;
        w = next;
    }
    *l->ready_end = oldest;
    l->ready_end = &newest->next;
}

/* ---- turns ------------------------------------------------------------- */

/* How many steps fit into a turn, going by the one that just ended. */
static unsigned allow(const struct cd_loop *l)
{
    cede_time took = l->now - l->looked;
    cede_time done = l->allowance - l->steps;
    if (took <= 0)
        return MOST_STEPS;
    cede_time fit = (done > 0 ? done : 1) * turn_length / took;
    return fit < 1 ? 1 : fit > MOST_STEPS ? MOST_STEPS : (unsigned)fit;
}

/* Look at the clock and fire what is due. */
static void look(struct cd_loop *l)
{
    cd_loop_check(l);
    l->now = l->poller->type->clock(l->poller);
    cd_wheel_advance(&l->timers, l->now);
    if (atomic_load_explicit(&l->inbox, memory_order_relaxed))
        take_posts(l, NULL);
}

/* Move some of the late list behind what is ready: in every turn, so that
 * nothing waits for ever, and when nothing else is ready. */
static void take_late(struct cd_loop *l)
{
    enum { SOME = 128 };
    struct cd_work **end = &l->late;
    for (int i = 0; i < SOME && *end; i++)
        end = &(*end)->next;
    struct cd_work *rest = *end;
    *l->ready_end = l->late;
    l->ready_end = end;
    *end = NULL;
    l->late = rest;
    if (!rest)
        l->late_end = &l->late;
}

static void tell_idle(struct cd_loop *l)
{
    void (*idle)(struct cd_loop * l) = l->idle;
    l->idle = NULL;
    idle(l);
}

/* To wake up costs as much as ten timers.  So where they are dense, those of
 * a while are served by one wake-up, at its end. */
static const cede_time slack = 250 * CEDE_US;
enum { CROWD = 8 };

/* Until when there is nothing to do.  Memory goes back before the thread
 * sleeps for long, in slices.  Where the clock jumps it must not do so without
 * a timer. */
static cede_time idle_until(struct cd_loop *l)
{
    cede_time next = cd_wheel_next(&l->timers);
    bool jumps = l->poller->type->jumps;
    if (next <= l->now || (jumps && next == CEDE_NEVER))
        return next;
    if (!jumps && next < CEDE_NEVER - slack &&
        cd_wheel_crowded(&l->timers, next + slack, CROWD))
        return next + slack;
    cede_time trim = cd_stack_trim(&l->stacks, l->now);
    return trim < next ? trim : next;
}

static void begin_batch(struct cd_loop *l)
{
    l->batch_over = false;
    l->batch++;
}

static void poll(struct cd_loop *l, cede_time deadline)
{
    const struct cd_poller_type *type = l->poller->type;
    if (cd_unlikely(l->steps_only))
        type->peek(l->poller, deadline);
    else
        type->poll(l->poller, deadline);
}

void cd_loop_turn(struct cd_loop *l)
{
    if (cd_unlikely(l->before_turn != NULL))
        l->before_turn(l);
    bool fresh = l->batch_over || (!l->ready && !l->late);
    look(l);
    if (cd_unlikely(l->late))
        take_late(l);
    l->allowance = l->steps = allow(l);
    if (cd_unlikely(l->stacks.on))
        cd_stack_look(&l->stacks);
    cede_time until = l->ready ? l->now : idle_until(l);
    bool busy = until <= l->now;
    if (!busy && (l->idle || !cd_loop_doze(l)))
        poll(l, l->now);
    else
        poll(l, until);
    if (!busy || !l->ready)
        look(l); /* it may have slept */
    if (cd_unlikely(l->idle) && !busy && !l->ready)
        tell_idle(l);
    l->looked = l->now;
    if (fresh)
        begin_batch(l);
}

void cd_loop_visit(struct cd_loop *l, struct cd_ctx *strand)
{
    /* Be who we were when the hub's turn comes again. */
    struct cd_coro *co = cd_current();
    cd_switch(&l->hub, strand);
    cede_me_.co = co;
    cd_me.task = NULL;
}

bool cd_loop_ends(const struct cd_loop *l)
{
    bool nothing = !l->ready && !l->late;
    if (l->obeys && (nothing || l->batch_over) && atomic_load(&l->stop))
        return l->batch_over || !cd_loop_has_posts(l);
    return l->stopping && nothing;
}

static bool turn_due(const struct cd_loop *l)
{
    return l->steps == 0 || l->batch_over || (!l->ready && !l->late);
}

/* Something to do that is not a strand, on the hub. */
static void do_work(struct cd_loop *l)
{
    if (!l->ready) {
        take_late(l);
        return;
    }
    struct cd_work *w = cd_loop_take(l);
    l->steps--;
    w->run(w);
}

static void run_ordinary(struct cd_loop *l)
{
    for (;;) {
        struct cd_ctx *next = cd_loop_pick(l);
        if (next != &l->hub)
            cd_loop_visit(l, next);
        else if (!turn_due(l))
            do_work(l);
        else if (!cd_loop_ends(l))
            cd_loop_turn(l);
        else
            return;
    }
}

static void step_ordinary(struct cd_loop *l)
{
    cd_loop_turn(l);
    while (!turn_due(l)) {
        struct cd_ctx *next = cd_loop_pick(l);
        if (next != &l->hub)
            cd_loop_visit(l, next);
        else
            do_work(l);
    }
}

/* What is due by the first turn belongs to its batch. */
static void begin(struct cd_loop *l)
{
#ifdef CD_FIBERS
    l->hub.fiber = cd_current()->fiber;
#endif
    begin_batch(l);
    l->batch_over = l->obeys;
}

void cd_loop_run(struct cd_loop *l)
{
    begin(l);
    if (l->guide) {
        cd_guide_run(l);
        return;
    }
    if (l->obeys)
        cd_loop_turn(l); /* a run that is to stop at once has one turn */
    run_ordinary(l);
}

void cd_loop_step(struct cd_loop *l)
{
    begin(l);
    l->steps_only = true;
    if (l->guide)
        cd_guide_step(l);
    else
        step_ordinary(l);
    if (l->before_turn)
        l->before_turn(l); /* who knows when the next one is */
    l->steps_only = false;
}

cede_time cd_loop_delay(struct cd_loop *l)
{
    if (l->ready || l->late || cd_loop_has_posts(l))
        return 0;
    return l->poller->type->delay(l->poller, idle_until(l));
}

/* ---- the end ----------------------------------------------------------- */

static void end_net(struct cd_loop *l)
{
    if (l->at_end)
        l->at_end(l);
    l->at_end = l->before_turn = NULL;
}

/* What the loop's own thread has lent counts among the holds from now on. */
static void end_share(struct cd_loop *l)
{
    unsigned rest = OWN_SHARE - l->borrowed;
    l->over = true;
    if (atomic_fetch_sub(&l->holds, rest) == rest)
        l->destroy(l);
}

void cd_loop_close(struct cd_loop *l)
{
    take_posts(l, &closed);
    while (l->ready) {
        struct cd_work *w = cd_loop_take(l);
        w->run(w); /* requests that came too late; there are no strands left */
    }
    while (atomic_load(&l->woken) != l->wakes)
        sched_yield(); /* a poster is about to wake us */
    cd_wheel_end(&l->timers);
    if (l->before_turn)
        l->before_turn(l);
    end_net(l);
    cd_fds_end(&l->fds);
    l->poller->type->close(l->poller);
    end_share(l);
}

void cd_loop_disown(struct cd_loop *l)
{
    /* What was posted, the parent runs; and sends what was gathered. */
    atomic_store(&l->inbox, &closed);
    l->before_turn = NULL;
    cd_fds_end(&l->fds);
    l->poller->type->close(l->poller);
}

void cd_loop_forget(struct cd_loop *l)
{
    cd_wheel_end(&l->timers);
    end_net(l);
    end_share(l);
}
