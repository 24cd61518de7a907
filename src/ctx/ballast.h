/* SPDX-License-Identifier: MIT
 *
 * ballast.h - what is left to the program when stacks have used the rest up.
 */
#ifndef CD_CTX_BALLAST_H
#define CD_CTX_BALLAST_H

#include <stdbool.h>

/* What there is too little of for another stack. */
enum cd_short {
    CD_SHORT_OF_NOTHING,
    CD_SHORT_OF_MEMORY,   /* or of address space: the kernel does not tell */
    CD_SHORT_OF_MAPPINGS, /* vm.max_map_count */
    CD_SHORT_OF_GROUP,    /* the limit of the control group, see limit.h */
    CD_SHORT_BY_TEST      /* a test refused it, see memory.h */
};

/* To be held whenever a stack is opened; without it, the next stack would be
 * at the expense of the program.  mappings: hold some of those back as well.
 * Any thread. */
enum cd_short cd_ballast_hold(bool mappings);

/* A stack could not be had: leave the ballast to the program. */
void cd_ballast_drop(void);

#endif
