/* SPDX-License-Identifier: MIT
 *
 * stacks.h - what libcede asks of libcede_stacks.
 *
 * The two are compiled apart, and the second is found when the program runs:
 * this file is all they share, and includes nothing else of the tree.  If it
 * changes, so does the number in the table's name.
 */
#ifndef CD_DEBUG_STACKS_H
#define CD_DEBUG_STACKS_H

#include <stdbool.h>
#include <stdint.h>

/* Where a line of execution stands, and what may be read to unwind it. */
struct cd_stacks_at {
    uintptr_t sp, fp, base, pc;
    struct {
        uintptr_t lo, hi;
    } memory[2];
};

/* One of its calls.  Texts are valid during the callback. */
struct cd_stacks_frame {
    const char *function; /* "" if not known */
    const char *file;     /* likewise; line is 0 then */
    int line;
    uintptr_t pc;
    bool ours; /* cede's own */
};

struct cd_stacks; /* one thread's, for a while */

struct cd_stacks_table {
    /* cede_code is an address in cede's code.  NULL: it cannot be done. */
    struct cd_stacks *(*open)(const void *cede_code);
    /* Where each call stands, the innermost first: addresses inside of its
     * instruction.  How many there are, at most n. */
    int (*unwind)(struct cd_stacks *s, const struct cd_stacks_at *at,
                  uintptr_t *out, int n);
    /* Call fn for the call there, and first for those inlined into it. */
    void (*tell)(struct cd_stacks *s, uintptr_t pc,
                 void (*fn)(void *ctx, const struct cd_stacks_frame *f),
                 void *ctx);
    void (*close)(struct cd_stacks *s);
};

extern const struct cd_stacks_table cede_stacks_1_;

#endif
