/* SPDX-License-Identifier: MIT
 *
 * coro.c - who runs on this thread; messages of failures; the time.
 */
#include "coro/coro.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__thread struct cede_thread_ cede_me_;
_Thread_local struct cd_thread cd_me;

/* There in C++ programs. */
extern struct cd_caught *__cxa_get_globals(void) __attribute__((weak));

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void thread_end(void *unused)
{
    (void)unused;
    cd_check(!cd_me.loop,
             "the thread ended in '%s', inside cede_run: pthread_exit and "
             "pthread_cancel are not for threads with tasks",
             cd_current()->name);
    cd_coro_over(&cd_me.root);
    cd_message_drop(&cd_me.root);
    cede_me_.co = NULL;
}

/* The thread that ends the process does not run its keys' destructors. */
static void process_end(void)
{
    cd_coro_over(&cd_me.root);
}

static void make_key(void)
{
    pthread_key_create(&key, thread_end);
    atexit(process_end);
}

bool cd_debug_wanted(void)
{
    const char *wanted = getenv("CEDE_DEBUG");
    return wanted && *wanted && strcmp(wanted, "0") != 0;
}

void cd_thread_init(void)
{
    if (cede_me_.co)
        return;
    int saved = errno;
    pthread_once(&once, make_key);
    pthread_setspecific(key, &cd_me);
    cd_stack_thread_init();
    cd_me.root = (struct cd_coro){.name = ""};
    cede_me_.errno_at = &errno;
    cd_me.debug = cd_debug_wanted();
    cd_me.stack_class = (unsigned)cd_stack_class(0);
    cd_me.caught = __cxa_get_globals ? __cxa_get_globals() : NULL;
#ifdef CD_FIBERS
    cd_fiber_adopt(&cd_me.root_fiber);
    cd_me.root.fiber = &cd_me.root_fiber;
#endif
    cede_me_.co = &cd_me.root;
    errno = saved;
}

void cd_switch_handling(struct cd_ctx *from, struct cd_ctx *to)
{
    struct cd_caught mine = *cd_me.caught;
    *cd_me.caught = (struct cd_caught){0};
    cd_switch(from, to);
    *cd_me.caught = mine;
}

struct cd_stack *cd_coro_no_stack(void)
{
    char why[400];
    cd_stack_explain(why, sizeof why);
    cede_fail(-ENOMEM, "%s", why);
    return NULL;
}

void cd_coro_report_each(struct cd_coro *co)
{
    int err = co->each_error;
    cd_report("a for-each ended with a failure that nobody read",
              cd_task_running(), err, cd_message_of(co, err));
    co->each_error = 0;
}

void cd_coro_blocks_left(const struct cd_coro *co)
{
    cd_abort("%s '%s' left the block of a context manager by longjmp: its exit "
             "did not run",
             co->stack ? co->stack->kind : "thread", co->name);
}

size_t cede_stack_used(void)
{
    struct cd_coro *co = cd_current();
    return co && co->stack ? cd_stack_used(co->stack) : 0;
}

/* ---- messages ---------------------------------------------------------- */

static struct cd_message *new_message(int err, const struct cd_origin *origin,
                                      const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct cd_message *m = cd_message_new(err, origin, fmt, args);
    va_end(args);
    return m;
}

static struct cd_origin origin_at(const char *file, int line)
{
    const struct cd_coro *co = cd_current();
    bool in_generator = co->stack && strcmp(co->stack->kind, "task") != 0;
    return (struct cd_origin){.file = file,
                              .line = line,
                              .generator = in_generator ? co->name : "",
                              .task = cd_task_running()};
}

/* Nothing is known but, perhaps, where it was seen first. */
static struct cd_message *bare_message(int err, const char *file, int line)
{
    struct cd_origin origin = origin_at(file, line);
    return new_message(err, &origin, "%s", "");
}

static void raise_at(const char *file, int line, struct cd_message *cause,
                     int err, const char *fmt, va_list args)
{
    struct cd_origin origin = origin_at(file, line);
    struct cd_message *m = cd_message_new(err, &origin, fmt, args);
    if (m)
        cd_message_add_cause(m, cause);
    else
        cd_message_free(cause);
    /* Only now: the old message may be among the arguments. */
    cd_message_set(cd_current(), m);
}

int cede_fail_at_(const char *file, int line, int err, const char *fmt, ...)
{
    int saved = errno;
    cd_thread_ready();
    va_list args;
    va_start(args, fmt);
    raise_at(file, line, NULL, err, fmt, args);
    va_end(args);
    errno = saved;
    return err;
}

int cede_fail_from_at_(const char *file, int line, int cause, int err,
                       const char *fmt, ...)
{
    int saved = errno;
    cd_thread_ready();
    struct cd_message *old = cd_message_take(cd_current(), cause);
    va_list args;
    va_start(args, fmt);
    raise_at(file, line, old ? old : bare_message(cause, NULL, 0), err, fmt,
             args);
    va_end(args);
    errno = saved;
    return err;
}

int(cede_fail)(int err, const char *fmt, ...)
{
    int saved = errno;
    cd_thread_ready();
    va_list args;
    va_start(args, fmt);
    raise_at(NULL, 0, NULL, err, fmt, args);
    va_end(args);
    errno = saved;
    return err;
}

int cede_seen_at_(const char *file, int line, int err)
{
    cd_thread_ready();
    struct cd_coro *co = cd_current();
    if (cd_me.debug && !cd_message_of(co, err))
        cd_message_set(co, bare_message(err, file, line));
    return err;
}

const char *cede_message(void)
{
    const struct cd_coro *co = cd_current();
    return co ? cd_message_text(co->message) : "";
}

const char *cede_message_of(int err)
{
    const struct cd_coro *co = cd_current();
    return co ? cd_message_text(cd_message_of(co, err)) : "";
}

int cede_explain(int err, char *buf, size_t size)
{
    const struct cd_message *m;
    if (cd_reported(&m) != err)
        m = cd_current() ? cd_message_of(cd_current(), err) : NULL;
    return cd_message_describe(m, err, buf, size);
}

void cd_message_set(struct cd_coro *co, struct cd_message *m)
{
    cd_message_free(co->message);
    co->message = m;
}

struct cd_message *cd_message_take(struct cd_coro *co, int err)
{
    struct cd_message *m = co->message;
    if (!m || m->code != err)
        return NULL;
    co->message = NULL;
    return m;
}

void cd_message_move(struct cd_coro *to, struct cd_coro *from, int err)
{
    cd_message_set(to, cd_message_take(from, err));
    cd_message_drop(from);
}

struct cd_message *cd_cause_keep(int err)
{
    const struct cd_message *m = cd_message_of(cd_current(), err);
    if (!cd_me.debug || err >= 0)
        return NULL;
    return m ? cd_message_copy(m) : bare_message(err, NULL, 0);
}

static bool names_cause(const struct cd_message *m, int code)
{
    while ((m = m->cause))
        if (m->code == code)
            return true;
    return false;
}

void cd_cause_settle(struct cd_message *kept, int rc)
{
    struct cd_coro *co = cd_current();
    if (!kept || rc >= 0 || rc == kept->code) {
        cd_message_free(kept);
        return;
    }
    if (!cd_message_of(co, rc))
        cd_message_set(co, bare_message(rc, NULL, 0));
    if (co->message && !names_cause(co->message, kept->code))
        cd_message_add_cause(co->message, kept);
    else
        cd_message_free(kept);
}

/* ---- time -------------------------------------------------------------- */

cede_time cd_monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (cede_time)t.tv_sec * CEDE_SEC + t.tv_nsec;
}

/* Exported functions are called by way of a table. */
static inline cede_time look_at_clock(void)
{
    cd_me.seen = cd_me.clock ? cd_me.clock(cd_me.clock_ctx) : cd_monotonic();
    return cd_me.seen;
}

cede_time cede_clock(void)
{
    return look_at_clock();
}

cede_time cede_now(void)
{
    return cd_me.turn ? *cd_me.turn : cede_clock();
}

cede_time cede_in(cede_time delay)
{
    if (delay == CEDE_NEVER)
        return CEDE_NEVER;
    cede_time now = look_at_clock();
    cede_time at;
    if (__builtin_add_overflow(now, delay, &at))
        return delay > 0 ? CEDE_NEVER : INT64_MIN;
    return at;
}
