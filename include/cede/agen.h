/* SPDX-License-Identifier: MIT
 *
 * agen.h - generators whose bodies wait: asynchronous generators.
 *
 *     static int lines(cede_gen *self, void *path)
 *     {
 *         ...
 *         while ((rc = cede_get(source, &line)) > 0)     suspends the task
 *             CEDE_TRY(cede_yield(self, &line));
 *         return rc;
 *     }
 *     cede_each (struct line, line, cede_gen_of(struct line, lines, path))
 *         ...
 *
 * There is nothing different to write: a body that calls what [waits] suspends
 * the task that steps it, and the loop goes on.  Everything in gen.h holds; in
 * particular:
 *
 * - A step, stop or close while a step of it waits, in another task, answers
 *   -EBUSY, and the first goes on undisturbed.
 * - The waits of the body are those of the task that steps it: a cancel or a
 *   deadline of that task reaches in there.  A body that returns -ECANCELED
 *   then has failed with that and is CLOSED: the next step answers 0.
 * - Closing runs the body's clean-up, which may wait; the close answers when it
 *   is over.  In a cancelled scope its waits answer -ECANCELED:
 *   cede_gen_close_within shields it.
 * - Scopes and groups that the body has entered must be left before it yields,
 *   because the consumer would run inside of them (PEP 789): aborts by name.
 *   cede_gen_ahead gives the body a task of its own, and it may.
 * - A generator belongs to nobody but its owner: a run that ends closes none.
 *   Debug runs report those that were left suspended, and where they were made.
 */
#ifndef CEDE_AGEN_H
#define CEDE_AGEN_H

#include <cede/gen.h>
#include <cede/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Close g in a shielded scope: cancels from outside do not reach its clean-up,
 * which has `delay` to wait in all; after that its waits answer -ECANCELED.
 * [waits]  As cede_gen_close; -ETIMEDOUT when the body ended with -ECANCELED
 * because of that.  Outside a task: cede_gen_close. */
CEDE_API int cede_gen_close_within(cede_time delay, cede_gen *g);

/* The same for the end of a block, however it is left, with 10 seconds:
 * CEDE_CLOSING(g) after `cede_gen *g = ...`, which may be NULL.  What it
 * answers goes to the failure hook if it is a failure.  (asyncio's aclosing) */
#define CEDE_CLOSING(g)                                                        \
    CEDE_DEFER(cede_gen_closing_, (g)) /* the value of g, here */
CEDE_API void cede_gen_closing_(void *g);

/* A generator over what `inner` yields, whose body runs ahead in a task of its
 * own, a child of the group g (NULL: the background): up to `ahead` items, 0:
 * it goes on when its item was taken.  inner is closed by that task; out_size
 * bytes an item, nothing is sent in.  NULL without memory, with inner closed,
 * or when inner is NULL; when the child could not be started the first step
 * answers why.
 *
 * So the consumer's scopes, cancels and deadlines do not reach into the body: a
 * step that is cancelled answers -ECANCELED and takes nothing, the generator is
 * not over, and the next step goes on where this one stopped.  The body may
 * hold scopes and groups open across its yields.  What it fails with is the
 * consumer's: the step that comes there answers it, and the group does not
 * count it as a failure.
 * Closing it, as leaving a cede_each does, ends the body: its pending put or
 * its waits answer -ECANCELED, then it is told to stop; and the close waits for
 * the child, whatever state the scope is in. Cancelling the group ends the
 * body; the consumer is answered -ECANCELED. Source: trio's as_safe_channel. */
CEDE_API cede_gen *cede_gen_ahead(cede_group *g, cede_gen *inner, size_t ahead);

#ifdef __cplusplus
}
#endif
#endif
