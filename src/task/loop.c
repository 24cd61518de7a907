/* SPDX-License-Identifier: MIT
 *
 * loop.c - loops that last: made, run again and again, stopped, closed.
 *
 * To stop is a flag and a post: the flag ends the run where a batch ends, the
 * post wakes the loop, and marks the end of what was ready.  So it may come
 * from any thread, and before the run.  Where there is a main task it is
 * cancelled instead, and its end is that of the run.
 */
#include "task/loop.h"
#include "base/cpus.h"
#include "task/future.h"

#include <stdlib.h>

/* ---- making ------------------------------------------------------------ */

static void free_blocks(struct cd_blocks *b)
{
    struct cd_block *block;
    while ((block = b->free)) {
        b->free = block->next;
        free(block);
    }
}

static void destroy(struct cd_loop *loop)
{
    struct cede_loop *l = cd_loop_whole(loop);
    free_blocks(&l->run.scopes);
    free_blocks(&l->run.groups);
    free_blocks(&l->run.futures);
    free_blocks(&l->run.tickets);
    cd_callbacks_free(&l->callbacks);
    cd_fd_watches_free(l);
    cd_posts_free(&l->posts);
    free(l);
}

static void open_run(struct cede_loop *l)
{
    struct cd_run *run = &l->run;
    run->loop = &l->loop;
    run->main_over = true;
    cd_group_init(&run->main, run);
    cd_scope_init(&run->main.scope, NULL, NULL);
    cd_group_init(&run->background, run);
    cd_scope_init(&run->background.scope, NULL, NULL);
    cd_list_init(&run->refused);
    cd_list_init(&run->afters);
    cd_list_init(&run->made);
    run->main.scope.group = run->background.scope.group = true;
    run->main.scope.site = "main\0";
    run->background.scope.site = "background\0";
}

/* A guide, if somebody wants one. */
static void find_guide(struct cede_loop *l, uint64_t seed, cede_time slow_step,
                       struct cd_probe *probe)
{
    l->loop.budget = CD_BUDGET;
    if (seed || probe || l->debug)
        cd_guide_attach(&l->slow.guide, &l->loop, seed);
    if (l->debug)
        cd_slow_watch(&l->slow, slow_step);
    if (probe)
        probe->opened(probe, &l->loop);
}

static void run_stop(struct cd_work *w);
static void run_ended(struct cd_work *w);

static void set_up(struct cede_loop *l, const cede_options *o)
{
    l->owner = &cd_me;
    l->name = o->name;
    l->no_sigint = o->no_sigint;
    l->debug = o->debug || cd_me.debug;
    cd_list_init(&l->watches);
    l->stop_work.run = run_stop;
    l->ended.run = run_ended;
    open_run(l);
}

/* What the options say, checked: 0, or why not. */
static int check(const cede_options *o, unsigned *stack_class, uint64_t *seed)
{
    int size_class = cd_stack_class(o->stack_size);
    if (size_class < 0)
        return cede_fail(-ENOMEM,
                         "cede_options: a stack of %zu bytes; 1 GiB "
                         "is the most",
                         o->stack_size);
    *stack_class = (unsigned)size_class;
    *seed = o->seed;
    return *seed || cd_guide_number("CEDE_SEED", seed) == 0 ? 0 : -EINVAL;
}

int cd_loop_make(const cede_options *o, struct cd_probe *probe,
                 struct cede_loop **out)
{
    static const cede_options defaults;
    uint64_t seed = 0; /* for compilers that believe them unset */
    unsigned stack_class = 0;
    o = o ? o : &defaults;
    int rc = check(o, &stack_class, &seed);
    if (rc < 0)
        return rc;
    struct cede_loop *l = cd_zalloc(sizeof *l);
    if (!l)
        return -ENOMEM;
    rc = cd_loop_open(&l->loop, o->poller, destroy);
    if (rc < 0) {
        free(l);
        return rc;
    }
    l->stack_class = stack_class;
    if (o->spin > 0 && cd_cpus() > 1)
        l->loop.poller->spin = o->spin < CEDE_SEC ? o->spin : CEDE_SEC;
    set_up(l, o);
    find_guide(l, seed, o->slow_step, probe);
    cd_loops_add(l);
    *out = l;
    return 0;
}

cede_loop *cede_loop_new(const cede_options *o)
{
    cd_thread_ready();
    struct cede_loop *l;
    if (cd_loop_make(o, NULL, &l) < 0)
        return NULL;
    (void)cd_loop_doze(&l->loop);
    return l;
}

/* ---- whose it is ------------------------------------------------------- */

cede_loop *cede_loop_current(void)
{
    return cd_me.loop ? cd_loop_whole(cd_me.loop) : NULL;
}

int cd_loop_mine(const cede_loop *l, const char *what)
{
    if (!l)
        return -ENOMEM;
    if (cd_unlikely(l->owner != &cd_me))
        return cede_fail(-EPERM, "%s of %s", what,
                         l->owner ? "another thread's loop: cede_loop_post "
                                    "may be called from any"
                                  : "a loop of the process that forked this "
                                    "one");
    bool closed = atomic_load_explicit(&l->closed, memory_order_relaxed);
    if (cd_unlikely(closed || l->loop.stopping))
        return cede_fail(CEDE_ECLOSED, "%s of a loop that is closed", what);
    return 0;
}

bool cede_loop_is_running(const cede_loop *l)
{
    return l && l->owner && atomic_load(&l->running);
}

bool cede_loop_is_closed(const cede_loop *l)
{
    return !l || !l->owner || atomic_load(&l->closing);
}

void cede_loop_keep(cede_loop *l)
{
    if (l)
        cd_loop_keep(&l->loop);
}

void cede_loop_drop(cede_loop *l)
{
    if (l)
        cd_loop_drop(&l->loop);
}

/* ---- running ----------------------------------------------------------- */

/* May this thread run l now? */
static int may_run(const cede_loop *l, const char *what)
{
    int rc = cd_loop_mine(l, what);
    if (rc == 0 && cd_me.loop)
        return cede_fail(-EBUSY, "%s: this thread runs a loop already", what);
    return rc;
}

/* Until it is stopped. */
static void run(cede_loop *l)
{
    struct cd_thread before = cd_loop_enter(l);
    l->loop.obeys = true;
    cd_loop_run(&l->loop);
    cd_loop_stopped(l);
    cd_loop_leave(&before);
}

int cede_loop_run_forever(cede_loop *l)
{
    int rc = may_run(l, "cede_loop_run_forever");
    if (rc == 0)
        run(l);
    return rc;
}

/* ---- until something is done ------------------------------------------- */

struct until {
    struct cd_far_watch far;
    cede_loop *whole;
    bool told;
    int rc; /* what it was told, with a copy of the message: the future may */
    struct cd_message *message; /* have been given back, and be gone */
};

static void run_until(struct cd_work *w)
{
    struct until *u = cd_container(w, struct until, far.work);
    cede_future *f = u->far.future;
    u->told = true;
    u->rc = f->result;
    u->message = cd_message_copy(f->message);
    cd_future_read(f);
    (void)cede_loop_stop(u->whole);
    cd_future_unpin(f);
}

static void tell_until(struct cd_watch *w, cede_future *f)
{
    struct until *u = cd_container(w, struct until, far.watch);
    if (!cd_far_watch_send(&u->far, f))
        cd_future_unpin(f); /* a fork: the loop is in the other process */
}

int cede_loop_run_until(cede_loop *l, cede_future *f)
{
    int rc = may_run(l, "cede_loop_run_until");
    if (rc < 0 || !f)
        return rc < 0 ? rc : -ENOMEM;
    if (f->loop && f->loop != &l->loop)
        return cede_fail(-EPERM, "cede_loop_run_until a task of another loop "
                                 "is done");
    if (!f->loop && (rc = cd_promise_hopeless(f)) < 0)
        return rc;
    struct until u = {.far = {.watch.tell = tell_until,
                              .future = f,
                              .loop = &l->loop,
                              .work.run = run_until},
                      .whole = l};
    if (!cd_watch_begin(&u.far.watch, f))
        return cd_future_answer(f);
    run(l);
    if (!u.told && cd_watch_end(&u.far.watch, f))
        return cede_fail(-EINTR, "the loop was stopped before %s was done",
                         f->name);
    while (!u.told)
        run(l);
    return cd_future_told(u.rc, u.message);
}

/* ---- until a main task is over ----------------------------------------- */

static void run_ended(struct cd_work *w)
{
    struct cede_loop *l = cd_container(w, struct cede_loop, ended);
    l->loop.obeys = true;
    (void)cede_loop_stop(l);
}

int cede_loop_run_named_(cede_loop *l, const char *name, cede_fn *fn, void *arg)
{
    int rc = may_run(l, "cede_loop_run");
    if (rc < 0)
        return rc;
    struct cd_start main = {.name = name, .site = name, .fn = fn, .arg = arg};
    struct cd_thread before = cd_loop_enter(l);
    rc = cd_loop_run_main(l, &main, false);
    bool interrupted = l->run.interrupted;
    cd_loop_leave(&before);
    cd_interrupt_again(interrupted);
    return rc;
}

int(cede_loop_run)(cede_loop *l, cede_fn *fn, void *arg)
{
    return cede_loop_run_named_(l, "main\0", fn, arg);
}

/* ---- stopping ---------------------------------------------------------- */

static void run_stop(struct cd_work *w)
{
    struct cede_loop *l = cd_container(w, struct cede_loop, stop_work);
    bool stale = l->stop_stale;
    l->stop_stale = false;
    if (stale && atomic_load(&l->asked)) {
        cd_loop_last(&l->loop, w); /* more may be ready by now */
        return;
    }
    atomic_store(&l->stop_sent, false);
    if (!atomic_load(&l->asked))
        return;
    atomic_store(&l->loop.stop, true);
    if (!l->loop.obeys)
        cd_loop_tell_main(l);
    l->loop.steps = 0; /* strands too go on in the next batch */
    cd_loop_end_batch(&l->loop);
}

void cd_loop_stopped(struct cede_loop *l)
{
    atomic_store(&l->loop.stop, false);
    atomic_store(&l->asked, false);
    l->stop_stale = atomic_load(&l->stop_sent);
}

int cede_loop_stop(cede_loop *l)
{
    if (!l)
        return -ENOMEM;
    if (!l->owner)
        return -EPERM;
    if (atomic_load(&l->closed))
        return CEDE_ECLOSED;
    atomic_store(&l->asked, true);
    /* What another thread has posted before runs before: the post tells. */
    if (l->owner == &cd_me)
        atomic_store(&l->loop.stop, true);
    return atomic_exchange(&l->stop_sent, true)
               ? 0
               : cd_loop_post(&l->loop, &l->stop_work);
}

/* ---- closing ----------------------------------------------------------- */

/* In the child of a fork. */
static int forget(cede_loop *l)
{
    if (!atomic_exchange(&l->closed, true))
        cd_loop_forget(&l->loop);
    return 0;
}

int cede_loop_close(cede_loop *l)
{
    if (!l)
        return -ENOMEM;
    if (!l->owner)
        return forget(l);
    int rc = cd_loop_mine(l, "cede_loop_close");
    if (rc < 0)
        return rc == CEDE_ECLOSED ? 0 : rc;
    if (cd_me.loop)
        return cede_fail(-EBUSY, "cede_loop_close: this thread runs %s",
                         cd_me.loop == &l->loop ? "it" : "another");
    struct cd_thread before = cd_loop_enter(l);
    atomic_store(&l->closing, true);
    l->loop.obeys = false;
    l->drops = l->run.last = true;
    cd_run_emptied(&l->run);
    cd_loop_run(&l->loop);
    cd_loop_finish(l);
    cd_loop_end(l, &before);
    return 0;
}
