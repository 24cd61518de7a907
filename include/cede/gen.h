/* SPDX-License-Identifier: MIT
 *
 * gen.h - generators: functions with their own stack, stepped by a consumer.
 *
 *     static int squares(cede_gen *self, void *arg)
 *     {
 *         int rc = 0;
 *         for (long i = 0; i < *(long *)arg && rc >= 0; i++)
 *             rc = cede_yield(self, &(long){i * i});
 *         return rc;
 *     }
 *     ...
 *     cede_each (long, x, cede_gen_of(long, squares, &n))
 *         printf("%ld\n", x);
 *
 * Values are copied from stack to stack, out_size bytes outwards and in_size
 * bytes inwards; for identity let the type be a pointer.  A step allocates
 * nothing and costs two context switches.
 *
 * A generator is CREATED (its body has not run), RUNNING, SUSPENDED at a
 * yield, or CLOSED.  When the body ends its stack is given back at once;
 * state and result stay readable until cede_gen_close().
 *
 * Threads: one thread at a time.  A generator may be resumed by another
 * thread than its creator's only while CREATED, or if its body keeps neither
 * errno nor thread-locals across yields.  A body may use [waits] calls when
 * its consumer is a task: it then suspends that task.
 *
 * The semantics are those of PEP 255, 342 and 479.
 */
#ifndef CEDE_GEN_H
#define CEDE_GEN_H

#include <cede/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cede_gen cede_gen;
struct cede_iter;

/* A generator's body.  What it returns is the generator's result; >= 0 is
 * the end, < 0 a failure.  Told to stop, its pending yield answers CEDE_EXIT:
 * clean up and return that, or any result.  Failing with CEDE_EXIT without
 * having been told so is reported as CEDE_EPROTO. */
typedef int cede_gen_fn(cede_gen *self, void *arg);

enum cede_gen_state { CEDE_CREATED, CEDE_RUNNING, CEDE_SUSPENDED, CEDE_CLOSED };

/* ---- making ---------------------------------------------------------- */

typedef struct cede_gen_options {
    const char *name; /* for reports; constant, not copied; NULL: "generator" */
    size_t stack_size; /* bytes, rounded up, at most 1 GiB; 0: the run's */
    const char *site_; /* "file:line", for debug runs; NULL: unknown */
    size_t reserved_;
} cede_gen_options;

/* A generator that runs body(self, arg) and yields items of out_size bytes;
 * in_size is the size of what is sent to it, 0 if nothing is.  Runs no
 * statement of the body.  Yours until cede_gen_close().
 * NULL when there is no memory; every call given that NULL answers -ENOMEM.
 * What arg owns stays the caller's until the body runs: a generator that is
 * closed before its first step never sees it. */
CEDE_API cede_gen *cede_gen_new(cede_gen_fn *body, void *arg, size_t out_size,
                                size_t in_size);

/* The same with a name and a stack size; options may be NULL. */
CEDE_API cede_gen *cede_gen_new_with(const cede_gen_options *options,
                                     cede_gen_fn *body, void *arg,
                                     size_t out_size, size_t in_size);

/* cede_gen_new and one step, so that the first send can be a value; what the
 * first yield hands out is dropped.  A body that fails before its first
 * yield: the first next, send or throw answers that failure. */
CEDE_API cede_gen *cede_gen_primed(cede_gen_fn *body, void *arg,
                                   size_t out_size, size_t in_size);
CEDE_API cede_gen *cede_gen_primed_with(const cede_gen_options *options,
                                        cede_gen_fn *body, void *arg,
                                        size_t out_size, size_t in_size);

/* The function's name goes along, so that reports have one.  (Macros are
 * variadic where an argument may be a compound literal with commas.) */
#define cede_gen_new(body, ...)                                                \
    cede_gen_new_with(CEDE_GEN_NAMED_(#body), body, __VA_ARGS__)
#define cede_gen_primed(body, ...)                                             \
    cede_gen_primed_with(CEDE_GEN_NAMED_(#body), body, __VA_ARGS__)

/* cede_gen_of(type, body, arg): a generator of items of a type, to which
 * nothing is sent. */
#define cede_gen_of(type, body, ...)                                           \
    cede_gen_new_with(CEDE_GEN_NAMED_(#body), body, (__VA_ARGS__),             \
                      sizeof(type), 0)

/* ---- in the body ----------------------------------------------------- */

/* Hand out *value (out_size bytes; NULL: the consumer's variable stays as it
 * was) and wait to be resumed.
 * 0 stepped by next; 1 a value was sent (and is dropped, see cede_exchange);
 * < 0 the error thrown in, or CEDE_EXIT: clean up and return it.
 * Not the body's own generator, or with a scope or group open that was
 * entered inside this body: a broken contract, aborts by name. */
CEDE_API int cede_yield(cede_gen *self, const void *value);

/* Hand out nothing, and receive: 1 *in (in_size bytes) was filled; 0 stepped
 * by next, *in untouched; < 0 as cede_yield. */
CEDE_API int cede_receive(cede_gen *self, void *in);

/* Hand out *value and receive into *in: both of the above. */
CEDE_API int cede_exchange(cede_gen *self, const void *value, void *in);

/* Let inner stand in for this generator until it ends: its items go to our
 * consumer, what the consumer sends and throws goes to it, and this body does
 * not run meanwhile (PEP 380).  A step costs the same at any depth of
 * delegation.  inner may have been started; it is closed and freed in every
 * case but -EBUSY.
 * What inner returned; or the error it failed with, which this body may handle
 * here.  Told to stop, inner is stopped first, and then this answers
 * CEDE_EXIT, or what inner's clean-up failed with: clean up and return it.
 * inner CLOSED already: its result, at once.  -ENOMEM for NULL.  -EINVAL when
 * it yields or receives items of another size than this generator; one that
 * receives none is fine, and a value sent meanwhile is refused with -EINVAL
 * where it is sent.  -EBUSY, and inner is left alone: it is running, or this
 * generator itself, or another one delegates to it.
 * While delegated to, inner answers -EBUSY to everybody else.
 * With a scope or group open, or from outside the body: aborts by name. */
CEDE_API int cede_yield_from(cede_gen *self, cede_gen *inner);

/* The same over an iterator, which is closed: its items, one a step.  0 when
 * it is over; or its error; or what was thrown in, CEDE_EXIT among others.
 * A value sent: -EINVAL here, because an iterator receives none.  An iterator
 * over a generator (cede_iter_gen) is that generator.  -EINVAL when its items
 * have another size. */
CEDE_API int cede_yield_iter(cede_gen *self, struct cede_iter *it);

/* Have fn(ptr) run when the body ends: returned, failed, stopped, or dropped
 * because it ignored its stop; the last one registered first.  fn runs once
 * and must not yield.  0, or -ENOMEM and fn was not registered; -EPERM from
 * outside the body. */
CEDE_API int cede_gen_defer(cede_gen *self, void (*fn)(void *), void *ptr);

/* ---- in the consumer ------------------------------------------------- */

/* Step to the next yield.  out (out_size bytes) may be NULL.
 * 1 *out was filled; 0 the body returned, now or earlier; < 0 it failed: that
 * error once, 0 from then on.  -EBUSY: it is running already, and is not
 * disturbed.  If cancelled: nothing special, the body's own waits answer; but
 * one that runs ahead (agen.h) answers -ECANCELED and is not over. */
CEDE_API int cede_next(cede_gen *g, void *out);

/* The same, and the pending yield receives *in (in_size bytes); in == NULL
 * is cede_next.  -EINVAL for a value sent to a CREATED generator (it stays
 * CREATED) or to one made with in_size 0. */
CEDE_API int cede_send(cede_gen *g, const void *in, void *out);

/* Make the pending yield answer err (< 0, else -EINVAL), and go on to the
 * next yield: 1 and *out, 0 the body handled it and returned, or the error it
 * failed with.  CREATED or CLOSED: answers err, the body is not entered, and
 * g is CLOSED.  CEDE_EXIT may be thrown like any error, and comes back like
 * one.  -EINVAL leaves g as it was. */
CEDE_API int cede_throw(cede_gen *g, int err, void *out);

/* Stop the body: its pending yield answers CEDE_EXIT, and it cleans up and
 * returns.  g stays; state and result are readable.
 * The body's result (CEDE_EXIT counts as 0); or the error its clean-up failed
 * with; or CEDE_EPROTO when it yielded instead: it is then dropped, after its
 * deferred clean-up.  CREATED: the body never runs, and the result is 0.
 * CLOSED: 0.  Delegates are stopped first, innermost first.  (A body that
 * answers its stop by delegating to another one that does the same costs native
 * stack for each: do not recurse in a clean-up.)
 * -EBUSY: it is running.  Also in a cancelled scope; waits of the body's
 * clean-up answer -ECANCELED there. */
CEDE_API int cede_gen_stop(cede_gen *g);

/* Stop and free.  The body's result, also when it had ended before; -EBUSY
 * and nothing freed while it is running; -ENOMEM for NULL. */
CEDE_API int cede_gen_close(cede_gen *g);

/* What the body returned, or the error it ended with; -EAGAIN before that. */
CEDE_API int cede_gen_result(const cede_gen *g);

/* NULL: CEDE_CLOSED. */
CEDE_API enum cede_gen_state cede_gen_state(const cede_gen *g);

/* Whom it delegates to while it is SUSPENDED, or NULL.  Not yours. */
CEDE_API cede_gen *cede_gen_delegate(const cede_gen *g);

/* The name it was made with; never NULL. */
CEDE_API const char *cede_gen_name(const cede_gen *g);

/* Write "generator NAME STATE" to buf, cut to size; as snprintf returns. */
CEDE_API int cede_gen_describe(const cede_gen *g, char *buf, size_t size);

/* ---- for-each -------------------------------------------------------- */

/* cede_each (type, var, source): for each `type var` from a cede_gen *, a
 * cede_iter * or a cede_iterable.
 * A generator or iterator belongs to the loop and is closed on every way out:
 * end, break, return, goto.  In C++ write a generator or iterator pointer.
 * How the loop ended: cede_each_error(). */
#define cede_each(type, var, ...)                                              \
    CEDE_EACH_(type, var, CEDE_CAT_(cede_each_at_, __COUNTER__), __VA_ARGS__)

/* How the last cede_each that this coroutine left ended: 0, or the failure
 * of the source or of closing it; -EINVAL when the items are not of the
 * variable's size.  Reading it clears it.  A failure not read before the next
 * loop ends, or before the coroutine does, goes to the failure hook. */
CEDE_API int cede_each_error(void);

/* ---- what the macros are made of ------------------------------------- */

#ifdef __cplusplus
/* A temporary, which lives as long as the call it is an argument of. */
#define CEDE_GEN_NAMED_(text)                                                  \
    (&static_cast<const cede_gen_options &>(                                   \
        cede_gen_options{(text), 0, __FILE__ ":" CEDE_TEXT_(__LINE__), 0}))
#else
#define CEDE_GEN_NAMED_(text)                                                  \
    (&(const cede_gen_options){.name = (text),                                 \
                               .site_ = __FILE__ ":" CEDE_TEXT_(__LINE__)})
#endif

struct cede_each_ {
    cede_gen *gen; /* one of the two, or neither: no memory */
    struct cede_iter *iter;
    int rc; /* what the last pull answered */
    bool once;
};

CEDE_API struct cede_each_ cede_each_gen_(cede_gen *g, size_t size);
CEDE_API struct cede_each_ cede_each_iter_(struct cede_iter *it, size_t size);
CEDE_API void cede_each_end_(struct cede_each_ *e);
CEDE_API int cede_iter_next(struct cede_iter *it, void *out);

static inline int cede_each_next_(struct cede_each_ *e, void *out)
{
    if (e->gen)
        return e->rc = cede_next(e->gen, out);
    if (e->iter)
        return e->rc = cede_iter_next(e->iter, out);
    return e->rc;
}

#define CEDE_EACH_(type, var, e, ...)                                          \
    for (struct cede_each_ e __attribute__((cleanup(cede_each_end_))) =        \
             CEDE_EACH_OF_(sizeof(type), __VA_ARGS__);                         \
         e.once; e.once = false)                                               \
        for (type var; cede_each_next_(&e, &var) > 0;)

#ifdef __cplusplus
}
static inline cede_each_ cede_each_of_(cede_gen *g, size_t size)
{
    return cede_each_gen_(g, size);
}
static inline cede_each_ cede_each_of_(cede_iter *it, size_t size)
{
    return cede_each_iter_(it, size);
}
#define CEDE_EACH_OF_(size, ...) cede_each_of_((__VA_ARGS__), (size))
#else
#define CEDE_EACH_OF_(size, ...)                                               \
    _Generic((__VA_ARGS__), cede_gen *                                         \
             : cede_each_gen_, struct cede_iter *                              \
             : cede_each_iter_, struct cede_iterable                           \
             : cede_each_iterable_)((__VA_ARGS__), (size))
#endif

#include <cede/iter.h>

#include <cede/gen_inline.h>

#endif
