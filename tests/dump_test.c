/* SPDX-License-Identifier: MIT
 *
 * dump_test.c - a run printed.
 */
#include "check.h"
#include "tasks.h"

#include <time.h>

/* ---- the text, without what differs from build to build ---------------- */

/* Nothing but lines of the tree: no frames, and no word of them. */
static bool is_frame(const char *line)
{
    size_t blanks = strspn(line, " ");
    return strstr(line, "libcede_stacks") ||
           (line[blanks] == '|' && blanks > 0);
}

/* Lines shift when this file is edited, stacks differ, and so do pages. */
static void plain(char *line)
{
    char *at = strstr(line, "_test.c:");
    char *end = at ? strchr(at, ')') : NULL;
    if (end)
        memmove(at + 7, end, strlen(end) + 1);
    at = strstr(line, "; stack ");
    if (at)
        strcpy(at, strchr(line, '\n') ? "\n" : "");
}

static const char *dumped(void)
{
    static char text[16384];
    FILE *file = tmpfile();
    CHECK(file != NULL);
    cede_dump(file);
    rewind(file);
    text[0] = '\0';
    char line[512];
    while (fgets(line, sizeof line, file)) {
        plain(line);
        if (!is_frame(line))
            strcat(text, line);
    }
    fclose(file);
    return text;
}

/* ---- the tree ---------------------------------------------------------- */

static int dumps(void *arg)
{
    *(const char **)arg = dumped();
    return 0;
}

static int naps(void *arg)
{
    return cede_sleep(*(const cede_time *)arg);
}

static int naps_within_5_s(void *arg)
{
    return cede_within(5 * CEDE_SEC, naps, arg);
}

static int awaits(void *arg)
{
    return cede_await(arg);
}

static int gets(void *arg)
{
    return cede_get(arg, &(int){0});
}

static int body(cede_gen *self, void *arg)
{
    (void)self;
    return naps(arg);
}

static int steps(void *arg)
{
    cede_gen *g = cede_gen_new(body, arg, 0, 0);
    int rc = cede_next(g, NULL);
    (void)cede_gen_close(g);
    return rc;
}

static const cede_time two_s = 2 * CEDE_SEC;
#define TWO_S ((void *)(uintptr_t)&two_s)

VIRTUAL_TEST(a_dump_is_the_tree_of_groups_and_tasks_with_times)
{
    const char *text = NULL;
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    CHECK_OK(cede_go(NULL, naps, TWO_S));
    CEDE_GROUP(outer);
    cede_future *f = cede_spawn(&outer, naps, TWO_S);
    CHECK_OK(cede_go(&outer, awaits, f));
    CHECK_OK(cede_go(&outer, naps_within_5_s, TWO_S));
    CHECK_OK(cede_go(&outer, gets, q));
    CHECK_OK(cede_go(&outer, steps, TWO_S));
    CHECK_OK(cede_sleep(CEDE_SEC + CEDE_MS));
    CEDE_GROUP(inner);
    CHECK_OK(cede_go(&inner, dumps, &text));
    CHECK_OK(cede_join(&inner));
    cede_group_cancel(&outer);
    CHECK_OK(cede_join(&outer));
    cede_queue_free(q);
    CHECK_STR_EQ(
        text,
        "cede: 8 tasks: 1 running, 0 ready, 7 waiting; next timer in 999 ms\n"
        "group main: 1 child\n"
        "  main #1: join of inner, 0 ns so far\n"
        "    group outer (tests/dump_test.c): 5 children\n"
        "      naps #3 (tests/dump_test.c): sleep, 1.001 s so far\n"
        "      awaits #4 (tests/dump_test.c): await of naps #3, 1.001 s so "
        "far\n"
        "      naps_within_5_s #5 (tests/dump_test.c): sleep, 1.001 s so far; "
        "deadline in 3.999 s\n"
        "      gets #6 (tests/dump_test.c): queue get, 1.001 s so far\n"
        "      steps #7 (tests/dump_test.c): sleep, 1.001 s so far\n"
        "      group inner of main #1 (tests/dump_test.c): 1 child\n"
        "        dumps #8 (tests/dump_test.c): running\n"
        "group background: 1 child\n"
        "  naps #2 (tests/dump_test.c): sleep, 1.001 s so far\n");
}

static int waits_for_all(void *arg)
{
    return cede_wait(arg, 5, CEDE_ALL);
}

static int is_never_ready(void *arg)
{
    return naps(arg);
}

static int starts(void *arg)
{
    CEDE_GROUP(g);
    (void)cede_start(&g, is_never_ready, arg);
    return cede_join(&g);
}

VIRTUAL_TEST(a_dump_says_which_futures_and_starts_are_waited_for)
{
    cede_future *promise = cede_promise();
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, awaits, promise));
    cede_future *all[5] = {promise};
    for (int i = 1; i < 5; i++)
        all[i] = cede_spawn(&g, naps, TWO_S);
    CHECK_OK(cede_go(&g, waits_for_all, all));
    CHECK_OK(cede_go(&g, starts, TWO_S));
    CHECK_OK(cede_sleep(CEDE_SEC));
    const char *text = dumped();
    CHECK(strstr(text, ": await of promise (tests/dump_test.c:"));
    CHECK(strstr(text, ": wait of promise (tests/dump_test.c:"));
    CHECK(strstr(text, ", naps #3, naps #4 and 2 more, 1.000 s so far"));
    CHECK(strstr(text, "start of is_never_ready #9, 1.000 s so far"));
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    cede_future_free(promise);
}

VIRTUAL_TEST(a_dump_says_what_is_cancelled_and_which_deadline_has_passed)
{
    cede_scope s;
    cede_enter(&s, cede_in(CEDE_MS));
    CHECK_ERR(cede_sleep(CEDE_SEC), -ECANCELED);
    cede_scope shield;
    cede_enter_shielded(&shield, cede_in(60 * CEDE_SEC));
    CHECK_OK(cede_sleep(CEDE_SEC));
    const char *text = dumped();
    CHECK(strstr(text, "main #1: running; deadline in 59.000 s\n"));
    CHECK_OK(cede_leave(&shield, 0));
    text = dumped();
    CHECK(strstr(text, "main #1: running; deadline 1.000 s ago; cancelled\n"));
    CHECK_ERR(cede_leave(&s, -ECANCELED), -ETIMEDOUT);
}

VIRTUAL_TEST(of_nested_deadlines_a_dump_has_the_earliest)
{
    cede_scope outer, inner;
    cede_enter(&outer, cede_in(2 * CEDE_SEC));
    cede_enter(&inner, cede_in(3 * CEDE_SEC));
    CHECK(strstr(dumped(), "running; deadline in 2.000 s\n"));
    cede_scope_deadline(&inner, cede_in(CEDE_SEC));
    CHECK(strstr(dumped(), "running; deadline in 1.000 s\n"));
    CHECK_OK(cede_leave(&inner, 0));
    CHECK_OK(cede_leave(&outer, 0));
}

VIRTUAL_TEST(a_deadline_may_lie_further_back_than_time_can_tell)
{
    CEDE_SCOPE(s, INT64_MIN);
    CHECK(strstr(dumped(), "deadline 2562047 h 47 min ago; cancelled\n"));
}

VIRTUAL_TEST(a_group_inside_a_cancelled_one_is_cancelled_and_says_so)
{
    cede_time never = CEDE_NEVER;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, naps, &never));
    cede_group_cancel(&g);
    const char *text = dumped();
    CHECK(strstr(text, "cede: 2 tasks: 1 running, 1 ready, 0 waiting\n"));
    CHECK(strstr(text, "group g (tests/dump_test.c): 1 child; cancelled\n"));
    CHECK(strstr(text, "naps #2 (tests/dump_test.c): ready; cancelled\n"));
    CHECK_OK(cede_join(&g));
}

VIRTUAL_TEST(starts_that_are_put_off_are_counted)
{
    cede_time zero = 0;
    CEDE_GROUP(g);
    for (int i = 0; i < 100; i++)
        CHECK_OK(cede_go(&g, naps, &zero));
    CHECK_OK(cede_join(&g)); /* now there are stacks to promise */
    CEDE_GROUP(h);
    for (int i = 0; i < 100; i++)
        CHECK_OK(cede_go(&h, naps, &zero));
    const char *text = dumped();
    CHECK(strstr(text, "cede: 101 tasks: 1 running, 100 ready, 0 waiting"));
    CHECK(strstr(text, "group h (tests/dump_test.c): 100 children\n"));
    if (!ON_VALGRIND) /* under which every start gets its stack at once */
        CHECK(strstr(text, "\n      naps (tests/dump_test.c): not started yet, "
                           "36 times\n"));
    CHECK_EQ(cede_tasks(NULL, 0), 101);
    CHECK_OK(cede_join(&h));
    CHECK_EQ(cede_tasks(NULL, 0), 1);
}

VIRTUAL_TEST(starts_that_are_put_off_are_counted_for_each_group)
{
    cede_time zero = 0;
    CEDE_GROUP(g);
    for (int i = 0; i < 110; i++)
        CHECK_OK(cede_go(&g, naps, &zero));
    CHECK_OK(cede_join(&g));
    CEDE_GROUP(outer);
    for (int i = 0; i < 70; i++)
        CHECK_OK(cede_go(&outer, naps, &zero));
    CEDE_GROUP(inner);
    for (int i = 0; i < 40; i++)
        CHECK_OK(cede_go(i % 2 ? &outer : &inner, naps, &zero));
    const char *text = dumped();
    CHECK(strstr(text, "cede: 111 tasks: 1 running, 110 ready, 0 waiting"));
    const char *at = strstr(text, "group inner of main #1");
    CHECK(at);
    if (!ON_VALGRIND) {
        CHECK(strstr(at, "\n        naps (tests/dump_test.c): not started yet, "
                         "20 times\n"));
        CHECK(strstr(at, "\n      naps (tests/dump_test.c): not started yet, "
                         "6 times\n"
                         "      naps (tests/dump_test.c): not started yet, "
                         "20 times\n"));
    }
    CHECK_OK(cede_join(&inner));
    CHECK_OK(cede_join(&outer));
}

TEST(without_a_run_a_dump_says_so)
{
    CHECK_STR_EQ(dumped(), "cede: no loop runs on this thread\n");
    CHECK_ERR(cede_dump(stdout), -EPERM);
    CHECK_EQ(cede_tasks(NULL, 0), 0);
}

TASK_TEST(a_dump_answers_how_many_tasks_there_are_and_keeps_errno)
{
    FILE *null = fopen("/dev/null", "w");
    errno = EDOM;
    CHECK_EQ(cede_dump(null), 1);
    CHECK_EQ(errno, EDOM);
    fclose(null);
}

/* A task inside a task inside ...; the innermost notes how many there are. */
static int goes_deeper(void *arg)
{
    int left = *(int *)arg - 1;
    if (left == 0) {
        FILE *null = fopen("/dev/null", "w");
        note("%d", cede_dump(null));
        fclose(null);
        return 0;
    }
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, goes_deeper, &left));
    return cede_join(&g);
}

TASK_TEST(a_tree_may_be_deep)
{
    int depth = many(5000);
    char want[16];
    snprintf(want, sizeof want, "%d", depth);
    CHECK_OK(goes_deeper(&depth));
    CHECK_NOTED(want);
}

static int dumps_and_ends(cede_gen *self, void *arg)
{
    (void)self;
    return dumps(arg);
}

TASK_TEST(a_dump_may_be_asked_for_inside_a_generator)
{
    const char *text = NULL;
    cede_gen *g = cede_gen_new(dumps_and_ends, &text, 0, 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    (void)cede_gen_close(g);
    CHECK(strstr(text, "\n  main #1: running\n"));
}

static void dumps_in_the_hook(void *ctx, const char *what, const char *task,
                              int err, const char *message)
{
    (void)what, (void)task, (void)err, (void)message;
    dumps(ctx);
}

VIRTUAL_TEST(a_dump_in_the_failure_hook_leaves_out_who_has_ended)
{
    const char *text = "";
    int bad = -EIO;
    cede_set_failure_hook(dumps_in_the_hook, &text);
    CHECK_OK(cede_go(NULL, returns, &bad));
    CHECK_OK(cede_sleep(0));
    CHECK(strstr(text, "cede: 1 task: 0 running, 1 ready, 0 waiting\n"));
    CHECK(strstr(text, "main #1: ready\n"));
}

/* ---- tests that hang --------------------------------------------------- */

static int waits_for_ever(void *arg)
{
    CEDE_GROUP(nobody_comes);
    CEDE_TRY(cede_go(&nobody_comes, gets, arg));
    return cede_join(&nobody_comes);
}

static void hangs_waiting(void *arg)
{
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    watch_for_hanging(1);
    cede_run(waits_for_ever, q);
    (void)arg;
}

TEST(a_test_that_waits_for_ever_prints_its_tasks_and_aborts)
{
    CHECK_ABORTS(
        hangs_waiting, NULL,
        "the test hangs:", "cede: 2 tasks: 0 running, 0 ready, 2 waiting",
        "waits_for_ever #1 (tests/dump_test.c:", "join of nobody_comes",
        "gets #2 (tests/dump_test.c:", "queue get, ");
}

static int turns_in_circles(void *arg)
{
    volatile bool *on = arg;
    while (*on)
        if (FOR_TSAN)
            usleep(1000); /* or it would keep the signal to itself */
    return 0;
}

static void hangs_running(void *arg)
{
    volatile bool on = true;
    watch_for_hanging(1);
    cede_run(turns_in_circles, (void *)(uintptr_t)&on);
    (void)arg;
}

TEST(a_test_that_never_waits_prints_its_tasks_and_aborts)
{
    CHECK_ABORTS(hangs_running, NULL, "the test hangs:",
                 "cede: 1 task: 1 running, 0 ready, 0 waiting",
                 "turns_in_circles #1 (tests/dump_test.c:", "running");
}

/* ---- ten thousand ------------------------------------------------------ */

TASK_TEST(a_dump_of_ten_thousand_tasks_takes_less_than_five_seconds)
{
    int n = many(10000);
    cede_time never = CEDE_NEVER;
    CEDE_GROUP(g);
    for (int i = 0; i < n; i++)
        CHECK_OK(cede_go(&g, naps, &never));
    CHECK_OK(cede_sleep(0));
    FILE *null = fopen("/dev/null", "w");
    clock_t start = clock();
    CHECK_EQ(cede_dump(null), n + 1);
    if (!SANITIZED && !ON_VALGRIND)
        CHECK(clock() - start < 5 * CLOCKS_PER_SEC);
    fclose(null);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

SUITE("dump")
