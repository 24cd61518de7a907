/* SPDX-License-Identifier: MIT
 *
 * cpus.c - how many processors there are to run on.
 */
#define _GNU_SOURCE /* affinity */

#include "base/cpus.h"

#include <errno.h>
#include <sched.h>

unsigned cd_cpus(void)
{
    cpu_set_t sets[8]; /* 8,192 are what kernels know at most */
    int saved = errno;
    int n = sched_getaffinity(0, sizeof sets, sets) == 0
                ? CPU_COUNT_S(sizeof sets, sets)
                : 1;
    errno = saved;
    return n > 0 ? (unsigned)n : 1;
}
