/* SPDX-License-Identifier: MIT
 *
 * selftest.c - the shim counts what fails: a check, a crash, a test that takes
 * too long, and each pass of a loop.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void passes(int i)
{
    (void)i;
}

static void fails_for_odd_numbers(int i)
{
    if (i % 2)
        _ck_assert_failed(__FILE__, __LINE__, "", "%d is odd", i);
}

static void crashes(int i)
{
    (void)i;
    abort();
}

static void hangs(int i)
{
    for (;;)
        sleep((unsigned)i);
}

int main(void)
{
    static const TTest tests[] = {
        {"passes", passes, __FILE__, __LINE__},
        {"fails_for_odd_numbers", fails_for_odd_numbers, __FILE__, __LINE__},
        {"crashes", crashes, __FILE__, __LINE__},
        {"hangs", hangs, __FILE__, __LINE__},
    };
    TCase *all = tcase_create("shim");
    tcase_set_timeout(all, 1);
    tcase_add_loop_test(all, &tests[0], 0, 1);
    tcase_add_loop_test(all, &tests[1], 0, 4);
    tcase_add_loop_test(all, &tests[2], 0, 1);
    tcase_add_loop_test(all, &tests[3], 1, 2);
    Suite *suite = suite_create("shim");
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 4 ? EXIT_SUCCESS : EXIT_FAILURE;
}
