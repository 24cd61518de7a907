/* SPDX-License-Identifier: MIT
 *
 * ration.h - a pool that looks empty, so that a test can refuse every take.
 *
 * As for Valgrind (valgrind.h), a thread's free stacks are kept where the
 * inlined take and give do not find them: nothing is paid for this elsewhere.
 * No stack is promised to anybody meanwhile, as a promise could not be kept.
 */
#ifndef CD_CTX_RATION_H
#define CD_CTX_RATION_H

#include "ctx/stack.h"

/* What the pool really has; the caller's, because thread-local memory is
 * scarce in a library that may be opened late. */
struct cd_ration {
    struct cd_stack *free[CD_STACK_CLASSES];
    size_t count;
};

/* The calling thread's pool looks empty from here to there.  Outside of
 * runs. */
void cd_ration_begin(struct cd_ration *r);
void cd_ration_end(void);

/* A rationed thread's pool: a free stack or NULL, one that is free now, and
 * how many are. */
struct cd_stack *cd_ration_take(unsigned size_class);
void cd_ration_give(struct cd_stack *s);
size_t cd_ration_count(void);

#endif
