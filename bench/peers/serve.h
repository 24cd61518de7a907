/* SPDX-License-Identifier: MIT
 *
 * serve.h - the peer's end of coproc.h, for C and C++.
 */
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Who posts to a loop that is to be asleep pauses for so long, in all
 * languages: several times what waking it takes. */
enum { SERVE_LINE = 128, SERVE_PAUSE_US = 100 };

struct serve_figure {
    const char *name;
    void (*run)(long n);
};

static int serve_holds;           /* asked to hold, and has not yet */
static char serve_no[SERVE_LINE]; /* why the work could not be done */

/* The delays of the figures timers_*: up to a second, in ns, the same for all
 * languages.  *state begins with 1. */
static inline uint64_t serve_random_delay(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % 1000000000;
}

static inline long long serve_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static inline void serve_pause(void)
{
    const struct timespec pause = {0, SERVE_PAUSE_US * 1000L};
    nanosleep(&pause, NULL);
}

/* How much too long the last run's sleeps were, or how long each operation
 * took, in ns. */
static long long *serve_late;
static long serve_late_count;

static inline void serve_say(const char *line)
{
    puts(line);
    fflush(stdout);
}

/* Where run needs most memory it calls this: if asked to hold, the state
 * stays until the next line. */
static inline void serve_hold(void)
{
    char line[SERVE_LINE];
    if (!serve_holds)
        return;
    serve_holds = 0;
    serve_say(serve_no[0] ? serve_no : "ok");
    if (!fgets(line, sizeof(line), stdin))
        exit(1);
}

/* n operations were asked for, and only this many can be had. */
static inline void serve_only(long count)
{
    snprintf(serve_no, sizeof(serve_no), "no only %ld fit", count);
}

static inline int serve_less(const void *a, const void *b)
{
    long long x = *(const long long *)a, y = *(const long long *)b;
    return (x > y) - (x < y);
}

/* Sorting is not part of the work, so it is a line of its own. */
static inline void serve_percentiles(void)
{
    long last = serve_late_count - 1;
    if (last < 0) {
        serve_say("no");
        return;
    }
    qsort(serve_late, (size_t)last + 1, sizeof(*serve_late), serve_less);
    printf("ok %lld %lld %lld\n", serve_late[last / 2],
           serve_late[last * 99 / 100], serve_late[last * 999 / 1000]);
    fflush(stdout);
}

static inline void serve_one(const struct serve_figure *figures,
                             const char *name, long n)
{
    strcpy(serve_no, "no");
    for (; figures->name; figures++)
        if (strcmp(figures->name, name) == 0) {
            serve_no[0] = '\0';
            figures->run(n);
            break;
        }
    serve_say(serve_no[0] ? serve_no : "ok");
}

/* Do what the lines say, until they end.  The figures end with a NULL name. */
static inline int serve(const struct serve_figure *figures)
{
    char line[SERVE_LINE], verb[8], name[64];
    long n;
    while (fgets(line, sizeof(line), stdin)) {
        if (sscanf(line, "%7s %63s %ld", verb, name, &n) != 3)
            return 1;
        serve_holds = strcmp(verb, "hold") == 0;
        if (strcmp(verb, "late") == 0)
            serve_percentiles();
        else
            serve_one(figures, name, n);
    }
    return 0;
}

#endif
