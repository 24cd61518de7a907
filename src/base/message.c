/* SPDX-License-Identifier: MIT
 *
 * message.c - failures' messages: text, origin, causes.
 */
#include "base/message.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

struct cd_message *cd_message_new(int code, const struct cd_origin *origin,
                                  const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    size_t size = n < 0 ? 1 : (size_t)n + 1;
    struct cd_message *m = cd_malloc(sizeof *m + size);
    if (!m)
        return NULL;
    *m = (struct cd_message){.origin = *origin, .code = code};
    m->text[0] = '\0';
    vsnprintf(m->text, size, fmt, args);
    return m;
}

struct cd_message *cd_message_copy(const struct cd_message *m)
{
    struct cd_message *first = NULL, **at = &first;
    for (; m; m = m->cause) {
        size_t size = sizeof *m + strlen(m->text) + 1;
        struct cd_message *copy = cd_malloc(size);
        if (!copy)
            break;
        memcpy(copy, m, size);
        copy->cause = NULL;
        *at = copy;
        at = &copy->cause;
    }
    return first;
}

void cd_message_free(struct cd_message *m)
{
    while (m) {
        struct cd_message *cause = m->cause;
        free(m);
        m = cause;
    }
}

/* Leave a chain KEPT messages: the first ones, and the last. */
static void shorten(struct cd_message *m)
{
    enum { KEPT = 16 };
    for (int i = 2; m && i < KEPT; i++)
        m = m->cause;
    while (m && m->cause && m->cause->cause) {
        struct cd_message *dropped = m->cause;
        m->cause = dropped->cause;
        free(dropped);
    }
}

void cd_message_add_cause(struct cd_message *m, struct cd_message *cause)
{
    struct cd_message *first = m;
    while (m->cause)
        m = m->cause;
    m->cause = cause;
    shorten(first);
}

/* ---- in words ---------------------------------------------------------- */

/* A text that may be longer than its buffer. */
struct text {
    char *at;
    size_t size; /* of the buffer */
    size_t used; /* had it been large enough */
};

static void CEDE_PRINTF_(2, 3) add(struct text *t, const char *fmt, ...)
{
    size_t room = t->used < t->size ? t->size - t->used : 0;
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(room ? t->at + t->used : NULL, room, fmt, args);
    va_end(args);
    t->used += n < 0 ? 0 : (size_t)n;
}

static void add_origin(struct text *t, const struct cd_origin *o)
{
    if (!o->file)
        return;
    add(t, ", raised at %s:%d", o->file, o->line);
    if (*o->generator)
        add(t, " in generator '%s'", o->generator);
    if (*o->task)
        add(t, " %s task '%s'", *o->generator ? "of" : "in", o->task);
}

static void add_failure(struct text *t, int err, const struct cd_message *m)
{
    const char *text = cd_message_text(m);
    add(t, "%s (%d)%s%s", cede_strerror(err), err, *text ? ": " : "", text);
    if (m)
        add_origin(t, &m->origin);
}

int cd_message_describe(const struct cd_message *m, int err, char *buf,
                        size_t size)
{
    struct text t = {buf, size, 0};
    add_failure(&t, err, m);
    for (m = m ? m->cause : NULL; m; m = m->cause) {
        add(&t, "\n  because of ");
        add_failure(&t, m->code, m);
    }
    return (int)t.used;
}
