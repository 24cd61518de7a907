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
 *     serve.c      the same for whoever connects; feed.h  who waits for whom
 *
 * The rest are plain functions around them: csv.h, decimal.h, columns.c and
 * quote.c (text and numbers), symbols.c (the table of coroutines), output.c,
 * history.c, summary.c, chart.c, table.c and progress.c (what is shown);
 * events.c, http.c and live.html (what browsers get).
 */
#include "pipeline.h"

#include "serve.h"

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
    "  --serve ADDRESS   send quotes and averages to all who connect, until\n"
    "                    interrupted: http://HOST:PORT is a live page,\n"
    "                    tcp://HOST:PORT and unix:PATH are lines; port 0 is\n"
    "                    one that is free; up to 8 times\n"
    "  --connect ADDRESS read the lines of such a server instead of files\n"
    "  --rate N          read N quotes a second at most\n"
    "  --repeat          read the files again and again\n"
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

static int parse_factor(const char *name, const char *text, double *factor)
{
    char *end;
    double x = strtod(text, &end);
    if (end == text || *end != '\0' || !(x >= 0.001 && x <= 1e6))
        return cede_fail(-EINVAL,
                         "%s: '%s' is not a number from 0.001 to 1000000", name,
                         text);
    *factor = x;
    return 0;
}

static int add_served(struct options *o, const char *address)
{
    if (o->n_serve == MAX_SERVED)
        return cede_fail(-EINVAL, "--serve: at most %d addresses", MAX_SERVED);
    o->serve[o->n_serve++] = address;
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
        return parse_factor("--speed", optarg, &o->speed);
    case 'r':
        return parse_factor("--rate", optarg, &o->rate);
    case 'a':
        return add_served(o, optarg);
    case 'i':
        o->connect = optarg;
        return 0;
    case 'f':
        o->repeat = true;
        return 0;
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

/* Only files can be read again, and only what ends can be replayed. */
static int check_source(const struct options *o)
{
    bool once = o->connect != NULL;
    for (int i = 0; i < o->n_files && !o->watch; i++)
        once |= strcmp(o->files[i], "-") == 0;
    if (o->repeat && once)
        return cede_fail(-EINVAL, "--repeat: only files can be read again");
    if (o->watch && o->connect)
        return cede_fail(-EINVAL, "--watch: replays files, so no --connect");
    return 0;
}

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option known[] = {
        {"window", required_argument, NULL, 'w'},
        {"columns", required_argument, NULL, 'c'},
        {"speed", required_argument, NULL, 'x'},
        {"serve", required_argument, NULL, 'a'},
        {"connect", required_argument, NULL, 'i'},
        {"rate", required_argument, NULL, 'r'},
        {"repeat", no_argument, NULL, 'f'},
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
        o->files = o->connect ? &o->connect : standard_input;
        o->n_files = 1;
    } else if (o->connect) {
        return cede_fail(-EINVAL, "--connect: and files are too much");
    }
    return check_source(o);
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
        return o->n_serve ? print_nothing(p) : print_rows(p);

    int rc = keep_histories(p);
    if (rc >= 0 && o->summary)
        rc = summary_print(&p->symbols);
    if (rc >= 0 && o->chart)
        rc = chart_write(&p->symbols, o->chart);
    return rc;
}

/* Show it while it is served, and serve on when there is nothing more. */
static int show_and_serve(struct pipeline *p)
{
    const struct options *o = p->options;
    CEDE_TRY(service_new(o->serve, o->n_serve, o->window, &p->service));
    CEDE_DEFER(service_free, p->service);
    CEDE_GROUP(serving);
    cede_go(&serving, serve, p->service);
    CEDE_TRY(show(p));
    service_end(p->service);
    return cede_join(&serving);
}

/* The main task.  How many lines were bad, or what failed. */
static int run(void *arg)
{
    const struct options *o = arg;
    if (o->waits)
        return waits();

    struct pipeline p;
    int rc;
    CEDE_TRY(pipeline_open(&p, o));
    CEDE_DEFER(pipeline_close, &p);
    if (o->n_serve == 0)
        CEDE_TRY(show(&p));
    else if ((rc = show_and_serve(&p)) < 0 && rc != -ECANCELED)
        return rc; /* being interrupted is how serving ends */
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
