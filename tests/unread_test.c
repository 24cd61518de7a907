/* SPDX-License-Identifier: MIT
 *
 * unread_test.c - failures of background tasks: their handle's business when
 * they have one, reported once if nobody reads them.
 */
#include "check.h"
#include "tasks.h"

static int fails(void *arg)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fail(-EIO, "%s", (char *)arg);
}

static cede_future *kept;

static int spawns(void *arg)
{
    kept = cede_spawn(NULL, fails, arg);
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK(cede_done(kept));
    return 0;
}

static int spawns_and_reads(void *arg)
{
    CHECK_OK(spawns(arg));
    CHECK_ERR(cede_await(kept), -EIO);
    CHECK_STR_EQ(cede_message(), "text");
    return 0;
}

static const cede_options on_virtual = {.poller = "virtual"};

TEST(a_failure_that_its_handle_answered_is_not_reported)
{
    listen_to_hook();
    CHECK_EQ(cede_run_with(&on_virtual, spawns_and_reads, "text"), 0);
    CHECK_ERR(cede_result(kept), -EIO);
    cede_future_free(kept);
    CHECK_EQ(hooked.count, 0);
}

TEST(a_failure_nobody_read_is_reported_when_the_run_ends_and_only_then)
{
    listen_to_hook();
    CHECK_EQ(cede_run_with(&on_virtual, spawns, "text"), 0);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK_STR_EQ(hooked.task, "fails");
    CHECK_STR_EQ(hooked.message, "text");
    CHECK(strstr(hooked.what, "nobody read the failure of a task started at "
                              "tests/unread_test.c:"));
    CHECK_ERR(cede_result(kept), -EIO);
    cede_future_free(kept);
    CHECK_EQ(hooked.count, 1);
}

static int spawns_and_gives_back_late(void *arg)
{
    CHECK_OK(spawns(arg));
    CHECK_EQ(hooked.count, 0);
    cede_future_free(kept);
    CHECK_EQ(hooked.count, 1);
    return 0;
}

TEST(a_failure_nobody_read_is_reported_when_the_handle_is_given_back)
{
    listen_to_hook();
    CHECK_EQ(cede_run_with(&on_virtual, spawns_and_gives_back_late, "text"), 0);
    CHECK_EQ(hooked.count, 1);
}

static int spawns_and_gives_back_early(void *arg)
{
    cede_future_free(cede_spawn(NULL, fails, arg));
    CHECK_OK(cede_sleep(CEDE_SEC));
    CHECK_EQ(hooked.count, 1);
    return 0;
}

TEST(a_failure_after_the_handle_was_given_back_is_reported_at_once)
{
    listen_to_hook();
    CHECK_EQ(cede_run_with(&on_virtual, spawns_and_gives_back_early, "text"),
             0);
    CHECK_EQ(hooked.count, 1);
    CHECK_STR_EQ(hooked.message, "text");
}

static int awaits_it(void *f)
{
    return cede_await(f) == -EIO ? 0 : -EPROTO;
}

static int awaits_what_is_given_back(void *arg)
{
    cede_future *f = cede_spawn(NULL, fails, arg);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, awaits_it, f));
    CHECK_OK(cede_sleep(0));
    cede_future_free(f);
    return cede_join(&g);
}

TEST(who_awaits_a_handle_given_back_reads_its_failure)
{
    listen_to_hook();
    CHECK_EQ(cede_run(awaits_what_is_given_back, "text"), 0);
    CHECK_EQ(hooked.count, 0);
}

TASK_TEST(a_task_that_could_not_start_is_reported_once)
{
    listen_to_hook();
    CHECK(cede_spawn(NULL, NULL, NULL) == NULL);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EINVAL);
}

static int leaves_one_running(void *arg)
{
    kept = cede_spawn(NULL, sleeps_for_ever, arg);
    cede_future_free(cede_spawn(NULL, sleeps_for_ever, arg));
    return cede_sleep(0);
}

TEST(what_the_end_of_the_run_cancels_is_no_failure)
{
    listen_to_hook();
    CHECK_EQ(cede_run(leaves_one_running, "x"), 0);
    CHECK_ERR(cede_result(kept), -ECANCELED);
    cede_future_free(kept);
    CHECK_EQ(hooked.count, 0);
}

TASK_TEST(a_group_reads_the_failures_of_its_children_itself)
{
    listen_to_hook();
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, fails, "text");
    CHECK(f != NULL);
    cede_future_free(cede_spawn(&g, fails, "text"));
    CHECK_ERR(cede_join(&g), -EIO);
    CHECK_EQ(hooked.count, 0);
}

static int has_not_failed_yet(void *arg)
{
    kept = cede_spawn(NULL, fails, arg);
    CHECK_ERR(cede_result(kept), -EAGAIN);
    CHECK_OK(cede_sleep(CEDE_SEC));
    return 0;
}

TEST(to_look_at_a_result_too_early_is_not_to_read_it)
{
    listen_to_hook();
    CHECK_EQ(cede_run_with(&on_virtual, has_not_failed_yet, "text"), 0);
    CHECK_EQ(hooked.count, 1);
    cede_future_free(kept);
}

static void reads_kept(cede_future *f, void *unused)
{
    (void)f, (void)unused;
    CHECK_ERR(cede_result(kept), -EIO);
}

static int lets_a_callback_read(void *arg)
{
    CHECK_OK(spawns(arg));
    cede_future *last = cede_promise();
    CHECK_EQ(cede_on_done(last, reads_kept, NULL), 0);
    CHECK_EQ(cede_resolve(last, 7), 0);
    cede_future_free(last);
    return 0;
}

TEST(what_the_last_callbacks_read_is_read)
{
    listen_to_hook();
    CHECK_EQ(cede_run_with(&on_virtual, lets_a_callback_read, "text"), 0);
    cede_future_free(kept);
    CHECK_EQ(hooked.count, 0);
}

static void prints(void *arg)
{
    cede_run_with(&on_virtual, spawns, arg);
}

TEST(the_report_says_what_failed_and_where_it_was_started)
{
    const struct output *o = OUTPUT_OF(prints, "the text");
    CHECK(strstr(o->text, "cede: nobody read the failure of a task started at "
                          "tests/unread_test.c:"));
    CHECK(strstr(o->text, " in task fails: Input/output error (-5): the text"));
}

SUITE("unread")
