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

/* What is known of a failure while exit deals with it. */
static struct cd_message *hold(int code)
{
    cd_thread_ready();
    const struct cd_message *m = cd_message_of(cd_current(), code);
    return m ? cd_message_copy(m) : cd_cause_keep(code);
}

/* The same failure goes on: with the message that exit gave it, or its own. */
static void pass(struct cd_message *held, int code)
{
    struct cd_coro *co = cd_current();
    if (!cd_message_of(co, code))
        cd_message_set(co, held);
    else
        cd_message_free(held);
}

/* Exit answered with another failure: its message, or none, but not that of
 * the one it dealt with. */
static void replace(struct cd_message *held, int code)
{
    struct cd_coro *co = cd_current();
    if (!cd_message_of(co, code))
        cd_message_drop(co);
    cd_cause_settle(held, code);
}

int cd_exit_run(cd_exit_fn *fn, void *ptr, int rc)
{
    if (rc >= 0)
        return fn(ptr, rc);
    struct cd_message *held = hold(rc);
    int answer = fn(ptr, rc);
    if (answer == rc)
        pass(held, rc);
    else if (answer < 0)
        replace(held, answer);
    else
        cd_message_free(held);
    return answer;
}

int cd_gave_back(int rc, int err, const char *what)
{
    if (err >= 0)
        return rc;
    if (rc >= 0)
        return err;
    cd_thread_ready();
    const struct cd_coro *co = cd_current();
    cd_report(what, co->name, err, cd_message_of(co, err));
    return rc;
}
