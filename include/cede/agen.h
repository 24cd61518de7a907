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

/* ---- closing --------------------------------------------------------- */

/* Close g in a shielded scope: cancels from outside do not reach its clean-up,
 * which has `delay` to wait in all; after that its waits answer -ECANCELED.
 * [waits]  As cede_gen_close; -ETIMEDOUT when the body ended with -ECANCELED
 * because of that, and -ENOMEM when it did because there was no memory for the
 * scope.  Outside a task: cede_gen_close. */
CEDE_API int cede_gen_close_within(cede_time delay, cede_gen *g);

/* CEDE_CLOSING(g, cede_gen_of(...)): declare `cede_gen *g`.  At the end of the
 * block, however it is left, what g is then is closed within 10 seconds; a
 * failure that this finds goes to the failure hook, as nobody is left to read
 * it.  For generators stepped by hand: where g is given away, to a cede_each,
 * an iterator or a delegation, or closed before, set g = NULL.  (asyncio's
 * aclosing.) */
#define CEDE_CLOSING(g, ...)                                                   \
    cede_gen *g __attribute__((cleanup(cede_gen_closing_))) = (__VA_ARGS__)
CEDE_API void cede_gen_closing_(cede_gen **g);

/* ---- in a task of its own -------------------------------------------- */

/* A generator over what `inner` yields, whose body runs ahead of the consumer
 * in a task of its own, a child of the group g (NULL: the background) with the
 * name of inner: it goes on once its item is among the `ahead` that may wait to
 * be taken, or with 0, once it was taken.  Nothing is sent in.
 * Yours until closed; what it yields are inner's items, of the same size.
 * inner may have been started; that task closes it.  NULL without memory, with
 * inner closed, or when inner is NULL.  When the child could not be started,
 * which is no failure of the group, inner is closed and the first step answers
 * why; when inner was running, or delegated to, it is left alone and the first
 * step answers -EBUSY.
 *
 * So the consumer's scopes, cancels and deadlines do not reach into the body: a
 * step that is cancelled answers -ECANCELED and takes nothing, the generator is
 * not over, and the next step, of this task or another, goes on where this one
 * stopped.  The body may have scopes and groups open across its yields: when
 * one is cancelled meanwhile, the pending yield answers -ECANCELED, and that
 * item was not handed on.
 *
 * What it fails with is the consumer's: after the items before it the step that
 * comes there answers it, with its message, and the group does not count it as
 * a failure.  Cancelling the group ends the body, and the step after the last
 * item answers -ECANCELED.
 *
 * Closing it, as leaving a cede_each does, or throwing something in, cancels
 * the child: a pending wait of the body answers -ECANCELED, then it is told to
 * stop, and its clean-up waits only behind a shield of its own.  A body whose
 * first step has not come never runs.  The close waits for the child, whatever
 * state the scope is in [waits], and answers what the body's clean-up failed
 * with, or a failure that no step came to.  Items that were not taken are
 * forgotten.
 *
 * Joining the group waits for the child, so close the generator first, or have
 * another task step it to its end.
 *
 * Steps are of the loop's thread: on another they answer -EPERM, and take
 * nothing; outside a task when they would have to wait.  There, closing lets
 * the child end by itself, and on another thread, while the child is not over,
 * it aborts by name.  The body itself is refused: -EDEADLK.
 * Source: trio's as_safe_channel. */
CEDE_API cede_gen *cede_gen_ahead(cede_group *g, cede_gen *inner, size_t ahead);
#define cede_gen_ahead(g, ...)                                                 \
    cede_gen_ahead_at_(CEDE_NAMED_("cede_gen_ahead"), g, __VA_ARGS__)
CEDE_API cede_gen *cede_gen_ahead_at_(const char *site, cede_group *g,
                                      cede_gen *inner, size_t ahead);

#ifdef __cplusplus
}
#endif
#endif
