/* SPDX-License-Identifier: MIT
 *
 * wait.c - how a task stops, and how it goes on.
 *
 * To wait is: stand in a queue, give the processor to whoever is next, and
 * find the answer in one's own struct cd_wait when resumed.  Whoever grants
 * unlinks the wait and makes the task ready at once, so a granted wait cannot
 * be granted or cancelled a second time: completion beats cancellation.
 */
#include "loop/guide.h"
#include "task/task.h"

#include <time.h>

/* Stop here until somebody makes the task ready and its turn comes.  The
 * task may stand on its own stack or on that of a generator it steps. */
static __attribute__((noinline)) void park(struct cd_task *t)
{
    struct cd_coro *co = cd_current();
    if (cd_unlikely(t->unarmed))
        cd_scope_arm(t);
    struct cd_ctx *next = cd_loop_pick(t->loop);
    t->budget = t->loop->budget;
    if (next == &t->strand.ctx)
        return; /* it was ready itself, and alone */
#ifdef CD_FIBERS
    t->strand.ctx.fiber = co->fiber;
#endif
    cd_switch(&t->strand.ctx, next);
    cede_me_.co = co;
    cd_me.task = t;
}

int cd_wait_in(struct cd_wait *w, struct cd_list *queue, const char *why)
{
    struct cd_task *t = cd_me.task;
    w->task = t;
    w->why = why;
    w->since = t->loop->now;
    if (queue)
        cd_list_append(queue, &w->node);
    else
        cd_list_init(&w->node);
    t->wait = w;
    park(t);
    return w->rc;
}

bool cd_wait_refuse(struct cd_wait *w)
{
    (void)w;
    return false;
}

void cd_task_yield(struct cd_task *t)
{
    cd_loop_last(t->loop, &t->strand.work);
    park(t);
}

void cd_task_rest(struct cd_task *t)
{
    t->budget = t->loop->budget;
    if (!t->loop->guide || cd_guide_pause(t->loop, &t->strand))
        cd_task_yield(t);
}

void cd_task_pause(struct cd_task *t)
{
    cd_guide_moment(t->loop);
    cd_task_rest(t);
}

int cd_task_begins(struct cd_task *t)
{
    cd_guide_moment(t->loop);
    return t->scope->effective ? cd_checkpoint(t) : 0;
}

void cd_task_missing(const char *what)
{
    cede_fail(-EPERM, "%s would have to wait, and was called outside a task%s",
              what, cd_task_forked());
}

const char *cd_task_forked(void)
{
    return cd_me.forked ? ": this process was forked in one, and left it to "
                          "its parent"
                        : "";
}

const char *cd_task_hint(const char *instead)
{
    return cd_me.forked ? cd_task_forked() : instead;
}

/* ---- sleep ------------------------------------------------------------- */

struct sleep {
    struct cd_wait wait;
    struct cd_timer timer;
};

static void sleep_over(struct cd_timer *timer)
{
    cd_wait_grant(&cd_container(timer, struct sleep, timer)->wait, 0);
}

static bool sleep_abort(struct cd_wait *w)
{
    struct sleep *s = cd_container(w, struct sleep, wait);
    cd_timer_cancel(&w->task->loop->timers, &s->timer);
    return true;
}

static int sleep_thread(cede_time delay)
{
    if (cd_me.loop)
        return cede_fail(-EPERM, "cede_sleep called on a loop's thread, "
                                 "outside a task");
    int saved = errno;
    struct timespec left = {.tv_sec = delay > 0 ? delay / CEDE_SEC : 0,
                            .tv_nsec = delay > 0 ? delay % CEDE_SEC : 0};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
    errno = saved;
    return 0;
}

int cede_sleep(cede_time delay)
{
    struct cd_task *t = cd_me.task;
    if (!t)
        return sleep_thread(delay);
    int rc = cd_checkpoint_begin(t);
    if (rc < 0)
        return rc;
    if (delay <= 0) {
        cd_task_yield(t);
        return 0;
    }
    struct sleep s = {.wait.abort = sleep_abort,
                      .timer = {.when = cede_in(delay), .fire = sleep_over}};
    if (delay == CEDE_NEVER) {
        s.wait.abort = NULL;
        return cd_wait_in(&s.wait, NULL, "sleep");
    }
    cd_timer_set(&t->loop->timers, &s.timer);
    return cd_wait_in(&s.wait, NULL, "sleep");
}
