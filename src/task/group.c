/* SPDX-License-Identifier: MIT
 *
 * group.c - a block's children: started in it, over before it is left.
 *
 * Source: nurseries (N. J. Smith, "Notes on structured concurrency").  A group
 * is a cancel scope of its owner that is also the parent of its children's
 * root scopes, so "the first failure cancels the others and the owner's own
 * waits" is cancelling one scope, and a cancel from outside needs no code.
 *
 * The user's struct only points to the group, which lives in the run's
 * memory: a frame left without joining leaves nothing dangling.
 */
#include "base/memory.h"
#include "loop/guide.h"
#include "task/future.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cd_group_init(struct cd_group *g, struct cd_run *run)
{
    /* Field by field: the compiler would zero the whole struct, its scope
     * included, with a string instruction that costs more than a switch. */
    g->owner = NULL;
    g->run = run;
    g->live = 0;
    g->joiner = NULL;
    cd_list_init(&g->futures);
    g->failure = 0;
    g->failures = NULL;
    g->tolerant = false;
}

/* ---- failures ---------------------------------------------------------- */

static void keep_failure(struct cd_group *g, const char *name, int rc,
                         struct cd_message *message)
{
    if (!g->failures)
        g->failures = cd_zalloc(sizeof *g->failures);
    struct cd_failures *f = g->failures;
    size_t i = f ? f->count++ : CD_FAILURES_KEPT;
    if (i < CD_FAILURES_KEPT)
        f->kept[i] = (struct cd_failed){name, message, rc};
    else
        cd_message_free(message);
}

void cd_failures_free(struct cd_failures *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count && i < CD_FAILURES_KEPT; i++)
        cd_message_free(f->kept[i].message);
    free(f);
}

/* Of a group that nobody joined. */
static void report_all(const struct cd_group *g)
{
    char what[160], more[200];
    snprintf(what, sizeof what,
             "group '%s' was left without a join, its child failed",
             g->scope.site);
    const struct cd_failures *f = g->failures;
    if (!f && g->failure)
        cd_report(what, "", g->failure, NULL);
    for (size_t i = 0; f && i < f->count && i < CD_FAILURES_KEPT; i++)
        cd_report(what, f->kept[i].name, f->kept[i].code, f->kept[i].message);
    if (f && f->count > CD_FAILURES_KEPT) {
        snprintf(more, sizeof more, "%s, and so did %zu others", what,
                 f->count - CD_FAILURES_KEPT);
        cd_report(more, "", g->failure, NULL);
    }
}

void cd_group_failed(struct cd_group *g, const char *name, int rc,
                     struct cd_message *message)
{
    if (g->tolerant) {
        cd_message_free(message);
    } else if (g == &g->run->background) {
        cd_report("background task failed", name, rc, message);
        cd_message_free(message);
    } else {
        if (g->failure == 0)
            g->failure = rc;
        keep_failure(g, name, rc, message);
        cd_scope_cancel(&g->scope, cd_child_failed);
    }
}

/* ---- entering ---------------------------------------------------------- */

/* Of a face without a group, reserved_ says why not, and whether the owner
 * stands in its spare scope instead. */
static void refuse(cede_group *face, int err)
{
    face->reserved_[0] = (size_t)err;
}

/* So that the owner does not wait inside for children that do not come. */
static void refuse_memory(cede_group *face, struct cd_task *t, const char *site)
{
    refuse(face, -ENOMEM);
    face->reserved_[1] = true;
    cd_scope_enter_spare(t, cd_scope_name(site), face);
}

static void leave_refused(cede_group *face, const char *verb)
{
    if (!face->reserved_[0] || !face->reserved_[1])
        return;
    face->reserved_[1] = false;
    cd_scope_leave_spare(cd_me.task, 0, verb);
}

void cede_group_enter_named_(cede_group *face, const char *site)
{
    *face = (cede_group){.self_ = face};
    struct cd_task *t = cd_me.task;
    if (!t) {
        cede_fail(-EPERM, "group '%s' was entered outside a task%s", site,
                  cd_task_hint(": cede_run makes the first"));
        refuse(face, -EPERM);
        return;
    }
    struct cd_group *g = NULL;
    if (t->spare_depth == 0) /* nothing stands inside the spare scope */
        g = cd_blocks_take(&t->run->groups, sizeof *g);
    if (!g) {
        refuse_memory(face, t, site);
        return;
    }
    cd_group_init(g, t->run);
    g->owner = t;
    cd_scope_init(&g->scope, t->scope, t);
    g->scope.group = true;
    cd_scope_push(&g->scope, cd_scope_name(site), face);
    face->impl_ = g;
}

static inline void check_face(const cede_group *face)
{
    cd_check(face->self_ == face,
             "task '%s' uses a group that was copied, or never entered",
             cede_task_name());
}

/* Callbacks start tasks as well, until the loop stops. */
static struct cd_group *background_of_callback(void)
{
    struct cd_run *run = cd_me.run;
    if (!run)
        cede_fail(-EPERM,
                  "the background group is a run's, and none is on "
                  "this thread%s",
                  cd_task_forked());
    else if (run->loop->stopping)
        cede_fail(CEDE_ECLOSED, "the run is over");
    else
        return &run->background;
    return NULL;
}

static struct cd_group *background(void)
{
    return cd_likely(cd_me.task) ? &cd_me.task->run->background
                                 : background_of_callback();
}

/* The group behind a face; NULL when it takes no children: see closed(). */
static inline struct cd_group *open_group(cede_group *face)
{
    if (!face)
        return background();
    check_face(face);
    return face->impl_;
}

/* Why there is no group behind a face. */
static int closed(const cede_group *face)
{
    if (!face)
        return cd_me.run ? CEDE_ECLOSED : -EPERM;
    if (face->reserved_[0])
        return (int)face->reserved_[0];
    return cede_fail(CEDE_ECLOSED, "group '%s' is joined already",
                     (const char *)face->reserved_[1]);
}

/* ---- starting children ------------------------------------------------- */

static inline void check_thread(const struct cd_group *g, const char *name)
{
    cd_check(cd_me.loop == g->run->loop,
             "task '%s' started in group '%s' of another thread%s", name,
             g->scope.site,
             cd_task_hint(": between threads use cede_loop_spawn_on"));
}

int cd_group_take(cede_group *face, const char *name, struct cd_group **out)
{
    *out = open_group(face);
    if (!*out)
        return closed(face);
    check_thread(*out, name);
    return 0;
}

/* Start a child, or have the group know that it could not be. */
static inline int start_in(struct cd_group *g, const struct cd_start *s)
{
    check_thread(g, s->name);
    int rc = cd_task_start(g, s);
    if (cd_unlikely(rc < 0))
        cd_group_failed(g, s->name, rc, cd_message_copy(cd_current()->message));
    return rc;
}

static int start(cede_group *face, const struct cd_start *s)
{
    struct cd_group *g = open_group(face);
    return g ? start_in(g, s) : closed(face);
}

static inline struct cd_start start_of(const cede_task_options *o,
                                       const char *name, cede_fn *fn, void *arg)
{
    return (struct cd_start){.name = o && o->name ? o->name : name,
                             .site = name,
                             .fn = fn,
                             .arg = arg,
                             .stack_size = o ? o->stack_size : 0};
}

int cede_go_named_(cede_group *g, const char *name, cede_fn *fn, void *arg,
                   const cede_task_options *o)
{
    struct cd_start s = start_of(o, name, fn, arg);
    return start(g, &s);
}

int cede_go_copy_named_(cede_group *g, const char *name, cede_fn *fn,
                        const void *arg, size_t size)
{
    struct cd_start s = start_of(NULL, name, fn, (void *)(uintptr_t)arg);
    s.copy = size;
    return start(g, &s);
}

cede_future *cede_spawn_named_(cede_group *face, const char *name, cede_fn *fn,
                               void *arg, const cede_task_options *o)
{
    struct cd_group *g = open_group(face);
    if (!g) {
        closed(face); /* for its message */
        return NULL;
    }
    struct cd_start s = start_of(o, name, fn, arg);
    s.future = cd_future_new(g, s.name, name, arg);
    if (!s.future) {
        cd_group_failed(g, s.name, -ENOMEM, NULL);
        return NULL;
    }
    if (cd_unlikely(start_in(g, &s) < 0)) {
        atomic_store(&s.future->done, true); /* no task's end will free it */
        cd_future_read(s.future); /* why it failed is reported already */
        cede_future_free(s.future);
        return NULL;
    }
    cd_list_append(&g->futures, &s.future->node);
    return s.future;
}

/* The functions behind the macros; these know neither name nor place. */

void(cede_group_enter)(cede_group *g)
{
    cede_group_enter_named_(g, "group\0");
}

int(cede_go)(cede_group *g, cede_fn *fn, void *arg)
{
    return cede_go_named_(g, "task\0", fn, arg, NULL);
}

int(cede_go_with)(cede_group *g, cede_fn *fn, void *arg,
                  const cede_task_options *o)
{
    return cede_go_named_(g, "task\0", fn, arg, o);
}

int(cede_go_copy)(cede_group *g, cede_fn *fn, const void *arg, size_t size)
{
    return cede_go_copy_named_(g, "task\0", fn, arg, size);
}

cede_future *(cede_spawn)(cede_group *g, cede_fn *fn, void *arg)
{
    return cede_spawn_named_(g, "task\0", fn, arg, NULL);
}

cede_future *(cede_spawn_with)(cede_group *g, cede_fn *fn, void *arg,
                               const cede_task_options *o)
{
    return cede_spawn_named_(g, "task\0", fn, arg, o);
}

/* ---- joining ----------------------------------------------------------- */

/* Nothing can end a join early, but it begins like other calls that wait. */
static void begin_join(struct cd_group *g)
{
    if (g->live == 0)
        (void)cd_checkpoint(g->owner);
    else
        cd_guide_moment(g->owner->loop);
}

static void wait_for_children(struct cd_group *g)
{
    /* One branch for both, as in cd_checkpoint_begin. */
    if (cd_unlikely((g->live == 0) | (g->owner->budget == 1)))
        begin_join(g);
    /* Again, because others may start children before we run. */
    while (g->live > 0) {
        struct cd_wait w;
        w.abort = cd_wait_refuse;
        g->joiner = &w;
        cd_wait_in(&w, NULL, "join");
    }
}

static void free_futures(struct cd_group *g)
{
    struct cd_list *node;
    /* Nobody can be expected to ask in one that ended early. */
    bool early = g->scope.effective;
    while ((node = cd_list_take(&g->futures))) {
        cede_future *f = cd_container(node, cede_future, node);
        if (early)
            cd_future_ask(f);
        cede_future_free(f);
    }
}

/* What join answers; the first failure's message becomes the owner's. */
static int outcome(const struct cd_group *g)
{
    if (g->failure == 0)
        return g->scope.parent->effective ? -ECANCELED : 0;
    const struct cd_failures *f = g->failures;
    cd_message_set(cd_current(),
                   cd_message_copy(f ? f->kept[0].message : NULL));
    return g->failure;
}

/* The children are over: leave the scope, and give everything back. */
static int leave(cede_group *face, struct cd_group *g)
{
    struct cd_task *t = g->owner;
    int rc = outcome(g);
    free_futures(g);
    if (cd_unlikely(t->failures || g->failures)) {
        cd_failures_free(t->failures);
        t->failures = g->failures;
    }
    cd_scope_pop(&g->scope);
    face->reserved_[1] = (size_t)g->scope.site; /* for messages */
    face->impl_ = NULL;
    cd_blocks_give(&t->run->groups, g);
    return rc;
}

static struct cd_group *owned(cede_group *face, const char *verb)
{
    struct cd_group *g = face->impl_;
    struct cd_task *t = cd_me.task;
    cd_check(t == g->owner, "task '%s' %s %s, in task '%s'%s", cede_task_name(),
             verb, cd_scope_describe(&g->scope).text, g->owner->co.name,
             cd_task_forked());
    cd_scope_check_inner(t, &g->scope, verb);
    return g;
}

int cede_join(cede_group *face)
{
    if (!face)
        return cede_fail(-EINVAL, "the background group is joined when main "
                                  "is over");
    if (!open_group(face)) {
        leave_refused(face, "joins");
        return closed(face);
    }
    struct cd_group *g = owned(face, "joins");
    wait_for_children(g);
    return leave(face, g);
}

/* Join g, which its owner leaves because of rc < 0. */
static int join_failed(cede_group *face, int rc)
{
    struct cd_group *g = face ? open_group(face) : NULL;
    /* The group itself may be why the owner's waits were cut short. */
    bool ours = rc == -ECANCELED && (!g || g->scope.effective);
    struct cd_message *message = cd_message_lift(cd_current());
    if (g)
        cd_scope_cancel(&g->scope, "the block of a group failed");
    int joined = cede_join(face);
    if (ours) {
        cd_message_free(message);
        return joined;
    }
    cd_message_set(cd_current(), message);
    return rc;
}

int cede_join_rc(cede_group *face, int rc)
{
    if (rc < 0)
        return join_failed(face, rc);
    int joined = cede_join(face);
    return joined < 0 ? joined : rc;
}

void cede_group_abandon_(cede_group *face)
{
    if (!face->impl_) {
        leave_refused(face, "leaves");
        return;
    }
    struct cd_group *g = owned(face, "leaves");
    /* What fails before the cancel is as lost as what fails because of it:
     * nobody is left to read either. */
    cd_scope_cancel(&g->scope, "the block of a group was left");
    wait_for_children(g);
    report_all(g);
    struct cd_coro *co = cd_current();
    struct cd_message *message = cd_message_lift(co); /* why we leave */
    leave(face, g);
    cd_message_set(co, message);
}

void cede_group_cancel(cede_group *face)
{
    cd_check(face,
             "task '%s' cancels the background group, which main's end "
             "cancels",
             cede_task_name());
    check_face(face);
    struct cd_group *g = face->impl_;
    if (!g)
        return;
    cd_check(cd_me.loop == g->run->loop,
             "group '%s' cancelled on another thread than its own%s",
             g->scope.site, cd_task_forked());
    cd_scope_cancel(&g->scope, "a group was cancelled");
}

size_t cede_failures(cede_failure *out, size_t n)
{
    const struct cd_failures *f = cd_me.task ? cd_me.task->failures : NULL;
    if (!f)
        return 0;
    for (size_t i = 0; i < n && i < f->count && i < CD_FAILURES_KEPT; i++) {
        const struct cd_message *m = f->kept[i].message;
        out[i] =
            (cede_failure){.name = f->kept[i].name,
                           .message = cd_message_text(m),
                           .code = f->kept[i].code,
                           .line = m ? m->origin.line : 0,
                           .file = m && m->origin.file ? m->origin.file : ""};
    }
    return f->count;
}
