/* SPDX-License-Identifier: MIT
 *
 * debug_gen_test.c - generators that a debug run made and did not close.
 */
#include "check.h"
#include "coro/coro.h"
#include <pthread.h>

/* A busy machine makes slow steps. */
static const cede_options debug = {.debug = true, .slow_step = CEDE_NEVER};

static int counts(cede_gen *self, void *arg)
{
    (void)arg;
    for (int i = 0;; i++)
        CEDE_TRY(cede_yield(self, &i));
}

static int ends(cede_gen *self, void *arg)
{
    (void)arg;
    return cede_yield(self, &(int){1});
}

/* ---- reported -------------------------------------------------------- */

static cede_gen *kept[3];
static int line;

static int keeps_some(void *arg)
{
    (void)arg;
    line = __LINE__ + 1;
    kept[0] = cede_gen_of(int, counts, NULL);
    return 0;
}

TEST(one_that_is_not_closed_is_reported_once_with_name_state_and_place)
{
    char want[256];
    listen_to_hook();
    CHECK_EQ(cede_run_with(&debug, keeps_some, NULL), 0);
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EBUSY);
    snprintf(want, sizeof want,
             "generator counts CREATED was not closed in its run, made at "
             "tests/debug_gen_test.c:%d",
             line);
    CHECK_STR_EQ(hooked.what, want);
    CHECK_EQ(cede_gen_close(kept[0]), 0); /* it is still there */
    CHECK_EQ(hooked.count, 1);
}

static void notes_reports(void *ctx, const char *what, const char *task,
                          int err, const char *message)
{
    (void)ctx, (void)task, (void)err, (void)message;
    note("%s\n", what);
}

static int keeps_one_of_each_state(void *arg)
{
    int x;
    (void)arg;
    kept[0] = cede_gen_new_with(NULL, counts, NULL, sizeof(int), 0);
    kept[1] = cede_gen_primed(counts, NULL, sizeof(int), 0);
    kept[2] = cede_gen_of(int, ends, NULL);
    while (cede_next(kept[2], &x) > 0)
        continue;
    return 0;
}

TEST(they_are_reported_in_the_order_of_making_whatever_their_state)
{
    cede_set_failure_hook(notes_reports, NULL);
    CHECK_EQ(cede_run_with(&debug, keeps_one_of_each_state, NULL), 0);
    CHECK(strstr(noted, "generator generator CREATED was not closed in its "
                        "run\ngenerator counts SUSPENDED was not closed in "
                        "its run, made at tests/debug_gen_test.c:") == noted);
    CHECK(strstr(noted, "\ngenerator ends CLOSED was not closed in its run, "
                        "made at tests/debug_gen_test.c:") != NULL);
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_gen_close(kept[i]));
}

static void closes_the_next(void *ctx, const char *what, const char *task,
                            int err, const char *message)
{
    note("reported ");
    (void)ctx, (void)what, (void)task, (void)err, (void)message;
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_gen_close(kept[i]));
}

TEST(the_hook_may_close_them)
{
    cede_set_failure_hook(closes_the_next, NULL);
    CHECK_EQ(cede_run_with(&debug, keeps_one_of_each_state, NULL), 0);
    CHECK_NOTED("reported ");
}

/* The loop is gone, and so is its clock. */
static void asks_for_the_time(void *ctx, const char *what, const char *task,
                              int err, const char *message)
{
    (void)what, (void)task, (void)err, (void)message;
    cede_time now = cede_now();
    CHECK(now > 0 && cede_clock() >= now);
    CHECK_ERR(cede_dump(ctx), -EPERM);
    CHECK_ERR(cede_go(NULL, keeps_some, NULL), -EPERM);
    note("reported ");
}

TEST(the_hook_is_told_outside_of_the_run)
{
    static const cede_options on[] = {
        {.debug = true, .slow_step = CEDE_NEVER},
        {.debug = true, .slow_step = CEDE_NEVER, .poller = "virtual"}};
    FILE *out = tmpfile();
    CHECK(out != NULL);
    cede_set_failure_hook(asks_for_the_time, out);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(cede_run_with(&on[i], keeps_some, NULL), 0);
        CHECK_EQ(cede_gen_close(kept[0]), 0);
    }
    fclose(out);
    CHECK_NOTED("reported reported ");
}

TEST(the_environment_makes_debug_runs)
{
    listen_to_hook();
    setenv("CEDE_DEBUG", "1", 1);
    const cede_options o = {.slow_step = CEDE_NEVER};
    CHECK_EQ(cede_run_with(&o, keeps_some, NULL), 0);
    CHECK_EQ(hooked.count, 1);
    CHECK_OK(cede_gen_close(kept[0]));
}

/* ---- not reported ---------------------------------------------------- */

static int delegates(cede_gen *self, void *arg)
{
    return cede_yield_from(self, cede_gen_of(int, ends, arg));
}

static int closes_all(void *arg)
{
    cede_gen *before = arg;
    int sum = 0, x;
    CHECK_EQ(cede_next(before, &x), 1);
    cede_each (int, i, cede_gen_of(int, ends, NULL))
        sum += i;
    cede_each (int, i, cede_gen_of(int, delegates, NULL))
        sum += i;
    cede_each (int, i, cede_gen_of(int, counts, NULL)) {
        sum += i;
        if (i == 5)
            break;
    }
    CHECK_EQ(sum, 1 + 1 + 15);
    CHECK_OK(cede_gen_close(cede_gen_of(int, counts, NULL)));
    cede_iter *it = cede_iter_gen(cede_gen_of(int, counts, NULL));
    CHECK_OK(cede_iter_close(cede_iter_take(it, 2)));
    return 0;
}

TEST(a_program_that_closes_its_generators_hears_nothing)
{
    cede_gen *before = cede_gen_of(int, counts, NULL);
    listen_to_hook();
    CHECK_EQ(cede_run_with(&debug, closes_all, before), 0);
    CHECK_EQ(hooked.count, 0);
    CHECK(!cd_me.made); /* what is made from now on is no run's */
    CHECK_EQ(cede_gen_close(before), 0);
}

TEST(an_ordinary_run_keeps_no_list)
{
    listen_to_hook();
    CHECK_EQ(cede_run(keeps_some, NULL), 0);
    CHECK_EQ(cede_run_with(&debug, closes_all, kept[0]), 0);
    CHECK_EQ(hooked.count, 0);
    CHECK_OK(cede_gen_close(kept[0]));
}

static void *closes(void *arg)
{
    CHECK_OK(cede_gen_close(*(cede_gen **)arg));
    return NULL;
}

static int has_another_thread_close_it(void *arg)
{
    pthread_t t;
    cede_gen *g = cede_gen_of(int, counts, NULL);
    (void)arg;
    CHECK_EQ(pthread_create(&t, NULL, closes, &g), 0);
    for (int i = 0; i < 1000; i++)
        CHECK_OK(cede_gen_close(cede_gen_of(int, counts, NULL)));
    CHECK_EQ(pthread_join(t, NULL), 0);
    return 0;
}

TEST(one_may_be_closed_by_another_thread)
{
    listen_to_hook();
    CHECK_EQ(cede_run_with(&debug, has_another_thread_close_it, NULL), 0);
    CHECK_EQ(hooked.count, 0);
}

static int has_a_fork_close_it(void *arg)
{
    cede_gen *g = cede_gen_of(int, counts, NULL);
    (void)arg;
    pid_t pid = fork();
    if (pid == 0)
        _exit(cede_gen_close(g) == 0 ? 3 : 4);
    int status;
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(WEXITSTATUS(status), 3);
    return cede_gen_close(g);
}

TEST(parent_and_child_of_a_fork_close_their_own)
{
    listen_to_hook();
    CHECK_EQ(cede_run_with(&debug, has_a_fork_close_it, NULL), 0);
    CHECK_EQ(hooked.count, 0);
}

SUITE("debug_gen")
