/* SPDX-License-Identifier: MIT
 *
 * dump.c - a run, printed for people.
 *
 *     cede: 4 tasks: 1 running, 0 ready, 3 waiting; next timer in 300 ms
 *     group main: 1 child
 *       main #1 (app.c:70): join of feeds, 1.200 s so far; stack 8 of 64 KiB
 *         group feeds (app.c:33): 3 children; deadline in 300 ms
 *           feed #2 (app.c:35): queue get, 1.200 s so far; ...
 *     group background: 0 children
 *
 * A line a task, then what it stands in, then what is inside of it.  It goes
 * out piece by piece, so that what was printed stays if the process dies of
 * the rest.  Nothing here allocates, waits or changes anything; the FILE and
 * libcede_stacks may allocate.
 */
#include "debug/aside.h"
#include "debug/frames.h"
#include "debug/tree.h"
#include "net/server.h"
#include "pool/pool.h"
#include "sync/mutex.h"
#include "sync/queue.h"
#include "task/several.h"

#include <inttypes.h>

struct dump {
    FILE *out;
    cede_time now;
    size_t running, waiting, ready; /* tasks */
    struct cd_tree_memo memo;
    struct cd_frames frames;
    /* Starts that are put off, of one group and place, counted until
     * something else comes. */
    const struct cd_start *same;
    size_t same_count;
    int same_depth;
};

static void indent(const struct dump *d, int depth)
{
    fprintf(d->out, "%*s", 2 * depth, "");
}

/* ---- words ------------------------------------------------------------- */

/* In two units, or in one with three digits after the point. */
static void put_duration(FILE *out, cede_time t)
{
    if (t < 10 * CEDE_US)
        fprintf(out, "%" PRId64 " ns", t);
    else if (t < 10 * CEDE_MS)
        fprintf(out, "%" PRId64 " us", t / CEDE_US);
    else if (t < CEDE_SEC)
        fprintf(out, "%" PRId64 " ms", t / CEDE_MS);
    else if (t < 120 * CEDE_SEC)
        fprintf(out, "%" PRId64 ".%03" PRId64 " s", t / CEDE_SEC,
                t / CEDE_MS % 1000);
    else if (t < 7200 * CEDE_SEC)
        fprintf(out, "%" PRId64 " min %" PRId64 " s", t / CEDE_SEC / 60,
                t / CEDE_SEC % 60);
    else
        fprintf(out, "%" PRId64 " h %" PRId64 " min", t / CEDE_SEC / 3600,
                t / CEDE_SEC / 60 % 60);
}

static void put_instant(const struct dump *d, const char *what, cede_time when)
{
    bool past = when < d->now;
    cede_time delay;
    if (__builtin_sub_overflow(past ? d->now : when, past ? when : d->now,
                               &delay))
        delay = CEDE_NEVER; /* from the beginning of all time */
    fprintf(d->out, "%s %s", what, past ? "" : "in ");
    put_duration(d->out, delay);
    if (past)
        fputs(" ago", d->out);
}

static void put_deadline(struct dump *d, const struct cd_scope *s)
{
    cede_time deadline = cd_tree_deadline(s, &d->memo);
    if (deadline != CEDE_NEVER)
        put_instant(d, "; deadline", deadline);
    if (s->effective)
        fputs("; cancelled", d->out);
}

static void put_site(const struct dump *d, const char *place)
{
    if (*place)
        fprintf(d->out, " (%s)", place);
}

static void put_count(const struct dump *d, size_t n, const char *one,
                      const char *many)
{
    fprintf(d->out, "%zu %s", n, n == 1 ? one : many);
}

/* ---- what a task does -------------------------------------------------- */

static void put_task(const struct dump *d, const struct cd_task *t)
{
    fprintf(d->out, "%s #%" PRIu64, t->co.name, t->id);
}

static void put_job(const struct dump *d, const struct cd_job *j)
{
    fprintf(d->out, "job %s", j->name);
    put_site(d, cd_place(j->name));
    int state = atomic_load(&j->state);
    if (state == CD_JOB_RUNNING)
        fprintf(d->out, ", which runs on %s", j->worker);
    else if (state == CD_JOB_QUEUED)
        fputs(", which is queued", d->out);
}

static void put_future(const struct dump *d, const cede_future *f)
{
    const struct cd_job *job = cd_job_of(f);
    if (f->loop && f->task) {
        put_task(d, f->task);
    } else if (job) {
        put_job(d, job);
    } else {
        fputs(f->name, d->out);
        if (!f->loop) /* a promise: that alone is no name */
            put_site(d, cd_place(f->site));
    }
}

static void put_holder(const struct dump *d, const struct cd_task *t)
{
    fputs(", held by ", d->out);
    put_task(d, t);
}

/* Those that are not done, a few of them by name. */
static void put_several(const struct dump *d, const struct cd_several *all)
{
    size_t named = 0;
    for (size_t i = 0; i < all->n && named < 3; i++) {
        if (all->entries[i].seen)
            continue;
        fputs(named++ ? ", " : " of ", d->out);
        put_future(d, all->entries[i].far.future);
    }
    if (all->left > named)
        fprintf(d->out, " and %zu more", all->left - named);
}

static const cede_future *awaited(const struct cd_wait *w)
{
    const cede_future *f = cd_future_awaited(w);
    return f ? f : cd_promise_awaited(w);
}

/* Of whom or what it waits, where the phrase does not say it all. */
static void put_awaited(const struct dump *d, const struct cd_task *t)
{
    const cede_future *f = awaited(t->wait);
    const struct cd_several *all = cd_several_awaited(t->wait);
    const struct cd_task *child = cd_start_awaited(t->wait);
    const struct cd_task *holder = cd_mutex_holder(t->wait);
    const struct cd_job *job = cd_job_waited(t->wait);
    const struct cd_group *g = cd_group_of(t->scope);
    size_t cases = cd_select_awaited(t->wait);
    if (f || child || job)
        fputs(" of ", d->out);
    if (f)
        put_future(d, f);
    else if (job)
        put_job(d, job);
    else if (child)
        put_task(d, child);
    else if (all)
        put_several(d, all);
    else if (holder)
        put_holder(d, holder);
    else if (g && g->joiner == t->wait)
        fprintf(d->out, " of %s", g->scope.site);
    else if (cases > 1)
        fprintf(d->out, " of %zu cases", cases);
}

static void put_doing(const struct dump *d, const struct cd_task *t)
{
    if (t == cd_me.task) {
        fputs("running", d->out);
    } else if (!t->wait) {
        fputs("ready", d->out);
    } else {
        fputs(t->wait->why, d->out);
        put_awaited(d, t);
        fputs(", ", d->out);
        put_duration(d->out, d->now - t->wait->since);
        fputs(" so far", d->out);
    }
}

static void put_stack(const struct dump *d, const struct cd_stack *s)
{
    fprintf(d->out, "; stack %zu of %zu KiB", cd_stack_used(s) / 1024,
            cd_stack_class_size(s->size_class) / 1024);
}

/* ---- the tree ---------------------------------------------------------- */

/* Print those that were counted, and start over. */
static void flush_put_off(struct dump *d)
{
    if (!d->same)
        return;
    indent(d, d->same_depth);
    fputs(d->same->name, d->out);
    put_site(d, cd_place(d->same->site));
    fputs(": not started yet", d->out);
    if (d->same_count > 1)
        fprintf(d->out, ", %zu times", d->same_count);
    fputc('\n', d->out);
    d->same = NULL;
    d->same_count = 0;
}

static void print_put_off(void *ctx, const struct cd_group *g,
                          const struct cd_start *s, int depth)
{
    (void)g;
    struct dump *d = ctx;
    if (d->same && (d->same->site != s->site || d->same->name != s->name))
        flush_put_off(d);
    d->same = s;
    d->same_count++;
    d->same_depth = depth;
}

/* A group entered within another one stands there among its children. */
static void put_owner(const struct dump *d, const struct cd_group *g)
{
    const struct cd_scope *s = g->scope.parent;
    while (s && !s->group && s != &g->owner->root)
        s = s->parent;
    if (s && s->group)
        fprintf(d->out, " of %s #%" PRIu64, g->owner->co.name, g->owner->id);
}

static void print_group(void *ctx, const struct cd_group *g, int depth)
{
    struct dump *d = ctx;
    flush_put_off(d);
    indent(d, depth);
    fprintf(d->out, "group %s", g->scope.site);
    put_owner(d, g);
    put_site(d, cd_place(g->scope.site));
    fputs(": ", d->out);
    put_count(d, g->live, "child", "children");
    put_deadline(d, &g->scope);
    fputc('\n', d->out);
}

/* Whom it serves: the name is that of all handlers. */
static void put_peer(const struct dump *d, const struct cd_task *t)
{
    char text[CEDE_ADDRESS_TEXT];
    cede_address peer;
    if (!cd_server_peer(t, &peer))
        return;
    cede_address_text(&peer, text, sizeof text);
    fprintf(d->out, " of %s", text);
}

static void print_task(void *ctx, const struct cd_task *t, int depth)
{
    struct dump *d = ctx;
    flush_put_off(d);
    indent(d, depth);
    fprintf(d->out, "%s #%" PRIu64, t->co.name, t->id);
    put_site(d, cd_place(t->site));
    put_peer(d, t);
    fputs(": ", d->out);
    put_doing(d, t);
    put_deadline(d, t->scope);
    put_stack(d, t->co.stack);
    fputc('\n', d->out);
    cd_frames_print(&d->frames, d->out, t, 2 * depth + 4);
}

/* ---- the head ---------------------------------------------------------- */

static void count_task(void *ctx, const struct cd_task *t, int depth)
{
    (void)depth;
    struct dump *d = ctx;
    if (t == cd_me.task)
        d->running++;
    else if (t->wait)
        d->waiting++;
    else
        d->ready++;
}

static void count_put_off(void *ctx, const struct cd_group *g,
                          const struct cd_start *s, int depth)
{
    (void)g, (void)s, (void)depth;
    struct dump *d = ctx;
    d->ready++;
}

static size_t count(const struct dump *d)
{
    return d->running + d->ready + d->waiting;
}

static void print_head(const struct dump *d, struct cd_loop *l)
{
    fputs("cede: ", d->out);
    put_count(d, count(d), "task", "tasks");
    fprintf(d->out, ": %zu running, %zu ready, %zu waiting", d->running,
            d->ready, d->waiting);
    cede_time timer = cd_wheel_next(&l->timers);
    if (timer != CEDE_NEVER)
        put_instant(d, "; next timer", timer);
    if (d->now - l->now >= CEDE_MS)
        put_instant(d, "; the clock was read", l->now);
    fputc('\n', d->out);
}

static void print(void *arg)
{
    static const struct cd_tree_visitor counts = {.task = count_task,
                                                  .put_off = count_put_off};
    static const struct cd_tree_visitor prints = {
        .group = print_group, .task = print_task, .put_off = print_put_off};
    struct dump *d = arg;
    cd_tree_walk(cd_me.run, &counts, d);
    print_head(d, cd_me.loop);
    cd_tree_walk(cd_me.run, &prints, d);
    flush_put_off(d);
    fflush(d->out);
}

static void print_with_frames(void *arg)
{
    struct dump *d = arg;
    cd_frames_open(&d->frames);
    print(d);
    cd_frames_close(&d->frames, d->out);
    fflush(d->out);
}

int cede_dump(FILE *out)
{
    enum { STACK = 1 << 20 };
    if (!cd_me.run) {
        fputs("cede: no loop runs on this thread\n", out);
        return -EPERM;
    }
    int saved = errno;
    struct dump d = {.out = out, .now = cede_clock()};
    cd_frames_begin(&d.frames, cd_standing_here());
    if (!cd_aside(STACK, print_with_frames, &d))
        print(&d);
    errno = saved;
    return (int)count(&d);
}
