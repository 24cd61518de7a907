/* SPDX-License-Identifier: MIT
 *
 * expect_s003.c - what the programs of S003 must print; see expect.h.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

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

static void write_series(FILE *out, struct numbers v)
{
    for (size_t i = 0; i < v.n; i++)
        fprintf(out, "%.0f ", v.number[i]);
}

void expect_s003_06(char *const *arg, FILE *out)
{
    struct numbers a = numbers_of(arg[0]), b = numbers_of(arg[1]);
    const struct numbers *order[] = {&a, &b, NULL, &a, &b, &b, &a, NULL};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i])
            write_series(out, *order[i]);
        else
            fputc('\n', out);
    }
}

void expect_s003_12(char *const *arg, FILE *out)
{
    long sum = atol(arg[1]) + atol(arg[2]);
    fprintf(out,
            "I'm going to sleep for a while...\n"
            "timeout: still running cancel() -> False\n"
            "%ld\n"
            "We're blocked until we get the result... True True False\n"
            "%ld None\n"
            "RuntimeError: cannot schedule new futures after shutdown\n",
            sum, sum);
}

void expect_s003_13(char *const *arg, FILE *out)
{
    long sum = atol(arg[1]) + atol(arg[2]);
    struct numbers called = numbers_of(arg[4]);
    fprintf(out,
            "I'm going to sleep for a while...\n"
            "Got:  %ld\n"
            "main kept control: True | callback ran in worker: True\n"
            "Got:  %ld\n"
            "second callback ran in caller: True\n"
            "order ",
            sum, sum);
    write_numbers(out, called.number, called.n);
    fputc('\n', out);
}

/* ValueError('text') */
static void write_error(FILE *out, const char *name, const char *text)
{
    const char *quote = strchr(text, '\'') ? "\"" : "'";
    fprintf(out, "%s(%s%s%s)", name, quote, text, quote);
}

void expect_s003_14(char *const *arg, FILE *out)
{
    fputs("result raised: ", out);
    write_error(out, "ValueError", arg[1]);
    fputs("\nexception(): ", out);
    write_error(out, "ValueError", arg[1]);
    fprintf(out, "\nworker survives: %s\n", arg[2]);
}

void expect_s003_15(char *const *arg, FILE *out)
{
    struct numbers more = numbers_of(arg[5]);
    double sum = atof(arg[3]) + atof(arg[4]);
    fprintf(out, "main thread goes on\nGot:  %.0f\n", sum);
    for (size_t i = 0; i < more.n; i++) {
        sum += more.number[i];
        fprintf(out, "Got:  %.0f\n", sum);
    }
}

void expect_s003_17(char *const *arg, FILE *out)
{
    fprintf(out, "I'm going to sleep for a while...\nGot  %ld%s\nTrue %s\n",
            atol(arg[3]) + atol(arg[4]), arg[7] ? " | other thread: True" : "",
            arg[6]);
}

void expect_s003_18(char *const *arg, FILE *out)
{
    const char *quote = strchr(arg[3], '\'') ? "\"" : "'";
    fprintf(out, "(%s%s%s, %s)\n", quote, arg[3], quote, arg[4]);
    write_error(out, "OSError", arg[3]);
    fputc('\n', out);
}

void expect_s003_16(char *const *arg, FILE *out)
{
    fprintf(out, "reached %s %s recursion limit %s | python frames < %s\n",
            arg[2], atol(arg[2]) > atol(arg[4]) ? ">" : "<=", arg[4], arg[5]);
    fprintf(out, "asyncio reached %s | frames < %s\n", arg[3], arg[5]);
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
