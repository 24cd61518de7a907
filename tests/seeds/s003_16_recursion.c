/* SPDX-License-Identifier: MIT
 *
 * S003-16 - recursion without limit: every level is a task of its own, so the
 * stack does not grow.
 *
 * Each level waits and then starts the next one: first for a moment of time,
 * then for something that is done already, where nothing would have to be
 * waited for and a careless scheduler calls the next level directly.  The
 * original counts Python's frames; here it is bytes, in whole pages: how much
 * more of its stack any level uses than the first one, compared with what as
 * many nested calls take.
 */
#include "seed.h"

#include <stdio.h>

struct recursion {
    long levels, frames;
    bool waits; /* for a moment; else for what is done already */
    cede_time moment;
    cede_future *done; /* NULL: it waits */
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

static int level(void *arg)
{
    struct recursion *r = arg;
    CEDE_TRY(r->done ? cede_await(r->done) : cede_sleep(r->moment));
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
    if (!r->waits) {
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
    seed_begin(argc, argv, 6,
               "--clock virtual|real LEVELS LIMIT FRAMES SECONDS");
    long limit = seed_long(argv[4]);
    struct recursion r = {.levels = seed_long(argv[3]),
                          .frames = seed_long(argv[5]),
                          .moment = seed_time(seed_double(argv[6])),
                          .waits = true};
    struct recursion at_once = r;
    at_once.waits = false;
    if (seed_run(argv, recurse, &r) < 0 ||
        seed_run(argv, recurse, &at_once) < 0)
        return 1;
    printf("reached %ld %s recursion limit %ld | python ", r.reached,
           r.reached > limit ? ">" : "<=", limit);
    print_depth(&r);
    printf("asyncio reached %ld | ", at_once.reached);
    print_depth(&at_once);
    return 0;
}
