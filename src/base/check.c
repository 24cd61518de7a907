/* SPDX-License-Identifier: MIT
 *
 * check.c - the end of a process that broke a contract, and the last stop of
 * failures that nobody reads.
 */
#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* err 0: none. */
static _Thread_local struct report {
    int err;
    bool notice; /* err says of what kind it is, and nothing to people */
    const struct cd_message *message;
} reported;

static void print_failure(void *ctx, const char *what, const char *task,
                          int err, const char *message)
{
    (void)ctx;
    (void)message;
    if (reported.notice) {
        fprintf(stderr, "cede: %s%s%s\n", what, *task ? " in task " : "", task);
        return;
    }
    char text[2048];
    cd_message_describe(reported.message, err, text, sizeof text);
    fprintf(stderr, "cede: %s%s%s: %s\n", what, *task ? " in task " : "", task,
            text);
}

static cede_failure_fn *hook = print_failure;
static void *hook_ctx;

void cede_set_failure_hook(cede_failure_fn *fn, void *ctx)
{
    hook = fn ? fn : print_failure;
    hook_ctx = ctx;
}

static void tell(const char *what, const char *task, struct report report)
{
    int saved = errno;
    struct report outer = reported; /* a hook may cause a report itself */
    reported = report;
    hook(hook_ctx, what, task, report.err, cd_message_text(report.message));
    reported = outer;
    errno = saved;
}

void cd_report(const char *what, const char *task, int err,
               const struct cd_message *message)
{
    tell(what, task, (struct report){.err = err, .message = message});
}

void cd_notice(const char *what, const char *task, int kind)
{
    tell(what, task, (struct report){.err = kind, .notice = true});
}

int cd_reported(const struct cd_message **message)
{
    *message = reported.message;
    return reported.err;
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
