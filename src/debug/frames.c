/* SPDX-License-Identifier: MIT
 *
 * frames.c - what tasks stand in: from where a task stopped to its frames.
 *
 * libcede_stacks unwinds one stack at a time.  A task that waits inside a
 * generator stands on that one's stack; from there it goes on with those that
 * delegate to it, then with whoever steps it, down to the task's own.
 *
 * The library is looked for when the first dump asks for it, beside this one
 * and then where libraries are.  It brings elfutils along, which a program
 * that does not print stacks need not have.
 */
#define _GNU_SOURCE /* dladdr */
#include "debug/frames.h"
#include "ctx/region.h"
#include "debug/stacks.h"
#include "gen/gen.h"

#include <cede/debug.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

/* ---- finding the library ----------------------------------------------- */

/* Weak: a static program may do without them, or have the table linked in.
 * dlopen is not even named, as the linker would warn of it in each of these;
 * where it is of use, it can be looked up. */
extern __typeof__(dlsym) dlsym __attribute__((weak));
extern __typeof__(dladdr) dladdr __attribute__((weak));
extern __typeof__(cede_stacks_1_) cede_stacks_1_ __attribute__((weak));

typedef void *open_fn(const char *path, int mode);
static const char library[] = "libcede_stacks.so.0";
static const struct cd_stacks_table *table; /* NULL: there is none */

/* In the folder that this code was loaded from. */
static void *open_beside(open_fn *open)
{
    Dl_info self;
    char path[PATH_MAX];
    if (!dladdr || !dladdr((void *)(uintptr_t)cede_dump, &self))
        return NULL;
    const char *slash = strrchr(self.dli_fname, '/');
    int folder = slash ? (int)(slash - self.dli_fname) + 1 : 0;
    snprintf(path, sizeof path, "%.*s%s", folder, self.dli_fname, library);
    return folder ? open(path, RTLD_NOW | RTLD_LOCAL) : NULL;
}

static void find_table(void)
{
    table = &cede_stacks_1_;
    open_fn *open =
        table || !dlsym ? NULL : (open_fn *)dlsym(RTLD_DEFAULT, "dlopen");
    if (!open)
        return;
    void *lib = open_beside(open);
    if (!lib)
        lib = open(library, RTLD_NOW | RTLD_LOCAL);
    if (lib)
        table = dlsym(lib, "cede_stacks_1_");
}

void cd_frames_begin(struct cd_frames *f, struct cd_standing here)
{
    f->stacks = NULL;
    f->here = here;
    f->self = cd_current();
    if (sigaltstack(NULL, &f->handlers) < 0)
        f->handlers.ss_flags = SS_DISABLE;
    f->shown = 0;
    f->shown_count = 0;
}

void cd_frames_open(struct cd_frames *f)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_table);
    if (table)
        f->stacks = table->open((void *)(uintptr_t)cede_dump);
}

/* ---- collecting -------------------------------------------------------- */

static void add_span(struct cd_stacks_at *at, int i, const void *lo, size_t n)
{
    at->memory[i].lo = (uintptr_t)lo;
    at->memory[i].hi = (uintptr_t)lo + n;
}

/* The frames on one stack; in a signal handler, those of its own first. */
static void unwind(struct cd_frames *f, const struct cd_standing *from,
                   const struct cd_stack *stack)
{
    struct cd_stacks_at at = {from->sp, from->fp, from->base, from->pc, {{0}}};
    add_span(&at, 0, stack->lo, (size_t)((const char *)stack - stack->lo));
    if (!(f->handlers.ss_flags & SS_DISABLE))
        add_span(&at, 1, f->handlers.ss_sp, f->handlers.ss_size);
    uintptr_t pcs[CD_FRAMES_MOST];
    int n = table->unwind(f->stacks, &at, pcs, CD_FRAMES_MOST - f->count);
    for (int i = 0; i < n; i++)
        f->at[f->count++] = (struct cd_frame){.pc = pcs[i]};
}

static void add_border(struct cd_frames *f, const cede_gen *g)
{
    if (f->count < CD_FRAMES_MOST)
        f->at[f->count++] = (struct cd_frame){.within = g};
}

static const cede_gen *generator_on(const struct cd_stack *stack)
{
    const struct cd_coro *co =
        cd_container(stack->owner, const struct cd_coro, name);
    return cd_container(co, const struct cede_gen, co);
}

/* The frames of g, which stands at `at`, and of those that delegate to it;
 * then `at` is where its consumer stands.  false: that is not known. */
static bool collect_chain(struct cd_frames *f, const cede_gen *g,
                          struct cd_standing *at)
{
    struct cd_standing consumer;
    if (!cd_standing_consumer(&g->side, &g->f, &consumer))
        return false;
    unwind(f, at, g->co.stack);
    add_border(f, g);
    for (const cede_gen *o = g->outer; o; o = o->outer) {
        if (cd_standing_body(&o->side, &o->f, at))
            unwind(f, at, o->co.stack);
        add_border(f, o);
    }
    *at = consumer;
    return true;
}

/* All calls that t stands in. */
static void collect(struct cd_frames *f, const struct cd_task *t)
{
    struct cd_standing at = f->here;
    bool running = t == cd_me.task;
    if (!running && !cd_standing_of(&t->strand.ctx, &at))
        return;
    const struct cd_stack *stack =
        running ? f->self->stack : cd_region_stack_of((void *)at.sp);
    while (stack && stack != t->co.stack) {
        if (!collect_chain(f, generator_on(stack), &at))
            return;
        stack = cd_region_stack_of((void *)at.sp);
    }
    if (stack)
        unwind(f, &at, stack);
}

/* ---- printing ---------------------------------------------------------- */

struct printer {
    FILE *out;
    int indent;
    int lines;
};

static void print_frame(void *ctx, const struct cd_stacks_frame *f)
{
    struct printer *p = ctx;
    if (f->ours)
        return;
    p->lines++;
    fprintf(p->out, "%*s| ", p->indent, "");
    if (!*f->function)
        fprintf(p->out, "%#" PRIxPTR "\n", f->pc);
    else if (f->line)
        fprintf(p->out, "%-24s %s:%d\n", f->function, f->file, f->line);
    else
        fprintf(p->out, "%s\n", f->function);
}

static void print_border(const struct printer *p, const cede_gen *g)
{
    fprintf(p->out, "%*s| - generator %s, %s\n", p->indent, "", g->co.name,
            g->outer ? "to which delegates" : "stepped by");
}

/* Of many tasks that stand in the same place, one is enough. */
static bool as_before(const struct cd_frames *f)
{
    if (f->count != f->shown_count)
        return false;
    for (int i = 0; i < f->count; i++)
        if (f->at[i].pc != f->shown_at[i].pc ||
            f->at[i].within != f->shown_at[i].within)
            return false;
    return true;
}

static void keep(struct cd_frames *f, uint64_t shown)
{
    memcpy(f->shown_at, f->at, (size_t)f->count * sizeof *f->at);
    f->shown_count = f->count;
    f->shown = shown;
}

/* How many lines it took. */
static int print_all(const struct cd_frames *f, FILE *out, int indent)
{
    struct printer p = {out, indent, 0};
    for (int i = 0; i < f->count; i++)
        if (f->at[i].within)
            print_border(&p, f->at[i].within);
        else
            table->tell(f->stacks, f->at[i].pc, print_frame, &p);
    return p.lines;
}

void cd_frames_print(struct cd_frames *f, FILE *out, const struct cd_task *t,
                     int indent)
{
    if (!f->stacks)
        return;
    f->count = 0;
    collect(f, t);
    if (f->count == 0)
        return;
    if (!as_before(f))
        keep(f, print_all(f, out, indent) ? t->id : 0);
    else if (f->shown)
        fprintf(out, "%*s| as #%" PRIu64 "\n", indent, "", f->shown);
}

void cd_frames_close(struct cd_frames *f, FILE *out)
{
    if (f->stacks)
        table->close(f->stacks);
    if (!table)
        fprintf(out,
                "(no calls: there is no %s, which is built with cede where "
                "libdw-dev is installed)\n",
                library);
    else if (!f->stacks)
        fputs("(no calls: libcede_stacks cannot read /proc/self/maps)\n", out);
    else if (!CD_STANDINGS_KNOWN)
        fputs("(calls of the running task only: contexts are ucontext's)\n",
              out);
}
