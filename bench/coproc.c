/* SPDX-License-Identifier: MIT
 *
 * coproc.c - starting peers, talking to them, and asking the kernel about
 * them.
 */
#define _GNU_SOURCE
#include "coproc.h"
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- starting and stopping ------------------------------------------- */

int coproc_parse(struct coproc *p, const char *line)
{
    memset(p, 0, sizeof(*p));
    snprintf(p->text, sizeof(p->text), "%s", line);
    char *rest = p->text;
    const char *subject = strtok_r(rest, " \n", &rest);
    if (!subject)
        return 0;
    snprintf(p->subject, sizeof(p->subject), "%s", subject);
    int n = 0;
    while (n < COPROC_ARGS && (p->argv[n] = strtok_r(NULL, " \n", &rest)))
        n++;
    return n > 0;
}

/* Standard input and output of the child become the far ends of two pipes;
 * all ends are closed in it by O_CLOEXEC. */
static int spawn(struct coproc *p, int in, int out)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    int error =
        posix_spawnp(&p->pid, p->argv[0], &actions, NULL, p->argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        fprintf(stderr, "bench: cannot start %s: %s\n", p->argv[0],
                strerror(error));
    return error == 0;
}

int coproc_start(struct coproc *p)
{
    signal(SIGPIPE, SIG_IGN); /* a peer that ended is told by its answer */
    int in[2], out[2];
    bench_require(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0,
                  "no pipes");
    int started = spawn(p, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    p->to = fdopen(in[1], "w");
    p->from = fdopen(out[0], "r");
    bench_require(p->to && p->from, "no memory for pipes");
    if (!started || clock_getcpuclockid(p->pid, &p->clock) != 0) {
        coproc_stop(p);
        return 0;
    }
    return 1;
}

int coproc_stop(struct coproc *p)
{
    int status = -1;
    if (p->to)
        fclose(p->to);
    if (p->pid > 0)
        while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
            ;
    if (p->from)
        fclose(p->from);
    p->to = p->from = NULL;
    p->pid = 0;
    return status == 0;
}

/* ---- talking --------------------------------------------------------- */

static int answer(struct coproc *p)
{
    char line[COPROC_TEXT + 8];
    if (!fgets(line, sizeof(line), p->from)) {
        fprintf(stderr, "bench: %s ended early\n", p->subject);
        coproc_stop(p);
        return 0;
    }
    line[strcspn(line, "\n")] = '\0';
    const char *space = strchr(line, ' ');
    snprintf(p->answer, sizeof(p->answer), "%s", space ? space + 1 : "");
    return strncmp(line, "ok", 2) == 0;
}

int coproc_say(struct coproc *p, const char *format, ...)
{
    if (p->pid <= 0)
        return 0;
    va_list args;
    va_start(args, format);
    vfprintf(p->to, format, args);
    va_end(args);
    fflush(p->to);
    return answer(p);
}

static double cpu_ns(const struct coproc *p)
{
    struct timespec spent;
    if (clock_gettime(p->clock, &spent) != 0)
        return -1;
    return (double)spent.tv_sec * 1e9 + (double)spent.tv_nsec;
}

double coproc_run(struct coproc *p, const char *figure, long n)
{
    double start = cpu_ns(p);
    if (!coproc_say(p, "run %s %ld\n", figure, n))
        return -1;
    return cpu_ns(p) - start;
}

/* ---- memory ---------------------------------------------------------- */

double coproc_bytes(const struct coproc *p)
{
    char path[64], line[128];
    snprintf(path, sizeof(path), "/proc/%d/status", (int)p->pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    double kib = 0;
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, "VmRSS:", 6) == 0 || strncmp(line, "VmPTE:", 6) == 0)
            kib += strtod(line + 6, NULL);
    fclose(file);
    return kib * 1024;
}

/* ---- the list -------------------------------------------------------- */

int coproc_list(struct coproc *peers, int max)
{
    const char *path = getenv("BENCH_PEERS");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file)
        return 0;
    char line[COPROC_TEXT];
    int n = 0;
    while (n < max && fgets(line, sizeof(line), file))
        n += coproc_parse(&peers[n], line);
    fclose(file);
    return n;
}
