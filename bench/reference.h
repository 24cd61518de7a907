/* SPDX-License-Identifier: MIT
 *
 * reference.h - the bare loops that the floors were derived from.
 *
 * Written a second time, with nothing shared with floor.h, and with even less
 * in them: whoever changes a floor and makes it slower makes cede look
 * better, and is found out by these, which run beside it.
 *
 * All are bench_fn.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

/* Step a counting generator, n times. */
void reference_next(void *unused, long n);

/* n turns in a ring of 64 coroutines, each leaving from *(int *)depth calls
 * below its own function to a hub that enters the next. */
void reference_yield(void *depth, long n);

/* Start and join n coroutines, *(long *)batch at a time. */
void reference_spawn(void *batch, long n);

/* Hand a value to another coroutine and wait until it was taken, n times. */
void reference_pingpong(void *unused, long n);

/* n stacks' topmost words, touched; the stacks stay.  NULL without memory. */
void *reference_touch(long n);

#endif
