/* SPDX-License-Identifier: MIT
 *
 * cases.h - tests for programs that tests/check.h is not for: those in C++,
 * and those that are not linked with the library.
 *
 *     CASE(two_is_even) { EXPECT(2 % 2 == 0); }
 *     CASES
 *
 * Each runs in a process of its own.  EXPECT_ABORT(fn, text): fn aborts, and
 * what it printed contains the text.  The program takes one argument, a part
 * of the names to run.
 */
#ifndef CEDE_TESTS_CASES_H
#define CEDE_TESTS_CASES_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void case_fn(void);
static struct {
    const char *name;
    case_fn *fn;
} cases_[64];
static int ncases_;

#define CASE(title)                                                            \
    static void title(void);                                                   \
    __attribute__((constructor)) static void title##_add_(void)                \
    {                                                                          \
        cases_[ncases_].name = #title;                                         \
        cases_[ncases_++].fn = title;                                          \
    }                                                                          \
    static void title(void)

#define EXPECT(fact)                                                           \
    do {                                                                       \
        if (!(fact)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #fact); \
            _exit(1);                                                          \
        }                                                                      \
    } while (0)

/* Run fn in a process of its own; its status, and what it wrote on standard
 * error. */
__attribute__((unused)) static int case_run_(case_fn *fn, char *text,
                                             size_t size)
{
    FILE *file = text ? tmpfile() : NULL;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        if (file)
            dup2(fileno(file), STDERR_FILENO);
        fn();
        exit(0);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    if (file) {
        ssize_t got = pread(fileno(file), text, size - 1, 0);
        text[got > 0 ? got : 0] = '\0';
        fclose(file);
    }
    return status;
}

__attribute__((unused)) static bool case_aborts_(case_fn *fn, const char *says)
{
    static char text[8192];
    int status = case_run_(fn, text, sizeof text);
    bool so = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
              strstr(text, says);
    if (!so)
        fprintf(stderr, "status %#x: %s\n", (unsigned)status, text);
    return so;
}
#define EXPECT_ABORT(fn, text) EXPECT(case_aborts_((fn), (text)))

static int case_all_(const char *part)
{
    int bad = 0;
    for (int i = 0; i < ncases_; i++) {
        if (part && !strstr(cases_[i].name, part))
            continue;
        int status = case_run_(cases_[i].fn, NULL, 0);
        printf("%s: %s\n", status == 0 ? "ok" : "FAILED", cases_[i].name);
        bad += status != 0;
    }
    return bad ? 1 : 0;
}

#define CASES                                                                  \
    int main(int argc, char **argv)                                            \
    {                                                                          \
        return case_all_(argc > 1 ? argv[1] : NULL);                           \
    }

#endif
