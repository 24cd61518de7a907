/* SPDX-License-Identifier: MIT
 *
 * run.c - a loop, one task, an orderly end.
 *
 * A run has two groups of its own: one for the main task, one for the
 * background.  When main is over the background is cancelled; when both are
 * empty the loop stops.  So the end is the same whether main did well or not.
 *
 * A process forked inside a run has a copy of all its tasks, which must not
 * run twice.  So the child's thread leaves the run behind: it is outside of
 * any task from then on, and may begin a run of its own.
 */
#include "gen/gen.h"
#include "loop/guide.h"
#include "task/future.h"
#include "task/slow.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the run's memory -------------------------------------------------- */

static void free_blocks(struct cd_blocks *b)
{
    struct cd_block *block;
    while ((block = b->free)) {
        b->free = block->next;
        free(block);
    }
}

/* ---- running ----------------------------------------------------------- */

void cd_run_emptied(struct cd_run *run)
{
    if (run->main.live > 0)
        return;
    if (!run->main_over)
        cd_interrupt_main_over(run);
    run->main_over = true;
    if (run->background.live > 0)
        cd_scope_cancel(&run->background.scope, "the main task is over");
    else
        run->loop->stopping = true;
}

static cede_time loop_clock(void *poller)
{
    struct cd_poller *p = poller;
    return p->type->clock(p);
}

static const struct cd_above above = {.task_name = cede_task_name,
                                      .describe_open = cd_scope_describe_open};

/* What a thread that runs a loop knows of itself; back to what it was. */
static struct cd_thread enter_loop(struct cd_run *run, unsigned stack_class,
                                   bool debug)
{
    struct cd_thread before = cd_me;
    struct cd_loop *l = run->loop;
    cd_me.run = run;
    cd_me.loop = l;
    cd_me.task = NULL;
    cd_me.stack_class = stack_class;
    cd_me.debug |= debug;
    /* The monotonic clock is read without detours. */
    cd_me.clock = l->poller->type->jumps ? loop_clock : NULL;
    cd_me.clock_ctx = l->poller;
    cd_me.turn = &l->now;
    cd_me.above = &above;
    cd_me.seen = l->now;
    cd_stack_hoard(true);
    return before;
}

static void leave_loop(const struct cd_thread *before)
{
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

static const struct cd_thread outside;

/* In the child of a fork. */
static void leave_behind(void)
{
    cd_gen_unlock_made();
    cd_interrupt_forked();
    if (!cd_me.loop)
        return;
    cd_loop_disown(cd_me.loop);
    if (cd_me.task) {
        cd_me.task->scope = NULL; /* the task's end will notice */
        cd_locals_leave_behind();
    }
    leave_loop(&outside);
    cd_me.stack_class = (unsigned)cd_stack_class(0);
    cd_me.debug = cd_debug_wanted();
    cd_me.probe = NULL;
    cd_me.forked = true;
}

static void watch_forks(void)
{
    pthread_atfork(cd_gen_lock_made, cd_gen_unlock_made, leave_behind);
}

/* A guide, if somebody wants one. */
static void find_guide(struct cd_slow *s, struct cd_loop *l,
                       const cede_options *o, uint64_t seed)
{
    struct cd_probe *probe = cd_me.probe;
    l->budget = CD_BUDGET;
    if (seed || probe || cd_me.debug)
        cd_guide_attach(&s->guide, l, seed);
    if (cd_me.debug)
        cd_slow_watch(s, o ? o->slow_step : 0);
    if (probe)
        probe->opened(probe, l);
}

static void leave_guide(const struct cd_loop *l)
{
    if (l->guide && l->guide->seed)
        cd_me.schedule = l->guide->hash;
}

static void open_groups(struct cd_run *run)
{
    cd_group_init(&run->main, run);
    cd_scope_init(&run->main.scope, NULL, NULL);
    cd_group_init(&run->background, run);
    cd_scope_init(&run->background.scope, NULL, NULL);
    cd_list_init(&run->refused);
    cd_list_init(&run->afters);
    cd_list_init(&run->made);
    cd_me.made = cd_me.debug ? &run->made : NULL;
    run->main.scope.group = run->background.scope.group = true;
    run->main.scope.site = "main\0";
    run->background.scope.site = "background\0";
}

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
static void finish(struct cd_run *run)
{
    cd_afters_end(run);
    cd_loop_run(run->loop);
    read_last(run);
}

/* The main task's result, with its message. */
static int run_main(struct cd_run *run, const struct cd_start *main)
{
    int rc = cd_task_start(&run->main, main);
    if (rc < 0)
        return rc;
    cd_loop_run(run->loop);
    finish(run);
    int result = *main->result_at;
    struct cd_failures *f = run->main.failures;
    if (result < 0) {
        cd_message_set(cd_current(), f ? f->kept[0].message : NULL);
        if (f)
            f->kept[0].message = NULL;
    }
    cd_failures_free(f);
    return result;
}

static void close_run(struct cd_run *run, const struct cd_thread *before)
{
    struct cd_coro *co = cd_current();
    struct cd_message *message = cd_message_lift(co);
    cd_loop_close(run->loop); /* callbacks that came late may have their own */
    leave_loop(before);
    cd_gen_report_made(&run->made); /* to a hook that may ask for the time */
    cd_message_set(co, message);
    free_blocks(&run->scopes);
    free_blocks(&run->groups);
    free_blocks(&run->futures);
    free_blocks(&run->tickets);
}

int cede_run_named_(const cede_options *o, const char *name, cede_fn *fn,
                    void *arg)
{
    cd_thread_ready();
    if (cd_me.loop)
        return cede_fail(-EBUSY, "cede_run inside of cede_run: this thread "
                                 "runs a loop already");
    size_t stack_size = o ? o->stack_size : 0;
    int size_class = cd_stack_class(stack_size);
    if (size_class < 0)
        return cede_fail(-ENOMEM,
                         "cede_options: a stack of %zu bytes; 1 GiB "
                         "is the most",
                         stack_size);
    uint64_t seed = o ? o->seed : 0;
    if (!seed && cd_guide_number("CEDE_SEED", &seed) < 0)
        return -EINVAL;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    struct cd_run run = {0};
    int rc = cd_loop_open(o ? o->poller : NULL, &run.loop);
    if (rc < 0)
        return rc;
    struct cd_thread before =
        enter_loop(&run, (unsigned)size_class, o && o->debug);
    struct cd_slow slow;
    find_guide(&slow, run.loop, o, seed);
    open_groups(&run);
    int result = 0;
    struct cd_start main = {.name = o && o->name ? o->name : name,
                            .site = name,
                            .fn = fn,
                            .arg = arg,
                            .result_at = &result};
    if (!o || !o->no_sigint)
        cd_interrupt_watch(&run);
    rc = cd_interrupt_leave(&run, run_main(&run, &main));
    leave_guide(run.loop);
    close_run(&run, &before);
    if (run.interrupted)
        (void)kill(getpid(), SIGINT); /* this thread may block it */
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
