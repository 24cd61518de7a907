/* SPDX-License-Identifier: MIT
 *
 * run.c - a loop, one task, an orderly end.
 *
 * A run has two groups of its own: one for the main task, one for the
 * background.  When main is over the background is cancelled; when both are
 * empty the loop stops.  So the end is the same whether main did well or not.
 *
 * The background of a loop that lasts stays for the next run; what is said
 * here of its end happens when it is closed.
 */
#include "gen/gen.h"
#include "task/future.h"
#include "task/loop.h"

/* ---- the thread -------------------------------------------------------- */

static cede_time loop_clock(void *poller)
{
    struct cd_poller *p = poller;
    return p->type->clock(p);
}

static const struct cd_above above = {.task_name = cede_task_name,
                                      .describe_open = cd_scope_describe_open};

struct cd_thread cd_loop_enter(struct cede_loop *whole)
{
    struct cd_thread before = cd_me;
    struct cd_loop *l = &whole->loop;
    cd_me.run = &whole->run;
    cd_me.loop = l;
    cd_me.task = NULL;
    cd_me.stack_class = whole->stack_class;
    cd_me.debug |= whole->debug;
    /* The monotonic clock is read without detours. */
    cd_me.clock = l->poller->type->jumps ? loop_clock : NULL;
    cd_me.clock_ctx = l->poller;
    cd_me.turn = &l->now;
    cd_me.above = &above;
    cd_me.made = cd_me.debug ? &whole->run.made : NULL;
    l->now = l->looked = l->poller->type->clock(l->poller);
    cd_me.seen = l->now;
    cd_stack_hoard(true);
    atomic_store(&whole->running, true);
    return before;
}

void cd_loop_leave(const struct cd_thread *before)
{
    struct cd_loop *l = cd_me.loop;
    if (l->guide && l->guide->seed)
        cd_me.schedule = l->guide->hash;
    atomic_store(&cd_loop_whole(l)->running, false);
    (void)cd_loop_doze(l); /* between runs too it may be watched */
    cd_me.loop = before->loop;
    cd_me.run = before->run;
    cd_me.task = before->task;
    cd_me.stack_class = before->stack_class;
    cd_me.clock = before->clock;
    cd_me.clock_ctx = before->clock_ctx;
    cd_me.turn = before->turn;
    cd_me.above = before->above;
    cd_me.debug = before->debug;
    cd_me.made = before->made;
    cd_me.seen = before->seen;
    cd_stack_hoard(false);
}

/* ---- running ----------------------------------------------------------- */

void cd_run_emptied(struct cd_run *run)
{
    if (run->main.live > 0)
        return;
    bool before = run->main_over;
    if (!before)
        cd_interrupt_main_over(run);
    run->main_over = true;
    if (!run->last) {
        /* Behind what main has made ready. */
        if (!before)
            cd_loop_last(run->loop, &cd_loop_whole(run->loop)->ended);
    } else if (run->background.live > 0) {
        cd_scope_cancel(&run->background.scope, "the main task is over");
    } else {
        run->loop->stopping = true;
    }
}

/* A main task's group is as long-lived as the task. */
static void open_main(struct cd_run *run)
{
    cd_group_init(&run->main, run);
    cd_scope_init(&run->main.scope, NULL, NULL);
    run->main.scope.group = true;
    run->main.scope.site = "main\0";
}

/* The main task's result, with its message. */
static int result_of(struct cd_run *run, int result)
{
    struct cd_failures *f = run->main.failures;
    if (result < 0) {
        cd_message_set(cd_current(), f ? f->kept[0].message : NULL);
        if (f)
            f->kept[0].message = NULL;
    }
    cd_failures_free(f);
    run->main.failures = NULL;
    return result;
}

void cd_loop_tell_main(struct cede_loop *l)
{
    if (l->run.main.live == 0)
        return;
    l->told_main = true;
    cd_scope_cancel(&l->run.main.scope, "cede_loop_stop was called");
}

static int run_main(struct cede_loop *l, struct cd_start *main)
{
    struct cd_run *run = &l->run;
    int result = 0;
    main->result_at = &result;
    run->main_over = false;
    int rc = cd_task_start(&run->main, main);
    if (rc < 0) {
        run->main_over = true;
        return rc;
    }
    l->loop.obeys = false; /* cede_loop_stop cancels main instead */
    if (atomic_load(&l->asked))
        cd_loop_tell_main(l);
    cd_loop_run(&l->loop);
    if (run->last)
        cd_loop_finish(l);
    return result_of(run, result);
}

int cd_loop_run_main(struct cede_loop *l, const struct cd_start *start,
                     bool last)
{
    struct cd_start main = *start;
    struct cd_run *run = &l->run;
    if (l->name)
        main.name = l->name;
    open_main(run);
    run->last = last;
    l->told_main = false;
    if (!l->no_sigint)
        cd_interrupt_watch(run);
    int rc = cd_interrupt_leave(run, run_main(l, &main));
    cd_loop_stopped(l);
    if (l->told_main && rc == -ECANCELED)
        return cede_fail(-EINTR, "the main task was cancelled by "
                                 "cede_loop_stop");
    return rc;
}

/* ---- the end ----------------------------------------------------------- */

/* Handles of the background that somebody still has: what they tell is told
 * now or never. */
static void read_last(struct cd_run *run)
{
    struct cd_list *node;
    while ((node = cd_list_take(&run->background.futures))) {
        cede_future *f = cd_container(node, cede_future, node);
        cd_future_report(f);
        cd_future_report_unasked(f);
    }
}

/* All tasks are over: nothing comes any more.  Callbacks still run. */
void cd_loop_finish(struct cede_loop *l)
{
    atomic_store(&l->closing, true);
    atomic_store(&l->closed, true);
    cd_afters_end(&l->run);
    cd_loop_run(&l->loop);
    read_last(&l->run);
}

/* The loop is over: no task, callback or timer is left. */
void cd_loop_end(struct cede_loop *l, const struct cd_thread *before)
{
    struct cd_coro *co = cd_current();
    struct cd_message *message = cd_message_lift(co);
    cd_loops_remove(l);
    l->drops = true;
    cd_callbacks_end(l);
    cd_fd_watches_end(l);
    cd_loop_keep(&l->loop);
    cd_loop_close(&l->loop); /* callbacks that came late may have their own */
    cd_loop_leave(before);
    cd_gen_report_made(&l->run.made); /* to a hook that may ask for the time */
    cd_message_set(co, message);
    cd_loop_drop(&l->loop);
}

int cede_run_named_(const cede_options *o, const char *name, cede_fn *fn,
                    void *arg)
{
    cd_thread_ready();
    if (cd_me.loop)
        return cede_fail(-EBUSY, "cede_run inside of cede_run: this thread "
                                 "runs a loop already");
    struct cede_loop *l;
    int rc = cd_loop_make(o, cd_me.probe, &l);
    if (rc < 0)
        return rc;
    struct cd_thread before = cd_loop_enter(l);
    struct cd_start main = {.name = name, .site = name, .fn = fn, .arg = arg};
    rc = cd_loop_run_main(l, &main, true);
    bool interrupted = l->run.interrupted;
    cd_loop_end(l, &before);
    cd_interrupt_again(interrupted);
    return rc;
}

int(cede_run)(cede_fn *fn, void *arg)
{
    return cede_run_named_(NULL, "main\0", fn, arg);
}

int cede_run_with(const cede_options *o, cede_fn *fn, void *arg)
{
    return cede_run_named_(o, "main\0", fn, arg);
}
