/* SPDX-License-Identifier: MIT
 *
 * select.c - waiting for one of several choices, or where a select is what
 * waits: with many items, in shared queues, on threads.
 *
 * First every case is tried, in order.  If none can happen, the select lines
 * up for all of them, and waits until somebody has served one.  While it lines
 * up in shared queues other threads may serve it already, or make one of the
 * later cases possible: so under each one's lock that case is tried again, as a
 * deal of a select that stands in other lines.
 */
#include "sync/queue.h"

#include <cede/queue.h>

/* ---- a wait ------------------------------------------------------------ */

/* The one that was chosen has left, and its queue may be gone. */
static void leave_line(struct cd_choice *c)
{
    if (!c->shared) {
        cd_list_remove(&c->wait.node);
        return;
    }
    cd_queue_lock(c->queue);
    cd_list_remove(&c->wait.node);
    cd_queue_unlock(c->queue);
}

static void withdraw(struct cd_select *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (&s->choices[i] != s->chosen)
            leave_line(&s->choices[i]);
}

/* The one choice, if nobody has served it. */
static bool leave_only_line(struct cd_choice *c)
{
    cd_queue_lock(c->queue);
    bool waiting = cd_list_linked(&c->wait.node);
    cd_list_remove(&c->wait.node);
    cd_queue_unlock(c->queue);
    return waiting;
}

/* Not once somebody has served it: completion beats cancellation. */
static bool select_abort(struct cd_wait *w)
{
    struct cd_select *s = cd_container(w, struct cd_select, wait);
    if (s->n == 1)
        return leave_only_line(s->choices);
    if (s->contested && !cd_select_claim(s))
        return false;
    withdraw(s);
    return true;
}

size_t cd_select_awaited(const struct cd_wait *w)
{
    const struct cd_select *s = cd_container(w, const struct cd_select, wait);
    size_t used = 0;
    for (size_t i = 0; w->abort == select_abort && i < s->n; i++)
        used += s->choices[i].kind != CEDE_NOTHING;
    return used;
}

void cd_select_grant(struct cd_select *s)
{
    if (s->contested)
        withdraw(s);
    cd_wait_grant(&s->wait, 0);
}

static void run_grant(struct cd_work *w)
{
    cd_select_grant(cd_container(w, struct cd_select, work));
}

static void init_choice(struct cd_choice *c, struct cd_select *s)
{
    cd_list_init(&c->wait.node);
    c->wait.task = &cd_choosing;
    c->select = s;
    /* Of nothing no queue is there to look at, but that of a join is. */
    bool used = c->kind != CEDE_NOTHING || s->n == 1;
    c->shared = used && (c->queue->odd & CD_SHARED);
    s->shared |= c->shared;
}

static void init(struct cd_select *s, struct cd_choice *choices, size_t n)
{
    s->wait.task = cd_me.task;
    s->wait.abort = select_abort;
    s->choices = choices;
    s->chosen = NULL;
    s->n = n;
    s->many = 1;
    s->moved = 0;
    s->loop = cd_me.task ? cd_me.loop : NULL;
    s->forks = cd_forks;
    s->shared = s->taken = false;
    for (size_t i = 0; i < n; i++)
        init_choice(&choices[i], s);
    s->contested = s->shared && n > 1;
    if (!s->shared)
        return;
    s->work.run = run_grant;
    pthread_mutex_init(&s->lock, NULL);
    if (!s->loop)
        sem_init(&s->sem, 0, 0);
}

static void end(struct cd_select *s)
{
    if (!s->shared)
        return;
    pthread_mutex_destroy(&s->lock);
    if (!s->loop)
        sem_destroy(&s->sem);
}

static int wait_on_thread(struct cd_select *s)
{
    int saved = errno;
    while (sem_wait(&s->sem) < 0)
        ; /* interrupted by a signal */
    errno = saved;
    if (s->contested)
        withdraw(s);
    return 0;
}

/* Until somebody has served it: 0 and it stands in no line, or -ECANCELED. */
static int wait(struct cd_select *s, const char *why)
{
    return s->loop ? cd_wait_in(&s->wait, NULL, why) : wait_on_thread(s);
}

/* May the caller wait where all queues are shared, or some are not?  0, or
 * -EPERM. */
static int may_wait(bool shared, const char *what)
{
    if (cd_me.task || (shared && !cd_me.loop))
        return 0;
    cd_task_missing(what);
    return -EPERM;
}

/* ---- many items, or a shared queue ------------------------------------- */

/* Wait in the line where items are put or got; none: where it is waited for
 * them to be done.  `moved` of n items are, already. */
static int wait_alone(struct cd_deal *d, struct cd_choice *c, size_t n,
                      size_t moved, const char *why)
{
    struct cd_select s;
    init(&s, c, 1);
    s.many = n;
    s.moved = moved;
    cd_deal_line_up(d, c);
    cd_deal_end(d);
    int rc = wait(&s, why);
    end(&s);
    if (s.moved > 0)
        return (int)s.moved;
    return rc < 0 ? rc : c->rc;
}

int cd_queue_put(cede_queue *q, const void *items, size_t n, const char *what)
{
    struct cd_deal d;
    cd_deal_begin(&d, q, NULL);
    int rc = cd_deal_put(&d, items, n);
    size_t moved = rc > 0 ? (size_t)rc : 0;
    bool full = rc == -EAGAIN || (moved > 0 && moved < n && !q->closed &&
                                  q->capacity != SIZE_MAX);
    if (full && may_wait(q->odd & CD_SHARED, what) == 0)
        return wait_alone(&d,
                          &(struct cd_choice){.queue = q,
                                              .kind = CEDE_PUT,
                                              .item = (void *)(uintptr_t)items},
                          n, moved, "queue put");
    cd_deal_end(&d);
    return rc == -EAGAIN ? -EPERM : rc;
}

int cd_queue_get(cede_queue *q, void *items, size_t n, const char *what)
{
    struct cd_deal d;
    cd_deal_begin(&d, q, NULL);
    int rc = cd_deal_get(&d, items, n);
    if (rc == -EAGAIN && may_wait(q->odd & CD_SHARED, what) == 0)
        return wait_alone(
            &d,
            &(struct cd_choice){.queue = q, .kind = CEDE_GET, .item = items}, n,
            0, "queue get");
    cd_deal_end(&d);
    return rc == -EAGAIN ? -EPERM : rc;
}

int cd_queue_wait_done(cede_queue *q, const char *what)
{
    struct cd_deal d;
    cd_deal_begin(&d, q, NULL);
    int rc = q->unfinished == 0 ? 0 : may_wait(q->odd & CD_SHARED, what);
    if (q->unfinished > 0 && rc == 0)
        return wait_alone(&d, &(struct cd_choice){.queue = q}, 1, 0,
                          "queue join");
    cd_deal_end(&d);
    return rc;
}

/* ---- select ------------------------------------------------------------ */

/* Is there something to choose?  0, -EINVAL, -ENOMEM. */
static int check(const cede_case *cases, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; n <= INT_MAX && i < n; i++) {
        enum cede_case_kind kind = cases[i].kind;
        if (kind == CEDE_NOTHING)
            continue;
        if (kind != CEDE_GET && kind != CEDE_PUT)
            return cede_fail(-EINVAL, "case %zu of a select is of kind %d", i,
                             (int)kind);
        if (!cases[i].queue)
            return -ENOMEM;
        used++;
    }
    return used > 0 ? 0 : cede_fail(-EINVAL, "a select of %zu cases", n);
}

/* The index of the first that can happen, which has happened now; -EAGAIN;
 * -ENOMEM. */
static int try_all(cede_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cede_case *c = &cases[i];
        if (c->kind == CEDE_NOTHING)
            continue;
        int rc = c->kind == CEDE_PUT ? cede_try_put(c->queue, c->item)
                                     : cede_try_get(c->queue, c->item);
        if (rc == -EAGAIN)
            continue;
        if (rc == -ENOMEM)
            return rc;
        c->rc = rc;
        return (int)i;
    }
    return -EAGAIN;
}

/* Line up for a case; or, if it can happen by now, have it happen: what that
 * answers.  -EAGAIN: it cannot. */
static int line_up(struct cd_select *s, struct cd_choice *c)
{
    struct cd_deal d;
    int rc = -EAGAIN;
    cd_deal_begin(&d, c->queue, s->contested ? s : NULL);
    if (c->shared)
        rc = c->kind == CEDE_PUT ? cd_deal_put(&d, c->item, 1)
                                 : cd_deal_get(&d, c->item, 1);
    if (rc == -EAGAIN && !d.lost)
        cd_deal_line_up(&d, c);
    cd_deal_end(&d);
    return rc;
}

/* The same for all, up to the first that happens. */
static int line_up_for_all(struct cd_select *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct cd_choice *c = &s->choices[i];
        int rc = c->kind == CEDE_NOTHING ? -EAGAIN : line_up(s, c);
        if (rc == -EAGAIN)
            continue;
        c->rc = rc > 0 && c->kind == CEDE_PUT ? 0 : rc;
        s->chosen = c;
        withdraw(s);
        return rc == -ENOMEM ? rc : 0;
    }
    return -EAGAIN;
}

/* Are all queues shared? */
static bool all_shared(const cede_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cases[i].kind != CEDE_NOTHING && !(cases[i].queue->odd & CD_SHARED))
            return false;
    return true;
}

static int wait_for_one(cede_case *cases, size_t n)
{
    int rc =
        may_wait(all_shared(cases, n), "cede_select of what cannot happen yet");
    if (rc < 0)
        return rc;
    struct cd_select s;
    init(&s, (struct cd_choice *)(void *)cases, n);
    rc = line_up_for_all(&s);
    if (rc == -EAGAIN)
        rc = wait(&s, "select");
    end(&s);
    return rc < 0 ? rc : (int)(s.chosen - s.choices);
}

int cede_select(cede_case *cases, size_t n)
{
    int rc = check(cases, n);
    if (rc == 0 && cd_me.task)
        rc = cd_checkpoint(cd_me.task);
    if (rc == 0)
        rc = try_all(cases, n);
    return rc == -EAGAIN ? wait_for_one(cases, n) : rc;
}

int cede_try_select(cede_case *cases, size_t n)
{
    int rc = check(cases, n);
    return rc < 0 ? rc : try_all(cases, n);
}
