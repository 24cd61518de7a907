/* SPDX-License-Identifier: MIT
 *
 * scope.c - what a deadline costs that does not fire: entered and left, the
 * block between them empty.
 *
 * The floor is one look at the clock, which "an hour from now" cannot do
 * without.
 */
#include "bench.h"

#include <cede.h>
#include <time.h>

static void clock_by_floor(void *arg, long n)
{
    (void)arg;
    struct timespec now;
    for (long i = 0; i < n; i++)
        clock_gettime(CLOCK_MONOTONIC, &now);
}

static void scope_by_cede(void *arg, long n)
{
    (void)arg;
    int rc = 0;
    for (long i = 0; i < n && rc == 0; i++) {
        cede_scope hour;
        cede_enter(&hour, cede_in(3600 * CEDE_SEC));
        rc = cede_leave(&hour, 0);
    }
    bench_require(rc == 0, "a scope failed");
}

static int amain(void *arg)
{
    (void)arg;
    bench_figure(&(struct bench_figure){.name = "timeout_scope",
                                        .floor = clock_by_floor,
                                        .subject = scope_by_cede,
                                        .floor_plus = 15});
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    bench_require(cede_run(amain, NULL) == 0, "the run failed");
    return bench_end();
}
