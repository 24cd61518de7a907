/* SPDX-License-Identifier: MIT
 *
 * check.c - the end of a process that broke a contract, and the last stop of
 * failures that nobody reads.
 */
#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void print_failure(void *ctx, const char *what, const char *task,
                          int err, const char *message)
{
    (void)ctx;
    fprintf(stderr, "cede: %s%s%s: %s (%d)%s%s\n", what,
            *task ? " in task " : "", task, cede_strerror(err), err,
            *message ? ": " : "", message);
}

static cede_failure_fn *hook = print_failure;
static void *hook_ctx;

void cede_set_failure_hook(cede_failure_fn *fn, void *ctx)
{
    hook = fn ? fn : print_failure;
    hook_ctx = ctx;
}

void cd_report(const char *what, const char *task, int err, const char *message)
{
    int saved = errno;
    hook(hook_ctx, what, task, err, message ? message : "");
    errno = saved;
}

void cd_abort(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("cede: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
