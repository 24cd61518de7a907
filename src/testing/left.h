/* SPDX-License-Identifier: MIT
 *
 * left.h - what a run leaves behind.
 */
#ifndef CD_TESTING_LEFT_H
#define CD_TESTING_LEFT_H

#include <stdbool.h>
#include <stddef.h>

/* What the process has. */
struct cd_left {
    size_t bytes;       /* of the heap; 0 where nobody can tell */
    size_t descriptors; /* likewise */
    size_t stacks;
};

void cd_left_measure(struct cd_left *now);

/* By how much there is more now than before, but at most what `each` says.
 * False: of nothing. */
bool cd_left_more(struct cd_left *each, const struct cd_left *before);

/* The same as a text, cut to size. */
void cd_left_describe(const struct cd_left *more, char *buf, size_t size);

#endif
