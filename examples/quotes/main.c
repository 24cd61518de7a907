/* SPDX-License-Identifier: MIT
 *
 * main.c - cede-quotes: moving averages of stock quotes, as they come.
 *
 * Where to read on, in this order:
 *
 *     pipeline.c   the heart: producers, a queue, a consumer
 *     sma.c        the average, a coroutine that is sent prices
 *     reader.c     the quotes of a file, a generator
 *     watch.c      the same as a live replay; waits.c  a million tasks at once
 *
 * The rest are plain functions around them: csv.h, decimal.h, columns.c and
 * quote.c (text and numbers), symbols.c (the table of coroutines), output.c,
 * history.c, summary.c, chart.c, table.c and progress.c (what is shown).
 */
#include "pipeline.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "0.1.0"

static const char help[] =
    "Usage: cede-quotes [OPTION]... [FILE]...\n"
    "Print each quote with the simple moving average of its symbol.\n"
    "\n"
    "  --window N        average the last N quotes (10; 1 to 1000000)\n"
    "  --columns WHICH   where to find what, by name or number, for example\n"
    "                    symbol=Ticker,date=1,price=Close\n"
    "  --summary         one line per symbol instead of every quote\n"
    "  --chart FILE.svg  draw prices and averages instead\n"
    "  --watch           replay the files as live feeds, in two seconds\n"
    "  --speed X         ... X times as fast\n"
    "  --waits           measure n waits together, for n up to a million\n"
    "  --progress        show progress, also when printing to a terminal\n"
    "  --no-progress     do not\n"
    "  --strict          stop at the first bad line\n"
    "  --help, --version\n"
    "\n"
    "FILE is CSV with columns for symbol, date and price in any order, or the\n"
    "history of one symbol, which is then named by the file.  Without FILE,\n"
    "or when it is -, standard input is read.  Prices have up to four\n"
    "decimals, averages three, rounded half to even.\n"
    "\n"
    "Exit status: 0, 1 if there were bad lines, 2 if something failed.\n";

/* ---- options --------------------------------------------------------- */

static int parse_window(const char *text, int64_t *window)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || end == text || *end != '\0' || n < 1 || n > MAX_WINDOW)
        return cede_fail(-EINVAL, "--window: '%s' is not a number from 1 to %d",
                         text, MAX_WINDOW);
    *window = n;
    return 0;
}

static int parse_speed(const char *text, double *speed)
{
    char *end;
    double x = strtod(text, &end);
    if (end == text || *end != '\0' || !(x >= 0.001 && x <= 1e6))
        return cede_fail(-EINVAL,
                         "--speed: '%s' is not a number from 0.001 to 1000000",
                         text);
    *speed = x;
    return 0;
}

static _Noreturn void print_and_exit(const char *text)
{
    fputs(text, stdout);
    exit(fflush(stdout) == 0 ? 0 : 2);
}

static int parse_option(int option, struct options *o)
{
    switch (option) {
    case 'w':
        return parse_window(optarg, &o->window);
    case 'c':
        return columns_parse(optarg, &o->columns);
    case 'x':
        return parse_speed(optarg, &o->speed);
    case 's':
        o->summary = true;
        return 0;
    case 'g':
        o->chart = optarg;
        return 0;
    case 'l':
        o->watch = true;
        return 0;
    case 'n':
        o->waits = true;
        return 0;
    case 'p':
        o->progress = ON;
        return 0;
    case 'q':
        o->progress = OFF;
        return 0;
    case 'e':
        o->strict = true;
        return 0;
    case 'h':
        print_and_exit(help);
    case 'v':
        print_and_exit("cede-quotes " VERSION "\n");
    default: /* getopt has said what is wrong */
        return cede_fail(-EINVAL, "%s", "");
    }
}

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {
        {"window", required_argument, NULL, 'w'},
        {"columns", required_argument, NULL, 'c'},
        {"speed", required_argument, NULL, 'x'},
        {"summary", no_argument, NULL, 's'},
        {"chart", required_argument, NULL, 'g'},
        {"watch", no_argument, NULL, 'l'},
        {"waits", no_argument, NULL, 'n'},
        {"progress", no_argument, NULL, 'p'},
        {"no-progress", no_argument, NULL, 'q'},
        {"strict", no_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {0},
    };
    static const char *const standard_input[] = {"-"};

    *o = (struct options){.window = 10, .speed = 1};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        CEDE_TRY(parse_option(option, o));
    o->files = (const char *const *)argv + optind;
    o->n_files = argc - optind;
    if (o->n_files == 0) {
        o->files = standard_input;
        o->n_files = 1;
    }
    return 0;
}

/* ---- the run --------------------------------------------------------- */

static int show(struct pipeline *p)
{
    const struct options *o = p->options;
    if (o->watch)
        return watch(p);
    CEDE_GROUP(background); /* the end of this function ends it */
    if (progress_is_wanted(o))
        cede_go(&background, show_progress, p);
    if (!o->summary && !o->chart)
        return print_rows(p);

    int rc = keep_histories(p);
    if (rc >= 0 && o->summary)
        rc = summary_print(&p->symbols);
    if (rc >= 0 && o->chart)
        rc = chart_write(&p->symbols, o->chart);
    return rc;
}

/* The main task.  How many lines were bad, or what failed. */
static int run(void *arg)
{
    const struct options *o = arg;
    if (o->waits)
        return waits();

    struct pipeline p;
    CEDE_TRY(pipeline_open(&p, o));
    CEDE_DEFER(pipeline_close, &p);
    CEDE_TRY(show(&p));
    if (p.reading.bad_lines == 0)
        return 0;
    fprintf(stderr, "cede-quotes: %lld bad %s skipped\n",
            (long long)p.reading.bad_lines,
            p.reading.bad_lines == 1 ? "line" : "lines");
    return 1;
}

static int exit_status(int rc)
{
    if (rc >= 0)
        return rc;
    if (rc == -EPIPE) /* whoever read our output has seen enough */
        return 0;
    if (rc == -EBADLINE) /* --strict, and the line was reported */
        return 1;
    if (cede_message()[0])
        fprintf(stderr, "cede-quotes: %s\n", cede_message());
    return 2;
}

int main(int argc, char **argv)
{
    struct options options;
    signal(SIGPIPE, SIG_IGN); /* write(2) tells us */
    if (parse_options(argc, argv, &options) < 0) {
        int status = exit_status(-EINVAL);
        fputs("Try 'cede-quotes --help'.\n", stderr);
        return status;
    }
    return exit_status(cede_run(run, &options));
}
