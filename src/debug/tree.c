/* SPDX-License-Identifier: MIT
 *
 * tree.c - walking the tree of a run, and what is asked of single tasks.
 *
 * Tasks and groups are found through the tree of scopes, which is there for
 * the sake of cancelling: to be listed costs nobody anything.  The walk is a
 * loop, because trees may be deep.  A start that is put off has no scope yet;
 * it is found among the loop's ready and late work, where that is looked
 * through only for groups which have more children than scopes.
 *
 * Nothing here allocates or changes anything.
 */
#include "debug/tree.h"

/* ---- walking ----------------------------------------------------------- */

static bool is_root(const struct cd_scope *s)
{
    return s->task && s == &s->task->root;
}

/* Is what stands inside of s printed further in? */
static int indents(const struct cd_scope *s)
{
    return is_root(s) || s->group;
}

static size_t count_put_off(const struct cd_group *g)
{
    size_t started = 0;
    cd_list_each (node, &g->scope.children)
        started += is_root(cd_container(node, const struct cd_scope, node));
    return g->live > started ? g->live - started : 0;
}

/* Those of g in a list of the loop's; how many of the number given are in none
 * so far. */
static size_t visit_list(const struct cd_work *w, size_t left,
                         const struct cd_group *g,
                         const struct cd_tree_visitor *v, void *ctx, int depth)
{
    for (; w && left > 0; w = w->next) {
        const struct cd_group *of = NULL;
        const struct cd_start *s = cd_task_put_off(w, &of);
        if (of == g) {
            v->put_off(ctx, g, s, depth);
            left--;
        }
    }
    return left;
}

static void visit_put_off(const struct cd_group *g,
                          const struct cd_tree_visitor *v, void *ctx, int depth)
{
    const struct cd_loop *l = g->run->loop;
    size_t left = v->put_off ? count_put_off(g) : 0;
    left = visit_list(l->ready, left, g, v, ctx, depth);
    (void)visit_list(l->late, left, g, v, ctx, depth);
}

static void enter(const struct cd_scope *s, const struct cd_tree_visitor *v,
                  void *ctx, int depth)
{
    if (s->group && v->group)
        v->group(ctx, cd_group_of(s), depth);
    else if (is_root(s) && v->task)
        v->task(ctx, s->task, depth);
}

static void leave(const struct cd_scope *s, const struct cd_tree_visitor *v,
                  void *ctx, int depth)
{
    if (s->group)
        visit_put_off(cd_group_of(s), v, ctx, depth + 1);
}

static void walk(const struct cd_scope *top, const struct cd_tree_visitor *v,
                 void *ctx)
{
    int depth = 0;
    const struct cd_scope *s = top;
    for (;;) {
        enter(s, v, ctx, depth);
        if (!cd_list_empty(&s->children)) {
            depth += indents(s);
            s = cd_container(s->children.next, const struct cd_scope, node);
            continue;
        }
        leave(s, v, ctx, depth);
        for (; s != top && s->node.next == &s->parent->children;
             leave(s, v, ctx, depth)) {
            s = s->parent;
            depth -= indents(s);
        }
        if (s == top)
            return;
        s = cd_container(s->node.next, const struct cd_scope, node);
    }
}

void cd_tree_walk(const struct cd_run *run, const struct cd_tree_visitor *v,
                  void *ctx)
{
    walk(&run->main.scope, v, ctx);
    walk(&run->background.scope, v, ctx);
}

static cede_time own_deadline(const struct cd_scope *s)
{
    bool has = s->expired || cd_timer_is_set(&s->deadline);
    return has ? s->deadline.when : CEDE_NEVER;
}

static cede_time earlier(cede_time a, cede_time b)
{
    return a < b ? a : b;
}

/* Up to a shield, the top, or what was asked last. */
static cede_time deadline_above(const struct cd_scope *top,
                                struct cd_tree_memo *memo)
{
    cede_time earliest = CEDE_NEVER;
    const struct cd_scope *s = top;
    while (s && s != memo->scope) {
        earliest = earlier(earliest, own_deadline(s));
        s = s->shielded ? NULL : s->parent;
    }
    if (s)
        earliest = earlier(earliest, memo->deadline);
    *memo = (struct cd_tree_memo){.scope = top, .deadline = earliest};
    return earliest;
}

cede_time cd_tree_deadline(const struct cd_scope *s, struct cd_tree_memo *memo)
{
    return s->shielded
               ? own_deadline(s)
               : earlier(own_deadline(s), deadline_above(s->parent, memo));
}

/* ---- single tasks ------------------------------------------------------ */

static void describe(const struct cd_task *t, struct cd_tree_memo *memo,
                     cede_task_info *out)
{
    *out = (cede_task_info){.id = t->id,
                            .name = t->co.name,
                            .group = t->group->scope.site,
                            .started_at = cd_place(t->site),
                            .waits = t->wait ? t->wait->why : "",
                            .since = t->wait ? t->wait->since : 0,
                            .deadline = cd_tree_deadline(t->scope, memo),
                            .stack_used = cd_stack_used(t->co.stack),
                            .cancelled = t->scope->effective};
}

int cede_task_current(cede_task_info *out)
{
    if (!cd_me.task)
        return cede_fail(-EPERM, "cede_task_current called outside a task%s",
                         cd_task_forked());
    int saved = errno;
    describe(cd_me.task, &(struct cd_tree_memo){0}, out);
    errno = saved;
    return 0;
}

int cede_set_name(const char *name)
{
    if (!cd_me.task)
        return cede_fail(-EPERM, "cede_set_name called outside a task%s",
                         cd_task_forked());
    if (!name)
        return cede_fail(-EINVAL, "a task must have a name");
    cd_me.task->co.name = name;
    return 0;
}

struct table {
    cede_task_info *out;
    size_t size, count;
    struct cd_tree_memo memo;
};

static void add(void *ctx, const struct cd_task *t, int depth)
{
    (void)depth;
    struct table *table = ctx;
    if (table->count < table->size)
        describe(t, &table->memo, &table->out[table->count]);
    table->count++;
}

static void add_put_off(void *ctx, const struct cd_group *g,
                        const struct cd_start *s, int depth)
{
    (void)depth;
    struct table *table = ctx;
    if (table->count < table->size)
        table->out[table->count] = (cede_task_info){
            .name = s->name,
            .group = g->scope.site,
            .started_at = cd_place(s->site),
            .waits = "",
            .deadline = cd_tree_deadline(&g->scope, &table->memo),
            .cancelled = g->scope.effective};
    table->count++;
}

size_t cede_tasks(cede_task_info *out, size_t n)
{
    static const struct cd_tree_visitor adds = {.task = add,
                                                .put_off = add_put_off};
    struct table table = {.out = out, .size = n};
    int saved = errno;
    if (cd_me.run)
        cd_tree_walk(cd_me.run, &adds, &table);
    errno = saved;
    return table.count;
}
