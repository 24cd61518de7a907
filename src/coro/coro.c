/* SPDX-License-Identifier: MIT
 *
 * coro.c - who runs on this thread; messages of failures; the time.
 */
#define _GNU_SOURCE /* vasprintf */
#include "coro/coro.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__thread struct cede_thread_ cede_me_;
_Thread_local struct cd_thread cd_me;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void thread_end(void *unused)
{
    (void)unused;
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
    cd_me.stack_class = (unsigned)cd_stack_class(0);
#ifdef CD_FIBERS
    cd_fiber_adopt(&cd_me.root_fiber);
    cd_me.root.fiber = &cd_me.root_fiber;
#endif
    cede_me_.co = &cd_me.root;
    errno = saved;
}

struct cd_stack *cd_coro_no_stack(void)
{
    char why[256];
    cd_stack_explain(why, sizeof why);
    cede_fail(-ENOMEM, "%s", why);
    return NULL;
}

void cd_coro_report_each(struct cd_coro *co)
{
    int err = co->each_error;
    cd_report("a for-each ended with a failure that nobody read", co->name, err,
              co->message_of == err ? co->message : NULL);
    co->each_error = 0;
}

size_t cede_stack_used(void)
{
    struct cd_coro *co = cd_current();
    return co && co->stack ? cd_stack_used(co->stack) : 0;
}

/* ---- messages ---------------------------------------------------------- */

int cede_fail(int err, const char *fmt, ...)
{
    int saved = errno;
    cd_thread_ready();
    struct cd_coro *co = cd_current();
    char *text;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    /* Only now: the old message may be among the arguments. */
    cd_message_set(co, err, n < 0 ? NULL : text);
    errno = saved;
    return err;
}

const char *cede_message(void)
{
    const struct cd_coro *co = cd_current();
    return co && co->message ? co->message : "";
}

void cd_message_set(struct cd_coro *co, int err, char *text)
{
    free(co->message);
    co->message = text;
    co->message_of = err;
}

char *cd_message_take(struct cd_coro *co, int err)
{
    char *text = co->message_of == err ? co->message : NULL;
    if (text)
        co->message = NULL;
    return text;
}

void cd_message_move(struct cd_coro *to, struct cd_coro *from, int err)
{
    cd_message_set(to, err, cd_message_take(from, err));
    cd_message_drop(from);
}

/* ---- time -------------------------------------------------------------- */

cede_time cd_monotonic(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (cede_time)t.tv_sec * CEDE_SEC + t.tv_nsec;
}

cede_time cede_clock(void)
{
    cd_me.seen = cd_me.clock ? cd_me.clock(cd_me.clock_ctx) : cd_monotonic();
    return cd_me.seen;
}

cede_time cede_now(void)
{
    return cd_me.turn ? *cd_me.turn : cede_clock();
}

cede_time cede_in(cede_time delay)
{
    if (delay == CEDE_NEVER)
        return CEDE_NEVER;
    cede_time now = cede_clock();
    cede_time at;
    if (__builtin_add_overflow(now, delay, &at))
        return delay > 0 ? CEDE_NEVER : INT64_MIN;
    return at;
}
