/* SPDX-License-Identifier: MIT
 *
 * sync.c - what locks cost, and waking somebody by them.
 *
 * mutex_uncontended  lock and unlock a mutex that nobody else wants; the floor
 *                    is two called functions that say whose it is
 * event_wake         two tasks wake each other by two events, a wake
 * sem_handoff        the same by two semaphores, a permit
 *
 * The floor of the last two makes the other task ready and stops.  What they
 * are promised to cost is twice a yield, which is measured beside them between
 * two tasks.
 */
#include "bench.h"
#include "floor.h"

#include <cede.h>

/* ---- the floors ------------------------------------------------------ */

static struct floor_task *floor_owner;

static __attribute__((noinline)) int floor_lock(struct floor_task **owner)
{
    if (*owner)
        return -1;
    *owner = floor_loop.current;
    return 0;
}

static __attribute__((noinline)) void floor_unlock(struct floor_task **owner)
{
    *owner = NULL;
}

static void lock_by_floor(void *arg, long n)
{
    (void)arg;
    for (long i = 0; i < n; i++) {
        bench_require(floor_lock(&floor_owner) == 0, "the floor locks twice");
        floor_unlock(&floor_owner);
    }
}

static struct floor_task *floor_first, *floor_second;

static void floor_wakes_first(void *n)
{
    for (long left = *(long *)n / 2; left > 0; left--) {
        floor_ready(floor_first);
        floor_block();
    }
    floor_ready(floor_first);
}

static void wake_by_floor(void *arg, long n)
{
    (void)arg;
    floor_first = floor_loop.current;
    floor_second = floor_spawn(floor_wakes_first, &n);
    floor_block();
    for (long left = n / 2; left > 0; left--) {
        floor_ready(floor_second);
        floor_block();
    }
    floor_join(floor_second);
}

/* ---- cede ------------------------------------------------------------ */

static void lock_by_cede(void *arg, long n)
{
    (void)arg;
    static cede_mutex m;
    int rc = 0;
    for (long i = 0; i < n; i++) {
        rc |= cede_mutex_lock(&m);
        cede_mutex_unlock(&m);
    }
    bench_require(rc == 0, "a mutex was not locked");
}

/* Both sides do fn(pair of things, which side) n / 2 times. */
struct court {
    void (*fn)(void *pair, int side);
    void *pair;
    long n;
};

static int other_side(void *arg)
{
    const struct court *court = arg;
    for (long left = court->n / 2; left > 0; left--)
        court->fn(court->pair, 1);
    return 0;
}

static inline __attribute__((always_inline)) void
play(void (*fn)(void *pair, int side), void *pair, cede_fn *other, long n)
{
    struct court court = {fn, pair, n};
    CEDE_GROUP(group);
    cede_go(&group, other, &court);
    for (long left = n / 2; left > 0; left--)
        fn(pair, 0);
    bench_require(cede_join(&group) == 0, "the other side failed");
}

static void yields(void *pair, int side)
{
    (void)pair, (void)side;
    (void)cede_sleep(0);
}

static void yield_by_cede(void *arg, long n)
{
    (void)arg;
    play(yields, NULL, other_side, n);
}

static void wakes(void *pair, int side)
{
    cede_event *events = pair;
    (void)cede_event_wait(&events[side]);
    cede_event_clear(&events[side]);
    cede_event_set(&events[!side]);
}

static void wake_by_cede(void *arg, long n)
{
    (void)arg;
    cede_event events[2] = {0};
    cede_event_set(&events[0]);
    play(wakes, events, other_side, n);
}

static void hands_over(void *pair, int side)
{
    cede_sem *sems = pair;
    (void)cede_sem_acquire(&sems[side]);
    (void)cede_sem_release(&sems[!side]);
}

static void hand_over_by_cede(void *arg, long n)
{
    (void)arg;
    cede_sem sems[2] = {CEDE_SEM(1), CEDE_SEM(0)};
    play(hands_over, sems, other_side, n);
}

/* ---- both ------------------------------------------------------------ */

static void wake(const char *name, bench_fn *subject)
{
    bench_figure(
        &(struct bench_figure){.name = name,
                               .floor = wake_by_floor,
                               .subject = subject,
                               .base = {"task_yield_d0", yield_by_cede, NULL},
                               .targets = {{"task_yield_d0", 2.0}}});
}

static int amain(void *arg)
{
    (void)arg;
    floor_start(1);
    bench_figure(&(struct bench_figure){.name = "mutex_uncontended",
                                        .floor = lock_by_floor,
                                        .subject = lock_by_cede});
    wake("event_wake", wake_by_cede);
    wake("sem_handoff", hand_over_by_cede);
    return 0;
}

int main(int argc, char **argv)
{
    bench_start(argc, argv);
    bench_require(cede_run(amain, NULL) == 0, "the run failed");
    return bench_end();
}
