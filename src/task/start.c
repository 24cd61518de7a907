/* SPDX-License-Identifier: MIT
 *
 * start.c - starting a child, and waiting until it is ready.
 *
 * Source: trio's nursery.start.  The child is the group's from its first step,
 * so the group's cancel and join reach it at any time; but until it is ready,
 * what it fails with is told to who waits, and not to the group.
 *
 * The handshake lies in the frame of who waits.  The child's function is
 * child_main and its argument the handshake, which it forgets once it is
 * ready: so ordinary tasks know nothing of all this, and pay nothing for it.
 *
 * Who waits is not let go before the child is ready or over, because what the
 * child was given usually lies in that frame as well.
 */
#include "task/task.h"

static const char cancelled_too[] = "who waits for it to start was cancelled";

struct handshake {
    struct cd_wait wait;
    struct cd_list node; /* in the run's refused, while being cancelled */
    cede_fn *fn;
    void *arg;
    struct cd_task *child;      /* NULL until its first step */
    struct cd_message *message; /* what came with its failure */
    bool cancelled;             /* who waits is, and so is the child */
};

/* ---- the child --------------------------------------------------------- */

/* It is over without having been ready: what that is for who waits. */
static int verdict(const struct cd_task *t, int rc)
{
    if (rc < 0)
        return rc;
    if (t->root.effective)
        return -ECANCELED;
    return cede_fail(CEDE_EPROTO, "task '%s' returned without cede_started",
                     t->co.name);
}

static int child_main(void *arg)
{
    struct handshake *h = arg;
    struct cd_task *t = cd_me.task;
    h->child = t;
    if (h->cancelled)
        cd_scope_cancel(&t->root, cancelled_too);
    int rc = h->fn(h->arg);
    if (!t->arg)
        return rc;
    rc = verdict(t, rc);
    h->message = cd_message_take(&t->co, rc);
    cd_wait_grant(&h->wait, rc);
    return 0; /* as far as the group is concerned */
}

int cede_started(int result)
{
    struct cd_task *t = cd_me.task;
    if (!t || t->fn != child_main)
        return cede_fail(-EPERM,
                         "cede_started called in no task that cede_start "
                         "started%s",
                         cd_task_forked());
    if (result < 0)
        return cede_fail(-EINVAL,
                         "task '%s' is ready with %d, which is an error: "
                         "return it instead",
                         t->co.name, result);
    struct handshake *h = t->arg;
    if (!h)
        return cede_fail(-EALREADY,
                         "task '%s' has said before that it is "
                         "ready",
                         t->co.name);
    if (h->cancelled)
        return -ECANCELED;
    t->arg = NULL;
    cd_wait_grant(&h->wait, result);
    return 0;
}

/* ---- who waits --------------------------------------------------------- */

/* Cancels the child instead, and by that those whom it waits for, and so on:
 * one after the other, because the stack is small and chains may be long. */
static bool cancel_child(struct cd_wait *w)
{
    struct handshake *h = cd_container(w, struct handshake, wait);
    struct cd_list *refused = &w->task->run->refused;
    if (h->cancelled)
        return false;
    h->cancelled = true;
    bool first = cd_list_empty(refused);
    cd_list_append(refused, &h->node);
    while (first && !cd_list_empty(refused)) {
        h = cd_container(refused->next, struct handshake, node);
        if (h->child)
            cd_scope_cancel(&h->child->root, cancelled_too);
        cd_list_unlink(&h->node); /* only now: it says that we are at it */
    }
    return false;
}

const struct cd_task *cd_start_awaited(const struct cd_wait *w)
{
    return w->abort == cancel_child
               ? cd_container(w, const struct handshake, wait)->child
               : NULL;
}

static int shake(struct cd_group *g, struct cd_start *s, struct handshake *h)
{
    s->fn = child_main;
    s->arg = h;
    int rc = cd_task_start(g, s);
    if (rc < 0)
        return rc;
    h->wait.abort = cancel_child;
    rc = cd_wait_in(&h->wait, NULL, "start");
    if (rc < 0)
        cd_message_set(cd_current(), h->message);
    return rc;
}

int cede_start_named_(cede_group *face, const char *name, cede_fn *fn,
                      void *arg)
{
    struct cd_task *t = cd_task_needed("cede_start");
    if (!t)
        return -EPERM;
    int rc = cd_checkpoint(t);
    if (rc < 0)
        return rc;
    struct cd_group *g; /* taken only now: the others may have run */
    if ((rc = cd_group_take(face, name, &g)) < 0)
        return rc;
    if (!fn)
        return cede_fail(-EINVAL, "task '%s' has no function", name);
    struct handshake h = {.fn = fn, .arg = arg};
    struct cd_start s = {.name = name, .site = name};
    return shake(g, &s, &h);
}

int(cede_start)(cede_group *g, cede_fn *fn, void *arg)
{
    return cede_start_named_(g, "task\0", fn, arg);
}
