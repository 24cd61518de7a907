/* SPDX-License-Identifier: MIT
 *
 * context.h - the inside of context managers: outcomes on their way out.
 *
 * Blocks, exit stacks and generators all run an exit through cd_exit_run, so
 * there is one place where the outcome before and the outcome after it are
 * both known.
 */
#ifndef CD_CONTEXT_CONTEXT_H
#define CD_CONTEXT_CONTEXT_H

#include "base/memory.h"
#include "coro/coro.h"

#include <cede/context.h>

typedef int cd_exit_fn(void *ptr, int rc);

/* What fn(ptr, rc) makes of the outcome rc, with the message that belongs to
 * it. */
int cd_exit_run(cd_exit_fn *fn, void *ptr, int rc);

/* A generator as a manager: to its yield, with the item at *out; and on from
 * there, to its end.  g is CLOSED then. */
int cd_gen_enter(cede_gen *g, void *out);
int cd_gen_exit(void *g, int rc);

/* Close g, which was not entered because of rc; NULL: nothing.  One that was
 * started before cleans up then, and the message stays that of rc. */
void cd_gen_refused(cede_gen *g, int rc);

/* The outcome of a block that ended with rc when giving back answered err:
 * the first failure of the two.  A second one goes to the failure hook. */
int cd_gave_back(int rc, int err, const char *what);

/* `rc`, of a system call; or the error it left in errno, which becomes what it
 * was before. */
static inline int cd_answer(int rc, int saved)
{
    int answer = rc < 0 ? -errno : rc;
    cd_errno_restore(saved);
    return answer;
}

#endif
