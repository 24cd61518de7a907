/* SPDX-License-Identifier: MIT
 *
 * S004-13 and S004-17 - one thread, and tasks that change only where they
 * wait: without a wait between reading and writing no update is lost, with one
 * they are, and a lock repairs that.
 */
#include "seed.h"

#include <pthread.h>
#include <stdio.h>

enum { MOST = 1000 };

static struct {
    long rounds, counter, threads;
    pthread_t thread; /* of the last round */
    cede_mutex lock;
} all;

static void see_thread(void)
{
    if (all.threads == 0 || !pthread_equal(all.thread, pthread_self()))
        all.threads++;
    all.thread = pthread_self();
}

static int safe(void *arg)
{
    (void)arg;
    for (long i = 0; i < all.rounds; i++) {
        see_thread();
        long c = all.counter;
        c++;
        all.counter = c;
        CEDE_TRY(cede_sleep(0));
    }
    return 0;
}

static int add_one(void)
{
    long c = all.counter;
    CEDE_TRY(cede_sleep(0));
    all.counter = c + 1;
    return 0;
}

static int unsafe(void *arg)
{
    (void)arg;
    for (long i = 0; i < all.rounds; i++)
        CEDE_TRY(add_one());
    return 0;
}

static int locked(void *arg)
{
    (void)arg;
    for (long i = 0; i < all.rounds; i++) {
        CEDE_TRY(cede_mutex_lock(&all.lock));
        int rc = add_one();
        cede_mutex_unlock(&all.lock);
        CEDE_TRY(rc);
    }
    return 0;
}

static int run_all(cede_fn *fn, size_t n)
{
    cede_call calls[MOST];
    for (size_t i = 0; i < n; i++)
        calls[i] = (cede_call){fn, NULL};
    all.counter = 0;
    return cede_gather(calls, n, NULL);
}

static int amain(void *arg)
{
    size_t n = *(size_t *)arg;
    CEDE_TRY(run_all(safe, n));
    printf("safe %ld threads %ld\n", all.counter, all.threads);
    CEDE_TRY(run_all(unsafe, n));
    printf("unsafe %ld\n", all.counter);
    CEDE_TRY(run_all(locked, n));
    printf("locked %ld\n", all.counter);
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 4, "--clock virtual|real TASKS ROUNDS");
    long n = seed_long(argv[3]);
    if (n < 1 || n > MOST)
        seed_refuse("1 to 1000 tasks", argv[3]);
    all.rounds = seed_long(argv[4]);
    return seed_run(argv, amain, &(size_t){(size_t)n}) < 0;
}
