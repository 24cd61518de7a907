/* SPDX-License-Identifier: MIT
 *
 * observe.h - what tests look at: the order of events (note), the failures
 * that reach the hook (hooked), and what a process of its own prints and how
 * it ends (OUTPUT_OF, CHECK_ABORTS).  Included by check.h.
 */
#ifndef CEDE_TESTS_OBSERVE_H
#define CEDE_TESTS_OBSERVE_H

#include "check.h"
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what happened, in order ----------------------------------------- */

static char noted[1024];

__attribute__((format(printf, 1, 2))) static inline void note(const char *fmt,
                                                              ...)
{
    size_t at = strlen(noted);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(noted + at, sizeof noted - at, fmt, ap);
    va_end(ap);
}

#define CHECK_NOTED(want) CHECK_STR_EQ(noted, want)

/* ---- failures that reach the hook ------------------------------------ */

static struct {
    int count, err; /* how many; the last one's code, text and task */
    char what[512], task[128], message[128];
} hooked;

static inline void check_hook_(void *ctx, const char *what, const char *task,
                               int err, const char *message)
{
    (void)ctx;
    hooked.count++;
    hooked.err = err;
    snprintf(hooked.what, sizeof hooked.what, "%s", what);
    snprintf(hooked.task, sizeof hooked.task, "%s", task);
    snprintf(hooked.message, sizeof hooked.message, "%s", message);
}

/* From here on failures nobody reads are counted in `hooked`. */
static inline void listen_to_hook(void)
{
    cede_set_failure_hook(check_hook_, NULL);
}

/* ---- what a process prints, and how it ends -------------------------- */

struct output {
    int status; /* as waitpid gives it */
    char text[8192];
};

static inline const struct output *check_output_(void (*fn)(void *), void *arg)
{
    static struct output out;
    FILE *file = tmpfile();
    fflush(NULL);
    pid_t pid = file ? fork() : -1;
    if (pid < 0)
        check_fail_(__FILE__, __LINE__, "cannot fork");
    if (pid == 0) {
        signal(SIGALRM, SIG_DFL); /* which is no abort that a test expects */
        alarm(CHECK_SECONDS_ / 2);
        dup2(fileno(file), STDOUT_FILENO);
        dup2(fileno(file), STDERR_FILENO);
        fn(arg);
        fflush(NULL);
        _exit(0);
    }
    waitpid(pid, &out.status, 0);
    ssize_t got = pread(fileno(file), out.text, sizeof out.text - 1, 0);
    out.text[got > 0 ? got : 0] = '\0';
    fclose(file);
    return &out;
}

#define OUTPUT_OF(fn, arg) check_output_((fn), (arg))

static inline void check_aborts_(const char *file, int line, const char *call,
                                 const struct output *o,
                                 const char *const *says)
{
    if (!WIFSIGNALED(o->status) || WTERMSIG(o->status) != SIGABRT)
        check_fail_(file, line, "%s ended with status %#x, not SIGABRT: %s",
                    call, (unsigned)o->status, o->text);
    for (; *says; says++)
        if (!strstr(o->text, *says))
            check_fail_(file, line, "%s aborts without saying \"%s\": %s", call,
                        *says, o->text);
}

/* fn(arg) aborts, and what it printed contains all the texts that follow. */
#define CHECK_ABORTS(fn, arg, ...)                                             \
    check_aborts_(__FILE__, __LINE__, #fn, OUTPUT_OF(fn, arg),                 \
                  (const char *const[]){__VA_ARGS__, NULL})

#endif
