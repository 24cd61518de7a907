/* SPDX-License-Identifier: MIT
 *
 * load.c - load KIND port=P pid=P [connections=N] [size=N] [pipelined=N]
 *               [ms=N] [warm_ms=N]
 *
 * A load for one server, from one thread, by epoll alone.  Says "ok" when what
 * it needs is open; then, for each line of input, measures once and answers
 *
 *     ok rate=R cpu=US p50=US p99=US p999=US lost=N bytes=B
 *
 * rate: what came back a second; cpu: microseconds of the server's CPU time
 * for each; p50 to p999: how long it took, microseconds; lost: what never came
 * back; bytes: of the server's memory, a connection.  What a kind of load does
 * not measure is 0.
 *
 *     echo    messages on open connections, the next when one is back
 *     accept  connect, one message there and back, close
 *     idle    opens connections that say one thing and then nothing
 *     udp     datagrams, a window of them under way
 *     sse     subscribers of cede-quotes, and the events that reach them
 *     wrk     requests for a page, by the program wrk
 *
 * By hand:  echo | build/release/bench/bench_net_load echo port=7000 pid=$!
 */
#include "load.h"
#include "../coproc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct kind {
    const char *name;
    void (*open)(const struct load *l); /* NULL: nothing to open */
    void (*measure)(const struct load *l, struct load_run *r);
};

static const struct kind kinds[] = {
    {"echo", load_echo_open, load_echo},
    {"accept", load_accept_open, load_accept},
    {"udp", load_udp_open, load_udp},
    {"idle", NULL, load_idle},
    {"sse", NULL, load_sse},
    {"wrk", NULL, load_wrk},
    {NULL, NULL, NULL},
};

/* ---- the command line ------------------------------------------------ */

static void set(struct load *l, const char *word)
{
    const struct {
        const char *name;
        int *to;
    } options[] = {
        {"port=", &l->port},
        {"pid=", &l->pid},
        {"connections=", &l->connections},
        {"size=", &l->size},
        {"pipelined=", &l->pipelined},
        {"ms=", &l->ms},
        {"warm_ms=", &l->warm_ms},
        {NULL, NULL},
    };
    int i = 0;
    while (options[i].name &&
           strncmp(word, options[i].name, strlen(options[i].name)) != 0)
        i++;
    load_require(options[i].name != NULL, word);
    *options[i].to = atoi(strchr(word, '=') + 1);
}

static const struct kind *find(const char *name)
{
    const struct kind *kind = kinds;
    while (kind->name && (!name || strcmp(kind->name, name) != 0))
        kind++;
    load_require(kind->name != NULL, "there is no such kind of load");
    return kind;
}

/* ---- answers --------------------------------------------------------- */

static double us(const struct load_run *r, double part)
{
    return histogram_part(&r->times, part) / 1e3;
}

static void say(const struct load_run *r)
{
    printf("ok rate=%.1f cpu=%.4f p50=%.2f p99=%.2f p999=%.2f lost=%ld "
           "bytes=%.1f\n",
           r->seconds > 0 ? (double)r->measured / r->seconds : 0,
           r->done > 0 ? r->cpu_ns / 1e3 / (double)r->done : 0, us(r, 0.5),
           us(r, 0.99), us(r, 0.999), r->lost, r->bytes);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct load_run run; /* large */
    struct load load = {
        .connections = 1, .size = 64, .pipelined = 1, .ms = 250, .warm_ms = 50};
    const struct kind *kind = find(argc > 1 ? argv[1] : NULL);
    for (int i = 2; i < argc; i++)
        set(&load, argv[i]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    if (kind->open)
        kind->open(&load);
    puts("ok");
    fflush(stdout);
    for (char line[COPROC_TEXT]; fgets(line, sizeof(line), stdin);) {
        memset(&run, 0, sizeof(run));
        load_begin(&load, &run);
        kind->measure(&load, &run);
        load_end(&load, &run);
        say(&run);
    }
    return 0;
}
