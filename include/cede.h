/* SPDX-License-Identifier: MIT
 *
 * cede.h - Python's concurrency system for C, as one library.
 *
 * Three rules cover it.
 *
 * 1. Every task has one shape: `int fn(void *arg)`.  It returns >= 0 for
 *    success or a negative error; larger results are written through arg.
 *    (Generator bodies take one argument more: themselves.)
 *
 * 2. Everything you pull from answers like read(2): > 0 got something, 0 it
 *    is over, < 0 it failed.  Every loop is `while ((rc = pull(...)) > 0)`.
 *
 * 3. Cancellation and time-outs are return values, and level-triggered.  In
 *    a cancelled scope every call marked [waits] answers -ECANCELED, having
 *    done nothing, at once and every time, until the scope is left.  A wait
 *    that was already granted what it waited for returns that: completion
 *    beats cancellation.  Nothing ever jumps over a frame of yours.
 *
 * And two promises.
 *
 * Fairness: after 128 [waits] calls that did not have to wait, a task lets
 * the others run once; the loop polls when nothing is ready, or after 256
 * steps or about 100 microseconds.
 *
 * Releasing always works: close, free, leave, join and stop release whatever
 * state the scope is in.  (Only a generator whose body is running, in another
 * task's step, cannot be closed: -EBUSY.)
 *
 * Thread rules: unless a contract says otherwise, a function that takes an
 * object is called on the thread that created the object.  The caller's
 * errno is preserved across every call and belongs to the coroutine; rounding
 * mode and other floating-point control belong to the thread.
 *
 * A process forked inside a run is outside of it: its thread has no loop and
 * no task, may begin a run of its own, and must not return from the task.
 *
 * Stacks are small.  Compile with -fstack-clash-protection (pkg-config and the
 * CMake package say so): a frame of more than 16 KiB (64 KiB on other
 * processors than x86) can otherwise jump over a stack's guard, and no report
 * of an overflow is possible.
 */
#ifndef CEDE_H
#define CEDE_H

#include <cede/address.h>
#include <cede/agen.h>
#include <cede/base.h>
#include <cede/context.h>
#include <cede/debug.h>
#include <cede/future.h>
#include <cede/gen.h>
#include <cede/io.h>
#include <cede/iter.h>
#include <cede/local.h>
#include <cede/loop.h>
#include <cede/managers.h>
#include <cede/net.h>
#include <cede/pool.h>
#include <cede/queue.h>
#include <cede/stream.h>
#include <cede/sync.h>
#include <cede/task.h>

#endif
