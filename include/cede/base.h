/* SPDX-License-Identifier: MIT
 *
 * base.h - errors, time, clean-up: what every other header stands on.
 */
#ifndef CEDE_BASE_H
#define CEDE_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CEDE_API __attribute__((visibility("default")))
#define CEDE_PRINTF_(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#error "cede needs GCC or Clang (attribute cleanup, inline assembly)"
#endif

#define CEDE_CAT2_(a, b) a##b
#define CEDE_CAT_(a, b) CEDE_CAT2_(a, b)
#define CEDE_TEXT2_(x) #x
#define CEDE_TEXT_(x) CEDE_TEXT2_(x)

/* A name, and behind its end where it was given: one constant tells reports
 * both.  `text` is a string literal. */
#define CEDE_NAMED_(text) text "\0" __FILE__ ":" CEDE_TEXT_(__LINE__)

/* ---- errors ---------------------------------------------------------- */

/* Every function answers >= 0, or a negative error: an errno value negated,
 * or one of these.  The two ranges never meet. */
enum cede_error {
    CEDE_EXIT = -4097,    /* the consumer stops this generator: clean up and
                             return (returning this code then is success) */
    CEDE_ECLOSED = -4098, /* the queue or loop is closed */
    CEDE_EBROKEN = -4099, /* whoever should have finished this is gone */
    CEDE_ESHORT = -4100,  /* the stream ended before what was asked for */
    CEDE_EPROTO = -4101,  /* a generator broke its protocol: it yielded after
                             being told to stop, or failed with CEDE_EXIT
                             without having been asked to stop; or a task
                             did: it ended well without cede_started */
    CEDE_EDNS = -4102,    /* a name could not be resolved */
    CEDE_ETLS = -4103     /* TLS failed */
};

/* The shape of every task: >= 0 is success, < 0 an error. */
typedef int cede_fn(void *arg);

/* A short text for err, which may be ours, an errno value negated, or >= 0
 * ("success").  Never NULL; the text is constant and shared by all threads. */
CEDE_API const char *cede_strerror(int err);

/* Attach a message to an error on its way out: `return cede_fail(-EINVAL,
 * "column %d is missing", n);`.  Returns err, always.  The message replaces
 * the coroutine's last one, and travels with the code: from a generator's
 * body to its consumer, from a task to who awaits or joins it.  When there
 * is no memory for it the code travels alone.  The code alone decides
 * control flow. */
CEDE_API int cede_fail(int err, const char *fmt, ...) CEDE_PRINTF_(2, 3);

/* The same for a failure that replaces another one, which was handled:
 * `return cede_fail_from(rc, -EINVAL, "no configuration")`.  What is known of
 * the failure `cause`, if it is this coroutine's last one, is kept as the
 * cause (PEP 3134). */
CEDE_API int cede_fail_from_at_(const char *file, int line, int cause, int err,
                                const char *fmt, ...) CEDE_PRINTF_(5, 6);
#define cede_fail_from(cause, err, ...)                                        \
    cede_fail_from_at_(__FILE__, __LINE__, cause, err, __VA_ARGS__)

/* As macros they know where they stand. */
CEDE_API int cede_fail_at_(const char *file, int line, int err, const char *fmt,
                           ...) CEDE_PRINTF_(4, 5);
#define cede_fail(err, ...) cede_fail_at_(__FILE__, __LINE__, err, __VA_ARGS__)

/* The message that the last failure which had one left with this coroutine
 * (or, outside one, with this thread); "" when a generator, task or group has
 * failed without one since, and in debug runs when a failure without one has
 * passed a CEDE_TRY.  Valid until the next cede call that fails. */
CEDE_API const char *cede_message(void);

/* The same if it came with err; "" otherwise: `printf("%s: %s", \
 * cede_strerror(rc), cede_message_of(rc))` tells no older story. */
CEDE_API const char *cede_message_of(int err);

/* Write all that is known of the failure err to buf, cut to size: its text and
 * code, its message, where it was raised, in which generator and task, and the
 * same of its causes, a line each, without a newline at the end.  Of the
 * failure that is being reported, when a failure hook asks for its code; else
 * of this coroutine's last one, if it had that code.  As snprintf returns.
 * A failure has the one it replaced as its cause where cede_fail_from says so,
 * and at the exit of a context manager.  In debug runs (cede_options.debug, or
 * CEDE_DEBUG in the environment) also in a body it was thrown into; and a
 * failure without a message has the place of the first CEDE_TRY that passed it
 * on. */
CEDE_API int cede_explain(int err, char *buf, size_t size);

/* CEDE_TRY(call): return the failure of call from the function this stands
 * in.  A compound literal in it lives no longer than it. */
#define CEDE_TRY(...)                                                          \
    do {                                                                       \
        int cede_try_rc_ = (__VA_ARGS__);                                      \
        if (__builtin_expect(cede_try_rc_ < 0, 0))                             \
            return cede_seen_at_(__FILE__, __LINE__, cede_try_rc_);            \
    } while (0)

CEDE_API int cede_seen_at_(const char *file, int line, int err);

/* fn(ptr) when the enclosing block ends, however it ends; last first.  No goto
 * may jump forward over this declaration, or one of CEDE_GROUP, CEDE_SCOPE,
 * CEDE_USE, CEDE_EXITS, within its block: clang refuses that, gcc warns only
 * with -Wjump-misses-init.
 * fn is `void fn(void *)`; ptr is evaluated here, once.  Not run by
 * longjmp, which is not supported across cede calls. */
#define CEDE_DEFER(fn, ptr)                                                    \
    struct cede_defer_ CEDE_CAT_(cede_defer_at_, __COUNTER__)                  \
        __attribute__((cleanup(cede_defer_run_), unused)) = {(fn), (ptr)}

struct cede_defer_ {
    void (*fn)(void *);
    void *ptr;
};

static inline void cede_defer_run_(struct cede_defer_ *d)
{
    d->fn(d->ptr);
}

/* ---- failures nobody reads ------------------------------------------- */

/* Told of every failure that would be lost otherwise: what happened, as one
 * line without a newline; the name of the task it happened in ("" outside
 * one); the code, and its message ("" without); cede_explain() knows more.
 * The texts are valid during the call.  Runs where the failure was noticed and
 * must not wait. */
typedef void cede_failure_fn(void *ctx, const char *what, const char *task,
                             int err, const char *message);

/* Replace the failure hook of the process; NULL restores the default, which
 * prints it, with where it was raised, on standard error.  Any thread, but not
 * while others report. */
CEDE_API void cede_set_failure_hook(cede_failure_fn *fn, void *ctx);

/* ---- time ------------------------------------------------------------ */

/* Nanoseconds.  A parameter named `delay` is a duration, one named
 * `deadline` is a point on the clock of this thread's loop: the kernel's
 * monotonic clock, or the virtual one.  Without a loop, the monotonic. */
typedef int64_t cede_time;

#define CEDE_US ((cede_time)1000)
#define CEDE_MS ((cede_time)1000000)
#define CEDE_SEC ((cede_time)1000000000)
#define CEDE_NEVER INT64_MAX

/* The time of this loop turn: free, and at most one turn old.  Without a
 * loop, cede_clock(). */
CEDE_API cede_time cede_now(void);

/* The time, asked of the clock at this moment. */
CEDE_API cede_time cede_clock(void);

/* The point `delay` from this moment (not from the turn's beginning, so no
 * delay is ever cut short).  Saturates: CEDE_NEVER stays CEDE_NEVER. */
CEDE_API cede_time cede_in(cede_time delay);

/* ---- stacks ---------------------------------------------------------- */

/* Bytes of a stack when no size is given: 64 KiB; 256 KiB in debug and
 * sanitizer builds of the library, whose frames are larger. */
CEDE_API size_t cede_stack_default(void);

/* How many bytes of its stack the calling coroutine has touched so far (its
 * high-water mark, in whole pages; pages touched by an earlier user of the
 * same stack count as well).  0 outside a coroutine. */
CEDE_API size_t cede_stack_used(void);

/* ---- what types that are yours by value are made of ------------------ */

/* A circular list, or a node of one; zeroed: not used yet. */
struct cd_list {
    struct cd_list *next, *prev;
};

#ifdef __cplusplus
}
#endif
#endif
