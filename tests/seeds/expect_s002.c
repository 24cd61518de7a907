/* SPDX-License-Identifier: MIT
 *
 * expect_s002.c - what the programs of S002 and S003 must print; see expect.h.
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

void expect_s002_05(char *const *arg, FILE *out)
{
    struct texts text = texts_of(arg[0]);
    struct numbers depths = numbers_of(arg[1]);
    for (size_t d = 0; d < depths.n; d++) {
        for (size_t i = 0; i < text.n; i++)
            fprintf(out, "%s%s", i > 0 ? " " : "", text.text[i]);
        fputc('\n', out);
    }
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

void expect_s003_01(char *const *arg, FILE *out)
{
    fprintf(out, "as printed: [%s]\n", arg[0]);
    for (long n = atol(arg[1]); n > 0; n--)
        fprintf(out, "Got  %ld\n", n);
    fprintf(out, "generator countdown\n");
    for (long n = atol(arg[2]); n > 0; n--)
        fprintf(out, "%ld\n", n);
    fprintf(out, "StopIteration None\n");
}

void expect_s003_03(char *const *arg, FILE *out)
{
    fprintf(out, "generator\n");
    for (size_t i = 0; arg[i]; i++) {
        fputs("Got:  ", out);
        if (arg[i][0] == '[' || arg[i][0] == '(')
            write_repr(out, arg[i]);
        else
            fputs(arg[i], out);
        fputc('\n', out);
    }
}

void expect_s003_04(char *const *arg, FILE *out)
{
    fprintf(out, "%s ('echo', ", arg[0]);
    write_repr(out, arg[1]);
    fprintf(out, ")\nGeneratorExit delivered at the yield\n");
    fprintf(out, "%s ('handled', '%s')\nStopIteration\n", arg[0], arg[2]);
    fprintf(out,
            "TypeError: can't send non-None value to a just-started "
            "generator\n%s\n",
            arg[0]);
    fprintf(out, "GeneratorExit delivered at the yield\nclosed fresh\n");
}

void expect_s003_05(char *const *arg, FILE *out)
{
    fprintf(out, "%s\nStopIteration: %s | value: %s\n", arg[0], arg[1], arg[1]);
    write_repr(out, arg[2]);
    fputc('\n', out);
}

void expect_s003_08(char *const *arg, FILE *out)
{
    fprintf(out, "True %s\n", arg[0]);
    for (size_t i = 2; arg[i]; i++) {
        if (strcmp(arg[i], "raise") == 0) {
            fputs("propagated ", out);
            write_repr(out, arg[1]);
            fputc('\n', out);
        }
        fprintf(out, "%s locked after: False\n", arg[i]);
    }
}

void expect_s003_09(char *const *arg, FILE *out)
{
    bool fails = atol(arg[2]) == 0;
    fprintf(out, "tempdir\nTrue\nFalse\n%s False\n", arg[0]);
    fprintf(out, "exit saw %s\nswallowed\n",
            fails ? "ZeroDivisionError" : "None");
    fprintf(out, "%s - exit not called when enter failed\n", arg[3]);
}

void expect_s003_10(char *const *arg, FILE *out)
{
    fprintf(out, "True\nFalse\n%s False\n", arg[0]);
    fprintf(out, "no yield !! RuntimeError generator didn't yield\n");
    fprintf(out, "%s\ntwo yields !! RuntimeError generator didn't stop\n",
            arg[1]);
    fprintf(out, "yields after throw !! RuntimeError generator didn't stop "
                 "after throw()\n");
    fprintf(out, "swallows -> %s\n", arg[2]);
    fprintf(out, "translates !! ValueError %s\n", arg[3]);
    fprintf(out, "one-shot reuse !! AttributeError '_GeneratorContextManager' "
                 "object has no attribute 'args'\n");
    fprintf(out, "StopIteration passes unchanged !! StopIteration %s\n",
            arg[4]);
}
