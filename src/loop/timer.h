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

struct cd_sheet;

/* Where a timer is; all but CD_TIMER_OFF: set.  What is to be set before the
 * loop's next turn is its owner's business: the wheel does not know of it. */
enum cd_timer_state {
    CD_TIMER_OFF,
    CD_TIMER_LATER,
    CD_TIMER_NOTED,
    CD_TIMER_CROWDED
};

/* The owner may cancel it at any time while it is set. */
struct cd_timer {
    union {
        struct cd_sheet *sheet; /* noted: there, as its entry */
        struct cd_list node;    /* crowded: in the wheel's crowd */
    };
    unsigned short entry;
    unsigned char state;
    cede_time when;
    void (*fire)(struct cd_timer *t);
};

enum { CD_WHEEL_BITS = 6, CD_WHEEL_SLOTS = 64, CD_WHEEL_LEVELS = 11 };

/* Every timer lies after `at`, in the level of the highest digit (base 64) in
 * which its time differs from `at`, in the slot of that digit.  Within a slot
 * timers stand in the order in which they were set, as long as their times
 * are equal.
 *
 * A slot is a list of sheets.  Its bit in used is set iff one of them has a
 * live entry. */
struct cd_wheel {
    uint64_t at; /* everything due until here has been taken out */
    uint64_t used[CD_WHEEL_LEVELS];
    struct cd_list slots[CD_WHEEL_LEVELS * CD_WHEEL_SLOTS + 1];
    struct cd_list crowd;   /* set when there was no memory for a sheet */
    struct cd_sheet *blank; /* sheets with nothing on them */
    unsigned blanks;
    cede_time next;  /* the earliest time, once asked for; */
    bool next_known; /* until that timer goes */
};

/* The last slot: set for a time not after `at`. */
enum { CD_WHEEL_DUE = CD_WHEEL_LEVELS * CD_WHEEL_SLOTS };

void cd_wheel_init(struct cd_wheel *w, cede_time now);

/* No timer is set, and none will be. */
void cd_wheel_end(struct cd_wheel *w);

/* t->when and t->fire are given; t is not set. */
void cd_timer_set(struct cd_wheel *w, struct cd_timer *t);
void cd_timer_cancel(struct cd_wheel *w, struct cd_timer *t);

static inline bool cd_timer_is_set(const struct cd_timer *t)
{
    return t->state != CD_TIMER_OFF;
}

/* Fire all that is due at `now`, in the order of their times, and of setting
 * where those are equal.  A timer is not set any more when it fires. */
void cd_wheel_advance(struct cd_wheel *w, cede_time now);

/* The time of the earliest timer; CEDE_NEVER without one. */
cede_time cd_wheel_next(struct cd_wheel *w);

/* Are there about n timers or more up to then, which is a fraction of a
 * millisecond ahead? */
bool cd_wheel_crowded(const struct cd_wheel *w, cede_time until, unsigned n);

#endif
