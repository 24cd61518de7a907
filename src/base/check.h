/* SPDX-License-Identifier: MIT
 *
 * check.h - broken contracts, and hints to the compiler.
 *
 * Three kinds of "cannot happen" are kept apart.  Bad input is an error code.
 * A caller that broke a contract which cannot be mended meets cd_check: on in
 * every build, it prints what, where and who, and aborts.  Our own invariants
 * are assert()s, off in release.
 */
#ifndef CD_BASE_CHECK_H
#define CD_BASE_CHECK_H

#include "base/message.h"
#include <assert.h>

#include <cede/base.h>

#define cd_likely(x) __builtin_expect(!!(x), 1)
#define cd_unlikely(x) __builtin_expect(!!(x), 0)

/* Under a sanitizer the frames are larger and switches must be announced. */
#if defined(__SANITIZE_ADDRESS__)
#define CD_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define CD_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CD_ASAN 1
#elif __has_feature(thread_sanitizer)
#define CD_TSAN 1
#endif
#endif

/* Print "cede: " and the text on standard error, and abort. */
_Noreturn void cd_abort(const char *fmt, ...) CEDE_PRINTF_(1, 2);

#define cd_check(fact, ...)                                                    \
    do {                                                                       \
        if (cd_unlikely(!(fact)))                                              \
            cd_abort(__VA_ARGS__);                                             \
    } while (0)

/* Hand a failure that nobody will read to the failure hook; message may be
 * NULL, and stays the caller's. */
void cd_report(const char *what, const char *task, int err,
               const struct cd_message *message);

/* The same of what is no failure, but of interest in a debug run; kind is for
 * hooks that tell them apart. */
void cd_notice(const char *what, const char *task, int kind);

/* The failure that is being reported on this thread: 0, or its code. */
int cd_reported(const struct cd_message **message);

#endif
