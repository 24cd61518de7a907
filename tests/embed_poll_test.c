/* SPDX-License-Identifier: MIT
 *
 * embed_poll_test.c - a loop inside of a hand-made one around poll().
 */
#include "check.h"
#include "threads.h"
#include <limits.h>
#include <poll.h>

static cede_loop *loop;
static bool over;

static void open_loop(const char *poller)
{
    loop = cede_loop_new(&(cede_options){.poller = poller});
    CHECK(loop);
}

static bool readable(void)
{
    struct pollfd p = {.fd = cede_loop_fd(loop), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

/* What loop.h says to do. */
static int drive(void)
{
    int rounds = 0;
    struct pollfd p = {.fd = cede_loop_fd(loop), .events = POLLIN};
    for (; !over; rounds++) {
        poll(&p, 1, cede_loop_timeout_ms(loop));
        CHECK_OK(cede_loop_step(loop));
    }
    over = false;
    return rounds;
}

static int says(void *what)
{
    note("%s ", (const char *)what);
    return 0;
}

static int finishes(void *what)
{
    over = true;
    return says(what);
}

/* ---- steps ----------------------------------------------------------- */

TEST(a_step_is_one_turn)
{
    open_loop("epoll");
    CHECK_EQ(cede_loop_step(loop), 0);
    CHECK_OK(cede_loop_call_soon(loop, says, "a", NULL));
    CHECK_OK(cede_loop_post(loop, says, "b"));
    CHECK_EQ(cede_loop_step(loop), 0);
    CHECK_NOTED("a b ");
    CHECK_OK(cede_loop_close(loop));
}

static int registers(void *what)
{
    CHECK(cede_loop_current() == loop);
    CHECK_EQ(cede_loop_step(loop), -EBUSY);
    return cede_loop_call_soon(loop, says, what, NULL);
}

TEST(a_step_tells_that_there_is_more_to_do)
{
    open_loop("epoll");
    CHECK_OK(cede_loop_call_soon(loop, registers, "next", NULL));
    CHECK_EQ(cede_loop_step(loop), 1);
    CHECK(!cede_loop_current());
    CHECK_EQ(cede_loop_timeout(loop), 0);
    CHECK_EQ(cede_loop_step(loop), 0);
    CHECK_NOTED("next ");
    CHECK_OK(cede_loop_close(loop));
}

static int sleeps(void *arg)
{
    for (int i = 0; i < 3; i++)
        CEDE_TRY(cede_sleep(CEDE_MS));
    return finishes(arg);
}

static int starts(void *arg)
{
    return cede_go(NULL, sleeps, arg);
}

TEST(tasks_run_in_steps)
{
    open_loop("epoll");
    CHECK_OK(cede_loop_call_soon(loop, starts, "done", NULL));
    CHECK(drive() < 30);
    CHECK_NOTED("done ");
    CHECK_OK(cede_loop_close(loop));
}

TEST(on_the_virtual_clock_steps_take_no_time)
{
    open_loop("virtual");
    CHECK_OK(cede_loop_call_later(loop, 1000 * CEDE_SEC, finishes, "a", NULL));
    CHECK_EQ(cede_loop_timeout(loop), 0);
    CHECK(drive() < 5);
    CHECK_NOTED("a ");
    CHECK_EQ(cede_loop_timeout(loop), CEDE_NEVER);
    CHECK_OK(cede_loop_close(loop));
}

TEST(seeded_loops_go_by_steps_too)
{
    loop = cede_loop_new(&(cede_options){.poller = "virtual", .seed = 7});
    CHECK_OK(cede_loop_call_soon(loop, starts, "done", NULL));
    CHECK(drive() < 50);
    CHECK_NOTED("done ");
    CHECK_OK(cede_loop_close(loop));
}

static int answers(void *n)
{
    return *(int *)n;
}

TEST(between_steps_the_loop_may_be_run)
{
    open_loop("virtual");
    CHECK_OK(cede_loop_call_soon(loop, says, "a", NULL));
    CHECK_OK(cede_loop_step(loop));
    CHECK_EQ(cede_loop_run(loop, answers, &(int){5}), 5);
    CHECK_OK(cede_loop_call_soon(loop, says, "b", NULL));
    CHECK_OK(cede_loop_step(loop));
    CHECK_NOTED("a b ");
    CHECK_OK(cede_loop_close(loop));
}

/* ---- time-outs ------------------------------------------------------- */

TEST(the_time_out_says_how_long_there_is_nothing_to_do)
{
    open_loop("epoll");
    CHECK_OK(cede_loop_step(loop));
    CHECK_EQ(cede_loop_timeout(loop), CEDE_NEVER);
    CHECK_EQ(cede_loop_timeout_ms(loop), -1);
    cede_handle h;
    CHECK_OK(cede_loop_call_later(loop, CEDE_SEC, says, "", &h));
    CHECK(cede_loop_timeout(loop) > CEDE_SEC / 2);
    CHECK(cede_loop_timeout(loop) <= CEDE_SEC);
    CHECK(cede_loop_timeout_ms(loop) > 500);
    CHECK(cede_loop_timeout_ms(loop) <= 1000);
    CHECK_OK(cede_handle_cancel(&h));
    CHECK_EQ(cede_loop_timeout(loop), CEDE_NEVER);
    cede_time years = 10000 * 86400 * CEDE_SEC;
    CHECK_OK(cede_loop_call_later(loop, years, says, "", &h));
    CHECK_EQ(cede_loop_timeout_ms(loop), INT_MAX);
    CHECK_OK(cede_loop_post(loop, says, "post"));
    CHECK_EQ(cede_loop_timeout(loop), 0);
    CHECK_OK(cede_loop_close(loop));
}

TEST(a_time_out_in_ms_is_rounded_up)
{
    open_loop("epoll");
    CHECK_OK(cede_loop_call_later(loop, 10 * CEDE_MS, finishes, "a", NULL));
    CHECK(drive() <= 3); /* does not spin during the last millisecond */
    CHECK_NOTED("a ");
    CHECK_OK(cede_loop_close(loop));
}

/* ---- the descriptor -------------------------------------------------- */

TEST(each_post_makes_the_descriptor_readable_and_a_step_takes_it_back)
{
    open_loop("epoll");
    for (int i = 0; i < 3; i++) {
        CHECK(!readable());
        CHECK_OK(cede_loop_post(loop, says, "a"));
        CHECK(readable());
        CHECK_OK(cede_loop_post(loop, says, "b"));
        CHECK_EQ(cede_loop_step(loop), 0);
        CHECK(!readable());
    }
    CHECK_NOTED("a b a b a b ");
    CHECK_OK(cede_loop_close(loop));
}

static int posts(void *what)
{
    return cede_loop_post(loop, says, what);
}

TEST(what_is_posted_during_a_step_is_not_forgotten)
{
    open_loop("epoll");
    CHECK_OK(cede_loop_call_soon(loop, posts, "a", NULL));
    CHECK_EQ(cede_loop_step(loop), 1);
    CHECK_EQ(cede_loop_timeout(loop), 0);
    CHECK_EQ(cede_loop_step(loop), 0);
    CHECK_NOTED("a ");
    CHECK_OK(cede_loop_close(loop));
}

enum { MANY = 20000 };
static int arrived;

static int arrives(void *arg)
{
    (void)arg;
    over = ++arrived == rounds(MANY);
    return 0;
}

static void *posts_many(void *arg)
{
    for (int i = 0; i < rounds(MANY); i++)
        CHECK_OK(cede_loop_post(loop, arrives, arg));
    return NULL;
}

TEST(no_post_of_another_thread_is_missed_and_poll_does_not_spin)
{
    open_loop("epoll");
    pthread_t thread = in_thread(posts_many, NULL);
    CHECK(drive() <= 2 * rounds(MANY) + 2);
    ends_with(thread);
    CHECK_EQ(arrived, rounds(MANY));
    CHECK_OK(cede_loop_close(loop));
}

static void *steps(void *arg)
{
    (void)arg;
    CHECK_EQ(cede_loop_step(loop), -EPERM);
    CHECK_EQ(cede_loop_fd(loop), -EPERM);
    CHECK_EQ(cede_loop_timeout(loop), 0);
    return NULL;
}

TEST(another_thread_may_not_step)
{
    open_loop("epoll");
    by_thread(steps, NULL);
    CHECK_EQ(cede_loop_step(NULL), -ENOMEM);
    CHECK_EQ(cede_loop_fd(NULL), -ENOMEM);
    CHECK_EQ(cede_loop_timeout(NULL), 0);
    CHECK_EQ(cede_loop_timeout_ms(NULL), 0);
    CHECK_OK(cede_loop_close(loop));
}

SUITE("embed_poll")
