/* SPDX-License-Identifier: MIT
 *
 * coproc.h - a peer: a process that does what it is told, a line at a time.
 *
 *     run FIGURE N    do N operations; answers "ok", or "no" and perhaps why
 *     hold FIGURE N   the same, but stops where it needs most memory and
 *                     answers "ok"; goes on with the next line, answers again
 *     late FIGURE 0   of the last run: answers "ok" and the 50th, 99th and
 *                     99.9th percentile of how much too long its sleeps were,
 *                     or of how long each operation took, in ns
 *
 * Between two lines a peer sleeps.  Its CPU time, of all its threads, and its
 * memory are read from outside; only what happened inside it is asked for.
 * At the end of its input it exits with status 0.
 *
 * peers/serve.h is the other end, for peers in C and C++.
 */
#ifndef BENCH_COPROC_H
#define BENCH_COPROC_H

#include <stdio.h>
#include <sys/types.h>
#include <time.h>

enum { COPROC_ARGS = 12, COPROC_TEXT = 512 };

struct coproc {
    char subject[32];
    char text[COPROC_TEXT]; /* the command, cut into words */
    char *argv[COPROC_ARGS + 1];
    pid_t pid; /* 0: not running */
    clockid_t clock;
    FILE *to, *from;
    char answer[COPROC_TEXT]; /* the last one, after its first word */
};

/* Take one "SUBJECT COMMAND [ARGUMENT...]" apart; 0 if there is nothing in
 * it. */
int coproc_parse(struct coproc *p, const char *line);

/* Start it, on the core and with the environment of the caller; 0 and a line
 * on standard error when that cannot be done. */
int coproc_start(struct coproc *p);

/* Close its input and wait for its end.  0 unless it ended with status 0. */
int coproc_stop(struct coproc *p);

/* The CPU time in ns that it took for "run FIGURE N"; < 0 if it cannot. */
double coproc_run(struct coproc *p, const char *figure, long n);

/* Send one line, and see whether "ok" comes back. */
int coproc_say(struct coproc *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Its resident memory and page tables in bytes, or < 0. */
double coproc_bytes(const struct coproc *p);

/* The peers of the file that BENCH_PEERS names, at most max; how many. */
int coproc_list(struct coproc *peers, int max);

#endif
