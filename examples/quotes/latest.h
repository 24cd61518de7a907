/* SPDX-License-Identifier: MIT
 *
 * latest.h - the latest record of each key, in the order they came.
 */
#ifndef LATEST_H
#define LATEST_H

#include <stddef.h>
#include <stdint.h>

struct record {
    uint64_t number;
    char *text;
    size_t size, room;
    size_t older, newer; /* keys, in the order of numbers */
};

/* Made by LATEST. */
struct latest {
    struct record *of; /* key */
    size_t n, oldest, newest;
};

#define NO_KEY SIZE_MAX
#define LATEST ((struct latest){.oldest = NO_KEY, .newest = NO_KEY})

/* Keep a copy, instead of what was the key's latest.  0; -ENOMEM. */
int latest_set(struct latest *l, size_t key, uint64_t number, const char *text,
               size_t size);

/* Copy to out what came as number *next or later, oldest first and whole, up
 * to `room` bytes: how many.  *next moves behind it. */
size_t latest_take(const struct latest *l, uint64_t *next, char *out,
                   size_t room);
void latest_free(struct latest *l);

#endif
