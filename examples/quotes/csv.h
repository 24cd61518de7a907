/* SPDX-License-Identifier: MIT
 *
 * csv.h - lines into fields, and a field back into a line (RFC 4180).
 *
 * Two ways to split: on commas alone for lines without quotation marks, and a
 * slower one that unwraps quoted fields.  Blanks around a field are dropped,
 * those inside quotation marks kept.  A quotation mark in the middle of an
 * unquoted field is an ordinary character, as in most readers.
 */
#ifndef CSV_H
#define CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Some bytes of somebody else's memory. */
struct text {
    const char *at;
    size_t size;
};

struct text text_of(const char *string);

/* Copy text to a string of `size` bytes: what fits, unprintable bytes as
 * '?'. */
void text_copy(char *out, size_t size, struct text text);

/* What stands between begin and end, without the blanks around it. */
static inline struct text text_between(const char *begin, const char *end)
{
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (begin < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct text){begin, (size_t)(end - begin)};
}

/* Split a line without any quotation mark into its first fields; how many
 * they are, at most n. */
static inline size_t csv_split(struct text line, struct text *fields, size_t n)
{
    const char *at = line.at;
    const char *end = line.at + line.size;
    for (size_t i = 0; i < n; i++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        fields[i] = text_between(at, comma ? comma : end);
        if (!comma)
            return i + 1;
        at = comma + 1;
    }
    return n;
}

/* The same for a line with quoted fields, which are unwrapped into scratch
 * (line.size bytes).  How many; -1 a quoted field does not end in this line;
 * -2 something stands between a closing quotation mark and the comma. */
int csv_split_quoted(struct text line, struct text *fields, int n,
                     char *scratch);

/* Must field be quoted to be read back the same? */
bool csv_is_special(struct text field);

/* Write field, quoted, to out (2 * size + 2 bytes); the end of it. */
char *csv_quote(char *out, struct text field);

#endif
