/* SPDX-License-Identifier: MIT
 *
 * serve.c - a server's peers, each served by a task of its own.
 *
 * Who runs a server accepts peers, a batch at a time, and waits when there are
 * none: for a peer, for the end of one where they are too many, for the end of
 * a pause, or for the server's own.  The peers' tasks are the children of a
 * group that nobody has entered: it hangs below the scope of who runs it, so
 * that a cancel reaches them, or behind a shield, where they have a time of
 * grace.
 *
 * A peer's stream lies in the frame of its task: a connection costs that
 * task's stack and nothing else.  A descriptor is handed over by an arrival,
 * of which there are as many as a batch has peers.
 */
#include "net/server.h"

#include <stdio.h>

static const cede_time retry_after = CEDE_SEC, last_grace = CEDE_SEC;

/* ---- one peer, in its task --------------------------------------------- */

/* The task's arg, from its first step on. */
struct peer {
    cede_server *server;
    cede_stream stream;
};

/* That is how peers are, and nothing to be told. */
static bool is_peers_business(int rc)
{
    return rc == -ECONNRESET || rc == -EPIPE || rc == CEDE_ESHORT ||
           rc == CEDE_ECLOSED;
}

static __attribute__((noinline)) void report(struct peer *p, int rc)
{
    char what[64 + CEDE_ADDRESS_TEXT] = "a peer's handler failed";
    cede_address from;
    if (cede_stream_peer(&p->stream, &from) == 0) {
        char text[CEDE_ADDRESS_TEXT];
        cede_address_text(&from, text, sizeof text);
        snprintf(what, sizeof what, "the handler of %s failed", text);
    }
    cd_report(what, cd_me.task->co.name, rc, cd_message_of(cd_current(), rc));
}

/* Who waits for it to be over goes on. */
static void leave(cede_server *s)
{
    bool waits = s->ending == CD_OPEN ? cd_server_held_up(s) : s->live == 1;
    s->live--;
    s->retry = 0;
    if (waits)
        cd_pause_end(&s->rest);
}

static __attribute__((noinline)) void failed(struct peer *p, int rc)
{
    bool cancelled = rc == -ECANCELED && cd_me.task->root.effective;
    if (!cancelled && !is_peers_business(rc))
        report(p, rc);
    p->server->failed += !cancelled;
    cd_stream_finish(&p->stream, !cancelled);
}

static int serve_peer(void *arg)
{
    struct cd_arrival *a = arg;
    cede_server *s = a->server;
    struct peer p = {.server = s};
    int rc = cd_stream_make(&p.stream, s->loop, a->fd);
    assert(rc == 0); /* cd_net_open was there before */
    a->next = s->free;
    s->free = a;
    cd_me.task->arg = &p;
    rc = s->on_peer(&p.stream, s->arg);
    if (cd_unlikely(rc < 0))
        failed(&p, rc);
    else if (cd_unlikely(cd_stream_finish(&p.stream, false) < 0))
        s->failed++;
    leave(s);
    return 0;
}

/* ---- accepting --------------------------------------------------------- */

static bool is_full(const cede_server *s)
{
    return s->options.limit > 0 && s->live >= s->options.limit;
}

bool cd_server_held_up(const cede_server *s)
{
    return s->reported || is_full(s);
}

/* There is none for the moment; what is said of it is said once. */
static void run_short(cede_server *s, int rc)
{
    s->retry = cede_in(retry_after);
    if (!s->reported)
        cd_report("a server accepts no more peers for a while", s->name, rc,
                  cd_message_of(cd_current(), rc));
    s->reported = true;
}

/* A task for a peer: 0, or why there is none. */
static int start(cede_server *s, int fd)
{
    struct cd_arrival *a = s->free;
    a->fd = fd;
    const struct cd_start child = {.name = s->name,
                                   .site = s->site,
                                   .fn = serve_peer,
                                   .arg = a,
                                   .stack_size = s->options.stack_size};
    int rc = cd_task_start(&s->group, &child);
    if (rc < 0)
        return rc;
    s->free = a->next;
    s->live++;
    s->accepted++;
    return 0;
}

/* One peer has a task; -EAGAIN: there is none, or no room; or why not. */
static int welcome(cede_server *s)
{
    if (is_full(s) || !s->free)
        return -EAGAIN;
    if (s->in_hand < 0) {
        int fd = cd_server_take(s);
        if (fd < 0)
            return fd;
        s->in_hand = fd;
    }
    int rc = start(s, s->in_hand);
    if (rc == 0)
        s->in_hand = -1;
    return rc;
}

/* How many there were, or why there will be none. */
static int welcome_some(cede_server *s)
{
    int n = 0, rc = 0;
    if (s->retry > 0 && cede_clock() < s->retry)
        return 0;
    s->retry = 0;
    cd_server_begin_turn(s);
    while (n < CD_BATCH && (rc = welcome(s)) == 0)
        n++;
    if (rc == -EAGAIN && !is_full(s) && s->free)
        s->reported = false; /* all who waited are in */
    else if (cd_is_shortage(rc))
        run_short(s, rc);
    else if (rc < 0 && rc != -EAGAIN)
        return rc;
    return n;
}

/* Until a peer comes: as cd_pause; 0: there may be one by now. */
static int await_peer(cede_server *s)
{
    int rc = cd_server_watch(s);
    if (rc == 0)
        return cd_pause(&s->rest, CEDE_NEVER, "accept");
    if (!cd_is_shortage(rc))
        return rc < 0 ? rc : cede_sleep(0);
    run_short(s, rc);
    return 0;
}

/* Until there may be something to do; such as to end, if who was told of a
 * shortage has stopped it. */
static int rest(cede_server *s)
{
    if (s->ending != CD_OPEN)
        return 0;
    if (s->retry > 0)
        return cd_pause(&s->rest, s->retry, "descriptors or memory");
    if (is_full(s))
        return cd_pause(&s->rest, CEDE_NEVER, "a connection's end");
    return await_peer(s);
}

static int serve(cede_server *s)
{
    while (s->ending == CD_OPEN) {
        int n = welcome_some(s);
        if (n < 0)
            return n;
        int rc = n == CD_BATCH || !s->free ? cede_sleep(0) : rest(s);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- the end ----------------------------------------------------------- */

static void stop(cede_server *s, cede_time grace)
{
    cede_time deadline = cede_in(grace);
    if (s->ending == CD_OPEN) {
        s->ending = CD_GRACE;
        cd_server_shut(s);
        if (s->in_hand >= 0)
            cd_server_refuse(s->in_hand);
        s->in_hand = -1;
    }
    if (s->ending == CD_GRACE && deadline < s->deadline)
        s->deadline = deadline;
    cd_pause_end(&s->rest);
}

int cede_server_stop(cede_server *s, cede_time grace)
{
    CEDE_TRY(cd_server_check(s, "cede_server_stop"));
    stop(s, grace);
    return 0;
}

/* Of a task that serves one; NULL: it has not begun. */
static struct peer *peer_of(const struct cd_task *t)
{
    const cede_server *s = cd_container(t->group, const cede_server, group);
    const struct cd_arrival *a = t->arg;
    bool begun = a < s->arrivals || a >= s->arrivals + CD_BATCH;
    return begun ? t->arg : NULL;
}

bool cd_server_peer(const struct cd_task *t, cede_address *out)
{
    const struct peer *p = t->fn == serve_peer ? peer_of(t) : NULL;
    return p && !p->stream.closed && cede_stream_peer(&p->stream, out) == 0;
}

static void abort_streams(cede_server *s)
{
    cd_list_each (node, &s->group.scope.children) {
        struct cd_scope *root = cd_container(node, struct cd_scope, node);
        struct peer *p = peer_of(root->task);
        if (p)
            cede_stream_abort(&p->stream);
    }
}

/* The time of this step of the ending is up. */
static void press(cede_server *s)
{
    if (s->ending == CD_GRACE) {
        s->ending = CD_CANCELLED;
        s->deadline = cede_in(last_grace);
        cd_scope_cancel(&s->group.scope, "the server has stopped");
    } else {
        s->ending = CD_ABORTED;
        s->deadline = CEDE_NEVER;
        abort_streams(s);
    }
}

/* Who is cancelled while he waits here cuts the grace short, once. */
static void see_off(cede_server *s)
{
    while (s->live > 0) {
        if (s->deadline <= cede_clock()) {
            press(s);
            continue;
        }
        if (cd_pause(&s->rest, s->deadline, "connections' ends") == 0)
            continue;
        s->rest.refuses = true;
        stop(s, s->options.grace);
    }
}

/* ---- running ----------------------------------------------------------- */

/* Behind a shield if there is a grace; its owner does not stand inside. */
static void hang_group(cede_server *s, struct cd_task *t)
{
    struct cd_scope *scope = &s->group.scope;
    cd_group_init(&s->group, t->run);
    s->group.owner = t;
    s->group.tolerant = true;
    cd_scope_init(scope, t->scope, t);
    scope->group = true;
    scope->site = s->site;
    if (s->options.grace > 0) {
        scope->shielded = true;
        scope->effective = false;
    }
}

static int run(cede_server *s)
{
    struct cd_task *t = cd_me.task;
    hang_group(s, t);
    s->running = true;
    int rc = serve(s);
    struct cd_message *message = cd_message_lift(&t->co);
    if (rc < 0)
        stop(s, rc == -ECANCELED ? s->options.grace : 0);
    see_off(s);
    cd_message_set(&t->co, message);
    cd_list_unlink(&s->group.scope.node);
    s->running = false;
    return rc;
}

static int check_idle(const cede_server *s, cede_peer_fn *on_peer)
{
    if (!on_peer)
        return cede_fail(-EINVAL, "a server without a function for its peers");
    if (s->running || s->accepting)
        return cede_fail(-EBUSY, "the server is in use");
    if (s->ending != CD_OPEN)
        return cede_fail(CEDE_ECLOSED, "the server has stopped");
    return 0;
}

int cede_server_run_named_(cede_server *s, const char *name,
                           cede_peer_fn *on_peer, void *arg)
{
    CEDE_TRY(cd_server_check(s, "cede_server_run"));
    CEDE_TRY(cd_task_begin("cede_server_run"));
    CEDE_TRY(check_idle(s, on_peer));
    s->on_peer = on_peer;
    s->arg = arg;
    s->name = s->options.name ? s->options.name : name;
    s->site = name;
    return run(s);
}

int(cede_server_run)(cede_server *s, cede_peer_fn *on_peer, void *arg)
{
    return cede_server_run_named_(s, "peer\0", on_peer, arg);
}

int cede_serve_named_(const cede_serve_options *options, const char *name,
                      const char *address, cede_peer_fn *on_peer, void *arg)
{
    cede_server *s;
    CEDE_TRY(cd_task_begin("cede_serve"));
    CEDE_TRY(cede_listen_with(options, address, &s));
    int rc = cede_server_run_named_(s, name, on_peer, arg);
    cede_server_close(s);
    return rc;
}

int(cede_serve)(const char *address, cede_peer_fn *on_peer, void *arg)
{
    return cede_serve_named_(NULL, "peer\0", address, on_peer, arg);
}

int(cede_serve_with)(const cede_serve_options *options, const char *address,
                     cede_peer_fn *on_peer, void *arg)
{
    return cede_serve_named_(options, "peer\0", address, on_peer, arg);
}
