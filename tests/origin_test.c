/* SPDX-License-Identifier: MIT
 *
 * origin_test.c - where a failure was raised, by whom, and because of what.
 */
#include "check.h"

static int lines; /* where the failure of a test was raised */

static const char *explained(int err)
{
    static char text[1024];
    CHECK((size_t)cede_explain(err, text, sizeof text) < sizeof text);
    return text;
}

/* The text with FILE:LINE of this file for "@", and for "$" EIO as the C
 * library calls it, in which they differ. */
static const char *here(const char *pattern, int line)
{
    static char text[2][1024];
    static int turn;
    char *out = text[turn++ % 2], *at = out;
    for (; *pattern; pattern++)
        at += *pattern == '@'   ? sprintf(at, "tests/origin_test.c:%d", line)
              : *pattern == '$' ? sprintf(at, "%s (-5)", cede_strerror(-EIO))
                                : sprintf(at, "%c", *pattern);
    return out;
}

static const char *with_eio(const char *pattern)
{
    return here(pattern, 0);
}

static int opens(void *name)
{
    lines = __LINE__ + 1;
    return cede_fail(-ENOENT, "cannot open %s", (char *)name);
}

TEST(a_failure_outside_of_everything_knows_its_line)
{
    CHECK_ERR(opens("x"), -ENOENT);
    CHECK_STR_EQ(explained(-ENOENT),
                 here("No such file or directory (-2): cannot open x, raised "
                      "at @",
                      lines));
}

TEST(a_failure_of_another_code_is_explained_by_its_code_alone)
{
    CHECK_ERR(opens("x"), -ENOENT);
    CHECK_STR_EQ(explained(-EIO), with_eio("$"));
    CHECK_STR_EQ(explained(0), "success (0)");
}

TEST(an_explanation_is_cut_like_snprintf_cuts)
{
    char text[8];
    CHECK_EQ(cede_explain(-EIO, text, sizeof text), (int)strlen(with_eio("$")));
    CHECK_EQ(strlen(text), sizeof text - 1);
    CHECK(strncmp(text, with_eio("$"), sizeof text - 1) == 0);
    CHECK_EQ(cede_explain(-EIO, NULL, 0), (int)strlen(explained(-EIO)));
}

static int opening_body(cede_gen *self, void *name)
{
    CEDE_TRY(cede_yield(self, &(int){0}));
    return opens(name);
}

static int steps_it_to_its_failure(void *name)
{
    cede_each (int, x, cede_gen_of(int, opening_body, name))
        (void)x;
    return cede_each_error();
}

TEST(a_failure_keeps_its_origin_on_its_way_through_generators_and_tasks)
{
    CHECK_ERR(cede_run(steps_it_to_its_failure, "y"), -ENOENT);
    CHECK_STR_EQ(explained(-ENOENT),
                 here("No such file or directory (-2): cannot open y, raised "
                      "at @ in generator 'opening_body' of task "
                      "'steps_it_to_its_failure'",
                      lines));
}

TASK_TEST(the_failures_of_a_join_say_where_they_were_raised)
{
    CEDE_GROUP(g);
    cede_go(&g, opens, "z");
    CHECK_ERR(cede_join(&g), -ENOENT);
    cede_failure f;
    CHECK_EQ(cede_failures(&f, 1), 1);
    CHECK_EQ(f.line, lines);
    CHECK_STR_EQ(f.file, "tests/origin_test.c");
    CHECK_STR_EQ(explained(-ENOENT),
                 here("No such file or directory (-2): cannot open z, raised "
                      "at @ in task 'opens'",
                      lines));
}

/* ---- causes ---------------------------------------------------------- */

static int configures(void *name)
{
    int rc = opens(name);
    lines = lines * 1000 + __LINE__ + 1;
    return rc == -ENOENT ? cede_fail_from(rc, -EINVAL, "no configuration") : rc;
}

TEST(a_failure_may_name_the_one_it_replaces_as_its_cause)
{
    CHECK_ERR(configures("c"), -EINVAL);
    CHECK_STR_EQ(cede_message(), "no configuration");
    char want[512];
    snprintf(want, sizeof want, "%s%s",
             here("Invalid argument (-22): no configuration, raised at @\n",
                  lines % 1000),
             here("  because of No such file or directory (-2): cannot open "
                  "c, raised at @",
                  lines / 1000));
    CHECK_STR_EQ(explained(-EINVAL), want);
}

TEST(a_cause_without_a_message_is_named_by_its_code)
{
    cede_fail_from(-EIO, -EINVAL, "no %s", "luck");
    CHECK(strstr(explained(-EINVAL), with_eio("\n  because of $")));
}

static int replaces(cede_gen *self, void *arg)
{
    int rc = cede_yield(self, &(int){0});
    lines = __LINE__ + 1;
    return rc == -EIO ? cede_fail(-EINVAL, "%s", (char *)arg) : rc;
}

static int throws(void *arg)
{
    cede_gen *g = cede_gen_of(int, replaces, arg);
    CHECK_EQ(cede_next(g, NULL), 1);
    cede_fail(-EIO, "the first");
    int rc = cede_throw(g, -EIO, NULL);
    cede_gen_close(g);
    return rc;
}

TEST(in_debug_runs_what_was_thrown_is_the_cause_of_what_came_back)
{
    CHECK_ERR(cede_run_with(&(cede_options){.debug = true}, throws, "second"),
              -EINVAL);
    CHECK_STR_EQ(cede_message(), "second");
    const char *text = explained(-EINVAL);
    CHECK(strstr(text,
                 here("second, raised at @ in generator 'replaces'", lines)));
    CHECK(strstr(text, with_eio("\n  because of $: the first, ")));
}

TEST(in_other_runs_what_was_thrown_is_forgotten)
{
    CHECK_ERR(cede_run(throws, "second"), -EINVAL);
    CHECK(!strstr(explained(-EINVAL), "because"));
}

static int exit_replaces(void *self, int rc)
{
    (void)self;
    return rc == -EIO ? cede_fail(-EPIPE, "cannot give back") : rc;
}

static int leaves_a_block(void *message)
{
    static const cede_manager manager = {.exit = exit_replaces};
    int rc;
    cede_using (rc, &manager, NULL)
        rc = message ? cede_fail(-EIO, "%s", (char *)message) : -EIO;
    return rc;
}

TEST(what_an_exit_replaced_is_the_cause_of_its_failure)
{
    CHECK_ERR(leaves_a_block("the block failed"), -EPIPE);
    CHECK_STR_EQ(cede_message(), "cannot give back");
    CHECK(strstr(explained(-EPIPE),
                 with_eio("\n  because of $: the block failed, raised at")));
}

TEST(in_debug_runs_an_exit_names_the_cause_that_had_no_message)
{
    CHECK_ERR(leaves_a_block(NULL), -EPIPE);
    CHECK(!strstr(explained(-EPIPE), "because"));
    cede_run_with(&(cede_options){.debug = true}, leaves_a_block, NULL);
    CHECK(strstr(explained(-EPIPE), with_eio("because of $")));
}

static int rolls_back(cede_gen *self, void *arg)
{
    (void)arg;
    int rc = cede_yield(self, &(int){1});
    return rc < 0 ? cede_fail(-EPIPE, "cannot roll back") : 0;
}

static int fails_in_a_transaction(void *arg)
{
    int rc;
    cede_with (rc, int, x, cede_gen_of(int, rolls_back, arg))
        rc = cede_fail(-EIO, "record %d", x);
    return rc;
}

TEST(what_a_generators_exit_replaced_is_the_one_cause_of_its_failure)
{
    for (int debug = 0; debug < 2; debug++) {
        cede_options o = {.debug = debug};
        CHECK_ERR(cede_run_with(&o, fails_in_a_transaction, NULL), -EPIPE);
        const char *cause = strstr(explained(-EPIPE), "because of");
        CHECK(cause && strstr(cause, "record 1, raised at"));
        CHECK(!strstr(cause + 1, "because of"));
    }
}

/* ---- failures without a message -------------------------------------- */

static int fails_silently(void *arg)
{
    (void)arg;
    return -EIO;
}

static int passes_on(void *arg)
{
    lines = __LINE__ + 1;
    CEDE_TRY(fails_silently(arg));
    return 0;
}

static int passes_on_again(void *arg)
{
    CEDE_TRY(passes_on(arg));
    return 0;
}

TEST(in_debug_runs_a_silent_failure_has_the_place_of_the_first_try)
{
    cede_run_with(&(cede_options){.debug = true}, passes_on_again, NULL);
    CHECK_STR_EQ(cede_message(), "");
    CHECK(strstr(explained(-EIO), here("$, raised at @", lines)));
}

TEST(in_other_runs_a_silent_failure_has_its_code_alone)
{
    CHECK_ERR(cede_run(passes_on_again, NULL), -EIO);
    CHECK_STR_EQ(explained(-EIO), with_eio("$"));
}

static void runs_silently_again(void *unused)
{
    (void)unused;
    cede_run(passes_on_again, NULL);
    fprintf(stderr, "%s", explained(-EIO));
}

static void runs_silently(void *unused)
{
    setenv("CEDE_DEBUG", "1", 1);
    runs_silently_again(unused);
}

TEST(the_environment_makes_every_run_a_debug_run)
{
    const struct output *o = OUTPUT_OF(runs_silently, NULL);
    CHECK(strstr(o->text, "raised at tests/origin_test.c"));
}

/* ---- reports --------------------------------------------------------- */

static int starts_one_that_fails(void *arg)
{
    cede_go(NULL, opens, arg);
    return cede_sleep(0);
}

static void reports(void *arg)
{
    cede_run(starts_one_that_fails, arg);
}

TEST(a_report_says_where_the_failure_was_raised)
{
    const struct output *o = OUTPUT_OF(reports, "w");
    CHECK(strstr(o->text, "cede: background task failed in task opens: No such "
                          "file or directory (-2): cannot open w, raised at "
                          "tests/origin_test.c:"));
    CHECK(strstr(o->text, "in task 'opens'\n"));
}

static void explains(void *ctx, const char *what, const char *task, int err,
                     const char *message)
{
    (void)what, (void)task, (void)message;
    cede_explain(err, ctx, 256);
}

TEST(a_failure_hook_can_ask_for_all_that_is_known)
{
    char text[256] = "";
    cede_set_failure_hook(explains, text);
    cede_run(starts_one_that_fails, "v");
    CHECK(strstr(text, "cannot open v, raised at"));
}

static void reports_another(void *ctx, const char *what, const char *task,
                            int err, const char *message)
{
    (void)what, (void)task, (void)message;
    static bool again;
    if (!again) {
        again = true;
        cede_run(starts_one_that_fails, "inner");
        cede_explain(err, ctx, 256);
    }
}

TEST(a_hook_that_causes_a_report_itself_still_knows_its_own)
{
    char text[256] = "";
    cede_set_failure_hook(reports_another, text);
    cede_run(starts_one_that_fails, "outer");
    CHECK(strstr(text, "cannot open outer, raised at"));
}

TEST(nothing_is_left_of_a_failure_when_its_report_is_over)
{
    char text[256];
    cede_set_failure_hook(explains, text);
    cede_run(starts_one_that_fails, "u");
    CHECK_STR_EQ(explained(0), "success (0)");
    CHECK_STR_EQ(explained(-ENOENT), "No such file or directory (-2)");
}

TEST(a_chain_of_causes_keeps_the_latest_and_the_first)
{
    int rc = cede_fail(-EIO, "attempt 0");
    for (int i = 1; i < 1000; i++)
        rc = cede_fail_from(rc, -EIO, "attempt %d", i);
    static char text[8192];
    CHECK(cede_explain(rc, text, sizeof text) < 4096);
    CHECK(strstr(text, "attempt 999,"));
    CHECK(strstr(text, "attempt 990,"));
    CHECK(!strstr(text, "attempt 500,"));
    CHECK(strstr(text, "attempt 0,"));
}

static int same_name(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    return cede_fail(-EIO, "x");
}

static int steps_same_name(void *arg)
{
    static const char *const name = "same";
    cede_gen_options o = {.name = name};
    cede_gen *g = cede_gen_new_with(&o, same_name, arg, 1, 0);
    int rc = cede_next(g, NULL);
    cede_gen_close(g);
    return rc;
}

TEST(a_generator_named_like_its_task_is_told_from_it)
{
    CHECK_ERR(
        cede_run_with(&(cede_options){.name = "same"}, steps_same_name, NULL),
        -EIO);
    CHECK(strstr(explained(-EIO), "in generator 'same' of task 'same'"));
}

static void asks_for_no_debug(void *unused)
{
    setenv("CEDE_DEBUG", "0", 1);
    runs_silently_again(unused);
}

TEST(nought_in_the_environment_asks_for_no_debug_runs)
{
    const struct output *o = OUTPUT_OF(asks_for_no_debug, NULL);
    CHECK(!strstr(o->text, "raised at"));
}

SUITE("origin")
