/* SPDX-License-Identifier: MIT
 *
 * feed.h - what was said of late, for any number of listeners.
 *
 * One writes, nobody is waited for: a feed keeps the last records in a ring,
 * each listener remembers which number comes next for him.  Who falls so far
 * behind that the ring has forgotten that number gets the latest record of
 * every key instead, oldest first, until he has caught up; so he skips what is
 * out of date, and nothing else.  Memory is the ring, and one record a key.
 */
#ifndef FEED_H
#define FEED_H

#include "latest.h"

#include <cede.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FEED_BYTES = 512 * 1024,
    FEED_RECORDS = 4096,
    FEED_CHUNK = 32 * 1024 /* taken at a time; no record is larger */
};

struct feed {
    uint64_t first, next; /* numbers that the ring has; next is not yet */
    uint64_t ends[FEED_RECORDS]; /* in bytes since the beginning */
    struct latest latest;
    cede_event added, news; /* see feed_pulse */
    bool over;
    char ring[FEED_BYTES];
};

/* Zeroed: gets all that the feed still has. */
struct listener {
    uint64_t next; /* number */
    bool behind;   /* gets the latest only, until it has caught up */
};

struct feed *feed_new(void);
void feed_free(struct feed *f);

/* Say something about a key (0, 1, ...).  0; -ENOMEM; -EMSGSIZE: larger than a
 * chunk. */
int feed_add(struct feed *f, size_t key, const char *text, size_t size);

/* Nothing more will be said. */
void feed_end(struct feed *f);

/* Copy to *text, which is the caller's to free, what the listener has not had,
 * up to a chunk and in whole records: how many bytes; 0: he has had it all, and
 * *text is NULL; -ENOMEM. */
int feed_take(struct feed *f, struct listener *l, char **text);

/* Wait until there is something to take: 1; 0: the feed is over.  [waits] */
int feed_wait(struct feed *f, const struct listener *l);

/* Task: wake who waits, as long as it is not cancelled.  At once after a
 * silence, and every four milliseconds at most: a thousand listeners that take
 * four records each are served at a quarter of the cost.  Takes the feed. */
cede_fn feed_pulse;

#endif
