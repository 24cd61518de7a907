/* SPDX-License-Identifier: MIT
 *
 * loop_callback_test.c - call_soon, call_later, call_at, and taking back.
 */
#include "base/memory.h"
#include "check.h"
#include "threads.h"

static cede_loop *loop; /* what callbacks here register with */

static void open_loop(void)
{
    loop = cede_loop_new(&(cede_options){.poller = "virtual"});
    CHECK(loop);
}

static void close_loop(void)
{
    CHECK_OK(cede_loop_close(loop));
}

static int says(void *what)
{
    note("%s ", (const char *)what);
    return 0;
}

static int stops(void *arg)
{
    (void)arg;
    note("stop ");
    return cede_loop_stop(loop);
}

static void soon(cede_fn *fn, void *arg)
{
    CHECK_OK(cede_loop_call_soon(loop, fn, arg, NULL));
}

static void later(cede_time delay, cede_fn *fn, void *arg)
{
    CHECK_OK(cede_loop_call_later(loop, delay, fn, arg, NULL));
}

/* One batch. */
static void run_once(void)
{
    CHECK_OK(cede_loop_stop(loop));
    CHECK_OK(cede_loop_run_forever(loop));
}

/* ---- soon ------------------------------------------------------------ */

TEST(callbacks_run_first_in_first_out)
{
    open_loop();
    soon(says, "a");
    soon(says, "b");
    soon(says, "c");
    CHECK_NOTED("");
    run_once();
    CHECK_NOTED("a b c ");
    close_loop();
}

static int says_and_registers(void *what)
{
    says(what);
    soon(says, "next");
    return 0;
}

TEST(what_a_callback_registers_runs_in_the_next_turn)
{
    open_loop();
    soon(says_and_registers, "a");
    soon(says, "b");
    run_once();
    CHECK_NOTED("a b ");
    run_once();
    CHECK_NOTED("a b next ");
    close_loop();
}

TEST(a_stop_lets_the_batch_finish_and_no_more)
{
    open_loop();
    soon(says_and_registers, "a");
    soon(stops, NULL);
    soon(says, "b");
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_NOTED("a stop b ");
    run_once();
    CHECK_NOTED("a stop b next ");
    close_loop();
}

static int counts(void *n)
{
    ++*(int *)n;
    return 0;
}

static int counts_again(void *n)
{
    soon(counts, n);
    return counts(n);
}

TEST(a_batch_that_is_larger_than_a_turn_finishes_too)
{
    enum { MANY = 3000 };
    open_loop();
    int n = 0;
    soon(stops, NULL);
    for (int i = 0; i < MANY; i++)
        soon(counts_again, &n);
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_EQ(n, MANY);
    run_once();
    CHECK_EQ(n, 2 * MANY);
    close_loop();
}

static int spins(void *turns)
{
    ++*(int *)turns;
    soon(spins, turns);
    return 0;
}

static int resolves(void *promise)
{
    return cede_resolve(promise, 3);
}

TEST(a_callback_that_registers_itself_starves_neither_timers_nor_tasks)
{
    int turns = 0;
    CHECK(loop = cede_loop_new(NULL));
    cede_future *f = cede_promise();
    soon(spins, &turns);
    later(CEDE_MS, resolves, f);
    CHECK_EQ(cede_loop_run_until(loop, f), 3);
    CHECK(turns > 1);
    cede_future_free(f);
    close_loop();
}

static int spawns(void *what)
{
    soon(says, "callback");
    CHECK_OK(cede_go(NULL, says, what));
    soon(says, "callback");
    return 0;
}

TEST(tasks_keep_their_place_among_callbacks)
{
    open_loop();
    soon(spawns, "task");
    soon(stops, NULL);
    run_once();
    CHECK_NOTED("stop ");
    run_once();
    CHECK_NOTED("stop callback task callback ");
    close_loop();
}

static int starts_many(void *arg)
{
    for (int i = 0; i < 200; i++)
        CHECK_OK(cede_go(NULL, counts, arg));
    soon(says, "after them");
    return 0;
}

static int checks_count(void *n)
{
    CHECK_EQ(*(int *)n, 200);
    return says("counted");
}

TEST(a_callback_runs_after_starts_that_were_put_off_before_it)
{
    open_loop();
    int n = 0;
    soon(starts_many, &n);
    run_once();
    soon(checks_count, &n);
    run_once();
    CHECK_NOTED("after them counted ");
    close_loop();
}

static int main_registers(void *arg)
{
    (void)arg;
    soon(says, "a");
    return 0;
}

TEST(what_main_registers_last_runs_in_its_run)
{
    open_loop();
    CHECK_OK(cede_loop_run(loop, main_registers, NULL));
    CHECK_NOTED("a ");
    close_loop();
}

static int registers_in_a_run(void *arg)
{
    (void)arg;
    loop = cede_loop_current();
    soon(says_and_registers, "a");
    CHECK_OK(cede_sleep(CEDE_SEC));
    soon(says, "b");
    return 0;
}

TEST(in_a_plain_run_callbacks_work_too_and_the_last_ones_run)
{
    CHECK_OK(cede_run(registers_in_a_run, NULL));
    CHECK_NOTED("a next b ");
}

/* ---- at some time ---------------------------------------------------- */

TEST(later_ones_run_in_the_order_of_their_times)
{
    open_loop();
    later(3 * CEDE_SEC, stops, NULL);
    later(2 * CEDE_SEC, says, "b");
    later(CEDE_SEC, says, "a");
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_NOTED("a b stop ");
    close_loop();
}

static int checks_time(void *when)
{
    CHECK_EQ(cede_now(), *(cede_time *)when);
    return stops(NULL);
}

static int registers_at(void *arg)
{
    static cede_time when;
    (void)arg;
    when = cede_now() + 5 * CEDE_SEC;
    CHECK_OK(cede_loop_call_at(loop, when, says, "first", NULL));
    CHECK_OK(cede_loop_call_at(loop, when, says, "second", NULL));
    CHECK_OK(cede_loop_call_at(loop, when, checks_time, &when, NULL));
    return 0;
}

TEST(those_of_one_point_run_in_the_order_of_registering)
{
    open_loop();
    soon(registers_at, NULL);
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_NOTED("first second stop ");
    close_loop();
}

TEST(no_delay_is_as_soon_as_possible_and_after_what_is_ready)
{
    open_loop();
    later(0, says, "zero");
    later(-CEDE_SEC, says, "less");
    later(-CEDE_NEVER, says, "least");
    soon(says, "a");
    soon(says, "b");
    run_once();
    CHECK_NOTED("a b zero less least ");
    close_loop();
}

TEST(never_is_never)
{
    open_loop();
    cede_handle h;
    CHECK_OK(cede_loop_call_later(loop, CEDE_NEVER, says, "never", &h));
    CHECK_OK(cede_loop_call_at(loop, CEDE_NEVER, says, "never", NULL));
    later(CEDE_NEVER - 1, says, "hardly ever");
    later(1000 * CEDE_SEC, stops, NULL);
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_NOTED("stop ");
    CHECK_OK(cede_handle_cancel(&h));
    close_loop();
}

TEST(a_delay_counts_from_the_call_also_between_runs)
{
    open_loop();
    later(CEDE_SEC, says, "a");
    later(2 * CEDE_SEC, stops, NULL);
    CHECK_OK(cede_loop_run_forever(loop));
    later(CEDE_SEC, says, "b");
    later(2 * CEDE_SEC, stops, NULL);
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_NOTED("a stop b stop ");
    close_loop();
}

/* ---- taking back ----------------------------------------------------- */

TEST(what_is_cancelled_never_runs)
{
    open_loop();
    cede_handle a, b, c;
    CHECK_OK(cede_loop_call_soon(loop, says, "a", &a));
    CHECK_OK(cede_loop_call_later(loop, CEDE_SEC, says, "b", &b));
    CHECK_OK(cede_loop_call_later(loop, 0, says, "c", &c));
    soon(says, "d");
    CHECK_OK(cede_handle_cancel(&a));
    CHECK_OK(cede_handle_cancel(&b));
    CHECK_OK(cede_handle_cancel(&c));
    later(2 * CEDE_SEC, stops, NULL);
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_NOTED("d stop ");
    CHECK_EQ(cede_handle_cancel(&a), -EALREADY);
    CHECK_EQ(cede_handle_cancel(&b), -EALREADY);
    CHECK_EQ(cede_handle_cancel(&c), -EALREADY);
    close_loop();
}

TEST(a_handle_of_what_has_run_does_nothing_to_what_came_after_it)
{
    open_loop();
    cede_handle old, young;
    CHECK_OK(cede_loop_call_soon(loop, says, "a", &old));
    run_once();
    CHECK_OK(cede_loop_call_soon(loop, says, "b", &young));
    CHECK(old.impl_ == young.impl_); /* or this shows nothing */
    CHECK_EQ(cede_handle_cancel(&old), -EALREADY);
    run_once();
    CHECK_NOTED("a b ");
    CHECK_EQ(cede_handle_cancel(&young), -EALREADY);
    close_loop();
}

TEST(nothing_cannot_be_cancelled)
{
    cede_handle h = {0};
    CHECK_EQ(cede_handle_cancel(&h), -EALREADY);
    CHECK_EQ(cede_handle_cancel(NULL), -EALREADY);
}

static int cancels(void *handle)
{
    note("%d ", cede_handle_cancel(handle));
    return 0;
}

TEST(a_callback_that_runs_cannot_be_cancelled_and_its_neighbor_can)
{
    open_loop();
    cede_handle self, next;
    CHECK_OK(cede_loop_call_soon(loop, cancels, &self, &self));
    CHECK_OK(cede_loop_call_soon(loop, cancels, &next, NULL));
    CHECK_OK(cede_loop_call_soon(loop, says, "never", &next));
    run_once();
    char want[40];
    snprintf(want, sizeof want, "%d 0 ", -EALREADY);
    CHECK_NOTED(want);
    close_loop();
}

TEST(one_that_waits_for_the_next_turn_can_be_cancelled)
{
    open_loop();
    cede_handle h;
    soon(says_and_registers, "a");
    run_once();
    CHECK_OK(cede_loop_call_soon(loop, says, "b", &h));
    CHECK_OK(cede_handle_cancel(&h));
    run_once();
    run_once();
    CHECK_NOTED("a next ");
    close_loop();
}

TEST(cancelling_many_timers_leaves_nothing_behind)
{
    open_loop();
    enum { N = 100000 };
    cede_handle first;
    CHECK_OK(cede_loop_call_later(loop, CEDE_SEC, says, "x", &first));
    CHECK_OK(cede_handle_cancel(&first));
    for (int i = 0; i < N; i++) {
        cede_handle h;
        CHECK_OK(cede_loop_call_later(loop, (1 + i % 1000) * CEDE_SEC, says,
                                      "x", &h));
        CHECK(h.impl_ == first.impl_); /* the same memory again and again */
        CHECK_OK(cede_handle_cancel(&h));
    }
    CHECK_EQ(cede_loop_timeout(loop), CEDE_NEVER);
    close_loop();
}

/* ---- failing --------------------------------------------------------- */

static int fails(void *arg)
{
    (void)arg;
    return cede_fail(-EIO, "the disk is gone");
}

TEST(a_callback_that_fails_is_reported_by_name_and_the_loop_goes_on)
{
    listen_to_hook();
    open_loop();
    CHECK_OK(cede_loop_call_soon(loop, fails, NULL, NULL));
    soon(says, "b");
    run_once();
    CHECK_NOTED("b ");
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK_STR_EQ(hooked.task, "");
    CHECK_STR_EQ(hooked.message, "the disk is gone");
    CHECK(strstr(hooked.what, "callback 'fails', registered at tests/"
                              "loop_callback_test.c:"));
    close_loop();
}

static int sets_errno(void *arg)
{
    (void)arg;
    errno = ENOTTY;
    return cede_sleep(CEDE_SEC) == -EPERM ? 0 : -EPROTO;
}

TEST(callbacks_change_neither_errno_nor_the_message_of_who_runs_the_loop)
{
    listen_to_hook();
    open_loop();
    (void)cede_fail(-EBADF, "mine");
    errno = 17;
    soon(fails, NULL);
    soon(sets_errno, NULL);
    run_once();
    CHECK_EQ(errno, 17);
    CHECK_STR_EQ(cede_message(), "mine");
    CHECK_EQ(hooked.count, 1);
    close_loop();
}

/* ---- refused --------------------------------------------------------- */

TEST(without_a_function_or_a_loop_it_is_refused)
{
    open_loop();
    CHECK_EQ((cede_loop_call_soon)(loop, NULL, NULL, NULL), -EINVAL);
    CHECK_EQ((cede_loop_call_later)(loop, 0, NULL, NULL, NULL), -EINVAL);
    CHECK_EQ((cede_loop_call_at)(loop, 0, NULL, NULL, NULL), -EINVAL);
    CHECK_EQ(cede_loop_call_soon(NULL, says, "", NULL), -ENOMEM);
    CHECK_EQ(cede_loop_call_later(NULL, 0, says, "", NULL), -ENOMEM);
    close_loop();
}

TEST(without_memory_it_is_refused_and_what_is_there_is_used_again)
{
    open_loop();
    cd_refuse_in = 1;
    CHECK_EQ(cede_loop_call_soon(loop, says, "a", NULL), -ENOMEM);
    for (int i = 0; i < 100; i++) {
        CHECK_OK(cede_loop_call_soon(loop, says, i ? "" : "b", NULL));
        cd_refuse_in = 1; /* the first made room for more than one */
        run_once();
    }
    cd_refuse_in = 0;
    CHECK_EQ(noted[0], 'b');
    close_loop();
}

static void *is_refused(void *handle)
{
    CHECK_EQ(cede_loop_call_soon(loop, says, "a", NULL), -EPERM);
    CHECK_STR_EQ(cede_message(), "a callback of another thread's loop: "
                                 "cede_loop_post may be called from any");
    CHECK_EQ(cede_loop_call_later(loop, 0, says, "a", NULL), -EPERM);
    CHECK_EQ(cede_loop_call_at(loop, 0, says, "a", NULL), -EPERM);
    CHECK_EQ(cede_handle_cancel(handle), -EPERM);
    return NULL;
}

TEST(another_thread_is_refused)
{
    open_loop();
    cede_handle h;
    CHECK_OK(cede_loop_call_soon(loop, says, "mine", &h));
    by_thread(is_refused, &h);
    run_once();
    CHECK_NOTED("mine ");
    close_loop();
}

/* ---- task-local values ----------------------------------------------- */

static cede_local color = CEDE_LOCAL("color", "none");

static int says_color(void *arg)
{
    (void)arg;
    says(cede_local_get(&color));
    return cede_local_set(&color, "changed");
}

static int registers_in_color(void *value)
{
    CHECK_OK(cede_local_set(&color, value));
    soon(says_color, NULL);
    later(CEDE_SEC, says_color, NULL);
    CHECK_OK(cede_local_set(&color, "later"));
    return 0;
}

TEST(a_callback_sees_the_values_of_where_it_was_registered)
{
    open_loop();
    CHECK_OK(cede_loop_run(loop, registers_in_color, "red"));
    CHECK_OK(cede_loop_run(loop, registers_in_color, "blue"));
    later(2 * CEDE_SEC, stops, NULL);
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_NOTED("red blue red blue stop ");
    CHECK_STR_EQ(cede_local_get(&color), "none");
    close_loop();
}

static int spawns_color(void *arg)
{
    (void)arg;
    return cede_go(NULL, says_color, NULL);
}

TEST(tasks_that_a_callback_starts_inherit_them)
{
    open_loop();
    CHECK_OK(cede_local_set(&color, "mine"));
    soon(spawns_color, NULL);
    run_once();
    run_once();
    CHECK_NOTED("mine ");
    CHECK_STR_EQ(cede_local_get(&color), "mine");
    close_loop();
}

SUITE("loop_callback")
