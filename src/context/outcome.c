/* SPDX-License-Identifier: MIT
 *
 * outcome.c - what an exit makes of an outcome, and which message it has then.
 *
 * An exit may fail and recover inside, which replaces the coroutine's message,
 * and may want to read the message of the failure it is given.  So that one
 * stays where it is, and a copy is held until exit has answered.  Only
 * failures with a message cost anything.
 */
#include "context/context.h"

#include <stdlib.h>

/* A failure while exit runs. */
struct failure {
    int code;
    char *message; /* owned; NULL: it came without */
};

static struct failure hold(int code)
{
    cd_thread_ready();
    const struct cd_coro *co = cd_current();
    const char *text = co->message_of == code ? co->message : NULL;
    return (struct failure){.code = code, .message = cd_strdup(text)};
}

/* The same failure goes on: with the message that exit gave it, or its own. */
static void pass(struct cd_coro *co, struct failure *f)
{
    if (co->message_of == f->code && co->message)
        return;
    cd_message_set(co, f->code, f->message);
    f->message = NULL;
}

/* Exit failed with `code` because of f, or while it dealt with f: f is the
 * cause of it. */
static void replace(struct cd_coro *co, const struct failure *f, int code)
{
    (void)f;
    if (co->message_of != code)
        cd_message_set(co, code, NULL); /* it is f's, or an older one */
}

int cd_exit_run(cd_exit_fn *fn, void *ptr, int rc)
{
    if (rc >= 0)
        return fn(ptr, rc);
    struct failure f = hold(rc);
    rc = fn(ptr, rc);
    if (rc == f.code)
        pass(cd_current(), &f);
    else if (rc < 0)
        replace(cd_current(), &f, rc);
    free(f.message);
    return rc;
}

int cd_gave_back(int rc, int err, const char *what)
{
    if (err >= 0)
        return rc;
    if (rc >= 0)
        return err;
    cd_thread_ready();
    const struct cd_coro *co = cd_current();
    cd_report(what, co->name, err, co->message_of == err ? co->message : NULL);
    return rc;
}
