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
 * A timer lies in its owner's frame, on a page of its own that has left the
 * cache since.  So a slot does not link timers but notes them on sheets: time
 * and address, side by side.  Moving them reads sheets from one end to the
 * other and waits for none of those pages.  Where there is no memory for a
 * sheet timers stand in a crowd, which is looked through every time; order
 * among equal times is lost then.
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
#include "base/check.h"
#include "base/memory.h"

#include <assert.h>

enum {
    ENTRIES = 30, /* half a KiB */
    BLANKS_KEPT = 64,
    AHEAD = 6 /* entries: as long as it takes to fetch a timer */
};

struct entry {
    cede_time when;
    struct cd_timer *timer; /* NULL: it went */
};

/* Of one slot.  Entries from begin to end are in use, `live` of them by a
 * timer: at least one, unless it is the slot's only sheet. */
struct cd_sheet {
    union {
        struct cd_list node; /* in its slot */
        struct cd_sheet *next_blank;
    };
    unsigned short begin, end, live, slot;
    struct entry entries[ENTRIES];
};

void cd_wheel_init(struct cd_wheel *w, cede_time now)
{
    w->at = (uint64_t)now;
    w->next_known = false;
    w->blank = NULL;
    w->blanks = 0;
    cd_list_init(&w->crowd);
    for (int level = 0; level < CD_WHEEL_LEVELS; level++)
        w->used[level] = 0;
    for (int i = 0; i <= CD_WHEEL_DUE; i++)
        cd_list_init(&w->slots[i]);
}

void cd_wheel_end(struct cd_wheel *w)
{
    struct cd_sheet *s;
    struct cd_list *node;
    for (int i = 0; i <= CD_WHEEL_DUE; i++)
        while ((node = cd_list_take(&w->slots[i])))
            free(cd_container(node, struct cd_sheet, node));
    while ((s = w->blank)) {
        w->blank = s->next_blank;
        free(s);
    }
}

/* ---- sheets ------------------------------------------------------------ */

/* A blank sheet at the end of a slot; NULL without memory. */
static __attribute__((noinline)) struct cd_sheet *add_sheet(struct cd_wheel *w,
                                                            unsigned slot)
{
    struct cd_sheet *s = w->blank;
    if (s) {
        w->blank = s->next_blank;
        w->blanks--;
    } else if (!(s = cd_malloc(sizeof *s))) {
        return NULL;
    }
    s->begin = s->end = s->live = 0;
    s->slot = (unsigned short)slot;
    cd_list_append(&w->slots[slot], &s->node);
    return s;
}

/* Nothing on it is alive, and it is in no list. */
static void keep_blank(struct cd_wheel *w, struct cd_sheet *s)
{
    if (w->blanks == BLANKS_KEPT) {
        free(s);
        return;
    }
    w->blanks++;
    s->next_blank = w->blank;
    w->blank = s;
}

/* The last entry of it has gone.  The only sheet stays: whoever sets and
 * cancels timers, one after the other, finds it there. */
static void empty(struct cd_wheel *w, struct cd_sheet *s)
{
    unsigned slot = s->slot;
    s->begin = s->end = 0;
    if (s->node.next != s->node.prev) {
        cd_list_unlink(&s->node);
        keep_blank(w, s);
    } else if (slot < CD_WHEEL_DUE) {
        w->used[slot / CD_WHEEL_SLOTS] &=
            ~((uint64_t)1 << slot % CD_WHEEL_SLOTS);
    }
}

/* ---- setting and cancelling -------------------------------------------- */

/* The slot where a time belongs, seen from where the wheel is. */
static unsigned slot_of(const struct cd_wheel *w, cede_time t)
{
    uint64_t when = (uint64_t)t;
    if (t < 0 || when <= w->at)
        return CD_WHEEL_DUE;
    unsigned level =
        (63 - (unsigned)__builtin_clzll(when ^ w->at)) / CD_WHEEL_BITS;
    unsigned i = (unsigned)(when >> (level * CD_WHEEL_BITS)) % CD_WHEEL_SLOTS;
    return level * CD_WHEEL_SLOTS + i;
}

/* Only writes to t, which may take its time. */
static void place(struct cd_wheel *w, struct cd_timer *t, cede_time when)
{
    unsigned slot = slot_of(w, when);
    struct cd_list *last = w->slots[slot].prev;
    struct cd_sheet *s = cd_container(last, struct cd_sheet, node);
    if ((last == &w->slots[slot] || s->end == ENTRIES) &&
        cd_unlikely(!(s = add_sheet(w, slot)))) {
        t->state = CD_TIMER_CROWDED;
        cd_list_append(&w->crowd, &t->node);
        return;
    }
    t->state = CD_TIMER_NOTED;
    t->sheet = s;
    t->entry = s->end++;
    s->entries[t->entry] = (struct entry){when, t};
    s->live++;
    if (slot < CD_WHEEL_DUE)
        w->used[slot / CD_WHEEL_SLOTS] |= (uint64_t)1 << slot % CD_WHEEL_SLOTS;
}

void cd_timer_set(struct cd_wheel *w, struct cd_timer *t)
{
    place(w, t, t->when);
    if (w->next_known && t->when < w->next)
        w->next = t->when;
}

void cd_timer_cancel(struct cd_wheel *w, struct cd_timer *t)
{
    if (t->when <= w->next)
        w->next_known = false;
    if (cd_unlikely(t->state == CD_TIMER_CROWDED)) {
        cd_list_unlink(&t->node);
    } else {
        assert(t->sheet->entries[t->entry].timer == t);
        t->sheet->entries[t->entry].timer = NULL;
        if (t->entry == t->sheet->end - 1)
            t->sheet->end--; /* what is entered and left fills no sheets */
        if (--t->sheet->live == 0)
            empty(w, t->sheet);
    }
    t->state = CD_TIMER_OFF;
}

/* ---- advancing --------------------------------------------------------- */

/* The time at which a slot of a level begins. */
static uint64_t beginning(const struct cd_wheel *w, unsigned level, unsigned i)
{
    unsigned shift = level * CD_WHEEL_BITS;
    uint64_t above = shift + CD_WHEEL_BITS < 64
                         ? w->at >> (shift + CD_WHEEL_BITS)
                                        << (shift + CD_WHEEL_BITS)
                         : 0;
    return above | ((uint64_t)i << shift);
}

/* The earliest slot that holds something, and the time at which it begins;
 * CD_WHEEL_DUE when none does.  Lower levels come first: all they hold lies
 * before the next digit of the level above changes. */
static unsigned first_slot(const struct cd_wheel *w, uint64_t *begins)
{
    for (unsigned level = 0; level < CD_WHEEL_LEVELS; level++) {
        if (!w->used[level])
            continue;
        unsigned i = (unsigned)__builtin_ctzll(w->used[level]);
        *begins = beginning(w, level, i);
        return level * CD_WHEEL_SLOTS + i;
    }
    return CD_WHEEL_DUE;
}

/* The first sheet of due timers; NULL: there are none. */
static struct cd_sheet *first_due(const struct cd_wheel *w)
{
    const struct cd_list *due = &w->slots[CD_WHEEL_DUE];
    if (cd_list_empty(due))
        return NULL;
    struct cd_sheet *s = cd_container(due->next, struct cd_sheet, node);
    return s->live > 0 ? s : NULL;
}

/* The oldest of the due timers, which is not set any more; NULL: none. */
static struct cd_timer *take_due(struct cd_wheel *w)
{
    struct cd_sheet *s = first_due(w);
    if (!s)
        return NULL;
    struct cd_timer *t = NULL;
    while (!t)
        t = s->entries[s->begin++].timer;
    if (s->begin + AHEAD < s->end)
        __builtin_prefetch(s->entries[s->begin + AHEAD].timer, 1);
    t->state = CD_TIMER_OFF;
    if (--s->live == 0)
        empty(w, s);
    return t;
}

static void fire_due(struct cd_wheel *w)
{
    struct cd_timer *t;
    while ((t = take_due(w))) {
        w->next_known = false;
        t->fire(t);
    }
}

/* Firing may change the crowd, so that it is looked through anew. */
static void fire_crowd(struct cd_wheel *w, cede_time now)
{
    struct cd_list *node = w->crowd.next;
    while (node != &w->crowd) {
        struct cd_timer *t = cd_container(node, struct cd_timer, node);
        node = node->next;
        if (t->when > now)
            continue;
        cd_list_unlink(&t->node);
        t->state = CD_TIMER_OFF;
        w->next_known = false;
        t->fire(t);
        node = w->crowd.next;
    }
}

/* Set the timers of a slot anew. */
static void deal(struct cd_wheel *w, unsigned slot)
{
    struct cd_list moving, *node;
    cd_list_init(&moving);
    cd_list_move(&moving, &w->slots[slot]);
    w->used[slot / CD_WHEEL_SLOTS] &= ~((uint64_t)1 << slot % CD_WHEEL_SLOTS);
    while ((node = cd_list_take(&moving))) {
        struct cd_sheet *s = cd_container(node, struct cd_sheet, node);
        for (unsigned i = s->begin; i < s->end; i++)
            if (s->entries[i].timer)
                place(w, s->entries[i].timer, s->entries[i].when);
        keep_blank(w, s);
    }
}

void cd_wheel_advance(struct cd_wheel *w, cede_time now)
{
    unsigned slot;
    uint64_t begins;
    if (w->next_known && w->next == CEDE_NEVER) {
        if ((uint64_t)now > w->at) /* no timer is set */
            w->at = (uint64_t)now;
        return;
    }
    fire_due(w);
    while ((slot = first_slot(w, &begins)) != CD_WHEEL_DUE &&
           begins <= (uint64_t)now) {
        w->at = begins;
        deal(w, slot);
        fire_due(w);
    }
    if ((uint64_t)now > w->at)
        w->at = (uint64_t)now;
    if (cd_unlikely(!cd_list_empty(&w->crowd)))
        fire_crowd(w, now);
}

/* ---- the next ---------------------------------------------------------- */

static cede_time earliest_of_slot(const struct cd_list *slot)
{
    cede_time first = CEDE_NEVER;
    cd_list_each (node, slot) {
        struct cd_sheet *s = cd_container(node, struct cd_sheet, node);
        for (unsigned i = s->begin; i < s->end; i++)
            if (s->entries[i].timer && s->entries[i].when < first)
                first = s->entries[i].when;
    }
    return first;
}

static cede_time earliest_of_crowd(const struct cd_wheel *w)
{
    cede_time first = CEDE_NEVER;
    cd_list_each (node, &w->crowd) {
        struct cd_timer *t = cd_container(node, struct cd_timer, node);
        if (t->when < first)
            first = t->when;
    }
    return first;
}

static cede_time find_next(const struct cd_wheel *w)
{
    uint64_t begins;
    if (first_due(w))
        return (cede_time)w->at;
    /* A slot holds a range of times. */
    unsigned slot = first_slot(w, &begins);
    cede_time first =
        slot == CD_WHEEL_DUE ? CEDE_NEVER : earliest_of_slot(&w->slots[slot]);
    cede_time other = earliest_of_crowd(w);
    return other < first ? other : first;
}

cede_time cd_wheel_next(struct cd_wheel *w)
{
    if (!w->next_known)
        w->next = find_next(w);
    w->next_known = true;
    return w->next;
}

static unsigned live_in(const struct cd_list *slot)
{
    unsigned n = 0;
    cd_list_each (node, slot)
        n += cd_container(node, struct cd_sheet, node)->live;
    return n;
}

bool cd_wheel_crowded(const struct cd_wheel *w, cede_time until, unsigned n)
{
    /* Slots of the next level are 17 ms wide: too much to call it about. */
    enum { LEVELS = 4 };
    unsigned found = 0;
    for (unsigned level = 0; level < LEVELS; level++) {
        uint64_t used = w->used[level];
        for (; used && found < n; used &= used - 1) {
            unsigned i = (unsigned)__builtin_ctzll(used);
            if (beginning(w, level, i) > (uint64_t)until)
                break;
            found += live_in(&w->slots[level * CD_WHEEL_SLOTS + i]);
        }
    }
    return found >= n;
}
