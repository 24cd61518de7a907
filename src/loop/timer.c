/* SPDX-License-Identifier: MIT
 *
 * timer.c - a hierarchical timing wheel, exact to the nanosecond.
 *
 * Setting and cancelling are O(1).  Advancing visits only slots that hold
 * something: it takes the earliest one, moves the wheel to where that slot
 * begins, and sets its timers again, which now fall into lower levels or are
 * due.  A timer moves at most once a level, ten times in the worst case, and
 * about four times for delays of a second.
 *
 * The earliest time is found by looking through the first slot that holds
 * anything, and remembered until that timer goes, so that waking up for other
 * reasons does not look again.
 *
 * Moving a slot happens before anything is set directly into the levels below
 * it, and keeps its order, which is why timers of equal times fire in the
 * order in which they were set.
 */
#include "loop/timer.h"

#include <assert.h>

void cd_wheel_init(struct cd_wheel *w, cede_time now)
{
    w->at = (uint64_t)now;
    w->next_known = false;
    cd_list_init(&w->due);
    for (int level = 0; level < CD_WHEEL_LEVELS; level++) {
        w->used[level] = 0;
        for (int i = 0; i < CD_WHEEL_SLOTS; i++)
            cd_list_init(&w->slots[level][i]);
    }
}

/* Into the list where its time belongs, seen from where the wheel is. */
static void place(struct cd_wheel *w, struct cd_timer *t)
{
    uint64_t when = (uint64_t)t->when;
    if (t->when < 0 || when <= w->at) {
        t->slot = CD_WHEEL_LEVELS * CD_WHEEL_SLOTS;
        cd_list_append(&w->due, &t->node);
        return;
    }
    int level = (63 - __builtin_clzll(when ^ w->at)) / CD_WHEEL_BITS;
    unsigned i = (unsigned)(when >> (level * CD_WHEEL_BITS)) % CD_WHEEL_SLOTS;
    t->slot = (unsigned short)((unsigned)level * CD_WHEEL_SLOTS + i);
    w->used[level] |= (uint64_t)1 << i;
    cd_list_append(&w->slots[level][i], &t->node);
}

void cd_timer_set(struct cd_wheel *w, struct cd_timer *t)
{
    place(w, t);
    if (w->next_known && t->when < w->next)
        w->next = t->when;
}

void cd_timer_cancel(struct cd_wheel *w, struct cd_timer *t)
{
    unsigned level = t->slot / CD_WHEEL_SLOTS, i = t->slot % CD_WHEEL_SLOTS;
    cd_list_remove(&t->node);
    if (t->when <= w->next)
        w->next_known = false;
    if (level < CD_WHEEL_LEVELS && cd_list_empty(&w->slots[level][i]))
        w->used[level] &= ~((uint64_t)1 << i);
}

/* The earliest slot that holds something, and the time at which it begins.
 * Lower levels come first: all they hold lies before the next digit of the
 * level above changes. */
static struct cd_list *first_slot(const struct cd_wheel *w, int *level,
                                  uint64_t *begins)
{
    for (int l = 0; l < CD_WHEEL_LEVELS; l++) {
        if (!w->used[l])
            continue;
        unsigned i = (unsigned)__builtin_ctzll(w->used[l]);
        int shift = l * CD_WHEEL_BITS;
        uint64_t above = shift + CD_WHEEL_BITS < 64
                             ? w->at >> (shift + CD_WHEEL_BITS)
                                            << (shift + CD_WHEEL_BITS)
                             : 0;
        *level = l;
        *begins = above | ((uint64_t)i << shift);
        return (struct cd_list *)&w->slots[l][i];
    }
    return NULL;
}

static void fire_due(struct cd_wheel *w)
{
    struct cd_list *node;
    while ((node = cd_list_take(&w->due))) {
        struct cd_timer *t = cd_container(node, struct cd_timer, node);
        w->next_known = false;
        t->fire(t);
    }
}

void cd_wheel_advance(struct cd_wheel *w, cede_time now)
{
    int level;
    uint64_t begins;
    struct cd_list *slot, moving;
    fire_due(w);
    while ((slot = first_slot(w, &level, &begins)) && begins <= (uint64_t)now) {
        w->at = begins;
        w->used[level] &= ~((uint64_t)1 << (begins >> level * CD_WHEEL_BITS) %
                                               CD_WHEEL_SLOTS);
        cd_list_init(&moving);
        cd_list_move(&moving, slot);
        struct cd_list *node;
        while ((node = cd_list_take(&moving)))
            place(w, cd_container(node, struct cd_timer, node));
        fire_due(w);
    }
    if ((uint64_t)now > w->at)
        w->at = (uint64_t)now;
}

static cede_time find_next(const struct cd_wheel *w)
{
    int level;
    uint64_t begins;
    if (!cd_list_empty(&w->due))
        return (cede_time)w->at;
    struct cd_list *slot = first_slot(w, &level, &begins);
    if (!slot)
        return CEDE_NEVER;
    if (level == 0)
        return (cede_time)begins;
    /* A slot of a higher level holds a range of times. */
    cede_time first = CEDE_NEVER;
    cd_list_each (node, slot) {
        struct cd_timer *t = cd_container(node, struct cd_timer, node);
        if (t->when < first)
            first = t->when;
    }
    return first;
}

cede_time cd_wheel_next(struct cd_wheel *w)
{
    if (!w->next_known)
        w->next = find_next(w);
    w->next_known = true;
    return w->next;
}
