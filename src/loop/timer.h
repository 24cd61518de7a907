/* SPDX-License-Identifier: MIT
 *
 * timer.h - a hierarchical timing wheel, exact to the nanosecond.
 *
 * Source: Varghese and Lauck, "Hashed and hierarchical timing wheels" (1987),
 * scheme 7, with 64 slots a level and one bit a slot that tells whether it
 * holds anything.
 */
#ifndef CD_LOOP_TIMER_H
#define CD_LOOP_TIMER_H

#include "base/list.h"

#include <cede/base.h>

/* Set: linked in the wheel.  Not set: linked nowhere.  The owner may unlink
 * it at any time by cd_timer_cancel. */
struct cd_timer {
    struct cd_list node;
    cede_time when;
    void (*fire)(struct cd_timer *t);
    unsigned short slot; /* level * 64 + index; while set */
};

enum { CD_WHEEL_BITS = 6, CD_WHEEL_SLOTS = 64, CD_WHEEL_LEVELS = 11 };

/* Every timer lies after `at`, in the level of the highest digit (base 64) in
 * which its time differs from `at`, in the slot of that digit.  Within a slot
 * timers stand in the order in which they were set, as long as their times
 * are equal. */
struct cd_wheel {
    uint64_t at; /* everything due until here has been taken out */
    uint64_t used[CD_WHEEL_LEVELS];
    struct cd_list slots[CD_WHEEL_LEVELS][CD_WHEEL_SLOTS];
    struct cd_list due; /* set for a time not after `at` */
    cede_time next;     /* the earliest time, once asked for; */
    bool next_known;    /* until that timer goes */
};

void cd_wheel_init(struct cd_wheel *w, cede_time now);

/* t->when and t->fire are given; t is not set. */
void cd_timer_set(struct cd_wheel *w, struct cd_timer *t);
void cd_timer_cancel(struct cd_wheel *w, struct cd_timer *t);

static inline bool cd_timer_is_set(const struct cd_timer *t)
{
    return t->node.next && cd_list_linked(&t->node);
}

/* Fire all that is due at `now`, in the order of their times, and of setting
 * where those are equal.  A timer is not set any more when it fires. */
void cd_wheel_advance(struct cd_wheel *w, cede_time now);

/* The time of the earliest timer; CEDE_NEVER without one. */
cede_time cd_wheel_next(struct cd_wheel *w);

#endif
