/* SPDX-License-Identifier: MIT
 *
 * several.c - watching several futures at once.
 */
#include "task/several.h"
#include "base/bell.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void run_arrived(struct cd_work *w);
static void tell_entry(struct cd_watch *w, cede_future *f);

struct cd_several *cd_several_new(cede_future *const *fs, size_t n)
{
    struct cd_several *all;
    if (n > (SIZE_MAX - sizeof *all) / sizeof all->entries[0])
        return NULL;
    all = cd_zalloc(sizeof *all + n * sizeof all->entries[0]);
    if (!all)
        return NULL;
    all->n = all->left = n;
    cd_list_init(&all->seen);
    for (size_t i = 0; i < n; i++) {
        struct cd_entry *e = &all->entries[i];
        e->all = all;
        e->far.future = fs[i];
        e->far.watch.tell = tell_entry;
        e->far.work.run = run_arrived;
        cd_list_init(&e->far.watch.node);
    }
    return all;
}

static void free_all(struct cd_several *all)
{
    if (all->loop)
        cd_loop_drop(all->loop);
    if (all->on_thread)
        pthread_mutex_destroy(&all->lock);
    cd_message_free(all->message);
    free(all);
}

/* ---- waiting ----------------------------------------------------------- */

static void end_wait(struct cd_several *all, int rc)
{
    all->waiting = false;
    if (all->on_thread)
        cd_bell_ring(&all->bell);
    else
        cd_wait_grant(&all->wait, rc);
}

/* Is one done that is not seen, so that news of it must come? */
static bool news(const struct cd_several *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (!all->entries[i].seen && cede_done(all->entries[i].far.future))
            return true;
    return false;
}

/* Completion beats cancellation, also when it is on its way. */
static bool several_abort(struct cd_wait *w)
{
    struct cd_several *all = cd_container(w, struct cd_several, wait);
    all->cancelled = news(all);
    all->waiting = all->cancelled;
    return !all->cancelled;
}

const struct cd_several *cd_several_awaited(const struct cd_wait *w)
{
    return w->abort == several_abort
               ? cd_container(w, const struct cd_several, wait)
               : NULL;
}

static int block(struct cd_several *all)
{
    int saved = errno;
    cd_several_lock(all);
    bool waits = all->waiting = !all->enough(all);
    cd_several_unlock(all);
    if (waits)
        cd_bell_wait(&all->bell, CEDE_NEVER);
    errno = saved;
    return 0;
}

int cd_several_wait(struct cd_several *all, const char *why)
{
    if (all->on_thread)
        return block(all);
    if (all->enough(all))
        return 0;
    all->wait.abort = several_abort;
    all->waiting = true;
    all->cancelled = false;
    return cd_wait_in(&all->wait, NULL, why);
}

/* ---- seeing ------------------------------------------------------------ */

static void note_failure(struct cd_several *all, const cede_future *f)
{
    int rc = f ? f->result : -ENOMEM;
    if (rc >= 0 || (rc == -ECANCELED && !all->gathers))
        return;
    if (f && all->gathers)
        cd_future_read(f);
    if (all->failure)
        return;
    all->failure = rc;
    if (f && all->gathers)
        all->message = cd_message_copy(f->message);
}

/* On the loop of who waits, f is done, held or pinned. */
static void see(struct cd_entry *e, const cede_future *f)
{
    struct cd_several *all = e->all;
    e->seen = true;
    if (all->given_up) {
        if (--all->coming == 0)
            free_all(all);
        return;
    }
    note_failure(all, f);
    all->left--;
    cd_list_append(&all->seen, &e->far.watch.node);
    if (all->waiting && all->enough(all))
        end_wait(all, 0);
    else if (all->waiting && all->cancelled && !news(all))
        end_wait(all, -ECANCELED);
}

static void run_arrived(struct cd_work *w)
{
    struct cd_entry *e = cd_container(w, struct cd_entry, far.work);
    cede_future *f = e->far.future;
    see(e, f);
    cd_future_unpin(f);
}

static void tell_entry(struct cd_watch *w, cede_future *f)
{
    struct cd_entry *e = cd_container(w, struct cd_entry, far.watch);
    struct cd_several *all = e->all;
    if (all->on_thread) {
        cd_several_lock(all);
        e->state = CD_IDLE;
        see(e, f);
        cd_several_unlock(all);
    } else if (e->far.loop == cd_me.loop) {
        e->state = CD_IDLE;
        see(e, f);
    } else {
        /* The state first: there it may be seen at once. */
        e->state = CD_SENT;
        if (!cd_far_watch_send(&e->far, f))
            e->state = CD_LOST; /* pinned until we give up */
    }
}

/* It is done already. */
static void see_now(struct cd_entry *e, const cede_future *f)
{
    cd_several_lock(e->all);
    see(e, f);
    cd_several_unlock(e->all);
}

static void watch(struct cd_entry *e)
{
    cede_future *f = e->far.future;
    if (!f) {
        see_now(e, f);
        return;
    }
    cd_future_hold(f);
    if (f->done) {
        see_now(e, f);
    } else {
        e->state = CD_WATCHING;
        cd_list_append(&f->watches, &e->far.watch.node);
    }
    cd_future_release(f);
}

void cd_several_watch(struct cd_several *all)
{
    all->watched = true;
    all->loop = cd_me.loop;
    all->on_thread = !all->loop;
    if (all->loop)
        cd_loop_keep(all->loop);
    else
        pthread_mutex_init(&all->lock, NULL);
    for (size_t i = 0; i < all->n; i++) {
        all->entries[i].far.loop = all->loop;
        watch(&all->entries[i]);
    }
}

/* ---- giving up --------------------------------------------------------- */

/* Is news of it on its way? */
static bool take_back(struct cd_entry *e)
{
    cede_future *f = e->far.future;
    cd_future_hold(f);
    int state = (int)e->state;
    e->state = CD_IDLE;
    if (state == CD_WATCHING)
        cd_list_remove(&e->far.watch.node);
    if (state == CD_WATCHING && e->all->gathers && e->all->failure)
        cd_future_read(f); /* theirs come after the one that is told */
    cd_future_release(f);
    if (state == CD_LOST)
        cd_future_unpin(f);
    return state == CD_SENT;
}

/* Is it not seen yet?  Then its future is pinned: on a thread it may be seen,
 * and gone, at any moment from now on. */
static bool pin_unseen(struct cd_entry *e)
{
    cd_several_lock(e->all);
    bool unseen = !e->seen;
    if (unseen)
        cd_future_pin(e->far.future);
    cd_several_unlock(e->all);
    return unseen;
}

static void leave(struct cd_entry *e)
{
    if (!pin_unseen(e))
        return;
    if (take_back(e))
        e->all->coming++;
    cd_future_unpin(e->far.future);
}

void cd_several_give_up(struct cd_several *all)
{
    for (size_t i = 0; i < all->n && all->watched; i++)
        leave(&all->entries[i]);
    all->given_up = true;
    if (all->coming == 0)
        free_all(all);
}
