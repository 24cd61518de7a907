/* SPDX-License-Identifier: MIT
 *
 * alloc_future_test.c - what happens when memory runs out, see alloc.h:
 * promises, callbacks, several futures at once.
 */
#include "alloc.h"

#ifndef CAN_REFUSE
int main(void)
{
    puts("alloc_future: skipped: the allocator is not glibc's own");
    return 77;
}
#else

static void adds_one(cede_future *f, void *n)
{
    (void)f;
    ++*(int *)n;
}

static int keeps_its_promise(void *f)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    (void)cede_fail(-EIO, "a message");
    return cede_resolve(f, -EIO);
}

static int promises(void)
{
    int ran = 0;
    cede_future *f = cede_promise();
    int rc = cede_on_done(f, adds_one, &ran);
    CHECK_ENOMEM_OR(rc, 0);
    CHECK_ENOMEM_OR(cede_on_done(f, adds_one, &ran), 0);
    CHECK_ENOMEM_OR(cede_resolve(f, 7), 0);
    CHECK_ENOMEM_OR(cede_await(f), 7);
    CHECK(ran <= 2 && (rc < 0 || ran >= 1));
    cede_future_free(f);
    return 0;
}

static int awaits_a_kept_one(void *ran)
{
    CEDE_GROUP(g);
    cede_future *f = cede_promise();
    CEDE_DEFER((void (*)(void *))cede_future_free, f);
    if (!f)
        return -ENOMEM;
    CEDE_TRY(cede_on_done(f, adds_one, ran));
    CEDE_TRY(cede_go(&g, keeps_its_promise, f));
    CHECK_ERR(cede_await(f), -EIO);
    return cede_join(&g);
}

static void free_three(void *fs)
{
    for (int i = 0; i < 3; i++)
        cede_future_free(((cede_future **)fs)[i]);
}

static int combines(void *arg)
{
    int sum = 0;
    cede_future *fs[] = {cede_after(CEDE_SEC, 1), cede_after(CEDE_MS, 2),
                         cede_after(CEDE_US, 3)};
    (void)arg;
    CEDE_DEFER(free_three, fs);
    CEDE_TRY(cede_wait(fs, 3, CEDE_FIRST));
    cede_each (cede_future *, f, cede_as_completed(fs, 3))
        sum += cede_result(f);
    CEDE_TRY(cede_each_error());
    CEDE_TRY(cede_gather_futures(fs, 3));
    CHECK_EQ(sum, 6);
    return 0;
}

static int fails_late(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fail(-EIO, "%s", (char *)arg);
}

static int succeeds_later(void *arg)
{
    (void)arg;
    CEDE_TRY(cede_sleep(CEDE_SEC));
    return 7;
}

static int amain(void *ran)
{
    int rc, result = 7;
    CEDE_TRY(awaits_a_kept_one(ran));
    CEDE_TRY(combines(NULL));
    CEDE_TRY(
        rc = cede_race(CEDE_CALLS({fails_late, "a"}, {succeeds_later, NULL}),
                       &result));
    CHECK(rc == 1 && result == 7);
    cede_future *f = cede_spawn(NULL, fails_late, "b");
    rc = cede_await(f);
    cede_future_free(f);
    return rc == -EIO ? 0 : rc;
}

static int futures(void)
{
    int ran = 0;
    const cede_options o = {.poller = "virtual"};
    int rc = cede_run_with(&o, amain, &ran);
    CHECK_ENOMEM_OR(rc, 0);
    CHECK(ran <= 1 && (rc < 0 || ran == 1));
    return 0;
}

TEST(promises_survive_any_allocation_that_fails_once_or_from_then_on)
{
    sweep(promises, false, true);
    sweep(promises, true, true);
}

TEST(futures_survive_any_allocation_that_fails_once_or_from_then_on)
{
    sweep(futures, false, true);
    sweep(futures, true, true);
}

SUITE_OF_ALLOCATIONS("alloc_future")

#endif
