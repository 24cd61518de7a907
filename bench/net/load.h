/* SPDX-License-Identifier: MIT
 *
 * load.h - what the kinds of load share: what was asked for, the clock, and
 * what one measurement found.
 *
 * A measurement has three parts: the load runs, unmeasured, until it is
 * steady; then what comes back is counted and timed; then nothing new is
 * sent, and what is under way arrives.  CPU time of the server is taken
 * before the first and after the last, when it does nothing, and divided by
 * everything it did: so a tick's worth of accounting is lost nowhere.
 */
#ifndef BENCH_NET_LOAD_H
#define BENCH_NET_LOAD_H

#include "histogram.h"

#include <netinet/in.h>
#include <sys/types.h>
#include <time.h>

/* What the command line says. */
struct load {
    int port;        /* of the server, on loopback */
    pid_t pid;       /* of the server: whose CPU time and memory; 0: nobody's */
    int connections; /* open, or being opened, at once */
    int size;        /* of a message, bytes */
    int pipelined;   /* messages under way on one connection */
    int ms;          /* how long is measured */
    int warm_ms;     /* and how long is not, before */
};

enum load_part { LOAD_WARM, LOAD_MEASURED, LOAD_ENDING };

struct load_run {
    enum load_part part;
    long long began, changes; /* the part: when, and when the next begins */
    long done;                /* in all parts */
    long measured;            /* in the measured one */
    double seconds;           /* that the measured part took */
    double cpu_ns;            /* of the server, in all parts */
    long lost;
    double bytes; /* of the server, a connection */
    struct histogram times;
};

static inline long long load_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Kinds of load: open once what measurements share, measure as often as
 * asked. */
void load_echo_open(const struct load *l);
void load_echo(const struct load *l, struct load_run *r);
void load_accept_open(const struct load *l);
void load_accept(const struct load *l, struct load_run *r);
void load_udp_open(const struct load *l);
void load_udp(const struct load *l, struct load_run *r);
void load_idle(const struct load *l, struct load_run *r);
void load_sse(const struct load *l, struct load_run *r);
void load_wrk(const struct load *l, struct load_run *r);

/* First and last of a measurement. */
void load_begin(const struct load *l, struct load_run *r);
void load_end(const struct load *l, struct load_run *r);

/* On to the next part if it is time; the part that it is. */
enum load_part load_part(const struct load *l, struct load_run *r,
                         long long now);

/* One more came back, sent at `sent`. */
void load_count(struct load_run *r, long long sent, long long now);

/* Of the server. */
double load_memory(const struct load *l);

/* A load that does not get what it sent is no load: say so, and end. */
void load_require(int holds, const char *what);

/* The server's address, and one of many of our own on loopback, so that no
 * port is missed while those of closed connections rest. */
struct sockaddr_in load_server(const struct load *l);
struct sockaddr_in load_source(int i);

/* A socket bound to such an address, not yet connected. */
int load_socket(int i, int flags);

/* A connection that has echoed one message, which was compared. */
int load_connect(const struct load *l, int i);

/* A message of l->size bytes: of `pipelined` of them, one behind the other.
 * The same for all connections. */
const char *load_message(const struct load *l);

#endif
