/* SPDX-License-Identifier: MIT
 *
 * check.h - a thin layer over Check, so that tests read as statements.
 *
 *     #include "check.h"
 *     TEST(zero_is_success) { CHECK_STR_EQ(cede_strerror(0), "success"); }
 *     TASK_TEST(sleeping_works) { CHECK_OK(cede_sleep(0)); }
 *     SUITE("example")
 *
 * A test registers itself; each runs in a process of its own, so it may
 * assert on any stack (a failed check ends the process) and leaves no state
 * behind.  TASK_TEST runs its body as the main task, once on every poller;
 * VIRTUAL_TEST on the virtual clock alone, for exact times.  The program
 * takes one argument, a part of the names to run.
 *
 * The directory of this file must not be on the include path: <check.h> is
 * Check's own.
 */
#ifndef CEDE_TESTS_CHECK_H
#define CEDE_TESTS_CHECK_H

#include <cede.h>
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_MAX_TESTS_ 200
#ifndef CHECK_SECONDS_ /* before the include: for tests that take longer */
#define CHECK_SECONDS_ 30
#endif

/* What the test was built for, and what it runs under. */
#if defined(__SANITIZE_ADDRESS__)
#define FOR_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define FOR_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FOR_ASAN 1
#elif __has_feature(thread_sanitizer)
#define FOR_TSAN 1
#endif
#endif
#ifndef FOR_ASAN
#define FOR_ASAN 0
#endif
#ifndef FOR_TSAN
#define FOR_TSAN 0
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define ON_VALGRIND RUNNING_ON_VALGRIND
#else
#define ON_VALGRIND 0
#endif

/* A tool handles crashes and limits its own way. */
#define SANITIZED (FOR_ASAN || FOR_TSAN)

/* As many stacks as a test would have, or as its tool carries: the
 * ThreadSanitizer of gcc 12 ends at 8,128, and Valgrind looks for the stack it
 * is on in a list. */
static inline int many(int wish)
{
    int most = FOR_TSAN ? 3000 : ON_VALGRIND ? 1000 : wish;
    return wish < most ? wish : most;
}

/* How often a random test is tried; they come from the same seeds. */
static inline int rounds(int wish)
{
    return FOR_TSAN || ON_VALGRIND ? wish / 10 : wish;
}

/* An emulator of another processor ignores limits, and needs mappings of its
 * own; presets that use one say so. */
static inline bool emulated(void)
{
    return getenv("CEDE_EMULATED") != NULL;
}

/* Under sanitizers too, memory that cannot be had is NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1:atexit_sleep_ms=0";
}

static const char *const check_pollers_[] = {"virtual", "epoll"};

/* ---- assertions ------------------------------------------------------ */

static char check_text_[2048];

__attribute__((noreturn, format(printf, 3, 4))) static inline void
check_fail_(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(check_text_, sizeof check_text_, fmt, ap);
    va_end(ap);
    _ck_assert_failed(file, line, "failed", "%s", check_text_);
}

static inline void check_rc_(const char *file, int line, const char *text,
                             intmax_t rc, intmax_t want, bool ok)
{
    if (ok ? rc >= 0 : rc == want)
        return;
    int code = (int)rc;
    check_fail_(file, line, "%s is %jd (%s; \"%s\"), not %s", text, rc,
                cede_strerror(code), cede_message(),
                ok ? ">= 0" : cede_strerror((int)want));
}

static inline void check_str_(const char *file, int line, const char *text,
                              const char *is, const char *want)
{
    if (strcmp(is, want) != 0)
        check_fail_(file, line, "%s is \"%s\", not \"%s\"", text, is, want);
}

#define CHECK(cond)                                                            \
    do {                                                                       \
        if (!(cond))                                                           \
            check_fail_(__FILE__, __LINE__, "not so: %s", #cond);              \
    } while (0)

#define CHECK_EQ(is, want)                                                     \
    do {                                                                       \
        intmax_t check_is_ = (intmax_t)(is);                                   \
        intmax_t check_want_ = (intmax_t)(want);                               \
        if (check_is_ != check_want_)                                          \
            check_fail_(__FILE__, __LINE__, "%s is %jd, not %jd (%s)", #is,    \
                        check_is_, check_want_, #want);                        \
    } while (0)

#define CHECK_STR_EQ(is, want) check_str_(__FILE__, __LINE__, #is, (is), (want))
#define CHECK_OK(rc) check_rc_(__FILE__, __LINE__, #rc, (rc), 0, true)
#define CHECK_ERR(rc, code)                                                    \
    check_rc_(__FILE__, __LINE__, #rc, (rc), (code), false)

#include "watch.h"

/* ---- tests ----------------------------------------------------------- */

static struct {
    const TTest *test;
    int pollers; /* 0: outside a run; else on the first so many */
} check_tests_[CHECK_MAX_TESTS_];
static int check_n_;

static inline void check_add_(const TTest *test, int pollers)
{
    if (check_n_ == CHECK_MAX_TESTS_)
        abort();
    check_tests_[check_n_].test = test;
    check_tests_[check_n_++].pollers = pollers;
}

static inline int check_body_(void *arg)
{
    (*(void (**)(void))arg)();
    return 0;
}

/* Somewhat less than Check's, which some presets stretch. */
static inline unsigned check_patience_(void)
{
    const char *times = getenv("CK_TIMEOUT_MULTIPLIER");
    return CHECK_SECONDS_ * 4 / 5 * (times ? (unsigned)atoi(times) : 1);
}

static inline void check_run_(int i, int pollers, void (*body)(void))
{
    watch_for_hanging(check_patience_());
    if (pollers == 0) {
        body();
        return;
    }
    const cede_options o = {.poller = check_pollers_[i]};
    CHECK_EQ(cede_run_with(&o, check_body_, &body), 0);
}

#define CHECK_TEST_(name, pollers_)                                            \
    static void name(void);                                                    \
    static void name##_check_(int i)                                           \
    {                                                                          \
        check_run_(i, pollers_, name);                                         \
    }                                                                          \
    __attribute__((constructor)) static void name##_add_(void)                 \
    {                                                                          \
        static const TTest t = {#name, name##_check_, __FILE__, __LINE__};     \
        check_add_(&t, pollers_);                                              \
    }                                                                          \
    static void name(void)

#define TEST(name) CHECK_TEST_(name, 0)
#define VIRTUAL_TEST(name) CHECK_TEST_(name, 1)
#define TASK_TEST(name) CHECK_TEST_(name, 2)

static inline int check_main_(const char *name, const char *part)
{
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, CHECK_SECONDS_);
    for (int i = 0; i < check_n_; i++) {
        int n = check_tests_[i].pollers;
        if (!part || strstr(check_tests_[i].test->name, part))
            tcase_add_loop_test(tests, check_tests_[i].test, 0, n ? n : 1);
    }
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* All tests above, unless why_not is a text: then they are skipped, and it
 * says why. */
#define SUITE_UNLESS(name, why_not)                                            \
    int main(int argc, char **argv)                                            \
    {                                                                          \
        const char *check_why_ = (why_not);                                    \
        if (check_why_)                                                        \
            printf("%s: skipped: %s\n", name, check_why_);                     \
        return check_why_ ? 77 : check_main_(name, argc > 1 ? argv[1] : NULL); \
    }

#define SUITE(name) SUITE_UNLESS(name, NULL)

#include "observe.h"

#endif
