/* SPDX-License-Identifier: MIT
 *
 * guide.c - runs that are watched, or made from a seed.
 *
 * Of the ready list any of the first WINDOW may go on next.  All choices come
 * from one generator and go into one hash, except those with one possible
 * answer, which would make equal schedules look different.  How often calls
 * that need not wait let others run is the seed's as well: never, sometimes
 * or often, because bugs hide in runs of each kind.
 *
 * Source of the generator: splitmix64 (Steele, Lea, Flood, "Fast splittable
 * pseudorandom number generators", 2014).
 */
#include "loop/guide.h"

#include <errno.h>
#include <stdlib.h>

enum { WINDOW = 32, RATES = 8, LOOKS = 4 };

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static unsigned throw_dice(struct cd_guide *g, unsigned n)
{
    g->random += 0x9e3779b97f4a7c15;
    return (unsigned)((mix(g->random) >> 32) * n >> 32);
}

static unsigned note(struct cd_guide *g, unsigned choice, unsigned n)
{
    g->hash = mix(g->hash + 0x9e3779b97f4a7c15 + choice * 256ul + n);
    g->hash += g->hash == 0;
    return choice;
}

/* One of n, from 0. */
static unsigned choose(struct cd_guide *g, unsigned n)
{
    return n > 1 && g->seed ? note(g, throw_dice(g, n), n) : 0;
}

void cd_guide_attach(struct cd_guide *g, struct cd_loop *l, uint64_t seed)
{
    static const unsigned rates[] = {0, 1, 4};
    *g = (struct cd_guide){.seed = seed, .random = seed};
    g->rate = rates[throw_dice(g, sizeof rates / sizeof *rates)];
    g->steps = l->steps;
    g->budget = l->budget;
    l->steps = 0;
    l->budget = 1;
    l->guide = g;
}

int cd_guide_number(const char *variable, uint64_t *out)
{
    const char *text = getenv(variable);
    *out = 0;
    if (!text || !*text)
        return 0;
    int saved = errno;
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 0);
    bool wrong = errno || *end || *text == '-';
    errno = saved;
    return wrong ? cede_fail(-EINVAL, "%s=%s in the environment is no number",
                             variable, text)
                 : 0;
}

/* ---- steps ------------------------------------------------------------- */

void cd_guide_moment(struct cd_loop *l)
{
    struct cd_guide *g = l->guide;
    if (!g)
        return;
    g->moments++;
    if (g->moment)
        g->moment(g);
}

bool cd_guide_pause(struct cd_loop *l, struct cd_strand *s)
{
    struct cd_guide *g = l->guide;
    if (++s->calls >= g->budget)
        return true;
    if (!g->seed || !l->ready)
        return false;
    g->brief = throw_dice(g, RATES) < g->rate;
    return note(g, g->brief, 2);
}

/* Marks of ready strands, in place of what to run; never called.  One lets
 * all others run; one lets some run, and might go on before them. */
static void after_all(struct cd_work *w)
{
    (void)w;
}

static void after_some(struct cd_work *w)
{
    (void)w;
}

bool cd_guide_is_strand(const struct cd_work *w)
{
    return !w->run || w->run == after_all || w->run == after_some;
}

/* Where in the ready list the next to go on is linked. */
static struct cd_work **pick(struct cd_loop *l)
{
    struct cd_work **able[WINDOW], **at = &l->ready;
    unsigned n = 0;
    bool callbacks = false;
    for (int i = 0; i < WINDOW && *at; i++, at = &(*at)->next) {
        struct cd_work *w = *at;
        bool waits = cd_guide_is_strand(w) ? w->run == after_all : callbacks;
        if (i == 0 || !waits)
            able[n++] = at;
        callbacks |= !cd_guide_is_strand(w);
    }
    return able[choose(l->guide, n)];
}

static struct cd_work *take(struct cd_loop *l)
{
    struct cd_work **at = pick(l);
    struct cd_work *w = *at;
    *at = w->next;
    if (!*at)
        l->ready_end = at;
    return w;
}

static void go_on(struct cd_loop *l, struct cd_work *w)
{
    struct cd_guide *g = l->guide;
    struct cd_strand *s = cd_container(w, struct cd_strand, work);
    /* Chance must not let it go on for ever. */
    if (w->run != after_some)
        s->calls = 0;
    w->run = NULL;
    cd_loop_visit(l, &s->ctx);
    /* It put itself at the end of the list: it yielded. */
    if (l->ready_end == &w->next)
        w->run = g->brief ? after_some : after_all;
    g->brief = false;
}

static void step(struct cd_loop *l)
{
    struct cd_guide *g = l->guide;
    struct cd_work *w = take(l);
    g->steps--;
    if (g->begin)
        g->begin(g, w);
    if (cd_guide_is_strand(w))
        go_on(l, w);
    else
        w->run(w);
    if (g->end)
        g->end(g, w);
}

/* ---- turns ------------------------------------------------------------- */

/* Would a look at the clock and the inbox find something? */
static bool news(const struct cd_loop *l)
{
    return cd_loop_has_posts(l) || l->poller->type->clock(l->poller) != l->now;
}

static bool turn_due(const struct cd_loop *l)
{
    struct cd_guide *g = l->guide;
    return !l->ready || g->steps == 0 || l->batch_over ||
           (g->seed && news(l) && choose(g, LOOKS) == 0);
}

static void turn(struct cd_loop *l)
{
    l->steps = l->guide->steps;
    cd_loop_turn(l);
    l->guide->steps = l->steps;
    l->steps = 0;
}

void cd_guide_run(struct cd_loop *l)
{
    if (l->obeys)
        turn(l);
    for (;;) {
        bool due = turn_due(l);
        if (due && cd_loop_ends(l))
            return;
        cd_guide_moment(l);
        if (due)
            turn(l);
        else
            step(l);
    }
}

void cd_guide_step(struct cd_loop *l)
{
    turn(l);
    while (!turn_due(l)) {
        cd_guide_moment(l);
        step(l);
    }
}
