/* SPDX-License-Identifier: MIT
 *
 * S002-9, -10, -11 and -14 with real sockets - n servers that answer after a
 * while, asked all at once: it takes as long as the slowest, or, where each
 * operation has its time, as long as that.  A server that breaks off reaches
 * only who waits for it.
 *
 * Server i has the i-th of the delays, which begin again at their end; an !
 * behind one: it breaks off then.  TIMEOUT 0: there is none.  On the virtual
 * clock the times are exact when SLACK is 0.
 */
#include "seed.h"

#include <cede/net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct program {
    const char *const *delays;
    size_t delays_n;
    const long *counts;
    size_t counts_n;
    double slack, timeout;
    int status; /* what servers answer */
};

struct operation {
    const struct program *program;
    cede_server *server;
    cede_time delay;
    bool breaks_off;
    int answer;
};

/* ---- servers ----------------------------------------------------------- */

static int answer_late(cede_stream *peer, void *arg)
{
    const struct operation *o = arg;
    char *line;
    CEDE_TRY(cede_read_line(peer, &line));
    CEDE_TRY(cede_sleep(o->delay));
    if (o->breaks_off)
        return cede_stream_abort(peer);
    return cede_printf(peer, "%d\n", o->program->status);
}

static int run_server(void *arg)
{
    struct operation *o = arg;
    return cede_server_run(o->server, answer_late, o);
}

/* ---- one operation ----------------------------------------------------- */

static int ask(struct operation *o, cede_stream *s)
{
    char *line;
    CEDE_TRY(cede_printf(s, "?\n"));
    int rc = cede_read_line(s, &line);
    if (rc > 0)
        o->answer = atoi(line);
    return rc;
}

static int operate(void *arg)
{
    struct operation *o = arg;
    char address[40];
    cede_stream *s;
    snprintf(address, sizeof address, "tcp://127.0.0.1:%d",
             cede_server_port(o->server));
    CEDE_TRY(cede_dial(address, &s));
    int rc = ask(o, s);
    (void)cede_stream_close(s);
    return rc;
}

static int operate_in_time(void *arg)
{
    const struct operation *o = arg;
    double timeout = o->program->timeout;
    return cede_within(timeout > 0 ? seed_time(timeout) : CEDE_NEVER, operate,
                       arg);
}

/* ---- all at once ------------------------------------------------------- */

static cede_time longest_of(const struct program *p, const struct operation *o,
                            size_t n)
{
    cede_time longest = 0;
    for (size_t i = 0; i < n; i++)
        if (o[i].delay > longest)
            longest = o[i].delay;
    cede_time timeout = seed_time(p->timeout);
    return timeout > 0 && timeout < longest ? timeout : longest;
}

static void print_outcome(const struct operation *o, int rc)
{
    if (rc < 0)
        printf("%s", seed_translate(SEED_NEXT, rc).name);
    else
        printf("%d", o->answer);
}

/* Equal ones that follow each other once, with their number. */
static void print_outcomes(const struct operation *o, const int *rc, size_t n)
{
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i + 1;
             next < n && rc[next] == rc[i] && o[next].answer == o[i].answer;)
            next++;
        printf("%s", i > 0 ? ", " : "");
        print_outcome(&o[i], rc[i]);
        if (next - i > 1)
            printf(" x %zu", next - i);
    }
}

static int ask_all(struct program *p, struct operation *o, cede_call *calls,
                   int *results, size_t n)
{
    for (size_t i = 0; i < n; i++)
        calls[i] = (cede_call){operate_in_time, &o[i]};
    cede_time start = cede_clock(), longest = longest_of(p, o, n);
    CEDE_TRY(cede_gather_all(calls, n, results));
    cede_time took = cede_clock() - start;
    printf("%zu servers: [", n);
    print_outcomes(o, results, n);
    printf("] as long as %.2fs: %s\n", seed_seconds(longest),
           seed_bool(took >= longest && took <= longest + seed_time(p->slack)));
    return 0;
}

static int open_server(const struct program *p, struct operation *o, size_t i)
{
    const char *delay = p->delays[i % p->delays_n];
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%.*s", (int)strcspn(delay, "!"), delay);
    *o = (struct operation){.program = p,
                            .delay = seed_time(seed_double(seconds)),
                            .breaks_off = strchr(delay, '!')};
    return cede_listen("tcp://127.0.0.1:0", &o->server);
}

static int serve_and_ask(struct program *p, struct operation *o,
                         cede_call *calls, int *results, size_t n)
{
    CEDE_GROUP(g);
    int rc = 0;
    size_t open;
    for (open = 0; rc == 0 && open < n; open++) {
        rc = open_server(p, &o[open], open);
        if (rc == 0)
            rc = cede_go(&g, run_server, &o[open]);
    }
    if (rc == 0)
        rc = ask_all(p, o, calls, results, n);
    for (size_t i = 0; i < open; i++)
        (void)cede_server_stop(o[i].server, 0);
    rc = cede_join_rc(&g, rc);
    for (size_t i = 0; i < open; i++)
        (void)cede_server_close(o[i].server);
    return rc;
}

static int amain(void *arg)
{
    struct program *p = arg;
    int rc = 0;
    for (size_t i = 0; i < p->counts_n && rc >= 0; i++) {
        size_t n = (size_t)p->counts[i];
        struct operation *o = calloc(n, sizeof *o);
        cede_call *calls = calloc(n, sizeof *calls);
        int *results = calloc(n, sizeof *results);
        rc = -ENOMEM;
        if (o && calls && results)
            rc = serve_and_ask(p, o, calls, results, n);
        free(results);
        free(calls);
        free(o);
    }
    return rc;
}

/* Three descriptors a server are more than there are at first. */
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 7,
               "--clock virtual|real SLACK TIMEOUT STATUS COUNTS DELAYS");
    allow_descriptors();
    struct program p = {.slack = seed_double(argv[3]),
                        .timeout = seed_double(argv[4]),
                        .status = (int)seed_long(argv[5])};
    p.counts = seed_longs(argv[6], &p.counts_n);
    p.delays = seed_texts(argv[7], &p.delays_n);
    int rc = seed_run(argv, amain, &p);
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", cede_strerror(rc), cede_message());
    return rc < 0;
}
