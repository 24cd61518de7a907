/* SPDX-License-Identifier: MIT
 *
 * expect.c - parameters and formats for the expectations; see expect.h.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

struct texts texts_of(const char *arg)
{
    struct texts t = {.n = 0};
    while (*arg && t.n < EXPECT_MOST) {
        size_t size = strcspn(arg, ",");
        snprintf(t.text[t.n++], sizeof t.text[0], "%.*s", (int)size, arg);
        arg += size + (arg[size] == ',');
    }
    return t;
}

struct numbers numbers_of(const char *arg)
{
    struct numbers v = {.n = 0};
    struct texts t = texts_of(arg);
    for (size_t i = 0; i < t.n; i++)
        v.number[v.n++] = strtod(t.text[i], NULL);
    return v;
}

struct texts items_of(const char *arg)
{
    char inner[200];
    snprintf(inner, sizeof inner, "%.*s", (int)strlen(arg) - 2, arg + 1);
    return texts_of(inner);
}

size_t count_args(char *const *arg)
{
    size_t n = 0;
    while (arg[n])
        n++;
    return n;
}

static bool is_number(const char *text)
{
    char *end;
    strtod(text, &end);
    return *text && *end == '\0';
}

static void write_items(FILE *out, const char *arg)
{
    struct texts t = items_of(arg);
    fputc(arg[0], out);
    for (size_t i = 0; i < t.n; i++) {
        fputs(i > 0 ? ", " : "", out);
        write_repr(out, t.text[i]);
    }
    fputc(arg[strlen(arg) - 1], out);
}

void write_repr(FILE *out, const char *arg)
{
    if (arg[0] == '[' || arg[0] == '(')
        write_items(out, arg);
    else if (is_number(arg) || strcmp(arg, "None") == 0)
        fputs(arg, out);
    else
        fprintf(out, "'%s'", arg);
}

void write_float(FILE *out, double x)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*f", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    fputs(text, out);
}

void write_numbers(FILE *out, const double *number, size_t n)
{
    fputc('[', out);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%.0f", i > 0 ? ", " : "", number[i]);
    fputc(']', out);
}

const char *true_or_false(bool yes)
{
    return yes ? "True" : "False";
}
