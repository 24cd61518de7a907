/* SPDX-License-Identifier: MIT
 *
 * alloc_threads_test.c - what happens when memory runs out, see alloc.h: loops
 * on several threads.
 */
#include "alloc.h"
#include <cede/local.h>

#ifndef CAN_REFUSE
int main(void)
{
    puts("alloc_threads: skipped: the allocator is not glibc's own");
    return 77;
}
#else

static int yields(void *arg)
{
    (void)arg;
    return cede_sleep(0);
}

static atomic_int ran;

static int amain(void *arg)
{
    ran++;
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, yields, arg));
    return cede_join(&g);
}

static int one_thread(void)
{
    int rc = cede_run_threads(1, amain, NULL);
    CHECK_ENOMEM_OR(rc, 0);
    CHECK(rc < 0 || ran == 1);
    return 0;
}

static void *runs(void *arg)
{
    CHECK_OK(cede_run(yields, arg));
    return NULL;
}

/* What the C library and cede keep of a thread that has ended, for others. */
static void warm_up(void)
{
    pthread_t t;
    armed = false;
    CHECK(pthread_create(&t, NULL, runs, NULL) == 0);
    CHECK(pthread_join(t, NULL) == 0);
    armed = true;
}

static cede_local inherited = CEDE_LOCAL("inherited", NULL);

static int two_threads(void)
{
    warm_up();
    (void)cede_local_set(&inherited, &inherited);
    int rc = cede_run_threads(2, amain, NULL);
    if (rc != -EAGAIN) /* no memory for another thread */
        CHECK_ENOMEM_OR(rc, 0);
    CHECK(rc < 0 || ran == 2);
    return 0;
}

TEST(one_thread_survives_any_allocation_that_fails_once_or_from_then_on)
{
    sweep(one_thread, false, true);
    sweep(one_thread, true, true);
}

TEST(two_threads_survive_any_allocation_that_fails_once_or_from_then_on)
{
    sweep(two_threads, false, true);
    sweep(two_threads, true, true);
}

SUITE_OF_ALLOCATIONS("alloc_threads")

#endif
