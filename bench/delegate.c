/* SPDX-License-Identifier: MIT
 *
 * delegate.c - one step of a generator through the generators that delegate
 * to it.
 *
 * delegate_1, _1k, _100k   so many levels of cede_yield_from between the
 *                          consumer and the body that yields
 *
 * The chain is built before and unwound after; what is promised is that a
 * step costs the same at any depth.  The floor is a generator stepped without
 * anything in between.
 */
#include "bench.h"
#include "floor_gen.h"
#include "reference.h"

#include <cede.h>

enum { BYTES_A_LEVEL = 4500 };

/* ---- the floor ------------------------------------------------------- */

static struct floor_gen counter;

static void floor_count(void)
{
    for (int64_t i = 0;; i++) {
        counter.value = i;
        floor_leave(&counter);
    }
}

static void next_by_floor(void *chain, long n)
{
    (void)chain;
    static char *stack;
    if (!stack)
        stack = floor_stacks(1);
    floor_begin(&counter, stack, floor_count);
    int64_t sum = 0;
    for (long i = 0; i < n; i++)
        sum += floor_next(&counter);
    bench_require(sum == bench_sum(n), "the floor lost an item");
}

/* ---- cede ------------------------------------------------------------ */

static int count(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = 0;
    for (int64_t i = 0; rc >= 0; i++)
        rc = cede_yield(self, &i);
    return rc;
}

static int level(cede_gen *self, void *left)
{
    long below = *(long *)left - 1;
    cede_gen *inner = below > 0 ? cede_gen_of(int64_t, level, &below)
                                : cede_gen_of(int64_t, count, NULL);
    return cede_yield_from(self, inner);
}

static cede_gen *chain_of(long levels)
{
    cede_gen *chain = cede_gen_of(int64_t, level, &levels);
    int64_t first = -1;
    bench_require(cede_next(chain, &first) == 1 && first == 0,
                  "a chain of delegates cannot be built");
    return chain;
}

/* The items go on where the last round left off. */
static void next_by_cede(void *chain, long n)
{
    int64_t first, x = 0;
    bench_require(cede_next(chain, &first) == 1, "a chain of delegates ended");
    for (long i = 1; i < n && cede_next(chain, &x) > 0; i++)
        ;
    bench_require(x == first + n - 1, "a chain of delegates lost an item");
}

/* ---- both ------------------------------------------------------------ */

static void figure(const char *name, long levels, cede_gen *shallow)
{
    if (!bench_wanted(name) ||
        !bench_memory(name, BYTES_A_LEVEL * (double)levels))
        return;
    cede_gen *chain = chain_of(levels);
    struct bench_figure f = {.name = name,
                             .floor = next_by_floor,
                             .reference = reference_next,
                             .subject = next_by_cede,
                             .arg = chain};
    if (levels > 1) {
        f.base = (struct bench_base){"delegate_1", next_by_cede, shallow};
        f.targets[0] = (struct bench_target){"delegate_1", 1.2};
    }
    bench_figure(&f);
    bench_require(cede_gen_close(chain) == 0, "a chain did not close");
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    cede_gen *shallow = chain_of(1);
    figure("delegate_1", 1, NULL);
    figure("delegate_1k", 1000, shallow);
    figure("delegate_100k", 100000, shallow);
    bench_require(cede_gen_close(shallow) == 0, "a chain did not close");
    return bench_end();
}
