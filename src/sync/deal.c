/* SPDX-License-Identifier: MIT
 *
 * deal.c - moving items between a caller, a store and two lines of waiters.
 *
 * A waiter is claimed before it is touched.  One with a single choice is
 * claimed by whoever finds it in the line, under the queue's lock; so is one
 * whose choices are all of one loop, by that loop's thread.  Otherwise two
 * threads may come to two of its choices, and its own lock decides; if the
 * caller too stands in other lines by then, both are claimed together, their
 * locks taken in the order of addresses, so that neither is claimed in vain.
 *
 * A batch that is put stays at the head of the line until all of it was taken,
 * and is waked once.  A batch that is got waits for its first item alone.
 */
#include "sync/queue.h"

/* A task of a loop that no thread runs. */
static struct cd_loop nowhere;
struct cd_task cd_choosing = {.loop = &nowhere};

void cd_deal_begin(struct cd_deal *d, cede_queue *q, struct cd_select *self)
{
    d->queue = q;
    d->self = self;
    d->lost = false;
    d->told = NULL;
    d->told_end = &d->told;
    cd_queue_lock(q);
}

static void tell(struct cd_select *s)
{
    if (s->loop == cd_me.loop && s->loop)
        cd_select_grant(s);
    else if (s->loop)
        (void)cd_loop_post(s->loop, &s->work); /* which runs: s waits there */
    else
        sem_post(&s->sem); /* from here on its frame may be gone */
}

void cd_deal_end(struct cd_deal *d)
{
    cd_queue_unlock(d->queue);
    *d->told_end = NULL;
    for (struct cd_select *s = d->told, *next; s; s = next) {
        next = s->next;
        tell(s);
    }
}

/* ---- claims ------------------------------------------------------------ */

/* What came of it: it is ours to serve; it is not to be served any more; or the
 * deal is not to be made any more. */
enum claim { OURS, GONE, LOST };

bool cd_select_claim(struct cd_select *s)
{
    pthread_mutex_lock(&s->lock);
    bool ours = !s->taken;
    s->taken = true;
    pthread_mutex_unlock(&s->lock);
    return ours;
}

/* Whose deal it is has not been served elsewhere, and will not be. */
static bool stand(struct cd_deal *d)
{
    struct cd_select *self = d->self;
    d->self = NULL;
    if (self && !cd_select_claim(self))
        d->lost = true;
    return !d->lost;
}

static enum claim claim_both(struct cd_deal *d, struct cd_select *s)
{
    struct cd_select *self = d->self;
    pthread_mutex_t *low = self < s ? &self->lock : &s->lock;
    pthread_mutex_t *high = self < s ? &s->lock : &self->lock;
    pthread_mutex_lock(low);
    pthread_mutex_lock(high);
    enum claim claim = self->taken ? LOST : s->taken ? GONE : OURS;
    if (claim == OURS)
        self->taken = s->taken = true;
    pthread_mutex_unlock(high);
    pthread_mutex_unlock(low);
    if (claim != GONE)
        d->self = NULL;
    d->lost = claim == LOST;
    return claim;
}

static void check_thread(const struct cd_task *t)
{
    cd_check(t->loop == cd_me.loop,
             "a queue is used by two threads: task '%s' waits in it on "
             "another%s",
             t->co.name,
             cd_task_hint(": between threads use cede_queue_new_shared"));
}

static enum claim claim(struct cd_deal *d, struct cd_select *s)
{
    if (!(d->queue->odd & CD_SHARED))
        check_thread(s->wait.task);
    if (s->forks != cd_forks)
        return GONE;
    if (s->contested && d->self)
        return claim_both(d, s);
    if (s->contested)
        return cd_select_claim(s) ? OURS : GONE;
    return stand(d) ? OURS : LOST;
}

/* ---- who is met -------------------------------------------------------- */

/* A waiter that is ours to serve. */
struct party {
    struct cd_wait *wait;     /* in the line */
    struct cd_choice *choice; /* NULL: it is a struct cd_pass */
    char *items;              /* where to or where from; NULL: nowhere */
    size_t n;
};

static struct party party_of_pass(struct cd_wait *w)
{
    void *item = cd_container(w, struct cd_pass, wait)->item;
    return (struct party){.wait = w, .items = item, .n = 1};
}

static struct party party_of_choice(struct cd_choice *c)
{
    const struct cd_select *s = c->select;
    char *items = c->item;
    if (items)
        items += s->moved * c->queue->item_size;
    return (struct party){&c->wait, c, items, s->many - s->moved};
}

/* Meet the first in the line who can be served; false: nobody, or it is
 * lost. */
static bool meet(struct cd_deal *d, struct cd_list *line, struct party *p)
{
    struct cd_list *node = line->next;
    while (node != line && !d->lost) {
        struct cd_wait *w = cd_container(node, struct cd_wait, node);
        node = node->next;
        if (w->task != &cd_choosing) {
            check_thread(w->task);
            *p = party_of_pass(w);
            return stand(d);
        }
        struct cd_choice *c = cd_container(w, struct cd_choice, wait);
        if (c->select == d->self)
            continue; /* nobody meets himself */
        enum claim how = claim(d, c->select);
        if (how == GONE)
            cd_list_remove(&w->node);
        if (how != OURS)
            continue;
        *p = party_of_choice(c);
        return true;
    }
    return false;
}

/* The select is over.  It leaves its other lines and goes on: at once, if they
 * need no lock; else when this one is released. */
static void finish(struct cd_deal *d, struct cd_choice *c, int rc)
{
    struct cd_select *s = c->select;
    cd_list_remove(&c->wait.node);
    c->rc = rc;
    s->chosen = c;
    if (!s->loop || s->loop != cd_me.loop || s->contested) {
        *d->told_end = s;
        d->told_end = &s->next;
        return;
    }
    for (size_t i = 0; i < s->n; i++)
        cd_list_remove(&s->choices[i].wait.node);
    cd_wait_grant(&s->wait, 0);
}

/* It is over with this answer. */
static void dismiss(struct cd_deal *d, const struct party *p, int rc)
{
    if (p->choice)
        finish(d, p->choice, rc);
    else
        cd_wait_grant(p->wait, rc);
}

/* n of its items were got or put. */
static void serve_getter(struct cd_deal *d, const struct party *p, size_t n)
{
    if (p->choice)
        p->choice->select->moved += n;
    dismiss(d, p, 1);
}

static void serve_putter(struct cd_deal *d, const struct party *p, size_t n)
{
    if (p->choice)
        p->choice->select->moved += n;
    if (n == p->n)
        dismiss(d, p, 0);
}

/* ---- putting ----------------------------------------------------------- */

static size_t less(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Room for so many of n, if need be made for them. */
static size_t make_room(cede_queue *q, size_t n)
{
    if (q->capacity != SIZE_MAX)
        return less(n, q->capacity - q->count);
    while (q->room - q->count < n && cd_items_grow(q) == 0)
        ;
    return less(n, q->room - q->count);
}

/* To getters, straight from where the items are. */
static size_t hand_over(struct cd_deal *d, const char *items, size_t n)
{
    cede_queue *q = d->queue;
    size_t done = 0;
    struct party p;
    while (done < n && meet(d, &q->getters, &p)) {
        size_t k = less(n - done, p.n);
        if (p.items)
            cd_item_copy(p.items, items + done * q->item_size,
                         k * q->item_size);
        q->unfinished += k;
        done += k;
        serve_getter(d, &p, k);
    }
    return done;
}

static size_t store(struct cd_deal *d, const char *items, size_t n)
{
    cede_queue *q = d->queue;
    size_t k = d->lost ? 0 : make_room(q, n);
    if (k == 0 || !stand(d))
        return 0;
    cd_items_push(q, items, k);
    q->unfinished += k;
    return k;
}

int cd_deal_put(struct cd_deal *d, const char *items, size_t n)
{
    cede_queue *q = d->queue;
    if (q->closed)
        return stand(d) ? CEDE_ECLOSED : -EAGAIN;
    if (!items)
        items = ""; /* of no size */
    size_t done = hand_over(d, items, n);
    if (done < n)
        done += store(d, items + done * q->item_size, n - done);
    if (done > 0)
        return (int)done;
    return q->capacity == SIZE_MAX && stand(d) ? -ENOMEM : -EAGAIN;
}

/* ---- getting ----------------------------------------------------------- */

/* There is room: for what the first putters have. */
static void admit(struct cd_deal *d)
{
    cede_queue *q = d->queue;
    struct party p;
    while (q->count < q->capacity && meet(d, &q->putters, &p)) {
        size_t k = less(p.n, q->capacity - q->count);
        cd_items_push(q, p.items, k);
        q->unfinished += k;
        serve_putter(d, &p, k);
    }
}

static size_t take_stored(struct cd_deal *d, char *items, size_t n)
{
    cede_queue *q = d->queue;
    size_t done = 0;
    while (done < n && q->count > 0 && stand(d)) {
        /* What is admitted may come before what is there. */
        size_t k = q->odd & (CD_LIFO | CD_SORTED) ? 1 : n - done;
        k = less(k, q->count);
        cd_items_pop(q, items ? items + done * q->item_size : NULL, k);
        done += k;
        admit(d);
    }
    return done;
}

/* A rendezvous: from the putters themselves. */
static size_t take_over(struct cd_deal *d, char *items, size_t n)
{
    cede_queue *q = d->queue;
    size_t done = 0;
    struct party p;
    while (done < n && meet(d, &q->putters, &p)) {
        size_t k = less(n - done, p.n);
        if (items)
            cd_item_copy(items + done * q->item_size, p.items,
                         k * q->item_size);
        q->unfinished += k;
        done += k;
        serve_putter(d, &p, k);
    }
    return done;
}

int cd_deal_get(struct cd_deal *d, char *items, size_t n)
{
    cede_queue *q = d->queue;
    size_t done =
        q->capacity == 0 ? take_over(d, items, n) : take_stored(d, items, n);
    if (done > 0)
        return (int)done;
    return q->closed && stand(d) ? 0 : -EAGAIN;
}

/* ---- the others -------------------------------------------------------- */

static void dismiss_all(struct cd_deal *d, struct cd_list *line, int rc)
{
    struct party p;
    while (meet(d, line, &p))
        dismiss(d, &p, rc);
}

void cd_deal_done(struct cd_deal *d, size_t n)
{
    cede_queue *q = d->queue;
    /* Fewer are left when items were called done before they were got. */
    q->unfinished -= less(n, q->unfinished);
    if (q->unfinished == 0)
        dismiss_all(d, &q->joiners, 0);
}

void cd_deal_close(struct cd_deal *d)
{
    cede_queue *q = d->queue;
    q->closed = true;
    if (!(q->odd & CD_SHARED))
        q->odd |= CD_CLOSED;
    dismiss_all(d, &q->putters, CEDE_ECLOSED);
    dismiss_all(d, &q->getters, 0);
}

void cd_deal_line_up(struct cd_deal *d, struct cd_choice *c)
{
    cede_queue *q = d->queue;
    struct cd_list *line = c->kind == CEDE_PUT   ? &q->putters
                           : c->kind == CEDE_GET ? &q->getters
                                                 : &q->joiners;
    cd_list_append(line, &c->wait.node);
}
