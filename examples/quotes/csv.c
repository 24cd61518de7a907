/* SPDX-License-Identifier: MIT
 *
 * csv.c - the less frequent half of csv.h.
 */
#include "csv.h"

struct text text_of(const char *string)
{
    return (struct text){string, strlen(string)};
}

void text_copy(char *out, size_t size, struct text text)
{
    size_t n = text.size < size ? text.size : size - 1;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text.at[i];
        out[i] = (char)(c < ' ' || c == 0x7f ? '?' : c);
    }
    out[n] = '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* Unwrap the quoted field that begins at `at` to *out, and move *out behind
 * its text.  What follows the field; NULL: it does not end. */
static const char *unwrap(const char *at, const char *end, char **out)
{
    while (++at < end) {
        if (*at == '"' && (++at == end || *at != '"'))
            return at;
        *(*out)++ = *at;
    }
    return NULL;
}

int csv_split_quoted(struct text line, struct text *fields, int n,
                     char *scratch)
{
    const char *end = line.at + line.size;
    const char *at = line.at;
    for (int i = 0;; i++, at++) {
        struct text field;
        at = skip_blanks(at, end);
        if (at < end && *at == '"') {
            field.at = scratch;
            if (!(at = unwrap(at, end, &scratch)))
                return -1;
            field.size = (size_t)(scratch - field.at);
            at = skip_blanks(at, end);
            if (at < end && *at != ',')
                return -2;
        } else {
            const char *begin = at;
            while (at < end && *at != ',')
                at++;
            field = text_between(begin, at);
        }
        if (i < n)
            fields[i] = field;
        if (at == end)
            return i < n ? i + 1 : n;
    }
}

bool csv_is_special(struct text field)
{
    if (field.size == 0)
        return false;
    if (is_blank(field.at[0]) || is_blank(field.at[field.size - 1]))
        return true;
    for (size_t i = 0; i < field.size; i++)
        if (strchr(",\"\r\n", field.at[i]))
            return true;
    return false;
}

char *csv_quote(char *out, struct text field)
{
    *out++ = '"';
    for (size_t i = 0; i < field.size; i++) {
        if (field.at[i] == '"')
            *out++ = '"';
        *out++ = field.at[i];
    }
    *out++ = '"';
    return out;
}
