/* SPDX-License-Identifier: MIT
 *
 * check.c - runs tests, one process each, and counts; see check.h.
 */
#include "check.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 400 };

struct TCase {
    double seconds;
    int n;
    struct {
        const TTest *test;
        int i;
    } runs[MOST];
};

struct Suite {
    const char *name;
    TCase *tests;
};

struct SRunner {
    Suite *suite;
    int failed;
};

static TCase the_case;
static Suite the_suite;
static SRunner the_runner;

Suite *suite_create(const char *name)
{
    the_suite.name = name;
    return &the_suite;
}

TCase *tcase_create(const char *name)
{
    (void)name;
    return &the_case;
}

void suite_add_tcase(Suite *suite, TCase *tests)
{
    suite->tests = tests;
}

void tcase_set_timeout(TCase *tests, double seconds)
{
    const char *factor = getenv("CK_TIMEOUT_MULTIPLIER");
    tests->seconds = seconds * (factor ? atof(factor) : 1);
}

void tcase_add_loop_test(TCase *tests, const TTest *test, int start, int end)
{
    for (int i = start; i < end; i++) {
        if (tests->n == MOST)
            abort();
        tests->runs[tests->n].test = test;
        tests->runs[tests->n++].i = i;
    }
}

SRunner *srunner_create(Suite *suite)
{
    the_runner.suite = suite;
    return &the_runner;
}

/* 0 if the test passes; else the status of its process. */
static int run(const TTest *test, int i, double seconds)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0) {
        setpgid(0, 0);
        alarm((unsigned)seconds);
        test->fn(i);
        exit(EXIT_SUCCESS);
    }
    int status;
    waitpid(pid, &status, 0);
    kill(-pid, SIGKILL); /* what it started and did not wait for */
    return status;
}

static void say_why(const TTest *test, int i, int status)
{
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    fprintf(stderr, "%s:%d: %s:%d: %s%s\n", test->file, test->line, test->name,
            i, sig ? strsignal(sig) : "failed",
            sig == SIGALRM ? ": it took too long" : "");
}

void srunner_run_all(SRunner *runner, enum print_output mode)
{
    (void)mode;
    const TCase *tests = runner->suite->tests;
    for (int k = 0; k < tests->n; k++) {
        const TTest *test = tests->runs[k].test;
        int status = run(test, tests->runs[k].i, tests->seconds);
        if (status != 0) {
            say_why(test, tests->runs[k].i, status);
            runner->failed++;
        }
    }
    printf("%s: %d checks, %d failed\n", runner->suite->name, tests->n,
           runner->failed);
}

int srunner_ntests_failed(SRunner *runner)
{
    return runner->failed;
}

void srunner_free(SRunner *runner)
{
    (void)runner;
}

void _ck_assert_failed(const char *file, int line, const char *expr,
                       const char *msg, ...)
{
    (void)expr;
    va_list args;
    va_start(args, msg);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, msg, args);
    fputc('\n', stderr);
    va_end(args);
    fflush(NULL);
    _exit(EXIT_FAILURE);
}
