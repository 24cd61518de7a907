/* SPDX-License-Identifier: MIT
 *
 * debug_future_test.c - results that nobody has ever asked for, in debug runs.
 */
#include "check.h"
#include "tasks.h"

/* A busy machine makes slow steps. */
static const cede_options debug = {.debug = true, .slow_step = CEDE_NEVER};

static int zero, seven = 7, eio = -EIO;

static int run_debug(cede_fn *fn)
{
    listen_to_hook();
    return cede_run_with(&debug, fn, &seven);
}

/* One report: nobody asked for the result of that, of that line; by name. */
static void check_unasked(const char *of, const char *task, int line)
{
    char want[256];
    snprintf(want, sizeof want,
             "nobody asked for the result of a %s at "
             "tests/debug_future_test.c:%d",
             of, line);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EAGAIN);
    CHECK_STR_EQ(hooked.what, want);
    CHECK_STR_EQ(hooked.task, task);
    hooked.count = 0;
}

/* ---- tasks ----------------------------------------------------------- */

static int joins_without_asking(void *arg)
{
    CEDE_GROUP(g);
    (void)cede_spawn(&g, returns, arg);
    int line = __LINE__ - 1;
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(hooked.count, 0);
    CHECK_OK(cede_join(&g));
    check_unasked("task started", "returns", line);
    return 0;
}

TEST(a_result_that_is_joined_with_its_group_unasked_is_reported)
{
    CHECK_EQ(run_debug(joins_without_asking), 0);
    CHECK_EQ(hooked.count, 0);
}

static int gives_back_without_asking(void *arg)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns, arg);
    int line = __LINE__ - 1;
    CHECK_OK(cede_sleep(0));
    CHECK(cede_done(f)); /* which asks for no result */
    CHECK(cede_arg(f) == arg);
    cede_future_free(f);
    check_unasked("task started", "returns", line);
    f = cede_spawn(&g, returns_later, arg);
    line = __LINE__ - 1;
    cede_future_free(f); /* nobody can ask any more */
    CHECK_OK(cede_join(&g));
    check_unasked("task started", "returns_later", line);
    return 0;
}

TEST(a_result_that_is_given_back_unasked_is_reported_once_it_is_there)
{
    CHECK_EQ(run_debug(gives_back_without_asking), 0);
    CHECK_EQ(hooked.count, 0);
}

static cede_future *kept;
static int kept_line;

static int keeps_one_in_the_background(void *arg)
{
    kept = cede_spawn(NULL, returns, arg);
    kept_line = __LINE__ - 1;
    return cede_sleep(CEDE_MS);
}

TEST(a_result_that_is_still_there_when_its_run_ends_is_reported_once)
{
    CHECK_EQ(run_debug(keeps_one_in_the_background), 0);
    check_unasked("task started", "returns", kept_line);
    setenv("CEDE_DEBUG", "1", 1);
    cede_future_free(kept);
    CHECK_EQ(hooked.count, 0);
}

static void is_told(cede_future *f, void *ctx)
{
    (void)f, (void)ctx;
    note("told ");
}

static int asks_in_every_way(void *arg)
{
    CEDE_GROUP(g);
    cede_future *f[5];
    for (int i = 0; i < 5; i++)
        f[i] = cede_spawn(&g, returns, arg);
    CHECK_EQ(cede_await(f[0]), 7);
    CHECK_EQ(cede_await(f[0]), 7);
    CHECK_EQ(cede_result(f[1]), 7);
    CHECK_OK(cede_on_done(f[2], is_told, NULL));
    CHECK_OK(cede_wait(&f[3], 2, CEDE_ALL));
    CHECK_OK(cede_go(&g, returns, arg));
    CHECK_OK(cede_go(NULL, returns, arg));
    cede_future_free(f[4]);
    return cede_join(&g);
}

TEST(a_program_that_asks_hears_nothing)
{
    CHECK_EQ(run_debug(asks_in_every_way), 0);
    CHECK_NOTED("told ");
    CHECK_EQ(hooked.count, 0);
}

static int asks_too_early(void *arg)
{
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, returns, arg);
    CHECK_ERR(cede_result(f), -EAGAIN);
    return cede_join(&g);
}

TEST(who_asked_too_early_has_asked)
{
    CHECK_EQ(run_debug(asks_too_early), 0);
    CHECK_EQ(hooked.count, 0);
}

static int has_nothing_to_ask_for(void *arg)
{
    (void)arg;
    CEDE_GROUP(g);
    (void)cede_spawn(&g, returns, &zero);
    cede_future *f = cede_spawn(&g, sleeps_for_ever, "");
    CHECK_OK(cede_sleep(0));
    CHECK_OK(cede_cancel(f));
    cede_future_free(cede_spawn(&g, returns, &zero));
    cede_future_free(NULL);
    return cede_join(&g);
}

TEST(a_task_that_answers_0_or_is_cancelled_need_not_be_asked)
{
    CHECK_EQ(run_debug(has_nothing_to_ask_for), 0);
    CHECK_EQ(hooked.count, 0);
}

static int has_a_group_that_fails(void *arg)
{
    CEDE_GROUP(g);
    (void)cede_spawn(&g, returns, arg);
    (void)cede_spawn(&g, returns_later, &eio);
    CHECK_ERR(cede_join(&g), -EIO);
    CEDE_GROUP(ended);
    (void)cede_spawn(&ended, returns, arg);
    CHECK_OK(cede_sleep(0));
    cede_group_cancel(&ended);
    CHECK_OK(cede_join(&ended));
    CEDE_GROUP(left);
    (void)cede_spawn(&left, returns, arg);
    return cede_sleep(0);
}

TEST(nobody_need_ask_in_a_group_that_ended_early)
{
    CHECK_EQ(run_debug(has_a_group_that_fails), 0);
    CHECK_EQ(hooked.count, 0);
}

static int fails_in_the_background(void *arg)
{
    (void)arg;
    cede_future *f = cede_spawn(NULL, returns, &eio);
    CHECK_OK(cede_sleep(0));
    cede_future_free(f);
    return 0;
}

TEST(a_failure_that_nobody_read_is_reported_as_that_alone)
{
    CHECK_EQ(run_debug(fails_in_the_background), 0);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
}

TEST(an_ordinary_run_does_not_mind)
{
    listen_to_hook();
    CHECK_EQ(cede_run(keeps_one_in_the_background, &seven), 0);
    CHECK_EQ(hooked.count, 0);
    cede_future_free(kept);
    CHECK_EQ(hooked.count, 0);
}

/* ---- promises -------------------------------------------------------- */

static int forgets_promises(void *arg)
{
    (void)arg;
    cede_future *f = cede_promise();
    int line = __LINE__ - 1;
    CHECK_OK(cede_resolve(f, 0));
    cede_future_free(f);
    check_unasked("promise made", "", line);
    f = cede_promise();
    line = __LINE__ - 1;
    cede_future_free(f); /* nobody resolved it, and nobody wanted it */
    check_unasked("promise made", "", line);
    return 0;
}

TEST(a_promise_that_nobody_asked_for_is_reported_resolved_or_not)
{
    CHECK_EQ(run_debug(forgets_promises), 0);
    CHECK_EQ(hooked.count, 0);
}

static int remembers_promises(void *arg)
{
    cede_future *f[3] = {cede_promise(), cede_promise(), cede_promise()};
    (void)arg;
    CHECK_OK(cede_resolve(f[0], 1));
    CHECK_EQ(cede_await(f[0]), 1);
    CHECK_ERR(cede_result(f[1]), -EAGAIN);
    CHECK_OK(cede_cancel(f[2]));
    for (int i = 0; i < 3; i++)
        cede_future_free(f[i]);
    f[0] = cede_after(CEDE_MS, 3);
    CHECK_EQ(cede_await(f[0]), 3);
    cede_future_free(f[0]);
    return 0;
}

TEST(a_promise_that_was_asked_for_or_cancelled_is_not_reported)
{
    CHECK_EQ(run_debug(remembers_promises), 0);
    CHECK_EQ(hooked.count, 0);
}

SUITE("debug_future")
