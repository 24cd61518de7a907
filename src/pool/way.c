/* SPDX-License-Identifier: MIT
 *
 * way.c - giving way before sleeping, where all threads share one CPU.
 *
 * Who sleeps there has to be waked by whoever runs next, and is then switched
 * to at once, for the first of many things that would have come.  Who only
 * gives way finds all of them done, and nobody had to wake him.
 *
 * It is not tried for a while if it was in vain, and that while doubles.
 */
#include "pool/pool.h"

#include <sched.h>

void cd_give_way(struct cd_way *way, bool (*came)(const void *),
                 const void *arg)
{
    enum { MOST = 63 };
    int left = atomic_load_explicit(&way->skip, memory_order_relaxed);
    if (left > 0) {
        atomic_store_explicit(&way->skip, left - 1, memory_order_relaxed);
        return;
    }
    cede_time before = cd_monotonic();
    sched_yield();
    bool worth = came(arg) && cd_monotonic() - before < CEDE_MS;
    int useless = atomic_load_explicit(&way->useless, memory_order_relaxed);
    useless = worth ? 0 : useless < MOST ? 2 * useless + 1 : MOST;
    atomic_store_explicit(&way->useless, useless, memory_order_relaxed);
    atomic_store_explicit(&way->skip, useless, memory_order_relaxed);
}
