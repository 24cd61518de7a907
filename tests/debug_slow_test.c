/* SPDX-License-Identifier: MIT
 *
 * debug_slow_test.c - steps that held the thread for too long, in debug runs.
 * They do so by burning real time, more than the limit; that a busy machine
 * makes other steps slow as well must not matter, so only theirs count.
 */
#include "check.h"
#include "loop/loop.h"
#include <time.h>

enum { LIMIT_MS = 5 };

static const cede_options debug[] = {
    {.poller = "virtual", .debug = true, .slow_step = LIMIT_MS * CEDE_MS},
    {.poller = "epoll", .debug = true, .slow_step = LIMIT_MS * CEDE_MS}};

static cede_time real_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * CEDE_SEC + t.tv_nsec;
}

static void burn(void)
{
    cede_time until = real_time() + (LIMIT_MS + 1) * CEDE_MS;
    while (real_time() < until)
        continue;
}

/* ---- reported -------------------------------------------------------- */

static int reports;
static char told[4096]; /* a line each, without how long */

/* Notes the reports of tasks whose names begin with "burns", and the callbacks'
 * among those of none. */
static void listens(void *ctx, const char *what, const char *task, int err,
                    const char *message)
{
    int ms = 0, at = 0;
    (void)ctx, (void)message;
    CHECK_EQ(err, -ETIME);
    if (*task && strncmp(task, "burns", 5) != 0)
        return;
    const char *thing = *task ? "the thread was held for %d ms, %n"
                              : "a callback held the thread for %d ms%n";
    CHECK_EQ(sscanf(what, thing, &ms, &at), 1);
    CHECK(ms >= LIMIT_MS);
    size_t n = strlen(told);
    snprintf(told + n, sizeof told - n, "%s\n", *task ? what + at : "callback");
    reports += *task != '\0';
}

/* One report says: until that; started in that line. */
static void check_told_once(const char *until, int line)
{
    char want[256];
    snprintf(want, sizeof want,
             "until %s; started at tests/debug_slow_test.c:%d\n", until, line);
    const char *first = strstr(told, want);
    if (!first || strstr(first + 1, want))
        check_fail_(__FILE__, line, "not told once: %sbut: %s", want, told);
}

static int burns_and_sleeps(void *arg)
{
    (void)arg;
    burn();
    CHECK_OK(cede_sleep(CEDE_MS));
    return 0;
}

static int burns_and_gets(void *queue)
{
    int item;
    CHECK_OK(cede_sleep(CEDE_MS));
    burn();
    CEDE_TRY(cede_get(queue, &item));
    return 0;
}

static int burns_and_lets_others(void *arg)
{
    (void)arg;
    burn();
    CHECK_OK(cede_sleep(0));
    return 0;
}

static int burns_and_ends(void *arg)
{
    CHECK_OK(cede_sleep(CEDE_MS));
    burn();
    return *(int *)arg;
}

static int zero, eio = -EIO;

static int starts_each(void *arg)
{
    CEDE_GROUP(g);
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    CHECK_OK(cede_go(&g, burns_and_sleeps, NULL));
    CHECK_OK(cede_sleep(CEDE_SEC));
    check_told_once("it waited: sleep", __LINE__ - 2);
    CHECK_OK(cede_go(&g, burns_and_gets, q));
    CHECK_OK(cede_sleep(CEDE_SEC));
    check_told_once("it waited: queue get", __LINE__ - 2);
    CHECK_OK(cede_put(q, &zero));
    CHECK_OK(cede_go(&g, burns_and_lets_others, q));
    CHECK_OK(cede_sleep(CEDE_SEC));
    check_told_once("it let others run", __LINE__ - 2);
    CHECK_OK(cede_go(&g, burns_and_ends, &zero));
    CHECK_OK(cede_sleep(CEDE_SEC));
    check_told_once("it ended", __LINE__ - 2);
    CHECK_OK(cede_go(&g, burns_and_ends, arg));
    CHECK_ERR(cede_join(&g), *(int *)arg);
    check_told_once("it ended", __LINE__ - 2);
    cede_queue_free(q);
    return 0;
}

TEST(a_slow_step_is_reported_with_its_task_how_long_and_where_it_stopped)
{
    cede_set_failure_hook(listens, NULL);
    CHECK_EQ(cede_run_with(&debug[0], starts_each, &eio), 0);
}

static int burns_as_main(void *arg)
{
    burn();
    return *(int *)arg;
}

TEST(main_is_watched_on_either_clock)
{
    cede_set_failure_hook(listens, NULL);
    for (int i = 0; i < 2; i++) {
        cede_options o = debug[i];
        o.name = "burns as main";
        CHECK_EQ(cede_run_with(&o, burns_as_main, &zero), 0);
        CHECK_EQ(reports, i + 1);
        CHECK(strstr(told, "until it ended\n") == told);
    }
}

static int burns_in_a_generator(cede_gen *self, void *arg)
{
    (void)arg;
    burn();
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_yield(self, NULL);
}

static int burns_by_a_step(void *arg)
{
    (void)arg;
    cede_gen *g = cede_gen_new(burns_in_a_generator, NULL, 0, 0);
    CHECK_EQ(cede_next(g, NULL), 1);
    return cede_gen_close(g) < 0 ? -EIO : 0;
}

static int has_a_child_step_a_generator(void *arg)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, burns_by_a_step, arg));
    return cede_join(&g);
}

TEST(a_generators_step_is_its_tasks)
{
    cede_set_failure_hook(listens, NULL);
    CHECK_EQ(cede_run_with(&debug[0], has_a_child_step_a_generator, NULL), 0);
    CHECK(strstr(told, "until it waited: sleep; started at ") == told);
}

static void burns_in_a_callback(struct cd_work *w)
{
    (void)w;
    burn();
}

static int posts(void *arg)
{
    (void)arg;
    static struct cd_work work = {.run = burns_in_a_callback};
    CHECK_OK(cd_loop_post(cd_me.loop, &work));
    return cede_sleep(CEDE_MS);
}

TEST(a_slow_callback_is_reported_as_one)
{
    cede_set_failure_hook(listens, NULL);
    CHECK_EQ(cede_run_with(&debug[1], posts, NULL), 0);
    CHECK_STR_EQ(told, "callback\n");
}

static void run_slowly(void *arg)
{
    cede_options o = debug[0];
    o.name = "burns";
    (void)cede_run_with(&o, burns_as_main, arg);
}

TEST(without_a_hook_it_is_printed)
{
    const struct output *o = OUTPUT_OF(run_slowly, &zero);
    CHECK(strstr(o->text, "cede: the thread was held for ") != NULL);
    CHECK(strstr(o->text, " ms, until it ended in task burns\n") != NULL);
}

/* ---- limits ----------------------------------------------------------- */

static int burns_for_100_ms(void *arg)
{
    for (int i = 0; i < 100; i++)
        CHECK_OK(cede_sleep(0));
    CHECK(reports < 50); /* none, on a machine that has time for us */
    reports = 0;
    for (int i = 0; i <= 100 / LIMIT_MS; i++)
        burn();
    return *(int *)arg;
}

TEST(the_limit_is_100_ms_unless_said_otherwise)
{
    cede_options o = {.name = "burns"};
    setenv("CEDE_DEBUG", "1", 1);
    cede_set_failure_hook(listens, NULL);
    CHECK_EQ(cede_run_with(&o, burns_for_100_ms, &zero), 0);
    CHECK_EQ(reports, 1);
}

TEST(a_step_within_the_limit_is_not)
{
    cede_options o = {.debug = true, .name = "burns", .slow_step = CEDE_NEVER};
    cede_set_failure_hook(listens, NULL);
    CHECK_EQ(cede_run_with(&o, burns_as_main, &zero), 0);
    o.slow_step = 1000 * CEDE_SEC;
    CHECK_EQ(cede_run_with(&o, burns_as_main, &zero), 0);
    CHECK_EQ(reports, 0);
}

TEST(an_ordinary_run_is_not_watched)
{
    cede_options o = {.name = "burns", .slow_step = 1};
    cede_set_failure_hook(listens, NULL);
    CHECK_EQ(cede_run_with(&o, burns_as_main, &zero), 0);
    CHECK_EQ(reports, 0);
}

static int waits_a_day(void *arg)
{
    (void)arg;
    return cede_sleep(86400 * CEDE_SEC);
}

TEST(time_that_a_task_waits_is_not_its_step)
{
    cede_options o = {.poller = "virtual", .debug = true, .name = "burns not"};
    o.slow_step = 3600 * CEDE_SEC;
    cede_set_failure_hook(listens, NULL);
    CHECK_EQ(cede_run_with(&o, waits_a_day, NULL), 0);
    CHECK_EQ(reports, 0);
}

SUITE("debug_slow")
