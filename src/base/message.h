/* SPDX-License-Identifier: MIT
 *
 * message.h - what is known of a failure besides its code.
 */
#ifndef CD_BASE_MESSAGE_H
#define CD_BASE_MESSAGE_H

#include <cede/base.h>
#include <stdarg.h>
#include <stdlib.h>

/* Where a failure was raised, or first seen.  The names are constants. */
struct cd_origin {
    const char *file; /* NULL: unknown */
    int line;
    const char *generator, *task; /* "": in none */
};

/* One block of memory, owned by whoever holds it; NULL stands for a failure
 * of which only the code is known. */
struct cd_message {
    struct cd_message *cause; /* owned; the failure that this one replaced */
    struct cd_origin origin;
    int code;    /* it came with; of no other code is it the message */
    char text[]; /* "" when there is only an origin */
};

/* NULL without memory. */
struct cd_message *cd_message_new(int code, const struct cd_origin *origin,
                                  const char *fmt, va_list args);

/* With its causes; NULL for NULL, and as much as there is memory for. */
struct cd_message *cd_message_copy(const struct cd_message *m);

void cd_message_free(struct cd_message *m);

/* Never NULL. */
static inline const char *cd_message_text(const struct cd_message *m)
{
    return m ? m->text : "";
}

/* The first failure of m's chain was caused by cause, which is taken.  Of a
 * chain that grows long the latest failures are kept, and the very first. */
void cd_message_add_cause(struct cd_message *m, struct cd_message *cause);

/* Write "TEXT OF err (err): MESSAGE, raised at ...", and a line for each
 * cause, to buf, cut to size; as snprintf returns.  m may be NULL. */
int cd_message_describe(const struct cd_message *m, int err, char *buf,
                        size_t size);

#endif
