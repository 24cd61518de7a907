/* SPDX-License-Identifier: MIT
 *
 * net.c - the figures of sockets: what each is, and what was promised of it.
 */
#define _GNU_SOURCE
#include "contest.h"

#include <stddef.h>
#include <sys/resource.h>

#define PEERS                                                                  \
    {"libuv", 1}, {"libev", 1}, {"go", 1}, {"tokio", 1}, {"st", 1},            \
    {                                                                          \
        "uvloop", 1                                                            \
    }

/* "Not behind": the interval includes 1.0 or lies below. */
static const struct contest_promise echo_cpu[] = {
    {"floor", 1.05}, PEERS, {NULL, 0}};
static const struct contest_promise echo_p99[] = {{"floor", 1.1}, {NULL, 0}};
static const struct contest_promise as_fast[] = {{"floor", 1}, {NULL, 0}};
static const struct contest_promise idle_bytes[] = {{"", 4500}, {NULL, 0}};
static const struct contest_promise accept_cpu[] = {
    {"libev", 1}, {"libuv", 1}, {NULL, 0}};
static const struct contest_promise http_promise[] = {
    {"floor", 1 / 0.9}, {"nginx", 1}, {"go", 1}, {"hyper", 1}, {NULL, 0}};
static const struct contest_promise sse_p99[] = {{"", 10000}, {NULL, 0}};
static const struct contest_promise sse_lost[] = {{"", 0}, {NULL, 0}};
static const struct contest_promise udp_rate[] = {{"floor", 1 / 0.9},
                                                  {NULL, 0}};

/* Without State Threads, as Debian builds it: each of its polls asks about all
 * of them, so to connect so many takes half a minute. */
#define PEERS_OF_8000 "libuv libev libevent go tokio uvloop"

#define ECHO_VALUES                                                            \
    .values = {{"", CONTEST_RATE, NULL},                                       \
               {"_cpu", CONTEST_CPU, echo_cpu},                                \
               {"_p99", CONTEST_P99, echo_p99}}

static const struct contest_figure figures[] = {
    {
        .name = "echo_64_c1",
        .kind = "echo",
        .load = "echo connections=1",
        ECHO_VALUES,
    },
    {
        .name = "echo_64_c64",
        .kind = "echo",
        .load = "echo connections=64",
        ECHO_VALUES,
    },
    {
        .name = "echo_64_c1000",
        .kind = "echo",
        .load = "echo connections=1000",
        ECHO_VALUES,
    },
    {
        .name = "echo_64_c8000",
        .kind = "echo",
        .load = "echo connections=8000 warm_ms=200 ms=500",
        .peers = PEERS_OF_8000,
        ECHO_VALUES,
    },
    {
        .name = "echo_16k_c64_p16",
        .kind = "echo",
        .argument = "262112",
        .peer_kind = "bulk",
        .load = "echo connections=64 size=16384 pipelined=16",
        .values = {{"", CONTEST_RATE, as_fast}, {"_cpu", CONTEST_CPU, NULL}},
    },
    {
        .name = "idle_conn",
        .kind = "echo",
        .load = "idle connections=8000",
        .peers = PEERS_OF_8000,
        .rounds = 5,
        .cold = 1,
        .values = {{"", CONTEST_BYTES, idle_bytes}},
    },
    {
        .name = "accept_close",
        .kind = "echo",
        .load = "accept connections=64",
        .peers = "libev libuv go tokio",
        .values = {{"", CONTEST_RATE, NULL}, {"_cpu", CONTEST_CPU, accept_cpu}},
    },
    {
        .name = "http_hello_c64",
        .kind = "http",
        .load = "wrk connections=64",
        .values = {{"", CONTEST_RATE, http_promise},
                   {"_cpu", CONTEST_CPU, http_promise},
                   {"_p99", CONTEST_P99, NULL}},
    },
    {
        .name = "http_hello_c1000",
        .kind = "http",
        .load = "wrk connections=1000",
        .values = {{"", CONTEST_RATE, http_promise},
                   {"_cpu", CONTEST_CPU, http_promise},
                   {"_p99", CONTEST_P99, NULL}},
    },
    {
        .name = "udp_pps",
        .kind = "udp",
        .load = "udp",
        .values = {{"", CONTEST_RATE, udp_rate}, {"_cpu", CONTEST_CPU, NULL}},
    },
    {
        .name = "sse_1000",
        .kind = "sse",
        .argument = "examples/quotes/stocks.csv",
        .load = "sse connections=1000 warm_ms=2000 ms=3000",
        .rounds = 5,
        .cold = 1,
        .values = {{"_p99", CONTEST_P99, sse_p99},
                   {"_p50", CONTEST_P50, NULL},
                   {"_lost", CONTEST_LOST, sse_lost},
                   {"_cpu", CONTEST_CPU, NULL}},
    },
};

int main(void)
{
    /* Servers inherit it; not all of them raise it themselves. */
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    for (unsigned i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
        contest(&figures[i]);
    return 0;
}
