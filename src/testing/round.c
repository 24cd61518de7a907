/* SPDX-License-Identifier: MIT
 *
 * round.c - saying in which round of a sweep the process died.
 *
 * What is printed is written down when the round begins, because a handler of
 * a signal must not format.  Handlers are there while anybody sweeps; each
 * prints, puts the former action back, and has the signal come again.
 */
#include "testing/round.h"
#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int deadly[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
enum { DEADLY = sizeof deadly / sizeof *deadly };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;
static struct sigaction former[DEADLY];
static _Thread_local const char *line; /* NULL: in no round */

static void print_line(void)
{
    ssize_t n = line ? write(STDERR_FILENO, line, strlen(line)) : 0;
    (void)n;
    line = NULL; /* once */
}

static void on_death(int sig, siginfo_t *info, void *context)
{
    (void)context;
    int saved = errno;
    print_line();
    for (int i = 0; i < DEADLY; i++)
        if (deadly[i] == sig)
            sigaction(sig, &former[i], NULL);
    /* A fault comes again by itself, what was sent must be sent again. */
    if (info->si_code <= 0)
        raise(sig);
    errno = saved;
}

static void watch_exit(void)
{
    atexit(print_line);
}

void cd_rounds_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_exit);
    struct sigaction action = {.sa_sigaction = on_death,
                               .sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    pthread_mutex_lock(&lock);
    for (int i = 0; i < DEADLY && users == 0; i++)
        sigaction(deadly[i], &action, &former[i]);
    users++;
    pthread_mutex_unlock(&lock);
}

void cd_rounds_end(void)
{
    pthread_mutex_lock(&lock);
    users--;
    for (int i = 0; i < DEADLY && users == 0; i++)
        sigaction(deadly[i], &former[i], NULL);
    pthread_mutex_unlock(&lock);
}

void cd_round_enter(char text[CD_ROUND_LINE], const char *round,
                    const char *name)
{
    snprintf(text, CD_ROUND_LINE, "cede: that was '%.80s' with %s\n", name,
             round);
    line = text;
}

void cd_round_leave(void)
{
    line = NULL;
}
