/* SPDX-License-Identifier: MIT
 *
 * valgrind.h - telling Valgrind what a stack is, and what lies on it.
 *
 * Without being told, memcheck takes a switch to a stack nearby for one huge
 * frame, and what a dead frame left in a stack for inaccessible when it is
 * used again.  So slots are registered once, when they are opened, and stacks
 * are announced when they change hands.  A thread that runs under Valgrind
 * keeps its free stacks where the inlined take and give do not find them
 * (cd_stacks.watched): nothing is paid for this elsewhere.
 *
 * A generator's stack would keep alive a generator that nobody else knows any
 * more, as memcheck searches all memory that was mapped.  So when the process
 * ends it is copied into a block of the heap that only the generator points
 * to, and is out of bounds from then on.
 *
 * Does nothing when built without <valgrind/memcheck.h>, which is needed for
 * building only.
 */
#ifndef CD_CTX_VALGRIND_H
#define CD_CTX_VALGRIND_H

#include "ctx/stack.h"

#include <stdbool.h>

/* The process runs under Valgrind, and we can talk to it. */
bool cd_valgrind_runs(void);

/* A new slot, and how much guard lies below; never taken back, as slots are
 * not. */
void cd_valgrind_opened(const struct cd_stack *s, size_t guard);

/* The calling thread begins and ends; what it kept is then in its pool. */
void cd_valgrind_watch(void);
void cd_valgrind_unwatch(void);

/* A watched thread's pool: a free stack or NULL, one that is free now, and
 * how many are. */
struct cd_stack *cd_valgrind_take(unsigned size_class);
void cd_valgrind_give(struct cd_stack *s);
size_t cd_valgrind_count(void);

/* Somebody is about to use the stack: what the one before left is void. */
void cd_valgrind_taken(struct cd_stack *s);

#endif
