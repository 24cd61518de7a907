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

/* Is m of the failure that was held?  NULL: one of which nothing is known. */
static bool is_held(const struct cd_message *m, const struct cd_message *held,
                    int code)
{
    if (m->code != code)
        return false;
    const char *file = held ? held->origin.file : NULL;
    return m->origin.file == file &&
           (!file || m->origin.line == held->origin.line) &&
           strcmp(m->text, cd_message_text(held)) == 0;
}

/* Did exit say something else of the failure, as its cause? */
static bool explained(const struct cd_message *held, int code)
{
    const struct cd_message *m = cd_message_of(cd_current(), code);
    for (m = m ? m->cause : NULL; m; m = m->cause)
        if (is_held(m, held, code))
            return true;
    return false;
}

/* The same failure goes on with its own message.  Another of that code may be
 * of one that exit dealt with, which codes cannot tell: so exit has to say
 * which failure it speaks of, by cede_fail_from. */
static void pass(struct cd_message *held, int code)
{
    if (explained(held, code))
        cd_message_free(held);
    else
        cd_message_set(cd_current(), held);
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
    cd_report(what, cd_task_running(), err, cd_message_of(co, err));
    return rc;
}
