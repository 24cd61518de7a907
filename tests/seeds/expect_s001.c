/* SPDX-License-Identifier: MIT
 *
 * expect_s001.c - what the programs of S001 must print; see expect.h.
 */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

void expect_s001_01(char *const *arg, FILE *out)
{
    struct numbers v = numbers_of(arg[0]);
    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < v.n; i++)
            fprintf(out, "%.0f\n", v.number[i]);
    fprintf(out, "exhausted: %s True True\n", arg[1]);
}

void expect_s001_02(char *const *arg, FILE *out)
{
    size_t last = count_args(arg) - 1;
    for (size_t i = 0; i < last; i++) {
        size_t size = strlen(arg[i]);
        if (arg[i][0] == '[' || arg[i][0] == '(') {
            char list[200];
            snprintf(list, sizeof list, "[%.*s]", (int)(size - 2), arg[i] + 1);
            write_repr(out, list);
        } else {
            for (size_t k = 0; k < size; k++)
                fprintf(out, "%s'%c'", k > 0 ? ", " : "[", arg[i][k]);
            fputc(']', out);
        }
        fputc(i < last - 1 ? ' ' : '\n', out);
    }
    fprintf(out, "TypeError: '%s' object is not iterable\n",
            strchr(arg[last], '.')           ? "float"
            : strcmp(arg[last], "None") == 0 ? "NoneType"
                                             : "int");
}

static void write_view(FILE *out, const char *name, const struct texts *a,
                       const struct texts *b)
{
    fprintf(out, "%s [", name);
    for (size_t i = 0; i < a->n; i++) {
        fprintf(out, "%s%s", i > 0 ? ", " : "", b ? "(" : "");
        write_repr(out, a->text[i]);
        if (b) {
            fputs(", ", out);
            write_repr(out, b->text[i]);
            fputc(')', out);
        }
    }
    fputs("]\n", out);
}

void expect_s001_03(char *const *arg, FILE *out)
{
    struct texts keys = texts_of(arg[0]), values = texts_of(arg[1]),
                 lines = texts_of(arg[3]);
    write_view(out, "dict_keyiterator", &keys, NULL);
    write_view(out, "dict_keyiterator", &keys, NULL);
    write_view(out, "dict_valueiterator", &values, NULL);
    write_view(out, "dict_itemiterator", &keys, &values);
    fprintf(out, "RuntimeError: dictionary changed size during iteration\n");
    fprintf(out, "True %s\n [", lines.text[0]);
    for (size_t i = 1; i < lines.n; i++)
        fprintf(out, "%s'%s\\n'", i > 1 ? ", " : "", lines.text[i]);
    fputs("]\n", out);
}

void expect_s001_04(char *const *arg, FILE *out)
{
    struct texts t = texts_of(arg[0]);
    size_t pulls = (size_t)atol(arg[1]);
    fprintf(out, "True");
    for (size_t i = 0; i < pulls; i++) {
        if (i < t.n)
            fprintf(out, " (%zu, '%s')", i, t.text[i]);
        else
            fprintf(out, " %s", arg[2]);
    }
    fputc('\n', out);
}

void expect_s001_05(char *const *arg, FILE *out)
{
    long from = atol(arg[0]), to = atol(arg[1]), step = atol(arg[2]), n = 0;
    for (long x = from; step > 0 ? x < to : x > to; x += step) {
        fprintf(out, "%ld ", x);
        n++;
    }
    fprintf(out, "\n%ld True\n", n);
}

void expect_s001_06(char *const *arg, FILE *out)
{
    long series[100] = {atol(arg[0]), atol(arg[1])};
    long by_hand = atol(arg[2]), by_loop = atol(arg[3]);
    for (int i = 2; i < 100 && i < by_hand + by_loop + 2; i++)
        series[i] = series[i - 1] + series[i - 2];
    fputc('[', out);
    for (long i = 0; i < by_hand; i++)
        fprintf(out, "%s%ld", i > 0 ? ", " : "", series[2 + i]);
    fputs("]\n", out);
    for (long i = 0; i < by_loop; i++)
        fprintf(out, "%ld ", series[2 + by_hand + i]);
    fputc('\n', out);
}

void expect_s001_07(char *const *arg, FILE *out)
{
    for (long i = 0; i < atol(arg[0]); i++)
        fprintf(out, "%ld\n", i * i);
    fprintf(out, "No more values\n");
}

void expect_s001_08(char *const *arg, FILE *out)
{
    struct numbers term = numbers_of(arg[1]);
    double sum = 0;
    fprintf(out, "GEN_CREATED\nTypeError: can't send non-None value to a "
                 "just-started generator\nGEN_CREATED\nNone\n");
    for (size_t i = 0; i < term.n; i++) {
        sum += term.number[i];
        write_float(out, sum / (double)(i + 1));
        fputc('\n', out);
    }
    fprintf(out, "GEN_SUSPENDED {'GEN_RUNNING'}\nGEN_CLOSED\n"
                 "StopIteration None\n");
}

void expect_s001_09(char *const *arg, FILE *out)
{
    fprintf(out, "%s\nStopIteration %s\nagain StopIteration None\n", arg[0],
            arg[1]);
    fprintf(out, "%s\nValue returned by coroutine is %s\n", arg[0], arg[1]);
    fprintf(out, "for swallows the value: %s\n", arg[0]);
}

void expect_s001_10(char *const *arg, FILE *out)
{
    struct numbers term = numbers_of(arg[0]);
    double sum = 0;
    for (size_t i = 0; i < term.n; i++)
        sum += term.number[i];
    fprintf(out, "{'count': %zu, 'average': ", term.n);
    if (term.n > 0)
        write_float(out, sum / (double)term.n);
    else
        fputs("None", out);
    fprintf(out, "}\n{'count': 0, 'average': None}\n");
}

void expect_s001_11(char *const *arg, FILE *out)
{
    struct texts sent = texts_of(arg[0]), after = texts_of(arg[1]);
    fprintf(out, "started\n");
    for (size_t i = 0; i < sent.n; i++)
        fprintf(out, "coroutine recevied value of %s\n", sent.text[i]);
    fprintf(out, "demo exception handled. continuing ...\n"
                 "throw returned None\n");
    for (size_t i = 0; i < after.n; i++)
        fprintf(out, "coroutine recevied value of %s\n", after.text[i]);
    fprintf(out, "propagated: %s GEN_CLOSED\n", arg[2]);
    fprintf(out, "throw on a closed generator re-raises at once\n");
    fprintf(out,
            "throw on an unstarted generator: body not entered, "
            "GEN_CLOSED\nStopIteration %s\n",
            arg[3]);
}

/* ---- S001-12 --------------------------------------------------------- */

/* Asked in every round until it is done, that one included, beginning at 0. */
static void write_receptions(FILE *out, const struct numbers *length,
                             double tick)
{
    double unfinished = 0;
    for (size_t i = 0; i < length->n; i++)
        unfinished += length->number[i] / tick;
    for (size_t i = 0; i < length->n; i++) {
        fprintf(out,
                "Coroutine %zu received message: Are you awake "
                "coro%zu?   [x many]\n",
                i + 1, i + 1);
        if (i == 0)
            fprintf(out, "Not finished sleeping %s\n",
                    unfinished > 1.5 ? "  [x many]" : "");
    }
}

/* The indices by length; equal ones in order. */
static void sort_by_length(const struct numbers *length, size_t *order)
{
    for (size_t i = 0; i < length->n; i++) {
        size_t k = i;
        for (; k > 0 && length->number[order[k - 1]] > length->number[i]; k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
}

void expect_s001_12(char *const *arg, FILE *out)
{
    struct numbers length = {.n = 0};
    for (size_t i = 3; arg[i]; i++)
        length.number[length.n++] = atof(arg[i]);
    size_t order[EXPECT_MOST], n = length.n;
    sort_by_length(&length, order);

    fprintf(out, "Starting main loop... \n");
    write_receptions(out, &length, atof(arg[2]));
    for (size_t i = 0; i < n; i++)
        fprintf(out, "Coroutine %zu finished sleeping \n", order[i] + 1);
    fprintf(out, "Completed. \nMain loop finished in %.2fs \nresults [",
            length.number[order[n - 1]]);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s'Done in %.2fs'", i > 0 ? ", " : "",
                length.number[order[i]]);
    double longer = length.number[n - 1] - length.number[0];
    fprintf(out,
            "] \ncoro%zu got more messages than coro1 (it lived %gs "
            "longer): %s\n",
            n, longer, true_or_false(longer > 0));
}

/* ---- S001-13 --------------------------------------------------------- */

/* The table, as rules: next and send of None are one operation; a value is
 * refused by a fresh generator only; an error comes back unless the body takes
 * it; a closed generator only ever says so. */

enum { NEXT, SEND_NONE, SEND_VALUE, THROW, CLOSE };

static void write_row(FILE *out, const char *state, int operation,
                      char *const *arg)
{
    bool created = strcmp(state, "CREATED") == 0;
    bool suspended = strcmp(state, "SUSPENDED") == 0;
    char outcome[100], log[100] = "";
    const char *after = created || suspended ? "SUSPENDED" : "CLOSED";
    const char *none = operation == SEND_VALUE ? arg[2] : "None";

    if (operation == CLOSE) {
        strcpy(outcome, "-> None");
        strcpy(log, suspended ? "'GE', 'fin'" : "");
        after = "CLOSED";
    } else if (operation == THROW) {
        strcpy(outcome, "!! X()");
        strcpy(log, suspended ? "'fin'" : "");
        after = "CLOSED";
    } else if (created && operation == SEND_VALUE) {
        strcpy(outcome, "!! TypeError(\"can't send non-None value to a "
                        "just-started generator\",)");
        after = "CREATED";
    } else if (created) {
        snprintf(outcome, sizeof outcome, "-> '%s'", arg[0]);
        strcpy(log, "'enter'");
    } else if (suspended) {
        snprintf(outcome, sizeof outcome, "-> '%s'", arg[1]);
        snprintf(log, sizeof log, "('v', %s)", none);
    } else {
        strcpy(outcome, "!! StopIteration()");
    }
    fprintf(out, "%-72s then %-9s log=[%s]\n", outcome, after, log);
}

static void write_operation(FILE *out, const char *state, int operation,
                            const char *sent)
{
    char send[20];
    snprintf(send, sizeof send, "send(%s)", sent);
    const char *const name[] = {"next", "send(None)", send, "throw(X)",
                                "close"};
    fprintf(out, "%-16s %-11s ", state, name[operation]);
}

void expect_s001_13(char *const *arg, FILE *out)
{
    static const char *const state[] = {"CREATED", "SUSPENDED",
                                        "CLOSED-returned", "CLOSED-closed",
                                        "CLOSED-raised"};
    for (int s = 0; s < 5; s++)
        for (int operation = NEXT; operation <= CLOSE; operation++) {
            write_operation(out, state[s], operation, arg[2]);
            write_row(out, state[s], operation, arg);
        }
    for (int operation = NEXT; operation <= CLOSE; operation++) {
        write_operation(out, "RUNNING", operation, arg[2]);
        fprintf(out, "!! ValueError('generator already executing',)\n");
    }
    fprintf(out, "RUNNING SUSPENDED\n");
}
