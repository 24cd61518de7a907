/* SPDX-License-Identifier: MIT
 *
 * combine.c - waiting for several futures that go on by themselves: all of
 * them, the first, one after the other as they are done.
 *
 * None of these cancels anything.  What is done already costs no memory.
 */
#include "task/several.h"

#include <limits.h>
#include <stdlib.h>

static bool first_seen(const struct cd_several *all)
{
    return all->left < all->n;
}

static bool failure_seen(const struct cd_several *all)
{
    return all->failure || all->left == 0;
}

static bool all_seen(const struct cd_several *all)
{
    return all->left == 0;
}

static bool some_untaken(const struct cd_several *all)
{
    return !cd_list_empty(&all->seen);
}

/* ---- before anybody waits ---------------------------------------------- */

/* What t, or a thread if it is NULL, cannot wait for. */
static int refuse(const struct cd_task *t)
{
    if (t)
        return cede_fail(-EPERM,
                         "task '%s' waits for one of another thread's loop "
                         "among others",
                         t->co.name);
    return cede_fail(-EPERM, "a thread without a loop waits for a task among "
                             "others");
}

/* Somebody asks for f.  0, or -EPERM: it is a task of another loop. */
static int ask(const struct cd_task *t, const cede_future *f)
{
    if (!f)
        return 0;
    cd_future_ask(f);
    if (t && f->task == t)
        return cede_fail(-EDEADLK, "task '%s' waits for itself among others",
                         t->co.name);
    if (cede_done(f))
        return 0;
    if (!f->loop)
        return cd_promise_hopeless(f);
    return t && f->loop == t->loop ? 0 : refuse(t);
}

/* What every one of these begins with; end() where it need not wait. */
static int begin(const char *what, cede_future *const *fs, size_t n)
{
    struct cd_task *t = cd_me.task;
    if (cd_me.loop && !cd_task_needed(what))
        return -EPERM;
    cd_thread_ready();
    int rc = t ? cd_checkpoint_begin(t) : 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = ask(t, fs[i]);
    return rc;
}

static void end(void)
{
    if (cd_me.task)
        cd_checkpoint_end(cd_me.task);
}

/* Of what is done. */
static int result_of(const cede_future *f)
{
    return f ? f->result : -ENOMEM;
}

/* ---- wait -------------------------------------------------------------- */

/* How many are done, if that is enough; else 0. */
static int enough_done(cede_future *const *fs, size_t n, enum cede_until until)
{
    size_t done = 0;
    bool failed = false;
    for (size_t i = 0; i < n; i++) {
        if (!cede_done(fs[i]))
            continue;
        done++;
        int rc = result_of(fs[i]);
        failed |= rc < 0 && rc != -ECANCELED;
    }
    bool enough = until == CEDE_FIRST
                      ? done > 0
                      : done == n || (failed && until != CEDE_ALL);
    return enough ? (int)done : 0;
}

int cede_wait(cede_future *const *fs, size_t n, enum cede_until until)
{
    if (n == 0 || n > INT_MAX)
        return cede_fail(-EINVAL, "cede_wait for %zu futures", n);
    int rc = begin("cede_wait", fs, n);
    if (rc < 0)
        return rc;
    int done = enough_done(fs, n, until);
    if (done > 0) {
        end();
        return done;
    }
    struct cd_several *all = cd_several_new(fs, n);
    if (!all)
        return -ENOMEM;
    all->enough = until == CEDE_FIRST         ? first_seen
                  : until == CEDE_FIRST_ERROR ? failure_seen
                                              : all_seen;
    cd_several_watch(all);
    rc = cd_several_wait(all, "wait");
    cd_several_lock(all);
    done = (int)(n - all->left);
    cd_several_unlock(all);
    cd_several_give_up(all);
    return rc < 0 ? rc : done;
}

/* ---- gather_futures ---------------------------------------------------- */

/* The failures of all that are done, or will be, are ours. */
static void read_all(cede_future *const *fs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fs[i])
            cd_future_read(fs[i]);
}

static int gather_undone(cede_future *const *fs, size_t n)
{
    struct cd_several *all = cd_several_new(fs, n);
    if (!all)
        return -ENOMEM;
    all->gathers = true;
    all->enough = failure_seen;
    cd_several_watch(all);
    int rc = cd_several_wait(all, "gather");
    cd_several_lock(all);
    struct cd_message *message = all->message;
    all->message = NULL;
    if (rc == 0)
        rc = all->failure;
    cd_several_unlock(all);
    cd_several_give_up(all);
    return cd_future_told(rc, message);
}

/* What is known without waiting; 1: not enough. */
static int gather_done(cede_future *const *fs, size_t n)
{
    int rc = 0;
    for (size_t i = 0; i < n; i++) {
        if (!cede_done(fs[i])) {
            rc = 1;
        } else if (result_of(fs[i]) < 0) {
            read_all(fs, n);
            return fs[i] ? cd_future_answer(fs[i]) : -ENOMEM;
        }
    }
    return rc;
}

int cede_gather_futures(cede_future *const *fs, size_t n)
{
    int rc = begin("cede_gather_futures", fs, n);
    if (rc < 0)
        return rc;
    rc = gather_done(fs, n);
    if (rc == 1)
        return gather_undone(fs, n);
    end();
    return rc;
}

/* ---- as_completed ------------------------------------------------------ */

static void give_up(void *all)
{
    cd_several_give_up(all);
}

/* 0 or -EPERM. */
static int watch_all(struct cd_several *all)
{
    int rc = 0;
    for (size_t i = 0; i < all->n && rc == 0; i++)
        rc = ask(cd_me.task, all->entries[i].far.future);
    if (rc == 0)
        cd_several_watch(all);
    return rc;
}

/* What is done is seen on the loop of the first step, or by threads. */
static int check_loop(const struct cd_several *all)
{
    if (cd_me.loop && !cd_task_needed("cede_as_completed"))
        return -EPERM;
    return !all->watched || all->loop == cd_me.loop
               ? 0
               : cede_fail(-EPERM, "cede_as_completed goes on in another run "
                                   "than it began in");
}

/* Wait for the next to be done, and take it. */
static int take_next(struct cd_several *all, cede_future **out)
{
    int rc = check_loop(all);
    if (rc == 0 && cd_me.task)
        rc = cd_checkpoint(cd_me.task);
    if (rc == 0 && !all->watched)
        rc = watch_all(all);
    if (rc == 0)
        rc = cd_several_wait(all, "as completed");
    if (rc < 0)
        return rc;
    cd_several_lock(all);
    struct cd_list *node = cd_list_take(&all->seen);
    cd_several_unlock(all);
    *out = cd_container(node, struct cd_entry, far.watch.node)->far.future;
    return 0;
}

/* Primed, so that what it is given is its own, whenever it is closed. */
static int completed(cede_gen *self, void *arg)
{
    struct cd_several *all = arg;
    int rc = cede_gen_defer(self, give_up, all);
    if (rc < 0) {
        cd_several_give_up(all);
        return rc;
    }
    rc = cede_yield(self, NULL);
    for (size_t i = 0; i < all->n && rc >= 0; i++) {
        cede_future *f = NULL;
        rc = take_next(all, &f);
        if (rc >= 0)
            rc = cede_yield(self, &f);
    }
    return rc;
}

cede_gen *cede_as_completed(cede_future *const *fs, size_t n)
{
    struct cd_several *all = cd_several_new(fs, n);
    if (!all)
        return NULL;
    all->enough = some_untaken;
    const cede_gen_options o = {.name = "as_completed"};
    cede_gen *g =
        cede_gen_primed_with(&o, completed, all, sizeof(cede_future *), 0);
    if (!g)
        cd_several_give_up(all);
    return g;
}
