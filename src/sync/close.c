/* SPDX-License-Identifier: MIT
 *
 * close.c - the end of queues, and of what is in them.
 *
 * on_discard is the user's and called without a lock: so items are taken out
 * one by one, and stay where they are, for nobody puts into a closed queue.
 */
#include "sync/queue.h"

#include <cede/queue.h>
#include <stdlib.h>

/* ---- closing ----------------------------------------------------------- */

void cede_queue_close(cede_queue *q)
{
    if (!q)
        return;
    struct cd_deal d;
    cd_deal_begin(&d, q, NULL);
    cd_deal_close(&d);
    cd_deal_end(&d);
}

static void finish(cede_queue *q, size_t n)
{
    struct cd_deal d;
    cd_deal_begin(&d, q, NULL);
    cd_deal_done(&d, n);
    cd_deal_end(&d);
}

/* Take one out of a closed queue, where it stays, for nobody puts; and whom
 * that concerns.  NULL: none is left. */
static void *drop(cede_queue *q, void (**on_discard)(void *item))
{
    cd_queue_lock(q);
    void *item = q->count > 0 ? cd_items_drop(q) : NULL;
    *on_discard = q->on_discard;
    cd_queue_unlock(q);
    return item;
}

void cede_queue_discard(cede_queue *q)
{
    if (!q)
        return;
    cede_queue_close(q);
    size_t n = 0;
    void (*on_discard)(void *item);
    for (void *item; (item = drop(q, &on_discard)); n++)
        if (on_discard)
            on_discard(item);
    finish(q, n);
}

/* ---- freeing ----------------------------------------------------------- */

static bool taken(struct cd_select *s)
{
    pthread_mutex_lock(&s->lock);
    bool taken = s->taken;
    pthread_mutex_unlock(&s->lock);
    return taken;
}

/* In a local queue a select that was served by another thread does not wait any
 * more; in a shared one it has to come by yet. */
static bool waits(const cede_queue *q, struct cd_select *s)
{
    return s->forks == cd_forks &&
           ((q->odd & CD_SHARED) || !s->contested || !taken(s));
}

static void check_empty(const cede_queue *q, const struct cd_list *line)
{
    cd_list_each (node, line) {
        struct cd_wait *w = cd_container(node, struct cd_wait, node);
        if (w->task == &cd_choosing) {
            struct cd_select *s =
                cd_container(w, struct cd_choice, wait)->select;
            if (!waits(q, s))
                continue;
            w = &s->wait;
        }
        cd_check(w->task, "cede_queue_free while a thread waits in the queue");
        cd_abort("cede_queue_free while task '%s' waits in the queue",
                 w->task->co.name);
    }
}

static void check_unused(cede_queue *q)
{
    cd_queue_lock(q);
    check_empty(q, &q->getters);
    check_empty(q, &q->putters);
    check_empty(q, &q->joiners);
    cd_queue_unlock(q);
}

void cede_queue_free(cede_queue *q)
{
    if (!q)
        return;
    check_unused(q);
    cede_queue_discard(q);
    if (q->odd & CD_SHARED)
        pthread_mutex_destroy(
            &cd_container(q, struct cd_shared_queue, queue)->lock);
    free(q->ring);
    free(q);
}

/* ---- items that are dealt with ----------------------------------------- */

int cede_queue_done(cede_queue *q)
{
    if (!q)
        return -ENOMEM;
    struct cd_deal d;
    cd_deal_begin(&d, q, NULL);
    bool any = q->unfinished > 0;
    cd_deal_done(&d, 1);
    cd_deal_end(&d);
    return any ? 0
               : cede_fail(-EINVAL, "cede_queue_done called more often than "
                                    "items were put");
}

int cede_queue_join(cede_queue *q)
{
    if (!q)
        return -ENOMEM;
    int rc = cd_me.task ? cd_checkpoint(cd_me.task) : 0;
    return rc < 0 ? rc : cd_queue_wait_done(q, "cede_queue_join");
}
