/* SPDX-License-Identifier: MIT
 *
 * block.c - how the blocks of context managers begin and end; the blocks
 * themselves are loops that run once, in the macros.
 *
 * The end runs on every way out by a variable whose scope is the block
 * (attribute cleanup).  Only longjmp escapes that, so open blocks are counted
 * where that is asked for: a block that ends, or a body, finds more of them
 * open than it knows of.
 */
#include "context/context.h"
#include "gen/iter.h"

/* ---- counting ---------------------------------------------------------- */

static inline unsigned begin(void)
{
    cd_thread_ready();
    return ++cd_current()->open;
}

static inline void end(unsigned depth)
{
    struct cd_coro *co = cd_current();
    if (cd_unlikely(co->open != depth))
        cd_coro_blocks_left(co);
    co->open = depth - 1;
}

unsigned cede_block_begin_(void)
{
    return begin();
}

void cede_block_end_(unsigned depth)
{
    end(depth);
}

/* ---- a pair of functions ----------------------------------------------- */

int cede_exit_failed_(const cede_manager *manager, void *self, int rc)
{
    return cd_exit_run(manager->exit, self, rc);
}

/* ---- a generator ------------------------------------------------------- */

static int started_before(const cede_gen *g)
{
    return cede_fail(-EALREADY,
                     "generator '%s' is good for one block, and was started "
                     "before",
                     cede_gen_name(g));
}

static int no_yield(const cede_gen *g)
{
    return cede_fail(CEDE_EPROTO, "generator '%s' didn't yield",
                     cede_gen_name(g));
}

static int yielded_again(cede_gen *g, const char *when)
{
    cede_gen_stop(g);
    return cede_fail(CEDE_EPROTO, "generator '%s' didn't stop%s",
                     cede_gen_name(g), when);
}

/* Inline, because every return that follows a body's first step or its end is
 * predicted wrongly (src/ctx/ctx.h): the fewer calls are around it the
 * better. */
static inline int enter(cede_gen *g, void *out)
{
    if (cd_unlikely(!g))
        return -ENOMEM;
    if (cd_unlikely(cede_gen_state(g) != CEDE_CREATED))
        return started_before(g);
    int rc = (cede_next)(g, out); /* not the inlined step: it is fresh */
    if (cd_likely(rc > 0))
        return 0;
    return rc < 0 ? rc : no_yield(g);
}

/* On from the yield, after a block that went well: what rc becomes. */
static inline int go_on(cede_gen *g, int rc)
{
    int answer = cede_next(g, NULL);
    if (cd_likely(answer == 0))
        return rc;
    return answer > 0 ? yielded_again(g, "") : answer;
}

int cd_gen_enter(cede_gen *g, void *out)
{
    return enter(g, out);
}

int cd_gen_exit(void *g, int rc)
{
    if (rc >= 0)
        return go_on(g, rc);
    rc = cede_throw(g, rc, NULL);
    return rc > 0 ? yielded_again(g, " after throw") : rc;
}

static int close_only(void *g, int rc)
{
    cede_gen_close(g);
    return rc;
}

void cd_gen_refused(cede_gen *g, int rc)
{
    if (cede_gen_state(g) == CEDE_SUSPENDED)
        cd_exit_run(close_only, g, rc);
    else
        cede_gen_close(g);
}

static int manager_enter(void *g)
{
    return enter(g, NULL);
}

const cede_manager cede_manager_gen = {manager_enter, cd_gen_exit};

/* ---- the block around one ---------------------------------------------- */

static int check_size(const cede_gen *g, size_t size)
{
    if (!g || cd_gen_out_size(g) == size)
        return 0;
    return cede_fail(-EINVAL,
                     "cede_with with a variable of %zu bytes over generator "
                     "'%s', whose items have %zu",
                     size, cede_gen_name(g), cd_gen_out_size(g));
}

struct cede_with_ cede_with_begin_(int *rc, size_t size, cede_gen *gen)
{
    *rc = check_size(gen, size);
    return (struct cede_with_){.gen = gen, .rc = rc, .once = *rc == 0};
}

/* Asked before the block and after it. */
bool cede_with_enter_(struct cede_with_ *w, void *out)
{
    if (w->entered)
        return false;
    *w->rc = enter(w->gen, out);
    if (*w->rc < 0)
        return false;
    w->entered = true;
    w->depth = begin();
    return true;
}

void cede_with_end_(struct cede_with_ *w)
{
    int rc = *w->rc;
    if (w->entered) {
        end(w->depth);
        *w->rc =
            rc < 0 ? cd_exit_run(cd_gen_exit, w->gen, rc) : go_on(w->gen, rc);
        cede_gen_close(w->gen);
    } else {
        cd_gen_refused(w->gen, rc);
    }
}
