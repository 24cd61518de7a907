/* SPDX-License-Identifier: MIT
 *
 * pause.c - waiting for room that nobody tells of: a Unix socket's peer has a
 * full backlog, or queue.  It is tried again, more seldom every time.
 */
#include "io/call.h"

static const cede_time first_pause = CEDE_MS, longest_pause = 64 * CEDE_MS;

/* Sleeps, and waits where it is told of being closed. */
struct pause {
    struct cd_wait wait;
    struct cd_fd_waiter waiter;
    struct cd_timer timer;
    struct cd_fd *fd;
};

static void pause_over(struct cd_timer *timer)
{
    struct pause *p = cd_container(timer, struct pause, timer);
    cd_fd_await_no_more(p->fd, CD_OUT);
    cd_wait_grant(&p->wait, 0);
}

static void pause_told(struct cd_fd_waiter *waiter, int rc)
{
    struct pause *p = cd_container(waiter, struct pause, waiter);
    if (rc == 0) { /* to be writable says nothing here */
        cd_fd_drained(p->fd, CD_OUT);
        rc = cd_fd_await(p->fd, CD_OUT, waiter);
    }
    if (rc == 0)
        return;
    cd_timer_cancel(&p->wait.task->loop->timers, &p->timer);
    cd_wait_grant(&p->wait, rc);
}

static bool pause_abort(struct cd_wait *wait)
{
    struct pause *p = cd_container(wait, struct pause, wait);
    cd_fd_await_no_more(p->fd, CD_OUT);
    cd_timer_cancel(&wait->task->loop->timers, &p->timer);
    return true;
}

static int pause_on(struct cd_fd *f, cede_time delay, const char *why)
{
    struct pause p = {.wait.abort = pause_abort,
                      .waiter.tell = pause_told,
                      .timer = {.when = cede_in(delay), .fire = pause_over},
                      .fd = f};
    if (cd_fd_awaited(f, CD_OUT))
        return cd_fd_busy(why);
    cd_fd_drained(f, CD_OUT);
    int rc = cd_fd_await(f, CD_OUT, &p.waiter);
    if (rc < 0)
        return rc;
    cd_timer_set(&f->loop->timers, &p.timer);
    return cd_wait_in(&p.wait, NULL, why);
}

int cd_call_pause(const struct cd_call *c, cede_time *pause)
{
    *pause = *pause == 0 ? first_pause : *pause;
    cede_time delay = *pause;
    if (*pause < longest_pause)
        *pause *= 2;
    if (!cd_me.task)
        return cede_sleep(delay);
    struct cd_fd *f;
    int rc = cd_fds_use(cd_me.task->loop, c->fd, CD_OUT, &f);
    return rc < 0 ? rc : pause_on(f, delay, c->why);
}
