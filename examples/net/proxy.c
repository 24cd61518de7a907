/* SPDX-License-Identifier: MIT
 *
 * proxy.c - shares out TCP connections among several upstreams.
 *
 * A peer is connected to the upstream with the fewest connections.  A task for
 * each upstream connects to it every second: so it is found dead, or alive.
 * Both directions are copied at once and end apart (half-close).  Who reads
 * slowly slows down who writes; what is reset is reset on the other side too.
 */
#include "show.h"

enum { MOST_UPSTREAMS = 64, MOST_PEERS = 10000 };

struct upstream {
    const char *address;
    bool down;
    int live, served; /* connections: now, and in all */
    int64_t in, out;  /* bytes from it, and to it */
};

struct proxy {
    const char *address;
    struct upstream upstreams[MOST_UPSTREAMS];
    int n, next;  /* next: where to begin to look, so that equals take turns */
    int forsaken; /* peers that found no upstream */
};

static int dial(struct upstream *u, cede_stream **stream)
{
    CEDE_SCOPE(patience, cede_in(CEDE_SEC));
    int rc = cede_leave(&patience, cede_dial(u->address, stream));
    if (rc == -ETIMEDOUT)
        cede_fail(rc, "%s: no answer within a second", u->address);
    if (rc != -ECANCELED && u->down != (rc < 0)) {
        u->down = rc < 0;
        printf(u->down ? "down: %s\n" : "up: %s\n",
               u->down ? why(rc) : u->address);
    }
    return rc;
}

static int watch(void *upstream)
{
    for (;;) {
        cede_stream *stream;
        if (dial(upstream, &stream) >= 0)
            cede_stream_close(stream);
        CEDE_TRY(cede_sleep(CEDE_SEC));
    }
}

/* The one with the fewest connections; NULL: all are down. */
static struct upstream *choose(struct proxy *p)
{
    struct upstream *best = NULL;
    for (int i = 0; i < p->n; i++) {
        struct upstream *u = &p->upstreams[(p->next + i) % p->n];
        if (!u->down && (!best || u->live < best->live))
            best = u;
    }
    if (best)
        p->next = (int)(best - p->upstreams + 1) % p->n;
    return best;
}

struct copying {
    cede_stream *from, *to;
    int64_t *bytes;
};

/* When `to` takes no more, `from` is still read to its end: were it reset by
 * us, it might not read any more what `to` said last. */
static int copy(void *copying)
{
    struct copying *c = copying;
    const void *bytes;
    int n, written = 0;
    while ((n = cede_peek(c->from, &bytes)) > 0)
        if (written >= 0 && (written = cede_write(c->to, bytes, (size_t)n)) > 0)
            *c->bytes += n;
    return n == 0 && written >= 0 ? cede_stream_end(c->to) : n;
}

static int relay(struct upstream *u, cede_stream *peer, cede_stream *stream)
{
    CEDE_GROUP(group);
    cede_go(&group, copy, &(struct copying){peer, stream, &u->out});
    cede_go(&group, copy, &(struct copying){stream, peer, &u->in});
    return cede_join(&group);
}

/* Connect the peer to it: 0 when it does not answer. */
static int try(struct upstream *u, cede_stream *peer)
{
    cede_stream *stream;
    int rc = dial(u, &stream);
    if (rc < 0)
        return rc == -ECANCELED ? rc : 0;
    u->served++;
    rc = relay(u, peer, stream);
    rc < 0 ? cede_stream_abort(stream) : cede_stream_close(stream);
    return rc < 0 ? rc : 1;
}

static int serve_peer(cede_stream *peer, void *proxy)
{
    struct proxy *p = proxy;
    struct upstream *u;
    while ((u = choose(p))) {
        u->live++;
        int rc = try(u, peer);
        u->live--;
        if (rc != 0)
            return rc;
    }
    p->forsaken++;
    return cede_stream_abort(peer);
}

static int run(void *proxy)
{
    struct proxy *p = proxy;
    cede_server *server;
    const cede_serve_options options = {.limit = MOST_PEERS, .grace = CEDE_SEC};
    CEDE_TRY(cede_listen_with(&options, p->address, &server));
    announce(server);
    CEDE_GROUP(watching); /* ends with this function */
    for (int i = 0; i < p->n; i++)
        cede_go(&watching, watch, &p->upstreams[i]);
    int rc = cede_server_run(server, serve_peer, p);
    cede_server_close(server);
    for (const struct upstream *u = p->upstreams; u < p->upstreams + p->n; u++)
        printf("%s  %s  %d served  %lld bytes to it, %lld from it\n",
               u->address, u->down ? "down" : "up", u->served,
               (long long)u->out, (long long)u->in);
    printf("peers without an upstream: %d\n", p->forsaken);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 2 + MOST_UPSTREAMS)
        return fputs("Usage: net-proxy LISTEN UPSTREAM...\n", stderr), 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct proxy p = {.address = argv[1], .n = argc - 2};
    for (int i = 0; i < p.n; i++)
        p.upstreams[i].address = argv[2 + i];
    int status = exit_status("net-proxy", cede_run(run, &p));
    return status == 130 ? 0 : status; /* that is how it ends */
}
