/* SPDX-License-Identifier: MIT
 *
 * expect_s000.c - what the programs of S000 must print; see expect.h.
 */
#include "expect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- S000-1 ---------------------------------------------------------- */

enum { QUOTES = 1000 };

struct row {
    char symbol[16], date[24], price[16];
    long cents;
};

static size_t read_rows(const char *path, struct row *rows)
{
    FILE *file = fopen(path, "r");
    size_t n = 0;
    char line[120];
    if (!file)
        return 0;
    if (fgets(line, sizeof line, file))
        while (n < QUOTES && fgets(line, sizeof line, file)) {
            struct row *r = &rows[n];
            double price;
            if (sscanf(line, "%15[^,],%23[^,],%15[^,\r\n]", r->symbol, r->date,
                       r->price) != 3)
                continue;
            price = strtod(r->price, NULL);
            r->cents = (long)(price * 100 + 0.5);
            n++;
        }
    fclose(file);
    return n;
}

/* The sum of the last `window` prices of row i's symbol, itself included; -1
 * when there are fewer. */
static long window_sum(const struct row *rows, size_t i, long window)
{
    long sum = 0, found = 0;
    for (size_t k = i + 1; k-- > 0 && found < window;)
        if (strcmp(rows[k].symbol, rows[i].symbol) == 0) {
            sum += rows[k].cents;
            found++;
        }
    return found == window ? sum : -1;
}

void expect_s000_01(char *const *arg, FILE *out)
{
    static struct row rows[QUOTES];
    size_t n = read_rows(arg[0], rows);
    long window = atol(arg[1]);
    bool fails = arg[3] && strcmp(arg[3], "--fail-after") == 0;
    if (fails)
        n = (size_t)atol(arg[4]);
    fprintf(out, "symbol,date,price,sma%ld\n", window);
    for (size_t i = 0; i < n; i++) {
        long sum = window_sum(rows, i, window);
        fprintf(out, "%s,%s,%s,", rows[i].symbol, rows[i].date, rows[i].price);
        if (sum >= 0)
            fprintf(out, "%.3f", (double)sum / (100 * (double)window));
        fputc('\n', out);
    }
    if (fails)
        fprintf(out, "consumer: %d\nproducer: %d\n", -EIO, -ECANCELED);
}

/* ---- the others ------------------------------------------------------ */

void expect_s000_02(char *const *arg, FILE *out)
{
    struct numbers v = numbers_of(arg[0]), source = numbers_of(arg[3]);
    size_t steps = (size_t)atol(arg[1]);
    for (size_t i = 0; i < v.n; i++)
        v.number[i] *= v.number[i];
    for (size_t i = 0; i < steps; i++) {
        if (i < v.n)
            fprintf(out, "%.0f\n", v.number[i]);
        else
            fprintf(out, "%s\n", arg[2]);
    }
    size_t taken = steps < v.n ? steps : v.n;
    write_numbers(out, v.number + taken, v.n - taken);
    fprintf(out, "\n[]\n%s\n", arg[2]);
    double first = source.number[0];
    fprintf(out, "[%.0f] %.0f [%.0f]\n", first, first * atof(arg[4]), first);
}

void expect_s000_03(char *const *arg, FILE *out)
{
    long n = atol(arg[0]), wanted = atol(arg[1]);
    bool found = wanted >= 0 && wanted < n;
    fprintf(out, "True\n%s [", true_or_false(found));
    for (long x = wanted + 1; found && x < n; x++)
        fprintf(out, "%s%ld", x > wanted + 1 ? ", " : "", x);
    fprintf(out, "]\n");
}

void expect_s000_04(char *const *arg, FILE *out)
{
    struct texts lines = texts_of(arg[0]), stages = texts_of(arg[2]);
    double total = 0;
    int n = 0;
    char trace[4000] = "";
    size_t at = 0;
    for (size_t i = 0; i < lines.n; i++) {
        char symbol[80];
        double price = 0;
        sscanf(lines.text[i], "%79s %lf", symbol, &price);
        int added = snprintf(trace + at, sizeof trace - at,
                             "%s'extract %s', 'process %s'", i > 0 ? ", " : "",
                             lines.text[i], symbol);
        at += (size_t)added;
        if (strcmp(symbol, arg[1]) == 0) {
            total += price;
            n++;
        }
    }
    fprintf(out, "(%d, ", n);
    write_float(out, total);
    fprintf(out, ")\n[%s]\n1\n", trace);
    for (size_t i = 0; i < stages.n; i++)
        fprintf(out, "closed %s\n", stages.text[i]);
}

void expect_s000_05(char *const *arg, FILE *out)
{
    fprintf(out, "open\n%s\nGeneratorExit -> clean exit\nfinally\n", arg[0]);
    fprintf(out, "close -> None\nclose again -> None\nStopIteration None\n");
    fprintf(out, "close unstarted -> None\n");
    fprintf(out, "RuntimeError: generator ignored GeneratorExit\n");
    fprintf(out, "close propagated KeyError('%s')\n", arg[1]);
    fprintf(out, "close not catching -> None\n");
}

void expect_s000_06(char *const *arg, FILE *out)
{
    struct numbers v = numbers_of(arg[0]);
    fprintf(out, "created, nothing printed yet\nstart\n");
    for (size_t i = 0; i < v.n; i++)
        fprintf(out, "%s%.0f\n%s\n", i > 0 ? "between\n" : "", v.number[i],
                i > 0 ? "paused again" : "paused");
    fprintf(out, "end\nStopIteration\n");
}

void expect_s000_07(char *const *arg, FILE *out)
{
    for (long i = atol(arg[0]); i > 0; i--)
        fprintf(out, "StopIteration None\n");
    fprintf(out,
            "RuntimeError: generator raised StopIteration | cause: "
            "StopIteration('%s')\n",
            arg[1]);
    fprintf(out, "RuntimeError: generator raised StopIteration\n");
    fprintf(out, "ValueError %s\nfinished after error\n", arg[2]);
}

void expect_s000_08(char *const *arg, FILE *out)
{
    fputc('[', out);
    write_repr(out, arg[2]);
    fputs(", ", out);
    struct texts items = items_of(arg[0]);
    for (size_t i = 0; i < items.n; i++) {
        write_repr(out, items.text[i]);
        fputs(", ", out);
    }
    write_repr(out, arg[1]);
    fputs(", ", out);
    write_repr(out, arg[3]);
    fputs("]\n", out);
}

void expect_s000_09(char *const *arg, FILE *out)
{
    struct numbers price = numbers_of(arg[0]);
    size_t steps = (size_t)atol(arg[1]);
    for (size_t i = 0; i < steps; i++) {
        fputs(i > 0 ? " " : "", out);
        if (i < price.n)
            write_float(out, price.number[i]);
        else
            fputs(arg[2], out);
    }
    fprintf(out, "\nNone\n");
}

void expect_s000_10(char *const *arg, FILE *out)
{
    fprintf(out,
            "TypeError: can't send non-None value to a just-started "
            "generator\nready\nNone\ngot %s\n(",
            arg[1]);
    write_repr(out, arg[3]);
    fputs(", ", out);
    write_repr(out, arg[1]);
    fprintf(out, ")\ngot %s\nStopIteration %s\nready\nNone\n", arg[2], arg[4]);
    /* The first step hands out the start, each later one what it was sent. */
    for (size_t i = 0; arg[6 + i]; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", i > 0 ? arg[6 + i] : arg[5]);
    fputc('\n', out);
}

void expect_s000_11(char *const *arg, FILE *out)
{
    struct texts lines = texts_of(arg[1]), more = texts_of(arg[3]);
    for (size_t i = 0; i < lines.n; i++)
        if (strstr(lines.text[i], arg[0]))
            fprintf(out, "P: %s\n", lines.text[i]);
    fprintf(out, "grep closed\nP: sink closed\n");
    fprintf(out, "send after close -> StopIteration\n");
    for (size_t i = 0; i < more.n; i++) {
        fprintf(out, "1: %s\n", more.text[i]);
        if (strstr(more.text[i], arg[2]))
            fprintf(out, "2: %s\n", more.text[i]);
    }
    for (int none = 0; none <= 1; none++) {
        fputc('[', out);
        for (size_t i = 4; arg[i]; i++) {
            fputs(i > 4 ? ", " : "", out);
            write_repr(out, arg[i]);
        }
        fputs(none ? ", None]\n" : "]\n", out);
    }
    fprintf(out, "1: sink closed\ngrep closed\n2: sink closed\n");
}

/* EVENTS, then the names twice, the second time with the follower. */
void expect_s000_15(char *const *arg, FILE *out)
{
    fputc('[', out);
    for (long i = 1; i <= atol(arg[0]); i++)
        fprintf(out, "%s%ld", i > 1 ? ", " : "", i);
    fputs("]\n", out);
    char names[1000];
    snprintf(names, sizeof names, "[%s]", arg[1]);
    write_repr(out, names);
    snprintf(names, sizeof names, "[%s,%s]", arg[1], arg[2]);
    fputc('\n', out);
    write_repr(out, names);
    fputc('\n', out);
}

static void write_size(FILE *out, long bytes)
{
    if (bytes % 1048576 == 0)
        fprintf(out, "%ld MiB", bytes / 1048576);
    else
        fprintf(out, "%ld KiB", bytes / 1024);
}

/* The generator's memory does not depend on n and is a few hundred bytes; the
 * list's is the next power of two of longs, made by as many reallocations. */
void expect_s000_16(char *const *arg, FILE *out)
{
    bool calls = strcmp(arg[0], "--calls") == 0;
    arg += calls;
    long n = atol(arg[0]), capacity = 1, reallocations = 1;
    for (; capacity < n; capacity *= 2)
        reallocations++;
    fprintf(out, "True generator peak < ");
    write_size(out, atol(arg[1]));
    fprintf(out, ": True | list peak > ");
    write_size(out, atol(arg[2]));
    fprintf(out, ": %s\n", true_or_false(capacity * 8 > atol(arg[2])));
    if (calls)
        fprintf(out,
                "allocator calls while iterating: generator 0, list "
                "%ld\n",
                reallocations);
}
