/* SPDX-License-Identifier: MIT
 *
 * seeds_compare.c - expected against printed; see seeds_compare.h.
 */
#include "seeds_compare.h"

#include <stdlib.h>
#include <string.h>

/* One line of each against the other; "<lo..hi>" stands for a number. */
static bool line_matches(const char *expected, const char *actual)
{
    for (; *expected && *expected != '\n'; expected++, actual++) {
        double low, high;
        int size = 0;
        if (*expected == '<' &&
            sscanf(expected, "<%lf..%lf>%n", &low, &high, &size) == 2 &&
            size > 0) {
            char *end;
            double x = strtod(actual, &end);
            if (end == actual || x < low || x > high)
                return false;
            expected += size - 1;
            actual = end - 1;
        } else if (*expected != *actual) {
            return false;
        }
    }
    return *expected == *actual;
}

static const char *next_line(const char *at)
{
    at += strcspn(at, "\n");
    return *at ? at + 1 : at;
}

static void print_line(const char *what, const char *line)
{
    if (*line)
        printf("    %s %.*s\n", what, (int)strcspn(line, "\n"), line);
    else
        printf("    %s (nothing more)\n", what);
}

/* Whether the two agree; the first differing line is printed. */
bool compare(const char *expected, const char *actual)
{
    for (int n = 1; *expected || *actual; n++) {
        if (!*expected || !*actual || !line_matches(expected, actual)) {
            printf("  line %d differs:\n", n);
            print_line("expected:", expected);
            print_line("printed: ", actual);
            return false;
        }
        expected = next_line(expected);
        actual = next_line(actual);
    }
    return true;
}

/* A line, its symbol, and its place. */
struct quote_line {
    const char *text;
    size_t place;
};

static int by_symbol(const void *a, const void *b)
{
    const struct quote_line *x = a, *y = b;
    size_t n = strcspn(x->text, ","), m = strcspn(y->text, ",");
    int order = memcmp(x->text, y->text, n < m ? n : m);
    if (order == 0 && n != m)
        order = n < m ? -1 : 1;
    if (order == 0)
        order = x->place < y->place ? -1 : 1;
    return order;
}

/* The lines ordered by symbol, those of one symbol as they came; the header
 * is in the way of nobody. */
void sort_by_symbol(struct text *t)
{
    struct quote_line *lines = calloc(t->size + 1, sizeof *lines);
    struct text sorted = {NULL, 0};
    FILE *out = open_memstream(&sorted.bytes, &sorted.size);
    if (!lines || !out)
        give_up("memory");
    size_t n = 0;
    for (const char *at = t->bytes; *at; at = next_line(at)) {
        lines[n] = (struct quote_line){at, n};
        n++;
    }
    qsort(lines, n, sizeof *lines, by_symbol);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%.*s\n", (int)strcspn(lines[i].text, "\n"),
                lines[i].text);
    fclose(out);
    free(lines);
    free(t->bytes);
    *t = sorted;
}

/* On a real clock only this is certain: every sleeper slept as long as it was
 * asked to, and the whole took as long as the longest. */
bool compare_sleepers(char *const *arg, const char *actual)
{
    double longest = 0, shortest = 1e9, took = -1, done = 0;
    int n = 0, found = 0;
    for (; arg[3 + n]; n++) {
        double length = strtod(arg[3 + n], NULL);
        longest = length > longest ? length : longest;
        shortest = length < shortest ? length : shortest;
    }
    const char *at = strstr(actual, "Main loop finished in ");
    if (at)
        sscanf(at, "Main loop finished in %lf", &took);
    bool all_long_enough = true;
    for (at = actual; (at = strstr(at, "'Done in ")); at++, found++) {
        double slept = strtod(at + strlen("'Done in "), NULL);
        done = slept > done ? slept : done;
        all_long_enough = all_long_enough && slept >= shortest;
    }
    if (found == n && all_long_enough && done >= longest && took >= longest)
        return true;
    printf("  sleeps of %g to %g s, and printed:\n%s", shortest, longest,
           actual);
    return false;
}
