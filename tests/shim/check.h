/* SPDX-License-Identifier: MIT
 *
 * check.h - as much of Check (libcheck.github.io/check) as tests/check.h uses,
 * for processors and C libraries that it is not packaged for.
 *
 * Each test runs in a process of its own, which a failed check ends.  A test
 * that takes longer than its case allows is killed; CK_TIMEOUT_MULTIPLIER
 * stretches that, as with Check.  What passed is only counted.
 */
#ifndef CEDE_TESTS_SHIM_CHECK_H
#define CEDE_TESTS_SHIM_CHECK_H

typedef struct TTest {
    const char *name;
    void (*fn)(int);
    const char *file;
    int line;
} TTest;

typedef struct TCase TCase;
typedef struct Suite Suite;
typedef struct SRunner SRunner;

enum print_output { CK_ENV };

/* One suite of one case is all there is; the names are the suite's. */
Suite *suite_create(const char *name);
TCase *tcase_create(const char *name);
void suite_add_tcase(Suite *suite, TCase *tests);
void tcase_set_timeout(TCase *tests, double seconds);
/* Run test->fn(i) for every i from start up to, not including, end. */
void tcase_add_loop_test(TCase *tests, const TTest *test, int start, int end);

SRunner *srunner_create(Suite *suite);
void srunner_run_all(SRunner *runner, enum print_output mode);
int srunner_ntests_failed(SRunner *runner);
void srunner_free(SRunner *runner);

__attribute__((noreturn, format(printf, 4, 5))) void
_ck_assert_failed(const char *file, int line, const char *expr, const char *msg,
                  ...);

#endif
