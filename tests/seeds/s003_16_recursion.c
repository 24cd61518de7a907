/* SPDX-License-Identifier: MIT
 *
 * S003-16 - recursion without limit: every level is a task of its own, so the
 * stack does not grow.
 *
 * Each level waits and then starts the next one: first for a job of another
 * thread, then for something that is done already, where nothing would have to
 * be waited for and a careless scheduler calls the next level directly.  The
 * original counts Python's frames; here it is bytes, in whole pages: how much
 * more of its stack any level uses than the first one, compared with what as
 * many nested calls take.
 */
#include "seed.h"

#include <stdio.h>

struct recursion {
    long levels, frames;
    cede_pool *pool; /* NULL: waits for what is done already */
    cede_time nap;   /* of a job */
    cede_future *done;
    cede_group *group;
    long reached;
    size_t first, deepest; /* bytes of stack in use */
};

/* How many bytes of stack lie between top and the last of so many nested
 * calls. */
static __attribute__((noinline)) size_t nested(long calls, const char *top)
{
    volatile char variables[64]; /* as a small function has */
    variables[0] = 0;
    size_t bytes = (size_t)(top - (const char *)__builtin_frame_address(0));
    size_t most = calls > 1 ? nested(calls - 1, top) : bytes;
    return most + (size_t)variables[0];
}

static int job(void *nap)
{
    return cede_sleep(*(cede_time *)nap);
}

static int wait_for_job(struct recursion *r)
{
    cede_future *f = cede_submit(r->pool, job, &r->nap, sizeof r->nap);
    int rc = cede_await(f);
    cede_future_free(f);
    return rc;
}

static int level(void *arg)
{
    struct recursion *r = arg;
    CEDE_TRY(r->pool ? wait_for_job(r) : cede_await(r->done));
    size_t used = cede_stack_used();
    if (r->reached == 0)
        r->first = used;
    if (used > r->deepest)
        r->deepest = used;
    if (r->reached == r->levels)
        return 0;
    r->reached++;
    return cede_go(r->group, level, r);
}

static int is_done_at_once(void *arg)
{
    (void)arg;
    return 0;
}

static int recurse(void *arg)
{
    struct recursion *r = arg;
    CEDE_GROUP(levels);
    r->group = &levels;
    if (!r->pool) {
        r->done = cede_spawn(&levels, is_done_at_once, NULL);
        CEDE_TRY(cede_await(r->done));
    }
    cede_go(&levels, level, r);
    return cede_join(&levels);
}

/* "frames < FRAMES", if that is so. */
static void print_depth(const struct recursion *r)
{
    size_t more = r->deepest - r->first;
    if (more < nested(r->frames, __builtin_frame_address(0)))
        printf("frames < %ld\n", r->frames);
    else
        printf("%zu bytes more than the first\n", more);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 8,
               "--clock virtual|real LEVELS LEVELS_AT_ONCE LIMIT FRAMES "
               "WORKERS SECONDS");
    long limit = seed_long(argv[5]);
    struct recursion at_once = {.levels = seed_long(argv[4]),
                                .frames = seed_long(argv[6])};
    struct recursion r = {.levels = seed_long(argv[3]),
                          .frames = at_once.frames,
                          .pool = cede_threads((unsigned)seed_long(argv[7])),
                          .nap = seed_time(seed_double(argv[8]))};
    int rc = seed_run(argv, recurse, &r);
    if (cede_pool_close(r.pool) < 0 || rc < 0 ||
        seed_run(argv, recurse, &at_once) < 0)
        return 1;
    printf("reached %ld %s recursion limit %ld | python ", r.reached,
           r.reached > limit ? ">" : "<=", limit);
    print_depth(&r);
    printf("asyncio reached %ld | ", at_once.reached);
    print_depth(&at_once);
    return 0;
}
