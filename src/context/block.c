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

unsigned cede_block_begin_(void)
{
    cd_thread_ready();
    return ++cd_current()->open;
}

void cede_block_end_(unsigned depth)
{
    struct cd_coro *co = cd_current();
    if (cd_unlikely(co->open != depth))
        cd_coro_blocks_left(co);
    co->open = depth - 1;
}

/* ---- a pair of functions ----------------------------------------------- */

int cede_exit_failed_(const cede_manager *manager, void *self, int rc)
{
    return cd_exit_run(manager->exit, self, rc);
}

/* ---- a generator ------------------------------------------------------- */

int cd_gen_enter(cede_gen *g, void *out)
{
    if (!g)
        return -ENOMEM;
    if (cede_gen_state(g) != CEDE_CREATED)
        return cede_fail(-EALREADY,
                         "generator '%s' is good for one block, and was "
                         "started before",
                         cede_gen_name(g));
    int rc = cede_next(g, out);
    if (rc > 0)
        return 0;
    return rc < 0 ? rc
                  : cede_fail(CEDE_EPROTO, "generator '%s' didn't yield",
                              cede_gen_name(g));
}

static int yielded_again(cede_gen *g, const char *when)
{
    cede_gen_stop(g);
    return cede_fail(CEDE_EPROTO, "generator '%s' didn't stop%s",
                     cede_gen_name(g), when);
}

int cd_gen_exit(void *ptr, int rc)
{
    cede_gen *g = ptr;
    if (rc < 0) {
        int answer = cede_throw(g, rc, NULL);
        return answer > 0 ? yielded_again(g, " after throw") : answer;
    }
    int answer = cede_next(g, NULL);
    if (answer == 0)
        return rc;
    return answer > 0 ? yielded_again(g, "") : answer;
}

static int enter_gen(void *g)
{
    return cd_gen_enter(g, NULL);
}

const cede_manager cede_manager_gen = {enter_gen, cd_gen_exit};

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
    *w->rc = cd_gen_enter(w->gen, out);
    if (*w->rc < 0)
        return false;
    w->entered = true;
    w->depth = cede_block_begin_();
    return true;
}

void cede_with_end_(struct cede_with_ *w)
{
    if (w->entered) {
        cede_block_end_(w->depth);
        *w->rc = cd_exit_run(cd_gen_exit, w->gen, *w->rc);
    }
    cede_gen_close(w->gen);
}
