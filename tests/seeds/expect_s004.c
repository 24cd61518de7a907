/* SPDX-License-Identifier: MIT
 *
 * expect_s004.c - what the programs of S004, and of R, must print; see
 * expect.h.
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

static void repeat(FILE *out, long n, const char *line)
{
    for (long i = 0; i < n; i++)
        fprintf(out, "%s\n", line);
}

void expect_r_01(char *const *arg, FILE *out)
{
    for (long i = 0; i < atol(arg[4]); i++)
        fprintf(out, "%s at tick %ld\n", arg[2], i);
}

void expect_r_02(char *const *arg, FILE *out)
{
    double period = atof(arg[3]), limit = atof(arg[4]);
    repeat(out, (long)(limit / period) + 1, arg[2]);
    fputs("stopped\n", out);
}

void expect_r_03(char *const *arg, FILE *out)
{
    struct texts paths = texts_of(arg[2]);
    for (size_t i = 0; i < paths.n; i++) {
        size_t size = 2 * strlen(arg[4]) + strlen(paths.text[i]) + 5;
        fprintf(out,
                "['%s', 'Content-Length: %zu', 'Connection: close'] "
                "b'<%s>%s</%s>'\n",
                arg[3], size, arg[4], paths.text[i], arg[4]);
    }
}

void expect_s004_01(char *const *arg, FILE *out)
{
    double seconds = atol(arg[2]) > 0 ? atof(arg[3]) : 0;
    repeat(out, atol(arg[2]), arg[4]);
    repeat(out, atol(arg[2]), arg[5]);
    fprintf(out, "%s executed in ", arg[6]);
    if (is_real(arg))
        fprintf(out, EXPECT_RANGE, seconds, seconds + LATE);
    else
        fprintf(out, "%.2f", seconds);
    fputs(" seconds.\n", out);
}

/* Draws of one task: their number, and the last. */
static long write_draws(FILE *out, uint32_t seed, uint32_t most, long threshold,
                        uint32_t *last)
{
    struct twister t;
    twister_seed(&t, seed);
    long n = 0;
    fputc('[', out);
    do {
        *last = twister_upto(&t, most);
        fprintf(out, "%s(%u, '%s')", n > 0 ? ", " : "", *last,
                *last > threshold ? "done" : "low");
        n++;
    } while (*last <= threshold);
    fputc(']', out);
    return n;
}

/* Tasks overlap when any but the last does not end with its first draw. */
void expect_s004_02(char *const *arg, FILE *out)
{
    struct numbers limit = numbers_of(arg[5]), result = {.n = limit.n};
    bool overlap = false;
    char *text;
    size_t size;
    FILE *lines = open_memstream(&text, &size);
    for (size_t i = 0; i < limit.n; i++) {
        uint32_t last;
        fprintf(lines, "%zu ", i);
        long n =
            write_draws(lines, (uint32_t)(atol(arg[3]) + (long)i),
                        (uint32_t)atol(arg[4]), (long)limit.number[i], &last);
        fputc('\n', lines);
        overlap |= n > 1 && i + 1 < limit.n;
        result.number[i] = last;
    }
    fclose(lines);
    fputs("results ", out);
    write_numbers(out, result.number, result.n);
    fprintf(out, "\n%sinterleaved: %s\n", text, true_or_false(overlap));
    free(text);
}

void expect_s004_04(char *const *arg, FILE *out)
{
    struct texts call = texts_of(arg[1]);
    for (size_t i = 0; i < call.n; i++)
        fprintf(out, "%s RuntimeError: no running event loop\n", call.text[i]);
    fprintf(out, "put in a task: %s\n", arg[0]);
}

void expect_s004_05(char *const *arg, FILE *out)
{
    fprintf(out, "value: %s\nraised: KeyError(", arg[0]);
    write_repr(out, arg[1]);
    fprintf(out,
            ")\ndebug: False True\n"
            "new loop each time: True closed at end: True True\n"
            "nested: asyncio.run() cannot be called from a running event loop\n"
            "outside: no running event loop\n"
            "%s ['hanging cancelled', 'asyncgen finalized']\n"
            "in another thread: [%s]\n"
            "%s %s True\n",
            arg[2], arg[0], arg[0], arg[0]);
}

void expect_s004_10(char *const *arg, FILE *out)
{
    long few = atol(arg[3]);
    for (long i = 0; i < few; i++)
        fprintf(out, "%ld\n", i);
    fputs("finalized\nfinalized\n[", out);
    for (long i = 1; i < few; i++)
        fprintf(out, "%s%ld", i > 1 ? ", " : "", 2 * i);
    fprintf(out, "]\nreceived %s\n0 1 handled %s\nfinalized\n", arg[5], arg[6]);
    fprintf(out, "StopAsyncIteration\nfinalized\n%s\n", arg[7]);
    fputs("TypeError: can't send non-None value to a just-started async "
          "generator\n"
          "[1, 'RuntimeError'] "
          "['anext(): asynchronous generator is already running']\n"
          "finalized\n",
          out);
}

void expect_s004_13(char *const *arg, FILE *out)
{
    long tasks = atol(arg[2]), rounds = atol(arg[3]);
    fprintf(out, "safe %ld threads 1\n", tasks * rounds);
    fprintf(out, "unsafe %ld\n", rounds);
    fprintf(out, "locked %ld\n", tasks * rounds);
}

void expect_s004_14(char *const *arg, FILE *out)
{
    fprintf(out,
            "blocked ticks while blocking: 1\n"
            "threaded ticks while in thread >= %s: True\n"
            "error crosses the thread boundary: %s\n"
            "debug log: True\n",
            arg[4], arg[5]);
}

void expect_s004_15(char *const *arg, FILE *out)
{
    (void)arg;
    fputs("threads True True\nasyncio True True\ncpu results equal: True\n",
          out);
}

void expect_s004_19(char *const *arg, FILE *out)
{
    fprintf(out, "None %s None [%s]\ndriven by hand: %s\n", arg[2], arg[2],
            arg[2]);
}

void expect_s004_03(char *const *arg, FILE *out)
{
    fprintf(out, "%s %s %s %s\n", arg[2], arg[2], arg[3], arg[4]);
    fprintf(out, "%s - %s\n", arg[3], arg[5]);
}

static void write_items(FILE *out, const struct texts *t, const size_t *order)
{
    fputc('[', out);
    for (size_t i = 0; i < t->n; i++) {
        fputs(i > 0 ? ", " : "", out);
        write_repr(out, t->text[order[i]]);
    }
    fputc(']', out);
}

/* The places of n numbers from the least to the greatest. */
static void sort(const struct numbers *v, size_t *place)
{
    for (size_t i = 0; i < v->n; i++) {
        size_t at = i;
        for (; at > 0 && v->number[place[at - 1]] > v->number[i]; at--)
            place[at] = place[at - 1];
        place[at] = i;
    }
}

void expect_s004_06(char *const *arg, FILE *out)
{
    struct texts value = texts_of(arg[3]);
    struct numbers delay = numbers_of(arg[4]);
    size_t as_given[EXPECT_MOST], as_ended[EXPECT_MOST];
    for (size_t i = 0; i < value.n; i++)
        as_given[i] = i;
    sort(&delay, as_ended);
    write_items(out, &value, as_given);
    fputs(" completion order ", out);
    write_items(out, &value, as_ended);
    fprintf(out,
            "\n[] empty gather\n"
            "['%s', '%s'] same coroutine twice runs once\n"
            "propagated ValueError('%s') early: True slow done: False\n"
            "others continue: %s\n"
            "[1, ValueError('%s'), 3]\n",
            arg[5], arg[5], arg[7], arg[6], arg[9]);
    fputs("gather cancelled -> [True, True, True]\n"
          "child cancelled -> gather raises CancelledError, siblings: "
          "[False, True, False] gather.cancelled() False\n"
          "[0, 2]\n"
          "[0, CancelledError('')]\n",
          out);
}

void expect_s004_08(char *const *arg, FILE *out)
{
    struct texts name = texts_of(arg[6]);
    struct numbers length = numbers_of(arg[9]);
    size_t place[EXPECT_MOST];
    fprintf(out, "%s %s %s\n[", arg[3], arg[4], arg[5]);
    for (long i = 0; i < atol(arg[7]); i++)
        for (size_t k = 0; k < name.n; k++)
            fprintf(out, "%s'%s%ld'", i > 0 || k > 0 ? ", " : "", name.text[k],
                    i);
    fputs("]\nsuspends only the task: True\nsleep sort: [", out);
    sort(&length, place);
    for (size_t i = 0; i < length.n; i++) {
        fputs(i > 0 ? ", " : "", out);
        write_float(out, length.number[place[i]]);
    }
    fputs("]\n", out);
}

void expect_s004_09(char *const *arg, FILE *out)
{
    fprintf(out,
            "ran: [] | RuntimeWarning coroutine 'f' was never awaited\n"
            "%s [1]\n[1, 1]\n['Task exception was never retrieved']\n",
            arg[2]);
}
