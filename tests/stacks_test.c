/* SPDX-License-Identifier: MIT
 *
 * stacks_test.c - a dump shows the calls that a task stands in: functions of
 * this file, in order, at the right lines.
 */
#include "check.h"

#define APART __attribute__((noinline)) /* a frame of its own */

/* Remember the line of a call. */
static int line[16];
#define AT(i, call) (line[i] = __LINE__, (call))

/* ---- what a dump says of a task ---------------------------------------- */

static FILE *dump_file(void)
{
    FILE *file = tmpfile();
    CHECK(file != NULL);
    cede_dump(file);
    rewind(file);
    return file;
}

/* "function:line function:line ... " of one line of a dump; generators in
 * brackets; nothing of functions that are not in this file. */
static void add_call(char *to, size_t size, const char *text)
{
    char word[2][128];
    size_t n = strlen(to);
    const char *colon = strrchr(text, ':');
    const char *border = strstr(text, "| - ");
    if (border)
        snprintf(to + n, size - n, "[%.*s] ", (int)strcspn(border + 4, "\n"),
                 border + 4);
    else if (sscanf(text, " | %127s %127s", word[0], word[1]) == 2 &&
             strstr(word[1], "stacks_test.c:"))
        snprintf(to + n, size - n, "%s:%d ", word[0], atoi(colon + 1));
}

/* The calls of the task with that name. */
static const char *calls_of(const char *task)
{
    static char calls[1024];
    char text[512], head[64];
    bool inside = false;
    FILE *file = dump_file();
    snprintf(head, sizeof head, "%s #", task);
    calls[0] = '\0';
    while (fgets(text, sizeof text, file)) {
        if (!strstr(text, " | "))
            inside = strncmp(text + strspn(text, " "), head, strlen(head)) == 0;
        else if (inside)
            add_call(calls, sizeof calls, text);
    }
    fclose(file);
    return calls;
}

__attribute__((format(printf, 2, 3))) static void
check_calls(const char *task, const char *fmt, ...)
{
    static char want[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(want, sizeof want, fmt, ap);
    va_end(ap);
    CHECK_STR_EQ(calls_of(task), want);
}

/* ---- tasks that wait --------------------------------------------------- */

APART static int innermost(void)
{
    return AT(0, cede_sleep(CEDE_SEC));
}

APART static int middle(void)
{
    return AT(1, innermost());
}

APART static int sleeper(void *arg)
{
    (void)arg;
    return AT(2, middle());
}

APART static int joiner(void *arg)
{
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, sleeper, arg));
    return AT(3, cede_join(&g));
}

APART static int awaiter(void *arg)
{
    return AT(4, cede_await(arg));
}

APART static int getter(void *arg)
{
    return AT(5, cede_get(arg, &(int){0}));
}

APART static int yielder(void *arg)
{
    (void)arg;
    for (;;)
        CEDE_TRY(AT(6, cede_sleep(0)));
}

TASK_TEST(calls_of_waiting_tasks_are_listed_the_innermost_first)
{
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, joiner, NULL));
    cede_future *f = cede_spawn(&g, getter, q);
    CHECK_OK(cede_go(&g, awaiter, f));
    CHECK_OK(cede_go(&g, yielder, NULL));
    for (int i = 0; i < 3; i++) /* until the joiner's child sleeps */
        CHECK_OK(cede_sleep(0));
    check_calls("joiner", "joiner:%d ", line[3]);
    check_calls("sleeper", "innermost:%d middle:%d sleeper:%d ", line[0],
                line[1], line[2]);
    check_calls("awaiter", "awaiter:%d ", line[4]);
    check_calls("getter", "getter:%d ", line[5]);
    check_calls("yielder", "yielder:%d ", line[6]);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
    cede_queue_free(q);
}

TASK_TEST(of_tasks_that_stand_alike_the_calls_are_shown_once)
{
    CEDE_GROUP(g);
    for (int i = 0; i < 3; i++)
        CHECK_OK(cede_go(&g, sleeper, NULL));
    CHECK_OK(cede_sleep(0));
    FILE *file = dump_file();
    char text[4096] = "";
    CHECK(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    char *first = strstr(text, "innermost");
    CHECK(first && !strstr(first + 1, "innermost"));
    char *second = strstr(first, "| as #2\n");
    CHECK(second && strstr(second + 1, "| as #2\n"));
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_task_that_did_not_run_yet_has_no_calls)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, sleeper, NULL));
    check_calls("sleeper", "%s", "");
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

__attribute__((always_inline)) static inline int merged(void)
{
    int rc = AT(7, cede_sleep(CEDE_SEC));
    line[15]++;
    return rc;
}

APART static int merger(void *arg)
{
    (void)arg;
    int rc = AT(8, merged());
    line[15]++;
    return rc;
}

TASK_TEST(calls_that_a_compiler_inlined_are_listed_too)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, merger, NULL));
    CHECK_OK(cede_sleep(0));
    check_calls("merger", "merged:%d merger:%d ", line[7], line[8]);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

/* ---- inside generators ------------------------------------------------- */

APART static int leaf(cede_gen *self, void *arg)
{
    (void)arg;
    CEDE_TRY(cede_yield(self, NULL));
    return AT(9, innermost());
}

APART static int root(cede_gen *self, void *arg)
{
    cede_gen *g = cede_gen_new(leaf, arg, 0, 0);
    return AT(10, cede_yield_from(self, g));
}

/* Both ways into a body: the library's, and the one a header inlines. */
APART static int stepper(void *arg)
{
    cede_gen *g = cede_gen_new(arg ? root : leaf, NULL, 0, 0);
    int rc = cede_next(g, NULL);
    if (rc == 1)
        rc = AT(11, cede_next(g, NULL));
    (void)cede_gen_close(g);
    return rc;
}

TASK_TEST(calls_inside_a_generator_go_on_with_who_steps_it)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, stepper, NULL));
    CHECK_OK(cede_sleep(0));
    check_calls("stepper",
                "innermost:%d leaf:%d [generator arg ? root : leaf, stepped "
                "by] stepper:%d ",
                line[0], line[9], line[11]);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

TASK_TEST(calls_inside_a_delegate_go_on_with_who_delegates_to_it)
{
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, stepper, &g));
    CHECK_OK(cede_sleep(0));
    check_calls("stepper",
                "innermost:%d leaf:%d [generator leaf, to which delegates] "
                "root:%d [generator arg ? root : leaf, stepped by] stepper:%d ",
                line[0], line[9], line[10], line[11]);
    cede_group_cancel(&g);
    CHECK_OK(cede_join(&g));
}

/* ---- whoever asks ------------------------------------------------------ */

static char own[1024];

APART static void looks(void)
{
    AT(12, snprintf(own, sizeof own, "%s", calls_of("main")));
}

APART static void asks(void)
{
    AT(13, looks());
}

/* Without the calls that lead to the dump. */
static const char *after_looks(void)
{
    const char *at = strstr(own, "looks:");
    return at ? at : own;
}

static void check_own(const char *fmt, int a, int b)
{
    char want[256];
    const char *is = after_looks();
    snprintf(want, sizeof want, fmt, a, b);
    if (strncmp(is, want, strlen(want)) != 0)
        CHECK_STR_EQ(own, want);
}

TASK_TEST(the_running_task_is_listed_from_where_it_asks)
{
    asks();
    check_own("looks:%d asks:%d ", line[12], line[13]);
}

static void on_signal(int sig)
{
    (void)sig;
    looks();
}

APART static void is_interrupted(int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
    AT(14, raise(SIGUSR1));
}

/* ThreadSanitizer delivers signals when it likes, and forbids what is not safe
 * in every process. */
static void check_interrupted(int flags)
{
    if (FOR_TSAN)
        return;
    is_interrupted(flags);
    if (!strstr(after_looks(), " on_signal:"))
        CHECK_STR_EQ(own, "on_signal");
    char want[64];
    snprintf(want, sizeof want, " is_interrupted:%d ", line[14]);
    if (!strstr(after_looks(), want))
        CHECK_STR_EQ(own, want);
}

TASK_TEST(in_a_signal_handler_the_interrupted_calls_are_listed_as_well)
{
    check_interrupted(0);
}

TASK_TEST(in_a_signal_handler_on_another_stack_too)
{
    check_interrupted(SA_ONSTACK);
}

static int asks_in_a_generator(cede_gen *self, void *arg)
{
    (void)self, (void)arg;
    asks();
    return 0;
}

TASK_TEST(a_generator_that_asks_is_listed_with_the_task_that_steps_it)
{
    cede_gen *g = cede_gen_new(asks_in_a_generator, NULL, 0, 0);
    CHECK_EQ(cede_next(g, NULL), 0);
    (void)cede_gen_close(g);
    CHECK(strstr(own, " asks_in_a_generator:"));
    CHECK(strstr(own, " [generator asks_in_a_generator, stepped by] "
                      "a_generator_that_asks_is_listed_with_the_task_that_"
                      "steps_it:"));
}

static int on_a_small_stack(void *arg)
{
    (void)arg;
    asks();
    return 0;
}

TASK_TEST(a_task_with_a_small_stack_may_ask)
{
    CEDE_GROUP(g);
    cede_task_options small = {.name = "main", .stack_size = 16384};
    if (SANITIZED)
        small.stack_size = 65536;
    CHECK_OK(cede_go_with(&g, on_a_small_stack, NULL, &small));
    CHECK_OK(cede_join(&g));
    CHECK(strstr(own, "on_a_small_stack:"));
}

/* ---- several threads --------------------------------------------------- */

static int asks_often(void *arg)
{
    FILE *null = fopen("/dev/null", "w");
    CEDE_GROUP(g);
    CEDE_TRY(cede_go(&g, sleeper, arg));
    CEDE_TRY(cede_sleep(0));
    for (int i = 0; i < 10; i++)
        *(int *)arg += cede_dump(null);
    fclose(null);
    cede_group_cancel(&g);
    return cede_join(&g);
}

static void *runs(void *arg)
{
    cede_run(asks_often, arg);
    return NULL;
}

TEST(threads_may_ask_at_the_same_time)
{
    pthread_t thread[3];
    int tasks[3] = {0};
    for (int i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, runs, &tasks[i]);
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], NULL);
        CHECK_EQ(tasks[i], 20);
    }
}

/* ---- where it cannot be done ------------------------------------------- */

static int prints_a_dump(void *arg)
{
    (void)arg;
    cede_dump(stdout);
    return 0;
}

static void runs_and_dumps(void *arg)
{
    cede_run(prints_a_dump, arg);
}

static const char *why_not(void)
{
    static char why[256];
    const char *at = strstr(OUTPUT_OF(runs_and_dumps, NULL)->text, "\n(");
    snprintf(why, sizeof why, "%s", at ? at + 1 : "");
    why[strcspn(why, "\n")] = '\0';
    return at ? why : NULL;
}

SUITE_UNLESS("stacks", why_not())
