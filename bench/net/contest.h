/* SPDX-License-Identifier: MIT
 *
 * contest.h - servers that take turns under the same load.
 *
 * Cede's server, the floor's and the peers' are processes on one core; for
 * each there is a process with the load (load.c) on another core, connected to
 * it for as long as the figure lasts.  A round measures one after the other,
 * A B C A B C ..., all others asleep; what counts is the ratio within a round,
 * as in ../bench.h.
 *
 * Whatever one server can do, the load may be the slower of the two, so CPU
 * time of the server for each message is what servers are compared by; how
 * many messages pass, and how long they take, is told beside it.
 *
 * How cede compares with another is a word: "beats" or "behind" when the whole
 * interval lies on one side of 1.0, "includes 1.0" when it does not, and
 * "inconclusive" when it is then wider than 5 % to either side.
 */
#ifndef BENCH_NET_CONTEST_H
#define BENCH_NET_CONTEST_H

/* What one measurement tells; of the server, and of what came back. */
enum contest_what {
    CONTEST_RATE, /* a second */
    CONTEST_CPU,  /* microseconds for each */
    CONTEST_P50,  /* how long they took, in microseconds */
    CONTEST_P99,
    CONTEST_P999,
    CONTEST_LOST,  /* how many did not come */
    CONTEST_BYTES, /* of memory, a connection */
    CONTEST_WHATS
};

/* Cede needs at most `at_most` times what `against` does: of CPU time, of
 * latency, of memory, or of time for each if what counts is a rate.  With
 * against "" it is a value, not a ratio. */
struct contest_promise {
    const char *against; /* NULL: the list ends */
    double at_most;
};

/* A row a subject, named after the figure and the suffix. */
struct contest_value {
    const char *suffix; /* NULL: the list ends */
    enum contest_what what;
    const struct contest_promise *promises; /* or NULL */
};

enum { CONTEST_VALUES = 4 };

struct contest_figure {
    const char *name;
    const char *kind;      /* of server */
    const char *argument;  /* for cede's and the floor's, or NULL */
    const char *load;      /* kind of load and its options */
    const char *peer_kind; /* of theirs, if it has another name */
    const char *peers;     /* only these; NULL: all that have such a server */
    int rounds;            /* at most; 0: as many as usual */
    int cold;              /* a new server for each round */
    struct contest_value values[CONTEST_VALUES + 1];
};

/* Measure f, if it is wanted, by BENCH_ROUNDS rounds, 15 if not set.  Servers
 * are the programs bench_net_SUBJECT_KIND beside this one, and those of the
 * file BENCH_NET_PEERS, a "KIND SUBJECT COMMAND" a line. */
void contest(const struct contest_figure *f);

#endif
