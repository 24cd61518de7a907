/* SPDX-License-Identifier: MIT
 *
 * given_back_thread_test.c - a promise given back by one thread just as
 * another one stops waiting for it.
 */
#define _GNU_SOURCE
#include "check.h"
#include "task/future.h"
#include "threads.h"
#include <stdatomic.h>

static const cede_time delay = 200 * CEDE_US;

/* What one waits for and the other gives back. */
struct shared {
    cede_future *first, *f;
    atomic_bool left;
    int round;
};

/* Until somebody waits, or did. */
static void see_waiter(struct shared *s)
{
    bool waits;
    do {
        cd_future_hold(s->f);
        waits = !cd_list_empty(&s->f->watches);
        cd_future_release(s->f);
    } while (!waits && !s->left);
}

/* ---- a time-out -------------------------------------------------------- */

static void *gives_back_in_time(void *arg)
{
    struct shared *s = arg;
    see_waiter(s);
    cede_time until = cede_now() + delay - s->round % 50 * CEDE_US;
    while (cede_now() < until)
        continue;
    cede_future_free(s->f);
    return NULL;
}

TEST(a_promise_may_be_given_back_just_as_a_threads_wait_for_it_times_out)
{
    for (int i = 0; i < rounds(500); i++) {
        struct shared s = {.f = cede_promise(), .round = i};
        pthread_t t = in_thread(gives_back_in_time, &s);
        int rc = cede_await_within(delay, s.f);
        CHECK(rc == CEDE_EBROKEN || rc == -ETIMEDOUT);
        s.left = true;
        CHECK_EQ(ends_with(t), 0);
    }
}

/* ---- among others ------------------------------------------------------ */

static void *resolves_one_and_gives_back_the_other(void *arg)
{
    struct shared *s = arg;
    see_waiter(s);
    CHECK_EQ(cede_resolve(s->first, 7), 0);
    for (int i = 0; i < s->round % 50; i++)
        (void)cede_now();
    cede_future_free(s->f);
    return NULL;
}

TEST(a_promise_may_be_given_back_just_as_a_thread_has_got_another_one)
{
    for (int i = 0; i < rounds(500); i++) {
        struct shared s = {cede_promise(), cede_promise(), .round = i};
        pthread_t t = in_thread(resolves_one_and_gives_back_the_other, &s);
        CHECK(cede_wait((cede_future *[]){s.first, s.f}, 2, CEDE_FIRST) >= 1);
        s.left = true;
        CHECK_EQ(ends_with(t), 0);
        cede_future_free(s.first);
    }
}

SUITE("given_back_thread")
