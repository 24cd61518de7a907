/* SPDX-License-Identifier: MIT
 *
 * seed_errors.c - what the codes that cede answers are called in Python.
 *
 * A rule says it for the answer of one call, or of any; the first that fits
 * counts.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>

/* What Python calls an answer.  text NULL: the message that came with it. */
struct rule {
    enum seed_call call;
    int code;
    const char *name;
    const char *text;
};

/* Which of several rules it is, the end of our message says. */
static const struct worded {
    const char *end;
    struct rule rule;
} by_message[] = {
    {"didn't yield",
     {SEED_WITH, CEDE_EPROTO, "RuntimeError", "generator didn't yield"}},
    {"didn't stop",
     {SEED_WITH, CEDE_EPROTO, "RuntimeError", "generator didn't stop"}},
    {"didn't stop after throw",
     {SEED_WITH, CEDE_EPROTO, "RuntimeError",
      "generator didn't stop after throw()"}},
};

static const struct rule by_call[] = {
    {SEED_SEND, -EINVAL, "TypeError",
     "can't send non-None value to a just-started generator"},
    {SEED_SEND_TO_LIST, -EINVAL, "AttributeError",
     "'list_iterator' object has no attribute 'send'"},
    {SEED_PASS, -ESTALE, "RuntimeError",
     "dictionary changed size during iteration"},
    {SEED_NEXT, CEDE_EPROTO, "RuntimeError", "generator raised StopIteration"},
    {SEED_SEND, CEDE_EPROTO, "RuntimeError", "generator raised StopIteration"},
    {SEED_STOP, CEDE_EPROTO, "RuntimeError", "generator ignored GeneratorExit"},
    {SEED_WITH, CEDE_EXIT, "StopIteration", NULL},
    {SEED_WITH, -EALREADY, "AttributeError",
     "'_GeneratorContextManager' object has no attribute 'args'"},
    {SEED_RUN, -EBUSY, "RuntimeError",
     "asyncio.run() cannot be called from a running event loop"},
    {SEED_OUTSIDE, -EPERM, "RuntimeError", "no running event loop"},
    {SEED_ANEXT, -EBUSY, "RuntimeError",
     "anext(): asynchronous generator is already running"},
    {SEED_ASEND, -EINVAL, "TypeError",
     "can't send non-None value to a just-started async generator"},
    {SEED_AWAIT, -ECANCELED, "CancelledError", ""},
    {SEED_SUBMIT, CEDE_ECLOSED, "RuntimeError",
     "cannot schedule new futures after shutdown"},
    {SEED_REPORT, -EBUSY, "RuntimeWarning", "was never awaited"},
    {SEED_REPORT, SEED_VALUE_ERROR, "error",
     "Task exception was never retrieved"},
};

/* The same whichever call answered it. */
static const struct rule by_code[] = {
    {SEED_NEXT, -EBUSY, "ValueError", "generator already executing"},
    {SEED_NEXT, SEED_VALUE_ERROR, "ValueError", NULL},
    {SEED_NEXT, SEED_KEY_ERROR, "KeyError", NULL},
    {SEED_NEXT, SEED_ZERO_DIVISION, "ZeroDivisionError", NULL},
    {SEED_NEXT, SEED_OS_ERROR, "OSError", NULL},
    {SEED_NEXT, SEED_DEMO_EXCEPTION, "DemoException", NULL},
    {SEED_NEXT, SEED_X, "X", NULL},
    {SEED_NEXT, -ETIMEDOUT, "TimeoutError", ""},
    {SEED_NEXT, -ECONNRESET, "ConnectionResetError", NULL},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static const struct rule *find_rule(enum seed_call call, int rc)
{
    for (size_t i = 0; i < COUNT(by_message); i++)
        if (by_message[i].rule.code == rc && by_message[i].rule.call == call &&
            ends_in(cede_message(), by_message[i].end))
            return &by_message[i].rule;
    for (size_t i = 0; i < COUNT(by_call); i++)
        if (by_call[i].code == rc && by_call[i].call == call)
            return &by_call[i];
    for (size_t i = 0; i < COUNT(by_code); i++)
        if (by_code[i].code == rc)
            return &by_code[i];
    return NULL;
}

seed_exception seed_translate(enum seed_call call, int rc)
{
    static char unknown[160];
    const struct rule *rule = find_rule(call, rc);
    if (rule)
        return (seed_exception){rule->name,
                                rule->text ? rule->text : cede_message()};
    snprintf(unknown, sizeof unknown, "%d (%s)", rc, cede_strerror(rc));
    return (seed_exception){"code without a translation", unknown};
}

void seed_print_error(enum seed_call call, int rc)
{
    seed_exception e = seed_translate(call, rc);
    printf("%s: %s\n", e.name, e.text);
}

void seed_repr_error(enum seed_call call, int rc)
{
    seed_exception e = seed_translate(call, rc);
    printf("%s(", e.name);
    if (*e.text)
        seed_repr(seed_text(e.text));
    putchar(')');
}
