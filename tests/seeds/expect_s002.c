/* SPDX-License-Identifier: MIT
 *
 * expect_s002.c - what the programs of S002 must print; see expect.h.
 */
#include "expect.h"
#include "twister.h"

#include <stdlib.h>
#include <string.h>

/* How late a real clock may be, seconds: this is about never too early. */
enum { LATE = 20 };

static bool is_real(char *const *arg)
{
    return strcmp(arg[1], "real") == 0;
}

void expect_s002_01(char *const *arg, FILE *out)
{
    size_t n = strlen(arg[0]), steps = (size_t)atol(arg[1]);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n && i < steps; i++)
            fprintf(out, "%s%c", i > 0 ? " " : "", arg[0][i]);
        fputc('\n', out);
    }
    fputs("True\n", out);
}

static void write_words(FILE *out, const char *arg)
{
    struct texts text = texts_of(arg);
    for (size_t i = 0; i < text.n; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", text.text[i]);
    fputc('\n', out);
}

void expect_s002_03(char *const *arg, FILE *out)
{
    write_words(out, arg[0]);
    fprintf(out, "%s\n", arg[1]);
}

void expect_s002_05(char *const *arg, FILE *out)
{
    struct numbers depths = numbers_of(arg[1]);
    for (size_t d = 0; d < depths.n; d++)
        write_words(out, arg[0]);
}

void expect_s002_07(char *const *arg, FILE *out)
{
    struct texts depths = texts_of(arg[2]);
    write_words(out, arg[0]);
    for (size_t i = 0; i < depths.n; i++)
        fprintf(out, "%s %s got %s\n", depths.text[i], arg[1], depths.text[i]);
}

void expect_s002_08(char *const *arg, FILE *out)
{
    fprintf(out, "%s\n[%s]\n", arg[0], arg[1]);
}

void expect_s002_09(char *const *arg, FILE *out)
{
    int n = atoi(arg[3]);
    fprintf(out, "Network I/O responses [");
    for (int i = 0; i < n; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", arg[5]);
    fprintf(out, "]\nCoroutine results {");
    for (int i = 0; i < n; i++)
        fprintf(out, "%s'coro%d': %s", i > 0 ? ", " : "", i + 1, arg[5]);
    fprintf(out, "}\nScript took ");
    if (is_real(arg))
        fprintf(out, EXPECT_RANGE, atof(arg[4]), atof(arg[4]) + LATE);
    else
        fprintf(out, "%.2f", atof(arg[4]));
    fprintf(out, "s\n");
}

/* x with so many decimals, a comma before every three digits of the whole. */
static void write_grouped(FILE *out, double x, int decimals, int width)
{
    char plain[40], text[60];
    int n = snprintf(plain, sizeof plain, "%.*f", decimals, x);
    int from = (int)(sizeof text) - 1;
    text[from] = '\0';
    int whole = decimals > 0 ? n - decimals - 1 : n;
    for (int i = n - 1; i >= 0; i--) {
        if (i < whole - 1 && (whole - 1 - i) % 3 == 0)
            text[--from] = ',';
        text[--from] = plain[i];
    }
    fprintf(out, "%*s", width, text + from);
}

static const char *real_outcome(const char *delay, double timeout,
                                const char *status)
{
    if (timeout > 0 && atof(delay) > timeout)
        return "TimeoutError";
    return strchr(delay, '!') ? "ConnectionResetError" : status;
}

static void expect_servers(char *const *arg, size_t n, FILE *out)
{
    struct texts delays = texts_of(arg[6]);
    double timeout = atof(arg[3]), longest = 0;
    const char *last = "";
    size_t same = 0;
    fprintf(out, "%zu servers: [", n);
    for (size_t i = 0; i < n; i++) {
        const char *delay = delays.text[i % delays.n];
        const char *is = real_outcome(delay, timeout, arg[4]);
        double took =
            timeout > 0 && atof(delay) > timeout ? timeout : atof(delay);
        longest = took > longest ? took : longest;
        if (strcmp(is, last) == 0) {
            same++;
            continue;
        }
        if (same > 1)
            fprintf(out, " x %zu", same);
        fprintf(out, "%s%s", i > 0 ? ", " : "", is);
        last = is;
        same = 1;
    }
    if (same > 1)
        fprintf(out, " x %zu", same);
    fprintf(out, "] as long as %.2fs: True\n", longest);
}

void expect_s002_09_real(char *const *arg, FILE *out)
{
    struct numbers counts = numbers_of(arg[5]);
    for (size_t i = 0; i < counts.n; i++)
        expect_servers(arg, (size_t)counts.number[i], out);
}

void expect_s002_11(char *const *arg, FILE *out)
{
    struct numbers operations = numbers_of(arg[2]), counts = numbers_of(arg[7]);
    double each = atof(arg[3]), longest = atof(arg[5]);
    for (size_t i = 0; i < operations.n; i++) {
        double s = each * operations.number[i];
        write_grouped(out, operations.number[i], 0, 13);
        fprintf(out, " ops x %.0f s synchronously = ", each);
        write_grouped(out, s / 60, 0, 0);
        fprintf(out, " min = ");
        write_grouped(out, s / 3600, 1, 0);
        fprintf(out, " h = ");
        write_grouped(out, s / 86400, 1, 0);
        fprintf(out, " d = ");
        write_grouped(out, s / 86400 / 365.25, 1, 0);
        fprintf(out, " y\n");
    }
    struct twister random;
    twister_seed(&random, (uint32_t)atol(arg[4]));
    for (size_t i = 0; i < counts.n; i++) {
        double sum = longest;
        for (int k = 1; k < (int)counts.number[i]; k++)
            sum += twister_random(&random) * longest;
        fprintf(out,
                "%.0f sum=%.1f max=%.1f close to max: True ordered: "
                "True\n",
                counts.number[i], sum, longest);
    }
}

void expect_s002_12(char *const *arg, FILE *out)
{
    fprintf(out, "TypeError: '%s' object is not iterable\n[",
            strchr(arg[0], '.')           ? "float"
            : strcmp(arg[0], "None") == 0 ? "NoneType"
                                          : "int");
    struct texts items = items_of(arg[1]);
    for (size_t i = 0; i < items.n; i++) {
        write_repr(out, items.text[i]);
        fputs(", ", out);
    }
    fputc('(', out);
    write_repr(out, arg[2]);
    fputs(", None)]\n", out);
}

static void write_pair(FILE *out, const char *what, const char *text)
{
    fprintf(out, "('%s', ", what);
    write_repr(out, text);
    fputc(')', out);
}

void expect_s002_13(char *const *arg, FILE *out)
{
    struct texts list = items_of(arg[6]);
    fputs("inner(2)\nouter continues\n[", out);
    write_pair(out, "inner got", arg[0]);
    fputs(", 'inner KeyError', ", out);
    write_pair(out, "inner got", arg[1]);
    fputs(", 'inner finally', ", out);
    fprintf(out, "('outer got', '%s')]\n", arg[2]);
    fprintf(out, "['inner finally', 'outer finally']\nValueError('%s') ",
            arg[3]);
    fprintf(out, "['inner finally', 'outer finally']\n%s caught %s\n", arg[4],
            arg[5]);
    fprintf(out,
            "AttributeError: 'list_iterator' object has no attribute "
            "'send'\n%s %s\n",
            list.text[0], list.text[1]);
    fputs("inner(3)\nGEN_SUSPENDED inner\n", out);
    fputs("ValueError: generator already executing\n", out);
}

void expect_s002_14(char *const *arg, FILE *out)
{
    struct numbers sequential = numbers_of(arg[3]),
                   concurrent = numbers_of(arg[4]);
    struct texts marked = texts_of(arg[4]);
    double sum = 0, longest = 0;
    for (size_t i = 0; i < sequential.n; i++)
        sum += sequential.number[i];
    for (size_t i = 0; i < concurrent.n; i++)
        if (concurrent.number[i] > longest)
            longest = concurrent.number[i];
    fprintf(out, "sequential ~%.1f: True\nconcurrent ~%.1f: True [", sum,
            longest);
    for (size_t i = 0; i < concurrent.n; i++) {
        fputs(i > 0 ? ", " : "", out);
        if (strchr(marked.text[i], '!'))
            fprintf(out, "OSError('%s')", arg[5]);
        else
            write_float(out, concurrent.number[i]);
    }
    fputs("]\n", out);
}
